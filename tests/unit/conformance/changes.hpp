// Changes to Data Sets, for tests that plant one fault in a right one.
#pragma once

#include <functional>

#include "service_data.hpp"

namespace assay::test {

using Change = std::function<void(dataset::DataSet&)>;
inline void nothing(dataset::DataSet& /*unused*/) {}

inline Change without(Tag tag) {
  return [tag](dataset::DataSet& data) { data.erase(tag); };
}
inline Change with(Tag tag, std::string_view value) {
  return [tag, value](dataset::DataSet& data) { data.set_text(tag, value); };
}
/// In the only item of this sequence.
inline Change in_item(Tag sequence, const std::function<dataset::DataSet()>& item, const Change& change) {
  return [=](dataset::DataSet& data) {
    auto inner = item();
    change(inner);
    data.set_sequence(sequence, {inner});
  };
}
inline Change when(bool fault, Change change) { return fault ? std::move(change) : Change(nothing); }

}  // namespace assay::test
