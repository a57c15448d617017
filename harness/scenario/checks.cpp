#include "harness/scenario/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "harness/scenario/builder.hpp"
#include "harness/scenario/fault_file.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

bool is_step_with_connection(std::string_view name) {
  constexpr auto names =
      std::to_array<std::string_view>({"associate", "send", "expect", "release", "abort", "close", "pause-reading",
                                       "resume-reading", "serve", "check-served", "start-tls"});
  return std::ranges::find(names, name) != names.end();
}

std::string connection_of(const Element& step) {
  return std::string(step.has("connection") ? step.value("connection") : std::string_view("c1"));
}

bool is_container(std::string_view name) {
  return name == "repeat" || name == "serve" || name == "on" || name == "measure";
}

/// Everything below the steps, in document order.
void visit(const Element& element, const std::function<void(const Element&)>& visitor) {
  visitor(element);
  for (const auto& child : element.children) visit(child, visitor);
}

// --- variables ----------------------------------------------------------------------------------------------------

class VariableCheck {
 public:
  VariableCheck(const Scenario& scenario, std::vector<LoadError>& errors) : scenario_(scenario), errors_(errors) {
    for (const std::string_view name : {"called-ae", "calling-ae", "target-host", "target-port"}) known_.emplace(name);
    known_.emplace("l1.port");
    if (!scenario.rows.empty()) known_.emplace("name");
    for (const auto& step : scenario.steps)
      visit(step, [this](const Element& e) {
        if (e.name == "listen" && e.has("as")) known_.insert(std::string(e.value("as")) + ".port");
      });
  }

  void run() {
    for (const auto& element : scenario_.head) parameters(element);
    for (const auto& element : scenario_.head)
      if (element.name != "parameters") walk(element);
    for (const auto& element : scenario_.steps) walk(element);
    for (const auto& [name, at] : defined_)
      if (used_.count(name) == 0) errors_.push_back(error_at(at, "the variable " + name + " is never used"));
  }

 private:
  void define(const std::string& name, const Location& at) {
    known_.insert(name);
    defined_.emplace(name, at);
  }

  void parameters(const Element& element) {
    if (element.name != "parameters") return;
    for (const auto& child : element.children) {
      if (child.name == "parameter") {
        define(std::string(child.value("name")), child.at);
        continue;
      }
      for (const auto& attribute : child.attributes)
        if (attribute.name != "name") define(attribute.name, attribute.at);
    }
  }

  void use(std::string_view text, const Location& at) {
    for (const auto name : variables_in(text)) {
      if (name.empty()) {
        errors_.push_back(error_at(at, "'${' needs a name and a '}'"));
        continue;
      }
      use_name(std::string(name), at);
    }
  }

  void use_name(const std::string& name, const Location& at) {
    used_.insert(name);
    if (known_.contains(name)) return;
    std::string message = "no variable ";
    message += name + " is defined before this";
    if (!defined_.empty()) {
      message += "; there are:";
      for (const auto& [other, place] : defined_) message += " " + other;
    }
    errors_.push_back(error_at(at, message));
  }

  void walk(const Element& element) {
    for (const auto& attribute : element.attributes) use(attribute.value, attribute.at);
    use(element.text, element.text_at);
    if (element.name == "repeat") {
      if (element.has("variable")) define(std::string(element.value("variable")), element.attribute("variable")->at);
      // The first round may come before anything is captured: the variable only has to exist by the end of a round.
      for (const auto& child : element.children) walk(child);
      if (element.has("while")) use_name(std::string(element.value("while")), element.attribute("while")->at);
      return;
    }
    for (const auto& child : element.children) walk(child);
    if (element.name == "capture") define(std::string(element.value("as")), element.attribute("as")->at);
    if (element.name == "let") define(std::string(element.value("name")), element.attribute("name")->at);
  }

  const Scenario& scenario_;
  std::vector<LoadError>& errors_;
  std::set<std::string> known_;
  std::map<std::string, Location> defined_;
  std::set<std::string> used_;
};

// --- connections --------------------------------------------------------------------------------------------------

class ConnectionCheck {
 public:
  ConnectionCheck(const Scenario& scenario, std::vector<LoadError>& errors) : errors_(errors) {
    if (has_explicit_connections(scenario)) return;
    open_.insert("c1");
    if (scenario.role == "acceptor") {
      listeners_.insert("l1");
      if (scenario.operate.empty()) {
        errors_.push_back({scenario.file, scenario.line, 1,
                           "an acceptor needs operate=\"...\" (what the device is made to do), or a <listen> and "
                           "<accept> of its own"});
      }
    }
  }

