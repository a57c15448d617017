#include "harness/app/fuzz_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "conformance/rules/standard_rules.hpp"
#include "fuzz/device/coverage_map.hpp"
#include "fuzz/device/mutate.hpp"
#include "fuzz/device/pairs.hpp"
#include "harness/app/edition.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_break.hpp"
#include "harness/app/fuzz_folder.hpp"
#include "harness/app/fuzz_seeds.hpp"
#include "harness/app/home.hpp"
#include "harness/app/report_folder.hpp"
#include "harness/version.hpp"
#include "peers/probe.hpp"

namespace assay::app {
namespace {

namespace device = fuzz::device;

/// What may have broken a device whose health was asked last so many conversations ago.
constexpr std::size_t held_back = 64;
/// How long an answer that need not come is waited for: four times what the slowest of the sane ones took, within
/// these.
constexpr Duration least_quick = std::chrono::milliseconds(40);
constexpr Duration most_quick = std::chrono::milliseconds(500);
/// Every so many conversations are made for the pair of a place and what is said there that was tried least.
constexpr unsigned aim_one_in = 3;
/// The device still does what the end of a conversation made it do: its coverage is read when it has counted nothing
/// for one of these, or after so many.
constexpr Duration coverage_calm = std::chrono::milliseconds(1);
constexpr int coverage_looks = 20;

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local)};
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

class Run {
 public:
  Run(const FuzzDeviceOptions& options, Console& console) : options_(options), console_(console) {}

  int run();

 private:
  bool check();
  bool resolve();
  bool begin();
  bool seeds();
  void campaign();
  int again();
  void execute(std::uint64_t number, const device::Guide::Choice& choice);
  device::Outcome hold(const device::Conversation& conversation);
  std::vector<std::uint64_t> unsteady(const std::vector<std::uint64_t>& features, std::uint64_t number,
                                      const device::Conversation& conversation);
  void note(const device::Outcome& outcome, std::uint64_t number, device::Conversation conversation);
  void tell(const Broken& broken);
  void progress();
  void pace();
  int finish();
  [[nodiscard]] device::TalkOptions talk();
  [[nodiscard]] bool more() const;
  [[nodiscard]] std::string subject() const {
    return fmt::format("{}:{} {}", target_.host, target_.port, options_.called_ae);
  }
  bool saved(const std::expected<void, std::string>& written) {
    if (written) return true;
    trouble_ = written.error();
    return false;
  }
  int fail(const std::string& why, int code) {
    console_.error(why);
    return code;
  }

  const FuzzDeviceOptions& options_;
  Console& console_;
  peers::Loop loop_;
  TalkTarget target_;
  FuzzFolder folder_;
  ReportFolder report_;
  std::unique_ptr<device::CoverageMap> map_;  // lives as long as the device may attach it
  device::CoverageMap* coverage_ = nullptr;   // null: none is offered
  std::unique_ptr<DeviceWatch> watch_;
  std::unique_ptr<Breaks> breaks_;
  std::shared_ptr<const trace::RuleBook> rules_;
  device::Guide guide_;
  device::Pairs pairs_;  // of where the device was and what was said there
  std::uint64_t seed_ = 1;
  std::uint64_t number_ = 0;    // of the last execution, earlier runs included
  std::uint64_t executed_ = 0;  // in this run
  Held held_;
  Duration quick_ = std::chrono::milliseconds(100);
  std::set<std::string> silences_;
  std::map<std::string, std::uint64_t> cells_;
  std::map<std::string, std::uint64_t> kinds_;  // executions by kind
  std::map<std::string, fuzz::Finding> found_;  // by id
  std::map<std::string, std::string> found_kind_;
  std::uint64_t unsure_ = 0;  // silences that did not come again
  std::vector<std::string> left_out_;
  Instant began_;
  Duration busy_{0};
  std::string started_;
  std::string trouble_;  // why it ends before its time
  bool interrupted_ = false;
  Instant shown_;
  int code_ = exit_codes::ok;
};

