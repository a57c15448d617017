// Cases whose steps are told one by one: a script decides what comes next when it has seen what came back.
// Tests: tests/unit/scenario/told_steps_test.cpp
#include <fmt/format.h>

#include "harness/scenario/run.hpp"

namespace assay::scenario {

void Interpreter::wait_for_steps() {
  impl_->telling = true;
  impl_->program.clear();
}

bool Interpreter::idle() const {
  const auto& s = *impl_;
  return s.telling && s.running && !s.ended && s.frames.size() == 1 && s.frames.front().at >= s.program.size();
}

void Interpreter::tell(const Element& step, Instant now) {
  auto& s = *impl_;
  if (!idle()) return;
  s.now = now;
  s.outcome = {};
  s.told = program_of(step, s.told_accepted, s.told_health_checks);
  s.begun = false;
  s.leaving = false;
  s.deadline.reset();
  s.frames.push_back({&s.told, 0, nullptr, 1});
  s.run();
}

StepOutcome Interpreter::take_outcome() { return std::exchange(impl_->outcome, {}); }

void Interpreter::Impl::step_failed(StepOutcome::Failure failure, std::string where, std::string what,
                                    std::string expected, std::string actual) {
  outcome.failure = failure;
  outcome.where = std::move(where);
  outcome.what = std::move(what);
  outcome.expected = std::move(expected);
  outcome.actual = std::move(actual);
  frames.resize(1);
  begun = false;
  deadline.reset();
}

void Interpreter::observe(std::string name, std::string value) {
  impl_->result.observations.push_back({std::move(name), std::move(value)});
}

void Interpreter::conclude(const Conclusion& conclusion, Instant now) {
  auto& s = *impl_;
  if (s.ended) return;
  s.now = now;
  s.cut_short = conclusion.verdict != Verdict::pass && conclusion.verdict != Verdict::warning;
  auto verdict = conclusion.verdict;
  auto reason = conclusion.reason;
  if (conclusion.refusal && verdict != Verdict::error) {
    std::string unknown;
    for (const auto& need : s.scenario.needs)
      if (!s.environment.claims || !s.environment.claims(need.claim))
        unknown += (unknown.empty() ? "" : ", ") + need.claim;
    if (!unknown.empty()) {
      verdict = Verdict::inconclusive;
      reason = fmt::format("the device refused: {}; no profile says whether it supports {}: record it with --profile",
                           conclusion.actual, unknown);
      s.result.observations.push_back({"refused:" + unknown, conclusion.actual});
    } else if (s.all_needs_claimed()) {
      verdict = Verdict::fail;
      reason = "the profile claims it, but the device refused: " + conclusion.actual;
    }
  }
  if (verdict == Verdict::skipped) {
    s.result.verdict = verdict;
    s.result.reason = std::move(reason);
  } else if (verdict != Verdict::pass) {
    s.judge(verdict, std::move(reason), conclusion.expected, conclusion.actual);
  }
  // What a step in hand was waiting for is not waited for any more.
  s.frames.clear();
  s.begun = false;
  s.deadline.reset();
  s.run();
}

const trace::Trace* Interpreter::trace_of(std::string_view connection) const {
  auto* found = impl_->connection_named(connection);
  return found == nullptr ? nullptr : &found->observer().trace();
}

const Dialogue* Interpreter::dialogue_of(std::string_view connection) const {
  const auto* found = impl_->connection_named(connection);
  return found == nullptr ? nullptr : &found->dialogue;
}

std::string Interpreter::variable(std::string_view name) const { return impl_->variable(name); }

std::expected<Bytes, std::string> Interpreter::encode(const Element& data_set, std::string_view transfer_syntax) {
  std::string sop_class;
  std::string sop_instance;
  auto built = build_data_set(data_set, transfer_syntax, sop_class, sop_instance, impl_->build_input());
  if (!built) return std::unexpected(built.error().message);
  return std::move(built->bytes);
}

}  // namespace assay::scenario