  void walk(const std::vector<Element>& steps) {
    for (const auto& step : steps) {
      if (step.name == "connect" || step.name == "accept") opened(step);
      if (step.name == "listen") listeners_.insert(named(step, "as", "l1"));
      if (step.name == "accept" || (step.name == "operate" && step.has("listener"))) {
        const auto listener = named(step, "listener", "l1");
        if (!listeners_.contains(listener)) error(step, "listener", "nothing listens under the name " + listener);
      }
      if (is_step_with_connection(step.name)) used(step);
      if (step.name == "close" && !step.is("half", "yes")) close(step);
      if (step.name == "abort" || step.name == "release") close(step);
      if (step.name == "measure") walk(step.children);
      if (step.name == "serve" || step.name == "repeat") {
        // What happens inside may happen never or often: only names are checked there.
        const auto open = open_;
        const auto closed = closed_;
        for (const auto& child : step.children) {
          if (child.name == "on") {
            walk(child.children);
            open_ = open;
            closed_ = closed;
          }
        }
        if (step.name == "repeat") walk(step.children);
        if (step.name == "serve") close(step);
      }
    }
  }

 private:
  static std::string named(const Element& step, std::string_view attribute, std::string_view otherwise) {
    return std::string(step.has(attribute) ? step.value(attribute) : otherwise);
  }

  void error(const Element& step, std::string_view attribute, std::string message) {
    const auto* at = step.attribute(attribute);
    errors_.push_back(error_at(at != nullptr ? at->at : step.at, std::move(message)));
  }

  void opened(const Element& step) {
    const auto name = named(step, "as", "c1");
    if (!open_.insert(name).second) error(step, "as", "a connection named " + name + " is open already");
    closed_.erase(name);
  }

  void used(const Element& step) {
    const auto name = connection_of(step);
    if (open_.contains(name)) return;
    if (const auto closed = closed_.find(name); closed != closed_.end()) {
      error(step, "connection",
            "connection " + name + " was closed in line " + std::to_string(closed->second) +
                ": this step can never be reached");
      return;
    }
    std::string message = "there is no connection " + name + " here; open:";
    for (const auto& other : open_) message += " " + other;
    error(step, "connection", message + (open_.empty() ? " none" : ""));
  }

  void close(const Element& step) {
    const auto name = connection_of(step);
    if (open_.erase(name) != 0) closed_[name] = step.at.line;
  }

  std::vector<LoadError>& errors_;
  std::set<std::string> open_;
  std::map<std::string, int> closed_;
  std::set<std::string> listeners_;
};

// --- steps --------------------------------------------------------------------------------------------------------

bool is_matcher(const Element& element) {
  return element.type.ends_with("-match") && element.name != "element" && element.name != "context";
}

bool holds_matcher(const Element& group) {
  return std::ranges::any_of(group.children, [](const Element& child) {
    return is_matcher(child) || (child.name == "any-of" && holds_matcher(child));
  });
}

void check_expect(const Element& step, std::vector<LoadError>& errors) {
  bool has_optional = false;
  bool has_mandatory = false;
  const Element* any = nullptr;
  for (const auto& child : step.children) {
    if (child.name == "optional") {
      has_optional = true;
      if (!holds_matcher(child)) errors.push_back(error_at(child.at, "<optional> needs a message"));
      continue;
    }
    if (child.name == "tolerate" || child.name == "any-of") {
      const bool some = holds_matcher(child);
      has_mandatory = has_mandatory || some;
      if (!some) errors.push_back(error_at(child.at, "<" + child.name + "> needs an alternative"));
      continue;
    }
    has_mandatory = true;
    if (any != nullptr && child.name != "closed" && child.name != "silence")
      errors.push_back(error_at(child.at, "<any> above takes everything: this alternative can never be reached"));
    if (child.name == "any") any = &child;
  }
  if (has_optional && !has_mandatory) {
    errors.push_back(error_at(step.at, "optional messages must be closed by a mandatory one in the same <expect>"));
  } else if (!has_mandatory) {
    errors.push_back(error_at(step.at, "<expect> needs at least one alternative"));
  }
}

