// Walking through the steps of a case: frames, loops, variables, waits.
#include "harness/scenario/run.hpp"

#include <fmt/format.h>

#include "harness/base/hex.hpp"
#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/checks.hpp"

namespace assay::scenario {

namespace {

/// A variable holds text; a range in the pattern takes it as a number.
bool matches_variable(std::string_view pattern, const std::string& value) {
  if (pattern.find("..") == std::string_view::npos) return matches_text(pattern, value);
  const auto number = number_from(value);
  return matches_number(pattern, number ? std::optional<std::uint64_t>(*number) : std::nullopt);
}

}  // namespace

std::string seconds(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
  if (milliseconds % 1000 == 0) return fmt::format("{} s", milliseconds / 1000);
  return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000.0);
}

void Interpreter::Impl::set_variable(const std::string& name, std::string value) {
  for (auto& [key, old] : variables) {
    if (key != name) continue;
    old = std::move(value);
    return;
  }
  variables.emplace_back(name, std::move(value));
}

std::string Interpreter::Impl::variable(std::string_view name) const {
  for (const auto& [key, value] : variables)
    if (key == name) return value;
  return {};
}

Duration Interpreter::Impl::wait_named(const std::string& name) const {
  const auto found = environment.waits.find(name);
  return found == environment.waits.end() ? Duration(default_wait) : found->second;
}

Duration Interpreter::Impl::within(const Element& element, const std::string& otherwise) const {
  if (!element.has("within")) return wait_named(otherwise);
  const auto text = element.value("within");
  if (is_wait_name(text)) return wait_named(std::string(text));
  return duration_from(text).value_or(wait_named(otherwise));
}

Connection* Interpreter::Impl::connection_named(std::string_view name) {
  // The last of a name: a scenario may close a connection and open another under its name.
  for (auto it = connections.rbegin(); it != connections.rend(); ++it)
    if ((*it)->name == name) return it->get();
  return nullptr;
}

Connection* Interpreter::Impl::connection_with(ConnectionId id) {
  for (auto& one : connections)
    if (one->id == id) return one.get();
  return nullptr;
}

Connection* Interpreter::Impl::connection_of(const Element& element) {
  return connection_named(element.has("connection") ? element.value("connection") : std::string_view("c1"));
}

Connection& Interpreter::Impl::add_connection(std::string name, bool we_opened, std::string description) {
  const auto id = static_cast<ConnectionId>(connections.size() + 1);
  auto recording = environment.record ? environment.record(we_opened, description) : nullptr;
  connections.push_back(
      std::make_unique<Connection>(id, std::move(name), we_opened, environment.rules, std::move(description)));
  if (recording) connections.back()->observer().listen(std::move(recording));
  return *connections.back();
}

Listener* Interpreter::Impl::listener_named(std::string_view name) {
  for (auto& one : listeners)
    if (one.name == name) return &one;
  return nullptr;
}

void Interpreter::Impl::executed_step(const Element& element) {
  if (executed.size() < max_executed) executed.push_back(element);
}

void Interpreter::Impl::executed_item(const Connection& connection, const Item& item) {
  if (telling) outcome.seen.push_back({connection.name, item});
  if (item.from_last_p_data || executed.size() >= max_executed) return;
  Element received;
  received.name = "received";
  received.set("connection", connection.name);
  received.set("at", fmt::format("{:.3f}", std::chrono::duration<double>(item.at - started).count()));
  received.set("summary", printable(describe(item)));
  if (!item.bytes.empty()) received.set("hex", to_hex(item.bytes));
  executed.push_back(std::move(received));
}

void Interpreter::Impl::run() {
  while (!ended && !frames.empty()) {
    if (++steps_taken > max_steps) {
      judge(Verdict::error, fmt::format("the scenario takes more than {} steps", max_steps));
      end();
      return;
    }
    const auto depth = frames.size();
    auto& frame = frames.back();
    if (frame.at >= frame.steps->size()) {
      if (telling && depth == 1) {
        deadline.reset();
        return;
      }
      leave(frame);
      continue;
    }
    const Step& step = (*frame.steps)[frame.at];
    if (!begun) begin(step);
    if (given_up()) return;
    if (perform(step) == Progress::blocked || given_up()) return;
    begun = false;
    // A step that pushed a frame has advanced its own already.
    if (frames.size() == depth) ++frames.back().at;
    if (std::exchange(leaving, false)) leave_loop();
  }
  if (!ended && settled()) end();
}

