// The SCU side of the DIMSE services. Tests: tests/unit/service/user_test.cpp
#include "harness/service/user.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/value.hpp"

namespace assay::service {

using dimse::CommandField;
using dimse::StatusClass;

namespace {

/// The tags of Offending Element (0000,0901) with their keywords, as far as anybody reads on (PS3.7 C.3.1).
std::string offending_elements(const dataset::DataSet& command) {
  constexpr std::size_t most = 8;
  const auto* node = command.find(tags::OffendingElement);
  if (node == nullptr) return {};
  const dataset::Numbers<Tag> named(node->value, Endian::little);
  std::string out;
  for (std::size_t i = 0; i < std::min(named.size(), most); ++i) {
    const auto keyword = dict::keyword(named[i]);
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ", to_string(named[i]), keyword.empty() ? "" : " ", keyword);
  }
  return out;
}

}  // namespace

dimse::Message User::begin(dimse::CommandSet command, Bytes data_set) {
  message_id_ = command.message_id().value_or(0);
  done_ = false;
  dimse::Message out;
  out.context_id = context_.id;
  out.command = std::move(command);
  out.data_set = std::move(data_set);
  out.data_set_length = out.data_set.size();
  return out;
}

UserStep User::consume(const dimse::Message& message) {
  UserStep step;
  const auto unexpected = [&](std::string why) {
    step.why = std::move(why);
    return step;
  };
  const auto& command = message.command;
  const auto wanted = static_cast<std::uint16_t>(static_cast<std::uint16_t>(request_field_) | 0x8000U);
  if (done_) return unexpected("no operation is outstanding");
  if (message.context_id != context_.id)
    return unexpected(fmt::format("on context {}, the request went out on {}", message.context_id, context_.id));
  if (command.field() != wanted)
    return unexpected(fmt::format("{} instead of {}", command.name(), dimse::command_name(wanted)));
  if (command.responded_to() != message_id_)
    return unexpected(command.responded_to()
                          ? fmt::format("answers message {}, not {}", *command.responded_to(), message_id_)
                          : std::string("does not say which message it answers"));
  if (!command.status()) return unexpected("has no Status");

  step.status = *command.status();
  step.status_class = dimse::status_class(step.status);
  step.why = command.elements().text(tags::ErrorComment);
  if (const auto offending = offending_elements(command.elements()); !offending.empty())
    step.why += (step.why.empty() ? "because of " : ", because of ") + offending;
  const bool find = request_field_ == CommandField::c_find_rq;
  const bool retrieve = request_field_ == CommandField::c_get_rq || request_field_ == CommandField::c_move_rq;
  if (step.status_class == StatusClass::pending) {
    if (!find && !retrieve)
      return unexpected(fmt::format("pending status {:04X}H, which this service does not have", step.status));
    step.kind = UserStep::Kind::pending;
  } else {
    step.kind = UserStep::Kind::final;
    done_ = true;
  }
  const bool pending = step.kind == UserStep::Kind::pending;
  if (find && command.has_data_set() != pending)
    step.why = pending ? "a pending response without Identifier" : "a final response with a Data Set";
  if (retrieve && pending && command.has_data_set()) step.why = "a pending response with a Data Set";
  const bool composite = request_field_ == CommandField::c_store_rq || request_field_ == CommandField::c_echo_rq;
  if (composite && command.has_data_set()) step.why = "a final response with a Data Set";
  if (retrieve) {
    const auto count = [&](Tag tag) { return command.elements().u16(tag).value_or(0); };
    step.counts = {count(tags::NumberOfRemainingSuboperations), count(tags::NumberOfCompletedSuboperations),
                   count(tags::NumberOfFailedSuboperations), count(tags::NumberOfWarningSuboperations)};
  }
  if (!composite && command.has_data_set()) {
    const std::string what = find || retrieve ? "an Identifier" : "a Data Set";
    if (!message.data_set_kept()) {
      step.why = what + " larger than is kept here";
      return step;
    }
    auto decoded = dataset::decode_owned(message.data_set, dataset::encoding_of(context_.transfer_syntax));
    if (has_error(decoded.problems)) step.why = what + " that cannot be read";
    step.identifier = std::move(decoded.data_set);
  }
  return step;
}

dimse::Message User::cancel() const {
  dimse::Message out;
  out.context_id = context_.id;
  out.command = dimse::c_cancel_rq(message_id_);
  return out;
}

dimse::Message EchoUser::request(std::uint16_t message_id) { return begin(dimse::c_echo_rq(message_id)); }

std::optional<dimse::Message> StoreUser::request(std::uint16_t message_id, const Instance& instance,
                                                 std::uint16_t priority) {
  auto command = dimse::c_store_rq(message_id, instance.sop_class_uid, instance.sop_instance_uid, priority);
  const auto& syntax = context().transfer_syntax;
  if (syntax == instance.transfer_syntax) return begin(std::move(command), instance.data_set);
  const auto from = dataset::encoding_of(instance.transfer_syntax);
  const auto to = dataset::encoding_of(syntax);
  if (from.encapsulated || from.deflated || to.encapsulated || to.deflated) return std::nullopt;
  const auto decoded = dataset::decode(instance.data_set, from);
  if (has_error(decoded.problems)) return std::nullopt;
  return begin(std::move(command), dataset::encode(decoded.data_set, to));
}

std::optional<dimse::Message> StoreUser::request(std::uint16_t message_id, const InstancePtr& instance,
                                                 std::uint16_t priority) {
  if (context().transfer_syntax != instance->transfer_syntax) return request(message_id, *instance, priority);
  auto out = begin(dimse::c_store_rq(message_id, instance->sop_class_uid, instance->sop_instance_uid, priority));
  out.lent_data_set = std::shared_ptr<const Bytes>(instance, &instance->data_set);
  out.data_set_length = instance->data_set.size();
  return out;
}

dimse::Message FindUser::request(std::uint16_t message_id, const dataset::DataSet& identifier, std::uint16_t priority) {
  return begin(dimse::c_find_rq(message_id, context().abstract_syntax, priority),
               dataset::encode(identifier, dataset::encoding_of(context().transfer_syntax)));
}

dimse::Message GetUser::request(std::uint16_t message_id, const dataset::DataSet& identifier, std::uint16_t priority) {
  return begin(dimse::c_get_rq(message_id, context().abstract_syntax, priority),
               dataset::encode(identifier, dataset::encoding_of(context().transfer_syntax)));
}

dimse::Message MoveUser::request(std::uint16_t message_id, const dataset::DataSet& identifier,
                                 std::string_view destination, std::uint16_t priority) {
  return begin(dimse::c_move_rq(message_id, context().abstract_syntax, destination, priority),
               dataset::encode(identifier, dataset::encoding_of(context().transfer_syntax)));
}

dimse::Message NormalizedUser::request(std::uint16_t message_id, const Target& target,
                                       const dataset::DataSet* data_set) {
  auto command = dimse::command(field_, message_id);
  auto& elements = command.elements();
  const auto& sop_class = target.sop_class_uid.empty() ? context().abstract_syntax : target.sop_class_uid;
  const bool affected = field_ == CommandField::n_create_rq || field_ == CommandField::n_event_report_rq;
  elements.set_text(affected ? tags::AffectedSOPClassUID : tags::RequestedSOPClassUID, sop_class);
  if (!target.sop_instance_uid.empty())
    elements.set_text(affected ? tags::AffectedSOPInstanceUID : tags::RequestedSOPInstanceUID, target.sop_instance_uid);
  if (field_ == CommandField::n_event_report_rq) elements.set_u16(tags::EventTypeID, target.type);
  if (field_ == CommandField::n_action_rq) elements.set_u16(tags::ActionTypeID, target.type);
  elements.set_u16(tags::CommandDataSetType, data_set != nullptr ? 1 : dimse::no_data_set);
  return begin(std::move(command), data_set != nullptr
                                       ? dataset::encode(*data_set, dataset::encoding_of(context().transfer_syntax))
                                       : Bytes{});
}

}  // namespace assay::service
