// A device as a person describes it, on the command line of `assay serve` or in an XML file: one value for both, in
// which every setting has the name of its option. Tests: tests/loopback/device_file_test.cpp,
// tests/interop/device_files_test.py
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

enum class DeviceKind : std::uint8_t { archive, ris, printer, modality, workstation };
std::string_view name(DeviceKind kind);

/// An application that a device calls: by address, or by the name of a device of the same file.
struct PeerDescription {
  std::string target;    // HOST:PORT or AE@HOST:PORT
  std::string device;    // instead of it
  std::string ae_title;  // of a destination: by which callers name it
  std::string place;     // "file:line:column: "; empty on the command line

  [[nodiscard]] bool given() const { return !target.empty() || !device.empty(); }
};

struct ArchiveSettings {
  std::string index;                          // file, or "memory"; "" = in the folder
  bool with_patients = false;                 // the synthetic set into the folder, too
  bool ignore = false;                        // nothing is kept, neither in a folder nor in memory
  bool sync = true;                           // what is stored is on the disk before it is acknowledged
  std::string window;                         // "N" or "N:M" operations at a time are granted; "" = one
  std::vector<std::string> sop_classes;       // UIDs of those that are accepted; none: every one
  std::vector<PeerDescription> destinations;  // of C-MOVE and of commitment reports
  std::string commitment = "same";            // where it is reported: same, new, never
  Duration commitment_delay{0};
  unsigned commitment_fail_every = 0;  // each Nth instance; 0 = none
};

struct RisSettings {
  std::string schedule;  // file; "" = a synthetic one
};

struct PrinterSettings {
  bool gray_only = false;
  bool no_collation = false;
  unsigned dots_per_inch = 150;
  unsigned queue = 32;
  Duration job_time{0};
};

struct ModalitySettings {
  PeerDescription worklist;
  PeerDescription archive;  // not given: objects are not stored
  PeerDescription mpps;     // not given: steps are not reported
  std::string modality;     // "" = every modality
  std::string station;      // "" = every station
  std::string date;         // DA, a range, or "today"; "" = every day
  std::string out;          // folder for the objects
  unsigned instances = 3;
  bool commit = false;          // ask for storage commitment of what was stored
  bool commit_listens = false;  // on the port of the device, for reports on associations of the archive's own
  Duration commit_wait = std::chrono::seconds(30);
  std::optional<Duration> every;  // none: once
  Duration timeout = std::chrono::seconds(10);
};

struct WorkstationSettings {
  PeerDescription archive;
  std::vector<std::string> keys;            // as typed: KEY=VALUE
  std::string level = "study";              // patient, study, series, image
  std::string model = "study";              // patient, study, patient-study
  std::string way = "blocking";             // peers::retrieve_ways()
  std::string receiver = "ASSAY-RECEIVER";  // AE title of the separate receiver
  std::string destination;                  // AE title of another application that collects; "" = we do
  std::optional<Duration> every;            // none: when asked to
  bool listens = true;
  Duration timeout = std::chrono::seconds(30);
  Duration collect_wait = std::chrono::seconds(10);
};

struct DeviceDescription {
  DeviceKind kind = DeviceKind::archive;
  std::string name;  // in a file; "" = the only one
  std::string address = "127.0.0.1";
  std::uint16_t port = 11112;  // 0 = a free one
  std::string ae_title = "ASSAY";
  bool check_called = false;
  unsigned max_associations = 64;
  Duration artim = std::chrono::seconds(30);
  Duration idle_timeout = std::chrono::seconds(60);
  TlsWords tls;
  std::string faults;   // file; "" = none
  std::string profile;  // file or the name of a shipped one, to be played by an archive; "" = none
  bool judge = true;    // callers, by the rules
  bool quiet = false;   // no line per association
  /// Instances of the archive, performed steps of a RIS: "" = in memory only. Pages of a printer: "" = assay-prints.
  std::string folder;
  ArchiveSettings archive;
  RisSettings ris;
  PrinterSettings printer;
  ModalitySettings modality;
  WorkstationSettings workstation;
  /// Where each setting stands, "file:line:column: ", by the name of its option; "" is the whole device. Empty on the
  /// command line.
  std::map<std::string, std::string, std::less<>> places;

  [[nodiscard]] bool of_file() const { return !places.empty(); }
  /// What an error about a setting begins with.
  [[nodiscard]] std::string place(std::string_view setting) const;
  /// How a setting is called where it was said: "--port", or port="..." in a file.
  [[nodiscard]] std::string called(std::string_view setting) const;
};

}  // namespace assay::app
