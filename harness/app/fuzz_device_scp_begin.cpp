// What comes before the first changed answer: arguments, the folder, the answers that are recorded and tried unchanged.
#include <array>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/fuzz_device_scp_run.hpp"
#include "harness/app/fuzz_seeds_scp.hpp"
#include "harness/app/home.hpp"

namespace assay::app {
namespace {

namespace device = fuzz::device;

/// How long what need not come is waited for: four times what the slowest of the sane ones took, within these.
constexpr Duration least_quick = std::chrono::milliseconds(40);
constexpr Duration most_quick = std::chrono::milliseconds(500);
constexpr int port_tries = 300;  // to listen where the recording listened
constexpr Duration port_pause = std::chrono::milliseconds(10);

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

bool FuzzDeviceScpRun::check() {
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
  if (!tally_.read_known()) good = false;
  if (!good) return false;
  port_ = options_.listen;
  if (port_ == 0) {
    const auto free = peers::free_port();
    if (!free) wrong(free.error());
    port_ = free.value_or(0);
  }
  return good;
}

fuzz::device::TalkOptions FuzzDeviceScpRun::talk() const {
  device::TalkOptions t;
  t.rules = rules_;
  t.answer = options_.timeout;
  t.quick = quick_;
  t.connect = options_.start.empty() ? std::max<Duration>(options_.time, scp_start_wait) : scp_start_wait;
  t.whole = t.connect + std::max<Duration>(4 * options_.timeout, std::chrono::seconds(10));
  t.known_silences = &silences_;
  return t;
}

bool FuzzDeviceScpRun::begin() {
  if (const auto opened = folder_.open(options_.out); !opened) return fail(opened.error(), exit_codes::usage);
  if (const auto opened = tally_.open(); !opened) return fail(opened.error(), exit_codes::usage);
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
bool FuzzDeviceScpRun::record() {
  ReplySeedOptions s;
  s.address = options_.listen_address;
  s.port = port_;
  s.called_ae = options_.called_ae;
  s.timeout = options_.timeout;
  s.first_call = talk().connect;
  s.rules = rules_;
  s.interrupted = [this] { return tally_.interrupted; };
  auto recorded = record_replies(loop_, program_.get(), s);
  if (!recorded) {
    if (tally_.interrupted) return false;
    return fail(recorded.error(), exit_codes::inconclusive);
  }
  constexpr std::array words = {"its command is started for each conversation, and ends",
                                "its command goes on, and calls again and again", "it calls by itself"};
  console_.text(fmt::format("  {}\n", words.at(static_cast<std::size_t>(recorded->calls))));
  if (!open(recorded->calls)) return false;
  if (folder_.continues()) return go_on();
  if (!tally_.saved(folder_.begin({seed_, log_target()}))) return fail(tally_.trouble, exit_codes::usage);
  for (auto& seed : recorded->seeds) {
    console_.text(fmt::format("  recorded: {}, {} answers\n", seed.kind,
                              std::ranges::count(seed.steps, device::Do::send, &device::Step::what)));
    guide_.add(std::move(seed), {}, 0);
  }
  return true;
}

bool FuzzDeviceScpRun::go_on() {
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

bool FuzzDeviceScpRun::open(Calls calls) {
  // Between two listeners anybody may have taken the port to call from: for a moment only.
  auto opened = peers::Callers::listen(loop_, options_.listen_address, port_, "--listen");
  for (int tries = 0; !opened && tries < port_tries && !tally_.interrupted; ++tries) {
    loop_.wait_until([this] { return tally_.interrupted; }, port_pause);
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
void FuzzDeviceScpRun::try_seeds() {
  Duration slowest{0};
  device::Guide fresh;
  for (const auto& seed : guide_.kept()) {
    if (tally_.interrupted || !tally_.trouble.empty()) return;
    auto met = caller_->meet(seed.conversation, talk());
    if (tally_.interrupted) return;
    if (!met.trouble.empty() || met.outcome.refused) {
      tally_.trouble = met.trouble.empty() ? "the device calls no more: " + met.outcome.refused_why : met.trouble;
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
    tally_.reached(met.outcome.cells);
    if (folder_.continues()) break;  // one is enough to know how quick it is
    fresh.note(met.outcome.features);
    const auto kept = fresh.add(seed.conversation, met.outcome.features, 0);
    if (!tally_.saved(folder_.keep(kept, fresh.kept()[kept]))) return;
  }
  quick_ = std::clamp<Duration>(4 * slowest, least_quick, most_quick);
  if (!folder_.continues()) guide_ = std::move(fresh);
}

}  // namespace assay::app