void check_modification(const Element& element, std::vector<LoadError>& errors) {
  if (element.type != "modification-set") return;
  const int given = int{element.has("text")} + int{element.has("hex")} + int{element.has("number")};
  if (given != 1) errors.push_back(error_at(element.at, "<set> takes exactly one of text, hex, number"));
}

void check_faults(const Element& element, std::vector<LoadError>& errors) {
  // Named waits are those of the run: any length will do here.
  std::map<std::string, Duration> waits;
  for (const std::string name :
       {"dul-timeout", "dimse-timeout", "artim", "connect-timeout", "operate-timeout", "settle"})
    waits.emplace(name, std::chrono::seconds(1));
  if (auto plan = plan_from(element, waits, true); !plan)
    errors.insert(errors.end(), plan.error().begin(), plan.error().end());
}

/// Connections between whose messages and the wire faults stand.
std::set<std::string, std::less<>> connections_with_faults(const Scenario& scenario) {
  std::set<std::string, std::less<>> listeners;
  std::set<std::string, std::less<>> out;
  const auto name_of = [](const Element& e, std::string_view attribute, std::string_view usual) {
    return std::string(e.has(attribute) ? e.value(attribute) : usual);
  };
  for (const auto& step : scenario.steps)
    visit(step, [&](const Element& e) {
      if (e.type == "connect" && e.child("faults") != nullptr) out.insert(name_of(e, "as", "c1"));
      if (e.type == "listen" && e.child("faults") != nullptr) listeners.insert(name_of(e, "as", "l1"));
    });
  for (const auto& step : scenario.steps)
    visit(step, [&](const Element& e) {
      if (e.type == "accept" && listeners.contains(name_of(e, "listener", "l1"))) out.insert(name_of(e, "as", "c1"));
    });
  return out;
}

/// When and in which pieces things leave is for the faults to say, where there are any.
void check_send_with_faults(const Element& element, const std::set<std::string, std::less<>>& with_faults,
                            std::vector<LoadError>& errors) {
  if (element.type != "send") return;
  const auto connection = element.has("connection") ? element.value("connection") : std::string_view("c1");
  if (!with_faults.contains(connection)) return;
  for (const auto* name : {"split", "pause", "below-tls"})
    if (element.has(name))
      errors.push_back(error_at(element.attribute(name)->at,
                                fmt::format("{} does nothing where the connection has faults: {}", name,
                                            std::string_view(name) == "below-tls" ? "use a connection without them"
                                                                                  : "say it there, as <split>")));
}

void check_sources(const Element& element, std::vector<LoadError>& errors) {
  if (element.type == "data-set-send") {
    const bool model = element.child("NativeDicomModel") != nullptr;
    const int given = int{element.has("synthetic")} + int{element.has("file")} + int{element.has("hex")} + int{model};
    if (given > 1)
      errors.push_back(error_at(element.at, "<data-set> takes one of synthetic, file, hex, NativeDicomModel"));
    if (element.has("size") && !element.has("synthetic"))
      errors.push_back(error_at(element.attribute("size")->at, "size goes with synthetic"));
    if (element.has("hex") && element.child("element") != nullptr)
      errors.push_back(error_at(element.at, "<data-set hex> holds no elements"));
  }
  if (element.type == "raw-send") {
    const int given = int{element.has("text")} + int{element.has("hex")} + int{!trimmed(element.text).empty()};
    if (given > 1) errors.push_back(error_at(element.at, "<raw> takes one of hex, text, or hex as content"));
  }
  if (element.type == "element-send" && element.child("item") != nullptr && !trimmed(element.text).empty())
    errors.push_back(error_at(element.at, "an element has either items or a value"));
  if (element.type == "element-match" && element.has("is") && !element.text.empty())
    errors.push_back(error_at(element.at, "<element> takes is=\"...\" or a text"));
}

// --- messages -----------------------------------------------------------------------------------------------------

/// A request that proposes enough for any answer a scenario may want to make.
pdu::AAssociateRq presumed_request() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "CALLED";
  rq.calling_ae_title = "CALLING";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  const std::array abstracts{uids::Verification, uids::CTImageStorage, uids::SecondaryCaptureImageStorage,
                             uids::StudyRootQueryRetrieveInformationModelFind};
  for (unsigned i = 0; i < 8; ++i) {
    pdu::PresentationContextItemRq context;
    context.id = static_cast<std::uint8_t>(1 + 2 * i);
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(abstracts[i % abstracts.size()])});
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
    rq.items.emplace_back(std::move(context));
  }
  rq.items.emplace_back(pdu::UserInformationItem{{pdu::MaximumLengthSubItem{limits::announced_max_length}}});
  return rq;
}

