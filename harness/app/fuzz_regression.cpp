// campaign --regression: all old findings and all seeds once more, many files to a process, several at a time, within
// a minute. What was fixed and breaks again is red, and so is a seed that breaks; what is known to be open is not.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <system_error>
#include <thread>

#include "fuzz/campaign/status_line.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_campaign.hpp"
#include "harness/app/fuzz_campaign_round.hpp"
#include "harness/app/home.hpp"
#include "peers/process.hpp"
#include "peers/ticker.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

constexpr auto usual_time = std::chrono::seconds(60);
constexpr std::size_t batch = 200;  // files of one process
constexpr std::size_t kept_output = 256U << 10;
constexpr auto grace = std::chrono::seconds(1);

/// One line of the report: a finding, or the seeds of a target.
struct Check {
  std::size_t target = 0;
  std::string name;  // id of a finding, or "seeds of fuzz_pdu"
  const StoredFinding* finding = nullptr;
  bool was_fixed = false;
  std::vector<fs::path> files;
  std::size_t done = 0;             // of them
  std::vector<std::string> broken;  // a sentence each
  std::vector<fs::path> breaking;
  bool held() const { return broken.empty() && done == files.size(); }
  bool reached() const { return done == files.size(); }
  /// Something that had been right is wrong.
  bool red() const { return !broken.empty() && (finding == nullptr || was_fixed); }
};

class Replay {
 public:
  Replay(const std::vector<CampaignTarget>& targets, std::vector<Check>& checks, std::size_t jobs, Duration time,
         Console& console)
      : targets_(targets), checks_(checks), jobs_(jobs), time_(time), console_(console) {
    for (std::size_t i = 0; i < checks_.size(); ++i) waiting_.push_back(i);
  }

  /// False when it was interrupted.
  bool run() {
    loop_.on_signal([this](int) { stop(true); });
    const auto end = loop_.now() + time_;
    const peers::Ticker ticker(loop_, std::chrono::milliseconds(250), [&] {
      if (loop_.now() >= end) stop(false);
      std::size_t done = 0;
      for (const auto& check : checks_) done += check.reached() ? 1 : 0;
      console_.progress(fmt::format("{} of {} run again", done, checks_.size()));
    });
    step();
    loop_.run_until([this] { return running_.empty() && (stopping_ || waiting_.empty()); });
    console_.clear_progress();
    return !interrupted_;
  }

 private:
  struct Batch {
    std::size_t check = 0;
    std::vector<fs::path> files;
    std::unique_ptr<peers::Process> process;
    bool ended = false;
  };

  void stop(bool interrupted) {
    interrupted_ = interrupted_ || interrupted;
    if (stopping_) return;
    stopping_ = true;
    for (const auto& one : running_)
      if (one->process) one->process->terminate(grace);
  }

  void step() {
    std::erase_if(running_, [](const auto& one) { return one->ended; });
    while (!stopping_ && running_.size() < jobs_ && !waiting_.empty()) {
      const auto at = waiting_.front();
      waiting_.pop_front();
      start(at);
    }
  }

  void start(std::size_t at) {
    auto& check = checks_[at];
    const auto& target = targets_[check.target];
    auto one = std::make_unique<Batch>();
    one->check = at;
    for (std::size_t i = check.done; i < check.files.size() && one->files.size() < batch; ++i)
      one->files.push_back(check.files[i]);
    if (one->files.empty()) return;
    peers::ProcessOptions options;
    options.argv = {target.run.program};
    options.argv.insert(options.argv.end(), target.run.arguments.begin(), target.run.arguments.end());
    if (target.run.libfuzzer) {
      options.argv.push_back(fmt::format("-timeout={}", target.timeout));
      options.argv.push_back(fmt::format("-rss_limit_mb={}", target.memory_mb));
      // Nothing is to be written where somebody happens to stand.
      options.argv.emplace_back("-exact_artifact_path=/dev/null");
      for (const auto& option : target.options)
        if (option.starts_with("-detect_leaks")) options.argv.push_back(option);
    }
    for (const auto& file : one->files) options.argv.push_back(file.string());
    options.environment = sanitizer_environment(target.run.libfuzzer);
    options.keep_output = kept_output;
    options.core_files = false;
    auto started = peers::Process::start(loop_, std::move(options));
    if (!started) {
      check.broken.push_back(started.error());
      return;
    }
    one->process = std::move(*started);
    one->process->on_end([this, batch_ = one.get()] { ended(*batch_); });
    running_.push_back(std::move(one));
  }

  void ended(Batch& one) {
    auto& check = checks_[one.check];
    const auto output = one.process->output();
    const auto ending = ending_of(*one.process);
    one.process.reset();
    one.ended = true;
    std::size_t passed = one.files.size();
    if (ending.exit_code != 0 && !stopping_) {
      const auto breaking = std::ranges::find(one.files, fs::path(fuzz::last_running(output)));
      if (breaking == one.files.end()) {
        check.broken.push_back(fmt::format("it cannot be run: {}", fuzz::last_lines(output, 3)));
        check.done = check.files.size();
        passed = 0;
      } else {
        const auto finding = fuzz::finding_of(output, ending);
        check.broken.push_back(
            fmt::format("{} breaks it: {}", breaking->string(),
                        finding ? finding->title() : "it ended with " + fuzz::last_lines(output, 1)));
        check.breaking.push_back(*breaking);
        passed = static_cast<std::size_t>(breaking - one.files.begin()) + 1;
      }
    } else if (ending.exit_code != 0) {
      passed = 0;  // we ended it: nobody knows how far it was
    }
    check.done += passed;
    // The rest of it comes behind the others, so that each has its first files within the time.
    if (check.done < check.files.size()) waiting_.push_back(one.check);
    loop_.post([this] { step(); });
  }

