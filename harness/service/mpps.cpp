// The MPPS SCP. Tests: tests/unit/service/mpps_test.cpp
#include "harness/service/mpps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/json.hpp"
#include "harness/service/answer.hpp"
#include "harness/service/returned.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t optional_attributes_unsupported = 0x0001;
constexpr std::uint16_t no_such_attribute = 0x0105;
constexpr std::uint16_t processing_failure = 0x0110;
constexpr std::uint16_t duplicate_instance = 0x0111;
constexpr std::uint16_t no_such_instance = 0x0112;
constexpr std::uint16_t invalid_instance = 0x0117;
constexpr std::uint16_t mistyped_argument = 0x0212;
constexpr std::uint16_t resource_limitation = 0x0213;
constexpr std::uint16_t may_no_longer_be_updated = 0xa710;  // Error ID (PS3.4 F.7.2.2.4)

using dimse::CommandField;

dimse::Message refuse(const dimse::Message& request, const StepFault& fault) {
  auto out = answer(request, fault.status, fault.comment);
  if (fault.attributes.empty()) return out;
  Bytes list;
  for (const auto tag : fault.attributes) {
    store(list, tag.group, Endian::little);
    store(list, tag.element, Endian::little);
  }
  out.command.elements().set_bytes(tags::AttributeIdentifierList, Vr::AT, list);
  return out;
}

/// The Data Set of a request; a fault when it has none that can be read.
std::expected<dataset::DataSet, StepFault> read(const dimse::Message& request,
                                                const session::AcceptedContext& context) {
  if (!request.command.has_data_set()) return dataset::DataSet(dataset::explicit_le);
  if (!request.data_set_kept())
    return std::unexpected(StepFault{resource_limitation, {}, "Data Set larger than is kept here"});
  const auto encoding = dataset::encoding_of(context.transfer_syntax);
  if (encoding.deflated) return std::unexpected(StepFault{mistyped_argument, {}, "deflated Data Sets are not read"});
  auto decoded = dataset::decode_owned(request.data_set, encoding);
  if (has_error(decoded.problems)) return std::unexpected(StepFault{mistyped_argument, {}, "Data Set cannot be read"});
  // Steps are kept in one encoding, whatever their SCUs speak.
  return dataset::decode_owned(dataset::encode(decoded.data_set, dataset::explicit_le), dataset::explicit_le).data_set;
}

/// The tags an N-GET asks for (PS3.7 10.1.2.1.5).
std::vector<Tag> asked_for(const dimse::Message& request) {
  std::vector<Tag> out;
  const auto* node = request.command.elements().find(tags::AttributeIdentifierList);
  if (node == nullptr) return out;
  for (std::size_t i = 0; i + 4 <= node->value.size(); i += 4)
    out.emplace_back(load<std::uint16_t>(node->value.data() + i, Endian::little),
                     load<std::uint16_t>(node->value.data() + i + 2, Endian::little));
  return out;
}

StepState state_of(const dataset::DataSet& step) {
  return step_state_from(step.text(tags::PerformedProcedureStepStatus)).value_or(StepState::in_progress);
}

/// What a step costs.
std::size_t size_of(const dataset::DataSet& step) {
  std::size_t out = sizeof(step);
  for (const auto& node : step.nodes()) out += sizeof(node) + node.value.size();
  return out;
}

bool is_uid(std::string_view text) { return dict::uid_of(text) == text && text.size() <= 64; }

dataset::DataSet in_utf8(const dataset::DataSet& data_set) {
  return dataset::from_json(dataset::to_json(data_set).text).data_set;
}

}  // namespace

StepPtr PerformedSteps::find(std::string_view sop_instance_uid) const {
  const auto found = steps_.find(sop_instance_uid);
  return found == steps_.end() ? nullptr : found->second;
}

std::expected<void, std::string> PerformedSteps::put(std::string_view sop_instance_uid, dataset::DataSet step,
                                                     std::string who) {
  const auto old = find(sop_instance_uid);
  StepChange change;
  change.sop_instance_uid = sop_instance_uid;
  if (old) change.before = state_of(*old);
  change.after = state_of(step);
  change.who = std::move(who);
  change.step = std::make_shared<const dataset::DataSet>(std::move(step));
  if (keep)
    if (auto kept = keep(change); !kept) return kept;
  if (old) bytes_ -= size_of(*old);
  bytes_ += size_of(*change.step);
  steps_.insert_or_assign(change.sop_instance_uid, change.step);
  if (on_change) on_change(change);
  return {};
}

bool PerformedSteps::erase(std::string_view sop_instance_uid) {
  const auto found = steps_.find(sop_instance_uid);
  if (found == steps_.end()) return false;
  bytes_ -= size_of(*found->second);
  steps_.erase(found);
  return true;
}

dataset::DataSet merged_step(const dataset::DataSet& step, const dataset::DataSet& modifications) {
  const bool same_set = step.text(tags::SpecificCharacterSet) == modifications.text(tags::SpecificCharacterSet);
  if (!same_set && needs_character_set(step) && needs_character_set(modifications))
    return merged_step(in_utf8(step), in_utf8(modifications));
  auto out = step;
  for (const auto* node : modifications.root().elements())
    if (node->tag != tags::SpecificCharacterSet) copy_attribute(out, modifications, modifications.root(), *node);
  if (!same_set && needs_character_set(modifications))
    out.set_text(tags::SpecificCharacterSet, modifications.text(tags::SpecificCharacterSet));
  return out;
}

