#include "harness/app/workstation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/options.hpp"
#include "harness/app/received_files.hpp"
#include "harness/service/query_keys.hpp"

namespace assay::app {

namespace {

std::string as_json(const peers::RetrieveReport& report, const WorkstationSettings& settings,
                    const PeerFindings& findings, const std::vector<std::string>& of_receiver) {
  auto all = findings.json();
  for (const auto& one : of_receiver) all.push_back(one);
  const nlohmann::ordered_json out{
      {"way", settings.way},
      {"level", settings.level},
      {"found", report.found},
      {"expected", report.expected},
      {"received", report.received},
      {"others", report.others},
      {"sub_operations", {{"completed", report.completed}, {"failed", report.failed}, {"warning", report.warning}}},
      {"answered", report.answered},
      {"unanswered", report.unanswered},
      {"missing", report.missing},
      {"failures", report.failures},
      {"worst", report.worst == peers::Failure::none ? "" : std::string(peers::name(report.worst))},
      {"findings", std::move(all)}};
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::expected<peers::RetrieveTask, std::string> retrieve_task(const WorkstationSettings& settings) {
  peers::RetrieveTask out;
  const auto level = retrieve_level(settings.level);
  if (!level)
    return std::unexpected(fmt::format("'{}' is no level: give patient, study, series or image", settings.level));
  const auto model = retrieve_model(settings.model);
  if (!model)
    return std::unexpected(fmt::format("'{}' is no model: give study, patient or patient-study", settings.model));
  const auto way = peers::retrieve_way(settings.way);
  if (!way)
    return std::unexpected(
        fmt::format("'{}' is no way to retrieve: give one of {}", settings.way, peers::retrieve_ways()));
  out.level = *level;
  out.model = *model;
  out.way = *way;
  out.destination = settings.destination;
  std::vector<service::QueryKey> keys;
  for (const auto& words : settings.keys) {
    auto key = service::parse_query_key(words);
    if (!key) return std::unexpected(key.error());
    if (key->path.steps.size() != 1) return std::unexpected("keys inside sequences are none of a retrieval: " + words);
    keys.push_back(std::move(*key));
  }
  if (const auto done = service::add_keys(out.keys, keys); !done) return std::unexpected(done.error());
  return out;
}

std::string report_line(const peers::RetrieveReport& report, const WorkstationSettings& settings) {
  auto out = fmt::format("{} found at the level {}, {}: ", report.found, settings.level, settings.way);
  if (settings.destination.empty())
    out += fmt::format("{} of {} instances came", report.received, report.expected);
  else
    out += fmt::format("{} of {} instances sent to {}", report.completed + report.warning, report.expected,
                       settings.destination);
  if (report.others != 0) out += fmt::format(", {} others came", report.others);
  if (report.failed != 0) out += fmt::format(", {} sub-operations failed", report.failed);
  if (report.unanswered != 0) out += fmt::format(", {} moves not answered by then", report.unanswered);
  return out + fmt::format(", {} failure{}", report.failures, report.failures == 1 ? "" : "s");
}

int workstation(const DeviceDescription& device, bool json, Console& console) {
  const auto& w = device.workstation;
  auto task = retrieve_task(w);
  if (!task) {
    console.error(task.error());
    return exit_codes::usage;
  }
  if (!w.listens && w.way != "get" && w.destination.empty()) {
    console.error("say where to: --listen PORT, or --to AE for an application that the archive knows; or --way get");
    return exit_codes::usage;
  }
  peers::WorkstationOptions options;
  if (!fill_options(options, device, console)) return exit_codes::usage;
  const auto archive = requestor_to(w.archive, device, w.timeout, {}, console);
  if (!archive) return exit_codes::usage;
  options.archive = *archive;
  options.receiver_ae_title = w.receiver;
  options.listens = w.listens;
  options.collect_wait = w.collect_wait;
  std::shared_ptr<ReceivedFiles> files;
  if (!device.folder.empty()) options.into = files = std::make_shared<ReceivedFiles>(device.folder);
  PeerFindings findings;
  options.on_own_trace = [&](const trace::Trace& trace) { findings.add(trace); };
  std::vector<std::string> of_receiver;  // what the archive broke where it called us
  if (json) {
    options.log = {};
    options.on_trace = [&](const trace::Trace& trace) {
      for (const auto& f : trace.findings)
        if (f.severity != trace::Severity::note && f.side == trace::Side::requestor && of_receiver.size() < max_listed)
          of_receiver.push_back(trace::to_line(f));
    };
  }
  peers::Loop loop;
  auto started = peers::Workstation::start(loop, std::move(options));
  if (!started) {
    console.error(started.error());
    return exit_codes::usage;
  }
  auto& ours = **started;
  if (!json && ours.port() != 0) {
    console.text(fmt::format("{} and {} receive on {}:{}\n", device.ae_title, w.receiver, device.address, ours.port()));
    console.flush();
  }
  std::optional<peers::RetrieveReport> report;
  const ScuInterrupt interrupt(loop, console, "the retrievals on their way are finished");
  ours.retrieve(std::move(*task), [&](peers::RetrieveReport done) { report = std::move(done); });
  loop.run_until([&] {
    if (interrupt.asked()) ours.rest();
    return report.has_value();
  });
  if (!report) return exit_codes::interrupted;
  console.text(json ? as_json(*report, w, findings, of_receiver) : report_line(*report, w) + "\n" + findings.text());
  if (!json)
    for (const auto& uid : report->missing)
      if (w.destination.empty()) console.text(fmt::format("  did not come: {}\n", uid));
  if (files && !files->error().empty()) {
    console.error(files->error());
    return exit_codes::usage;
  }
  int code = exit_code_of(report->worst);
  if (w.destination.empty() && report->received < report->expected)
    code = worse_exit_code(code, exit_codes::not_conformant);
  if (interrupt.asked()) code = worse_exit_code(code, exit_codes::interrupted);
  return code;
}

}  // namespace assay::app
