#include "harness/app/fuzz_device_scp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/edition.hpp"
#include "harness/app/fuzz_break_scp.hpp"
#include "harness/app/fuzz_folder.hpp"
#include "harness/app/fuzz_seeds_scp.hpp"
#include "harness/app/home.hpp"
#include "harness/app/report_folder.hpp"
#include "harness/version.hpp"

namespace assay::app {
namespace {

namespace device = fuzz::device;

constexpr std::size_t held_back = 64;  // conversations that may have broken a device which goes on
/// How long what need not come is waited for: four times what the slowest of the sane ones took, within these.
constexpr Duration least_quick = std::chrono::milliseconds(40);
constexpr Duration most_quick = std::chrono::milliseconds(500);
constexpr Duration start_wait = std::chrono::seconds(20);  // from a start to the first call
constexpr int port_tries = 300;                            // to listen where the recording listened
constexpr Duration port_pause = std::chrono::milliseconds(10);
/// Of the whole time, and within these, is spent on making one finding smaller.
constexpr int reduce_part = 6;
constexpr Duration least_reduce = std::chrono::seconds(4);
constexpr Duration most_reduce = std::chrono::seconds(40);
constexpr int silent_starts = 5;  // in a row: it does not call any more

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
  bool begin();
  bool record();
  bool go_on();
  bool open(Calls calls);
  void try_seeds();
  void campaign();
  int again();
  void execute(std::uint64_t number, const device::Guide::Choice& choice);
  void note(const Met& met, std::uint64_t number, device::Conversation conversation);
  void tell(const Broken& broken);
  bool calls_still(const Met& met);
  void progress();
  void pace();
  int finish();
  void report(trace::RunResult& result);
  [[nodiscard]] device::TalkOptions talk() const;
  [[nodiscard]] bool more() const;
  [[nodiscard]] std::string subject() const {
    return options_.start.empty() ? fmt::format("the device that calls port {}", port_)
                                  : fmt::format("the caller '{}'", options_.start.substr(0, 120));
  }
  /// Of the log: a folder of the other side's conversations is no run to go on with.
  [[nodiscard]] std::string log_target() const {
    auto text = "as-scp " + subject();
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
  }
  bool saved(const std::expected<void, std::string>& written) {
    if (written) return true;
    trouble_ = written.error();
    return false;
  }
  bool fail(const std::string& why, int code) {
    console_.error(why);
    code_ = code;
    return false;
  }

