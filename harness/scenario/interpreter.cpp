// What the host reports, handed to the run; commands, deadlines and the result, handed back.
#include "harness/scenario/interpreter.hpp"

#include <fmt/format.h>

#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/checks.hpp"
#include "harness/scenario/run.hpp"

namespace assay::scenario {

Interpreter::Interpreter(const Case& scenario_case, Environment environment)
    : impl_(std::make_unique<Impl>(scenario_case, std::move(environment))) {}
Interpreter::~Interpreter() = default;
Interpreter::Interpreter(Interpreter&&) noexcept = default;

void Interpreter::start(Instant now) {
  auto& s = *impl_;
  if (s.running) return;
  s.running = true;
  s.started = s.now = now;
  s.result.verdict = trace::Verdict::pass;
  if (s.skipped()) {
    s.ended = true;
    return;
  }
  s.frames.push_back({&s.program, 0, nullptr, 1});
  s.run();
}

void Interpreter::connected(ConnectionId connection, std::string local_address, Instant now) {
  auto& s = *impl_;
  auto* one = s.connection_with(connection);
  if (s.ended || one == nullptr || one->state != Connection::State::opening) return;
  s.now = now;
  one->opened(now);
  s.begin_faults(*one);
  if (!local_address.empty()) one->observer().mark("from " + local_address, now);
  s.run();
}

void Interpreter::connect_failed(ConnectionId connection, std::string why, Instant now) {
  auto& s = *impl_;
  const auto* one = s.connection_with(connection);
  if (s.ended || one == nullptr || one->state != Connection::State::opening) return;
  s.now = now;
  s.connect_failure = why.empty() ? "no reason given" : std::move(why);
  s.run();
}

void Interpreter::listening(ListenerId listener, std::uint16_t port, Instant now) {
  auto& s = *impl_;
  if (s.ended || listener == 0 || listener > s.listeners.size()) return;
  s.now = now;
  auto& one = s.listeners[listener - 1];
  one.ready = true;
  one.port = port;
  s.set_variable(one.name + ".port", std::to_string(port));
  s.run();
}

void Interpreter::listen_failed(ListenerId listener, std::string why, Instant now) {
  auto& s = *impl_;
  if (s.ended || listener == 0 || listener > s.listeners.size()) return;
  s.now = now;
  s.listeners[listener - 1].failure = why.empty() ? "no reason given" : std::move(why);
  s.run();
}

ConnectionId Interpreter::accepted(ListenerId listener, std::string peer_address, Instant now) {
  auto& s = *impl_;
  s.now = now;
  // A connection nobody asked for gets a number of its own, so that what comes on it is known to be of no case.
  if (s.ended || listener == 0 || listener > s.listeners.size()) return static_cast<ConnectionId>(-1);
  auto& one = s.add_connection("unaccepted", false, fmt::format("{} -> assay", peer_address));
  const auto id = one.id;
  one.clear_on_tls = s.listeners[listener - 1].clear_on_tls;
  one.opened(now);
  if (auto& from = s.listeners[listener - 1]; from.faults) {
    one.faults = std::make_unique<faults::Engine>(from.faults, ++from.faulty);
    s.begin_faults(one);
  }
  s.listeners[listener - 1].waiting.push_back(id);
  s.run();
  return id;
}

void Interpreter::received(ConnectionId connection, ByteView bytes, Instant now) {
  auto& s = *impl_;
  auto* one = s.connection_with(connection);
  if (s.ended || one == nullptr) return;
  s.now = now;
  one->received(bytes, now);  // first: what came before a fault ends the connection can still be expected
  if (one->faults) {
    one->faults->received(bytes, now);
    s.pump_faults(*one);
  }
  s.run();
}

void Interpreter::sent(ConnectionId connection, Instant now) {
  auto& s = *impl_;
  if (s.ended) return;
  s.now = now;
  if (connection == s.sending_on) s.send_done = true;
  s.run();
}

void Interpreter::accept_failed(ListenerId listener, std::string why, Instant now) {
  auto& s = *impl_;
  if (s.ended || listener == 0 || listener > s.listeners.size()) return;
  s.now = now;
  s.listeners[listener - 1].turned_away = std::move(why);
  s.run();
}

void Interpreter::secured(ConnectionId connection, const trace::Tls& tls, Instant now) {
  auto& s = *impl_;
  auto* one = s.connection_with(connection);
  if (s.ended || one == nullptr) return;
  s.now = now;
  one->secured(tls, now);
  s.run();
}

void Interpreter::tls_ended(ConnectionId connection, const trace::Tls& tls, Instant now) {
  auto& s = *impl_;
  auto* one = s.connection_with(connection);
  if (s.ended || one == nullptr) return;
  s.now = now;
  one->tls_ended(tls, now);
  s.run();
}

void Interpreter::peer_closed(ConnectionId connection, trace::Closing how, Instant now, bool notified) {
  auto& s = *impl_;
  auto* one = s.connection_with(connection);
  if (s.ended || one == nullptr) return;
  s.now = now;
  one->peer_closed(how, now, notified);
  s.run();
}

void Interpreter::operated(std::uint32_t operation, bool done, std::string detail, Instant now) {
  auto& s = *impl_;
  if (s.ended || operation == 0 || operation > s.operations.size()) return;
  s.now = now;
  auto& one = s.operations[operation - 1];
  one.over = true;
  one.done = done;
  one.detail = detail.empty() ? "no reason given" : std::move(detail);
  s.run();
}

void Interpreter::expire(Instant now) {
  auto& s = *impl_;
  if (s.ended) return;
  s.now = now;
  s.expire_faults();
  s.run();
}

void Interpreter::interrupt(Instant now) {
  auto& s = *impl_;
  if (s.ended) return;
  s.now = now;
  s.judge(trace::Verdict::inconclusive, "the run was stopped");
  s.end();
}

std::optional<Command> Interpreter::next_command() {
  if (impl_->commands.empty()) return std::nullopt;
  auto command = std::move(impl_->commands.front());
  impl_->commands.pop_front();
  return command;
}

std::optional<Instant> Interpreter::next_deadline() const {
  if (impl_->ended) return std::nullopt;
  const auto faults = impl_->fault_deadline();
  return faults && (!impl_->deadline || *faults < *impl_->deadline) ? faults : impl_->deadline;
}

bool Interpreter::finished() const { return impl_->ended && impl_->commands.empty(); }

trace::CaseResult Interpreter::result() const { return impl_->result; }

std::string Interpreter::executed_xml() const {
  const auto& s = *impl_;
  Element root;
  root.name = "scenario";
  root.set("id", s.result.id);
  root.set("role", s.scenario.role);
  if (!s.scenario.operate.empty()) root.set("operate", s.scenario.operate);
  if (s.scenario.stray_ignored) root.set("stray", "ignore");
  for (const auto& element : s.scenario.head)
    if (element.name != "parameters") root.children.push_back(bound(element, s.scenario_case.bindings()));
  root.children.insert(root.children.end(), s.executed.begin(), s.executed.end());
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + to_xml(root);
}

}  // namespace assay::scenario
