#include "harness/scenario/program.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "harness/scenario/checks.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

bool is_judgeable(std::string_view name) {
  constexpr auto names =
      std::to_array<std::string_view>({"expect", "connect", "accept", "associate", "release", "serve"});
  return std::ranges::find(names, name) != names.end();
}

Element made(std::string name, std::string type, const Element& origin) {
  Element out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.at = out.text_at = origin.at;
  return out;
}

/// Document positions of the judged steps, counted over all steps in document order.
class Stages {
 public:
  explicit Stages(const std::vector<Element>& steps) {
    int position = 0;
    int last_expect = -1;
    int last_judgeable = -1;
    count(steps, position, last_expect, last_judgeable);
    if (judged_.empty() && last_expect >= 0) judged_.insert(last_expect);
    if (judged_.empty() && last_judgeable >= 0) judged_.insert(last_judgeable);
  }

  /// The stage of the next step in document order.
  Stage next() {
    const int position = position_++;
    if (judged_.contains(position)) return Stage::judged;
    return judged_.empty() || position < *judged_.rbegin() ? Stage::before : Stage::after;
  }

 private:
  void count(const std::vector<Element>& steps, int& position, int& last_expect, int& last_judgeable) {
    for (const auto& step : steps) {
      if (step.type.ends_with("-match")) continue;  // the messages of <on>
      const int here = position++;
      if (step.is("judge", "yes")) judged_.insert(here);
      if (step.type == "expect") last_expect = here;
      if (is_judgeable(step.type)) last_judgeable = here;
      if (step.type == "repeat" || step.type == "serve" || step.type == "on" || step.type == "measure")
        count(step.children, position, last_expect, last_judgeable);
    }
  }

  std::set<int> judged_;
  int position_ = 0;
};

class Compiler {
 public:
  Compiler(const Scenario& scenario, const std::vector<Element>& steps)
      : role_(scenario.role),
        operate_(scenario.operate),
        line_(scenario.line),
        stages_(steps),
        explicit_(has_explicit_connections(scenario)) {}

  /// Of one step among others that were told before.
  Compiler(const std::vector<Element>& steps, std::set<std::string> accepted, int health_checks)
      : stages_(steps), explicit_(true), accepted_(std::move(accepted)), health_checks_(health_checks) {}

  [[nodiscard]] const std::set<std::string>& accepted() const { return accepted_; }
  [[nodiscard]] int health_checks() const { return health_checks_; }

  std::vector<Step> run(const std::vector<Element>& steps) {
    std::vector<Step> out;
    if (!explicit_) opening(out);
    compile(steps, out);
    return out;
  }

 private:
  void opening(std::vector<Step>& out) {
    Element origin;
    origin.at = {nullptr, line_, 1};
    if (role_ == "requestor") {
      out.push_back(
          {made("connect", "connect", origin), Stage::before, "the connection to the device", false, false, {}});
      return;
    }
    accepted_.insert("c1");
    out.push_back({made("listen", "listen", origin), Stage::before, "the listener", false, false, {}});
    auto operate = made("operate", "operate", origin);
    operate.set("action", operate_);
    out.push_back({std::move(operate), Stage::before, "operating the device", false, false, {}});
    out.push_back(
        {made("accept", "accept", origin), Stage::before, "the connection from the device", false, false, {}});
  }

  void compile(const std::vector<Element>& steps, std::vector<Step>& out) {
    for (const auto& step : steps) {
      // Matchers stand beside steps in <on>; they stay in the element.
      if (step.type.ends_with("-match")) continue;
      one(step, stages_.next(), out);
    }
  }

  static std::string connection_of(const Element& step) {
    return std::string(step.has("connection") ? step.value("connection") : std::string_view("c1"));
  }

  static Element on_connection(std::string name, std::string type, const Element& origin, std::string_view connection) {
    auto out = made(std::move(name), std::move(type), origin);
    out.set("connection", std::string(connection));
    if (origin.has("within") && out.name == "expect") out.set("within", std::string(origin.value("within")));
    return out;
  }

  static Step part(Element element, Stage stage, std::string purpose) {
    return {std::move(element), stage, std::move(purpose), false, false, {}};
  }

  void one(const Element& step, Stage stage, std::vector<Step>& out) {
    if (step.name == "accept") accepted_.insert(std::string(step.has("as") ? step.value("as") : "c1"));
    const auto first = out.size();
    if (step.name == "associate") {
      associate(step, stage, out);
    } else if (step.name == "release") {
      release(step, stage, out);
    } else if (step.name == "abort") {
      abort(step, stage, out);
    } else if (step.name == "check-health") {
      check_health(step, out);
    } else if (step.name == "check-served") {
      echo(step, connection_of(step), out, "the association that should still be served");
    } else if (step.name == "check-ended") {
      out.push_back({step, Stage::judged, "the end of the device's command", true, false, {}});
      return;
    } else if (step.name != "received") {
      Step plain{step, stage, {}, true, false, {}};
      if (step.name == "repeat" || step.name == "serve" || step.name == "on" || step.name == "measure") {
        compile(step.children, plain.body);
        auto& children = plain.element.children;
        std::erase_if(children, [](const Element& child) { return !child.type.ends_with("-match"); });
      }
      out.push_back(std::move(plain));
      return;
    }
    if (first < out.size()) {
      // The ceremony shows as the author wrote it, in front of its parts.
      out.insert(out.begin() + static_cast<std::ptrdiff_t>(first), Step{step, stage, {}, true, false, {}});
      out[first].element.type = "ceremony";
    }
  }

