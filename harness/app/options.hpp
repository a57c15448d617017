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

}  // namespace assay::app
