// serve ris: a worklist from a file, and performed steps that are kept as files.
#include <fmt/format.h>

#include <filesystem>

#include "harness/app/files.hpp"
#include "harness/app/home.hpp"
#include "harness/app/served_device.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/json.hpp"
#include "harness/scenario/schedule.hpp"
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
  auto items = scenario::read_schedule(*text, file);
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
  return fmt::format("MPPS {}: {} -> {} by {} ({} {}{})", change.sop_instance_uid,
                     change.before ? service::name(*change.before) : "new", service::name(change.after), change.who,
                     printable(step.text(tags::Modality)), printable(step.text(tags::PatientID)), printable(scheduled));
}

class ServedRis final : public ServedDevice {
 public:
  ServedRis(DeviceDescription description, Console& console)
      : ServedDevice(std::move(description), console), live_(description_.ris.schedule, console) {}

  bool start(peers::Loop& loop) {
    const auto& d = description_;
    peers::RisOptions options;
    if (!fill_options(options, d, console_)) return false;
    if (d.ris.schedule.empty()) {
      options.schedule = service::synthetic_schedule(peers::local_time().date);
    } else if (auto items = schedule_of(d.ris.schedule, console_)) {
      options.schedule = std::move(*items);
    } else {
      if (d.of_file()) complain(console_, d, "schedule", "this schedule cannot be used");
      return false;
    }
    items_ = options.schedule.size();
    if (!d.folder.empty()) {
      auto kept = kept_steps(d.folder, console_);
      if (!kept) {
        if (d.of_file()) complain(console_, d, "folder", "this folder of performed steps cannot be used");
        return false;
      }
      options.steps = std::move(*kept);
      options.keep = [folder = fs::path(d.folder)](const auto& change) { return keep_step(folder, change); };
    }
    steps_ = options.steps.size();
    options.mpps.make_uid = peers::new_uid;
    options.worklist.before_query = [this] { live_.look(*ris_); };
    options.on_step = [this](const service::StepChange& change) {
      if (!description_.quiet) say(line_of(change));
    };
    auto started = peers::Ris::start(loop, std::move(options));
    if (!started) {
      complain(console_, d, "port", started.error());
      return false;
    }
    ris_ = std::move(*started);
    return true;
  }

  [[nodiscard]] std::vector<std::string> begun() const override {
    return {fmt::format(
        "{}: Verification, Modality Worklist ({} items), MPPS{}.", listening_line(description_, port()), items_,
        description_.folder.empty() ? "" : fmt::format(" ({} steps in {})", steps_, description_.folder))};
  }
  [[nodiscard]] std::uint16_t port() const override { return ris_->port(); }
  [[nodiscard]] std::vector<std::string> controls() const override {
    return {"list",
            "add KEY=VALUE ... (keys as in a schedule)",
            "remove STUDY-UID|STEP-ID",
            "reload",
            "steps",
            "faults FILE|none"};
  }
  ControlResult control(const ControlWords& words) override {
    const auto& what = words.front();
    if (what == "list" && words.size() == 1) return list();
    if (what == "add" && words.size() >= 2) return add(words);
    if (what == "remove" && words.size() == 2) return remove(words[1]);
    if (what == "steps" && words.size() == 1) return steps();
    if (what == "faults") return control_faults(words, ris_->acceptor());
    if (what != "reload" || words.size() != 1) return not_understood(words);
    if (description_.ris.schedule.empty()) return std::unexpected("the schedule is of no file");
    auto items = schedule_of(description_.ris.schedule, console_);
    if (!items) return std::unexpected("the schedule stays as it was");
    const auto count = items->size();
    ris_->reschedule(std::move(*items));
    return ControlAnswer{fmt::format("{} items", count), {}, 0};
  }
  void stop(Duration grace) override { ris_->stop(grace); }
  [[nodiscard]] bool called() const override { return ris_->acceptor().open_connections() != 0; }

 private:
  [[nodiscard]] ControlResult list() const {
    ControlAnswer out;
    for (const auto& item : *ris_->worklist().items()) {
      const auto scheduled = item->items(tags::ScheduledProcedureStepSequence);
      const auto of_step = [&](Tag tag) {
        return scheduled.empty() ? std::string() : printable(scheduled.front().text(tag));
      };
      out.add(fmt::format("{} {} {} {} {} {}", of_step(tags::ScheduledProcedureStepID), of_step(tags::Modality),
                          of_step(tags::ScheduledProcedureStepStartDate), printable(item->text(tags::PatientID)),
                          printable(item->text(tags::StudyInstanceUID)), of_step(tags::ScheduledProcedureStepStatus)));
    }
    out.done = fmt::format("{} items", out.count);
    return out;
  }

  ControlResult add(const ControlWords& words) {
    if (ris_->worklist().size() >= max_items)
      return std::unexpected(fmt::format("there are {} items already", max_items));
    auto item = scenario::schedule_item({words.begin() + 1, words.end()});
    if (!item) return std::unexpected(item.error());
    const auto steps_of = item->items(tags::ScheduledProcedureStepSequence);
    if (ris_->worklist().find(item->text(tags::StudyInstanceUID),
                              steps_of.front().text(tags::ScheduledProcedureStepID)))
      return std::unexpected("there is an item with this StudyInstanceUID and ScheduledProcedureStepID");
    ris_->worklist().add(std::move(*item));
    return ControlAnswer{fmt::format("{} items", ris_->worklist().size()), {}, 0};
  }

  ControlResult remove(const std::string& key) {
    std::size_t removed = 0;
    const auto items = ris_->worklist().items();
    for (const auto& item : *items) {
      const auto scheduled = item->items(tags::ScheduledProcedureStepSequence);
      const bool wanted = item->text(tags::StudyInstanceUID) == key ||
                          (!scheduled.empty() && scheduled.front().text(tags::ScheduledProcedureStepID) == key);
      if (wanted && ris_->worklist().remove(item)) ++removed;
    }
    if (removed == 0) return std::unexpected(fmt::format("no item has the study or step {}", printable(key)));
    return ControlAnswer{fmt::format("{} removed", removed), {}, 0};
  }

  [[nodiscard]] ControlResult steps() const {
    ControlAnswer out;
    for (const auto& [uid, step] : ris_->steps().all())
      out.add(fmt::format("{} {} {} {}", printable(uid), printable(step->text(tags::PerformedProcedureStepStatus)),
                          printable(step->text(tags::Modality)), printable(step->text(tags::PatientID))));
    out.done = fmt::format("{} steps", out.count);
    return out;
  }

  static constexpr std::size_t max_items = 100'000;
  LiveSchedule live_;
  std::size_t items_ = 0;  // at the start, as the steps
  std::size_t steps_ = 0;
  std::unique_ptr<peers::Ris> ris_;
};

}  // namespace

std::unique_ptr<ServedDevice> start_ris(peers::Loop& loop, DeviceDescription device, Console& console) {
  auto out = std::make_unique<ServedRis>(std::move(device), console);
  if (!out->start(loop)) return nullptr;
  return out;
}

}  // namespace assay::app
