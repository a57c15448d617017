// Steps that act: connect, listen, accept, operate, send, close, wait.
#include <fmt/format.h>

#include "harness/scenario/run.hpp"

namespace assay::scenario {
namespace {

/// The lengths in "5,7".
std::vector<std::size_t> pieces_from(std::string_view split) {
  std::vector<std::size_t> out;
  while (!split.empty()) {
    const auto comma = split.find(',');
    out.push_back(static_cast<std::size_t>(number_from(split.substr(0, comma)).value_or(1)));
    split = comma == std::string_view::npos ? std::string_view{} : split.substr(comma + 1);
  }
  return out;
}

/// How the command ended, as the host tells it in words, is how no command should end. Exit codes do not count: a
/// device that says that it failed is as it should be.
bool broke(const Operation& one) {
  return one.over && (one.detail.starts_with("killed by signal ") || one.detail.starts_with("a sanitizer "));
}

}  // namespace

Progress Interpreter::Impl::connect(const Step& step) {
  const auto name = std::string(current.has("as") ? current.value("as") : std::string_view("c1"));
  const auto limit = within(current, "connect-timeout");
  if (phase == 0) {
    phase = 1;
    const auto plan = fault_plan(current);
    if (given_up()) return Progress::blocked;
    auto& made =
        add_connection(name, true, fmt::format("assay -> {}:{}", environment.target_host, environment.target_port));
    made.synthetic = step.synthetic;
    made.clear_on_tls = environment.tls && below() != Below::tls;
    if (plan) made.faults = std::make_unique<faults::Engine>(plan, 1);
    commands.push_back(Connect{made.id, environment.target_host, environment.target_port, limit, below()});
  }
  auto* connection = connection_named(name);
  if (connection->is_open()) return Progress::done;
  if (connection->state != Connection::State::opening) return Progress::done;
  const auto target = fmt::format("a connection to {}:{}", environment.target_host, environment.target_port);
  if (!connect_failure.empty()) {
    const auto why = std::exchange(connect_failure, {});
    if (current.is("required", "no")) {
      connection->refused(now);
      return Progress::done;
    }
    stopped(step, "the device could not be reached: " + why, target, why);
    return Progress::blocked;
  }
  // The host keeps the time of connecting itself; this is for a host that never answers.
  if (overdue(limit + std::chrono::seconds(1))) {
    stopped(step, "the device could not be reached: no answer in " + seconds(limit), target, "nothing");
  }
  return Progress::blocked;
}

Progress Interpreter::Impl::listen(const Step& step) {
  const auto name = std::string(current.has("as") ? current.value("as") : std::string_view("l1"));
  if (phase == 0) {
    phase = 1;
    Listener made;
    made.id = static_cast<ListenerId>(listeners.size() + 1);
    made.name = name;
    made.refuses = current.is("refuse", "yes");
    made.clear_on_tls = environment.tls && below() != Below::tls;
    made.faults = fault_plan(current);
    if (given_up()) return Progress::blocked;
    listeners.push_back(made);
    const auto port = current.has("port") ? number_from(current.value("port")).value_or(0) : environment.listen_port;
    commands.push_back(Listen{made.id, static_cast<std::uint16_t>(port), below()});
  }
  const auto* listener = listener_named(name);
  if (listener->ready) {
    // A port that was free a moment ago and is known: whoever calls it now is refused.
    if (listener->refuses) commands.push_back(StopListening{listener->id});
    return Progress::done;
  }
  if (!listener->failure.empty()) {
    cannot("Assay cannot listen: " + listener->failure);
  } else if (overdue(wait_named("connect-timeout"))) {
    cannot(fmt::format("{} was never ready", name_of(step)));
  }
  return Progress::blocked;
}

Below Interpreter::Impl::below() const {
  if (!environment.tls || current.is("tls", "no")) return Below::nothing;
  return current.is("tls", "later") ? Below::tls_later : Below::tls;
}

Progress Interpreter::Impl::start_tls() {
  auto* connection = connection_of(current);
  if (connection == nullptr) {
    own_fault(current.at, "there is no such connection");
    return Progress::blocked;
  }
  if (!connection->is_open()) {
    connection->observer().mark("no TLS, the connection is closed", now);
    return Progress::done;
  }
  StartTls command;
  command.connection = connection->id;
  command.host = environment.target_host;
  command.as_client = connection->our_side() == trace::Side::requestor;
  command.renegotiate = current.is("renegotiate", "yes");
  command.settings = {std::string(current.value("min-version")), std::string(current.value("max-version")),
                      std::string(current.value("suites")),      std::string(current.value("certificate")),
                      std::string(current.value("server-name")), !current.is("verify", "no")};
  command.within = within(current, "connect-timeout");
  command.pieces = pieces_from(current.value("split"));
  command.pause = duration_from(current.value("pause"), environment.waits).value_or(Duration{});
  if (current.has("truncate"))
    command.only_so_many = static_cast<std::size_t>(number_from(current.value("truncate")).value_or(0));
  connection->tls_asked();
  commands.push_back(std::move(command));
  return Progress::done;
}

Progress Interpreter::Impl::accept(const Step& step) {
  const auto listener_name = current.has("listener") ? current.value("listener") : std::string_view("l1");
  auto* listener = listener_named(listener_name);
  if (listener == nullptr) {
    own_fault(current.at, fmt::format("nothing listens under the name {}", listener_name));
    return Progress::blocked;
  }
  if (!listener->waiting.empty()) {
    auto* connection = connection_with(listener->waiting.front());
    listener->waiting.pop_front();
    connection->name = current.has("as") ? current.value("as") : std::string_view("c1");
    count_calls();
    return Progress::done;
  }
  if (!listener->turned_away.empty()) {
    const auto why = std::exchange(listener->turned_away, {});
    stopped(step, "the device connected, but " + why, "a connection from the device with TLS", why);
    return Progress::blocked;
  }
  if (current.is("optional", "yes")) return accept_optional();
  const auto failed = std::ranges::find_if(
      operations, [](const Operation& one) { return one.over && !one.done && !one.to_be_refused; });
  if (failed != operations.end()) {
    stopped(step, "the device did not act: " + failed->detail, "a connection from the device", failed->detail);
  } else if (const auto limit = within(current, "operate-timeout"); overdue(limit)) {
    stopped(step, "the device did not connect within " + seconds(limit), "a connection from the device",
            "no connection in " + seconds(limit));
  }
  return Progress::blocked;
}

/// A device that has done what it was asked to do, and does not call again, has told all it has to tell.
Progress Interpreter::Impl::accept_optional() {
  const bool all_done = std::ranges::all_of(operations, [](const Operation& one) { return one.over; });
  if (all_done && phase == 0) {
    phase = 1;
    const auto late = now + wait_named("settle");  // a connection may come in just behind the news
    deadline = deadline ? std::min(*deadline, late) : late;
  }
  if (!overdue(within(current, "operate-timeout"))) return Progress::blocked;
  count_calls();
  if (telling) return Progress::done;  // that nobody came is for the script to see
  end();
  return Progress::blocked;
}

void Interpreter::Impl::count_calls() {
  if (!current.has("observe")) return;
  const auto name = std::string(current.value("observe"));
  const auto calls =
      std::ranges::count_if(connections, [](const auto& one) { return one->our_side() == trace::Side::acceptor; });
  std::erase_if(result.observations, [&](const trace::Observation& one) { return one.name == name; });
  result.observations.push_back({name, std::to_string(calls)});
}

Progress Interpreter::Impl::operate(const Step& step) {
  const auto action = std::string(current.value("action"));
  if (phase == 0) {
    phase = 1;
    Operate command;
    command.operation = static_cast<std::uint32_t>(operations.size() + 1);
    command.action = action;
    command.prompt = current.value("prompt");
    for (const auto& child : current.children)
      if (child.name == "word") command.words.emplace_back(child.value("name"), child.value("value"));
    const auto* listener = listener_named(current.has("listener") ? current.value("listener") : std::string_view("l1"));
    if (listener != nullptr) command.words.emplace_back("port", std::to_string(listener->port));
    const bool refused = listener != nullptr && listener->refuses;
    operations.push_back({command.operation, false, false, refused, {}});
    operation_waited = command.operation;
    commands.push_back(std::move(command));
  }
  const bool waits =
      current.has("wait") ? current.is("wait", "yes") : action == "start" || action == "stop" || action == "restart";
  if (!waits) return Progress::done;
  const auto& operation = operations[operation_waited - 1];
  if (operation.over && (operation.done || operation.to_be_refused)) return Progress::done;
  const auto limit = within(current, "operate-timeout");
  if (operation.over) {
    stopped(step, "the device did not act: " + operation.detail, action, operation.detail);
  } else if (overdue(limit)) {
    stopped(step, "the device was not done within " + seconds(limit), action, "nothing in " + seconds(limit));
  }
  return Progress::blocked;
}

Progress Interpreter::Impl::check_ended(const Step& step) {
  const std::string wanted = "a command that ends by itself";
  const auto broken = std::ranges::find_if(operations, broke);
  const auto limit = within(current, "device-timeout");
  if (broken != operations.end()) {
    stopped(step, "the command that makes the device act broke: " + broken->detail, wanted, broken->detail);
  } else if (std::ranges::all_of(operations, &Operation::over)) {
    return Progress::done;
  } else if (overdue(limit)) {
    stopped(step, "the command that makes the device act had not ended after " + seconds(limit), wanted,
            "it still runs");
  }
  return Progress::blocked;
}

Progress Interpreter::Impl::send(const Step& step) {
  auto* connection = connection_of(current);
  if (connection == nullptr) {
    own_fault(current.at, "there is no such connection");
    return Progress::blocked;
  }
  if (phase == 1) {
    if (send_done || !connection->is_open()) return Progress::done;
    const auto limit = send_limit;
    if (overdue(limit)) {
      connection->ended(trace::Termination::hang, "the device stopped reading");
      stopped(step, "the device stopped reading", "the bytes taken within " + seconds(limit), "bytes left unread");
    }
    return Progress::blocked;
  }
  if (!connection->is_open()) {
    // Whatever is expected next says whether the device was right to be gone.
    connection->observer().mark("not sent, the connection is closed: " + current.name, now);
    return Progress::done;
  }
  std::vector<Built> parts;
  Bytes whole;
  auto dialogue = connection->dialogue;
  const auto input = build_input();
  for (const auto& message : current.children) {
    auto built = build(message, dialogue, input);
    if (!built) {
      if (!built.error().not_accepted) {
        own_fault(built.error().at, built.error().message);
      } else {
        stopped(step, built.error().message, "an accepted presentation context", built.error().message,
                last_answer ? &*last_answer : nullptr);
      }
      return Progress::blocked;
    }
    if (built->rq) dialogue.note(*built->rq);
    if (built->ac) dialogue.note(*built->ac);
    if (built->request) {
      dialogue.sent = built->request;
      dialogue.next_message_id =
          static_cast<std::uint16_t>(built->request->command.message_id().value_or(dialogue.next_message_id) + 1);
    }
    if (current.is("provoke", "yes")) built->wrong = true;
    if (current.is("provoke", "no")) built->wrong = false;
    append(whole, ByteView(built->bytes));
    parts.push_back(std::move(*built));
  }
  transmit(*connection, parts, std::move(whole));
  phase = 1;
  return send_done ? Progress::done : Progress::blocked;
}

void Interpreter::Impl::transmit(Connection& connection, std::vector<Built>& parts, Bytes whole) {
  std::size_t limit_bytes = whole.size();
  if (const auto truncate = number_from(current.value("truncate")); truncate && *truncate >= 0) {
    limit_bytes = std::min(limit_bytes, static_cast<std::size_t>(*truncate));
    if (limit_bytes < whole.size())
      for (auto& part : parts) part.wrong = true;
  }
  std::size_t done = 0;
  const bool below_tls = current.is("below-tls", "yes");
  if (below_tls) connection.sending_below_tls(limit_bytes, now);
  for (const auto& part : parts) {
    if (below_tls) break;
    const auto count = std::min(part.bytes.size(), limit_bytes - done);
    connection.sending(part, ByteView(part.bytes).subspan(0, count), now);
    done += count;
  }
  whole.resize(limit_bytes);
  if (connection.faults) {
    connection.faults->send(whole, now);
    pump_faults(connection);
    send_done = true;  // when it leaves is for the faults to say; no step waits for that
    sending_on = 0;
    return;
  }
  Send command{connection.id, std::move(whole), {}, {}, below_tls};
  command.pieces = pieces_from(current.value("split"));
  command.pause = duration_from(current.value("pause"), environment.waits).value_or(Duration{});
  send_limit = wait_named("dul-timeout") + (command.pieces.empty() ? Duration{} : command.pause * pieces_of(command));
  send_done = false;
  sending_on = connection.id;
  commands.push_back(std::move(command));
}

std::int64_t Interpreter::Impl::pieces_of(const Send& command) {
  std::size_t count = 0;
  std::size_t covered = 0;
  while (covered < command.bytes.size()) {
    covered += command.pieces[std::min(count, command.pieces.size() - 1)];
    ++count;
  }
  return static_cast<std::int64_t>(count);
}

Progress Interpreter::Impl::close() {
  auto* connection = connection_of(current);
  if (connection == nullptr) return Progress::done;
  const bool half = current.is("half", "yes");
  if (current.is("notify", "no")) connection->observer().provoke(true);
  const auto how = current.is("how", "rst") ? trace::Closing::rst : trace::Closing::fin;
  if (connection->state != Connection::State::closed)
    commands.push_back(Close{connection->id, how, half, !current.is("notify", "no")});
  if (half) {
    connection->half_closing(how, now);
  } else {
    connection->closing(how, now);
  }
  return Progress::done;
}

Progress Interpreter::Impl::wait() {
  return overdue(duration_from(current.value("for"), environment.waits).value_or(Duration{})) ? Progress::done
                                                                                              : Progress::blocked;
}

Progress Interpreter::Impl::reading() {
  if (const auto* connection = connection_of(current))
    commands.push_back(Pause{connection->id, current.name == "resume-reading"});
  return Progress::done;
}

}  // namespace assay::scenario
