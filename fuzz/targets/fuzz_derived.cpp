// Any two Data Sets: the values of each by themselves, and one held against the other as its source and back (PS3.3 C).
// The first byte chooses the encoding, the next two say how long the source is, the fourth whether the derived image
// came in a transfer syntax that always loses. Problems are bounded, lie in the input and lead to a place; an object is
// never at odds with itself; pixels are the same both ways.
#include <algorithm>
#include <array>
#include <cstdint>

#include "conformance/iod/derived.hpp"
#include "conformance/iod/object_checks.hpp"
#include "conformance/iod/pixel_values.hpp"
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/tag_path.hpp"

namespace assay::fuzz {

namespace {

using namespace conformance::iod;

constexpr std::size_t most = 100;

void check_problems(const dataset::DataSetDecode& decoded, const Problems& problems, ByteView input) {
  require(problems.size() <= most, "problems are limited");
  std::size_t looked_at = 0;
  for (const auto& problem : problems) {
    require(problem.offset <= input.size(), "a problem lies in the input");
    require(!problem.rule.empty() && problem.clause.starts_with("PS3.") && !problem.expected.empty() &&
                !problem.found.empty(),
            "a problem says what and by which clause");
    if (++looked_at > 8) continue;
    const auto path = dataset::parse_tag_path(problem.field);
    require(path.has_value() && !path->steps.empty(), "a problem has a path");
    // Where an element stands twice the path leads to the first, which need not be the one; the decoder has said so.
    require(dataset::places_of(decoded.data_set, *path).has_value() || !faultless(decoded),
            "the path leads to a place");
  }
}

void check_values(const dataset::DataSetDecode& decoded, ByteView input) {
  const auto& data_set = decoded.data_set;
  ObjectOptions options;
  options.max_problems = most;
  options.now = 0;
  check_problems(decoded, check_object(data_set, options), input);
  if (const auto pixels = PixelValues::of(data_set); pixels) {
    const auto limits = pixels->limits();
    require(limits.has_value() && limits->low <= limits->high, "pixels have limits");
    require(limits->low >= pixels->possible().low && limits->high <= pixels->possible().high,
            "pixels hold what their bits can hold");
    require((*pixels)[0] >= limits->low && (*pixels)[0] <= limits->high, "the first lies within");
    require(pixels->meets(static_cast<double>(limits->low), static_cast<double>(limits->high)), "limits meet pixels");
  }
}

void check_pair(const dataset::DataSetDecode& one, const dataset::DataSetDecode& other, std::string_view syntax,
                ByteView input) {
  const auto& source = one.data_set;
  const auto& derived = other.data_set;
  const ImageObject sources[] = {{&source, uids::ExplicitVRLittleEndian}};
  DerivedOptions options;
  options.max_problems = most;
  const auto judgement = check_derived(sources, {&derived, syntax}, options);
  require(judgement.sources.size() == 1 && judgement.not_judged.empty(), "the only source is the source");
  check_problems(other, judgement.problems, input);
  const auto there = compare_pixels(source, derived);
  const auto back = compare_pixels(derived, source);
  require((there == Sameness::same) == (back == Sameness::same), "pixels are the same both ways");
}

}  // namespace

}  // namespace assay::fuzz

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_ANY, 4)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::fuzz;
  if (size < 4) return 0;
  static constexpr std::array<dataset::Encoding, 3> encodings{dataset::explicit_le, dataset::implicit_le,
                                                              dataset::explicit_be};
  const auto encoding = encodings[data[0] % encodings.size()];
  const std::string_view syntax = data[3] % 2 == 1 ? "1.2.840.10008.1.2.4.50" : "1.2.840.10008.1.2.1";
  const ByteView both(data + 4, size - 4);
  const std::size_t cut = std::min<std::size_t>(data[1] + std::size_t{256} * data[2], both.size());
  const auto source = dataset::decode(both.first(cut), encoding, usual_options(both));
  const auto derived = dataset::decode(both.subspan(cut), encoding, usual_options(both));
  check_values(derived, both);
  check_pair(source, derived, syntax, both);
  check_pair(derived, source, syntax, both);
  // An object agrees with itself in all that a copy must keep.
  const conformance::iod::ImageObject itself[] = {{&derived.data_set, {}}};
  const auto copy = conformance::iod::check_derived(itself, {&derived.data_set, {}});
  for (const auto& problem : copy.problems)
    require(!problem.rule.ends_with("-not-copied") && !problem.rule.ends_with("-of-other-patient") &&
                !problem.rule.ends_with("-changed"),
            "an object is a copy of itself");
  return 0;
}
