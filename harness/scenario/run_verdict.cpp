// What a case comes to: steps that went wrong, findings of the rules, the end of the connections.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/scenario/run.hpp"

namespace assay::scenario {

namespace {

/// Rules that hold an answer against its question: a script answers what was written, whatever a device asks.
constexpr std::array<std::string_view, 6> about_the_question{"ps3.4/C.2.2.2/*",
                                                             "ps3.4/C.4.1.1*/*",
                                                             "ps3.4/K.6.1.2/*",
                                                             "ps3.4/C.4.3/object-not-asked",
                                                             "ps3.4/J.3.3/instances-not-those-asked",
                                                             "ps3.4/H.4.2/image-box-count"};

bool is_about_the_question(const trace::Finding& finding) {
  return finding.side == trace::Side::acceptor &&
         std::ranges::any_of(about_the_question, [&](std::string_view rule) { return glob(rule, finding.rule); });
}

/// Rules about what an object says (PS3.3): a script sends the objects that it is given, whatever they lack.
constexpr std::array<std::string_view, 8> about_objects{
    "ps3.3/C/*",           "ps3.3/C.7.6.16/*", "ps3.3/C.17.2.3/*",     "ps3.5/6.3/enumerated-value",
    "ps3.5/6.4/module-vm", "ps3.5/7.4.*",      "ps3.5/7.5/item-count", "ps3.5/9/*"};

bool is_about_objects(const trace::Finding& finding) {
  return std::ranges::any_of(about_objects, [&](std::string_view rule) { return glob(rule, finding.rule); });
}

}  // namespace

void Interpreter::Impl::judge(Verdict verdict, std::string reason, std::string expected, std::string actual) {
  const bool graver = trace::worse(verdict, result.verdict) == verdict && verdict != result.verdict;
  if (!graver && !result.reason.empty()) return;
  result.verdict = trace::worse(verdict, result.verdict);
  result.reason = std::move(reason);
  result.expected = std::move(expected);
  result.actual = std::move(actual);
}

std::string Interpreter::Impl::name_of(const Step& step) {
  const auto& e = step.element;
  auto text = step.purpose.empty() ? "<" + e.name + ">" : step.purpose;
  if (e.at.line > 0 && e.at.file) text += fmt::format(" (line {})", e.at.line);
  return text;
}

std::optional<std::string> Interpreter::Impl::unexplained_refusal(const Item* item) const {
  if (item == nullptr || !is_refusal(*item)) return std::nullopt;
  // Which of several services was refused need not be known: all that no profile speaks of are named.
  std::string unknown;
  for (const auto& need : scenario_case.needs()) {
    const auto claim = environment.claims ? environment.claims(need.claim) : std::nullopt;
    if (!claim) unknown += (unknown.empty() ? "" : ", ") + need.claim;
  }
  if (unknown.empty()) return std::nullopt;
  return unknown;
}

bool Interpreter::Impl::is_refusal(const Item& item) {
  if (item.message) return item.message->command.status() == 0x0122;
  if (!item.pdu) return false;
  if (std::holds_alternative<pdu::AAssociateRj>(*item.pdu)) return true;
  const auto* ac = std::get_if<pdu::AAssociateAc>(&*item.pdu);
  if (ac == nullptr) return false;
  const auto contexts = ac->contexts();
  return std::ranges::any_of(contexts, [](const auto* context) { return context->result != 0; });
}

bool Interpreter::Impl::all_needs_claimed() const {
  const auto needs = scenario_case.needs();
  return !needs.empty() && std::ranges::all_of(needs, [&](const Need& need) {
    return environment.claims && environment.claims(need.claim) == need.claimed;
  });
}

void Interpreter::Impl::stopped(const Step& step, std::string what, std::string expected, std::string actual,
                                const Item* item) {
  const auto where = name_of(step);
  if (telling) {
    outcome.refusal = item != nullptr && is_refusal(*item);
    step_failed(step.stage == Stage::health ? StepOutcome::Failure::health : StepOutcome::Failure::device, where,
                std::move(what), std::move(expected), std::move(actual));
    return;
  }
  cut_short = true;
  if (const auto claim = unexplained_refusal(item)) {
    result.observations.push_back({"refused:" + *claim, actual});
    judge(Verdict::inconclusive,
          fmt::format("the device refused: {}; no profile says whether it supports {}: record it with --profile",
                      actual, *claim),
          std::move(expected), std::move(actual));
  } else {
    switch (step.stage) {
      case Stage::before:
        if (item != nullptr && is_refusal(*item) && all_needs_claimed()) {
          judge(Verdict::fail, fmt::format("the profile claims it, but at {} the device refused: {}", where, actual),
                std::move(expected), std::move(actual));
        } else {
          judge(Verdict::inconclusive, fmt::format("the test did not get to its point: at {}, {}", where, what),
                std::move(expected), std::move(actual));
        }
        break;
      case Stage::judged:
        judge(Verdict::fail, fmt::format("at {}, {}", where, what), std::move(expected), std::move(actual));
        break;
      case Stage::health:
        judge(Verdict::fail, fmt::format("the device does not serve any more after this case: {}: {}", where, what),
              std::move(expected), std::move(actual));
        break;
      case Stage::after:
        judge(Verdict::warning, fmt::format("what was to be judged went well, but then, at {}, {}", where, what),
              std::move(expected), std::move(actual));
        break;
    }
  }
  end();
}

void Interpreter::Impl::own_fault(const Location& at, const std::string& message) {
  if (telling)
    cannot(message);
  else
    cannot(fmt::format("{}:{}:{}: {}", at.file ? *at.file : scenario.file, at.line, at.column, message));
}

void Interpreter::Impl::cannot(std::string why) {
  if (telling) {
    step_failed(StepOutcome::Failure::not_ours, {}, std::move(why), {}, {});
    return;
  }
  judge(Verdict::error, std::move(why));
  end();
}

void Interpreter::Impl::end() {
  if (ended) return;
  ended = true;
  deadline.reset();
  for (auto& one : connections) {
    one->faults.reset();
    if (one->is_open()) {
      if (one->needs_abort()) {
        Built abort;
        abort.bytes = pdu::encode(pdu::AAbort{});
        abort.name = "A-ABORT";
        one->sending(abort, abort.bytes, now);
        commands.push_back(Send{one->id, abort.bytes, {}, {}, false});
      }
      commands.push_back(Close{one->id, trace::Closing::fin, false});
      one->closing(trace::Closing::fin, now);
    } else if (one->state == Connection::State::peer_closed) {
      commands.push_back(Close{one->id, trace::Closing::fin, false});
    }
    one->finish(now);
  }
  for (const auto& listener : listeners)
    if (listener.ready) commands.push_back(StopListening{listener.id});
  judge_findings();
  for (auto& one : connections) {
    if (one->state != Connection::State::opening) {
      result.traces.push_back(one->observer().trace());
      // Accepted connections get their name after they were opened.
      auto& kept = result.traces.back();
      kept.connection = one->name;
      for (auto& finding : kept.findings) {
        finding.connection = one->name;
        if (finding.side == one->our_side() && is_about_the_question(finding)) finding.provoked = true;
      }
    }
    if (one->name == "c1" || (result.termination == trace::Termination::none && !one->synthetic)) {
      result.termination = one->termination();
      result.termination_detail = one->termination_detail();
    }
  }
  result.duration = now - started;
}

bool Interpreter::Impl::ignored(const trace::Finding& finding) const {
  return std::ranges::any_of(scenario.ignored_findings,
                             [&](const IgnoredFinding& one) { return glob(one.rule, finding.rule); });
}

void Interpreter::Impl::judge_findings() {
  result.conversation_worked = result.verdict == Verdict::pass || result.verdict == Verdict::warning;
  for (const auto& one : connections) {
    const auto& findings = one->observer().trace().findings;
    // A script goes on as it was written, whatever the device does: what follows a mistake of the device, or stops
    // half-way because something else came, is no fault of ours.
    const bool device_erred = std::ranges::any_of(findings, [&](const trace::Finding& finding) {
      return finding.side != one->our_side() && finding.severity == trace::Severity::error;
    });
    for (auto finding : findings) {
      finding.connection = one->name;
      if (finding.provoked || ignored(finding)) continue;
      const bool ours = finding.side == one->our_side();
      if (ours) {
        // Whatever the device did then: a scenario that breaks a rule without saying so has to be mended first. Where
        // it was cut short only what it had sent counts, not how the connection then ended.
        const bool sent = !cut_short || finding.pdu_number != 0;
        if (finding.severity == trace::Severity::error && !one->provoked() && !device_erred && sent &&
            !is_about_the_question(finding) && !is_about_objects(finding)) {
          judge(Verdict::error, "Assay itself broke a rule: " + trace::to_line(finding));
        }
        continue;
      }
      // A test that never got to its point fails all the same when the device broke a rule on the way there.
      if (result.verdict == Verdict::fail || result.verdict == Verdict::error) continue;
      const bool about = std::ranges::any_of(scenario.judged_findings,
                                             [&](const std::string& rule) { return glob(rule, finding.rule); });
      if (finding.severity == trace::Severity::error || about) {
        judge(Verdict::fail, "the device broke a rule: " + trace::to_line(finding), finding.expected, finding.found);
        result.deciding_rule = finding.rule;
      } else if (finding.severity == trace::Severity::warning && result.verdict == Verdict::pass) {
        judge(Verdict::warning, trace::to_line(finding), finding.expected, finding.found);
      }
    }
  }
}

bool Interpreter::Impl::skipped() {
  if (!scenario.rows.empty() && !scenario.rows[scenario_case.row].needs.empty()) {
    const auto& claim = scenario.rows[scenario_case.row].needs;
    if (environment.claims && environment.claims(claim) == false) {
      result.verdict = Verdict::skipped;
      result.reason = "the profile does not claim " + claim;
      return true;
    }
  }
  for (const auto& need : scenario_case.needs()) {
    const auto claim = environment.claims ? environment.claims(need.claim) : std::nullopt;
    if (!claim || *claim == need.claimed) continue;
    result.verdict = Verdict::skipped;
    if (const auto why = environment.skip_reasons.find(need.claim); why != environment.skip_reasons.end()) {
      result.reason = why->second;
      return true;
    }
    result.reason =
        need.claimed ? "the profile does not claim " + need.claim : "only for devices that do not claim " + need.claim;
    return true;
  }
  return false;
}

}  // namespace assay::scenario
