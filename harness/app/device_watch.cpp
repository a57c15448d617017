#include "harness/app/device_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/app/device_watch_impl.hpp"
#include "harness/app/process_idle.hpp"
#include "harness/base/hex.hpp"

namespace assay::app {
namespace {

using fuzz::Finding;
using fuzz::Kind;

constexpr std::size_t output_kept = std::size_t{256} << 10;  // a sanitizer's report with its stacks, and more

constexpr std::size_t last_words = 300;  // of its output, in an error
constexpr int most_starts = 3;           // of one that does not come up
constexpr std::string_view interrupted = "interrupted";

/// Shows on a device started afresh that one silent connection keeps it from others.
constexpr const char* silent_scenario =
    R"(<scenario id="fuzz/device/blocked-by-a-silent-connection" role="requestor" tags="fuzz association">
  <title>A peer that connects and says nothing does not keep others from being served</title>
  <clause part="PS3.8" section="9.2.3" level="statement">Sta2, awaiting the A-ASSOCIATE-RQ, is a state of one connection.</clause>
  <advice>Read the A-ASSOCIATE-RQ of each connection beside the others, not before the next one is accepted.</advice>
  <connect as="silent"/>
  <wait for="300ms"/>
  <connect as="second"/>
  <send connection="second"><a-associate-rq><context id="1" abstract="Verification"/></a-associate-rq></send>
  <expect connection="second" judge="yes"><a-associate-ac/></expect>
  <release connection="second"/>
  <close connection="silent"/>
</scenario>
)";

}  // namespace

DeviceWatch::Impl::Impl(peers::Loop& used, DeviceWatchOptions given)
    : loop(used),
      options(std::move(given)),
      health(loop, options),
      keepsakes(loop, {health.requestor(options.patience), options.stored}),
      memory(options.memory_growth),
      descriptors(options.descriptor_growth) {
  if (options.start.empty()) return;
  peers::DutControl control;
  control.start = options.start;
  control.environment = options.environment;
  control.start_timeout = options.start_timeout;
  control.host = options.host;
  control.port = options.port;
  control.called = options.called_ae;
  control.calling = options.calling_ae;
  control.keep_output = output_kept;
  control.on_death = [this](peers::SignalDeath death) { deaths.push_back(std::move(death)); };
  control.log = options.log;
  program = std::make_shared<peers::DutProgram>(loop, std::move(control));
}

std::expected<void, std::string> DeviceWatch::Impl::begin() {
  output_seen = 0;
  deaths.clear();
  told = false;
  memory.forget();
  descriptors.forget();
  keepsakes.forget();
  if (auto started = start_program(); !started) return started;
  looked = loop.now();
  if (!std::exchange(learned, true)) return learn();
  if (const auto wrong = health.check([this] { return gone(); }))
    return std::unexpected("the device was started and is not what it was: " + wrong->said + how_it_ended());
  return {};
}

std::expected<void, std::string> DeviceWatch::Impl::start_program() {
  if (!program) return {};
  std::optional<std::pair<bool, std::string>> answer;
  program->ensure_started([&](bool good, std::string said) { answer.emplace(good, std::move(said)); });
  if (!loop.run_until([&] { return answer.has_value(); })) return std::unexpected(std::string(interrupted));
  if (!answer->first) return std::unexpected(answer->second);
  return {};
}

std::expected<void, std::string> DeviceWatch::Impl::stop_and_start() {
  bool stopped = false;
  program->stop([&] { stopped = true; });
  if (!loop.run_until([&] { return stopped; })) return std::unexpected(std::string(interrupted));
  output_seen = 0;
  deaths.clear();
  told = false;
  return start_program();
}

std::expected<void, std::string> DeviceWatch::Impl::learn() {
  if (auto good = health.learn(); !good) return good;
  health.learn_second_peer();
  if (const auto wrong = health.check_beside_silence()) {
    beside_silence = false;
    blocked = finding(wrong->kind, "blocked by a silent connection", "Sta2");
    blocked->happened = fmt::format(
        "The device serves several peers at once, but while one had connected and said nothing, another got no "
        "service: {}.",
        wrong->said);
    blocked->clause = "PS3.8 9.2.3";
    blocked->advice =
        "Read the A-ASSOCIATE-RQ of each connection beside the others (Sta2 is of one connection), not before "
        "the next one is accepted: one idle peer must not stop all.";
  }
  loop.wait_until([this] { return gone(); }, std::chrono::milliseconds(300));
  if (program && (gone() || health.check([this] { return gone(); }))) {
    // There are devices that do not survive a second peer: they are fuzzed without.
    health.forget_second_peer();
    second_peer_note = "off: asking for one ends the device or blocks it";
    if (auto again = stop_and_start(); !again) return again;
  }
  if (options.keepsakes) keepsakes.learn();
  return {};
}

std::string DeviceWatch::Impl::how_it_ended() const {
  const auto* const started = running_program();
  if (started == nullptr || started->running()) return {};
  const std::string_view output = started->output();
  return fmt::format("; its process has ended ({}): {}", started->ending(),
                     printable(output.substr(output.size() - std::min(output.size(), last_words))));
}

pid_t DeviceWatch::Impl::process() const {
  const auto* const started = running_program();
  return started != nullptr ? started->id() : options.process;
}

bool DeviceWatch::Impl::gone() const {
  if (const auto* const started = running_program()) return !started->running();
  return options.process != 0 && !lives(options.process);
}

