#include "harness/app/fuzz_break_scp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fuzz/device/scenario_text.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_reduce.hpp"
#include "harness/app/recorder.hpp"
#include "harness/app/timestamps.hpp"

namespace assay::app {
namespace {

using fuzz::Finding;
using fuzz::Kind;
using fuzz::device::Conversation;

constexpr std::size_t most_tries = 400;  // of one reduction; each is a conversation and a start
/// What counts as not ending while a hang is made smaller: so many times what the sane one takes, within these.
constexpr Duration least_end = std::chrono::milliseconds(700);
constexpr int times_usual = 10;

bool same(const Finding& seen, const Finding& wanted) {
  if (wanted.kind == Kind::hang) return seen.kind == Kind::hang;  // how busy it is may change with its length
  return seen.kind == wanted.kind && seen.detail == wanted.detail && seen.place == wanted.place;
}

}  // namespace

ReplyBreaks::ReplyBreaks(peers::Loop& loop, DeviceCaller& caller, ReplyBreakSettings settings)
    : loop_(loop), caller_(caller), settings_(std::move(settings)) {
  for (const auto& stored : read_findings(settings_.findings).findings) known_.insert(stored.finding.id());
}

/// Whether a device started afresh is broken by this conversation in the same way.
bool ReplyBreaks::breaks(const Conversation& conversation, const Finding& finding, Duration end) {
  caller_.afresh();
  const auto met = caller_.meet(conversation, settings_.talk(), end);
  return met.broken && same(*met.broken, finding);
}

bool ReplyBreaks::tells(const Conversation& conversation, const Finding& finding) {
  const auto met = caller_.meet(conversation, settings_.talk());
  return std::ranges::any_of(findings_of(met.outcome, finding.subject), [&](const Finding& f) {
    return f.kind == finding.kind && f.detail == finding.detail && f.state == finding.state;
  });
}

Conversation ReplyBreaks::smaller(const Conversation& conversation, const Test& still, bool bytes) {
  const auto end = loop_.now() + settings_.reduce;
  fuzz::ReduceBudget budget;
  budget.tries = most_tries;
  budget.give_up = [&] { return settings_.interrupted() || loop_.now() >= end; };
  return reduced(conversation, still, bytes, budget);
}

Broken ReplyBreaks::keep(Finding finding, const FindingFiles& files) {
  known_.insert(finding.id());
  return kept(settings_.findings, std::move(finding), files);
}

Broken ReplyBreaks::again(Finding finding) {
  finding.first_seen = finding.last_seen = utc_timestamp();
  return keep(std::move(finding), {});
}

Broken ReplyBreaks::write(Finding finding, const Conversation& small, const Conversation& original,
                          const std::string& before) {
  finding.first_seen = finding.last_seen = utc_timestamp();
  finding.reproduce = fmt::format("assay run {} {}", (settings_.findings / finding.slug() / finding_scenario).string(),
                                  settings_.run_options);
  finding.happened += fmt::format(" The conversation, from the side that was called: {}.", steps_in_words(small));
  fuzz::device::ScenarioHead head;
  head.id = "fuzz/device/" + finding.id();
  head.title = fmt::format("After these answers the device goes on: {}", finding.title());
  head.advice = finding.advice.empty() ? "Look at what the device did with the last bytes of it." : finding.advice;
  head.answers = true;
  head.quick = std::max<Duration>(settings_.talk().quick, std::chrono::milliseconds(200));
  head.silence_fails = finding.kind == Kind::hang && finding.detail == "no answer";
  if (caller_.options().calls == Calls::once) head.ends_within = caller_.options().end;

  // The capture is that of one more time, so that it shows what the scenario says.
  CaseRecorder recorder(head.id, unix_time_of_origin(loop_.now()));
  auto options = settings_.talk();
  options.record = [&](std::uint8_t) { return recorder.connection(false, "device -> assay"); };
  if (finding.kind != Kind::forbidden_answer) caller_.afresh();
  if (!settings_.interrupted()) (void)caller_.meet(small, std::move(options));
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

Broken ReplyBreaks::seen(const Met& met, const Held& held) {
  auto finding = *met.broken;
  if (known_.contains(finding.id())) return again(std::move(finding));
  const auto& last = held.back().second;
  finding.reproducible = false;
  // What was held before it lies beside it: one of those, or all together, may have done it.
  std::string before;
  if (caller_.options().calls != Calls::once)
    for (const auto& [number, conversation] : held)
      before += fmt::format("execution {}\n{}\n", number, fuzz::device::to_text(conversation));
  // It is kept before anything else is tried: whoever stops us now finds it.
  auto out = write(finding, last, last, before);
  if (!caller_.can_start() || !met.of_this_one || settings_.interrupted()) return out;
  const auto full = caller_.options().end;
  const auto quick = finding.kind == Kind::hang
                         ? std::clamp<Duration>(times_usual * settings_.usual_end, std::min(least_end, full), full)
                         : full;
  if (!breaks(last, finding, full)) return out;
  finding.reproducible = true;
  const auto small = smaller(last, [&](const Conversation& c) { return breaks(c, finding, quick); }, true);
  const bool holds = quick == full || breaks(small, finding, full);
  const auto fresh = out.fresh;
  finding.times = 0;  // it is counted already
  out = write(finding, holds ? small : last, last);
  out.fresh = fresh;
  return out;
}

Broken ReplyBreaks::told(Finding finding, const Conversation& conversation) {
  if (known_.contains(finding.id())) return again(std::move(finding));
  const Test still = [&](const Conversation& c) { return tells(c, finding); };
  finding.reproducible = still(conversation);
  if (!finding.reproducible && finding.kind == Kind::hang)
    return {.finding = finding, .unsure = true, .folder = {}, .trouble = {}};
  return write(finding, finding.reproducible ? smaller(conversation, still, finding.kind != Kind::hang) : conversation,
               conversation);
}

}  // namespace assay::app
