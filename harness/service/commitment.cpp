// The Data Sets of Storage Commitment and what they say. Tests: tests/unit/service/commitment_test.cpp
#include "harness/service/commitment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/dataset/value_text.hpp"
#include "harness/service/answer.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t processing_failure = 0x0110;
constexpr std::uint16_t no_such_instance = 0x0112;
constexpr std::uint16_t no_such_event_type = 0x0113;
constexpr std::uint16_t invalid_argument_value = 0x0115;
constexpr std::uint16_t resource_limitation = 0x0213;

std::unexpected<CommitmentError> refuse(std::uint16_t status, std::string comment, std::optional<Tag> offending = {}) {
  return std::unexpected(CommitmentError{status, offending, std::move(comment)});
}

dataset::DataSet item_of(const InstanceReference& instance) {
  dataset::DataSet item(dataset::explicit_le);
  item.set_text(tags::ReferencedSOPClassUID, instance.sop_class_uid);
  item.set_text(tags::ReferencedSOPInstanceUID, instance.sop_instance_uid);
  return item;
}

std::expected<dataset::DataSet, CommitmentError> decoded(const dimse::Message& message,
                                                         std::string_view transfer_syntax) {
  if (!message.command.has_data_set()) return refuse(invalid_argument_value, "no Data Set", tags::CommandDataSetType);
  if (!message.data_set_kept()) return refuse(resource_limitation, "Data Set larger than is kept here");
  const auto encoding = dataset::encoding_of(transfer_syntax);
  if (encoding.deflated) return refuse(processing_failure, "deflated Data Sets are not read here");
  auto out = dataset::decode_owned(message.data_set, encoding);
  if (has_error(out.problems)) return refuse(processing_failure, "Data Set cannot be read");
  return std::move(out.data_set);
}

std::expected<std::string, CommitmentError> uid_in(const dataset::Level& level, Tag tag) {
  const auto text = level.text(tag);
  const auto name = std::string(dict::keyword(tag));
  if (text.empty()) return refuse(invalid_argument_value, name + " is missing", tag);
  if (!dataset::is_uid(text)) return refuse(invalid_argument_value, name + " is no UID", tag);
  return std::string(text);
}

std::expected<InstanceReference, CommitmentError> reference_in(const dataset::Level& item) {
  auto sop_class = uid_in(item, tags::ReferencedSOPClassUID);
  if (!sop_class) return std::unexpected(sop_class.error());
  auto instance = uid_in(item, tags::ReferencedSOPInstanceUID);
  if (!instance) return std::unexpected(instance.error());
  return InstanceReference{std::move(*sop_class), std::move(*instance)};
}

}  // namespace

dataset::DataSet action_information(const CommitmentRequest& request) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::TransactionUID, request.transaction_uid);
  std::vector<dataset::DataSet> items;
  items.reserve(request.instances.size());
  for (const auto& one : request.instances) items.push_back(item_of(one));
  out.set_sequence(tags::ReferencedSOPSequence, items);
  return out;
}

dataset::DataSet event_information(const CommitmentReport& report) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::TransactionUID, report.transaction_uid);
  if (!report.retrieve_ae_title.empty()) out.set_text(tags::RetrieveAETitle, report.retrieve_ae_title);
  std::vector<dataset::DataSet> items;
  items.reserve(report.committed.size());
  for (const auto& one : report.committed) items.push_back(item_of(one));
  if (!items.empty()) out.set_sequence(tags::ReferencedSOPSequence, items);
  items.clear();
  for (const auto& one : report.failed) {
    items.push_back(item_of(one.instance));
    items.back().set_u16(tags::FailureReason, one.reason);
  }
  if (!items.empty()) out.set_sequence(tags::FailedSOPSequence, items);
  return out;
}

std::expected<CommitmentRequest, CommitmentError> read_commitment_request(const dimse::Message& request,
                                                                          std::string_view transfer_syntax,
                                                                          std::size_t most) {
  const auto data_set = decoded(request, transfer_syntax);
  if (!data_set) return std::unexpected(data_set.error());
  CommitmentRequest out;
  auto transaction = uid_in(data_set->root(), tags::TransactionUID);
  if (!transaction) return std::unexpected(transaction.error());
  out.transaction_uid = std::move(*transaction);
  const auto items = data_set->items(tags::ReferencedSOPSequence);
  if (items.empty())
    return refuse(invalid_argument_value, "Referenced SOP Sequence has no items", tags::ReferencedSOPSequence);
  if (items.size() > most) return refuse(resource_limitation, "more instances than are taken at a time");
  std::set<std::string> seen;
  for (const auto& item : items) {
    auto reference = reference_in(item);
    if (!reference) return std::unexpected(reference.error());
    // Once only may each be named (PS3.4 J.3.2.1.1.3): who says it twice still wants one answer.
    if (seen.insert(reference->sop_instance_uid).second) out.instances.push_back(std::move(*reference));
  }
  return out;
}

