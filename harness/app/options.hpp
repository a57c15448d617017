// What the commands may be told; filled by the command line and by tests alike.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

/// Exit codes of the program.
namespace exit_codes {
inline constexpr int ok = 0;
inline constexpr int not_conformant = 1;
inline constexpr int usage = 2;
inline constexpr int inconclusive = 3;
inline constexpr int stale_expectation = 5;
inline constexpr int internal = 70;
inline constexpr int interrupted = 130;
}  // namespace exit_codes

struct Selection {
  std::vector<std::string> items;  // files, folders or id prefixes; empty = the whole catalogue
  std::vector<std::string> only;   // globs over case ids
  std::vector<std::string> skip;
  std::string role;    // "", "requestor", "acceptor"
  std::string layer;   // "", or a folder of the catalogue: "association", "pdata", ...
  std::string clause;  // "", or "PS3.8" or "PS3.8 9.3"
  std::string tag;     // "", or one tag
  std::string skip_tag;
};

struct RunOptions {
  Selection selection;
  std::string target;  // "host:port"; "" when only acceptor cases run, or when --dut-start tells
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::string profile;   // file or the name of a shipped profile
  std::string expected;  // file
  std::string write_expected;
  bool strict = false;
  unsigned jobs = 1;
  std::uint16_t listen = 0;
  std::string listen_address = "127.0.0.1";  // a device on another machine needs ours, or 0.0.0.0
  std::optional<Duration> timeout;           // of each wait for the DUT
  std::string dul_timeout;                   // the same for answers of the Upper Layer alone, as text
  std::string out;                           // folder, "" = none
  bool pcap = true;                          // the bytes of every case below out
  std::string dut_start;
  std::string dut_act;
  bool unattended = false;  // nobody answers prompts
  std::string json;         // "-" = results.json to standard output
  std::uint64_t seed = 1;
  std::optional<std::pair<unsigned, unsigned>> shard;  // i of n, from 1
  std::string command_line;                            // as typed, for the report
  TlsWords tls;                                        // of the demo only whether
};

/// Of a printer alone.
struct PrinterSettings {
  bool gray_only = false;
  bool no_collation = false;
  unsigned dots_per_inch = 150;
  unsigned queue = 32;
  Duration job_time{0};
};

struct ServeOptions {
  std::string device = "archive";  // or "ris", "printer"
  PrinterSettings printer;
  std::string address = "127.0.0.1";
  std::uint16_t port = 11112;
  std::string ae_title = "ASSAY";
  bool check_called = false;
  unsigned maximum_associations = 64;
  Duration artim = std::chrono::seconds(30);
  bool quiet = false;
  TlsWords tls;
  std::string faults;  // file; "" = none
  bool judge = true;   // callers, by the rules
  Duration idle_timeout = std::chrono::seconds(60);
  std::vector<std::string> destinations;  // of C-MOVE and of commitment reports: AE=HOST:PORT each
  std::string commitment = "same";        // where it is reported: same, new, never
  Duration commitment_delay{0};
  unsigned commitment_fail_every = 0;  // each Nth instance; 0 = none
  std::string schedule;                // of a RIS: file; "" = a synthetic one
  /// Instances of the archive, performed steps of a RIS: "" = in memory only. Pages of a printer: "" = assay-prints.
  std::string folder;
  std::string window;          // of the archive: "N" or "N:M" operations at a time are granted; "" = one
  std::string index;           // file, or "memory"; "" = in the folder
  bool with_patients = false;  // the synthetic set into the folder, too
  bool sync = true;            // what is stored is on the disk before it is acknowledged
};

}  // namespace assay::app
