#include "harness/app/fuzz_break.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fuzz/device/scenario_text.hpp"
#include "fuzz/findings/reduce.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_reduce.hpp"
#include "harness/app/recorder.hpp"
#include "harness/app/timestamps.hpp"
#include "peers/process.hpp"

namespace assay::app {
namespace {

namespace device = fuzz::device;
using fuzz::Finding;
using fuzz::Kind;
using fuzz::device::Conversation;
using fuzz::device::Do;
using fuzz::device::Step;

constexpr std::size_t most_held = 64;    // of what was held last
constexpr int more_times = 4;            // that a reduced race must break it again
constexpr std::size_t most_tries = 400;  // of one reduction; each is a conversation and a look, often a start

std::ptrdiff_t ends_of(const Conversation& c) {
  return std::ranges::count_if(c.steps,
                               [](const Step& step) { return step.what == Do::fin || step.what == Do::pause; });
}

}  // namespace

std::vector<Finding> findings_of(const fuzz::device::Outcome& outcome, const std::string& subject) {
  std::vector<Finding> out;
  for (const auto& [found, state] : outcome.forbidden) {
    Finding f;
    f.kind = Kind::forbidden_answer;
    f.severity = fuzz::usual_severity(f.kind, found.rule);
    f.subject = subject;
    f.detail = found.rule;
    f.place = found.field;
    f.state = state;
    f.clause = found.clause;
    f.happened = fmt::format("{} of connection {}: found {}, expected {}.", found.field.empty() ? "PDU" : found.field,
                             found.connection, found.found, found.expected);
    f.advice = found.advice;
    out.push_back(std::move(f));
  }
  for (const auto& state : outcome.silences) {
    Finding f;
    f.kind = Kind::hang;
    f.severity = fuzz::Severity::medium;
    f.subject = subject;
    f.detail = "no answer";
    f.state = state;
    f.clause = state.contains("A-") ? "PS3.8 9.2.3" : "PS3.7 7.5";
    f.happened =
        "An answer was due and did not come, on a connection that stayed open; nothing that was sent on it "
        "broke a rule of PS3.7 or PS3.8.";
    f.advice =
        "Answer every request, or abort the association: a peer that hears nothing waits until its time is over.";
    out.push_back(std::move(f));
  }
  return out;
}

Breaks::Breaks(peers::Loop& loop, DeviceWatch& watch, BreakSettings settings)
    : loop_(loop), watch_(watch), settings_(std::move(settings)) {
  for (const auto& stored : read_findings(settings_.findings).findings) known_.insert(stored.finding.id());
}

bool same_breakage(const Finding& one, const Finding& other) {
  // Where it died of the same thing: which frame, or which signal. What it was told last may be another thing.
  // On a busy machine the place may come too late to be told.
  return one.kind == other.kind && one.detail == other.detail &&
         (one.place == other.place || one.place.empty() || other.place.empty());
}

/// Whether a device started afresh is broken in the same way by these, one after the other.
bool Breaks::breaks(const std::vector<Conversation>& all, const Finding& finding) {
  if (!watch_.restart()) return false;
  std::string last;
  for (const auto& one : all) {
    const auto outcome = converse(loop_, settings_.target, one, settings_.talk());
    last = outcome.last;
    if (outcome.refused || settings_.interrupted()) break;
  }
  const auto seen = watch_.look(last);
  return seen && same_breakage(seen->finding, finding);
}

std::vector<Conversation> Breaks::take_tried() {
  const auto tried = std::exchange(tried_, {});
  return {tried.begin(), tried.end()};
}

bool Breaks::tells(const Conversation& conversation, const Finding& finding) {
  tried_.push_back(conversation);
  if (tried_.size() > most_held) tried_.pop_front();
  const auto outcome = converse(loop_, settings_.target, conversation, settings_.talk());
  return std::ranges::any_of(findings_of(outcome, finding.subject), [&](const Finding& f) {
    return f.kind == finding.kind && f.detail == finding.detail && f.state == finding.state;
  });
}

Instant Breaks::reduce_until() const {
  const auto usual = loop_.now() + settings_.reduce;
  return settings_.latest ? std::min(usual, settings_.latest()) : usual;
}

Conversation Breaks::culprit(const Held& held, const Finding& finding) {
  // The newest first: mostly it was that.
  if (breaks({held.back().second}, finding)) return held.back().second;
  std::vector<Conversation> all;
  for (const auto& [number, conversation] : held) all.push_back(conversation);
  if (settings_.interrupted() || all.size() < 2 || !breaks(all, finding)) return {};
  const auto end = reduce_until();
  fuzz::ReduceBudget budget;
  budget.tries = most_tries;
  budget.give_up = [&] { return settings_.interrupted() || loop_.now() >= end; };
  const auto needed = fuzz::reduce_units<Conversation>(
      all, [&](const std::vector<Conversation>& some) { return breaks(some, finding); }, budget);
  auto one = needed.size() == 1 ? needed.front() : device::joined(needed);
  // Beside each other, on connections of one conversation, they must do it as well.
  return needed.size() == 1 || breaks({one}, finding) ? one : Conversation{};
}

Conversation Breaks::reduce(const Conversation& conversation, const Test& still, bool bytes) {
  const auto end = reduce_until();
  fuzz::ReduceBudget budget;
  budget.tries = most_tries;
  budget.give_up = [&] { return settings_.interrupted() || loop_.now() >= end; };
  return reduced(conversation, still, bytes, budget);
}

Broken Breaks::write(Finding finding, const Conversation& small, const Conversation& original,
                     const std::string& before) {
  finding.first_seen = finding.last_seen = utc_timestamp();
  finding.reproduce = repeat_with(finding);
  finding.happened += fmt::format(" The conversation: {}.", steps_in_words(small));
  fuzz::device::ScenarioHead head;
  head.id = "fuzz/device/" + finding.id();
  head.title = fmt::format("After this conversation the device still serves: {}", finding.title());
  head.advice = finding.advice.empty() ? "Look at what the device did with the last bytes of it." : finding.advice;
  head.silence_fails = finding.kind == Kind::hang;

  // The capture is that of one more time, so that it shows what the scenario says.
  CaseRecorder recorder(head.id, unix_time_of_origin(loop_.now()));
  auto options = settings_.talk();
  options.record = [&](std::uint8_t) {
    return recorder.connection(true, fmt::format("assay -> {}:{}", settings_.target.host, settings_.target.port));
  };
  if (watch_.can_restart() && finding.kind != Kind::forbidden_answer) (void)watch_.restart();
  (void)converse(loop_, settings_.target, small, std::move(options));
  const auto capture = recorder.finish();

  FindingFiles files;
  files.emplace_back(finding_input, fuzz::device::to_text(small));
  files.emplace_back(finding_original, fuzz::device::to_text(original));
  files.emplace_back(finding_scenario, fuzz::device::to_scenario(small, head));
  if (!capture.empty()) files.emplace_back(finding_capture, std::string(as_text(capture)));
  if (!finding.report.empty()) files.emplace_back("report.txt", finding.report);
  if (!before.empty()) files.emplace_back("before.txt", before);
  return keep(std::move(finding), files);
}

/// The command line that shows it once more.
std::string Breaks::repeat_with(const Finding& finding) const {
  const auto folder = peers::shell_quote((settings_.findings / finding.slug()).string());
  const auto device = settings_.start.empty()
                          ? fmt::format("--target {}:{}", settings_.target.host, settings_.target.port)
                          : "--start " + peers::shell_quote(settings_.start);
  return fmt::format("assay fuzz replay {} {}{}", folder, device, settings_.options);
}

/// Of what the watch has seen by itself, with the scenario that shows it.
Broken Breaks::write_own(Finding finding, const std::string& scenario) {
  finding.first_seen = finding.last_seen = utc_timestamp();
  finding.reproduce = repeat_with(finding);
  return keep(std::move(finding), {{finding_scenario, scenario}});
}

Broken kept(const std::filesystem::path& folder, Finding finding, const FindingFiles& files) {
  Broken out;
  if (auto there = keep_finding(folder, finding, files)) {
    out.fresh = there->fresh;
    out.folder = there->folder;
  } else {
    out.trouble = there.error();
  }
  out.finding = std::move(finding);
  return out;
}

Broken Breaks::keep(Finding finding, const FindingFiles& files) {
  known_.insert(finding.id());
  return kept(settings_.findings, std::move(finding), files);
}

Broken Breaks::seen(Observed observed, const Held& held) {
  auto& finding = observed.finding;
  const auto restart = [&](Broken out) {
    if (observed.of_no_use && watch_.can_restart())
      if (auto again = watch_.restart(); !again) out.trouble = "the device does not start again: " + again.error();
    if (observed.of_no_use && !watch_.can_restart()) out.trouble = "the device is of no use any more: start it again";
    return out;
  };
  const auto& last = held.back().second;
  // It is kept before anything else is tried: whoever stops us now finds it.
  if (knows(finding)) {
    finding.first_seen = finding.last_seen = utc_timestamp();
    Broken out{.finding = finding, .folder = {}, .trouble = {}};
    if (auto kept = keep_finding(settings_.findings, finding, {}); !kept)
      out.trouble = kept.error();
    else
      out.folder = kept->folder;
    return restart(std::move(out));
  }
  if (!observed.scenario.empty()) return restart(write_own(finding, observed.scenario));
  finding.reproducible = false;
  // What was held before it lies beside it: one of those, or all together, may have done it.
  std::string before;
  for (const auto& [number, conversation] : held)
    before += fmt::format("execution {}\n{}\n", number, fuzz::device::to_text(conversation));
  auto out = write(finding, last, last, before);
  if (!watch_.can_restart() || !observed.of_this_execution || settings_.interrupted() ||
      (settings_.known && settings_.known(finding)))
    return restart(std::move(out));
  if (auto found = culprit(held, finding); !found.steps.empty()) {
    finding.reproducible = true;
    const auto fresh = out.fresh;
    finding.times = 0;  // it is counted already
    // The ends between conversations that were held one after the other stay: without them they race.
    const auto ends = ends_of(found);
    const bool in_order = found.from.contains(device::joined_with);
    const Test still = [&](const Conversation& c) { return (!in_order || ends_of(c) == ends) && breaks({c}, finding); };
    auto small = reduce(found, still, true);
    // Beside each other two connections race: what broke it by luck once is no reproduction.
    const bool races = std::ranges::any_of(small.steps, [](const Step& step) { return step.line > 0; });
    for (int times = 0; races && times < more_times; ++times) {
      if (settings_.interrupted() || still(small)) continue;
      small = found;
      break;
    }
    out = write(finding, small, found);
    out.fresh = fresh;
  }
  return restart(std::move(out));
}

Broken Breaks::told(Finding finding, std::uint64_t /*number*/, const Conversation& conversation) {
  if (knows(finding)) {
    finding.first_seen = finding.last_seen = utc_timestamp();
    Broken out{.finding = finding, .folder = {}, .trouble = {}};
    if (auto kept = keep_finding(settings_.findings, finding, {}); !kept) out.trouble = kept.error();
    return out;
  }
  const Test still = [&](const Conversation& c) { return tells(c, finding); };
  finding.reproducible = still(conversation);
  if (!finding.reproducible && finding.kind == Kind::hang)
    return {.finding = finding, .unsure = true, .folder = {}, .trouble = {}};
  return write(finding, finding.reproducible ? reduce(conversation, still, finding.kind != Kind::hang) : conversation,
               conversation);
}

}  // namespace assay::app
