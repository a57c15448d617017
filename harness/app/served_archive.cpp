// serve archive: the embedded device over a synthetic patient set or a folder of files.
#include <fmt/format.h>

#include <charconv>

#include "harness/app/fault_file.hpp"
#include "harness/app/home.hpp"
#include "harness/app/played_profile.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/app/serve.hpp"
#include "harness/app/served_device.hpp"
#include "harness/base/hex.hpp"
#include "harness/service/forgetful_store.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/devices/folder_store.hpp"
#include "peers/load.hpp"

namespace assay::app {
namespace {

std::optional<service::ReportWay> report_way(std::string_view word) {
  if (word == "same") return service::ReportWay::same_association;
  if (word == "new") return service::ReportWay::new_association;
  if (word == "never") return service::ReportWay::never;
  return std::nullopt;
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
    return std::unexpected("--window '" + printable(text) +
                           "' is no window: write 16, or 16:4 to invoke 4 at a time ourselves");
  return out;
}

class ServedArchive final : public ServedDevice {
 public:
  using ServedDevice::ServedDevice;

  bool start(peers::Loop& loop) {
    if (!description_.profile.empty() && !read_played()) return false;
    const auto& d = description_;
    peers::EmbeddedDeviceOptions options;
    if (!fill_options(options, d, console_)) return false;
    faults_ = options.faults;
    options.sop_classes = d.archive.sop_classes;
    if (played_) play(options);
    if (!d.archive.window.empty()) {
      const auto window = window_from(d.archive.window);
      if (!window) {
        complain(console_, d, "window", window.error());
        return false;
      }
      options.window = *window;
    }
    auto& commitment = options.commitment;
    commitment.way =
        played_ ? played_->commitment : report_way(d.archive.commitment).value_or(service::ReportWay::same_association);
    commitment.delay = d.archive.commitment_delay;
    commitment.fail_every = d.archive.commitment_fail_every;
    peers::keep_memory();
    if (!d.folder.empty()) {
      if (!open_folder()) return false;
      options.store = folder_;
      options.with_patients = d.archive.with_patients;
    } else if (d.archive.ignore) {
      options.store = std::make_shared<service::ForgetfulStore>();
      options.with_patients = false;
    }
    auto started = peers::EmbeddedDevice::start(loop, std::move(options));
    if (!started) {
      complain(console_, d, "port", started.error());
      return false;
    }
    device_ = std::move(*started);
    return true;
  }

  [[nodiscard]] std::vector<std::string> begun() const override {
    if (played_) return begun_as();
    const auto& classes = description_.archive.sop_classes;
    std::vector<std::string> out{fmt::format("{}: Verification, Storage{}, commitment, query and retrieve.",
                                             listening_line(description_, port()),
                                             classes.empty() ? "" : fmt::format(" of {} SOP Classes", classes.size()))};
    if (folder_) out.push_back(fmt::format("Folder {}: {}.", description_.folder, folder_->summary()));
    if (description_.archive.ignore) out.emplace_back("What comes is answered for and forgotten.");
    if (faults_) out.push_back(fault_lines(*faults_));
    return out;
  }
  [[nodiscard]] std::uint16_t port() const override { return device_->port(); }

  bool meet(const DeviceDirectory& directory) override {
    if (description_.archive.destinations.empty()) return true;
    const auto client = tls_client(description_.tls);
    if (!client) {
      complain(console_, description_, "tls", client.error());
      return false;
    }
    for (const auto& one : description_.archive.destinations) {
      const auto address = address_of(one, directory, console_);
      if (!address) return false;
      const bool tls = one.device.empty() ? !one.place.empty() && description_.tls.any() : address->tls;
      device_->destinations().insert_or_assign(
          one.ae_title.empty() ? address->ae_title : one.ae_title,
          peers::Destination{address->host, address->port, tls ? *client : nullptr});
    }
    return true;
  }
  [[nodiscard]] std::vector<std::string> controls() const override {
    return {"list [patient|study|series|image]", "delete UID (of a study, series or instance)",
            "commitment same|new|never [DELAY [FAIL-EVERY]]", "destination AE=HOST:PORT", "faults FILE|none"};
  }
  ControlResult control(const ControlWords& words) override {
    const auto& what = words.front();
    if (what == "list" && words.size() <= 2) return list(words.size() == 2 ? words[1] : "image");
    if (what == "delete" && words.size() == 2) return erase(words[1]);
    if (what == "commitment" && words.size() >= 2 && words.size() <= 4) return commitment(words);
    if (what == "destination" && words.size() == 2) {
      const auto one = destination_from(words[1]);
      if (!one) return std::unexpected(one.error());
      const auto to = host_port(one->target);
      device_->destinations().insert_or_assign(one->ae_title, peers::Destination{to->host, to->port, {}});
      return ControlAnswer{"C-MOVE and reports may go to " + one->ae_title, {}, 0};
    }
    if (what == "faults") return control_faults(words, device_->acceptor());
    return not_understood(words);
  }
  void stop(Duration grace) override { device_->stop(grace); }
  [[nodiscard]] bool called() const override { return device_->acceptor().open_connections() != 0; }

