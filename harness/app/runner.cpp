#include "harness/app/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/app/home.hpp"
#include "harness/app/recorder.hpp"
#include "harness/app/scripts.hpp"
#include "reports/detail.hpp"
#include "reports/reports.hpp"

namespace assay::app {
namespace {

using trace::CaseResult;
using trace::Verdict;

/// Connections refused in a row, after which the rest is not tried any more.
constexpr int give_up_after = 3;

bool is_sanity(const CatalogueCase& c) {
  const auto& tags = c.scenario_case.scenario->tags;
  return std::find(tags.begin(), tags.end(), "sanity") != tags.end();
}

/// True for a case that needs a device to itself: it fills its association slots, say.
bool wants_to_be_alone(const CatalogueCase& c) {
  const auto& tags = c.scenario_case.scenario->tags;
  return c.scenario_case.scenario->role == "requestor" && std::find(tags.begin(), tags.end(), "alone") != tags.end();
}

/// The device is to know where we listen.
bool wants_to_be_known(const CatalogueCase& c) {
  return std::ranges::any_of(c.scenario_case.scenario->needs,
                             [](const auto& need) { return need.claim == "knows-our-address"; });
}

std::string gate_key(const CatalogueCase& c) { return c.scenario_case.scenario->role + " " + c.group; }

/// Files a scenario may send stand beside it or below the catalogue.
std::optional<Bytes> read_scenario_file(const std::string& scenario_file, std::string_view path) {
  for (const auto& base : {std::filesystem::path(scenario_file).parent_path(), home() / "scenarios"}) {
    if (auto text = read_text(base / std::filesystem::path(path))) return to_bytes(*text);
  }
  return std::nullopt;
}

}  // namespace

struct Runner::Impl {
  enum class State : std::uint8_t { waiting, running, done };
  struct Item {
    CatalogueCase c;
    bool hidden = false;  // a sane conversation that was not selected: run, but not reported
    State state = State::waiting;
  };
  /// Whether the sane conversation of a group and role has been held.
  struct Gate {
    int outstanding = 0;
    std::string failure;
    int held_back = 0;
  };
  struct Worker {
    std::unique_ptr<peers::ScenarioHost> host;
    std::uint16_t dut_port = 0;
    bool busy = false;
    bool known = false;  // the device has the address of what runs now
    std::shared_ptr<scenario::Interpreter> interpreter;
    std::unique_ptr<CaseRecorder> recorder;  // only while there is a folder to write to
    std::unique_ptr<ScriptRun> script;       // of a case whose steps it tells
    std::string current;
    std::string dut_trouble;  // what was last said about a device that does not start or has died
  };

  Impl(peers::Loop& l, RunnerSetup s, Console& c, ReportFolder& f)
      : loop(l), setup(std::move(s)), console(c), folder(f) {}

  peers::Loop& loop;
  RunnerSetup setup;
  Console& console;
  ReportFolder& folder;
  std::vector<Item> items;
  std::map<std::string, Gate> gates;
  std::vector<Worker> workers;
  trace::RunResult result;
  std::size_t finished = 0;
  std::size_t to_report = 0;
  int refused_in_a_row = 0;
  std::string target_gone;
  bool interrupted = false;

  [[nodiscard]] std::map<std::string, Duration> waits() const {
    using namespace std::chrono_literals;
    std::map<std::string, Duration> w{{"connect-timeout", 10s}, {"dul-timeout", 10s},
                                      {"dimse-timeout", 30s},   {"artim", 45s},
                                      {"device-timeout", 60s},  {"operate-timeout", setup.ask_people ? 300s : 30s},
                                      {"settle", 200ms}};
    if (setup.options.timeout)
      for (const auto* name : {"connect-timeout", "dul-timeout", "dimse-timeout"}) w[name] = *setup.options.timeout;
    if (const auto dul = duration(setup.options.dul_timeout)) w["dul-timeout"] = *dul;
    if (setup.profile) {
      // Stated timers decide how long a case waits for them; the margin is for a busy machine.
      for (const auto& [wait, policy] :
           {std::pair<const char*, const char*>{"artim", "artim"}, {"device-timeout", "association-timeout"}}) {
        if (const auto stated = setup.profile->policy(policy))
          if (const auto d = duration(*stated)) w[wait] = *d + 5s;
      }
    }
    return w;
  }

