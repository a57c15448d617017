#include "harness/app/serve.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

#include "harness/app/control.hpp"
#include "harness/app/device_file.hpp"
#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "harness/app/served_device.hpp"
#include "peers/line_input.hpp"
#include "peers/load.hpp"

namespace assay::app {
namespace {

using Served = std::vector<std::unique_ptr<ServedDevice>>;

/// Files for the connections of all devices.
void allow_connections(const std::vector<DeviceDescription>& devices, Console& console) {
  // Those that are refused have a connection for a moment, too; and some files are our own.
  constexpr std::size_t others = 64;
  std::size_t wanted = others;
  for (const auto& device : devices) wanted += device.max_associations;
  const auto files = peers::allow_descriptors(wanted);
  if (files >= wanted) return;
  console.error(fmt::format(
      "this system lets a program have {} files open: more than about {} connections at a time will have to wait "
      "(raise it with ulimit -n)",
      files, files > others ? files - others : 0));
}

/// Where others of the same machine reach a device that listens on all addresses.
std::string host_of(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "::1";
  return address;
}

DeviceDirectory directory_of(const Served& served) {
  return [&served](std::string_view name) -> std::optional<DeviceAddress> {
    for (const auto& one : served) {
      const auto& d = one->description();
      if (d.name == name) return DeviceAddress{host_of(d.address), one->port(), d.ae_title, d.tls.any()};
    }
    return std::nullopt;
  };
}

/// Devices from before their start to their end. What they do by themselves is finished first, then open associations
/// get a second.
class Play {
 public:
  explicit Play(Console& console) : console_(console) {
    // From here on, for whoever reads that a device listens may stop it.
    loop_.on_signal([this](int) { stop(); });
  }

  bool start(std::vector<DeviceDescription> devices) {
    bool good = true;
    for (auto& device : devices) {
      // Every device is tried, so that one look at the lines shows all that is wrong.
      if (auto one = start_device(loop_, std::move(device), console_))
        served_.push_back(std::move(one));
      else
        good = false;
    }
    return good;
  }

  bool begin() {
    const bool alone = served_.size() == 1 && served_.front()->description().name.empty();
    for (const auto& one : served_) {
      auto lines = one->begun();
      if (alone) lines.front() += " Ctrl-C ends it.";
      for (const auto& line : lines)
        console_.text(fmt::format("{}{}{}", line_prefix(one->description()), line, line.ends_with('\n') ? "" : "\n"));
    }
    if (!alone)
      console_.text(fmt::format("{} {} of one file. Ctrl-C ends {}.\n", served_.size(),
                                served_.size() == 1 ? "device" : "devices", served_.size() == 1 ? "it" : "them"));
    console_.flush();
    const auto directory = directory_of(served_);
    return std::ranges::all_of(served_, [&](const auto& one) { return one->meet(directory); });
  }

  void run() {
    const auto answer = [this](const std::vector<std::string>& lines) {
      for (const auto& line : lines) console_.text(line + "\n");
      console_.flush();
    };
    const peers::LineInput lines(
        loop_, STDIN_FILENO, max_control_line,
        [&](const std::string& line) { answer(control(line, served_, [this] { stop(); })); },
        [&](const std::string& why) { answer({"error: " + why}); });
    bool closing = false;
    loop_.run_until([&] {
      if (!asked_ || std::ranges::any_of(served_, [](const auto& one) { return one->acting(); })) return false;
      if (!std::exchange(closing, true))
        for (const auto& one : served_) one->stop(std::chrono::seconds(1));
      return std::ranges::none_of(served_, [](const auto& one) { return one->called(); });
    });
    console_.text("Stopped.\n");
    for (const auto& one : served_)
      if (const auto last = one->finish(); !last.empty())
        console_.text(fmt::format("{}{}\n", line_prefix(one->description()), last));
  }

 private:
  void stop() {
    if (std::exchange(asked_, true)) {
      loop_.stop();
      return;
    }
    console_.text("Stopping: open associations get a second to end (Ctrl-C again stops at once).\n");
    console_.flush();
    for (const auto& one : served_) one->rest();
  }

  Console& console_;
  peers::Loop loop_;
  Served served_;
  bool asked_ = false;
};

}  // namespace

std::expected<PeerDescription, std::string> destination_from(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return std::unexpected(fmt::format("--destination '{}' is no AE=HOST:PORT: write WS1=192.0.2.5:104", text));
  PeerDescription out;
  out.ae_title = text.substr(0, equals);
  out.target = text.substr(equals + 1);
  if (const auto target = host_port(out.target); !target)
    return std::unexpected(fmt::format("--destination '{}': {}", text, target.error()));
  if (const auto problem = title_problem(out.ae_title); !problem.empty())
    return std::unexpected(fmt::format("--destination '{}': {}", out.ae_title, problem));
  return out;
}

int serve(std::vector<DeviceDescription> devices, Console& console) {
  allow_connections(devices, console);
  Play play(console);
  if (!play.start(std::move(devices)) || !play.begin()) return exit_codes::usage;
  play.run();
  return exit_codes::ok;
}

int serve_file(const std::string& file, bool quiet, Console& console) {
  const auto text = read_text(file);
  if (!text) {
    console.error(text.error());
    return exit_codes::usage;
  }
  auto devices = load_devices(*text, file);
  if (!devices) {
    for (const auto& error : devices.error()) console.error(scenario::to_string(error));
    return exit_codes::usage;
  }
  for (auto& device : *devices) device.quiet = device.quiet || quiet;
  return serve(std::move(*devices), console);
}

}  // namespace assay::app
