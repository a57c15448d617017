#include "harness/app/fuzz_device_scp.hpp"

#include <algorithm>

#include "harness/app/fuzz_device_scp_run.hpp"
#include "harness/app/timestamps.hpp"

namespace assay::app {
namespace {

namespace device = fuzz::device;

constexpr std::size_t held_back = 64;  // conversations that may have broken a device which goes on
/// Of the whole time, and within these, is spent on making one finding smaller.
constexpr int reduce_part = 6;
constexpr Duration least_reduce = std::chrono::seconds(4);
constexpr Duration most_reduce = std::chrono::seconds(40);
constexpr int silent_starts = 5;  // in a row: it does not call any more

}  // namespace

void FuzzDeviceScpRun::tell(const Broken& broken) {
  const auto& f = broken.finding;
  if (f.kind == fuzz::Kind::hang && !f.state.empty()) (f.detail == "no answer" ? silences_ : endless_).insert(f.state);
  tally_.found(broken);
}

/// A device that is started and does not call is no longer what was recorded; once may be an accident.
bool FuzzDeviceScpRun::calls_still(const Met& met) {
  if (!met.trouble.empty()) {
    tally_.trouble = met.trouble;
    return false;
  }
  if (!met.outcome.refused) {
    not_called_ = 0;
    return true;
  }
  if (++not_called_ >= silent_starts || options_.start.empty())
    tally_.trouble = "the device calls no more: " + met.outcome.refused_why;
  return false;
}

void FuzzDeviceScpRun::execute(std::uint64_t number, const device::Guide::Choice& choice) {
  device::Random random(seed_, number);
  auto conversation = device::mutated_replies(guide_.kept()[choice.parent].conversation,
                                              guide_.kept()[choice.donor].conversation, random);
  if (!tally_.saved(folder_.run(number, choice))) return;
  tally_.executed(conversation.kind);
  const auto met = caller_->meet(conversation, talk());
  if (tally_.interrupted) return;
  if (!calls_still(met) && !met.broken) return;
  held_.emplace_back(number, conversation);
  if (held_.size() > held_back) held_.pop_front();
  note(met, number, std::move(conversation));
}

void FuzzDeviceScpRun::note(const Met& met, std::uint64_t number, device::Conversation conversation) {
  tally_.reached(met.outcome.cells);
  if (met.broken) {
    tell(breaks_->seen(met, held_));
    held_.clear();
  } else {
    for (auto& finding : findings_of(met.outcome, subject())) {
      if (finding.kind == fuzz::Kind::hang) silences_.erase(finding.state);
      tell(breaks_->told(finding, conversation));
      if (tally_.interrupted || !tally_.trouble.empty()) return;
    }
  }
  // What breaks it is not kept: everything behind it would break it again.
  if (guide_.note(met.outcome.features) && !met.broken) {
    const auto kept = guide_.add(std::move(conversation), met.outcome.features, number);
    tally_.saved(folder_.keep(kept, guide_.kept()[kept]));
  }
}

void FuzzDeviceScpRun::campaign() {
  seeds_ = static_cast<std::size_t>(std::ranges::count(guide_.kept(), 0U, &device::Kept::execution));
  tally_.begin();
  while (tally_.more()) {
    // The choice is of its own seed: what is done with it does not depend on how it came about.
    device::Random random(seed_ ^ 0x5deece66dULL, ++number_);
    auto choice = guide_.choose(random);
    // Most of what is kept was broken early; every other time it is the sane answers that are changed once more.
    if (random.chance(2)) choice.parent = random.below(seeds_);
    execute(number_, choice);
    tally_.progress(guide_);
    tally_.pace();
  }
  tally_.end();
}

int FuzzDeviceScpRun::again() {
  const auto& runs = folder_.log().runs;
  const auto found = std::ranges::find(runs, *options_.execution, &device::LoggedRun::execution);
  if (found == runs.end()) {
    fail(fmt::format("--execution {}: {} holds no such execution; its last is {}", *options_.execution, options_.out,
                     runs.empty() ? 0 : runs.back().execution),
         exit_codes::usage);
    return code_;
  }
  device::Random random(seed_, found->execution);
  const auto& parent = guide_.kept()[found->choice.parent].conversation;
  auto conversation = device::mutated_replies(parent, guide_.kept()[found->choice.donor].conversation, random);
  console_.text(fmt::format("Execution {}: {} of {}\n", found->execution, conversation.from, parent.from));
  tally_.begin();
  tally_.executed(conversation.kind);
  const auto met = caller_->meet(conversation, talk());
  for (const auto& one : met.outcome.traces) console_.text(trace::to_text(one));
  held_.assign(1, {found->execution, conversation});
  if (calls_still(met) || met.broken) {
    if (met.broken)
      tell(breaks_->seen(met, held_));
    else
      for (auto& finding : findings_of(met.outcome, subject())) tell(breaks_->told(finding, conversation));
  }
  tally_.end();
  return finish();
}

int FuzzDeviceScpRun::finish() {
  tally_.tell_counts(guide_);
  tally_.tell_places(folder_);
  return tally_.finish(folder_, subject(), started_);
}

int FuzzDeviceScpRun::run() {
  started_ = local_timestamp();
  if (options_.json) console_.text_to_stderr();
  if (!check()) return exit_codes::usage;
  loop_.on_signal([this](int) {
    tally_.interrupted = true;
    loop_.stop();
  });
  if (!begin()) return code_;
  if (!record()) return tally_.interrupted ? exit_codes::interrupted : code_;
  ReplyBreakSettings b;
  b.talk = [this] { return talk(); };
  b.findings = folder_.findings();
  b.run_options =
      options_.start.empty() ? fmt::format("--listen {}", port_) : "--dut-act " + peers::shell_quote(options_.start);
  b.interrupted = [this] { return tally_.interrupted; };
  b.reduce = std::clamp<Duration>(options_.time / reduce_part, least_reduce, most_reduce);
  try_seeds();
  b.usual_end = usual_end_;
  breaks_ = std::make_unique<ReplyBreaks>(loop_, *caller_, std::move(b));
  for (auto& [finding, conversation] : sane_)
    if (!tally_.interrupted && tally_.trouble.empty()) tell(breaks_->told(finding, conversation));
  if (sane_broken_ && !tally_.interrupted) {
    tell(breaks_->seen(*sane_broken_, held_));
    console_.text("the device breaks on the very answers that were recorded: nothing is changed as long as it does\n");
  } else if (options_.execution && !tally_.interrupted && tally_.trouble.empty()) {
    return again();
  } else if (tally_.trouble.empty()) {
    campaign();
  }
  return finish();
}

int fuzz_device_scp(const FuzzDeviceOptions& options, Console& console) {
  return FuzzDeviceScpRun(options, console).run();
}

}  // namespace assay::app