bool Run::check() {
  bool good = true;
  const auto wrong = [&](const std::string& what) {
    console_.error(what);
    good = false;
  };
  if (options_.target.empty() && options_.start.empty())
    wrong("there is no device: give HOST:PORT, or --start CMD to let Assay start one");
  if (!options_.target.empty()) {
    if (const auto at = host_port(options_.target))
      target_ = {at->host, at->port};
    else
      wrong(at.error());
  } else if (const auto port = peers::free_port()) {
    target_ = {"127.0.0.1", *port};
  } else {
    wrong(port.error());
  }
  if (!titles_fit({{"--called-ae", options_.called_ae}, {"--calling-ae", options_.calling_ae}}, console_)) good = false;
  const auto kinds = fuzz_conversation_kinds();
  for (const auto& [option, list] : {std::pair{"--only", &options_.only}, std::pair{"--skip", &options_.skip}}) {
    for (const auto& kind : *list) {
      if (std::ranges::find(kinds, kind) != kinds.end()) continue;
      std::string all;
      for (const auto& one : kinds) all += (all.empty() ? "" : ", ") + one;
      wrong(fmt::format("{} '{}': no kind of conversation is called so; there are {}", option, kind, all));
    }
  }
  return good;
}

/// Nobody's device by mistake: an address of another machine needs a word that it may be broken.
bool Run::resolve() {
  peers::Prober prober(loop_);
  diagnose::Probe probe;
  probe.kind = diagnose::Probe::Kind::resolve;
  probe.host = target_.host;
  probe.port = target_.port;
  probe.connect_wait = options_.timeout;
  const auto answer = prober.run(probe);
  if (answer.addresses.empty()) {
    code_ = fail(fmt::format("{}: {}", target_.host, answer.system.empty() ? "no such host" : answer.system),
                 exit_codes::inconclusive);
    return false;
  }
  for (const auto& address : answer.addresses) {
    if (is_loopback(address) || options_.authorised) continue;
    code_ = fail(fmt::format("{} is {}, which is not this machine: fuzzing breaks devices, loses data and may be "
                             "against the law. In your lab, on a device that holds nothing, say --i-am-authorised",
                             target_.host, address),
                 exit_codes::usage);
    return false;
  }
  target_.host = answer.addresses.front();
  return true;
}

device::TalkOptions Run::talk() {
  device::TalkOptions t;
  t.rules = rules_;
  t.answer = options_.timeout;
  t.quick = quick_;
  t.connect = options_.timeout;
  t.whole = std::max<Duration>(4 * options_.timeout, std::chrono::seconds(10));
  t.known_silences = &silences_;
  return t;
}

bool Run::begin() {
  if (const auto opened = folder_.open(options_.out); !opened) {
    code_ = fail(opened.error(), exit_codes::usage);
    return false;
  }
  if (const auto opened = report_.open(options_.out, console_); !opened) {
    code_ = fail(opened.error(), exit_codes::usage);
    return false;
  }
  seed_ = options_.seed.value_or(folder_.continues() ? folder_.log().head.seed : 1);
  if (folder_.continues() && folder_.log().head.seed != seed_) {
    code_ = fail(fmt::format("--seed {}: {} holds a run with seed {}: leave --seed away, or choose another --out",
                             seed_, options_.out, folder_.log().head.seed),
                 exit_codes::usage);
    return false;
  }
  if (options_.execution && !folder_.continues()) {
    code_ = fail(fmt::format("--execution {}: {} holds no run to take it from", *options_.execution, options_.out),
                 exit_codes::usage);
    return false;
  }
  rules_ = conformance::standard_rules(conformance::ObjectsJudged::none);
  DeviceWatchOptions w;
  w.host = target_.host;
  w.port = target_.port;
  w.called_ae = options_.called_ae;
  w.calling_ae = options_.calling_ae;
  w.start = options_.start;
  std::string no_coverage;
  if (!options_.start.empty()) {
    if (auto made = device::CoverageMap::make(device::CoverageMap::wanted_size()); made)
      map_ = std::move(*made);
    else
      no_coverage = made.error();
    if (map_) w.environment = map_->environment();
  }
  w.process = static_cast<pid_t>(options_.process);
  w.stored = options_.stored;
  w.patience = options_.timeout;
  auto watch = DeviceWatch::start(loop_, std::move(w));
  if (!watch) {
    code_ = fail(watch.error(), interrupted_ ? exit_codes::interrupted : exit_codes::inconclusive);
    return false;
  }
  watch_ = std::move(*watch);
  BreakSettings b;
  b.target = target_;
  b.talk = [this] { return talk(); };
  b.findings = folder_.findings();
  if (options_.called_ae != "ANY-SCP") b.options += " --called-ae " + options_.called_ae;
  if (options_.calling_ae != "ASSAY") b.options += " --calling-ae " + options_.calling_ae;
  b.interrupted = [this] { return interrupted_; };
  breaks_ = std::make_unique<Breaks>(loop_, *watch_, std::move(b));
  console_.text(
      fmt::format("Fuzzing {}{}, seed {}\n", subject(), options_.start.empty() ? "" : ", started by Assay", seed_));
  for (const auto& line : watch_->notes()) console_.text("  " + line + "\n");
  if (!no_coverage.empty()) console_.text("  coverage: off: " + no_coverage + "\n");
  if (map_ && map_->offered()) coverage_ = map_.get();
  if (coverage_) console_.text("  coverage: on: the device offers it through shared memory\n");
  return true;
}

