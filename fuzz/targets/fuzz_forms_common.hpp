// What must hold for a text form of Data Sets, given any text and any Data Set. Shared by fuzz_json and
// fuzz_native_xml.
#pragma once

#include <algorithm>
#include <array>
#include <expected>
#include <string>

#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/json.hpp"

namespace assay::fuzz {

/// What equal_in_value() must not be asked after: text that became UTF-8, and group lengths that are gone.
inline bool changes_bytes(const dataset::LossReport& losses) {
  return !losses.keeps_values() || losses.more != 0 ||
         std::any_of(losses.problems.begin(), losses.problems.end(), [](const Problem& loss) {
           return loss.rule.ends_with("/text-transcoded") || loss.rule.ends_with("/group-length-left-out");
         });
}

template <typename Write, typename Read>
void check_written(const dataset::DataSet& data_set, Write write, Read read) {
  dataset::FormReadOptions reading;
  reading.max_depth = 1000;
  const auto written = write(data_set, dataset::FormOptions{});
  const auto back = read(written.text, reading);
  require(!has_error(back.problems), "the reader accepts what the writer writes");
  if (!changes_bytes(written.losses)) require(back.data_set.equal_in_value(data_set), "values are kept");
  // The same with every value that is not empty somewhere else.
  std::vector<Bytes> bulk;
  dataset::FormOptions apart;
  apart.bulk_from = 1;
  apart.bulk = [&](const dataset::Cursor&, ByteView value) {
    bulk.push_back(to_bytes(value));
    return std::to_string(bulk.size() - 1);
  };
  reading.bulk = [&](std::string_view uri) -> std::expected<Bytes, std::string> {
    std::size_t index = 0;
    for (const char c : uri) index = index * 10 + static_cast<std::size_t>(c - '0');
    if (index >= bulk.size()) return std::unexpected("no such value");
    return bulk[index];
  };
  const auto parted = write(data_set, apart);
  const auto joined = read(parted.text, reading);
  require(!has_error(joined.problems), "the reader finds bulk values");
  if (!changes_bytes(parted.losses)) require(joined.data_set.equal_in_value(data_set), "bulk values are kept");
  const auto again = write(back.data_set, dataset::FormOptions{});
  require(again.losses.keeps_values() || !written.losses.keeps_values(), "nothing more is lost the second time");
}

/// The first four of `groups` groups of properties.
template <typename Write, typename Read>
void check_form(ByteView input, std::size_t groups, Write write, Read read) {
  const MemoryBound memory(input.size(), 4096, std::size_t{1} << 20U);
  static constexpr std::array encodings{dataset::explicit_le, dataset::explicit_be, dataset::implicit_le};
  for (std::size_t i = 0; i < encodings.size(); ++i)
    if (wanted(i, groups, input))
      check_written(dataset::decode(input, encodings[i], usual_options(input)).data_set, write, read);
  if (!wanted(encodings.size(), groups, input)) return;
  const auto from_text = read(as_text(input), dataset::FormReadOptions{});
  for (const auto& problem : from_text.problems) require(problem.offset <= input.size(), "a problem lies in the text");
  if (!has_error(from_text.problems)) check_written(from_text.data_set, write, read);
}

}  // namespace assay::fuzz