std::expected<CommitmentReport, CommitmentError> read_commitment_report(const dimse::Message& request,
                                                                        std::string_view transfer_syntax,
                                                                        std::size_t most) {
  const auto data_set = decoded(request, transfer_syntax);
  if (!data_set) return std::unexpected(data_set.error());
  CommitmentReport out;
  auto transaction = uid_in(data_set->root(), tags::TransactionUID);
  if (!transaction) return std::unexpected(transaction.error());
  out.transaction_uid = std::move(*transaction);
  out.retrieve_ae_title = data_set->text(tags::RetrieveAETitle);
  const auto good = data_set->items(tags::ReferencedSOPSequence);
  const auto bad = data_set->items(tags::FailedSOPSequence);
  if (good.size() + bad.size() > most) return refuse(resource_limitation, "more instances than are taken at a time");
  for (const auto& item : good) {
    auto reference = reference_in(item);
    if (!reference) return std::unexpected(reference.error());
    out.committed.push_back(std::move(*reference));
  }
  for (const auto& item : bad) {
    auto reference = reference_in(item);
    if (!reference) return std::unexpected(reference.error());
    const auto reason = item.u16(tags::FailureReason);
    if (!reason) return refuse(invalid_argument_value, "Failure Reason is missing", tags::FailureReason);
    out.failed.push_back({std::move(*reference), *reason});
  }
  return out;
}

std::string failure_reason_text(std::uint16_t reason) {
  std::string_view meaning = "a reason that the standard does not define";
  switch (reason) {
    case 0x0110: meaning = "processing failure"; break;
    case 0x0112: meaning = "no such object instance"; break;
    case 0x0119: meaning = "class / instance conflict"; break;
    case 0x0122: meaning = "referenced SOP Class not supported"; break;
    case 0x0131: meaning = "duplicate transaction UID"; break;
    case 0x0213: meaning = "resource limitation"; break;
    default: break;
  }
  return fmt::format("{:04X}H {}", reason, meaning);
}

std::string failure_reason_advice(std::uint16_t reason) {
  switch (reason) {
    case 0x0110: return "keep the instance and ask again later; the archive's log says more";
    case 0x0112: return "the archive does not have it: store it again, then ask again";
    case 0x0119: return "the archive has it under another SOP Class: compare the request with what was stored";
    case 0x0122: return "the archive does not commit to this SOP Class: see its conformance statement";
    case 0x0131: return "ask again with a Transaction UID of its own";
    case 0x0213: return "the archive is short of room: keep the instance and ask again later";
    default: return "keep the instance; the archive's conformance statement may say what this reason means";
  }
}

std::vector<std::string> contradictions(const CommitmentRequest& request, const CommitmentReport& report,
                                        std::uint16_t event_type) {
  std::vector<std::string> out;
  if (report.transaction_uid != request.transaction_uid)
    out.push_back(fmt::format("the report is of transaction {}, the request of {}", report.transaction_uid,
                              request.transaction_uid));
  if (event_type != report.event_type())
    out.push_back(
        fmt::format("Event Type {} with {} failed instances (1 means none, 2 some)", event_type, report.failed.size()));
  std::map<std::string, std::pair<std::string, std::size_t>> asked;  // instance -> class, times reported
  for (const auto& one : request.instances) asked.emplace(one.sop_instance_uid, std::pair{one.sop_class_uid, 0});
  const auto count = [&](const InstanceReference& one) {
    const auto found = asked.find(one.sop_instance_uid);
    if (found == asked.end()) {
      out.push_back(fmt::format("{} was not asked for", one.sop_instance_uid));
      return;
    }
    if (found->second.first != one.sop_class_uid)
      out.push_back(fmt::format("{} was asked for as {} and is reported as {}", one.sop_instance_uid,
                                found->second.first, one.sop_class_uid));
    if (++found->second.second == 2) out.push_back(fmt::format("{} is reported more than once", one.sop_instance_uid));
  };
  for (const auto& one : report.committed) count(one);
  for (const auto& one : report.failed) count(one.instance);
  for (const auto& [uid, of] : asked)
    if (of.second == 0) out.push_back(fmt::format("{} was asked for and is in no list", uid));
  return out;
}

bool CommitmentReportService::serves(std::string_view abstract_syntax) const {
  return abstract_syntax == uids::StorageCommitmentPushModel;
}

std::unique_ptr<Operation> CommitmentReportService::begin(dimse::Message request,
                                                          const session::AcceptedContext& context,
                                                          const AssociationView&) {
  return std::make_unique<SingleResponse>(answer_commitment_report(request, context, take_, max_instances_));
}

dimse::Message answer_commitment_report(const dimse::Message& request, const session::AcceptedContext& context,
                                        const CommitmentReportService::Take& take, std::size_t max_instances) {
  const auto& command = request.command;
  if (command.sop_instance_uid() != uids::StorageCommitmentPushModelInstance)
    return answer(request, no_such_instance, "not the well-known instance", tags::AffectedSOPInstanceUID);
  const auto type = command.elements().u16(tags::EventTypeID).value_or(0);
  if (type != 1 && type != 2) return answer(request, no_such_event_type, "Event Type is 1 or 2", tags::EventTypeID);
  auto report = read_commitment_report(request, context.transfer_syntax, max_instances);
  if (!report) return answer(request, report.error().status, report.error().comment, report.error().offending);
  const auto status = take(std::move(*report), type, context.requestor_is_scp);
  return answer(request, status, status == 0 ? "" : "no such transaction here");
}

}  // namespace assay::service
