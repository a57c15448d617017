// A RIS: Verification, Modality Worklist and Modality Performed Procedure Step SCP over a schedule and the steps that
// modalities report, both of which may be edited while it runs. PS3.4 A, F.7, F.8, K. `assay serve ris` runs it.
// Tests: tests/loopback/ris_test.cpp, tests/interop/ris_test.py
#pragma once

#include "harness/service/mpps.hpp"
#include "harness/service/worklist.hpp"
#include "peers/devices/device_options.hpp"

namespace assay::peers {

struct RisOptions : DeviceOptions {
  RisOptions() { ae_title = "ASSAY-RIS"; }

  std::vector<dataset::DataSet> schedule;
  std::vector<std::pair<std::string, dataset::DataSet>> steps;  // performed ones known from before, with their UIDs
  /// A step that is IN PROGRESS makes its scheduled step STARTED; COMPLETED takes it off the worklist, DISCONTINUED
  /// makes it SCHEDULED again (PS3.4 F.7.2.1.3: the SCP may). Else the worklist stays as it is.
  bool follow_steps = true;
  service::WorklistOptions worklist;
  service::MppsOptions mpps;
  service::PerformedSteps::Keep keep;  // called before a change is acknowledged; may refuse it
  std::function<void(const service::StepChange&)> on_step;
};

class Ris {
 public:
  /// An error says what to do.
  static std::expected<std::unique_ptr<Ris>, std::string> start(Loop& loop, RisOptions options);
  ~Ris();
  Ris(const Ris&) = delete;
  Ris& operator=(const Ris&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }
  [[nodiscard]] Acceptor& acceptor() { return *acceptor_; }
  [[nodiscard]] service::Worklist& worklist() { return worklist_; }
  /// Another schedule; what steps say of it holds for it, too.
  void reschedule(std::vector<dataset::DataSet> items);
  [[nodiscard]] service::PerformedSteps& steps() { return steps_; }
  void stop(Duration grace) { acceptor_->stop(grace); }

 private:
  explicit Ris(RisOptions options);
  void follow(service::StepState state, const dataset::DataSet& step);

  RisOptions options_;
  service::Worklist worklist_;
  service::PerformedSteps steps_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace assay::peers
