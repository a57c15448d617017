#include "harness/app/load.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/app/home.hpp"
#include "peers/load.hpp"

namespace assay::app {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string as_json(const LoadSettings& s, const peers::LoadReport& r) {
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const auto& [why, count] : r.failures) failures.push_back({{"why", why}, {"associations", count}});
  const double measured = seconds(r.measured);
  const nlohmann::ordered_json out{
      {"target", s.target},
      {"operation", s.store ? "store" : "echo"},
      {"idle", {{"wanted", s.associations}, {"opened", r.opened_idle}, {"kept", r.idle_kept}}},
      {"busy", {{"wanted", s.busy}, {"opened", r.opened_busy}}},
      {"released", r.released},
      {"operations", r.operations},
      {"failed_operations", r.failed_operations},
      {"opening_seconds", seconds(r.opening)},
      {"measured_seconds", measured},
      {"operations_per_second", measured > 0 ? static_cast<double>(r.operations) / measured : 0.0},
      {"median_ms", milliseconds(r.median)},
      {"p99_ms", milliseconds(r.p99)},
      {"longest_ms", milliseconds(r.longest)},
      {"own_memory_bytes", r.memory},
      {"failures", failures},
      {"interrupted", r.interrupted}};
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_text(const LoadSettings& s, const peers::LoadReport& r) {
  auto out = fmt::format("{}: {} of {} idle and {} of {} busy associations opened in {:.1f} s\n", s.target,
                         r.opened_idle, s.associations, r.opened_busy, s.busy, seconds(r.opening));
  if (r.measured > Duration{})
    out += fmt::format(
        "  {} of {} idle ones still open after {:.1f} s of load\n"
        "  {} {} answered, {:.0f} a second{}\n",
        r.idle_kept, r.opened_idle, seconds(r.measured), r.operations, s.store ? "C-STORE" : "C-ECHO",
        static_cast<double>(r.operations) / seconds(r.measured),
        r.failed_operations == 0 ? "" : fmt::format("; {} with a failure status", r.failed_operations));
  if (r.operations > 0)
    out += fmt::format("  median {:.2f} ms, 99 % within {:.2f} ms, longest {:.2f} ms\n", milliseconds(r.median),
                       milliseconds(r.p99), milliseconds(r.longest));
  out += fmt::format("  {} released; {} MB of memory here\n", r.released, r.memory >> 20);
  for (const auto& [why, count] : r.failures) out += fmt::format("  {} failed: {}\n", count, why);
  if (r.opened_idle + r.opened_busy == 0 && r.failed() < std::size_t{s.associations} + s.busy)
    out += "  not one came about: the rest was not tried\n";
  if (r.interrupted) out += "  interrupted: this is what was measured until then\n";
  return out;
}

}  // namespace

int load(const LoadSettings& settings, Console& console) {
  const auto target = host_port(settings.target);
  if (!target) {
    console.error(target.error());
    return exit_codes::usage;
  }
  if (!titles_fit({{"--called-ae", settings.called_ae}, {"--calling-ae", settings.calling_ae}}, console))
    return exit_codes::usage;
  const std::size_t wanted = std::size_t{settings.associations} + settings.busy;
  if (wanted == 0) {
    console.error("nothing to do: --associations and --busy are both 0");
    return exit_codes::usage;
  }
  constexpr std::size_t others = 32;  // files of our own
  if (const auto files = peers::allow_descriptors(wanted + others); files < wanted + others) {
    console.error(fmt::format(
        "this system lets a program have {} files open, too few for {} associations: raise it (ulimit -n), or ask for "
        "at most {}",
        files, wanted, files > others ? files - others : 0));
    return exit_codes::usage;
  }
  peers::Loop loop;
  peers::LoadOptions options;
  options.requestor.host = target->host;
  options.requestor.port = target->port;
  options.requestor.called_ae = settings.called_ae;
  options.requestor.calling_ae = settings.calling_ae;
  options.requestor.connect_timeout = options.requestor.dul_timeout = options.requestor.dimse_timeout =
      settings.timeout;
  options.idle = settings.associations;
  options.busy = settings.busy;
  options.operation = settings.store ? peers::LoadOperation::store : peers::LoadOperation::echo;
  options.duration = settings.duration;
  options.opening_at_once = settings.opening;
  options.progress = [&](const std::string& line) { console.progress(line); };
  bool interrupted = false;
  loop.on_signal([&](int) {
    if (std::exchange(interrupted, true)) loop.stop();
  });
  const auto report = peers::load(loop, options, [&] { return interrupted; });
  console.clear_progress();
  console.text(settings.json ? as_json(settings, report) : as_text(settings, report));
  if (report.interrupted || interrupted) return exit_codes::interrupted;
  if (report.opened_idle + report.opened_busy == 0) return exit_codes::inconclusive;
  const bool held = report.failures.empty() && report.failed_operations == 0 && report.idle_kept == report.opened_idle;
  return held ? exit_codes::ok : exit_codes::not_conformant;
}

}  // namespace assay::app
