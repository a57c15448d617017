// The SCP side of one association. Tests: tests/unit/service/provider_test.cpp
#include "harness/service/provider.hpp"

#include <algorithm>

#include "harness/service/answer.hpp"
#include "harness/service/verification.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t sop_class_not_supported = 0x0122;
constexpr std::uint16_t no_such_sop_class = 0x0118;
constexpr std::uint16_t duplicate_invocation = 0x0210;
constexpr std::uint16_t unrecognized_operation = 0x0211;
constexpr std::uint16_t resource_limitation = 0x0213;
constexpr std::uint16_t out_of_resources = 0xa700;

using dimse::CommandField;

std::uint16_t no_room(std::uint16_t field) {
  switch (static_cast<CommandField>(field)) {
    case CommandField::c_store_rq:
    case CommandField::c_find_rq: return out_of_resources;
    case CommandField::c_get_rq:
    case CommandField::c_move_rq: return 0xa702;  // of the sub-operations (PS3.4 C.4.2.1.5)
    case CommandField::c_echo_rq: return unrecognized_operation;
    default: return resource_limitation;
  }
}

/// The SOP Class is not one of the context: each family of commands has a status of its own (PS3.7 C.5).
std::uint16_t wrong_class(std::uint16_t field) {
  const bool normalized = (field & 0xff0fU) == static_cast<std::uint16_t>(CommandField::n_event_report_rq);
  return normalized ? no_such_sop_class : sop_class_not_supported;
}

}  // namespace

struct Provider::Outstanding {
  dimse::Message request;  // empty of its Data Set once it has begun
  std::unique_ptr<Operation> operation;
  bool cancelled = false;
  std::uint16_t refusal = 0;           // decided when it came in
  std::optional<std::uint16_t> asked;  // Message ID of our request that the peer has to answer
  std::uint16_t asked_field = 0;
  std::uint64_t turn = 0;  // the last it had

  [[nodiscard]] bool background() const { return operation && operation->background(); }
};

Services archive_services(InstanceStore& store, const ProviderOptions& options) {
  QueryServiceOptions query{options.query, options.max_matches, options.max_candidates_per_call};
  return {std::make_shared<VerificationService>(), std::make_shared<QueryService>(store, std::move(query)),
          std::make_shared<RetrieveService>(store, options.forward),
          std::make_shared<StorageService>(store, options.storage)};
}

Provider::Provider(AssociationView association, Services services, ProviderOptions options)
    : association_(std::make_unique<AssociationView>(std::move(association))),
      services_(std::move(services)),
      options_(std::move(options)) {
  constexpr std::size_t any_number = 1024;
  const auto invoked = association_->window.invoked;
  options_.max_outstanding = std::max<std::size_t>(options_.max_outstanding, invoked == 0 ? any_number : invoked);
}
Provider::Provider(std::map<std::uint8_t, session::AcceptedContext> contexts, InstanceStore& store,
                   ProviderOptions options)
    : Provider(AssociationView{std::move(contexts), {}, {}, {}}, archive_services(store, options), options) {}
Provider::~Provider() = default;
Provider::Provider(Provider&&) noexcept = default;
Provider& Provider::operator=(Provider&&) noexcept = default;

void Provider::receive(dimse::Message message) {
  const auto field = message.command.field().value_or(0);
  if (field == static_cast<std::uint16_t>(CommandField::c_cancel_rq)) {
    const auto target = message.command.responded_to();
    const auto found = std::ranges::find_if(operations_, [&](const auto& one) {
      const auto request = static_cast<CommandField>(one->request.command.field().value_or(0));
      return one->request.context_id == message.context_id && one->request.command.message_id() == target &&
             (request == CommandField::c_find_rq || request == CommandField::c_get_rq ||
              request == CommandField::c_move_rq);
    });
    if (!target || found == operations_.end()) {
      ++ignored_;
      return;
    }
    (*found)->cancelled = true;
    if ((*found)->operation) (*found)->operation->cancel();
    return;
  }
  if (dimse::is_response(field)) {
    answered(std::move(message));
    return;
  }
  // What only waits to notify is bounded by its service, and takes nobody's place here.
  const auto outstanding = static_cast<std::size_t>(
      std::ranges::count_if(operations_, [](const auto& other) { return !other->background(); }));
  // A flood past four times the limit is not even refused any more.
  if (outstanding >= 4 * std::max<std::size_t>(options_.max_outstanding, 1)) {
    ++ignored_;
    return;
  }
  auto one = std::make_unique<Outstanding>();
  const auto id = message.command.message_id();
  const bool duplicate = std::ranges::any_of(operations_, [&](const auto& other) {
    return other->refusal == 0 && !other->background() && other->request.command.message_id() == id;
  });
  if (duplicate)
    one->refusal = duplicate_invocation;
  else if (outstanding >= options_.max_outstanding)
    one->refusal = no_room(field);
  one->request = std::move(message);
  if (one->refusal != 0) one->request.data_set = {};
  operations_.push_back(std::move(one));
}

