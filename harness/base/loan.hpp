// Memory that several connections share: what one of them holds, the others cannot. Not for several threads.
// Tests: tests/unit/base/loan_test.cpp
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace assay {

/// Bytes that are left for all who share them.
using Budget = std::shared_ptr<std::size_t>;

/// What one of them has taken; given back at its end. Without a budget there is no limit.
class Loan {
 public:
  explicit Loan(Budget from = nullptr) : from_(std::move(from)) {}
  Loan(Loan&& other) noexcept : from_(std::move(other.from_)), taken_(std::exchange(other.taken_, 0)) {}
  Loan& operator=(Loan&& other) noexcept {
    if (this != &other) {
      give_back();
      from_ = std::move(other.from_);
      taken_ = std::exchange(other.taken_, 0);
    }
    return *this;
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() { give_back(); }

  /// Takes as much of `wanted` as is left, and says how much that is.
  std::size_t take(std::size_t wanted) {
    if (!from_) return wanted;
    const auto got = std::min(wanted, *from_);
    *from_ -= got;
    taken_ += got;
    return got;
  }
  void give_back() {
    if (from_) *from_ += std::exchange(taken_, 0);
  }
  [[nodiscard]] std::size_t left() const { return from_ ? *from_ : SIZE_MAX; }

 private:
  Budget from_;
  std::size_t taken_ = 0;
};

}  // namespace assay
