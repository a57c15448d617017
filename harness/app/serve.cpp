// serve and echo.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/fault_file.hpp"
#include "harness/app/home.hpp"
#include "harness/dimse/status.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/devices/folder_store.hpp"
#include "peers/load.hpp"
#include "peers/peers.hpp"
#include "reports/detail.hpp"
#include "reports/json_parts.hpp"

namespace assay::app {
namespace {

std::expected<std::unique_ptr<peers::FolderStore>, std::string> open_folder(const ServeOptions& options,
                                                                            Console& console) {
  peers::FolderStoreOptions store;
  store.folder = options.folder;
  store.index = options.index == "memory" ? ":memory:" : options.index;
  store.sync = options.sync;
  store.log = [&console](const std::string& line) { console.text("  archive: " + line + "\n"); };
  return peers::FolderStore::open(std::move(store));
}

}  // namespace

int serve(const ServeOptions& options, Console& console) {
  const auto faults = read_faults(options.faults, console);
  if (!faults) return exit_codes::usage;
  // Those that are refused have a connection for a moment, too; and some files are our own.
  constexpr std::size_t others = 64;
  const auto files = peers::allow_descriptors(options.maximum_associations + others);
  if (files < options.maximum_associations + others)
    console.error(fmt::format(
        "this system lets a program have {} files open: more than about {} connections at a time will have to wait "
        "(raise it with ulimit -n)",
        files, files > others ? files - others : 0));
  if (!titles_fit({{"--ae-title", options.ae_title}}, console)) return exit_codes::usage;
  peers::Loop loop;
  peers::EmbeddedDeviceOptions device_options;
  device_options.address = options.address;
  device_options.port = options.port;
  device_options.ae_title = options.ae_title;
  device_options.require_called_ae = options.check_called;
  device_options.max_associations = options.maximum_associations;
  device_options.artim = options.artim;
  device_options.dimse_timeout = options.idle_timeout;
  if (options.judge) device_options.rules = conformance::standard_rules();
  device_options.faults = *faults;
  device_options.on_trace = [&](const trace::Trace& t) {
    // A peer that breaks a rule is told of here: this is what integrators watch the window for.
    for (const auto& f : t.findings)
      if (f.severity != trace::Severity::note && f.side == trace::Side::requestor)
        console.text(fmt::format("  {} {}\n    {}\n", t.description, trace::to_line(f), f.advice));
  };
  if (!options.quiet) device_options.log = [&](const std::string& line) { console.text(line + "\n"); };
  auto tls = tls_server(options.tls);
  if (!tls) {
    console.error(tls.error() +
                  (options.tls.certificate.empty() ? " ('assay certificates DIR' makes some for tests)" : ""));
    return exit_codes::usage;
  }
  device_options.tls = std::move(*tls);
  const auto over = !device_options.tls      ? ""
                    : options.tls.ca.empty() ? " over TLS"
                    : options.tls.no_verify  ? " over TLS (client certificates are looked at, any is taken)"
                                             : " over TLS (clients need a certificate)";
  std::shared_ptr<peers::FolderStore> folder;
  if (!options.folder.empty()) {
    auto opened = open_folder(options, console);
    if (!opened) {
      console.error(opened.error());
      return exit_codes::usage;
    }
    folder = std::move(*opened);
    device_options.store = folder;
    device_options.with_patients = options.with_patients;
  }
  auto device = peers::EmbeddedDevice::start(loop, std::move(device_options));
  if (!device) {
    console.error(device.error());
    return exit_codes::usage;
  }
  console.text(fmt::format("Listening on {}:{}{} as {}{}: Verification, Storage, Study Root query. Ctrl-C ends it.\n",
                           options.address, (*device)->port(), over, options.ae_title,
                           options.check_called ? " (other called titles are refused)" : ""));
  if (folder) console.text(fmt::format("Folder {}: {}.\n", options.folder, folder->summary()));
  if (*faults) console.text(fault_lines(**faults));
  bool stopping = false;
  loop.on_signal([&](int) {
    if (stopping) {
      loop.stop();
      return;
    }
    stopping = true;
    console.text("Stopping: open associations get a second to end (Ctrl-C again stops at once).\n");
    (*device)->stop(std::chrono::seconds(1));
  });
  loop.run_until([&] { return stopping && (*device)->acceptor().open_connections() == 0; });
  console.text("Stopped.\n");
  return exit_codes::ok;
}

int echo(const EchoOptions& options, Console& console) {
  const auto target = host_port(options.target);
  if (!target) {
    console.error(target.error());
    return exit_codes::usage;
  }
  if (!titles_fit({{"--called-ae", options.called_ae}, {"--calling-ae", options.calling_ae}}, console))
    return exit_codes::usage;
  peers::Loop loop;
  peers::RequestorOptions requestor;
  requestor.host = target->host;
  requestor.port = target->port;
  requestor.called_ae = options.called_ae;
  requestor.calling_ae = options.calling_ae;
  requestor.connect_timeout = requestor.dul_timeout = requestor.dimse_timeout = options.timeout;
  requestor.rules = conformance::standard_rules();
  auto tls = tls_client(options.tls);
  if (!tls) {
    console.error(tls.error());
    return exit_codes::usage;
  }
  requestor.tls = std::move(*tls);
  const auto faults = read_faults(options.faults, console);
  if (!faults) return exit_codes::usage;
  requestor.faults = *faults;
  const auto answer = peers::echo(loop, requestor, options.count);
  std::size_t good = 0;
  for (const auto status : answer.statuses) good += status == 0 ? 1 : 0;
  if (options.json) {
    nlohmann::ordered_json out{
        {"target", options.target},
        {"echoes", answer.statuses.size()},
        {"successful", good},
        {"seconds", static_cast<double>(answer.took.count()) / 1e9},
        {"failure", answer.failure == peers::Failure::none ? "" : std::string(peers::name(answer.failure))},
        {"message", answer.message}};
    if (answer.tls) out["tls"] = reports::tls_json(*answer.tls);
    nlohmann::ordered_json findings = nlohmann::ordered_json::array();
    if (answer.trace)
      for (const auto& f : answer.trace->findings)
        if (f.severity != trace::Severity::note) findings.push_back(trace::to_line(f));
    out["findings"] = std::move(findings);
    console.text(out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    if (answer.failure == peers::Failure::none) {
      console.text(fmt::format("{} answers: {} of {} C-ECHO successful in {}\n", options.target, good,
                               answer.statuses.size(), reports::detail::seconds(answer.took)));
    } else {
      console.error(answer.message);
    }
    if (answer.tls && answer.tls->established) console.text("  " + answer.tls->summary() + "\n");
    if (answer.trace)
      for (const auto& f : answer.trace->findings)
        if (f.severity != trace::Severity::note && f.side == trace::Side::acceptor)
          console.text(fmt::format("  {}\n    {}\n", trace::to_line(f), f.advice));
    if (options.show_trace && answer.trace) console.text(trace::to_text(*answer.trace, true));
  }
  switch (answer.failure) {
    case peers::Failure::none: return exit_codes::ok;
    case peers::Failure::interrupted: return exit_codes::interrupted;
    case peers::Failure::status:
    case peers::Failure::bad_response:
    case peers::Failure::aborted: return exit_codes::not_conformant;
    case peers::Failure::usage: return exit_codes::usage;
    default: return exit_codes::inconclusive;
  }
}

}  // namespace assay::app
