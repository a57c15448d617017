// Bytes in order, some of them lent: what is to be sent, without a copy of what is large and owned by somebody else.
// Tests: tests/unit/base/gather_test.cpp
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "harness/base/bytes.hpp"

namespace assay {

class Gather {
 public:
  struct Lent {
    std::size_t at = 0;                  // behind so many of the own bytes
    ByteView bytes;                      // in the owner's memory
    std::shared_ptr<const Bytes> owner;  // keeps them
  };

  /// To be appended to: what is added stands behind everything before, lent or own.
  [[nodiscard]] Bytes& own() { return own_; }
  [[nodiscard]] const Bytes& own() const { return own_; }
  [[nodiscard]] const std::vector<Lent>& lent() const { return lent_; }

  /// `part` is inside the owner's bytes.
  void lend(std::shared_ptr<const Bytes> owner, ByteView part) {
    lent_.push_back({own_.size(), part, std::move(owner)});
  }

  [[nodiscard]] bool empty() const { return own_.empty() && lent_.empty(); }
  [[nodiscard]] std::size_t size() const {
    auto size = own_.size();
    for (const auto& one : lent_) size += one.bytes.size();
    return size;
  }
  void clear() {
    own_.clear();
    lent_.clear();
  }

  /// Calls `see(ByteView, const Lent*)` for each run of bytes, in order; the second is null for own ones.
  template <typename See>
  void each(See&& see) const {
    std::size_t at = 0;
    for (const auto& one : lent_) {
      if (one.at > at) see(ByteView(own_).subspan(at, one.at - at), static_cast<const Lent*>(nullptr));
      at = one.at;
      if (!one.bytes.empty()) see(one.bytes, &one);
    }
    if (own_.size() > at) see(ByteView(own_).subspan(at), static_cast<const Lent*>(nullptr));
  }

  /// All of it in one piece; nothing is left here.
  [[nodiscard]] Bytes take_whole() {
    if (lent_.empty()) return std::exchange(own_, {});
    Bytes out;
    out.reserve(size());
    each([&](ByteView bytes, const Lent*) { append(out, bytes); });
    clear();
    return out;
  }

 private:
  Bytes own_;
  std::vector<Lent> lent_;
};

}  // namespace assay