  [[nodiscard]] scenario::Environment environment(const Worker& worker, const CatalogueCase& c) const {
    scenario::Environment e;
    e.target_host = setup.target_host;
    e.target_port = worker.dut_port != 0 ? worker.dut_port : setup.target_port;
    e.listen_port = setup.options.listen;
    e.called_ae = setup.options.called_ae;
    e.calling_ae = setup.options.calling_ae;
    e.waits = waits();
    e.tls = setup.tls != nullptr;
    e.skip_reasons["tls"] = setup.tls ? "for runs without TLS" : "this run speaks no TLS: add --tls";
    e.skip_reasons["tls-authority"] =
        "Assay cannot issue certificates that the device trusts: give --tls-ca and --tls-ca-key of a test authority";
    e.claims = [this](std::string_view claim) -> std::optional<bool> {
      if (claim == "tls") return setup.tls != nullptr;
      if (claim == "tls-authority") return setup.tls && setup.tls->authority;
      return setup.profile ? setup.profile->claims(claim) : std::nullopt;
    };
    const auto file = c.scenario_case.scenario->file;
    e.read_file = [file](std::string_view path) { return read_scenario_file(file, path); };
    e.seed = setup.options.seed;
    e.rules = setup.rules;
    if (auto* recorder = worker.recorder.get())
      e.record = [recorder](bool we_opened, std::string_view description) {
        return recorder->connection(we_opened, description);
      };
    return e;
  }

