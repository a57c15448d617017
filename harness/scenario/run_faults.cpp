// Connections on which our side misbehaves as <faults> says: what a step sends goes through the engine of faults, and
// what comes out of it is what the observer sees and the host sends.
#include "harness/scenario/fault_file.hpp"
#include "harness/scenario/run.hpp"

namespace assay::scenario {

std::shared_ptr<const faults::Plan> Interpreter::Impl::fault_plan(const Element& step) {
  const auto* element = step.child("faults");
  if (element == nullptr) return nullptr;
  auto plan = plan_from(*element, environment.waits);
  if (!plan) {
    cannot(to_string(plan.error().front()));
    return nullptr;
  }
  return std::make_shared<const faults::Plan>(std::move(*plan));
}

void Interpreter::Impl::begin_faults(Connection& connection) {
  if (!connection.faults) return;
  connection.faults->opened(now);
  pump_faults(connection);
}

void Interpreter::Impl::pump_faults(Connection& connection) {
  if (!connection.faults) return;
  for (const auto& note : connection.faults->take_notes()) connection.observer().mark("fault: " + note, now);
  if (connection.faults->struck()) connection.provoke();
  while (auto action = connection.faults ? connection.faults->next_action() : std::nullopt) {
    using Kind = faults::Action::Kind;
    switch (action->kind) {
      case Kind::send:
        connection.sending_faulty(action->bytes, now);
        commands.push_back(Send{connection.id, std::move(action->bytes), std::move(action->pieces), action->pause});
        break;
      case Kind::close: {
        const auto how = action->reset ? trace::Closing::rst : trace::Closing::fin;
        Close command;
        command.connection = connection.id;
        command.how = how;
        commands.push_back(command);
        connection.closing(how, now);
        break;
      }
      case Kind::stop_reading: commands.push_back(Pause{connection.id, false}); break;
      case Kind::resume_reading: commands.push_back(Pause{connection.id, true}); break;
    }
  }
}

void Interpreter::Impl::expire_faults() {
  for (auto& one : connections) {
    if (!one->faults) continue;
    one->faults->expire(now);
    pump_faults(*one);
  }
}

std::optional<Instant> Interpreter::Impl::fault_deadline() const {
  std::optional<Instant> next;
  for (const auto& one : connections) {
    const auto at = one->faults ? one->faults->next_deadline() : std::nullopt;
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

}  // namespace assay::scenario