 private:
  /// The device answers as a profile says.
  bool read_played() {
    auto& d = description_;
    const auto profile = read_profile(d.profile);
    if (!profile) {
      for (std::string_view rest = profile.error(); !rest.empty();) {
        const auto end = rest.find('\n');
        console_.error(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      }
      return false;
    }
    auto played = play_profile(*profile, d.ae_title, d.tls.any());
    if (!played) {
      console_.error(played.error());
      return false;
    }
    played_ = std::move(*played);
    if (d.ae_title.empty()) d.ae_title = played_->ae_title;
    return true;
  }

  void play(peers::EmbeddedDeviceOptions& options) const {
    options.policy = played_->policy;
    options.extensions = played_->extensions;
    options.keys = played_->keys;
    options.storage = played_->storage;
    options.max_matches = played_->max_matches;
    options.artim = played_->artim.value_or(options.artim);
    options.dimse_timeout = played_->idle_timeout.value_or(options.dimse_timeout);
    options.whole_hospital = true;
  }

  [[nodiscard]] std::vector<std::string> begun_as() const {
    std::vector<std::string> out{
        fmt::format("{}, played as {}.", listening_line(description_, port()), printable(played_->product))};
    for (const auto& line : played_->played) out.push_back("  " + line);
    for (const auto& line : played_->not_played) out.push_back("  not played: " + line);
    if (folder_) out.push_back(fmt::format("Folder {}: {}.", description_.folder, folder_->summary()));
    if (faults_) out.push_back(fault_lines(*faults_));
    return out;
  }

  bool open_folder() {
    peers::FolderStoreOptions store;
    store.folder = description_.folder;
    store.index = description_.archive.index == "memory" ? ":memory:" : description_.archive.index;
    store.sync = description_.archive.sync;
    store.log = [this](const std::string& line) { say("  archive: " + line); };
    auto opened = peers::FolderStore::open(std::move(store));
    if (!opened) {
      complain(console_, description_, opened.error().starts_with("index") ? "index" : "folder", opened.error());
      return false;
    }
    folder_ = std::move(*opened);
    return true;
  }

  [[nodiscard]] const service::InstanceStore& store() const {
    return folder_ ? static_cast<const service::InstanceStore&>(*folder_) : device_->store();
  }

  [[nodiscard]] ControlResult list(std::string word) const {
    for (auto& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto level = service::level_from(word);
    if (!level)
      return std::unexpected(fmt::format("'{}' is none of patient, study, series and image", printable(word)));
    ControlAnswer out;
    const auto cursor = store().candidates(*level, {});
    while (const auto entity = cursor->next()) {
      const auto& one = *entity->representative;
      switch (*level) {
        case service::QueryLevel::patient:
          out.add(
              fmt::format("{} studies={} instances={}", printable(one.patient_id), entity->studies, entity->instances));
          break;
        case service::QueryLevel::study:
          out.add(fmt::format("{} patient={} series={} instances={}", printable(one.study_uid),
                              printable(one.patient_id), entity->series, entity->instances));
          break;
        case service::QueryLevel::series:
          out.add(fmt::format("{} study={} instances={}", printable(one.series_uid), printable(one.study_uid),
                              entity->instances));
          break;
        case service::QueryLevel::image:
          out.add(fmt::format("{} series={} {}", printable(one.sop_instance_uid), printable(one.series_uid),
                              dict::uid_name(one.sop_class_uid)));
          break;
      }
    }
    out.done = fmt::format("{} listed", out.count);
    return out;
  }

  ControlResult erase(const std::string& uid) {
    std::vector<std::string> found;
    // The key may be of any level.
    for (const auto level :
         {&service::Scope::instance_uids, &service::Scope::series_uids, &service::Scope::study_uids}) {
      service::Scope scope;
      (scope.*level) = {uid};
      const auto cursor = store().candidates(service::QueryLevel::image, scope);
      while (const auto entity = cursor->next()) {
        const auto& one = *entity->representative;
        // A store may give more candidates than were asked for.
        if (one.sop_instance_uid == uid || one.series_uid == uid || one.study_uid == uid)
          found.push_back(one.sop_instance_uid);
      }
      if (!found.empty()) break;
    }
    if (found.empty()) return std::unexpected(fmt::format("there is no study, series or instance {}", printable(uid)));
    for (const auto& one : found) {
      if (!folder_) {
        device_->store().erase(one);
      } else if (const auto gone = folder_->erase(one); !gone) {
        return std::unexpected(gone.error());
      }
    }
    return ControlAnswer{fmt::format("{} deleted", found.size()), {}, 0};
  }

  ControlResult commitment(const ControlWords& words) {
    const auto way = report_way(words[1]);
    if (!way) return std::unexpected(fmt::format("'{}' is none of same, new and never", printable(words[1])));
    const auto delay = words.size() > 2 ? duration(words[2]) : Duration{0};
    if (!delay) return std::unexpected(fmt::format("'{}' is no time: write 500ms or 2s", printable(words[2])));
    unsigned every = 0;
    if (words.size() > 3) {
      const auto& text = words[3];
      const auto read = std::from_chars(text.data(), text.data() + text.size(), every);
      if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
        return std::unexpected(fmt::format("'{}' is no number of instances", printable(text)));
    }
    device_->set_commitment(*way, *delay, every);
    return ControlAnswer{"commitment that is asked for from here on is reported so", {}, 0};
  }

  std::optional<PlayedProfile> played_;
  std::shared_ptr<const faults::Plan> faults_;
  std::shared_ptr<peers::FolderStore> folder_;
  std::unique_ptr<peers::EmbeddedDevice> device_;
};

}  // namespace

std::unique_ptr<ServedDevice> start_archive(peers::Loop& loop, DeviceDescription device, Console& console) {
  auto out = std::make_unique<ServedArchive>(std::move(device), console);
  if (!out->start(loop)) return nullptr;
  return out;
}

}  // namespace assay::app
