// serve ris: a worklist from a file, and performed steps that are kept as files.
#include <fmt/format.h>

#include <filesystem>

#include "harness/app/files.hpp"
#include "harness/app/home.hpp"
#include "harness/app/schedule.hpp"
#include "harness/app/serve_parts.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/json.hpp"
#include "harness/service/synthetic_schedule.hpp"
#include "peers/devices/ris.hpp"
#include "peers/local_time.hpp"
#include "peers/uid.hpp"

namespace assay::app {
namespace {

namespace fs = std::filesystem;

using Items = std::vector<dataset::DataSet>;

/// The schedule of a file; nothing when something is wrong with it, and the console was told.
std::optional<Items> schedule_of(const std::string& file, Console& console) {
  const auto text = read_text(file);
  if (!text) {
    console.error(text.error());
    return std::nullopt;
  }
  auto items = read_schedule(*text, file);
  if (items) return std::move(*items);
  for (const auto& error : items.error()) console.error(error);
  return std::nullopt;
}

/// A schedule that somebody edits while it is served: read again when the file has changed.
class LiveSchedule {
 public:
  LiveSchedule(std::string file, Console& console) : file_(std::move(file)), console_(console) { (void)changed(); }

  void look(peers::Ris& ris) {
    if (file_.empty() || !changed()) return;
    if (auto items = schedule_of(file_, console_)) {
      console_.text(fmt::format("{} was changed: {} items\n", file_, items->size()));
      ris.reschedule(std::move(*items));
    } else {
      console_.text("the schedule stays as it was\n");
    }
  }

 private:
  bool changed() {
    std::error_code error;
    const auto written = fs::last_write_time(file_, error);
    const auto size = error ? 0 : fs::file_size(file_, error);
    if (error || (written == written_ && size == size_)) return false;
    written_ = written;
    size_ = size;
    return true;
  }

  std::string file_;
  Console& console_;
  fs::file_time_type written_{};
  std::uintmax_t size_ = 0;
};

constexpr std::string_view step_suffix = ".mpps.json";

std::expected<void, std::string> keep_step(const fs::path& folder, const service::StepChange& change) {
  const auto text = dataset::to_json(*change.step).text;
  return write_file((folder / (change.sop_instance_uid + std::string(step_suffix))).string(), as_bytes(text));
}

/// Steps kept before. Nothing when one cannot be read: to go on without it would let it be created a second time.
std::optional<std::vector<std::pair<std::string, dataset::DataSet>>> kept_steps(const fs::path& folder,
                                                                                Console& console) {
  std::vector<std::pair<std::string, dataset::DataSet>> out;
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::directory_iterator entries(folder, error);
  if (error) {
    console.error(fmt::format("{}: cannot be used as a folder ({})", folder.string(), error.message()));
    return std::nullopt;
  }
  for (const auto& entry : entries) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(step_suffix)) continue;
    const auto text = read_text(entry.path());
    if (!text) {
      console.error(text.error());
      return std::nullopt;
    }
    auto read = dataset::from_json(*text);
    if (has_error(read.problems)) {
      console.error(fmt::format("{}: is no DICOM JSON of a performed procedure step: {}", entry.path().string(),
                                read.problems.front().found));
      return std::nullopt;
    }
    out.emplace_back(name.substr(0, name.size() - step_suffix.size()), std::move(read.data_set));
  }
  return out;
}

std::string line_of(const service::StepChange& change) {
  const auto& step = *change.step;
  std::string scheduled;
  for (const auto& item : step.items(tags::ScheduledStepAttributesSequence))
    scheduled += fmt::format(" {}", item.text(tags::ScheduledProcedureStepID));
  return fmt::format("MPPS {}: {} -> {} by {} ({} {}{})\n", change.sop_instance_uid,
                     change.before ? service::name(*change.before) : "new", service::name(change.after), change.who,
                     printable(step.text(tags::Modality)), printable(step.text(tags::PatientID)), printable(scheduled));
}

}  // namespace

int serve_ris(const ServeOptions& options, Console& console) {
  auto parts = serve_parts(options, console);
  if (!parts) return exit_codes::usage;
  peers::RisOptions device;
  if (options.schedule.empty()) {
    device.schedule = service::synthetic_schedule(peers::local_time().date);
  } else if (auto items = schedule_of(options.schedule, console)) {
    device.schedule = std::move(*items);
  } else {
    return exit_codes::usage;
  }
  const auto items = device.schedule.size();
  if (!options.folder.empty()) {
    auto kept = kept_steps(options.folder, console);
    if (!kept) return exit_codes::usage;
    device.steps = std::move(*kept);
    device.keep = [folder = fs::path(options.folder)](const auto& change) { return keep_step(folder, change); };
  }
  const auto steps = device.steps.size();
  std::unique_ptr<peers::Ris> ris;
  LiveSchedule live(options.schedule, console);
  device.address = options.address;
  device.port = options.port;
  device.ae_title = options.ae_title;
  device.require_called_ae = options.check_called;
  device.max_associations = options.maximum_associations;
  device.artim = options.artim;
  device.dimse_timeout = options.idle_timeout;
  device.mpps.make_uid = peers::new_uid;
  device.worklist.before_query = [&] { live.look(*ris); };
  device.on_step = [&](const service::StepChange& change) {
    if (!options.quiet) console.text(line_of(change));
  };
  device.faults = parts->faults;
  device.rules = parts->rules;
  device.on_trace = parts->on_trace;
  device.log = parts->log;
  device.tls = parts->tls;
  peers::Loop loop;
  auto started = peers::Ris::start(loop, std::move(device));
  if (!started) {
    console.error(started.error());
    return exit_codes::usage;
  }
  ris = std::move(*started);
  console.text(
      fmt::format("Listening on {}:{}{} as {}{}: Verification, Modality Worklist ({} items), MPPS{}. Ctrl-C ends it.\n",
                  options.address, ris->port(), parts->over, options.ae_title,
                  options.check_called ? " (other called titles are refused)" : "", items,
                  options.folder.empty() ? "" : fmt::format(" ({} steps in {})", steps, options.folder)));
  serve_until_stopped(loop, ris->acceptor(), console);
  return exit_codes::ok;
}

}  // namespace assay::app