Finding DeviceWatch::Impl::finding(Kind kind, std::string detail, const std::string& state) const {
  Finding out;
  out.kind = kind;
  out.severity = fuzz::usual_severity(kind, detail);
  out.subject = fmt::format("{}:{} {}", options.host, options.port, options.called_ae);
  out.detail = std::move(detail);
  out.state = state;
  return out;
}

std::optional<Observed> DeviceWatch::Impl::unhealthy(const std::string& state) {
  auto wrong = health.check([this] { return gone() || report_begun(); });
  // Who ended did so a moment after it closed its connections, and who writes a report answers nothing.
  if (wrong) loop.wait_until([this] { return gone() || report_begun(); }, std::chrono::milliseconds(300));
  if (auto found = dead(state)) return found;
  if (!wrong) return std::nullopt;
  auto out = finding(wrong->kind, wrong->detail, state);
  out.happened = fmt::format("Before this conversation the device {}. After it: {}.", health.usual(), wrong->said);
  out.clause = "PS3.8 9.2";
  out.advice = wrong->kind == Kind::dead_listener
                   ? "Whatever one peer sends, the listener must go on to serve the others: look at what it waits for."
                   : "What one association did must not change what the next one gets: look at what it left behind.";
  return Observed{std::move(out), true, true};
}

DeviceWatch::DeviceWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeviceWatch::~DeviceWatch() = default;

std::expected<std::unique_ptr<DeviceWatch>, std::string> DeviceWatch::start(peers::Loop& loop,
                                                                            DeviceWatchOptions options) {
  auto impl = std::make_unique<Impl>(loop, std::move(options));
  if (auto begun = impl->begin(); !begun) return std::unexpected(begun.error());
  return std::unique_ptr<DeviceWatch>(new DeviceWatch(std::move(impl)));
}

std::optional<Observed> DeviceWatch::after(const Execution& execution) {
  auto& watch = *impl_;
  if (auto found = watch.dead(execution.state)) return found;
  if (watch.blocked) {
    Observed observed{std::move(*watch.blocked), false, false, silent_scenario};
    watch.blocked.reset();
    return observed;
  }
  const bool due = watch.loop.now() - watch.looked >= watch.options.look_every;
  if (execution.odd || due || execution.number - watch.health_asked >= watch.options.health_every) {
    watch.health_asked = execution.number;
    if (auto found = watch.unhealthy(execution.state)) return found;
  }
  if (auto found = watch.grows(execution, false)) return found;
  if (!due) return std::nullopt;
  auto found = watch.unserved(execution.state);
  if (!found) found = watch.lost(execution.state);
  watch.looked = watch.loop.now();
  return found;
}

std::optional<Observed> DeviceWatch::look(const std::string& state) {
  if (auto found = impl_->dead(state)) return found;
  return impl_->unhealthy(state);
}

std::optional<Observed> DeviceWatch::look_at_all(const std::string& state) {
  if (auto found = look(state)) return found;
  if (auto found = impl_->unserved(state)) return found;
  return impl_->lost(state);
}

std::expected<void, std::string> DeviceWatch::restart() {
  auto& watch = *impl_;
  if (!watch.program) return std::unexpected(std::string("the device was not started here: give --dut-start"));
  // One that was broken the moment before, or comes up beside much else, is itself again the second or third time.
  std::expected<void, std::string> again;
  for (int tries = 0; tries < most_starts; ++tries) {
    again = watch.stop_and_start();
    if (again) again = watch.begin();
    if (again || again.error() == interrupted) break;
  }
  return again;
}

bool DeviceWatch::serves_second_peer() const { return impl_->health.serves_second_peer(); }
bool DeviceWatch::serves_beside_silence() const { return impl_->health.serves_second_peer() && impl_->beside_silence; }
bool DeviceWatch::can_restart() const { return impl_->program != nullptr; }
bool DeviceWatch::idle() const { return process_idle(impl_->process()); }
pid_t DeviceWatch::process() const { return impl_->process(); }

std::vector<std::string> DeviceWatch::notes() const {
  const auto& watch = *impl_;
  std::vector<std::string> out;
  out.push_back(watch.program                ? "death and sanitizers: on: its process is watched"
                : watch.options.process != 0 ? "death: on; sanitizers: off: its output is not ours"
                                             : "death and sanitizers: off: give --dut-start");
  if (const auto* const started = watch.running_program(); started != nullptr && !started->unfollowed().empty())
    out.push_back("death of its child processes: off: the system does not let them be followed: " +
                  started->unfollowed());
  out.push_back("health: on: it " + watch.health.usual());
  out.push_back("second peer: " +
                (watch.health.serves_second_peer()
                     ? "on: one is served while another holds its association" +
                           std::string(watch.beside_silence ? "" : ", but not beside one that is silent")
                 : watch.second_peer_note.empty() ? "off: none was served at the start either"
                                                  : watch.second_peer_note));
  out.push_back(watch.process() != 0 ? "memory and descriptors: on"
                                     : "memory and descriptors: off: its process is unknown");
  out.push_back("acknowledged data: " + (watch.options.keepsakes ? watch.keepsakes.note() : std::string("off")));
  return out;
}

std::uint64_t DeviceWatch::own_associations() const {
  return impl_->health.associations() + impl_->keepsakes.associations();
}

}  // namespace assay::app
