// One level of a Data Set with the levels around it: where conditions look and attributes are judged.
// Tests: tests/unit/conformance/iod_condition_test.cpp; fuzz target: fuzz_iod
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::conformance::iod {

class Scope {
 public:
  /// The Data Set itself. `meta` (may be null) is where attributes of group 0002 are looked up.
  explicit Scope(const dataset::DataSet& data_set, const dataset::DataSet* meta = nullptr);
  /// An item of the Data Set of `around`.
  Scope(const Scope& around, std::uint32_t item, Endian endian);

  /// Index of the first element with this tag at this level, or `none`.
  [[nodiscard]] std::uint32_t find(Tag tag) const;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  [[nodiscard]] const dataset::DataSet& data_set() const { return *data_set_; }
  [[nodiscard]] const dataset::DataSet* meta() const { return meta_; }
  [[nodiscard]] const std::vector<dataset::Node>& nodes() const { return data_set_->nodes(); }
  [[nodiscard]] const Scope* around() const { return around_; }
  [[nodiscard]] const Scope& root() const { return *root_; }
  [[nodiscard]] std::uint32_t first() const { return first_; }
  [[nodiscard]] std::uint32_t last() const { return last_; }
  [[nodiscard]] Endian endian() const { return endian_; }

 private:
  void index();

  const dataset::DataSet* data_set_;
  const dataset::DataSet* meta_;
  const Scope* around_ = nullptr;
  const Scope* root_;
  std::uint32_t first_;
  std::uint32_t last_;
  Endian endian_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> index_;  // tag, node; empty for short levels
};

/// The byte order inside a sequence: a UN of undefined length holds little endian everywhere (PS3.5 6.2.2).
inline Endian endian_inside(const dataset::Node& sequence, Endian around) {
  return sequence.vr == Vr::UN ? Endian::little : around;
}

}  // namespace assay::conformance::iod