bool holds_variables(const Element& element) {
  if (has_variable(element.text)) return true;
  if (std::ranges::any_of(element.attributes, [](const Attribute& a) { return has_variable(a.value); })) return true;
  return std::ranges::any_of(element.children, holds_variables);
}

/// Large images and files are left to the run: what can be wrong with them is not in the scenario's text.
bool worth_building(const Element& message) {
  const auto* data = message.child("data-set");
  if (data != nullptr && (data->has("file") || number_from(data->value("size")).value_or(0) > 65536)) return false;
  if (message.name == "raw") return false;
  return true;
}

class MessageCheck {
 public:
  MessageCheck(const Scenario& scenario, std::vector<LoadError>& errors) : scenario_(scenario), errors_(errors) {
    input_ = {"CALLED", "CALLING", &uids_, {}};
  }

  void walk(const std::vector<Element>& steps) {
    for (const auto& step : steps) {
      if (step.name == "accept") accepted_.insert(std::string(step.has("as") ? step.value("as") : "c1"));
      if (step.name == "associate") associate(step);
      if (step.name == "send") send(step);
      if (step.name == "expect") expect(step);
      if (is_container(step.name)) {
        if (step.name == "on") expect(step);
        walk(step.children);
      }
    }
  }

 private:
  Dialogue& dialogue(const Element& step) {
    const auto name = connection_of(step);
    const auto [at, created] = dialogues_.try_emplace(name);
    if (created) {
      at->second.we_opened = scenario_.role == "requestor" && !accepted_.contains(name);
      if (!at->second.we_opened) at->second.note(presumed_request());
    }
    return at->second;
  }

  void build_into(Dialogue& d, const Element& message) {
    if (holds_variables(message) || !worth_building(message)) return;
    auto built = build(message, d, input_);
    if (!built) {
      if (!built.error().not_accepted) errors_.push_back(error_at(built.error().at, built.error().message));
      return;
    }
    if (built->rq) {
      d.note(*built->rq);
      accept_all(d);
    }
    if (built->request) d.sent = built->request;
  }

  void accept_all(Dialogue& d) {
    Element answer;
    answer.name = "a-associate-ac";
    if (const auto ac = build(answer, d, input_); ac && ac->ac) d.note(*ac->ac);
  }

  void associate(const Element& step) {
    auto& d = dialogue(step);
    Element message = step;
    message.name = d.we_opened ? "a-associate-rq" : "a-associate-ac";
    for (const auto& child : step.children) {
      if (child.name != "context") continue;
      if (d.we_opened && !child.has("abstract"))
        errors_.push_back(error_at(child.at, "a context that is proposed needs abstract=\"...\""));
      if (d.we_opened && (child.has("result") || child.has("drop")))
        errors_.push_back(error_at(child.at, "result and drop belong to answers: this connection proposes"));
      if (!d.we_opened && !child.has("id"))
        errors_.push_back(error_at(child.at, "the answer to a context needs its id"));
      if (!d.we_opened && child.has("abstract"))
        errors_.push_back(error_at(child.at, "abstract belongs to proposals: this connection answers"));
    }
    build_into(d, message);
    if (!d.we_opened) accept_all(d);
  }

  void send(const Element& step) {
    auto& d = dialogue(step);
    if (step.children.empty()) errors_.push_back(error_at(step.at, "<send> needs a message"));
    for (const auto& message : step.children) build_into(d, message);
  }

  void expect(const Element& step) {
    auto& d = dialogue(step);
    for (const auto& matcher : step.children) {
      const auto field = command_field_of(matcher);
      if (!field || dimse::is_response(*field) || !is_matcher(matcher)) continue;
      d.received = Request{1, dimse::command(static_cast<dimse::CommandField>(*field), 1)};
      if (!d.ac) accept_all(d);
    }
  }

  const Scenario& scenario_;
  std::vector<LoadError>& errors_;
  UidSource uids_{1};
  BuildInput input_;
  std::map<std::string, Dialogue> dialogues_;
  std::set<std::string> accepted_;
};

}  // namespace