bool Run::seeds() {
  if (folder_.continues()) {
    const auto& log = folder_.log();
    for (std::size_t i = 0; i < log.kept.size(); ++i) {
      auto conversation = folder_.kept(i);
      if (!conversation) {
        code_ = fail(conversation.error(), exit_codes::usage);
        return false;
      }
      guide_.note(log.kept[i].features);
      guide_.add(std::move(*conversation), log.kept[i].features, log.kept[i].execution);
    }
    pairs_.note(log.pairs);
    if (!log.runs.empty()) number_ = log.runs.back().execution;
    if (guide_.kept().empty()) {
      code_ =
          fail(fmt::format("{} holds a run that had not begun: choose another --out", options_.out), exit_codes::usage);
      return false;
    }
    console_.text(fmt::format("  goes on behind execution {}, with {} conversations\n", number_, guide_.kept().size()));
    return true;
  }
  auto recorded = record_seeds(loop_, options_, target_.host, target_.port, rules_, [this] { return interrupted_; });
  if (!recorded) {
    code_ = fail(recorded.error(), exit_codes::inconclusive);
    return false;
  }
  left_out_ = recorded->left_out;
  console_.text(fmt::format("  conversations it holds: {}\n", recorded->seeds.size()));
  for (const auto& line : left_out_) console_.text(fmt::format("  not held: {}\n", line));
  if (!saved(folder_.begin({seed_, subject()}))) return false;
  Duration slowest{0};
  for (auto& seed : recorded->seeds) {
    if (interrupted_) break;
    const auto outcome = hold(seed);
    slowest = std::max(slowest, outcome.slowest);
    auto led_to = guide_.worth(outcome.features);
    guide_.note(outcome.features);
    for (const auto& cell : outcome.cells) ++cells_[cell];
    const auto kept = guide_.add(std::move(seed), std::move(led_to), 0);
    if (!saved(folder_.keep(kept, guide_.kept()[kept]))) return false;
    for (auto& finding : findings_of(outcome, subject()))
      tell(breaks_->told(finding, 0, guide_.kept()[kept].conversation));
  }
  quick_ = std::clamp<Duration>(4 * slowest, least_quick, most_quick);
  return !guide_.kept().empty();
}

void Run::tell(const Broken& broken) {
  const auto& f = broken.finding;
  if (!broken.trouble.empty()) trouble_ = broken.trouble;
  if (f.kind == fuzz::Kind::hang && !f.state.empty()) silences_.insert(f.state);
  if (broken.unsure) {
    ++unsure_;
    return;
  }
  if (!found_.try_emplace(f.id(), f).second) return;
  found_kind_[f.id()] = held_.empty() ? "" : held_.back().second.kind;
  console_.text(fmt::format("{:9} {}{}\n          {}\n", name(f.severity), f.title(),
                            f.reproducible ? "" : " (did not come again)", broken.folder.string()));
}

bool Run::more() const {
  if (interrupted_ || !trouble_.empty()) return false;
  if (options_.count != 0 && executed_ >= options_.count) return false;
  if (options_.first && !found_.empty()) return false;
  return loop_.now() - began_ < options_.time;
}

void Run::progress() {
  const auto now = loop_.now();
  if (now - began_ < std::chrono::seconds(2) || now - shown_ < std::chrono::milliseconds(250)) return;
  shown_ = now;
  const auto edges = coverage_ ? fmt::format(", {} edges", coverage_->edges()) : std::string();
  console_.progress(fmt::format("{} of {:.0f} s, {} conversations ({:.0f}/s), {} places{}, {} kept, {} findings",
                                static_cast<int>(seconds(now - began_)), seconds(options_.time), executed_,
                                static_cast<double>(executed_) / seconds(now - began_), guide_.features(), edges,
                                guide_.kept().size(), found_.size()));
}

void Run::execute(std::uint64_t number, const device::Guide::Choice& choice) {
  device::Random random(seed_, number);
  const auto& parent = guide_.kept()[choice.parent].conversation;
  auto conversation = device::mutated(parent, guide_.kept()[choice.donor].conversation, random, choice.aim);
  if (!saved(folder_.run(number, choice))) return;
  ++kinds_[conversation.kind];
  auto outcome = hold(conversation);
  if (interrupted_) return;
  held_.emplace_back(number, conversation);
  if (held_.size() > held_back) held_.pop_front();
  note(outcome, number, std::move(conversation));
}

