// What comes before the first changed conversation: the arguments, the address, the folder, the device, and the
// conversations that it holds.
#include <fmt/format.h>

#include <algorithm>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/fuzz_device_run.hpp"
#include "harness/app/fuzz_seeds.hpp"
#include "harness/app/home.hpp"
#include "peers/probe.hpp"
#include "peers/process.hpp"

namespace assay::app {
namespace {

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

bool FuzzDeviceRun::check() {
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
  if (!tally_.read_known()) good = false;
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
bool FuzzDeviceRun::resolve() {
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

fuzz::device::TalkOptions FuzzDeviceRun::talk() {
  fuzz::device::TalkOptions t;
  t.rules = rules_;
  t.answer = options_.timeout;
  t.quick = quick_;
  t.connect = options_.timeout;
  t.whole = std::max<Duration>(4 * options_.timeout, std::chrono::seconds(10));
  t.known_silences = &silences_;
  return t;
}

bool FuzzDeviceRun::begin() {
  if (const auto opened = folder_.open(options_.out); !opened) {
    code_ = fail(opened.error(), exit_codes::usage);
    return false;
  }
  if (const auto opened = tally_.open(); !opened) {
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
  if (folder_.continues() && folder_.log().head.target.starts_with("as-scp ")) {
    code_ =
        fail(fmt::format("{} holds a run in which the device called (--as-scp): choose another --out", options_.out),
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
    if (auto made = fuzz::device::CoverageMap::make(fuzz::device::CoverageMap::wanted_size()); made)
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
    code_ = fail(watch.error(), tally_.interrupted ? exit_codes::interrupted : exit_codes::inconclusive);
    return false;
  }
  watch_ = std::move(*watch);
  if (watch_->process() != 0) target_.idle = [this] { return watch_->idle(); };
  BreakSettings b;
  b.target = target_;
  b.talk = [this] { return talk(); };
  b.findings = folder_.findings();
  b.start = options_.start;
  b.reduce = options_.reduce;
  b.latest = [this] { return tally_.ends() + options_.reduce; };
  if (options_.called_ae != "ANY-SCP") b.options += " --called-ae " + peers::shell_quote(options_.called_ae);
  if (options_.calling_ae != "ASSAY") b.options += " --calling-ae " + peers::shell_quote(options_.calling_ae);
  b.interrupted = [this] { return tally_.interrupted; };
  b.known = [this](const fuzz::Finding& finding) { return tally_.knows(finding); };
  breaks_ = std::make_unique<Breaks>(loop_, *watch_, std::move(b));
  console_.text(
      fmt::format("Fuzzing {}{}, seed {}\n", subject(), options_.start.empty() ? "" : ", started by Assay", seed_));
  for (const auto& line : watch_->notes()) console_.text("  " + line + "\n");
  if (!no_coverage.empty()) console_.text("  coverage: off: " + no_coverage + "\n");
  if (map_ && map_->offered()) coverage_ = map_.get();
  if (coverage_ != nullptr) console_.text("  coverage: on: the device offers it through shared memory\n");
  return true;
}

bool FuzzDeviceRun::seeds() {
  if (folder_.continues()) {
    const auto& log = folder_.log();
    for (std::size_t i = 0; i < log.kept.size(); ++i) {
      auto conversation = folder_.kept(i);
      if (!conversation) {
        code_ = fail(conversation.error(), exit_codes::usage);
        return false;
      }
      guide_.add(std::move(*conversation), log.kept[i].features, log.kept[i].execution);
    }
    restore_counts(log, guide_);
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
  auto recorded =
      record_seeds(loop_, options_, target_.host, target_.port, rules_, [this] { return tally_.interrupted; });
  if (!recorded) {
    code_ = fail(recorded.error(), exit_codes::inconclusive);
    return false;
  }
  left_out_ = recorded->left_out;
  console_.text(fmt::format("  conversations it holds: {}\n", recorded->seeds.size()));
  for (const auto& line : left_out_) console_.text(fmt::format("  not held: {}\n", line));
  if (!tally_.saved(folder_.begin({seed_, subject()}))) return false;
  for (auto& seed : recorded->seeds) {
    if (tally_.interrupted) break;
    const auto outcome = hold(seed);
    learn_quick(outcome.slowest);
    auto led_to = guide_.worth(outcome.features);
    guide_.note(outcome.features);
    tally_.reached(outcome.cells);
    const auto kept = guide_.add(std::move(seed), std::move(led_to), 0);
    if (!tally_.saved(folder_.keep(kept, guide_.kept()[kept]))) return false;
    for (auto& finding : findings_of(outcome, subject()))
      tell(breaks_->told(finding, 0, guide_.kept()[kept].conversation));
  }
  return !guide_.kept().empty();
}

}  // namespace assay::app
