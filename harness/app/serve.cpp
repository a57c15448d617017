// assay serve.
#include <fmt/format.h>

#include <charconv>

#include "harness/app/commands.hpp"
#include "harness/app/fault_file.hpp"
#include "harness/app/home.hpp"
#include "harness/app/print.hpp"
#include "harness/app/serve_parts.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/devices/folder_store.hpp"
#include "peers/load.hpp"
#include "peers/peers.hpp"

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

/// AE=HOST:PORT; the error is one sentence.
std::expected<std::pair<std::string, peers::Destination>, std::string> destination_from(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return std::unexpected("--destination '" + text + "' is no AE=HOST:PORT: write WS1=192.0.2.5:104");
  const auto target = host_port(text.substr(equals + 1));
  if (!target) return std::unexpected("--destination '" + text + "': " + target.error());
  return std::pair{text.substr(0, equals), peers::Destination{target->host, target->port, {}}};
}

/// N or N:M; the error is one sentence.
std::expected<service::OperationsWindow, std::string> window_from(const std::string& text) {
  service::OperationsWindow out;
  const auto number = [](std::string_view digits, std::uint16_t& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  const auto colon = text.find(':');
  const std::string_view all = text;
  if (!number(all.substr(0, colon), out.invoked) ||
      (colon != std::string::npos && !number(all.substr(colon + 1), out.performed)))
    return std::unexpected("--window '" + text + "' is no window: write 16, or 16:4 to invoke 4 at a time ourselves");
  return out;
}

}  // namespace

int serve(const ServeOptions& options, Console& console) {
  const bool other = options.device != "archive";
  if (other && (!options.index.empty() || options.with_patients || !options.sync || !options.destinations.empty() ||
                !options.window.empty())) {
    console.error("--index, --with-patients, --no-sync, --window and --destination are of 'assay serve archive'");
    return exit_codes::usage;
  }
  if (options.device != "ris" && !options.schedule.empty()) {
    console.error("--schedule is of 'assay serve ris'");
    return exit_codes::usage;
  }
  if (options.device == "ris") return serve_ris(options, console);
  if (options.device == "printer") return serve_printer(options, console);
  peers::EmbeddedDeviceOptions device_options;
  for (const auto& one : options.destinations) {
    auto destination = destination_from(one);
    if (!destination) {
      console.error(destination.error());
      return exit_codes::usage;
    }
    if (!titles_fit({{"--destination", destination->first}}, console)) return exit_codes::usage;
    device_options.destinations.insert(std::move(*destination));
  }
  if (!options.window.empty()) {
    const auto window = window_from(options.window);
    if (!window) {
      console.error(window.error());
      return exit_codes::usage;
    }
    device_options.window = *window;
  }
  auto& commitment = device_options.commitment;
  commitment.way = options.commitment == "never" ? service::ReportWay::never
                   : options.commitment == "new" ? service::ReportWay::new_association
                                                 : service::ReportWay::same_association;
  commitment.delay = options.commitment_delay;
  commitment.fail_every = options.commitment_fail_every;
  const auto parts = serve_parts(options, console);
  if (!parts) return exit_codes::usage;
  peers::keep_memory();
  peers::Loop loop;
  device_options.address = options.address;
  device_options.port = options.port;
  device_options.ae_title = options.ae_title;
  device_options.require_called_ae = options.check_called;
  device_options.max_associations = options.maximum_associations;
  device_options.artim = options.artim;
  device_options.dimse_timeout = options.idle_timeout;
  device_options.rules = parts->rules;
  device_options.faults = parts->faults;
  device_options.on_trace = parts->on_trace;
  device_options.log = parts->log;
  device_options.tls = parts->tls;
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
  console.text(fmt::format(
      "Listening on {}:{}{} as {}{}: Verification, Storage, commitment, query and retrieve. Ctrl-C ends it.\n",
      options.address, (*device)->port(), parts->over, options.ae_title,
      options.check_called ? " (other called titles are refused)" : ""));
  if (folder) console.text(fmt::format("Folder {}: {}.\n", options.folder, folder->summary()));
  if (parts->faults) console.text(fault_lines(*parts->faults));
  serve_until_stopped(loop, (*device)->acceptor(), console);
  return exit_codes::ok;
}

}  // namespace assay::app
