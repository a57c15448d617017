// `assay fuzz replay`, `triage` and `minimize`: findings made of what campaigns leave behind, made smaller, and tried
// again. Tests: tests/interop/fuzz_findings_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/options.hpp"
#include "harness/base/time.hpp"
#include "reports/sarif.hpp"

namespace assay::app {

struct FuzzReplayOptions {
  std::vector<std::string> paths;  // findings, or folders of them
  std::string build;               // where targets lie now; "" = where they lay
  std::string program;             // this one for all
  std::string target;              // HOST:PORT: the scenarios of the findings are run against it
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::string dut_start;  // a device that Assay starts itself
  std::string dut_act;    // a device that calls: the command that lets it
  std::string time = "10s";
  std::string json;  // file, "-" = standard output, "" = none
};
/// 0 none comes again, 1 at least one does, 2 usage, 3 not all could be run, 130 interrupted.
int fuzz_replay(const FuzzReplayOptions& options, Console& console);

struct FuzzTriageOptions {
  std::vector<std::string> paths;  // folders of crash files, or crash files
  std::string program;
  std::vector<std::string> arguments;  // of the program, before the input
  std::string build;
  std::string out;  // folder of findings; "" = findings below the first folder
  std::string time = "10s";
  std::string reduce_time = "30s";
  bool reduce = true;
  std::string json;
  std::string sarif;
  std::string junit;
};
/// 0 there are no findings, 1 there are, 2 usage, 3 a target could not be run, 130 interrupted.
int fuzz_triage(const FuzzTriageOptions& options, Console& console);

struct FuzzMinimizeOptions {
  std::string path;     // a finding, or an input
  std::string program;  // of an input; of a finding: instead of its own
  std::string time = "60s";
  std::string run_time = "10s";
  std::string out;  // of an input: the file to write; "" = its name and .min
};
/// 0 smaller or as small as can be, 2 usage, 3 it does not come again or cannot be run, 130 interrupted.
int fuzz_minimize(const FuzzMinimizeOptions& options, Console& console);

/// "critical  4fa1...  heap-buffer-overflow write in f (fuzz_pdu)", a line each, worst first, and a line of counts.
std::string findings_table(const std::vector<StoredFinding>& findings, bool colour);
/// The findings for other programs. `fresh`: ids of those that are new in this run.
nlohmann::ordered_json findings_json(const std::vector<StoredFinding>& findings);
std::string findings_sarif(const std::vector<StoredFinding>& findings, const std::vector<std::string>& fresh,
                           const std::string& command_line);
std::string findings_junit(const std::vector<StoredFinding>& findings);

}  // namespace assay::app