MppsService::MppsService(PerformedSteps& steps, MppsOptions options) : steps_(&steps), options_(std::move(options)) {}

bool MppsService::serves(std::string_view abstract_syntax) const {
  return abstract_syntax == uids::ModalityPerformedProcedureStep ||
         abstract_syntax == uids::ModalityPerformedProcedureStepRetrieve;
}

bool MppsService::has(std::string_view abstract_syntax, CommandField request) const {
  if (abstract_syntax == uids::ModalityPerformedProcedureStepRetrieve) return request == CommandField::n_get_rq;
  return request == CommandField::n_create_rq || request == CommandField::n_set_rq;
}

std::unique_ptr<Operation> MppsService::begin(dimse::Message request, const session::AcceptedContext& context,
                                              const AssociationView& association) {
  auto response = [&] {
    switch (static_cast<CommandField>(request.command.field().value_or(0))) {
      case CommandField::n_create_rq: return create(request, context, association);
      case CommandField::n_set_rq: return set(request, context, association);
      default: return get(request, context);
    }
  }();
  return std::make_unique<SingleResponse>(std::move(response));
}

dimse::Message MppsService::create(const dimse::Message& request, const session::AcceptedContext& context,
                                   const AssociationView& association) {
  std::string uid(request.command.sop_instance_uid());
  if (!uid.empty() && !is_uid(uid)) {
    auto out = refuse(request, {invalid_instance, {}, "SOP Instance UID is no UID"});
    out.command.elements().erase(tags::AffectedSOPInstanceUID);  // it cannot be said in a VR of UI
    return out;
  }
  if (steps_->find(uid)) return refuse(request, {duplicate_instance, {}, "this step exists"});
  auto attributes = read(request, context);
  if (!attributes) return refuse(request, attributes.error());
  if (const auto fault = fault_at_creation(*attributes)) return refuse(request, *fault);
  if (steps_->full()) return refuse(request, {resource_limitation, {}, "no room for more steps"});
  while (uid.empty() || steps_->find(uid)) {
    uid = options_.make_uid ? options_.make_uid() : fmt::format("2.25.271828182845904523536{:06}", ++made_);
  }
  if (const auto kept = steps_->put(uid, std::move(*attributes), association.calling_ae_title); !kept)
    return refuse(request, {processing_failure, {}, kept.error()});
  auto out = answer(request, 0);
  // What the SCP chose has to be told; what the SCU chose may be (PS3.7 10.1.5.1.4).
  out.command.elements().set_text(tags::AffectedSOPInstanceUID, uid);
  return out;
}

dimse::Message MppsService::set(const dimse::Message& request, const session::AcceptedContext& context,
                                const AssociationView& association) {
  const auto uid = request.command.sop_instance_uid();
  const auto step = steps_->find(uid);
  if (!step) return refuse(request, {no_such_instance, {}, "there is no such step"});
  if (state_of(*step) != StepState::in_progress) {
    auto out = answer(request, processing_failure, "Performed Procedure Step Object may no longer be updated");
    out.command.elements().set_u16(tags::ErrorID, may_no_longer_be_updated);
    return out;
  }
  const auto modifications = read(request, context);
  if (!modifications) return refuse(request, modifications.error());
  if (const auto fault = fault_in_change(*modifications)) return refuse(request, *fault);
  if (options_.created_attributes_only) {
    for (const auto* node : modifications->root().elements())
      if (node->tag != tags::SpecificCharacterSet && !step->has(node->tag))
        return refuse(request, {no_such_attribute, {node->tag}, "the N-CREATE did not bring this attribute"});
  }
  auto changed = merged_step(*step, *modifications);
  if (state_of(changed) != StepState::in_progress)
    if (const auto fault = fault_at_the_end(changed)) return refuse(request, *fault);
  if (const auto kept = steps_->put(uid, std::move(changed), association.calling_ae_title); !kept)
    return refuse(request, {processing_failure, {}, kept.error()});
  return answer(request, 0);
}

dimse::Message MppsService::get(const dimse::Message& request, const session::AcceptedContext& context) const {
  const auto step = steps_->find(request.command.sop_instance_uid());
  if (!step) return refuse(request, {no_such_instance, {}, "there is no such step"});
  const auto wanted = asked_for(request);
  dataset::DataSet list(dataset::explicit_le);
  std::vector<Tag> unknown;
  for (const auto tag : wanted) {
    if (const auto* node = step->find(tag))
      copy_attribute(list, *step, step->root(), *node);
    else
      unknown.push_back(tag);
  }
  if (!wanted.empty() && needs_character_set(list))
    list.set_text(tags::SpecificCharacterSet, step->text(tags::SpecificCharacterSet));
  auto out = unknown.empty() ? answer(request, 0)
                             : refuse(request, {optional_attributes_unsupported, unknown, "not among its attributes"});
  give(out, dataset::encode(wanted.empty() ? *step : list, dataset::encoding_of(context.transfer_syntax)));
  return out;
}

}  // namespace assay::service
