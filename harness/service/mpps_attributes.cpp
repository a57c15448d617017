// PS3.4 Table F.7.2-1. Tests: tests/unit/service/mpps_test.cpp
#include "harness/service/mpps_attributes.hpp"

#include <algorithm>

#include "harness/dataset/value.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t no_such_attribute = 0x0105;
constexpr std::uint16_t invalid_value = 0x0106;
constexpr std::uint16_t missing_attribute = 0x0120;
constexpr std::uint16_t missing_value = 0x0121;

constexpr bool allowed = true;
constexpr bool never = false;
constexpr StepAttribute table[] = {
#define ASSAY_STEP_ATTRIBUTE(keyword, creation, set, final) {tags::keyword, StepType::creation, set, StepType::final},
#define ASSAY_STEP_ITEM(sequence, keyword, type)
#include "harness/service/mpps_attributes.inc"
#undef ASSAY_STEP_ATTRIBUTE
#undef ASSAY_STEP_ITEM
};
constexpr StepItemAttribute item_table[] = {
#define ASSAY_STEP_ATTRIBUTE(keyword, creation, set, final)
#define ASSAY_STEP_ITEM(sequence, keyword, type) {tags::sequence, tags::keyword, StepType::type},
#include "harness/service/mpps_attributes.inc"
#undef ASSAY_STEP_ATTRIBUTE
#undef ASSAY_STEP_ITEM
};

bool has_value(const dataset::Level& level, Tag tag) {
  const auto* node = level.find(tag);
  if (node == nullptr) return false;
  if (node->kind == dataset::NodeKind::sequence) return !level.items(tag).empty();
  return std::ranges::any_of(node->value, [](std::uint8_t b) { return b != ' ' && b != 0; });
}

/// What a level lacks of the attributes of type 1 and 2.
struct Lacking {
  std::vector<Tag> attributes;
  std::vector<Tag> values;

  void look(const dataset::Level& level, Tag tag, StepType type) {
    if (type == StepType::three) return;
    if (!level.has(tag))
      attributes.push_back(tag);
    else if (type == StepType::one && !has_value(level, tag))
      values.push_back(tag);
  }
  void look_into(const dataset::Level& root, const StepItemAttribute& rule) {
    for (const auto& item : root.items(rule.sequence)) look(item, rule.tag, rule.type);
  }
};

std::string listed(std::string_view what, const std::vector<Tag>& tags) {
  std::string out(what);
  for (const auto tag : tags) (out += ' ') += dict::keyword(tag);
  return out;
}

/// Dates, times and UIDs at the top that cannot be read: whoever asks for them later could not use them.
std::optional<StepFault> unreadable(const dataset::DataSet& attributes) {
  for (const auto* node : attributes.root().elements()) {
    if (node->kind != dataset::NodeKind::element) continue;
    const auto vr = dict::implicit_vr(node->tag);
    if (vr != Vr::DA && vr != Vr::TM) continue;
    const auto text = attributes.text(node->tag);
    if (text.empty()) continue;
    const bool sound = vr == Vr::DA ? dataset::parse_date(text, dataset::Spelling::historic).has_value()
                                    : dataset::parse_time(text, dataset::Spelling::historic).has_value();
    if (!sound) return StepFault{invalid_value, {node->tag}, listed("cannot be read:", {node->tag})};
  }
  return std::nullopt;
}

}  // namespace

std::span<const StepAttribute> step_attributes() { return table; }
std::span<const StepItemAttribute> step_item_attributes() { return item_table; }

std::string_view name(StepState state) {
  switch (state) {
    case StepState::in_progress: return "IN PROGRESS";
    case StepState::completed: return "COMPLETED";
    case StepState::discontinued: break;
  }
  return "DISCONTINUED";
}

std::optional<StepState> step_state_from(std::string_view text) {
  for (const auto state : {StepState::in_progress, StepState::completed, StepState::discontinued})
    if (text == name(state)) return state;
  return std::nullopt;
}

std::optional<StepFault> fault_at_creation(const dataset::DataSet& attributes) {
  Lacking lacking;
  const auto root = attributes.root();
  for (const auto& one : table) lacking.look(root, one.tag, one.at_creation);
  for (const auto& rule : item_table) lacking.look_into(root, rule);
  if (!lacking.attributes.empty())
    return StepFault{missing_attribute, lacking.attributes, listed("missing:", lacking.attributes)};
  if (!lacking.values.empty()) return StepFault{missing_value, lacking.values, listed("no value:", lacking.values)};
  if (attributes.text(tags::PerformedProcedureStepStatus) != name(StepState::in_progress))
    return StepFault{invalid_value, {tags::PerformedProcedureStepStatus}, "a step is created IN PROGRESS"};
  return unreadable(attributes);
}

std::optional<StepFault> fault_in_change(const dataset::DataSet& modifications) {
  std::vector<Tag> forbidden;
  for (const auto& one : table)
    if (!one.settable && modifications.has(one.tag)) forbidden.push_back(one.tag);
  if (!forbidden.empty()) return StepFault{no_such_attribute, forbidden, listed("not to be set:", forbidden)};
  if (modifications.has(tags::PerformedProcedureStepStatus) &&
      !step_state_from(modifications.text(tags::PerformedProcedureStepStatus)))
    return StepFault{invalid_value, {tags::PerformedProcedureStepStatus}, "no Performed Procedure Step Status"};
  Lacking lacking;
  for (const auto& rule : item_table) lacking.look_into(modifications.root(), rule);
  lacking.attributes.insert(lacking.attributes.end(), lacking.values.begin(), lacking.values.end());
  if (!lacking.attributes.empty())
    return StepFault{missing_value, lacking.attributes, listed("missing:", lacking.attributes)};
  return unreadable(modifications);
}

std::optional<StepFault> fault_at_the_end(const dataset::DataSet& step) {
  Lacking lacking;
  const auto root = step.root();
  for (const auto& one : table) lacking.look(root, one.tag, one.at_the_end);
  for (const auto& rule : item_table) lacking.look_into(root, rule);
  lacking.attributes.insert(lacking.attributes.end(), lacking.values.begin(), lacking.values.end());
  if (lacking.attributes.empty()) return std::nullopt;
  return StepFault{missing_value, lacking.attributes, listed("wanted in a final state:", lacking.attributes)};
}

}  // namespace assay::service
