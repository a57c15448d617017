// Any Data Set held to any IOD (the first byte chooses both), any text as a condition, any objects held against each
// other (PS3.3 A, PS3.5 7.4), any text as a table of added attributes: problems are bounded and lie in the input, their
// paths lead to a place in the Data Set, notes come on top of the rest, a condition and its opposite never both hold.
#include <algorithm>
#include <array>
#include <cstdint>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/extension.hpp"
#include "conformance/iod/hierarchy.hpp"
#include "conformance/iod/resemblance.hpp"
#include "conformance/iod/validate.hpp"
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/tag_path.hpp"

namespace assay::fuzz {

namespace {

using namespace conformance::iod;

void check_object(const dataset::DataSetDecode& decoded, const dataset::DataSet& meta, ByteView input) {
  const auto& data_set = decoded.data_set;
  IodOptions options{.meta = &meta, .max_problems = 200, .max_depth = 16};
  const auto judgement = check_iod(data_set, options);
  require(judgement.iod != nullptr, "the class has a table");
  require(judgement.problems.size() <= options.max_problems + options.max_problems, "problems are limited");
  std::size_t looked_at = 0;
  for (const auto& problem : judgement.problems) {
    require(problem.offset <= input.size(), "a problem lies in the input");
    require(!problem.rule.empty() && problem.clause.starts_with("PS3.") && !problem.expected.empty(),
            "a problem says what and by which clause");
    if (++looked_at > 16) continue;
    const auto path = dataset::parse_tag_path(problem.field);
    require(path.has_value() && !path->steps.empty(), "a problem has a path");
    // Where an element stands twice the path leads to the first, which need not be the one; the decoder has said so.
    if (!faultless(decoded)) continue;
    require(dataset::places_of(data_set, *path).has_value(), "the path leads to a place");
    const bool absent = problem.rule.ends_with("-missing") || problem.rule == "ps3.3/C/doubtful" ||
                        problem.rule == "ps3.3/C/contradiction";
    require(absent || !dataset::find_all(data_set, *path).empty(), "what is wrong is there");
  }
  if (!wanted(0, 4, input) || judgement.more_problems > 0 || judgement.problems.size() >= options.max_problems / 2)
    return;
  options.notes = false;
  const auto red =
      std::ranges::count_if(judgement.problems, [](const Problem& p) { return p.gravity != Gravity::note; });
  require(check_iod(data_set, options).problems.size() == static_cast<std::size_t>(red),
          "notes come on top of the rest");
}

void check_condition(const dataset::DataSet& data_set, std::string_view text) {
  const auto condition = Condition::parse(text);
  require(in_words(text).size() <= 16 + 64 * text.size(), "words are not without end");
  if (!condition) {
    require(condition.error().position <= text.size() && !condition.error().message.empty(), "a mistake has a place");
    return;
  }
  const auto opposite = Condition::parse("not (" + std::string(text) + ")");
  if (!opposite) return;  // nested too deep by one
  const Scope scope(data_set);
  const auto holds = condition->holds(scope);
  const auto inverse = opposite->holds(scope);
  require((holds == Truth::unknown) == (inverse == Truth::unknown), "what nobody knows has no opposite");
  require(holds == Truth::unknown || holds != inverse, "a condition and its opposite differ");
}

/// A table of added attributes has faults at places in it, or can be judged by.
void check_extension(std::string_view sop_class, std::string_view text) {
  const auto extension = Extension::parse(text);
  if (!extension) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    require(!extension.error().empty() && extension.error().size() <= Extension::max_faults, "faults are limited");
    for (const auto& fault : extension.error())
      require(fault.line >= 1 && fault.line <= lines && fault.column >= 1 && fault.column <= text.size() + 1 &&
                  !fault.message.empty(),
              "a fault has a place in the table");
    return;
  }
  dataset::DataSet data_set;
  data_set.set_text(tags::SOPClassUID, sop_class);
  const std::uint8_t value[] = {'A', ' '};
  for (const auto& added : extension->rows()) {
    if (added.creator.empty()) continue;
    data_set.set_bytes({added.row.tag.group, 0x10}, Vr::LO, as_bytes(added.creator));
    data_set.set_bytes({added.row.tag.group, static_cast<std::uint16_t>(0x1000U | added.row.tag.element)}, Vr::LO,
                       value);
    break;
  }
  const auto judgement = check_iod(data_set, {.max_problems = 200, .extension = &*extension});
  for (const auto& problem : judgement.problems)
    require(!problem.rule.empty() && dataset::parse_tag_path(problem.field).has_value(), "a problem has a path");
}

}  // namespace

}  // namespace assay::fuzz

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_ANY, 2)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::fuzz;
  if (size < 2) return 0;
  const MemoryBound memory(size, 4096, std::size_t{16} << 20U);
  const auto classes = conformance::iod::sop_classes();
  const ByteView input(data + 2, size - 2);
  if (data[1] == 0xff) {
    const dataset::DataSet none;
    check_condition(none, as_text(input));
    return 0;
  }
  if (data[1] == 0xfe) {
    check_extension(classes[data[0] % classes.size()].uid, as_text(input));
    return 0;
  }
  static constexpr std::array<dataset::Encoding, 3> encodings{dataset::explicit_le, dataset::implicit_le,
                                                              dataset::explicit_be};
  auto decoded = dataset::decode(input, encodings[data[1] % encodings.size()], usual_options(input));
  dataset::DataSet meta;
  meta.set_text(tags::TransferSyntaxUID, uids::ExplicitVRLittleEndian);
  decoded.data_set.set_text(tags::SOPClassUID, classes[data[0] % classes.size()].uid);
  check_object(decoded, meta, input);
  if (wanted(1, 4, input)) {
    conformance::iod::Hierarchy hierarchy;
    hierarchy.add("a", decoded.data_set);
    hierarchy.add("b", decoded.data_set);
    // Twice the same object differs in nothing, and has its UID twice.
    require(hierarchy.contradictions().size() <= 1, "an object agrees with itself");
  }
  if (!wanted(2, 4, input)) return 0;
  conformance::iod::Resemblance resemblance;
  resemblance.add("a", decoded.data_set);
  resemblance.add("b", decoded.data_set);
  // One patient, one series, at most one picture of a dose.
  require(resemblance.told().size() <= 1, "an object is no copy of itself");
  return 0;
}