  const FuzzDeviceOptions& options_;
  Console& console_;
  peers::Loop loop_;
  FuzzFolder folder_;
  ReportFolder report_;
  std::shared_ptr<const trace::RuleBook> rules_;
  std::unique_ptr<CallerProgram> program_;
  std::unique_ptr<peers::Callers> callers_;
  std::unique_ptr<DeviceCaller> caller_;
  std::unique_ptr<ReplyBreaks> breaks_;
  device::Guide guide_;
  std::uint16_t port_ = 0;
  std::uint64_t seed_ = 1;
  std::size_t seeds_ = 0;       // conversations that were recorded; they are kept first
  std::uint64_t number_ = 0;    // of the last execution, earlier runs included
  std::uint64_t executed_ = 0;  // in this run
  Held held_;
  Duration quick_ = most_quick;
  Duration usual_end_{0};
  int not_called_ = 0;  // in a row
  std::set<std::string> silences_;
  std::set<std::string> endless_;  // places after which it is known not to end
  std::map<std::string, std::uint64_t> cells_;
  std::map<std::string, std::uint64_t> kinds_;                        // executions by kind
  std::map<std::string, fuzz::Finding> found_;                        // by id
  std::vector<std::pair<fuzz::Finding, device::Conversation>> sane_;  // of unchanged answers
  std::optional<Met> sane_broken_;                                    // the device breaks on unchanged answers
  std::uint64_t unsure_ = 0;                                          // silences that did not come again
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
  if (!options_.target.empty())
    wrong(
        fmt::format("'{}': with --as-scp the device calls us: say where with --listen PORT, or let Assay start it with "
                    "--start CMD",
                    options_.target));
  if (options_.start.empty() && options_.listen == 0)
    wrong(
        "there is no device: give --start CMD, a command that calls {port}, or --listen PORT for one that calls by "
        "itself");
  if (!options_.start.empty() && options_.process != 0)
    wrong("--process is of a device that runs already: Assay watches what it starts itself");
  if (!options_.only.empty() || !options_.skip.empty())
    wrong("--only and --skip choose what Assay asks: with --as-scp the device asks");
  if (!options_.stored.empty()) wrong("--stored is of a device that is called");
  if (!is_loopback(options_.listen_address) && !options_.authorised)
    wrong(
        fmt::format("--listen-address {} can be reached from other machines: fuzzing breaks whoever calls there. In "
                    "your lab, with a device that holds nothing, say --i-am-authorised",
                    options_.listen_address));
  if (!titles_fit({{"--called-ae", options_.called_ae}, {"--calling-ae", options_.calling_ae}}, console_)) good = false;
  if (!good) return false;
  port_ = options_.listen;
  if (port_ == 0) {
    const auto free = peers::free_port();
    if (!free) wrong(free.error());
    port_ = free.value_or(0);
  }
  return good;
}

device::TalkOptions Run::talk() const {
  device::TalkOptions t;
  t.rules = rules_;
  t.answer = options_.timeout;
  t.quick = quick_;
  t.connect = options_.start.empty() ? std::max<Duration>(options_.time, start_wait) : start_wait;
  t.whole = t.connect + std::max<Duration>(4 * options_.timeout, std::chrono::seconds(10));
  t.known_silences = &silences_;
  return t;
}

bool Run::begin() {
  if (const auto opened = folder_.open(options_.out); !opened) return fail(opened.error(), exit_codes::usage);
  if (const auto opened = report_.open(options_.out, console_); !opened) return fail(opened.error(), exit_codes::usage);
  const auto& head = folder_.log().head;
  seed_ = options_.seed.value_or(folder_.continues() ? head.seed : 1);
  if (folder_.continues() && !head.target.starts_with("as-scp "))
    return fail(fmt::format("{} holds a run in which Assay called the device: choose another --out", options_.out),
                exit_codes::usage);
  if (folder_.continues() && head.seed != seed_)
    return fail(fmt::format("--seed {}: {} holds a run with seed {}: leave --seed away, or choose another --out", seed_,
                            options_.out, head.seed),
                exit_codes::usage);
  if (options_.execution && !folder_.continues())
    return fail(fmt::format("--execution {}: {} holds no run to take it from", *options_.execution, options_.out),
                exit_codes::usage);
  rules_ = conformance::standard_rules(conformance::ObjectsJudged::none);
  if (!options_.start.empty()) {
    CallerProgramOptions p;
    p.start = options_.start;
    p.port = port_;
    p.called_ae = options_.called_ae;
    p.calling_ae = options_.calling_ae;
    p.subject = subject();
    program_ = std::make_unique<CallerProgram>(loop_, std::move(p));
  }
  console_.text(fmt::format("Fuzzing {}, on {}:{}, seed {}\n", subject(), options_.listen_address, port_, seed_));
  return true;
}

/// What it is answered while all is well; also where a run goes on, since that tells how the device calls.
bool Run::record() {
  ReplySeedOptions s;
  s.address = options_.listen_address;
  s.port = port_;
  s.called_ae = options_.called_ae;
  s.timeout = options_.timeout;
  s.first_call = talk().connect;
  s.rules = rules_;
  s.interrupted = [this] { return interrupted_; };
  auto recorded = record_replies(loop_, program_.get(), s);
  if (!recorded) {
    if (interrupted_) return false;
    return fail(recorded.error(), exit_codes::inconclusive);
  }
  constexpr std::array words = {"its command is started for each conversation, and ends",
                                "its command goes on, and calls again and again", "it calls by itself"};
  console_.text(fmt::format("  {}\n", words.at(static_cast<std::size_t>(recorded->calls))));
  if (!open(recorded->calls)) return false;
  if (folder_.continues()) return go_on();
  if (!saved(folder_.begin({seed_, log_target()}))) return fail(trouble_, exit_codes::usage);
  for (auto& seed : recorded->seeds) {
    console_.text(fmt::format("  recorded: {}, {} answers\n", seed.kind,
                              std::ranges::count(seed.steps, device::Do::send, &device::Step::what)));
    guide_.add(std::move(seed), {}, 0);
  }
  return true;
}

bool Run::go_on() {
  const auto& log = folder_.log();
  for (std::size_t i = 0; i < log.kept.size(); ++i) {
    auto conversation = folder_.kept(i);
    if (!conversation) return fail(conversation.error(), exit_codes::usage);
    guide_.note(log.kept[i].features);
    guide_.add(std::move(*conversation), log.kept[i].features, log.kept[i].execution);
  }
  if (!log.runs.empty()) number_ = log.runs.back().execution;
  if (guide_.kept().empty())
    return fail(fmt::format("{} holds a run that had not begun: choose another --out", options_.out),
                exit_codes::usage);
  console_.text(fmt::format("  goes on behind execution {}, with {} conversations\n", number_, guide_.kept().size()));
  return true;
}

bool Run::open(Calls calls) {
  // Between two listeners anybody may have taken the port to call from: for a moment only.
  auto opened = peers::Callers::listen(loop_, options_.listen_address, port_, "--listen");
  for (int tries = 0; !opened && tries < port_tries && !interrupted_; ++tries) {
    loop_.wait_until([this] { return interrupted_; }, port_pause);
    opened = peers::Callers::listen(loop_, options_.listen_address, port_, "--listen");
  }
  if (!opened) return fail(opened.error(), exit_codes::inconclusive);
  callers_ = std::move(*opened);
  CallerOptions c;
  c.calls = calls;
  c.process = static_cast<pid_t>(options_.process);
  c.end =
      calls == Calls::unasked ? std::max<Duration>(6 * options_.timeout, std::chrono::seconds(30)) : options_.timeout;
  c.subject = subject();
  c.endless = [this](const std::string& place) { return endless_.contains(place); };
  caller_ = std::make_unique<DeviceCaller>(loop_, *callers_, program_.get(), std::move(c));
  return true;
}

/// The recorded answers, unchanged, so that what a healthy device does is known.
void Run::try_seeds() {
  Duration slowest{0};
  device::Guide fresh;
  for (const auto& seed : guide_.kept()) {
    if (interrupted_ || !trouble_.empty()) return;
    auto met = caller_->meet(seed.conversation, talk());
    if (interrupted_) return;
    if (!met.trouble.empty() || met.outcome.refused) {
      trouble_ = met.trouble.empty() ? "the device calls no more: " + met.outcome.refused_why : met.trouble;
      return;
    }
    if (met.broken) {
      // Kept as any other; behind it there is nothing to look for.
      held_.assign(1, {0, seed.conversation});
      sane_broken_ = std::move(met);
      return;
    }
    for (auto& finding : findings_of(met.outcome, subject())) sane_.emplace_back(std::move(finding), seed.conversation);
    slowest = std::max(slowest, met.outcome.slowest);
    usual_end_ = std::max(usual_end_, met.ending);
    for (const auto& cell : met.outcome.cells) ++cells_[cell];
    if (folder_.continues()) break;  // one is enough to know how quick it is
    fresh.note(met.outcome.features);
    const auto kept = fresh.add(seed.conversation, met.outcome.features, 0);
    if (!saved(folder_.keep(kept, fresh.kept()[kept]))) return;
  }
  quick_ = std::clamp<Duration>(4 * slowest, least_quick, most_quick);
  if (!folder_.continues()) guide_ = std::move(fresh);
}

void Run::tell(const Broken& broken) {
  const auto& f = broken.finding;
  if (!broken.trouble.empty()) trouble_ = broken.trouble;
  if (f.kind == fuzz::Kind::hang && !f.state.empty()) (f.detail == "no answer" ? silences_ : endless_).insert(f.state);
  if (broken.unsure) {
    ++unsure_;
    return;
  }
  if (!found_.try_emplace(f.id(), f).second) return;
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
  console_.progress(fmt::format("{} of {:.0f} s, {} calls ({:.0f}/s), {} places, {} kept, {} findings",
                                static_cast<int>(seconds(now - began_)), seconds(options_.time), executed_,
                                static_cast<double>(executed_) / seconds(now - began_), guide_.features(),
                                guide_.kept().size(), found_.size()));
}

/// A device that is started and does not call is no longer what was recorded; once may be an accident.
bool Run::calls_still(const Met& met) {
  if (!met.trouble.empty()) {
    trouble_ = met.trouble;
    return false;
  }
  if (!met.outcome.refused) {
    not_called_ = 0;
    return true;
  }
  if (++not_called_ >= silent_starts || options_.start.empty())
    trouble_ = "the device calls no more: " + met.outcome.refused_why;
  return false;
}

void Run::execute(std::uint64_t number, const device::Guide::Choice& choice) {
  device::Random random(seed_, number);
  auto conversation = device::mutated_replies(guide_.kept()[choice.parent].conversation,
                                              guide_.kept()[choice.donor].conversation, random);
  if (!saved(folder_.run(number, choice))) return;
  ++kinds_[conversation.kind];
  const auto met = caller_->meet(conversation, talk());
  if (interrupted_) return;
  if (!calls_still(met) && !met.broken) return;
  held_.emplace_back(number, conversation);
  if (held_.size() > held_back) held_.pop_front();
  note(met, number, std::move(conversation));
}

void Run::note(const Met& met, std::uint64_t number, device::Conversation conversation) {
  for (const auto& cell : met.outcome.cells) ++cells_[cell];
  if (met.broken) {
    tell(breaks_->seen(met, held_));
    held_.clear();
  } else {
    for (auto& finding : findings_of(met.outcome, subject())) {
      if (finding.kind == fuzz::Kind::hang) silences_.erase(finding.state);
      tell(breaks_->told(finding, conversation));
      if (interrupted_ || !trouble_.empty()) return;
    }
  }
  // What breaks it is not kept: everything behind it would break it again.
  if (guide_.note(met.outcome.features) && !met.broken) {
    const auto kept = guide_.add(std::move(conversation), met.outcome.features, number);
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
  seeds_ = static_cast<std::size_t>(std::ranges::count(guide_.kept(), 0U, &device::Kept::execution));
  began_ = loop_.now();
  while (more()) {
    // The choice is of its own seed: what is done with it does not depend on how it came about.
    device::Random random(seed_ ^ 0x5deece66dULL, ++number_);
    auto choice = guide_.choose(random);
    // Most of what is kept was broken early; every other time it is the sane answers that are changed once more.
    if (random.chance(2)) choice.parent = random.below(seeds_);
    execute(number_, choice);
    ++executed_;
    progress();
    pace();
  }
  busy_ = loop_.now() - began_;
  console_.clear_progress();
}

int Run::again() {
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
  began_ = loop_.now();
  const auto met = caller_->meet(conversation, talk());
  for (const auto& one : met.outcome.traces) console_.text(trace::to_text(one));
  executed_ = 1;
  held_.assign(1, {found->execution, conversation});
  if (calls_still(met) || met.broken) {
    if (met.broken)
      tell(breaks_->seen(met, held_));
    else
      for (auto& finding : findings_of(met.outcome, subject())) tell(breaks_->told(finding, conversation));
  }
  busy_ = loop_.now() - began_;
  return finish();
}

void Run::report(trace::RunResult& result) {
  const auto add = [&](trace::CaseResult c) {
    c.role = "acceptor";
    report_.add(c, "");
    result.cases.push_back(std::move(c));
  };
  for (const auto& [kind, count] : kinds_) {
    trace::CaseResult c;
    c.id = "fuzz/device/" + kind;
    c.title = fmt::format("Changed answers to {} do the device no harm", kind);
    c.tags = {"fuzz"};
    c.verdict = trace::Verdict::pass;
    c.reason = fmt::format("{} were given", count);
    add(std::move(c));
  }
  for (const auto& [id, f] : found_) {
    trace::CaseResult c;
    c.id = "fuzz/device/finding/" + id;
    c.title = f.title();
    c.tags = {"fuzz", std::string(name(f.kind)), std::string(name(f.severity))};
    c.verdict = trace::Verdict::fail;
    c.reason = f.happened;
    c.advice = f.advice;
    c.actual = f.title();
    add(std::move(c));
  }
}

int Run::finish() {
  trace::RunResult result;
  result.assay_version = ASSAY_VERSION;
  result.command_line = options_.command_line;
  result.started = started_;
  result.target = subject();
  result.called_ae = options_.called_ae;
  result.calling_ae = options_.calling_ae;
  result.edition = std::string(standard_edition);
  result.duration = busy_;
  result.interrupted = interrupted_;
  report(result);
  std::array<int, 4> severities{};
  for (const auto& [id, f] : found_) ++severities.at(static_cast<std::size_t>(f.severity));
  console_.text(fmt::format("{} calls in {:.1f} s ({:.1f}/s), {} places reached, {} kept\n", executed_, seconds(busy_),
                            busy_ > Duration{0} ? static_cast<double>(executed_) / seconds(busy_) : 0.0,
                            guide_.features(), guide_.kept().size()));
  if (unsure_ > 0)
    console_.text(fmt::format("{} answers came late once and in time when asked again: not findings\n", unsure_));
  std::string cells;
  for (const auto& [cell, times] : cells_) cells += fmt::format("{:8}  {}\n", times, cell);
  const auto table = folder_.folder() / "places.txt";
  if (auto written = write_text(table, cells); !written) console_.error(written.error());
  console_.text(fmt::format("Where it was and what it did there: {} places, in {}\n", cells_.size(), table.string()));
  console_.text(fmt::format("{} findings: {} critical, {} high, {} medium, {} low; in {}\n", found_.size(),
                            severities[3], severities[2], severities[1], severities[0], folder_.findings().string()));
  if (const auto written = report_.finish(result); !written) {
    console_.error(written.error());
    return exit_codes::usage;
  }
  if (options_.json)
    if (const auto text = read_text(folder_.folder() / "results.json")) console_.data(*text);
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
  if (!begin()) return code_;
  if (!record()) return interrupted_ ? exit_codes::interrupted : code_;
  ReplyBreakSettings b;
  b.talk = [this] { return talk(); };
  b.findings = folder_.findings();
  b.run_options =
      options_.start.empty() ? fmt::format("--listen {}", port_) : "--dut-act " + peers::shell_quote(options_.start);
  b.interrupted = [this] { return interrupted_; };
  b.reduce = std::clamp<Duration>(options_.time / reduce_part, least_reduce, most_reduce);
  try_seeds();
  b.usual_end = usual_end_;
  breaks_ = std::make_unique<ReplyBreaks>(loop_, *caller_, std::move(b));
  for (auto& [finding, conversation] : sane_)
    if (!interrupted_ && trouble_.empty()) tell(breaks_->told(finding, conversation));
  if (sane_broken_ && !interrupted_) {
    tell(breaks_->seen(*sane_broken_, held_));
    console_.text("the device breaks on the very answers that were recorded: nothing is changed as long as it does\n");
  } else if (options_.execution && !interrupted_ && trouble_.empty()) {
    return again();
  } else if (trouble_.empty()) {
    campaign();
  }
  return finish();
}

}  // namespace

int fuzz_device_scp(const FuzzDeviceOptions& options, Console& console) { return Run(options, console).run(); }

}  // namespace assay::app