void Provider::answered(dimse::Message message) {
  const auto found = std::ranges::find_if(operations_, [&](const auto& one) {
    return one->asked && one->asked == message.command.responded_to() &&
           message.command.field() == (one->asked_field | 0x8000U);
  });
  if (found == operations_.end() || !(*found)->operation) {
    ++ignored_;
    return;
  }
  (*found)->asked.reset();
  (*found)->operation->received(message);
}

std::size_t Provider::turn() const {
  const auto& window = association_->window;
  const auto asked = std::ranges::count_if(operations_, [](const auto& one) { return one->asked.has_value(); });
  const bool may_ask = has_room(window.performed, static_cast<std::size_t>(asked));
  const auto can = [&](const Outstanding& one) {
    return !one.operation || (!one.operation->waits() && (may_ask || !one.operation->asks()));
  };
  // Without a window responses come in the order of their requests, one operation after the other (PS3.7 D.3.3.3).
  auto next = operations_.size();
  std::size_t in_window = 0;
  for (std::size_t i = 0; i < operations_.size() && has_room(window.invoked, in_window); ++i) {
    if (operations_[i]->background()) continue;
    ++in_window;
    if (can(*operations_[i]) && (next == operations_.size() || operations_[i]->turn < operations_[next]->turn))
      next = i;
  }
  if (next != operations_.size()) return next;
  for (std::size_t i = 0; i < operations_.size() && may_ask; ++i)
    if (operations_[i]->background() && can(*operations_[i])) return i;
  return operations_.size();
}

bool Provider::ready() const { return turn() < operations_.size(); }

bool Provider::idle() const {
  return !ready() && std::ranges::all_of(operations_, [](const auto& one) { return one->background(); });
}

std::optional<dimse::Message> Provider::next_message() {
  const auto index = turn();
  if (index == operations_.size()) return std::nullopt;
  auto& one = *operations_[index];
  if (!one.operation) {
    one.operation = start(one);
    if (one.cancelled) one.operation->cancel();
    if (one.operation->asks() && turn() != index) return std::nullopt;  // nobody knew that it would ask
  }
  one.turn = ++turns_;
  auto message = one.operation->next();
  if (message && !dimse::is_response(message->command.field().value_or(0))) {
    last_message_id_ = static_cast<std::uint16_t>(last_message_id_ == 0xffff ? 1 : last_message_id_ + 1);
    message->command.elements().set_u16(tags::MessageID, last_message_id_);
    one.asked = last_message_id_;
    one.asked_field = message->command.field().value_or(0);
  }
  if (one.operation->over()) operations_.erase(operations_.begin() + static_cast<std::ptrdiff_t>(index));
  return message;
}

std::unique_ptr<Operation> Provider::start(Outstanding& one) {
  const auto& request = one.request;
  const auto refuse = [&](std::uint16_t status, std::string_view comment = {}, std::optional<Tag> offending = {}) {
    return std::make_unique<SingleResponse>(answer(request, status, comment, offending));
  };
  if (one.refusal != 0) return refuse(one.refusal);
  const auto found = association_->contexts.find(request.context_id);
  if (found == association_->contexts.end()) return refuse(sop_class_not_supported, "no such presentation context");
  const auto& context = found->second;
  const auto field = request.command.field();
  if (!field || dimse::command_info(*field) == nullptr)
    return refuse(unrecognized_operation, "no such command", tags::CommandField);
  const auto service =
      std::ranges::find_if(services_, [&](const auto& s) { return s->serves(context.abstract_syntax); });
  const auto class_tag = request.command.elements().has(tags::RequestedSOPClassUID) ? tags::RequestedSOPClassUID
                                                                                    : tags::AffectedSOPClassUID;
  if (service == services_.end() || !(*service)->takes(context.abstract_syntax, request.command.sop_class_uid()))
    return refuse(wrong_class(*field), "SOP Class is not the one of the context", class_tag);
  // A notification comes from the SCP; its service knows whether the requestor may be that (PS3.7 D.3.3.4).
  if (!context.requestor_is_scu && *field != static_cast<std::uint16_t>(CommandField::n_event_report_rq))
    return refuse(wrong_class(*field), "requestor is not SCU of this SOP Class");
  if (!(*service)->has(context.abstract_syntax, static_cast<CommandField>(*field)))
    return refuse(unrecognized_operation, dimse::command_name(*field) + " is not of this SOP Class",
                  tags::CommandField);
  auto taken = std::move(one.request);
  one.request.context_id = taken.context_id;  // what a C-CANCEL or a duplicate is held against
  one.request.command = taken.command;
  return (*service)->begin(std::move(taken), context, *association_);
}

}  // namespace assay::service
