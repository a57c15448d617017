// The checker and the frames on any bytes, in the encoding that the first byte chooses (PS3.5 6.2, 7.8, 8, A.4): every
// problem lies in the input, their number is bounded, every frame lies in the input.
#include <algorithm>
#include <array>
#include <cstdint>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/check.hpp"
#include "harness/dataset/cursor.hpp"
#include "harness/dataset/diff_remarks.hpp"
#include "harness/dataset/pixel.hpp"
#include "harness/dataset/rle.hpp"
#include "harness/dataset/value.hpp"

namespace assay::fuzz {

namespace {

using namespace dataset;

constexpr Encoding encapsulating{true, Endian::little, false, true};

// Any text as any kind of value, in the spelling of today and in those of old.
void check_spellings(std::string_view text) {
  for (const auto spelling : {Spelling::strict, Spelling::historic}) {
    TimeFault fault;
    if (const auto date = parse_date(text, spelling, &fault)) {
      require(parse_date(format(*date)).has_value() && to_iso(*date).size() >= 10, "a date is written");
    } else {
      require(fault.at <= text.size(), "a fault lies in the text");
    }
    if (const auto time = parse_time(text, spelling, &fault)) {
      require(parse_time(format(*time)).has_value() && !to_iso(*time).empty(), "a time is written");
      const auto interval = interval_of(Date{.year = 2000, .month = 2, .day = 29}, *time, 0);
      require(interval.first <= interval.last, "an interval has a length");
    }
    if (const auto age = parse_age(text, spelling)) require(parse_age(format(*age)).has_value(), "an age is written");
  }
  if (const auto moment = parse_date_time(text)) {
    require(!to_iso(*moment).empty(), "a moment is written");
    require(instant_of(*moment) == interval_of(*moment).first, "an instant is where its interval begins");
  }
  if (const auto offset = parse_utc_offset(text)) require(*offset >= -12 * 60 && *offset <= 14 * 60, "an offset");
  const auto plain = without_padding(text);
  require(!parse_integer_string(plain) || !fault_in_integer_string(trimmed(plain)), "an integer has no fault");
  require(!parse_decimal_string(plain) || !fault_in_decimal_string(trimmed(plain)), "a decimal has no fault");
  require(!is_uid(plain) || plain.size() <= 64, "a UID is short");
  for (const auto vr : {Vr::AE, Vr::AS, Vr::CS, Vr::DA, Vr::DS, Vr::DT, Vr::IS, Vr::LO, Vr::LT, Vr::PN, Vr::TM, Vr::UR})
    for (const bool query : {false, true})
      if (const auto fault = fault_of_text(vr, text, {.sets = nullptr, .query = query, .acr_nema = false}))
        require(fault->at <= text.size() && !fault->rule.empty() && !fault->clause.empty(), "a fault has a place");
}

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
    if (const auto words = numbers<std::uint16_t>(node.vr, node.value, at.endian())) {
      std::size_t count = 0;
      for ([[maybe_unused]] const auto word : *words) ++count;
      require(count == words->size(), "as many words as there are");
    }
    const auto text = as_text(node.value);
    check_spellings(text.substr(0, 64));
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

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_EXPLICIT_LITTLE, 1)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::fuzz;
  if (size == 0) return 0;
  const MemoryBound memory(size, 2048, std::size_t{4} << 20U);
  static constexpr std::array<dataset::Encoding, 4> encodings{dataset::explicit_le, dataset::implicit_le,
                                                              dataset::explicit_be, encapsulating};
  const ByteView input(data + 1, size - 1);
  const auto decoded = dataset::decode(input, encodings[data[0] & 3U], usual_options(input));

  constexpr std::size_t groups = 4;
  if (wanted(0, groups, input)) check_problems(decoded.data_set, input, data[0], false);
  if (wanted(1, groups, input)) check_problems(decoded.data_set, input, data[0], true);
  if (wanted(2, groups, input)) check_values_of(decoded.data_set);
  if (wanted(3, groups, input)) {
    check_frames(decoded.data_set, input);
    for (const auto& remark :
         dataset::remarks(decoded.data_set, decoded.data_set, {dataset::rle_lossless, dataset::rle_lossless}))
      require(remark.about == "pixels" && remark.text.starts_with("the pixels cannot"), "an object is like itself");
  }
  return 0;
}
