// A modality: asks a worklist, reports each step it performs (MPPS), makes synthetic objects of the scheduled kind and
// stores them. SCU of Modality Worklist, MPPS and Storage. PS3.4 B, F.7, K. `assay modality` runs it.
// Tests: tests/loopback/ris_test.cpp, tests/interop/modality_test.py
#pragma once

#include <set>

#include "harness/service/modality_objects.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

struct ModalityOptions {
  RequestorOptions worklist;
  std::optional<RequestorOptions> mpps;     // none: nobody is told of steps
  std::optional<RequestorOptions> archive;  // none: objects are made and not stored
  std::string station_ae_title = "ASSAY";   // Performed Station AE Title
  std::string station_name = "ASSAY";
  /// Keys of the scheduled step that narrow the worklist: modality, station, date.
  std::vector<std::pair<Tag, std::string>> wanted;
  std::size_t instances = 3;                               // of a series of slices
  std::function<void(const dataset::DataSet&)> on_object;  // each object made; may be empty
  std::function<void(std::string)> log;                    // a line for each thing done or failed
};

struct ModalityReport {
  std::size_t items = 0;  // answers of the worklist
  std::size_t performed = 0;
  std::size_t made = 0;    // objects
  std::size_t stored = 0;  // with success or a warning
  std::size_t failures = 0;
  Failure worst = Failure::none;  // the first
};

class Modality {
 public:
  /// The loop outlives it, and it outlives what it has begun.
  Modality(Loop& loop, ModalityOptions options);
  ~Modality();
  Modality(const Modality&) = delete;
  Modality& operator=(const Modality&) = delete;

  /// Asks the worklist once and performs every item that was not performed before. One poll at a time.
  void poll(std::function<void(ModalityReport)> done);
  /// Polls, and again so long after each end, until stop(); `polled` gets each report.
  void poll_every(Duration pause, std::function<void(ModalityReport)> polled);
  void stop();

 private:
  struct Step;
  struct Timer;

  void perform_next();
  void make(Step& step);
  void store(Step& step);
  void complete(Step& step);
  void failed(const std::string& what, const RequestorResult& result);
  void say(const std::string& line) const;
  void finish();

  Loop& loop_;
  ModalityOptions options_;
  std::set<std::string> done_;  // study and step of what was performed
  std::vector<dataset::DataSet> waiting_;
  std::unique_ptr<Step> step_;
  std::unique_ptr<Timer> timer_;
  ModalityReport report_;
  std::function<void(ModalityReport)> finished_;
  std::size_t number_ = 0;  // of performed steps
};

}  // namespace assay::peers
