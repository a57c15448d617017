#include "harness/app/served_device.hpp"

#include <fmt/format.h>

#include <memory>
#include <set>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/fault_file.hpp"
#include "harness/app/home.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/base/hex.hpp"

namespace assay::app {

std::string line_prefix(const DeviceDescription& device) { return device.name.empty() ? "" : device.name + ": "; }

void complain(Console& console, const DeviceDescription& device, std::string_view setting, std::string_view message) {
  console.error(device.place(setting) + std::string(message));
}

void ServedDevice::say(std::string_view line) const {
  console_.text(fmt::format("{}{}\n", line_prefix(description_), line));
}

namespace {

/// Tells of a peer that breaks a rule: this is what integrators watch the window for. What its objects lack is told
/// once of each attribute, and the beginning of it: a device that leaves ten attributes out does so in every object.
class FindingLines {
 public:
  FindingLines(Console& console, std::string prefix) : console_(console), prefix_(std::move(prefix)) {}

  void tell(const trace::Trace& t) {
    std::size_t shown = 0;
    std::size_t untold = 0;
    for (const auto& f : t.findings) {
      if (f.severity == trace::Severity::note || f.side != trace::Side::requestor) continue;
      if (of_object(f.rule)) {
        if (shown == most_of_objects || told_.size() == most_told || !told_.insert(f.rule + " " + f.field).second) {
          ++untold;
          continue;
        }
        ++shown;
      }
      console_.text(fmt::format("  {}{} {}\n    {}\n", prefix_, t.description, trace::to_line(f), f.advice));
    }
    if (untold > 0)
      console_.text(
          fmt::format("  {}{} {} more about its objects, told before or like these: 'assay validate' on the "
                      "files tells all\n",
                      prefix_, t.description, untold));
  }

 private:
  static constexpr std::size_t most_of_objects = 8;  // of one connection
  static constexpr std::size_t most_told = 10'000;   // attributes remembered

  static bool of_object(std::string_view rule) {
    return rule.starts_with("ps3.3/") || rule.starts_with("ps3.5/7.4.") || rule.starts_with("ps3.5/6.3/");
  }

  Console& console_;
  std::string prefix_;
  std::set<std::string> told_;
};

}  // namespace

bool fill_options(peers::DeviceOptions& out, const DeviceDescription& device, Console& console) {
  auto faults = read_faults(device.faults, console);
  if (!faults) {
    if (device.of_file()) complain(console, device, "faults", "this file of faults cannot be used");
    return false;
  }
  if (const auto problem = title_problem(device.ae_title); !problem.empty()) {
    complain(console, device, "ae-title",
             fmt::format("{} '{}': {}", device.called("ae-title"), device.ae_title, problem));
    return false;
  }
  auto tls = tls_server(device.tls);
  if (!tls) {
    complain(console, device, "tls",
             tls.error() + (device.tls.certificate.empty() ? " ('assay certificates DIR' makes some for tests)" : ""));
    return false;
  }
  out.address = device.address;
  out.port = device.port;
  out.port_setting = device.called("port");
  out.ae_title = device.ae_title;
  out.require_called_ae = device.check_called;
  out.max_associations = device.max_associations;
  out.artim = device.artim;
  out.dimse_timeout = device.idle_timeout;
  out.faults = std::move(*faults);
  out.tls = std::move(*tls);
  if (device.judge) out.rules = conformance::standard_rules(conformance::ObjectsJudged::new_kinds);
  const auto prefix = line_prefix(device);
  out.on_trace = [lines = std::make_shared<FindingLines>(console, prefix)](const trace::Trace& t) { lines->tell(t); };
  if (!device.quiet)
    out.log = [&console, prefix](const std::string& line) { console.text(fmt::format("{}{}\n", prefix, line)); };
  return true;
}

ControlResult ServedDevice::control_faults(const ControlWords& words, peers::Acceptor& acceptor) {
  if (words.size() != 2) return not_understood(words);
  if (words[1] == "none") {
    acceptor.set_faults(nullptr);
    return ControlAnswer{"behaves as it should from the next connection on", {}, 0};
  }
  auto faults = read_faults(words[1], console_);
  if (!faults) return std::unexpected(fmt::format("the file of faults {} cannot be used", printable(words[1])));
  ControlAnswer out{"misbehaves from the next connection on", {}, 0};
  for (const auto& fault : (*faults)->faults) out.add(faults::describe(fault));
  acceptor.set_faults(std::move(*faults));
  return out;
}

ControlResult ServedDevice::not_understood(const ControlWords& words) const {
  std::string known;
  for (const auto& line : controls()) known += (known.empty() ? "" : "; ") + line;
  return std::unexpected(fmt::format("'{}' is not understood here; there are: {}",
                                     printable(words.empty() ? std::string() : words.front()), known));
}

std::string listening_line(const DeviceDescription& device, std::uint16_t port) {
  const auto& tls = device.tls;
  const auto* over = !tls.any()       ? ""
                     : tls.ca.empty() ? " over TLS"
                     : tls.no_verify  ? " over TLS (client certificates are looked at, any is taken)"
                                      : " over TLS (clients need a certificate)";
  return fmt::format("Listening on {}:{}{} as {}{}", device.address, port, over, device.ae_title,
                     device.check_called ? " (other called titles are refused)" : "");
}

std::optional<DeviceAddress> address_of(const PeerDescription& peer, const DeviceDirectory& directory,
                                        Console& console) {
  if (!peer.device.empty()) return directory(peer.device);
  const auto target = target_from(peer.target);
  if (!target) {
    console.error(peer.place + target.error());
    return std::nullopt;
  }
  return DeviceAddress{target->host, target->port, target->called_ae, false};
}

std::optional<peers::RequestorOptions> requestor_to(const PeerDescription& peer, const DeviceDescription& device,
                                                    Duration timeout, const DeviceDirectory& directory,
                                                    Console& console) {
  const auto address = address_of(peer, directory, console);
  if (!address) return std::nullopt;
  ScuOptions words;
  const bool v6 = address->host.find(':') != std::string::npos;
  words.target = fmt::format("{}{}:{}", address->ae_title.empty() ? "" : address->ae_title + "@",
                             v6 ? "[" + address->host + "]" : address->host, address->port);
  words.calling_ae = device.ae_title;
  words.timeout = timeout;
  words.faults = device.faults;
  if (peer.device.empty() || address->tls) words.tls = device.tls;
  return requestor_of(words, console);
}

std::unique_ptr<ServedDevice> start_device(peers::Loop& loop, DeviceDescription device, Console& console) {
  switch (device.kind) {
    case DeviceKind::archive: return start_archive(loop, std::move(device), console);
    case DeviceKind::ris: return start_ris(loop, std::move(device), console);
    case DeviceKind::printer: return start_printer(loop, std::move(device), console);
    case DeviceKind::workstation: return start_workstation(loop, std::move(device), console);
    case DeviceKind::modality: break;
  }
  return start_modality(loop, std::move(device), console);
}

}  // namespace assay::app
