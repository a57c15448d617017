#include "conformance/iod/derived.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/derived_parts.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::iod {

using dataset::NodeKind;

namespace {

std::string_view instance_of(const dataset::DataSet& data_set) {
  return dataset::without_padding(data_set.text(tags::SOPInstanceUID));
}

/// Of all Source Image Sequences, those of functional groups too.
std::set<std::string_view> cited_by(const dataset::DataSet& derived) {
  std::set<std::string_view> cited;
  const auto& nodes = derived.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].tag != tags::SourceImageSequence || nodes[i].kind != NodeKind::sequence) continue;
    for (auto at = i + 1; at < nodes[i].end; ++at)
      if (nodes[at].tag == tags::ReferencedSOPInstanceUID) cited.insert(text_value(nodes[at], 0));
  }
  cited.erase(std::string_view());
  return cited;
}

void judge(const Derivation& of) {
  check_derived_entities(of);
  check_derived_identity(of);
  check_derived_sources(of);
  check_derived_pixels(of);
  check_derived_geometry(of);
  check_derived_times(of);
}

/// An image of many sources breaks a rule against each of them: it is told once.
void keep_first(Problems& problems) {
  std::set<std::pair<std::string, std::string>> told;
  std::erase_if(problems, [&](const Problem& one) { return !told.emplace(one.rule, one.field).second; });
}

}  // namespace

std::vector<std::size_t> sources_of(const dataset::DataSet& derived, std::span<const ImageObject> sources) {
  std::vector<std::size_t> found;
  const auto cited = cited_by(derived);
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (cited.contains(instance_of(*sources[i].data_set))) found.push_back(i);
  const auto own = instance_of(derived);
  for (std::size_t i = 0; found.empty() && i < sources.size(); ++i)
    if (!own.empty() && instance_of(*sources[i].data_set) == own) found.push_back(i);
  if (found.empty() && sources.size() == 1) found.push_back(0);
  return found;
}

DerivedJudgement check_derived(std::span<const ImageObject> sources, const ImageObject& derived,
                               const DerivedOptions& options) {
  DerivedJudgement judgement;
  judgement.sources = sources_of(*derived.data_set, sources);
  if (judgement.sources.empty()) {
    judgement.not_judged =
        sources.empty() ? "there is no object but itself" : "its Source Image Sequence names none of the sources given";
    return judgement;
  }
  ObjectReport report(*derived.data_set, options.max_problems);
  std::deque<ObjectReport> before;  // the scopes in it point at themselves
  std::vector<const ObjectReport*> all;
  for (const auto number : judgement.sources) {
    const auto& source = sources[number];
    const auto& image = before.emplace_back(*source.data_set, 0);
    all.push_back(&image);
    Derivation of{.source = image,
                  .derived = report,
                  .source_syntax = source.transfer_syntax_uid,
                  .derived_syntax = derived.transfer_syntax_uid,
                  .pixels = compare_pixels(*source.data_set, *derived.data_set),
                  .lossy_step = false,
                  .same_instance = !instance_of(*derived.data_set).empty() &&
                                   instance_of(*derived.data_set) == instance_of(*source.data_set)};
    of.lossy_step =
        is_lossy(report, of.derived_syntax) && !is_lossy(image, of.source_syntax) && of.pixels != Sameness::same;
    judge(of);
  }
  if (all.size() > 1) check_merged_technique(all, report);
  keep_first(report.problems);
  std::ranges::sort(report.problems, [](const Problem& a, const Problem& b) {
    return std::tie(a.offset, a.field, a.rule) < std::tie(b.offset, b.field, b.rule);
  });
  judgement.problems = std::move(report.problems);
  judgement.more_problems = report.more;
  return judgement;
}

}  // namespace assay::conformance::iod
