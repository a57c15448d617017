#include "harness/app/modality.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/app/files.hpp"
#include "harness/app/options.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/service/negotiation.hpp"
#include "peers/local_time.hpp"

namespace assay::app {
namespace {

namespace fs = std::filesystem;

std::string as_json(const peers::ModalityReport& report) {
  const nlohmann::ordered_json out{
      {"items", report.items},
      {"performed", report.performed},
      {"made", report.made},
      {"stored", report.stored},
      {"committed", report.committed},
      {"not_committed", report.not_committed},
      {"failures", report.failures},
      {"worst", report.worst == peers::Failure::none ? "" : std::string(peers::name(report.worst))}};
  return out.dump() + "\n";
}

std::expected<void, std::string> write_object(const fs::path& folder, const dataset::DataSet& object) {
  static const auto identity = service::default_policy();
  dataset::FileMeta meta;
  meta.sop_class_uid = object.text(tags::SOPClassUID);
  meta.sop_instance_uid = object.text(tags::SOPInstanceUID);
  meta.transfer_syntax_uid = uids::ExplicitVRLittleEndian;
  meta.implementation_class_uid = identity.implementation_class_uid;
  meta.implementation_version_name = identity.implementation_version_name;
  const auto name = fmt::format("{}.{}.dcm", object.text(tags::Modality), meta.sop_instance_uid);
  return write_file((folder / name).string(), dataset::build_part10(meta, object));
}

}  // namespace

std::string report_line(const peers::ModalityReport& report) {
  std::string commitment;
  if (report.committed + report.not_committed != 0)
    commitment = fmt::format(" {} of {} committed,", report.committed, report.committed + report.not_committed);
  return fmt::format("{} items, {} performed, {} objects made, {} stored,{} {} failures", report.items,
                     report.performed, report.made, report.stored, commitment, report.failures);
}

std::optional<peers::ModalityOptions> modality_options(const DeviceDescription& device,
                                                       const DeviceDirectory& directory, bool& unwritten,
                                                       Console& console) {
  const auto& s = device.modality;
  peers::ModalityOptions options;
  const auto worklist = requestor_to(s.worklist, device, s.timeout, directory, console);
  if (!worklist) return std::nullopt;
  options.worklist = *worklist;
  for (const auto& [peer, into] : {std::pair{&s.archive, &options.archive}, std::pair{&s.mpps, &options.mpps}}) {
    if (!peer->given()) continue;
    *into = requestor_to(*peer, device, s.timeout, directory, console);
    if (!*into) return std::nullopt;
  }
  options.station_ae_title = options.station_name = device.ae_title;
  if (!s.modality.empty()) options.wanted.emplace_back(tags::Modality, s.modality);
  if (!s.station.empty()) options.wanted.emplace_back(tags::ScheduledStationAETitle, s.station);
  if (!s.date.empty())
    options.wanted.emplace_back(tags::ScheduledProcedureStepStartDate,
                                s.date == "today" ? peers::local_time().date : s.date);
  options.instances = s.instances;
  options.commit = s.commit;
  options.commit_wait = s.commit_wait;
  options.commit_listen_address = device.address;
  if (s.commit_listens) {
    options.commit_listen = device.port;
    if (!device.tls.certificate.empty()) {
      auto server = tls_server(device.tls);
      if (!server) {
        complain(console, device, "tls", server.error());
        return std::nullopt;
      }
      options.commit_tls = std::move(*server);
    }
  }
  if (!device.quiet)
    options.log = [&console, prefix = line_prefix(device)](const std::string& line) {
      console.text(fmt::format("{}{}\n", prefix, line));
    };
  if (s.out.empty()) return options;
  std::error_code error;
  fs::create_directories(s.out, error);
  if (error) {
    complain(console, device, "out", fmt::format("{}: cannot be used as a folder ({})", s.out, error.message()));
    return std::nullopt;
  }
  options.on_object = [&console, &unwritten, folder = s.out](const dataset::DataSet& object) {
    if (const auto written = write_object(folder, object); !written && !std::exchange(unwritten, true))
      console.error(written.error());
  };
  return options;
}

int modality(const DeviceDescription& description, bool json, Console& console) {
  bool unwritten = false;
  auto options = modality_options(description, {}, unwritten, console);
  if (!options) return exit_codes::usage;
  const auto& every = description.modality.every;
  peers::Loop loop;
  peers::Modality device(loop, std::move(*options));
  peers::Failure worst = peers::Failure::none;
  bool finished = false;
  bool interrupted = false;
  const auto polled = [&](const peers::ModalityReport& report) {
    if (worst == peers::Failure::none) worst = report.worst;
    if (worst == peers::Failure::none && report.failures != 0) worst = peers::Failure::bad_response;
    if (json)
      console.data(as_json(report));
    else
      console.text(report_line(report) + "\n");
    finished = !every;
  };
  loop.on_signal([&](int) {
    interrupted = true;
    loop.stop();
  });
  if (every)
    device.poll_every(*every, polled);
  else
    device.poll(polled);
  loop.run_until([&] { return finished || interrupted; });
  if (unwritten) return exit_codes::usage;
  // Who polls for ever ends by Ctrl-C, as it should.
  if (interrupted && !every) return exit_codes::interrupted;
  return exit_code_of(worst);
}

}  // namespace assay::app
