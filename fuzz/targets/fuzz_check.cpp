// The checker and the frames on any bytes, in the encoding that the first byte chooses (PS3.5 6.2, 7.8, 8, A.4): every
// problem lies in the input, their number is bounded, every frame lies in the input.
#include <algorithm>
#include <array>
#include <cstdint>

#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/check.hpp"
#include "harness/dataset/cursor.hpp"
#include "harness/dataset/pixel.hpp"
#include "harness/dataset/value.hpp"

namespace assay::fuzz {

namespace {

using namespace dataset;

constexpr Encoding encapsulating{true, Endian::little, false, true};

void check_values_of(const DataSet& data_set) {
  std::string_view declared;
  CharacterSets sets(declared);
  for (Cursor at(data_set); at.next();) {
    const Node& node = at.node();
    if (node.kind != NodeKind::element) continue;
    if (at.character_set() != declared) {
      declared = at.character_set();
      sets = CharacterSets(declared);
    }
    const auto all = values(node.vr, node.value, at.endian(), sets);
    require(all.size() == multiplicity(node.vr, node.value, sets) || node.value.size() % unit_size(node.vr) != 0,
            "as many values as are counted");
    for (const auto& value : all) {
      const auto text = format(value);
      // What was written strictly is read strictly, and is the same.
      if (std::holds_alternative<Date>(value)) require(parse_date(text).has_value(), "a date is written strictly");
      if (std::holds_alternative<Time>(value)) require(parse_time(text).has_value(), "a time is written strictly");
      if (std::holds_alternative<Age>(value)) require(parse_age(text).has_value(), "an age is written strictly");
      if (const auto* moment = std::get_if<DateTime>(&value)) {
        const auto again = parse_date_time(text);
        require(again && *again == *moment, "a date time is written as it was read");
        const auto interval = interval_of(*moment);
        require(interval.first <= interval.last, "an interval has a length");
      }
      if (const auto* number = std::get_if<double>(&value); number && node.vr == Vr::DS) {
        const auto written = format_decimal_string(*number);
        require(written && written->size() <= 16 && parse_decimal_string(*written), "a decimal string is written");
      }
    }
    const auto text = as_text(node.value);
    parse_date_range(text);
    parse_time_range(text);
    parse_date_time_range(text.substr(0, 64));
  }
}

void check_problems(const DataSet& data_set, ByteView input, std::uint8_t choice, bool notes_too) {
  static constexpr std::array<std::string_view, 6> syntaxes{"",
                                                            "1.2.840.10008.1.2.5",
                                                            "1.2.840.10008.1.2.4.50",
                                                            "1.2.840.10008.1.2.4.70",
                                                            "1.2.840.10008.1.2.4.100",
                                                            "1.2.840.10008.1.2.4.101"};

  CheckOptions options;
  options.transfer_syntax_uid = syntaxes[(choice >> 2) % syntaxes.size()];
  options.query = (choice & 0x80U) != 0;
  options.acr_nema = (choice & 0x40U) != 0;
  options.max_problems = std::min(options.max_problems, usual_options(input).max_problems * 4);
  std::size_t more = 0;
  const auto problems = check(data_set, options, &more);
  require(problems.size() <= options.max_problems, "problems are limited");
  for (const auto& problem : problems) {
    require(problem.offset <= input.size(), "a problem lies in the input");
    require(!problem.rule.empty() && !problem.clause.empty() && !problem.field.empty(),
            "a problem says what and where");
  }
  if (!notes_too || more > 0) return;
  options.notes = false;
  const auto without_notes = check(data_set, options);
  const auto red = std::count_if(problems.begin(), problems.end(),
                                 [](const Problem& problem) { return problem.gravity != Gravity::note; });
  require(without_notes.size() == static_cast<std::size_t>(red), "notes come on top of the rest");
}

void check_frames(const DataSet& data_set, ByteView input) {
  const auto found = frames(data_set);
  if (!found) {
    require(!found.error().empty(), "a reason why there are no frames");
    return;
  }
  const std::uint64_t looked_at = std::min<std::uint64_t>(found->size(), 64);
  for (std::uint64_t i = 0; i < looked_at; ++i) {
    const std::uint64_t number = i % 2 == 0 ? i / 2 : found->size() - 1 - i / 2;
    for (const auto part : found->frame(number).parts)
      require(part.empty() || (part.data() >= input.data() && part.data() + part.size() <= input.data() + input.size()),
              "a frame lies in the input");
  }
}

}  // namespace

}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::fuzz;
  if (size == 0) return 0;
  static constexpr std::array<dataset::Encoding, 4> encodings{dataset::explicit_le, dataset::implicit_le,
                                                              dataset::explicit_be, encapsulating};
  const ByteView input(data + 1, size - 1);
  const auto decoded = dataset::decode(input, encodings[data[0] & 3U], usual_options(input));

  constexpr std::size_t groups = 4;
  if (wanted(0, groups, input)) check_problems(decoded.data_set, input, data[0], false);
  if (wanted(1, groups, input)) check_problems(decoded.data_set, input, data[0], true);
  if (wanted(2, groups, input)) check_values_of(decoded.data_set);
  if (wanted(3, groups, input)) check_frames(decoded.data_set, input);
  return 0;
}
