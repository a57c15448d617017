// `assay explain`: judges packet captures, and the pcapng that a run recorded, by the same rules and with the same
// reports as a live connection. Tests: tests/interop/capture_test.py
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/app/console.hpp"

namespace assay::app {

struct ExplainOptions {
  std::vector<std::string> files;        // captures, or the --out folder of a run
  std::vector<std::uint16_t> ports;      // only these, taken for DICOM whatever they say
  std::vector<std::string> hosts;        // only connections of these addresses
  std::vector<std::string> connections;  // only these are judged and printed: "c3"
  std::string profile;                   // file or the name of a shipped one
  std::string out;                       // report folder, "" = none
  std::string json;                      // "-" = standard output
  bool strict = false;
  bool show_trace = false;
  std::string command_line;
};

/// 0 nothing red, 1 a side breaks the standard, 2 a file that is no capture, 3 nothing could be judged or not to the
/// end, 130 interrupted (what was read is reported).
int explain(const ExplainOptions& options, Console& console);

}  // namespace assay::app
