// The campaign while it runs: rounds of targets on so many cores, what they break handed to the crash desk, the state
// on disk every other second.
//
// Each round is one plain process of libFuzzer and not its -fork=1. That mode starts processes of its own, which would
// live on when Assay is killed, and brings what they found into the corpus only when they end; a plain process writes
// each input at once and dies with us. What fork mode is for, going on behind a crash, is starting it again.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <system_error>

#include "fuzz/campaign/screen.hpp"
#include "fuzz/campaign/status_line.hpp"
#include "harness/app/fuzz_campaign.hpp"
#include "harness/app/fuzz_campaign_crashes.hpp"
#include "harness/app/fuzz_campaign_round.hpp"
#include "harness/app/home.hpp"
#include "peers/process.hpp"
#include "peers/ticker.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

constexpr auto tick = std::chrono::seconds(1);
constexpr auto grace = std::chrono::seconds(2);  // for a target to end when it is asked to
constexpr std::size_t kept_output = 256U << 10;  // a sanitizer's report stands before libFuzzer's last words
constexpr unsigned max_breaks = 50;              // in one round
constexpr int max_broken_starts = 3;             // in a row, before the target is given up
constexpr unsigned piped_every = 10;             // ticks between lines in a pipe

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class Engine {
 public:
  Engine(const CampaignFolder& folder, const std::vector<CampaignTarget>& targets, fuzz::CampaignState& state,
         std::size_t jobs, Console& console)
      : folder_(folder),
        targets_(targets),
        state_(state),
        jobs_(jobs),
        console_(console),
        schedule_(lanes(targets, state)),
        desk_(loop_, folder, targets, [this] { step(); }),
        broken_starts_(targets.size()) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      corpus_.push_back(files_in(folder_.corpus(targets_[i].name())));
      desk_.collect(i, "", {});
      state_.targets[targets_[i].name()].trouble.clear();
    }
    length_ =
        fuzz::round_length(std::chrono::seconds(static_cast<std::int64_t>(state_.wanted)), targets_.size(), jobs_);
  }

  CampaignRun run() {
    loop_.on_signal([this](int) { interrupt(); });
    last_ = loop_.now();
    const peers::Ticker ticker(loop_, tick, [this] { each_second(); });
    step();
    loop_.run_until([this] { return over() && rounds_.empty() && desk_.idle(); });
    draw(true);
    save();
    return {interrupted_, desk_.complaints(), desk_.still_broken(), desk_.not_again()};
  }

 private:
  struct Round {
    std::size_t target = 0;
    std::unique_ptr<peers::Process> process;
    fuzz::Progress progress;
    Instant began;  // the round
    Instant heard;  // when it said something last
    std::size_t said = 0;
    bool values = false;  // -use_value_profile=1
    bool pruning = false;
    unsigned breaks = 0;
    std::uint64_t gained = 0;
    bool ended = false;
  };

  static std::vector<fuzz::Lane> lanes(const std::vector<CampaignTarget>& targets, fuzz::CampaignState& state) {
    std::vector<fuzz::Lane> out;
    for (const auto& target : targets) {
      auto lane = state.targets[target.name()].lane;
      lane.weight = target.share;
      lane.out = false;
      out.push_back(lane);
    }
    return out;
  }

  fuzz::TargetState& state_of(const Round& round) { return state_.targets[targets_[round.target].name()]; }
  double left() const { return state_.wanted - state_.spent; }
  bool none_runs() const {
    return std::ranges::all_of(schedule_.lanes(), [](const auto& lane) { return lane.out; });
  }
  bool over() const { return interrupted_ || left() < 1 || none_runs(); }

  void interrupt() {
    if (interrupted_) {
      desk_.give_up();
      return;
    }
    interrupted_ = true;
    desk_.hurry();
    for (const auto& round : rounds_)
      if (round->process) round->process->terminate(grace);
    step();
  }

  /// Everything that can be begun is begun.
  void step() {
    reap();
    if (over()) desk_.no_more_old();
    desk_.step();
    while (!over() && rounds_.size() + (desk_.busy() ? 1 : 0) < std::max<std::size_t>(jobs_, desk_.busy() ? 2 : 1)) {
      const auto next = schedule_.next();
      if (!next) break;
      auto round = std::make_unique<Round>();
      round->target = *next;
      round->began = loop_.now();
      auto& state = state_of(*round);
      round->values = fuzz::uses_value_profile(schedule_.lanes()[*next].rounds);
      round->pruning = wants_pruning(corpus_[*next], state.pruned) && left() > 5;
      schedule_.started(*next);
      rounds_.push_back(std::move(round));
      launch(*rounds_.back());
    }
    reap();
  }

  void reap() {
    std::erase_if(rounds_, [](const auto& round) { return round->ended; });
  }

  /// A process for what is left of the round.
  void launch(Round& round) {
    const auto& target = targets_[round.target];
    const auto rest = std::min(in_seconds(length_) - in_seconds(loop_.now() - round.began), left());
    RoundWords words;
    words.seconds = static_cast<unsigned>(std::max(1.0, rest + 0.5));
    words.seed = 1 + state_of(round).lane.rounds * 100 + round.breaks + schedule_.lanes()[round.target].rounds * 100;
    words.values = round.values;
    peers::ProcessOptions options;
    options.argv = round.pruning ? pruning_command(target, folder_) : round_command(target, folder_, words);
    options.environment = fuzzing_environment();
    options.keep_output = kept_output;
    options.core_files = false;
    round.progress = {};
    round.said = 0;
    round.heard = loop_.now();
    auto started = peers::Process::start(loop_, std::move(options));
    if (!started) {
      give_up_target(round, started.error());
      return;
    }
    round.process = std::move(*started);
    round.process->on_end([this, &round] { ended(round); });
  }

  void ended(Round& round) {
    const auto& target = targets_[round.target];
    const auto output = round.process->output();
    const auto code = round.process->exit_code();
    const auto ending = ending_of(*round.process);
    round.process.reset();
    if (auto done = write_text(folder_.log(target.name()), output); !done) complain(done.error());
    auto& state = state_of(round);
    if (round.pruning) {
      state.pruned = finish_pruning(target, folder_, code == 0).value_or(corpus_[round.target]);
      finish(round);
      return;
    }
    fuzz::read_progress(output, round.progress);
    const auto& p = round.progress;
    state.runs += p.runs;
    state.coverage = std::max(state.coverage, p.coverage);
    if (!round.values) state.features = std::max(state.features, p.features);
    // Compared values are features, too: of a round that compares them only new edges count.
    if (p.ready)
      round.gained += round.values ? p.coverage - std::min(p.first_coverage, p.coverage)
                                   : p.features - std::min(p.first_features, p.features);
    if (code == 0 || interrupted_) {
      desk_.collect(round.target, output, ending);
      broken_starts_[round.target] = 0;
      finish(round);
      return;
    }
    ++round.breaks;
    ++state.crashes;
    const bool new_start = p.ready || set_aside_breaking(target, folder_);
    const auto artifacts = desk_.collect(round.target, output, ending);
    if (artifacts == 0) {
      if (auto finding = fuzz::finding_of(output, ending); finding && p.ready)
        desk_.keep_without_input(round.target, *finding);
    }
    broken_starts_[round.target] = new_start ? 0 : broken_starts_[round.target] + 1;
    if (broken_starts_[round.target] >= (artifacts == 0 ? 1 : max_broken_starts)) {
      give_up_target(round, fmt::format("it ended with {} before it had begun:\n{}",
                                        code ? fmt::format("exit {}", *code) : fmt::format("signal {}", ending.signal),
                                        fuzz::last_lines(output, 4)));
      return;
    }
    const auto rest = in_seconds(length_) - in_seconds(loop_.now() - round.began);
    if (rest >= 1 && left() >= 1 && round.breaks < max_breaks)
      launch(round);
    else
      finish(round);
  }

  void finish(Round& round) {
    const auto took = in_seconds(loop_.now() - round.began);
    schedule_.ended(round.target, took, round.gained);
    auto& state = state_of(round);
    state.seconds += took;
    ++state.rounds;
    close(round);
  }

  void give_up_target(Round& round, std::string why) {
    auto& state = state_of(round);
    state.trouble = std::move(why);
    schedule_.drop(round.target);
    console_.error(fmt::format("{} cannot be run, the others go on: {}", targets_[round.target].name(), state.trouble));
    close(round);
  }

  void close(Round& round) {
    corpus_[round.target] = files_in(folder_.corpus(targets_[round.target].name()));
    state_of(round).lane = schedule_.lanes()[round.target];
    round.ended = true;
    save();
    loop_.post([this] { step(); });
  }

  void complain(const std::string& text) {
    if (text == complained_) return;
    complained_ = text;
    console_.error(text);
  }

  void save() {
    if (auto done = folder_.write_state(state_); !done) complain(done.error());
  }

  void each_second() {
    const auto now = loop_.now();
    if (!rounds_.empty()) state_.spent += in_seconds(now - last_);
    last_ = now;
    for (const auto& round : rounds_) {
      if (!round->process) continue;
      const auto& output = round->process->output();
      if (output.size() != round->said) round->heard = now;
      round->said = output.size();
      fuzz::read_progress(output, round->progress);
      // libFuzzer ends by itself; where it does not, nothing else will.
      const auto patience = length_ + std::chrono::seconds(3 * targets_[round->target].timeout + 30);
      if (now - round->heard > patience) round->process->terminate(grace);
    }
    if (++ticks_ % 2 == 0) save();
    draw(false);
    step();
  }

  void draw(bool last);

  const CampaignFolder& folder_;
  const std::vector<CampaignTarget>& targets_;
  fuzz::CampaignState& state_;
  std::size_t jobs_;
  Console& console_;
  peers::Loop loop_;
  fuzz::Schedule schedule_;
  CrashDesk desk_;
  std::vector<int> broken_starts_;
  std::vector<std::uint64_t> corpus_;
  std::vector<std::unique_ptr<Round>> rounds_;
  std::chrono::seconds length_{1};
  Instant last_;
  unsigned ticks_ = 0;
  std::size_t drawn_ = 0;  // lines of the screen that stand above the cursor
  bool interrupted_ = false;
  std::string complained_;
};

