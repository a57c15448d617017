// The layout tree: any message of any layer laid open as named fields, lengths and blocks, so that it can be
// changed anywhere and written again. "Compute right, then modify": encoders build a correct tree, modifications
// then lie about any part of it, and serialise() fills in every length that nobody forced.
// The same operators serve the scenario language and the fuzz mutators.
// Tests: tests/unit/base/layout_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"

namespace assay::layout {

enum class Part : std::uint8_t {
  field,   // bytes
  length,  // an unsigned integer counting the bytes of the following siblings (all, or the next `span`)
  block,   // children, in order
};

struct Node {
  std::string name;  // one step of an address: "called-ae-title", "presentation-context", "(0008,0018)"
  Part part = Part::field;
  Endian endian = Endian::big;          // of numeric fields and lengths
  Bytes bytes;                          // field only
  std::uint8_t width = 0;               // length only: 2 or 4 bytes
  std::optional<std::uint64_t> forced;  // length only: written instead of the true count
  std::int64_t bias = 0;                // length only: added to the true count
  std::vector<Node> children;           // block only
  std::size_t span = 0;                 // length only: how many following siblings it counts; 0 = all

  friend bool operator==(const Node&, const Node&) = default;
};

Node field(std::string name, Bytes bytes, Endian endian = Endian::big);
Node field(std::string name, std::string_view text);
Node number8(std::string name, std::uint8_t value);
Node number16(std::string name, std::uint16_t value, Endian endian = Endian::big);
Node number32(std::string name, std::uint32_t value, Endian endian = Endian::big);
Node length_of_rest(std::string name, std::uint8_t width, Endian endian = Endian::big);
/// A length of the next sibling alone, for counted fields that others follow.
Node length_of_next(std::string name, std::uint8_t width, Endian endian = Endian::big);
Node block(std::string name, std::vector<Node> children = {});

/// Writes the tree; a length too large for its width is written modulo its width (that is what a liar gets).
Bytes serialise(const Node& root);

enum class Operation : std::uint8_t {
  set,        // replace a field's bytes, or force a length (by number, or by bytes of its width)
  add,        // add `number` to a field of 1, 2, 4 or 8 bytes (modulo its width) or to a length's true count
  xor_bytes,  // xor a field with `bytes`, repeated as needed
  insert,     // insert `bytes` before byte `at` of a field; for a block: a raw child before child index `at`
  append,     // put `bytes` after a field's bytes, or a raw child at the end of a block
  erase,      // remove the node
  duplicate,  // repeat the node right behind itself
  move,       // take the node out and put it before sibling index `at` (clamped)
  truncate,   // keep the first `number` bytes of a field; for a block: of its serialised form, as one field
};

struct Modification {
  Operation operation = Operation::set;
  std::string path;  // steps separated by '/', each a name with optional 1-based [index]; empty = the root
  Bytes bytes;
  std::optional<std::int64_t> number;  // for set: encoded in the field's present width and endianness
  std::size_t at = 0;

  friend bool operator==(const Modification&, const Modification&) = default;
};

std::string_view name(Operation operation);
std::optional<Operation> operation_from(std::string_view name);

/// Finds a node by its address; nothing when no such node exists.
const Node* find(const Node& root, std::string_view path);

/// Applies one modification. Children put in by insert and append are fields named "raw". An address that names
/// nothing, or an operation that does not fit the node, is a local error whose message lists the names that do exist at
/// the first step that failed.
std::expected<void, LocalError> apply(Node& root, const Modification& modification);

}  // namespace assay::layout