bool has_explicit_connections(const Scenario& scenario) {
  bool found = false;
  const bool acceptor = scenario.role == "acceptor";
  for (const auto& step : scenario.steps)
    visit(step, [&](const Element& e) {
      const bool own = acceptor ? e.name == "listen" || e.name == "accept" : e.name == "connect";
      // More connections beside the first one are no reason to leave the first one to the scenario.
      if (own && (acceptor || !e.has("as") || e.is("as", "c1"))) found = true;
    });
  return found;
}

void check_variables(const Scenario& scenario, std::vector<LoadError>& errors) {
  VariableCheck(scenario, errors).run();
}

void check_connections(const Scenario& scenario, std::vector<LoadError>& errors) {
  ConnectionCheck(scenario, errors).walk(scenario.steps);
}

void check_steps(const Scenario& scenario, std::vector<LoadError>& errors) {
  const bool needs_tls =
      std::ranges::any_of(scenario.needs, [](const Need& need) { return need.claim == "tls" && need.claimed; });
  if (scenario.role == "requestor" && !scenario.operate.empty())
    errors.push_back({scenario.file, scenario.line, 1, "operate belongs to role=\"acceptor\""});
  const auto with_faults = connections_with_faults(scenario);
  for (const auto& step : scenario.steps) {
    visit(step, [&](const Element& e) {
      if (e.type == "expect") check_expect(e, errors);
      check_send_with_faults(e, with_faults, errors);
      if (e.type == "faults") check_faults(e, errors);
      check_modification(e, errors);
      check_sources(e, errors);
      if (!needs_tls && (e.type == "start-tls" || e.has("below-tls") ||
                         ((e.type == "connect" || e.type == "listen") && e.has("tls"))))
        errors.push_back(error_at(e.at, "this is for runs that speak TLS: say <needs claim=\"tls\"/> in the head"));
      if (e.type == "on" && std::ranges::none_of(e.children, is_matcher))
        errors.push_back(error_at(e.at, "<on> needs the message it answers"));
      if (e.type == "repeat") {
        const auto count = number_from(e.value("count"));
        if (count && (*count < 1 || *count > 100000))
          errors.push_back(error_at(e.attribute("count")->at, "count goes from 1 to 100000"));
        if (e.has("while") != e.has("is")) errors.push_back(error_at(e.at, "while and is go together"));
        if (e.children.empty()) errors.push_back(error_at(e.at, "<repeat> needs steps"));
      }
      if ((e.type == "tolerate" || e.type == "accept") && e.has("observe")) {
        const auto name = e.value("observe").substr(0, e.value("observe").find('='));
        if (std::ranges::find(scenario.observes, name) == scenario.observes.end()) {
          errors.push_back(error_at(e.attribute("observe")->at,
                                    "no <observe name=\"" + std::string(name) + "\"/> in the head of the scenario"));
        }
      }
    });
  }
}

Element bound(const Element& element, const std::vector<std::pair<std::string, std::string>>& variables) {
  if (variables.empty()) return element;
  const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto& [key, value] : variables)
      if (key == name) return value;
    return std::nullopt;
  };
  Element out = element;
  for (auto& attribute : out.attributes) attribute.value = substitute(attribute.value, lookup);
  out.text = substitute(out.text, lookup);
  for (auto& child : out.children) child = bound(child, variables);
  return out;
}

void check_messages(const Scenario& scenario, std::vector<LoadError>& errors) {
  const auto count = std::max<std::size_t>(scenario.rows.size(), 1);
  std::set<std::string> seen;  // the same mistake in every row is one mistake
  for (std::size_t row = 0; row < count; ++row) {
    std::vector<std::pair<std::string, std::string>> variables;
    if (!scenario.rows.empty()) {
      variables = scenario.rows[row].values;
      variables.emplace_back("name", scenario.rows[row].name);
    }
    std::vector<Element> steps;
    for (const auto& step : scenario.steps) steps.push_back(bound(step, variables));
    std::vector<LoadError> found;
    for (const auto& step : steps) check_values(step, language(), found);
    if (found.empty()) MessageCheck(scenario, found).walk(steps);
    for (auto& error : found) {
      if (!scenario.rows.empty()) error.message += " (row " + scenario.rows[row].name + ")";
      if (seen.insert(error.file + std::to_string(error.line) + ":" + std::to_string(error.column)).second)
        errors.push_back(std::move(error));
    }
    if (errors.size() >= max_load_errors) return;
  }
}

}  // namespace assay::scenario
