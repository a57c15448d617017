// Runs a selection of cases on one loop with several workers, each with a device instance of its own where Assay
// starts it. A group whose sane conversation fails is inconclusive, once. Whatever had finished survives an interrupt.
// Tests: tests/interop/device_control_test.py, tests/interop/
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/expectations.hpp"
#include "conformance/profile.hpp"
#include "harness/app/catalogue.hpp"
#include "harness/app/console.hpp"
#include "harness/app/options.hpp"
#include "harness/app/report_folder.hpp"
#include "harness/trace/rule.hpp"
#include "harness/trace/verdict.hpp"
#include "peers/peers.hpp"

namespace assay::app {

struct RunnerSetup {
  Catalogue catalogue;
  RunOptions options;
  std::optional<conformance::Profile> profile;
  std::optional<conformance::Expectations> expectations;
  std::shared_ptr<const trace::RuleBook> rules;
  std::string target_host;
  std::uint16_t target_port = 0;  // 0: only with options.dut_start
  /// Makes the embedded device act as SCU instead of --dut-act.
  std::function<void(const scenario::Operate&, std::function<void(bool, std::string)>)> act_in_process;
  /// Puts our title with this port of ours into the tables of the embedded device, and takes it out with 0.
  std::function<void(std::uint16_t)> make_known;
  std::shared_ptr<const peers::HostTls> tls;  // null: the run speaks none
  bool ask_people = false;                    // somebody sits at the terminal
  std::string unreachable;                    // why nothing can be judged at the target; empty = it is there
};

class Runner {
 public:
  Runner(peers::Loop& loop, RunnerSetup setup, Console& console, ReportFolder& folder);
  ~Runner();

  /// Runs to the end or to an interrupt. Verdicts are printed as they come.
  trace::RunResult run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::app
