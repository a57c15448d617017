#include "harness/service/key_support.hpp"

#include <vector>

#include "harness/dataset/edit.hpp"

namespace assay::service {
namespace {

bool is_control(Tag tag) {
  return tag.is_group_length() || tag == tags::SpecificCharacterSet || tag == tags::QueryRetrieveLevel ||
         tag == tags::QueryRetrieveView || tag == tags::TimezoneOffsetFromUTC;
}

/// The patient's keys stand at the study level of Study Root (PS3.4 C.6.2.1).
const std::set<MatchType>* kinds_of(const KeySupport& support, KeySupport::Level level, Tag tag) {
  auto found = support.keys.find({level, tag});
  if (found == support.keys.end() && level == QueryLevel::study) found = support.keys.find({QueryLevel::patient, tag});
  return found == support.keys.end() ? nullptr : &found->second;
}

struct Limit {
  Tag tag;
  bool known = false;  // but not matched so
};

/// What is to be changed of the keys at one level of the Identifier.
std::vector<Limit> limits_of(const dataset::Level& keys, const KeySupport& support, KeySupport::Level level,
                             const std::set<Tag>& unique) {
  std::vector<Limit> out;
  for (const auto* node : keys.elements()) {
    const auto tag = node->tag;
    if (is_control(tag) || unique.contains(tag)) continue;
    const auto* kinds = kinds_of(support, level, tag);
    if (kinds == nullptr) {
      out.push_back({tag, false});
      continue;
    }
    const bool sequence = node->kind == dataset::NodeKind::sequence;
    if (sequence && keys.items(tag).empty()) continue;
    const auto kind = sequence ? MatchType::sequence : match_type(matching_vr(*node), keys.text(tag));
    if (kind != MatchType::universal && !kinds->contains(kind)) out.push_back({tag, true});
  }
  return out;
}

}  // namespace

bool limit_keys(dataset::DataSet& identifier, const KeySupport& support, KeySupport::Level level,
                const std::set<Tag>& unique) {
  if (!support.stated.contains(level)) return false;
  auto kept = unique;
  kept.insert(tags::ScheduledProcedureStepSequence);  // its keys are looked at one by one
  bool changed = false;
  for (const auto& [tag, known] : limits_of(identifier.root(), support, level, kept)) {
    if (known) {
      identifier.set_empty(tag);
    } else {
      identifier.erase(tag);
    }
    changed = true;
  }
  if (level) return changed;
  const auto steps = identifier.items(tags::ScheduledProcedureStepSequence);
  if (steps.size() != 1) return changed;
  for (const auto& [tag, known] : limits_of(steps.front(), support, level, unique)) {
    dataset::Edit edit;
    edit.kind = known ? dataset::EditKind::clear : dataset::EditKind::erase;
    edit.path.steps = {{tags::ScheduledProcedureStepSequence, {}, dataset::ItemChoice::number, 1},
                       {tag, {}, dataset::ItemChoice::none, 0}};
    changed = dataset::apply(identifier, edit).has_value() || changed;
  }
  return changed;
}

}  // namespace assay::service
