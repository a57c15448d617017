#include "conformance/rules/exchange.hpp"

#include <fmt/format.h>

namespace assay::conformance {
namespace {

using dimse::CommandField;

/// Operations of one side that are followed; more than any asynchronous window in use, and a flood of requests that
/// nobody answers is not worth its memory.
constexpr std::size_t max_followed = 64;
/// A request's Data Set is kept until the final response when it is at most so long: Identifiers are.
constexpr std::size_t max_kept_data = 64U << 10;
/// Of composite objects the rules read what tells patient, study, series, request and instance.
constexpr Tag behind_identity{0x0040, 0x0276};

/// Zero is a value of these, and no padding.
bool is_number(Vr vr) {
  switch (vr) {
    case Vr::AT:
    case Vr::FD:
    case Vr::FL:
    case Vr::OB:
    case Vr::OW:
    case Vr::SL:
    case Vr::SS:
    case Vr::UL:
    case Vr::US: return true;
    default: return false;
  }
}

class Run final : public trace::RuleRun {
 public:
  explicit Run(const std::vector<JudgeKind>& kinds) {
    for (const auto& kind : kinds) judges_.push_back(kind.make());
  }

  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    if (const auto* pdu = std::get_if<trace::PduSeen>(&entry.what)) {
      if (breaks_messages(*pdu)) lose();
      return;
    }
    const auto* seen = std::get_if<trace::MessageSeen>(&entry.what);
    if (seen == nullptr) return;
    const auto& command = seen->message->command;
    const auto field = command.field();
    if (!field || dimse::command_info(*field) == nullptr) {
      lose();
    } else if (static_cast<CommandField>(*field) == CommandField::c_cancel_rq) {
      cancel(*seen);
    } else if (dimse::is_response(*field)) {
      response(*seen, negotiated, *field, reporter);
    } else {
      request(*seen, negotiated, *field, reporter);
    }
  }

 private:
  using Open = std::map<std::uint16_t, Operation>;
  Open& open(Side invoker) { return open_[static_cast<std::size_t>(invoker)]; }

  void lose() {
    for (auto& one : open_) one.clear();
    for (const auto& judge : judges_) judge->lost();
  }

  void cancel(const trace::MessageSeen& seen) {
    const auto id = seen.message->command.responded_to();
    if (!id) return;
    const auto found = open(seen.from).find(*id);
    if (found != open(seen.from).end()) found->second.cancelled = true;
  }

  void request(const trace::MessageSeen& seen, const trace::Negotiated& negotiated, std::uint16_t field,
               trace::Reporter& reporter) {
    const auto* context = accepted_context(negotiated, seen.message->context_id);
    const auto id = seen.message->command.message_id();
    if (context == nullptr || !id) {
      lose();
      return;
    }
    const auto& command = seen.message->command;
    Operation operation;
    operation.serial = ++serial_;
    operation.command = static_cast<CommandField>(field);
    operation.invoker = seen.from;
    operation.message_id = *id;
    operation.abstract_syntax = trimmed_uid(context->abstract_syntax);
    operation.sop_class = trimmed_uid(command.sop_class_uid());
    if (operation.sop_class.empty()) operation.sop_class = operation.abstract_syntax;
    operation.sop_instance = trimmed_uid(command.sop_instance_uid());
    operation.type = command.elements().u16(tags::EventTypeID);
    if (!operation.type) operation.type = command.elements().u16(tags::ActionTypeID);
    auto data = read(seen, *context, operation.command);
    const Heard heard{seen, negotiated, operation, data ? &*data : nullptr};
    for (const auto& judge : judges_) judge->request(heard, reporter);
    if (data && seen.message->data().size() <= max_kept_data && operation.command != CommandField::c_store_rq) {
      operation.message = seen.message;
      operation.data = std::move(data);
    }
    auto& mine = open(seen.from);
    if (mine.size() >= max_followed && !mine.contains(*id)) mine.erase(mine.begin());
    mine.insert_or_assign(*id, std::move(operation));
  }

  void response(const trace::MessageSeen& seen, const trace::Negotiated& negotiated, std::uint16_t field,
                trace::Reporter& reporter) {
    const auto& command = seen.message->command;
    const auto id = command.responded_to();
    const auto status = command.status();
    if (!id) {
      lose();
      return;
    }
    auto& asked = open(trace::other(seen.from));
    const auto found = asked.find(*id);
    if (found == asked.end()) return;
    const bool of_its_service = (field & 0x7fffU) == static_cast<std::uint16_t>(found->second.command);
    if (!of_its_service || !status) {
      asked.erase(found);
      return;
    }
    const auto* context = accepted_context(negotiated, seen.message->context_id);
    std::optional<dataset::DataSet> data;
    if (context != nullptr) data = read(seen, *context, found->second.command);
    Heard heard{seen, negotiated, found->second, data ? &*data : nullptr};
    heard.status = *status;
    heard.kind = dimse::status_class(*status);
    heard.final = heard.kind != dimse::StatusClass::pending;
    for (const auto& judge : judges_) judge->response(heard, reporter);
    if (heard.final) asked.erase(found);
  }

  static std::optional<dataset::DataSet> read(const trace::MessageSeen& seen, const trace::Negotiated::Context& context,
                                              CommandField command) {
    const auto& message = *seen.message;
    if (!message.command.has_data_set() || !message.data_set_kept() || message.data().empty()) return std::nullopt;
    if (context.transfer_syntax.empty()) return std::nullopt;
    const auto encoding = dataset::encoding_of(trimmed_uid(context.transfer_syntax));
    if (encoding.deflated) return std::nullopt;
    dataset::DecodeOptions options;
    if (command == CommandField::c_store_rq) {
      options.stop_before = behind_identity;
    } else if (encoding.encapsulated) {
      options.stop_before = tags::PixelData;
    }
    auto decoded = dataset::decode(message.data(), encoding, options);
    if (has_error(decoded.problems)) return std::nullopt;
    return std::move(decoded.data_set);
  }

  std::vector<std::unique_ptr<Judge>> judges_;
  std::array<Open, 2> open_;
  std::uint32_t serial_ = 0;
};

}  // namespace

StreamPlace place_of_element(const trace::MessageSeen& seen, const dataset::Level& level, Tag tag) {
  return place_of_node(seen, level.find(tag));
}

std::string path(Tag sequence, Tag tag) { return label(sequence) + " > " + label(tag); }

bool has_value(const dataset::Level& level, Tag tag) {
  const auto* node = level.find(tag);
  if (node == nullptr) return false;
  if (node->kind == dataset::NodeKind::sequence) return !level.items(tag).empty();
  if (node->kind != dataset::NodeKind::element || is_number(dict::implicit_vr(tag))) return !node->value.empty();
  return !level.text(tag).empty();
}

std::string shown(const dataset::Level& level, Tag tag) {
  if (!level.has(tag)) return "absent";
  if (!has_value(level, tag)) return "no value";
  return quoted(level.text(tag));
}

void add_exchange_rules(trace::RuleBook& book) {
  static const std::vector<JudgeKind> kinds{
      field_judge(),          sub_operation_judge(), query_request_judge(), query_response_judge(), worklist_judge(),
      performed_step_judge(), commitment_judge(),    print_judge(),         availability_judge(),   identity_judge()};
  std::vector<trace::RuleInfo> infos;
  for (const auto& kind : kinds) infos.insert(infos.end(), kind.infos.begin(), kind.infos.end());
  book.add({std::move(infos), [] { return std::make_unique<Run>(kinds); }});
}

}  // namespace assay::conformance