  /// What a script may know of its case.
  [[nodiscard]] std::string about(const Worker& worker, const CatalogueCase& c) const {
    const auto e = environment(worker, c);
    const auto& s = *c.scenario_case.scenario;
    nlohmann::ordered_json out{{"id", c.scenario_case.id()}, {"role", s.role},
                               {"called_ae", e.called_ae},   {"calling_ae", e.calling_ae},
                               {"host", e.target_host},      {"port", e.target_port},
                               {"operate", s.operate},       {"seed", setup.options.seed}};
    auto& parameters = out["parameters"] = nlohmann::ordered_json::object();
    for (const auto& [name, value] : c.scenario_case.parameters()) parameters[name] = value;
    auto& claims = out["claims"] = nlohmann::ordered_json::object();
    for (const auto& need : s.needs)
      if (const auto claim = e.claims(need.claim)) claims[need.claim] = *claim;
    return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

  /// Why a case cannot run here at all, or empty.
  [[nodiscard]] std::string cannot_run(const CatalogueCase& c) const {
    const bool requestor = c.scenario_case.scenario->role == "requestor";
    if (requestor && setup.target_port == 0 && setup.options.dut_start.empty())
      return "no device to call: give --target HOST:PORT (or --dut-start)";
    if (!requestor && setup.tls && !setup.tls->server.certificate.given())
      return "Assay needs a certificate to be a TLS server: give --tls-cert and --tls-key";
    if (!requestor && setup.options.dut_act.empty() && !setup.act_in_process && !setup.ask_people)
      return "Assay cannot make the device act: give --dut-act CMD, or run at a terminal where a person can operate it";
    return {};
  }

  void report(CaseResult c, const std::string& executed, bool quiet = false) {
    if (setup.expectations) {
      trace::RunResult one;
      one.cases.push_back(std::move(c));
      conformance::apply(*setup.expectations, one, {one.cases[0].id});
      c = std::move(one.cases[0]);
    }
    ++finished;
    folder.add(c, executed);
    if (!quiet) console.text(reports::case_lines(c, {.colour = console.colour(), .width = console.width()}));
    result.cases.push_back(std::move(c));
    show_progress();
  }

  void show_progress() {
    if (!console.live() || finished == to_report) return;
    std::string running;
    for (const auto& w : workers)
      if (w.busy) running += (running.empty() ? "" : ", ") + w.current;
    console.progress(fmt::format("[{}/{}] {} pass {} fail  {}", finished, to_report, result.count(Verdict::pass),
                                 result.count(Verdict::fail), running));
  }

  void unjudged(const Item& item, Verdict verdict, const std::string& why, bool quiet = false) {
    auto c = item.c.scenario_case.blank_result();
    c.verdict = verdict;
    c.reason = why;
    report(std::move(c), {}, quiet);
  }

  /// Deals with items that need no running; true when this one was such.
  bool settle(Item& item) {
    const auto& s = item.c;
    std::string why;
    auto verdict = Verdict::skipped;
    bool quiet = false;
    if (const auto* e =
            setup.expectations && !item.hidden ? setup.expectations->skips(s.scenario_case.id()) : nullptr) {
      why = fmt::format("{}:{} says skip{}", setup.expectations->file, e->line,
                        e->reason.empty() ? "" : ": " + e->reason);
    } else if (why = cannot_run(s); !why.empty()) {
      verdict = Verdict::skipped;
    } else if (!target_gone.empty() && s.scenario_case.scenario->role == "requestor") {
      verdict = Verdict::inconclusive;
      why = target_gone;
      quiet = true;
    } else if (auto& gate = gates[gate_key(s)]; !is_sanity(s) && !gate.failure.empty()) {
      verdict = Verdict::inconclusive;
      why = gate.failure;
      quiet = true;
      if (gate.held_back++ == 0)
        console.text(fmt::format("INCONCLUSIVE   {} as {}: the cases of this group are not run\n      because  {}\n",
                                 s.group, s.scenario_case.scenario->role, why));
    }
    if (why.empty()) return false;
    item.state = State::done;
    if (is_sanity(s)) --gates[gate_key(s)].outstanding;
    if (!item.hidden) unjudged(item, verdict, why, quiet);
    return true;
  }

  /// All jobs call the same device, unless each has started its own.
  [[nodiscard]] bool device_is_shared() const { return setup.options.dut_start.empty() && workers.size() > 1; }

  /// The next item that may run now. Those that want a shared device to themselves come last, one at a time.
  Item* next() {
    Item* lonely = nullptr;
    for (auto& item : items) {
      const bool alone = device_is_shared() && wants_to_be_alone(item.c);
      if (item.state == State::running && alone) return nullptr;
      if (item.state != State::waiting) continue;
      if (!is_sanity(item.c) && gates[gate_key(item.c)].outstanding > 0) continue;
      if (settle(item)) continue;
      if (!alone) return &item;
      if (lonely == nullptr) lonely = &item;
    }
    const bool quiet = std::none_of(workers.begin(), workers.end(), [](const Worker& w) { return w.busy; });
    return quiet ? lonely : nullptr;
  }

  void dispatch() {
    for (std::size_t i = 0; i < workers.size(); ++i) {
      auto& worker = workers[i];
      if (worker.busy) continue;
      auto* item = interrupted ? nullptr : next();
      if (item == nullptr) break;
      item->state = State::running;
      worker.busy = true;
      worker.current = item->c.scenario_case.id();
      worker.known = setup.make_known && wants_to_be_known(item->c);
      if (folder.is_open() && setup.options.pcap)
        worker.recorder = std::make_unique<CaseRecorder>(worker.current, unix_time_of_origin(loop.now()));
      worker.interpreter = std::make_shared<scenario::Interpreter>(item->c.scenario_case, environment(worker, item->c));
      show_progress();
      const auto when_done = [this, item, i] { loop.post([this, item, i] { done(*item, workers[i]); }); };
      if (item->c.function.empty()) {
        worker.host->run(worker.interpreter, when_done);
        continue;
      }
      worker.interpreter->wait_for_steps();
      worker.script = std::make_unique<ScriptRun>(loop, *worker.host, worker.interpreter, *setup.catalogue.python,
                                                  item->c.scenario_case.scenario->file, item->c.function, item->c.limit,
                                                  about(worker, item->c));
      worker.host->run(
          worker.interpreter,
          [this, i] {
            if (workers[i].script) workers[i].script->idle();
          },
          when_done);
    }
    if (std::none_of(workers.begin(), workers.end(), [](const Worker& w) { return w.busy; })) loop.stop();
  }

  void done(Item& item, Worker& worker) {
    item.state = State::done;
    worker.busy = false;
    if (std::exchange(worker.known, false)) setup.make_known(0);
    auto c = worker.interpreter->result();
    const auto executed = worker.interpreter->executed_xml();
    worker.script.reset();
    worker.interpreter.reset();
    if (const auto recorder = std::move(worker.recorder); recorder && !item.hidden)
      folder.add_capture(c.id, recorder->finish());
    const bool bad = c.verdict == Verdict::fail || c.verdict == Verdict::inconclusive || c.verdict == Verdict::error;
    if (is_sanity(item.c)) {
      auto& gate = gates[gate_key(item.c)];
      --gate.outstanding;
      // Only a conversation that does not work says that nothing else can be judged; a broken rule alone does not.
      if (bad && !c.conversation_worked && gate.failure.empty())
        gate.failure = fmt::format("the sane conversation {} did not work: {}", c.id, c.reason);
    }
    // Why there was nobody to talk to is known here, not on the wire.
    if (c.verdict == Verdict::inconclusive && !worker.dut_trouble.empty()) c.reason += "; " + worker.dut_trouble;
    worker.dut_trouble.clear();
    // A device that a case has stopped must not take the next case with it.
    if (bad && !setup.options.dut_start.empty()) worker.host->restart_dut();
    const bool never_connected = c.role == "requestor" && c.traces.empty() && c.verdict == Verdict::inconclusive;
    refused_in_a_row = never_connected ? refused_in_a_row + 1 : c.role == "requestor" ? 0 : refused_in_a_row;
    if (refused_in_a_row >= give_up_after && setup.options.dut_start.empty() && target_gone.empty()) {
      target_gone = fmt::format(
          "the device no longer takes connections (last tried by {}): start it again and run the rest", c.id);
      console.text(fmt::format("INCONCLUSIVE   all further requestor cases\n      because  {}\n", target_gone));
    }
    if (interrupted && c.verdict == Verdict::inconclusive) {
      // Cut short by us: it had not finished, so there is nothing to report.
      if (!item.hidden) item.state = State::waiting;
    } else if (!item.hidden) {
      report(std::move(c), executed);
    }
    dispatch();
  }

  void interrupt() {
    if (interrupted) ::_exit(exit_codes::interrupted);  // asked twice: the files written so far stay
    interrupted = true;
    result.interrupted = true;
    console.text("Interrupted: finishing with what is there (press Ctrl-C again to stop at once).\n");
    for (auto& w : workers) w.host->interrupt();
    loop.post([this] { dispatch(); });
  }

  std::expected<void, std::string> start_workers() {
    const auto jobs = std::max(1U, setup.options.jobs);
    workers.resize(jobs);
    for (unsigned i = 0; i < jobs; ++i) {
      peers::DutControl dut;
      dut.start = setup.options.dut_start;
      dut.act = setup.options.dut_act;
      dut.interactive = setup.ask_people;
      dut.act_in_process = setup.act_in_process;
      dut.listening = [this, i](std::uint16_t port) {
        if (workers[i].known) setup.make_known(port);
      };
      dut.log = [this, i](const std::string& line) {
        if (line.find("started the device") == std::string::npos) workers[i].dut_trouble = line;
      };
      dut.called = setup.options.called_ae;
      dut.calling = setup.options.calling_ae;
      // {host} of --dut-act is where the device finds us.
      const auto& ours = setup.options.listen_address;
      if (dut.start.empty() && ours != "0.0.0.0" && ours != "::") dut.host = ours;
      if (!dut.start.empty()) {
        if (setup.target_port != 0 && jobs == 1) {
          dut.port = setup.target_port;
        } else {
          auto port = peers::free_port();
          if (!port) return std::unexpected(port.error());
          dut.port = *port;
        }
        dut.host = setup.target_host.empty() ? "127.0.0.1" : setup.target_host;
        workers[i].dut_port = dut.port;
      }
      workers[i].host = std::make_unique<peers::ScenarioHost>(
          loop, std::move(dut), peers::HostOptions{.listen_address = setup.options.listen_address, .tls = setup.tls});
    }
    if (setup.target_host.empty()) setup.target_host = "127.0.0.1";
    return {};
  }

  void prepare() {
    std::map<std::string, bool> needed;
    for (auto& c : setup.catalogue.cases) needed[gate_key(c)] = true;
    for (auto& s : setup.catalogue.sanity) {
      const auto id = s.scenario_case.id();
      const bool selected = std::any_of(setup.catalogue.cases.begin(), setup.catalogue.cases.end(),
                                        [&](const auto& c) { return c.scenario_case.id() == id; });
      if (!selected && needed[gate_key(s)]) items.push_back({s, true, State::waiting});
    }
    for (auto& c : setup.catalogue.cases) items.push_back({std::move(c), false, State::waiting});
    for (const auto& item : items) {
      if (is_sanity(item.c)) ++gates[gate_key(item.c)].outstanding;
      to_report += item.hidden ? 0 : 1;
    }
  }
};

Runner::Runner(peers::Loop& loop, RunnerSetup setup, Console& console, ReportFolder& folder)
    : impl_(std::make_unique<Impl>(loop, std::move(setup), console, folder)) {}
Runner::~Runner() = default;

trace::RunResult Runner::run() {
  auto& r = *impl_;
  const auto begun = r.loop.now();
  r.prepare();
  r.target_gone = r.setup.unreachable;
  if (auto started = r.start_workers(); !started) {
    r.target_gone = started.error();
    r.console.error(started.error());
  }
  r.loop.on_signal([&r](int) { r.interrupt(); });
  r.loop.post([&r] { r.dispatch(); });
  r.loop.run();
  // A device that is ended still says so, to its worker: nothing of that may be gone yet.
  for (auto& worker : r.workers) worker.host.reset();
  r.workers.clear();
  r.console.clear_progress();
  r.result.duration = r.loop.now() - begun;
  r.result.not_reached = r.to_report - r.finished;
  return std::move(r.result);
}

}  // namespace assay::app
