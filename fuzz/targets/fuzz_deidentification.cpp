// Any object held to the confidentiality profile with any options, and any two held against each other as cleaned
// object and original (PS3.15 E): problems are bounded, lie in the input and lead to a place in the Data Set; an object
// that was not changed is no other one; what is said to be left of the original stands there. Input: options (two
// bytes, the encoding in the upper bits), length of the cleaned object (two bytes), both objects.
#include <algorithm>
#include <array>
#include <cstdint>

#include "conformance/deidentification/check.hpp"
#include "conformance/deidentification/compare.hpp"
#include "conformance/deidentification/search.hpp"
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/tag_path.hpp"

namespace assay::fuzz {

namespace {

using namespace conformance::deidentification;

constexpr std::array<dataset::Encoding, 3> encodings{dataset::explicit_le, dataset::implicit_le, dataset::explicit_be};

Options options_of(std::uint32_t bits) {
  Options options;
  for (const auto& info : option_infos())
    if ((bits >> static_cast<unsigned>(info.option) & 1U) != 0) options.add(info.option);
  return options;
}

/// A file without meta information around these bytes.
dataset::DicomFile file_of(ByteView bytes, dataset::Encoding encoding) {
  dataset::DicomFile file;
  file.kind = dataset::FileKind::bare_data_set;
  file.bytes = bytes;
  file.encoding = encoding;
  auto decoded = dataset::decode(bytes, encoding, usual_options(bytes));
  file.decoded = decoded.consumed;
  file.data_set = std::move(decoded.data_set);
  file.problems = std::move(decoded.problems);
  // Notes may have taken the room of what is wrong.
  if (decoded.more_problems > 0) file.problems.back().gravity = Gravity::deviation;
  return file;
}

void check_problems(const Findings& findings, const dataset::DicomFile& file) {
  require(findings.problems.size() <= limits::max_problems, "problems are limited");
  std::size_t looked_at = 0;
  for (const auto& problem : findings.problems) {
    require(problem.offset <= file.bytes.size(), "a problem lies in the input");
    require(problem.rule.starts_with("ps3.15/E.") && problem.clause.starts_with("PS3.15 E.") &&
                !problem.found.empty() && !problem.expected.empty(),
            "a problem says what and by which clause");
    if (++looked_at > 16 || !problem.field.starts_with('(')) continue;
    const auto path = dataset::parse_tag_path(problem.field);
    // What stands in a sequence without an item around it has no path that could be written; the decoder has said so.
    require(path.has_value() || !clean(file.problems), "a problem has a path");
    if (!path) continue;
    if (path->steps.size() == 1) continue;  // what is missing at the top level
    // Where an element stands twice the path leads to the first, which need not be the one; the decoder has said so.
    require(dataset::places_of(file.data_set, *path).has_value() || !clean(file.problems), "the path leads to a place");
  }
}

bool says(const Findings& findings, std::string_view slug) {
  return std::ranges::any_of(findings.problems,
                             [&](const Problem& problem) { return std::string_view(problem.rule).ends_with(slug); });
}

/// The object as its own original: everything that must go is still there, and nothing is another value.
void check_itself(const dataset::DicomFile& file, const Options& options) {
  Comparison set(options);
  for (int round = 0; round < 2; ++round) {
    const auto result = set.add("itself", file, file, {});
    check_problems(result.findings, file);
    for (const std::string_view other :
         {"/changed-beyond", "/removed-beyond", "/added-beyond", "/retained-changed", "/uid-inconsistent",
          "/uids-merged", "/replacement-differs", "/shifts-differ", "/well-known-uid", "/iod-broken"})
      require(!says(result.findings, other), "an object differs from itself in nothing");
  }
}

void check_search(const dataset::DicomFile& cleaned, const dataset::DicomFile& original, const Options& options) {
  const auto values = values_of_original(original.data_set, options);
  require(values.values.size() <= max_sought, "values are limited");
  std::size_t before = 0;
  Searcher(values.values).run(cleaned.bytes, [&](std::size_t offset, const Sought& value) {
    require(offset >= before && offset + value.bytes.size() <= cleaned.bytes.size(), "places are in order and inside");
    before = offset;
    const auto same = [](std::uint8_t a, std::uint8_t b) {
      return a == b || ((a ^ b) == 0x20 && (a | 0x20U) >= 'a' && (a | 0x20U) <= 'z');
    };
    require(std::ranges::equal(cleaned.bytes.subspan(offset, value.bytes.size()), as_bytes(value.bytes), same),
            "what is found stands there");
  });
}

}  // namespace

}  // namespace assay::fuzz

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_ANY, 4)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::fuzz;
  if (size < 4) return 0;
  const auto bits = load<std::uint16_t>(data, Endian::little);
  const ByteView input(data + 4, size - 4);
  const auto length = std::min<std::size_t>(load<std::uint16_t>(data + 2, Endian::little), input.size());
  const auto encoding = encodings[static_cast<std::size_t>(bits >> 13) % encodings.size()];
  const auto options = options_of(bits);
  const auto cleaned = file_of(input.first(length), encoding);
  const auto original = file_of(input.subspan(length), encoding);
  IodNeeds needs;
  const auto alone = check_deidentified({cleaned.data_set, nullptr, {}}, options, needs);
  check_problems(alone.findings, cleaned);
  if (wanted(1, 3, input)) check_itself(cleaned, options);
  if (wanted(2, 3, input)) check_search(cleaned, original, options);
  if (!wanted(0, 3, input)) return 0;
  const auto judged = check_deidentified({cleaned.data_set, nullptr, {}}, options, needs, true);
  require(judged.findings.problems.size() <= alone.findings.problems.size(), "an original takes doubts away");
  Comparison set(options);
  const auto compared = set.add("cleaned", cleaned, original, judged.findings.problems);
  check_problems(compared.findings, cleaned);
  return 0;
}
