// The SCP side of one association. Tests: tests/unit/service/provider_test.cpp
#include "harness/service/provider.hpp"

#include <algorithm>

#include "harness/service/answer.hpp"
#include "harness/service/verification.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t sop_class_not_supported = 0x0122;
constexpr std::uint16_t duplicate_invocation = 0x0210;
constexpr std::uint16_t unrecognized_operation = 0x0211;
constexpr std::uint16_t resource_limitation = 0x0213;
constexpr std::uint16_t out_of_resources = 0xa700;
constexpr std::uint16_t identifier_does_not_match = 0xa900;
constexpr std::uint16_t response_limit_reached = 0xb001;
constexpr std::uint16_t cancelled_status = 0xfe00;

using dimse::CommandField;

/// The one DIMSE operation that the service of an abstract syntax knows here.
CommandField operation_of(std::string_view abstract_syntax) {
  if (abstract_syntax == uids::Verification) return CommandField::c_echo_rq;
  if (find_model(abstract_syntax)) return CommandField::c_find_rq;
  return CommandField::c_store_rq;
}

std::uint16_t no_room(std::uint16_t field) {
  switch (static_cast<CommandField>(field)) {
    case CommandField::c_store_rq:
    case CommandField::c_find_rq: return out_of_resources;
    case CommandField::c_echo_rq: return unrecognized_operation;
    default: return resource_limitation;
  }
}

}  // namespace

struct Provider::Operation {
  dimse::Message request;
  bool started = false;
  bool cancelled = false;
  bool over = false;
  std::uint16_t refusal = 0;  // decided when it came in
  std::optional<Query> query;
  std::unique_ptr<EntityCursor> cursor;
  std::size_t matches = 0;
};

Provider::Provider(std::map<std::uint8_t, session::AcceptedContext> contexts, InstanceStore& store,
                   ProviderOptions options)
    : contexts_(std::move(contexts)), store_(&store), options_(std::move(options)) {}
Provider::~Provider() = default;
Provider::Provider(Provider&&) noexcept = default;
Provider& Provider::operator=(Provider&&) noexcept = default;

void Provider::receive(dimse::Message message) {
  const auto field = message.command.field().value_or(0);
  if (field == static_cast<std::uint16_t>(CommandField::c_cancel_rq)) {
    const auto target = message.command.responded_to();
    const auto found = std::ranges::find_if(operations_, [&](const auto& one) {
      return one->request.context_id == message.context_id && one->request.command.message_id() == target &&
             one->request.command.field() == static_cast<std::uint16_t>(CommandField::c_find_rq);
    });
    if (!target || found == operations_.end())
      ++ignored_;
    else
      (*found)->cancelled = true;
    return;
  }
  // A flood past four times the limit is not even refused any more.
  if (dimse::is_response(field) || operations_.size() >= 4 * std::max<std::size_t>(options_.max_outstanding, 1)) {
    ++ignored_;
    return;
  }
  auto operation = std::make_unique<Operation>();
  const auto id = message.command.message_id();
  const bool duplicate = std::ranges::any_of(
      operations_, [&](const auto& one) { return one->refusal == 0 && one->request.command.message_id() == id; });
  if (duplicate)
    operation->refusal = duplicate_invocation;
  else if (operations_.size() >= options_.max_outstanding)
    operation->refusal = no_room(field);
  operation->request = std::move(message);
  if (operation->refusal != 0) operation->request.data_set = {};
  operations_.push_back(std::move(operation));
}

std::optional<dimse::Message> Provider::next_response() {
  if (operations_.empty()) return std::nullopt;
  auto& operation = *operations_.front();
  auto response = operation.started ? go_on(operation) : start(operation);
  if (operation.over) operations_.erase(operations_.begin());
  return response;
}

std::optional<dimse::Message> Provider::start(Operation& operation) {
  operation.started = true;
  const auto over = [&](dimse::Message response) {
    operation.over = true;
    return response;
  };
  const auto& request = operation.request;
  if (operation.refusal != 0) return over(answer(request, operation.refusal));
  const auto found = contexts_.find(request.context_id);
  if (found == contexts_.end()) return over(answer(request, sop_class_not_supported, "no such presentation context"));
  const auto& context = found->second;
  const auto field = request.command.field();
  if (!field || dimse::command_info(*field) == nullptr)
    return over(answer(request, unrecognized_operation, "no such command", tags::CommandField));
  if (request.command.sop_class_uid() != context.abstract_syntax)
    return over(
        answer(request, sop_class_not_supported, "SOP Class is not the one of the context", tags::AffectedSOPClassUID));
  if (!context.requestor_is_scu)
    return over(answer(request, sop_class_not_supported, "requestor is not SCU of this SOP Class"));
  if (*field != static_cast<std::uint16_t>(operation_of(context.abstract_syntax)))
    return over(answer(request, unrecognized_operation, dimse::command_name(*field) + " is not of this SOP Class",
                       tags::CommandField));
  switch (static_cast<CommandField>(*field)) {
    case CommandField::c_echo_rq: return over(answer_echo(request, context));
    case CommandField::c_store_rq: return over(answer_store(request, context, *store_, options_.storage));
    default: return start_find(operation, context);
  }
}

std::optional<dimse::Message> Provider::start_find(Operation& operation, const session::AcceptedContext& context) {
  const auto& request = operation.request;
  const auto refuse = [&](std::uint16_t status, std::string_view comment, std::optional<Tag> offending) {
    operation.over = true;
    return answer(request, status, comment, offending);
  };
  if (!request.command.has_data_set())
    return refuse(identifier_does_not_match, "no Identifier", tags::CommandDataSetType);
  if (!request.data_set_kept()) return refuse(out_of_resources, "Identifier larger than is kept here", std::nullopt);
  auto query =
      Query::parse(request.data_set, context.transfer_syntax, *find_model(context.abstract_syntax), options_.query);
  if (!query) return refuse(query.error().status, query.error().comment, query.error().offending);
  operation.query = std::move(*query);
  operation.cursor = store_->candidates(operation.query->level(), operation.query->scope());
  operation.request.data_set = {};
  return go_on(operation);
}

std::optional<dimse::Message> Provider::go_on(Operation& operation) {
  const auto over = [&](std::uint16_t status, std::string_view comment = {}) {
    operation.over = true;
    return answer(operation.request, status, comment);
  };
  if (operation.cancelled) return over(cancelled_status);
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.max_candidates_per_call, 1); ++i) {
    const auto entity = operation.cursor->next();
    if (!entity) return over(0x0000);
    if (!operation.query->matches(*entity)) continue;
    if (options_.max_matches != 0 && operation.matches >= options_.max_matches)
      return over(response_limit_reached, "more matches than are returned");
    ++operation.matches;
    const auto& context = contexts_.at(operation.request.context_id);
    dimse::Message out;
    out.context_id = operation.request.context_id;
    out.command = dimse::response_to(operation.request.command, operation.query->pending_status(), true);
    out.data_set = dataset::encode(operation.query->response(*entity), dataset::encoding_of(context.transfer_syntax));
    out.data_set_length = out.data_set.size();
    out.data_set_digest.update(out.data_set);
    return out;
  }
  return std::nullopt;
}

}  // namespace assay::service
