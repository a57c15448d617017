#include "harness/app/fuzz_device.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fuzz/device/mutate.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_device_run.hpp"
#include "harness/app/home.hpp"
#include "harness/app/timestamps.hpp"

namespace assay::app {
namespace {

namespace device = fuzz::device;

/// What may have broken a device whose health was asked last so many conversations ago.
constexpr std::size_t held_back = 64;
/// How long an answer that need not come is waited for: four times what half of the last answers took, and no less than
/// nine of ten took, within these.
constexpr Duration least_quick = std::chrono::milliseconds(20);
constexpr Duration most_quick = std::chrono::milliseconds(500);
constexpr std::size_t answers_kept = 64;
/// Every so many conversations are made for the pair of a place and what is said there that was tried least.
constexpr unsigned aim_one_in = 3;
/// The device still does what the end of a conversation made it do: its coverage is read when it has counted nothing
/// for one of these, or after so many.
constexpr Duration coverage_calm = std::chrono::milliseconds(1);
constexpr int coverage_looks = 20;

}  // namespace

void FuzzDeviceRun::tell(const Broken& broken) {
  const auto& f = broken.finding;
  if (f.kind == fuzz::Kind::hang && !f.state.empty()) silences_.insert(f.state);
  tally_.found(broken);
}

void FuzzDeviceRun::learn_quick(Duration slowest) {
  if (slowest == Duration{0}) return;
  answers_.push_back(slowest);
  if (answers_.size() > answers_kept) answers_.pop_front();
  std::vector<Duration> sorted(answers_.begin(), answers_.end());
  std::ranges::sort(sorted);
  quick_ = std::clamp<Duration>(std::max(4 * sorted[sorted.size() / 2], sorted[sorted.size() * 9 / 10]), least_quick,
                                most_quick);
}

void FuzzDeviceRun::execute(std::uint64_t number, const device::Guide::Choice& choice) {
  device::Random random(seed_, number);
  const auto& parent = guide_.kept()[choice.parent].conversation;
  auto conversation = device::mutated(parent, guide_.kept()[choice.donor].conversation, random, choice.aim);
  if (!tally_.saved(folder_.run(number, choice))) return;
  tally_.executed(conversation.kind);
  const auto begun = loop_.now();
  auto outcome = hold(conversation);
  if (tally_.interrupted) return;
  spent_.talks += loop_.now() - begun;
  spent_.waits += outcome.waits;
  learn_quick(outcome.slowest);
  held_.emplace_back(number, conversation);
  if (held_.size() > held_back) held_.pop_front();
  note(outcome, number, std::move(conversation));
}

/// One conversation, and which code of the device it reached where that is offered.
device::Outcome FuzzDeviceRun::hold(const device::Conversation& conversation) {
  if (coverage_ != nullptr) coverage_->clear();
  auto outcome = converse(loop_, target_, conversation, talk());
  tally_.saved(folder_.pairs(pairs_.note(outcome.traces)));
  if (coverage_ == nullptr) return outcome;
  auto before = coverage_->digest();
  for (int looks = 0; looks < coverage_looks && !tally_.interrupted; ++looks) {
    loop_.wait_until([this] { return tally_.interrupted; }, coverage_calm);
    if (const auto now = coverage_->digest(); std::exchange(before, now) == now) break;
  }
  const auto code = coverage_->take();
  outcome.features.insert(outcome.features.begin(), code.begin(), code.end());  // sorted: they are the smaller ones
  return outcome;
}

/// Code that is new, and that the same conversation does not reach again: of time or of chance. Everything would be new
/// to a guide that keeps such. They are counted as seen, so each costs one repetition.
std::vector<std::uint64_t> FuzzDeviceRun::unsteady(const std::vector<std::uint64_t>& features, std::uint64_t number,
                                                   const device::Conversation& conversation) {
  auto fresh = guide_.new_code(features);
  if (coverage_ == nullptr || fresh.empty()) return {};
  const auto again = hold(conversation);
  if (tally_.interrupted) return fresh;
  held_.emplace_back(number, conversation);
  const bool odd = again.refused || again.dropped || !again.silences.empty();
  if (auto seen = watch_->after({number, again.last, odd})) {
    tell(breaks_->seen(std::move(*seen), held_));
    held_.clear();
    return fresh;
  }
  std::erase_if(fresh, [&](auto feature) { return std::ranges::binary_search(again.features, feature); });
  return fresh;
}

void FuzzDeviceRun::note(const device::Outcome& outcome, std::uint64_t number, device::Conversation conversation) {
  tally_.reached(outcome.cells);
  // Closing without a word is how many devices answer what they cannot read: once for each place it is asked at once
  // whether it still serves, and then as after any other conversation.
  const bool dropped = outcome.dropped && dropped_at_.insert(outcome.last).second;
  const bool odd = outcome.refused || dropped || !outcome.silences.empty();
  const auto begun = loop_.now();
  auto seen = watch_->after({number, outcome.last, odd});
  if (tally_.interrupted) return;
  const auto watched = loop_.now();
  spent_.watch += watched - begun;
  const bool broken = seen.has_value();
  if (seen) {
    tell(breaks_->seen(std::move(*seen), held_));
    held_.clear();
  }
  if (!broken)
    for (auto& finding : findings_of(outcome, subject())) {
      if (finding.kind == fuzz::Kind::hang) silences_.erase(finding.state);
      tell(breaks_->told(finding, number, conversation));
      if (tally_.interrupted || !tally_.trouble.empty()) return;
      look_after_told(number, outcome.last);
      if (tally_.interrupted || !tally_.trouble.empty()) return;
    }
  spent_.findings += loop_.now() - watched;
  if (!tally_.saved(folder_.saw(number, outcome.features))) return;
  // What breaks it is not kept: everything behind it would break it again.
  const auto chance = broken ? std::vector<std::uint64_t>{} : unsteady(outcome.features, number, conversation);
  if (tally_.interrupted) return;
  guide_.note(chance);
  auto led_to = guide_.worth(outcome.features);
  if (guide_.note(outcome.features) && !broken && !guide_.full()) {
    const auto kept = guide_.add(std::move(conversation), std::move(led_to), number);
    tally_.saved(folder_.keep(kept, guide_.kept()[kept]));
  }
}

/// What was held to make a finding smaller may have broken the device in its turn.
void FuzzDeviceRun::look_after_told(std::uint64_t number, const std::string& last) {
  auto tried = breaks_->take_tried();
  if (tried.empty()) return;
  for (auto& one : tried) held_.emplace_back(number, std::move(one));
  while (held_.size() > held_back) held_.pop_front();
  if (auto seen = watch_->look(last)) {
    tell(breaks_->seen(std::move(*seen), held_));
    held_.clear();
  }
}

void FuzzDeviceRun::campaign() {
  tally_.begin();
  while (tally_.more()) {
    // The choice is of its own seed: what is done with it does not depend on how it came about.
    device::Random random(seed_ ^ 0x5deece66dULL, ++number_);
    auto choice = guide_.choose(random);
    // What the state table and DIMSE have, and nobody has said there yet, is tried on purpose.
    if (random.chance(aim_one_in)) {
      choice.aim = pairs_.choose(random);
      pairs_.aimed(*choice.aim);
    }
    execute(number_, choice);
    tally_.progress(guide_, coverage_ != nullptr ? fmt::format(", {} edges", coverage_->edges()) : std::string());
    tally_.pace();
  }
  tally_.end();
  if (tally_.trouble.empty() && !tally_.interrupted && tally_.count() > 0)
    if (auto seen = watch_->look_at_all("at the end"); seen && !held_.empty())
      tell(breaks_->seen(std::move(*seen), held_));
}

int FuzzDeviceRun::again() {
  const auto& runs = folder_.log().runs;
  const auto found = std::ranges::find(runs, *options_.execution, &device::LoggedRun::execution);
  if (found == runs.end())
    return fail(fmt::format("--execution {}: {} holds no such execution; its last is {}", *options_.execution,
                            options_.out, runs.empty() ? 0 : runs.back().execution),
                exit_codes::usage);
  device::Random random(seed_, found->execution);
  const auto& kept = guide_.kept();
  auto conversation = device::mutated(kept[found->choice.parent].conversation, kept[found->choice.donor].conversation,
                                      random, found->choice.aim);
  console_.text(fmt::format("Execution {}: {} of {}\n", found->execution, conversation.from,
                            kept[found->choice.parent].conversation.from));
  tally_.begin();
  tally_.executed(conversation.kind);
  const auto outcome = converse(loop_, target_, conversation, talk());
  for (const auto& one : outcome.traces) console_.text(trace::to_text(one));
  held_.emplace_back(found->execution, conversation);
  if (auto seen = watch_->look(outcome.last)) {
    tell(breaks_->seen(std::move(*seen), held_));
  } else {
    for (auto& finding : findings_of(outcome, subject())) tell(breaks_->told(finding, found->execution, conversation));
  }
  tally_.end();
  return finish();
}

int FuzzDeviceRun::run() {
  started_ = local_timestamp();
  if (options_.json) console_.text_to_stderr();
  if (!check()) return exit_codes::usage;
  loop_.on_signal([this](int) {
    tally_.interrupted = true;
    loop_.stop();
  });
  if (!resolve() || !begin()) return code_;
  if (!seeds()) {
    if (tally_.interrupted) return exit_codes::interrupted;
    return code_ != exit_codes::ok ? code_ : fail(tally_.trouble, exit_codes::usage);
  }
  if (options_.execution) return again();
  campaign();
  return finish();
}

int fuzz_device(const FuzzDeviceOptions& options, Console& console) { return FuzzDeviceRun(options, console).run(); }

}  // namespace assay::app