/// One conversation, and which code of the device it reached where that is offered.
device::Outcome Run::hold(const device::Conversation& conversation) {
  if (coverage_) coverage_->clear();
  auto outcome = converse(loop_, target_, conversation, talk());
  saved(folder_.pairs(pairs_.note(outcome.traces)));
  if (!coverage_) return outcome;
  auto before = coverage_->digest();
  for (int looks = 0; looks < coverage_looks && !interrupted_; ++looks) {
    loop_.wait_until([this] { return interrupted_; }, coverage_calm);
    if (const auto now = coverage_->digest(); std::exchange(before, now) == now) break;
  }
  const auto code = coverage_->take();
  outcome.features.insert(outcome.features.begin(), code.begin(), code.end());  // sorted: they are the smaller ones
  return outcome;
}

/// Code that is new, and that the same conversation does not reach again: of time or of chance. Everything would be new
/// to a guide that keeps such. They are counted as seen, so each costs one repetition.
std::vector<std::uint64_t> Run::unsteady(const std::vector<std::uint64_t>& features, std::uint64_t number,
                                         const device::Conversation& conversation) {
  auto fresh = guide_.new_code(features);
  if (!coverage_ || fresh.empty()) return {};
  const auto again = hold(conversation);
  if (interrupted_) return fresh;
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

void Run::note(const device::Outcome& outcome, std::uint64_t number, device::Conversation conversation) {
  for (const auto& cell : outcome.cells) ++cells_[cell];
  const bool odd = outcome.refused || outcome.dropped || !outcome.silences.empty();
  auto seen = watch_->after({number, outcome.last, odd});
  if (interrupted_) return;
  const bool broken = seen.has_value();
  if (seen) {
    tell(breaks_->seen(std::move(*seen), held_));
    held_.clear();
  }
  if (!broken)
    for (auto& finding : findings_of(outcome, subject())) {
      if (finding.kind == fuzz::Kind::hang) silences_.erase(finding.state);
      tell(breaks_->told(finding, number, conversation));
      if (interrupted_ || !trouble_.empty()) return;
    }
  // What breaks it is not kept: everything behind it would break it again.
  const auto chance = broken ? std::vector<std::uint64_t>{} : unsteady(outcome.features, number, conversation);
  if (interrupted_) return;
  guide_.note(chance);
  auto led_to = guide_.worth(outcome.features);
  if (guide_.note(outcome.features) && !broken) {
    const auto kept = guide_.add(std::move(conversation), std::move(led_to), number);
    saved(folder_.keep(kept, guide_.kept()[kept]));
  }
}

void Run::pace() {
  if (options_.rate <= 0) return;
  const auto due = began_ + std::chrono::duration_cast<Duration>(
                                std::chrono::duration<double>(static_cast<double>(executed_) / options_.rate));
  if (const auto now = loop_.now(); due > now) loop_.wait_until([this] { return interrupted_; }, due - now);
}

void Run::campaign() {
  began_ = loop_.now();
  while (more()) {
    // The choice is of its own seed: what is done with it does not depend on how it came about.
    device::Random random(seed_ ^ 0x5deece66dULL, ++number_);
    auto choice = guide_.choose(random);
    // What the state table and DIMSE have, and nobody has said there yet, is tried on purpose.
    if (random.chance(aim_one_in)) {
      choice.aim = pairs_.choose(random);
      pairs_.aimed(*choice.aim);
    }
    execute(number_, choice);
    ++executed_;
    progress();
    pace();
  }
  busy_ = loop_.now() - began_;
  console_.clear_progress();
  if (trouble_.empty() && !interrupted_ && executed_ > 0)
    if (auto seen = watch_->look_at_all("at the end"); seen && !held_.empty())
      tell(breaks_->seen(std::move(*seen), held_));
}

int Run::again() {
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
  began_ = loop_.now();
  const auto outcome = converse(loop_, target_, conversation, talk());
  for (const auto& one : outcome.traces) console_.text(trace::to_text(one));
  held_.emplace_back(found->execution, conversation);
  executed_ = 1;
  if (auto seen = watch_->look(outcome.last)) {
    tell(breaks_->seen(std::move(*seen), held_));
  } else {
    for (auto& finding : findings_of(outcome, subject())) tell(breaks_->told(finding, found->execution, conversation));
  }
  busy_ = loop_.now() - began_;
  return finish();
}

int Run::finish() {
  trace::RunResult result;
  result.assay_version = ASSAY_VERSION;
  result.command_line = options_.command_line;
  result.started = started_;
  result.target = fmt::format("{}:{}", target_.host, target_.port);
  result.called_ae = options_.called_ae;
  result.calling_ae = options_.calling_ae;
  result.edition = std::string(standard_edition);
  result.duration = busy_;
  result.interrupted = interrupted_;
  const auto add = [&](trace::CaseResult c) {
    report_.add(c, "");
    result.cases.push_back(std::move(c));
  };
  for (const auto& [kind, count] : kinds_) {
    trace::CaseResult c;
    c.id = "fuzz/device/" + kind;
    c.title = fmt::format("Changed conversations of the kind {} do the device no harm", kind);
    c.role = "requestor";
    c.tags = {"fuzz"};
    c.verdict = trace::Verdict::pass;
    c.reason = fmt::format("{} were held", count);
    add(std::move(c));
  }
  for (const auto& [id, f] : found_) {
    trace::CaseResult c;
    c.id = "fuzz/device/finding/" + id;
    c.title = f.title();
    c.role = "requestor";
    c.tags = {"fuzz", std::string(name(f.kind)), std::string(name(f.severity))};
    c.verdict = trace::Verdict::fail;
    c.reason = f.happened;
    c.advice = f.advice;
    c.actual = f.title();
    add(std::move(c));
  }
  const auto rate = busy_ > Duration{0} ? static_cast<double>(executed_) / seconds(busy_) : 0.0;
  std::array<int, 4> severities{};
  for (const auto& [id, f] : found_) ++severities.at(static_cast<std::size_t>(f.severity));
  console_.text(fmt::format("{} conversations in {:.1f} s ({:.1f}/s), {} places reached, {} kept\n", executed_,
                            seconds(busy_), rate, guide_.features(), guide_.kept().size()));
  if (unsure_ > 0)
    console_.text(fmt::format("{} answers came late once and in time when asked again: not findings\n", unsure_));
  std::string cells;
  for (const auto& [cell, times] : cells_) cells += fmt::format("{:8}  {}\n", times, cell);
  const auto table = folder_.folder() / "places.txt";
  if (auto written = write_text(table, cells); !written) console_.error(written.error());
  console_.text(fmt::format("Where it was and what it did there: {} places, in {}\n", cells_.size(), table.string()));
  const auto states = folder_.folder() / "states.txt";
  if (auto written = write_text(states, pairs_.table()); !written) console_.error(written.error());
  console_.text(fmt::format("State and what was said there: {} of {} pairs that a requestor can provoke, in {}\n",
                            pairs_.tried(), pairs_.provokable(), states.string()));
  if (coverage_) {
    const auto edges = folder_.folder() / "edges.txt";
    if (auto written = write_text(edges, coverage_->table()); !written) console_.error(written.error());
    console_.text(fmt::format("Coverage offered: {} edges reached, in {}\n", coverage_->edges(), edges.string()));
  }
  console_.text(fmt::format("{} findings: {} critical, {} high, {} medium, {} low; in {}\n", found_.size(),
                            severities[3], severities[2], severities[1], severities[0], folder_.findings().string()));
  if (const auto written = report_.finish(result); !written) {
    console_.error(written.error());
    return exit_codes::usage;
  }
  if (options_.json) {
    const auto text = read_text(folder_.folder() / "results.json");
    if (text) console_.data(*text);
  }
  if (!trouble_.empty()) console_.error(trouble_);
  if (interrupted_) return exit_codes::interrupted;
  if (!found_.empty()) return exit_codes::not_conformant;
  return trouble_.empty() ? exit_codes::ok : exit_codes::inconclusive;
}

int Run::run() {
  started_ = local_time();
  if (options_.json) console_.text_to_stderr();
  if (!check()) return exit_codes::usage;
  loop_.on_signal([this](int) {
    interrupted_ = true;
    loop_.stop();
  });
  if (!resolve() || !begin()) return code_;
  if (!seeds()) {
    if (interrupted_) return exit_codes::interrupted;
    return code_ != exit_codes::ok ? code_ : fail(trouble_, exit_codes::usage);
  }
  if (options_.execution) return again();
  campaign();
  return finish();
}

}  // namespace

int fuzz_device(const FuzzDeviceOptions& options, Console& console) { return Run(options, console).run(); }

}  // namespace assay::app
