// Print SCP: who answers what, the printer, its jobs and the notifications. Tests: tests/unit/service/print_test.cpp
#include "harness/service/print.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/value_text.hpp"
#include "harness/service/answer.hpp"
#include "harness/service/print_state.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/user.hpp"

namespace assay::service {

namespace {

using dimse::CommandField;

constexpr std::uint16_t list_error = 0x0107;
constexpr std::uint16_t processing_failure = 0x0110;
constexpr std::uint16_t no_such_instance = 0x0112;
constexpr std::uint16_t missing_attribute = 0x0120;
constexpr std::uint16_t missing_value = 0x0121;
constexpr std::uint16_t unrecognized_operation = 0x0211;
constexpr std::uint16_t mistyped_argument = 0x0212;
constexpr std::uint16_t resource_limitation = 0x0213;
constexpr std::size_t max_notifications = 100;  // waiting; older ones are dropped

bool is_meta(std::string_view uid) {
  return uid == uids::BasicGrayscalePrintManagementMeta || uid == uids::BasicColorPrintManagementMeta;
}

/// What an instance of the printer or of a job has, of the attributes asked for (PS3.7 10.1.2.1.3); all without a list.
PrintAnswer get(const PrintRequest& request, const dataset::DataSet& all) {
  PrintAnswer out;
  dataset::DataSet given(dataset::explicit_le);
  const auto& elements = request.message.command.elements();
  const auto* list = elements.find(tags::AttributeIdentifierList);
  if (list == nullptr || list->value.size() < 4) {
    out.data_set = all;
    return out;
  }
  for (std::size_t at = 0; at + 4 <= list->value.size(); at += 4) {
    const auto word = [&](std::size_t i) {
      return static_cast<std::uint16_t>(list->value[at + i] | (list->value[at + i + 1] << 8U));
    };
    const Tag tag{word(0), word(2)};
    if (const auto* node = all.find(tag)) {
      given.set_text(tag, node->vr, all.text(tag));
    } else if (out.list.size() < 100) {
      out.status = list_error;
      out.comment = "attributes that the object does not have";
      out.list.push_back(tag);
    }
  }
  out.data_set = std::move(given);
  return out;
}

PrintAnswer answer_printer(const PrintRequest& request) {
  if (request.message.command.sop_instance_uid() != uids::PrinterInstance)
    return refusal(no_such_instance, "not the well-known printer instance", tags::RequestedSOPInstanceUID);
  const auto& of = *request.shared;
  dataset::DataSet all(dataset::explicit_le);
  all.set_text(tags::PrinterStatus, name(of.status));
  all.set_text(tags::PrinterStatusInfo, of.status_info);
  all.set_text(tags::PrinterName, of.options.printer_name);
  all.set_text(tags::Manufacturer, of.options.manufacturer);
  all.set_text(tags::ManufacturerModelName, of.options.model);
  return get(request, all);
}

PrintAnswer answer_print_job(const PrintRequest& request) {
  const auto found = request.shared->jobs.find(request.message.command.sop_instance_uid());
  if (found == request.shared->jobs.end())
    return refusal(no_such_instance, "no such Print Job", tags::RequestedSOPInstanceUID);
  const auto& job = found->second;
  dataset::DataSet all(dataset::explicit_le);
  all.set_text(tags::ExecutionStatus, name(job.status));
  all.set_text(tags::ExecutionStatusInfo, job.info);
  if (!job.date.empty()) all.set_text(tags::CreationDate, job.date);
  if (!job.time.empty()) all.set_text(tags::CreationTime, job.time);
  all.set_text(tags::PrintPriority, job.priority);
  all.set_text(tags::PrinterName, request.shared->options.printer_name);
  all.set_text(tags::Originator, job.originator);
  return get(request, all);
}

struct ClassRow {
  std::string_view uid;
  std::initializer_list<CommandField> requests;
  PrintAnswer (*answer)(const PrintRequest&);
};
using enum CommandField;
const ClassRow classes[] = {
    {uids::BasicFilmSession, {n_create_rq, n_set_rq, n_delete_rq, n_action_rq}, answer_film_session},
    {uids::BasicFilmBox, {n_create_rq, n_set_rq, n_delete_rq, n_action_rq}, answer_film_box},
    {uids::BasicGrayscaleImageBox, {n_set_rq}, answer_image_box},
    {uids::BasicColorImageBox, {n_set_rq}, answer_image_box},
    {uids::Printer, {n_get_rq}, answer_printer},
    {uids::PrintJob, {n_get_rq}, answer_print_job},
    {uids::BasicAnnotationBox, {n_set_rq}, answer_annotation_box},
    {uids::PresentationLUT, {n_create_rq, n_delete_rq}, answer_presentation_lut},
};

const ClassRow* class_row(std::string_view uid) {
  const auto* found = std::ranges::find_if(classes, [&](const auto& row) { return row.uid == uid; });
  return found == std::end(classes) ? nullptr : found;
}

bool has_request(const ClassRow& row, CommandField request) {
  return std::ranges::find(row.requests, request) != row.requests.end();
}

PrintAnswer decide(const dimse::Message& message, const session::AcceptedContext& context,
                   const std::shared_ptr<PrintService::Shared>& shared,
                   const std::shared_ptr<PrintService::Shared::Association>& association) {
  const auto* row = class_row(message.command.sop_class_uid());
  const auto field = static_cast<CommandField>(message.command.field().value_or(0));
  if (row == nullptr || !has_request(*row, field))
    return refusal(unrecognized_operation, message.command.name() + " is not of this SOP Class", tags::CommandField);
  dataset::DataSet data_set(dataset::explicit_le);
  const auto encoding = dataset::encoding_of(context.transfer_syntax);
  if (message.command.has_data_set()) {
    if (!message.data_set_kept()) return refusal(resource_limitation, "Data Set larger than is kept here");
    if (encoding.deflated || encoding.encapsulated)
      return refusal(processing_failure, "Data Set of this syntax is not read");
    auto decoded = dataset::decode(message.data_set, encoding);
    if (has_error(decoded.problems)) return refusal(processing_failure, "Data Set cannot be read");
    data_set = std::move(decoded.data_set);
  } else if (field == n_set_rq) {
    return refusal(mistyped_argument, "no Data Set", tags::CommandDataSetType);
  }
  auto out = row->answer({message, context, data_set, shared, association});
  // N-SET has no status for an attribute that is missing altogether (PS3.7 10.1.3.1.9).
  if (field == n_set_rq && out.status == missing_attribute) out.status = missing_value;
  return out;
}

dimse::Message response_of(const dimse::Message& request, const session::AcceptedContext& context,
                           PrintAnswer decided) {
  auto out = answer(request, decided.status, decided.comment, decided.offending);
  auto& elements = out.command.elements();
  if (!decided.created.empty()) elements.set_text(tags::AffectedSOPInstanceUID, decided.created);
  if (!decided.list.empty()) {
    Bytes value;
    for (const auto tag : decided.list) {
      store(value, tag.group, Endian::little);
      store(value, tag.element, Endian::little);
    }
    elements.set_bytes(tags::AttributeIdentifierList, Vr::AT, value);
  }
  if (decided.data_set && !decided.data_set->empty())
    give(out, dataset::encode(*decided.data_set, dataset::encoding_of(context.transfer_syntax)));
  return out;
}

/// Answers one request; the first of an association goes on to carry the notifications.
class PrintOperation final : public Operation {
 public:
  PrintOperation(dimse::Message response, std::shared_ptr<PrintService::Shared::Association> carries)
      : response_(std::move(response)), carries_(std::move(carries)) {}

