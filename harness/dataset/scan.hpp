// A Data Set as a stream of tokens, for readers that need no tree: headers of many files, a search, a count. The same
// reader as decode(), so what it reports and where is the same. Tests: tests/unit/dataset/scan_test.cpp
#pragma once

#include <cstdint>
#include <type_traits>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

enum class TokenKind : std::uint8_t {
  leaf,   // an element or a fragment
  start,  // of a sequence, an item, or fragments
  end,    // of the same; its node's end_offset is known now
};

/// Valid during the visit only; the node's value points into the input. Node::end is not meaningful.
struct Token {
  const Node* node;
  TokenKind kind;
  Endian endian;  // of a leaf's value
};

enum class Next : std::uint8_t {
  go_on,
  skip,  // no tokens from inside the container that starts here; its end is told
  stop,  // read no further
};

/// A reference to any callable Next(const Token&); it must outlive the scan.
class Visitor {
 public:
  template <typename Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, Visitor>)
  Visitor(Callable&& callable)  // NOLINT: converts on purpose
      : object_(const_cast<void*>(static_cast<const void*>(&callable))), call_([](void* object, const Token& token) {
          return (*static_cast<std::remove_reference_t<Callable>*>(object))(token);
        }) {}
  Next operator()(const Token& token) const { return call_(object_, token); }

 private:
  void* object_;
  Next (*call_)(void*, const Token&);
};

struct ScanResult {
  std::size_t consumed = 0;  // bytes
  Problems problems;
  std::size_t more_problems = 0;
};

/// Reads a Data Set and hands every node to `visitor` in document order. Allocates nothing for the usual nesting and no
/// problems. PS3.5 7.1-7.5.
ScanResult scan(ByteView bytes, Encoding encoding, const DecodeOptions& options, Visitor visitor);

}  // namespace assay::dataset