  void associate(const Element& step, Stage stage, std::vector<Step>& out) {
    const auto connection = connection_of(step);
    const bool accepting = accepted_.contains(connection);
    auto message = step;
    std::erase_if(message.attributes,
                  [](const Attribute& a) { return a.name == "connection" || a.name == "within" || a.name == "judge"; });
    auto expect = on_connection("expect", "expect", step, connection);
    auto send = on_connection("send", "send", step, connection);
    if (accepting) {
      message.name = "a-associate-ac";
      message.type = "a-associate-ac-send";
      expect.children.push_back(made("a-associate-rq", "a-associate-match", step));
      out.push_back(part(std::move(expect), stage, "the A-ASSOCIATE-RQ of the device"));
      send.children.push_back(std::move(message));
      out.push_back(part(std::move(send), stage, "the answer to the association"));
      return;
    }
    message.name = "a-associate-rq";
    message.type = "a-associate-rq-send";
    auto answer = made("a-associate-ac", "a-associate-match", step);
    std::int64_t next_id = 1;
    for (auto& child : message.children) {
      if (child.name != "context") continue;
      child.type = "context-rq";
      const auto id = number_from(child.value("id")).value_or(next_id);
      next_id = id + 2;
      if (child.is("required", "no")) continue;
      auto accepted = made("context", "context-match", child);
      accepted.set("id", std::to_string(id));
      accepted.set("result", "0");
      answer.children.push_back(std::move(accepted));
    }
    send.children.push_back(std::move(message));
    out.push_back(part(std::move(send), stage, "the association request"));
    expect.children.push_back(std::move(answer));
    out.push_back(part(std::move(expect), stage, "the association"));
  }

  void release(const Element& step, Stage stage, std::vector<Step>& out) {
    const auto connection = connection_of(step);
    const bool by_us = step.has("by") ? step.is("by", "us") : !accepted_.contains(connection);
    auto expect = on_connection("expect", "expect", step, connection);
    auto send = on_connection("send", "send", step, connection);
    if (by_us) {
      send.children.push_back(made("a-release-rq", "plain-send", step));
      expect.children.push_back(made("a-release-rp", "plain-match", step));
      out.push_back(part(std::move(send), stage, "the release request"));
      out.push_back(part(std::move(expect), stage, "the answer to the release request"));
      out.push_back(part(on_connection("close", "close", step, connection), stage, {}));
      return;
    }
    expect.children.push_back(made("a-release-rq", "plain-match", step));
    send.children.push_back(made("a-release-rp", "plain-send", step));
    out.push_back(part(std::move(expect), stage, "the release request of the device"));
    out.push_back(part(std::move(send), stage, "the answer to the release request"));
    auto closed = on_connection("expect", "expect", step, connection);
    closed.children.push_back(made("closed", "closed-match", step));
    out.push_back(part(std::move(closed), stage, "the close after the release"));
  }

  void abort(const Element& step, Stage stage, std::vector<Step>& out) {
    const auto connection = connection_of(step);
    auto send = on_connection("send", "send", step, connection);
    auto message = made("a-abort", "a-abort-send", step);
    for (const std::string_view name : {"source", "reason"})
      if (step.has(name)) message.set(name, std::string(step.value(name)));
    send.children.push_back(std::move(message));
    out.push_back(part(std::move(send), stage, "the abort"));
    out.push_back(part(on_connection("close", "close", step, connection), stage, {}));
  }

  static void echo(const Element& step, const std::string& connection, std::vector<Step>& out, std::string purpose) {
    auto send = on_connection("send", "send", step, connection);
    auto request = made("c-echo-rq", "dimse-send", step);
    send.children.push_back(std::move(request));
    out.push_back(part(std::move(send), Stage::health, purpose));
    auto expect = on_connection("expect", "expect", step, connection);
    auto response = made("c-echo-rsp", "dimse-match", step);
    response.set("status", "0000");
    expect.children.push_back(std::move(response));
    out.push_back(part(std::move(expect), Stage::health, std::move(purpose)));
  }

  void check_health(const Element& step, std::vector<Step>& out) {
    const auto first = out.size();
    const auto name = "health-" + std::to_string(++health_checks_);
    auto connect = made("connect", "connect", step);
    connect.set("as", name);
    out.push_back(part(std::move(connect), Stage::health, "a new connection afterwards"));
    auto ceremony = step;
    ceremony.name = "associate";
    ceremony.set("connection", name);
    auto context = made("context", "context-any", step);
    context.set("abstract", "Verification");
    ceremony.children.push_back(std::move(context));
    associate(ceremony, Stage::health, out);
    for (auto i = first; i < out.size(); ++i) out[i].purpose = "a new association afterwards";
    echo(ceremony, name, out, "C-ECHO on a new association afterwards");
    release(ceremony, Stage::health, out);
    for (auto i = first; i < out.size(); ++i) out[i].synthetic = true;
  }

  std::string role_;
  std::string operate_;
  int line_ = 0;
  Stages stages_;
  bool explicit_ = false;
  std::set<std::string> accepted_;
  int health_checks_ = 0;
};

}  // namespace

std::vector<Step> program_of(const Case& scenario_case) {
  std::vector<Element> steps;
  for (const auto& step : scenario_case.scenario->steps) steps.push_back(bound(step, scenario_case.bindings()));
  return Compiler(*scenario_case.scenario, steps).run(steps);
}

std::vector<Step> program_of(const Element& step, std::set<std::string>& accepted, int& health_checks) {
  const std::vector<Element> steps{step};
  Compiler compiler(steps, std::move(accepted), health_checks);
  auto program = compiler.run(steps);
  accepted = compiler.accepted();
  health_checks = compiler.health_checks();
  return program;
}

}  // namespace assay::scenario
