// A workstation as a device of a file. Tests: tests/interop/workstation_test.py
#include <fmt/format.h>

#include "harness/app/workstation.hpp"
#include "harness/base/hex.hpp"
#include "peers/commitment.hpp"
#include "peers/devices/folder_store.hpp"

namespace assay::app {
namespace {

class ServedWorkstation final : public ServedDevice {
 public:
  ServedWorkstation(peers::Loop& loop, DeviceDescription description, Console& console)
      : ServedDevice(std::move(description), console), loop_(loop) {}

  bool start() {
    const auto& d = description_;
    if (const auto task = retrieve_task(d.workstation); !task) {
      complain(console_, d, "", task.error());
      return false;
    }
    peers::WorkstationOptions options;
    if (!fill_options(options, d, console_)) return false;
    options.receiver_ae_title = d.workstation.receiver;
    options.collect_wait = d.workstation.collect_wait;
    options.on_own_trace = [this](const trace::Trace& trace) {
      for (const auto& f : trace.findings)
        if (f.severity != trace::Severity::note && f.side == trace::Side::acceptor) say("  " + trace::to_line(f));
    };
    if (!d.folder.empty()) {
      peers::FolderStoreOptions folder;
      folder.folder = d.folder;
      folder.log = [this](const std::string& line) { say("  " + line); };
      auto opened = peers::FolderStore::open(std::move(folder));
      if (!opened) {
        complain(console_, d, "folder", opened.error());
        return false;
      }
      options.into = store_ = std::move(*opened);
    }
    auto started = peers::Workstation::start(loop_, std::move(options));
    if (!started) {
      complain(console_, d, "port", started.error());
      return false;
    }
    workstation_ = std::move(*started);
    return true;
  }

  [[nodiscard]] std::vector<std::string> begun() const override {
    std::vector<std::string> out{fmt::format("{} and {}: plays a workstation, takes what is moved to it.",
                                             listening_line(description_, port()), description_.workstation.receiver)};
    if (store_) out.push_back(fmt::format("Folder {}: {}.", description_.folder, store_->summary()));
    return out;
  }
  [[nodiscard]] std::uint16_t port() const override { return workstation_->port(); }

  bool meet(const DeviceDirectory& directory) override {
    const auto& w = description_.workstation;
    const auto archive = requestor_to(w.archive, description_, w.timeout, directory, console_);
    if (!archive) {
      complain(console_, description_, "", "this workstation cannot begin");
      return false;
    }
    workstation_->set_archive(*archive);
    if (w.every) begin(w);
    return true;
  }
  [[nodiscard]] std::vector<std::string> controls() const override {
    return {"retrieve [way=WAY] [level=LEVEL] [to=AE] [KEY=VALUE ...]", "list", "faults FILE|none"};
  }
  ControlResult control(const ControlWords& words) override {
    const auto& what = words.front();
    if (what == "faults") return control_faults(words, *workstation_->acceptor());
    if (what == "list" && words.size() == 1)
      return ControlAnswer{store_ ? store_->summary() : std::string("nothing is kept"), {}, 0};
    if (what != "retrieve") return not_understood(words);
    auto settings = description_.workstation;
    if (words.size() > 1) settings.keys.clear();
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto& word = words[i];
      if (word.starts_with("way="))
        settings.way = word.substr(4);
      else if (word.starts_with("level="))
        settings.level = word.substr(6);
      else if (word.starts_with("to="))
        settings.destination = word.substr(3);
      else
        settings.keys.push_back(word);
    }
    if (workstation_->busy()) return std::unexpected("a retrieval is going on");
    if (const auto task = retrieve_task(settings); !task) return std::unexpected(task.error());
    settings.every.reset();
    begin(settings);
    return ControlAnswer{"asks the archive", {}, 0};
  }
  void rest() override {
    resting_ = true;
    workstation_->rest();
  }
  void stop(Duration grace) override { workstation_->stop(grace); }
  [[nodiscard]] bool acting() const override { return workstation_->busy(); }
  [[nodiscard]] bool called() const override { return workstation_->acceptor()->open_connections() != 0; }

 private:
  void begin(const WorkstationSettings& settings) {
    workstation_->retrieve(*retrieve_task(settings), [this, settings](const peers::RetrieveReport& report) {
      say(report_line(report, settings));
      if (!settings.every || resting_) return;
      peers::later_on(loop_)(*settings.every, [this, settings] {
        if (!resting_ && !workstation_->busy()) begin(settings);
      });
    });
  }

  peers::Loop& loop_;
  std::shared_ptr<peers::FolderStore> store_;
  std::unique_ptr<peers::Workstation> workstation_;
  bool resting_ = false;
};

}  // namespace

std::unique_ptr<ServedDevice> start_workstation(peers::Loop& loop, DeviceDescription device, Console& console) {
  auto out = std::make_unique<ServedWorkstation>(loop, std::move(device), console);
  if (!out->start()) return nullptr;
  return out;
}

}  // namespace assay::app