  [[nodiscard]] bool over() const override { return !response_ && !carries_; }
  [[nodiscard]] bool background() const override { return !response_; }
  [[nodiscard]] bool waits() const override { return !response_ && (user_ || carries_->notifications.empty()); }

  std::optional<dimse::Message> next() override {
    if (response_) return std::exchange(response_, std::nullopt);
    while (!carries_->notifications.empty()) {
      const auto one = std::move(carries_->notifications.front());
      carries_->notifications.pop_front();
      // The printer's notifications go on the context of a Meta SOP Class, those of a job on its own.
      const auto* context = carries_->context_for(one.sop_class_uid);
      if (context == nullptr && one.sop_class_uid == uids::Printer) {
        context = carries_->context_for(uids::BasicGrayscalePrintManagementMeta);
        if (context == nullptr) context = carries_->context_for(uids::BasicColorPrintManagementMeta);
      }
      if (context == nullptr) continue;
      user_.emplace(*context, n_event_report_rq);
      return user_->request(0, {one.sop_class_uid, one.sop_instance_uid, one.event_type},
                            one.information ? &*one.information : nullptr);
    }
    return std::nullopt;
  }
  void received(const dimse::Message&) override { user_.reset(); }

 private:
  std::optional<dimse::Message> response_;
  std::shared_ptr<PrintService::Shared::Association> carries_;
  std::optional<NormalizedUser> user_;
};

}  // namespace

std::optional<std::string> uid_for(const PrintRequest& request) {
  const auto given = request.message.command.sop_instance_uid();
  if (given.empty()) return request.shared->options.new_uid();
  if (!dataset::is_uid(given)) return std::nullopt;
  return std::string(given);
}

PrintAnswer answer_from(const AttributesTaken& taken) {
  PrintAnswer out;
  out.status = taken.status;
  out.comment = taken.comment;
  out.offending = taken.failed() ? taken.offending : std::nullopt;
  out.list = taken.list;
  return out;
}

std::string_view name(PrinterStatus status) {
  switch (status) {
    case PrinterStatus::normal: return "NORMAL";
    case PrinterStatus::warning: return "WARNING";
    case PrinterStatus::failure: break;
  }
  return "FAILURE";
}

std::string_view name(JobStatus status) {
  switch (status) {
    case JobStatus::pending: return "PENDING";
    case JobStatus::printing: return "PRINTING";
    case JobStatus::done: return "DONE";
    case JobStatus::failure: break;
  }
  return "FAILURE";
}

const session::AcceptedContext* PrintService::Shared::Association::context_for(std::string_view abstract_syntax) const {
  for (const auto& [id, context] : contexts)
    if (context.abstract_syntax == abstract_syntax && context.requestor_is_scu) return &context;
  return nullptr;
}

std::size_t PrintService::Shared::Association::bytes() const {
  std::size_t out = 0;
  if (session)
    for (const auto& box : session->boxes)
      for (const auto& one : box.images) out += one.image ? one.image->pixels.size() : 0;
  return out;
}

void PrintService::Shared::Association::notify(Notification one) {
  if (notifications.size() == max_notifications) notifications.pop_front();
  notifications.push_back(std::move(one));
  if (wake) wake();
}

PrintService::PrintService(PrintOptions options) : shared_(std::make_shared<Shared>()) {
  shared_->options = std::move(options);
}

PrintService::~PrintService() = default;

std::vector<std::string> PrintService::abstract_syntaxes() const {
  std::vector<std::string> out{std::string(uids::BasicGrayscalePrintManagementMeta)};
  if (shared_->options.color) out.emplace_back(uids::BasicColorPrintManagementMeta);
  for (const auto uid : {uids::PresentationLUT, uids::PrintJob, uids::BasicAnnotationBox}) out.emplace_back(uid);
  return out;
}

bool PrintService::serves(std::string_view abstract_syntax) const {
  const auto all = abstract_syntaxes();
  return std::ranges::find(all, abstract_syntax) != all.end();
}

bool PrintService::has(std::string_view abstract_syntax, CommandField request) const {
  const auto* row = class_row(abstract_syntax);
  if (row != nullptr) return has_request(*row, request);
  return request == n_create_rq || request == n_set_rq || request == n_get_rq || request == n_action_rq ||
         request == n_delete_rq;
}

bool PrintService::takes(std::string_view abstract_syntax, std::string_view sop_class_uid) const {
  if (!is_meta(abstract_syntax)) return abstract_syntax == sop_class_uid;
  const bool color = abstract_syntax == uids::BasicColorPrintManagementMeta;
  return sop_class_uid == uids::BasicFilmSession || sop_class_uid == uids::BasicFilmBox ||
         sop_class_uid == uids::Printer ||
         sop_class_uid == (color ? uids::BasicColorImageBox : uids::BasicGrayscaleImageBox);
}

std::unique_ptr<Operation> PrintService::begin(dimse::Message request, const session::AcceptedContext& context,
                                               const AssociationView& association) {
  auto& kept = association.kept[this];
  if (!kept) {
    const auto made = std::make_shared<Shared::Association>();
    made->contexts = association.contexts;
    made->calling_ae_title = association.calling_ae_title;
    made->wake = association.wake;
    std::erase_if(shared_->associations, [](const auto& one) { return one.expired(); });
    shared_->associations.push_back(made);
    kept = made;
  }
  auto state = std::static_pointer_cast<Shared::Association>(kept);
  auto response = response_of(request, context, decide(request, context, shared_, state));
  if (std::exchange(state->notifier, true)) state.reset();
  return std::make_unique<PrintOperation>(std::move(response), std::move(state));
}

void PrintService::set_status(PrinterStatus status, std::string info) {
  shared_->status = status;
  shared_->status_info = std::move(info);
  for (const auto& weak : shared_->associations) {
    const auto one = weak.lock();
    if (!one) continue;
    Notification told{std::string(uids::Printer),
                      std::string(uids::PrinterInstance),
                      static_cast<std::uint16_t>(static_cast<int>(status) + 1),
                      {}};
    if (status != PrinterStatus::normal) {
      told.information.emplace(dataset::explicit_le);
      told.information->set_text(tags::PrinterName, shared_->options.printer_name);
      told.information->set_text(tags::PrinterStatusInfo, shared_->status_info);
    }
    one->notify(std::move(told));
  }
}

}  // namespace assay::service