  const std::vector<CampaignTarget>& targets_;
  std::vector<Check>& checks_;
  std::size_t jobs_;
  Duration time_;
  Console& console_;
  peers::Loop loop_;
  std::deque<std::size_t> waiting_;
  std::vector<std::unique_ptr<Batch>> running_;
  bool stopping_ = false;
  bool interrupted_ = false;
};

std::vector<fs::path> inputs_of(const CampaignTarget& target) {
  std::vector<fs::path> out;
  for (const auto& folder : target.seeds) {
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
      std::error_code ignored;
      if (it->is_regular_file(ignored)) out.push_back(it->path());
    }
  }
  std::ranges::sort(out);
  return out;
}

std::string junit(const std::vector<Check>& checks, const std::vector<CampaignTarget>& targets) {
  using reports::detail::escape;
  std::string cases;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  for (const auto& check : checks) {
    cases += fmt::format("    <testcase name=\"{}\" classname=\"{}\"", escape(check.name),
                         escape(targets[check.target].name()));
    std::string broken;
    for (const auto& text : check.broken) broken += text + "\n";
    if (check.red()) {
      ++failures;
      cases += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                           check.finding != nullptr ? "it had been fixed and came back" : "a seed breaks the target",
                           escape(broken));
    } else if (!check.held()) {
      ++skipped;
      cases += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                           check.broken.empty() ? "not reached within the time" : "known, and still open");
    } else {
      cases += "/>\n";
    }
  }
  const auto counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", checks.size(), failures, skipped);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay fuzz regression\" {0}>\n  <testsuite "
      "name=\"regression\" {0}>\n{1}  </testsuite>\n</testsuites>\n",
      counts, cases);
}

}  // namespace

int fuzz_regression(const FuzzCampaignSettings& settings, Console& console) {
  const auto opened = open_campaign(settings, console);
  if (!opened) return exit_codes::usage;
  const auto& [campaign, targets, folder] = *opened;
  const auto found = read_findings(folder.findings());
  for (const auto& text : found.complaints) console.error(text);
  const auto history = folder.history();
  std::vector<Check> checks;
  std::size_t elsewhere = 0;
  // Findings first: they are few, and what comes back matters most.
  for (const auto& one : found.findings) {
    const auto target = std::ranges::find(targets, one.finding.subject, &CampaignTarget::name);
    std::error_code code;
    if (target == targets.end() || !fs::exists(one.folder / finding_input, code)) {
      ++elsewhere;
      continue;
    }
    Check check;
    check.target = static_cast<std::size_t>(target - targets.begin());
    check.name = fmt::format("{} {}", one.finding.id(), one.finding.title());
    check.finding = &one;
    check.was_fixed =
        !history.records.empty() && std::ranges::count(history.records.back().fixed, one.finding.id()) != 0;
    check.files = {one.folder / finding_input};
    checks.push_back(std::move(check));
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Check check;
    check.target = i;
    check.files = inputs_of(targets[i]);
    check.name = fmt::format("{} of {}", counted(check.files.size(), "seed"), targets[i].name());
    if (!check.files.empty()) checks.push_back(std::move(check));
  }
  const auto jobs = settings.jobs != 0 ? settings.jobs : std::max(1U, std::thread::hardware_concurrency());
  const bool whole = Replay(targets, checks, jobs, settings.time.value_or(usual_time), console).run();
  std::size_t red = 0;
  std::size_t open = 0;
  std::size_t unreached = 0;
  std::size_t held = 0;
  for (const auto& check : checks) {
    red += check.red() ? 1 : 0;
    held += check.held() ? 1 : 0;
    open += !check.broken.empty() && !check.red() ? 1 : 0;
    unreached += check.reached() ? 0 : 1;
    for (const auto& text : check.broken)
      console.text(fmt::format("{}  {}: {}\n", check.red() ? "red " : "open", check.name, text));
    if (!check.reached())
      console.text(fmt::format("not reached: {} of {} files of {}\n", check.files.size() - check.done,
                               check.files.size(), check.name));
  }
  if (elsewhere != 0)
    console.text(
        fmt::format("{} could not be run again: another target, or no input\n", counted(elsewhere, "finding")));
  console.text(fmt::format("{}: {} held, {} red, {} known and open, {} not reached whole{}\n",
                           counted(checks.size(), "check"), held, red, open, unreached, whole ? "" : "; interrupted"));
  if (auto done = write_text(folder.path() / "regression-junit.xml", junit(checks, targets)); !done) {
    console.error(done.error());
    return exit_codes::usage;
  }
  if (!whole) return exit_codes::interrupted;
  return red != 0 ? exit_codes::not_conformant : unreached != 0 ? exit_codes::inconclusive : exit_codes::ok;
}

}  // namespace assay::app
