// A device that `assay serve` plays: started from its description, told of the others of its file, stopped without
// losing anything. Tests: tests/interop/device_files_test.py, ris_test.py, print_commit_test.py
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/device.hpp"
#include "peers/devices/device_options.hpp"

namespace assay::app {

/// Where a device can be called.
struct DeviceAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string ae_title;
  bool tls = false;
};
/// The devices of a file by name; the loader has checked that each name that is asked for is there.
using DeviceDirectory = std::function<std::optional<DeviceAddress>(std::string_view name)>;

/// Lines of one list; the rest is counted.
inline constexpr std::size_t max_listed = 1000;

/// What came of a line that was said to a device.
struct ControlAnswer {
  std::string done;                 // one line
  std::vector<std::string> listed;  // lines before it, at most max_listed
  std::size_t count = 0;            // of all that there were to list

  ControlAnswer& add(std::string line) {
    if (++count <= max_listed) listed.push_back(std::move(line));
    return *this;
  }
};
using ControlResult = std::expected<ControlAnswer, std::string>;
using ControlWords = std::vector<std::string>;

class ServedDevice {
 public:
  ServedDevice(DeviceDescription description, Console& console)
      : description_(std::move(description)), console_(console) {}
  virtual ~ServedDevice() = default;
  ServedDevice(const ServedDevice&) = delete;
  ServedDevice& operator=(const ServedDevice&) = delete;

  [[nodiscard]] const DeviceDescription& description() const { return description_; }
  /// What it says when it has begun, a line each.
  [[nodiscard]] virtual std::vector<std::string> begun() const = 0;
  /// 0: it does not listen.
  [[nodiscard]] virtual std::uint16_t port() const { return 0; }
  /// All devices have started: looks up those that it calls, and begins what it does by itself. False after a
  /// complaint.
  virtual bool meet(const DeviceDirectory&) { return true; }
  /// Begins nothing by itself any more; what has begun goes on.
  virtual void rest() {}
  /// Takes no new associations; open ones are aborted after `grace`.
  virtual void stop(Duration /*grace*/) {}
  /// Something that it began itself goes on.
  [[nodiscard]] virtual bool acting() const { return false; }
  /// Connections of others are open.
  [[nodiscard]] virtual bool called() const { return false; }
  /// The commands it knows, a line each: "list [image]: ...".
  [[nodiscard]] virtual std::vector<std::string> controls() const = 0;
  /// Does what was said, at least one word. The error is one sentence.
  virtual ControlResult control(const ControlWords& words) = 0;
  /// After the stop: finishes what it still has, and says what came of it; may be empty.
  virtual std::string finish() { return {}; }

 protected:
  /// A line that names the device where there are several.
  void say(std::string_view line) const;
  /// faults FILE|none, for those who listen.
  ControlResult control_faults(const ControlWords& words, peers::Acceptor& acceptor);
  /// An unknown command, or known ones with the wrong words.
  [[nodiscard]] ControlResult not_understood(const ControlWords& words) const;

  DeviceDescription description_;
  Console& console_;
};

/// Begins a line about a device: "name: ", or nothing for the only one.
std::string line_prefix(const DeviceDescription& device);
/// An error about a setting, with its place.
void complain(Console& console, const DeviceDescription& device, std::string_view setting, std::string_view message);

/// What every listening device needs. False when a setting is wrong; the console was told.
bool fill_options(peers::DeviceOptions& out, const DeviceDescription& device, Console& console);
/// "Listening on 127.0.0.1:11112 over TLS as ASSAY (other called titles are refused)".
std::string listening_line(const DeviceDescription& device, std::uint16_t port);
/// Somebody to be called: what was given, a device of the file with its port. Nothing after a complaint.
std::optional<DeviceAddress> address_of(const PeerDescription& peer, const DeviceDirectory& directory,
                                        Console& console);

/// What it takes to call it, as the device that it is. Nothing after a complaint.
std::optional<peers::RequestorOptions> requestor_to(const PeerDescription& peer, const DeviceDescription& device,
                                                    Duration timeout, const DeviceDirectory& directory,
                                                    Console& console);

/// Null after a complaint.
std::unique_ptr<ServedDevice> start_archive(peers::Loop& loop, DeviceDescription device, Console& console);
std::unique_ptr<ServedDevice> start_ris(peers::Loop& loop, DeviceDescription device, Console& console);
std::unique_ptr<ServedDevice> start_printer(peers::Loop& loop, DeviceDescription device, Console& console);
std::unique_ptr<ServedDevice> start_modality(peers::Loop& loop, DeviceDescription device, Console& console);
std::unique_ptr<ServedDevice> start_workstation(peers::Loop& loop, DeviceDescription device, Console& console);
std::unique_ptr<ServedDevice> start_device(peers::Loop& loop, DeviceDescription device, Console& console);

}  // namespace assay::app