bool Interpreter::Impl::settled() {
  const auto pause = environment.waits.find("settle");
  if (pause == environment.waits.end() || std::ranges::none_of(connections, [](const auto& c) { return c->is_open(); }))
    return true;
  if (!settling) {
    settling = true;
    deadline = now + pause->second;
  }
  return now >= *deadline;
}

void Interpreter::Impl::leave(Frame& frame) {
  const auto* loop = frame.loop;
  if (loop != nullptr && loop->element.name == "repeat") {
    const auto again = number_from(loop->element.value("count")).value_or(1);
    const bool wanted = !loop->element.has("while") || matches_variable(bound(loop->element, variables).value("is"),
                                                                        variable(loop->element.value("while")));
    if (frame.round < again && wanted) {
      ++frame.round;
      frame.at = 0;
      if (loop->element.has("variable"))
        set_variable(std::string(loop->element.value("variable")), std::to_string(frame.round));
      return;
    }
  }
  if (loop != nullptr && loop->element.name == "measure") {
    const auto took = seconds(now - frame.began);
    const auto name = std::string(bound(loop->element, variables).value("name"));
    result.observations.push_back({name, took});
    for (auto& one : connections)
      if (one->state != Connection::State::opening) one->observer().mark(name + ": " + took, now);
  }
  frames.pop_back();
  begun = false;
}

void Interpreter::Impl::leave_loop() {
  while (!frames.empty()) {
    const auto* loop = frames.back().loop;
    if (loop == nullptr || loop->element.name == "serve") return;  // not in a loop: nothing to leave
    const bool loops = loop->element.name == "repeat";
    if (loops)
      frames.pop_back();
    else
      leave(frames.back());
    if (loops) return;
  }
}

void Interpreter::Impl::begin(const Step& step) {
  begun = true;
  begun_at = now;
  current = bound(step.element, variables);
  phase = 0;
  optional_seen = 0;
  optional_run = nullptr;
  optional_done.clear();
  tolerated.reset();
  deadline.reset();
  if (step.shown && step.element.name != "repeat" && step.element.name != "serve" && step.element.name != "measure")
    executed_step(current);
  if (const auto* unset = without_value(current)) {
    own_fault(unset->at, "a variable in '" + unset->value + "' has no value yet");
    return;
  }
  std::vector<LoadError> errors;
  check_values(current, language(), errors);
  if (!errors.empty()) cannot(telling ? errors.front().message : to_string(errors.front()));
}

const Attribute* Interpreter::Impl::without_value(const Element& element) {
  for (const auto& attribute : element.attributes)
    if (has_variable(attribute.value)) return &attribute;
  for (const auto& child : element.children)
    if (const auto* found = without_value(child)) return found;
  return nullptr;
}

void Interpreter::Impl::push_frame(const std::vector<Step>& steps, const Step* loop) {
  ++frames.back().at;
  frames.push_back({&steps, 0, loop, 1});
}

Progress Interpreter::Impl::perform(const Step& step) {
  const auto& name = current.name;
  if (current.type == "ceremony") return Progress::done;
  if (name == "connect") return connect(step);
  if (name == "listen") return listen(step);
  if (name == "start-tls") return start_tls();
  if (name == "accept") return accept(step);
  if (name == "operate") return operate(step);
  if (name == "send") return send(step);
  if (name == "expect") return expect(step);
  if (name == "close") return close();
  if (name == "wait") return wait();
  if (name == "pause-reading" || name == "resume-reading") return reading();
  if (name == "serve") return serve(step);
  if (name == "check-ended") return check_ended(step);
  if (name == "let") {
    set_variable(std::string(current.value("name")), std::string(current.value("value")));
  } else if (name == "repeat") {
    if (current.has("variable")) set_variable(std::string(current.value("variable")), "1");
    push_frame(step.body, &step);
  } else if (name == "measure") {
    push_frame(step.body, &step);
    frames.back().began = now;
  } else if (name == "note") {
    for (auto& one : connections)
      if (one->is_open()) one->observer().mark(std::string(trimmed(current.text)), now);
  }
  return Progress::done;
}

bool Interpreter::Impl::overdue(Duration limit) {
  if (!deadline) deadline = begun_at + limit;
  return now >= *deadline;
}

}  // namespace assay::scenario