void Engine::draw(bool last) {
  fuzz::Screen screen;
  screen.spent = state_.spent;
  screen.wanted = state_.wanted;
  screen.number = state_.number;
  screen.findings = desk_.known();
  screen.fresh = desk_.fresh();
  screen.doing =
      interrupted_ ? "ending: " + (desk_.doing().empty() ? "waiting for the targets" : desk_.doing()) : desk_.doing();
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const auto& state = state_.targets[targets_[i].name()];
    fuzz::ScreenRow row;
    row.target = targets_[i].name();
    row.out = schedule_.lanes()[i].out;
    row.coverage = state.coverage;
    row.corpus = corpus_[i];
    row.rounds = state.rounds;
    row.findings = desk_.of_target(row.target);
    row.speed = state.seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(state.runs) / state.seconds) : 0;
    screen.runs += state.runs;
    for (const auto& round : rounds_) {
      if (round->target != i || round->ended) continue;
      row.running = true;
      row.speed = round->progress.speed;
      row.coverage = std::max(row.coverage, round->progress.coverage);
      row.corpus = std::max(row.corpus, round->progress.corpus);
      screen.runs += round->progress.runs;
    }
    screen.rows.push_back(std::move(row));
  }
  if (!console_.live()) {
    if (!last && ticks_ % piped_every == 0) console_.text(fuzz::screen_line(screen) + "\n");
    return;
  }
  const auto text = fuzz::screen_text(screen, static_cast<std::size_t>(console_.width() - 1));
  // Up to its first line, and away with all that stands below.
  const auto home = drawn_ == 0 ? std::string() : fmt::format("\x1b[{}F\x1b[J", drawn_);
  drawn_ = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  console_.data(last ? home : home + text);
  if (last) drawn_ = 0;
}

}  // namespace

CampaignRun run_campaign(const CampaignFolder& folder, const std::vector<CampaignTarget>& targets,
                         fuzz::CampaignState& state, std::size_t jobs, Console& console) {
  return Engine(folder, targets, state, jobs, console).run();
}

}  // namespace assay::app
