#include "harness/app/modality.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/app/files.hpp"
#include "harness/app/options.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/service/negotiation.hpp"
#include "peers/devices/modality.hpp"
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

int modality(const ModalitySettings& s, Console& console) {
  const auto peer = [&](const std::string& target) {
    ScuOptions words;
    words.target = target;
    words.calling_ae = s.ae_title;
    words.timeout = s.timeout;
    words.tls = s.tls;
    return requestor_of(words, console);
  };
  peers::ModalityOptions options;
  const auto worklist = peer(s.worklist);
  if (!worklist) return exit_codes::usage;
  options.worklist = *worklist;
  for (const auto& [target, into] : {std::pair{&s.archive, &options.archive}, std::pair{&s.mpps, &options.mpps}}) {
    if (target->empty()) continue;
    *into = peer(*target);
    if (!*into) return exit_codes::usage;
  }
  options.station_ae_title = options.station_name = s.ae_title;
  if (!s.modality.empty()) options.wanted.emplace_back(tags::Modality, s.modality);
  if (!s.station.empty()) options.wanted.emplace_back(tags::ScheduledStationAETitle, s.station);
  if (!s.date.empty())
    options.wanted.emplace_back(tags::ScheduledProcedureStepStartDate,
                                s.date == "today" ? peers::local_time().date : s.date);
  options.instances = s.instances;
  if (!s.json) options.log = [&](const std::string& line) { console.text(line + "\n"); };
  bool unwritten = false;
  if (!s.out.empty()) {
    std::error_code error;
    fs::create_directories(s.out, error);
    if (error) {
      console.error(fmt::format("{}: cannot be used as a folder ({})", s.out, error.message()));
      return exit_codes::usage;
    }
    options.on_object = [&](const dataset::DataSet& object) {
      if (const auto written = write_object(s.out, object); !written && !std::exchange(unwritten, true))
        console.error(written.error());
    };
  }
  peers::Loop loop;
  peers::Modality device(loop, std::move(options));
  peers::Failure worst = peers::Failure::none;
  bool finished = false;
  bool interrupted = false;
  const auto polled = [&](const peers::ModalityReport& report) {
    if (worst == peers::Failure::none) worst = report.worst;
    if (worst == peers::Failure::none && report.failures != 0) worst = peers::Failure::bad_response;
    if (s.json)
      console.data(as_json(report));
    else
      console.text(fmt::format("{} items, {} performed, {} objects made, {} stored, {} failures\n", report.items,
                               report.performed, report.made, report.stored, report.failures));
    finished = !s.every;
  };
  loop.on_signal([&](int) {
    interrupted = true;
    loop.stop();
  });
  if (s.every)
    device.poll_every(*s.every, polled);
  else
    device.poll(polled);
  loop.run_until([&] { return finished || interrupted; });
  if (unwritten) return exit_codes::usage;
  // Who polls for ever ends by Ctrl-C, as it should.
  if (interrupted && !s.every) return exit_codes::interrupted;
  return exit_code_of(worst);
}

}  // namespace assay::app
