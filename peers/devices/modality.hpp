// A modality: asks a worklist, reports each step it performs (MPPS), makes synthetic objects of the scheduled kind and
// stores them and asks for storage commitment. SCU of all these. PS3.4 B, F.7, J, K. `assay modality` runs it.
// Tests: tests/loopback/ris_test.cpp, tests/interop/modality_test.py
#pragma once

#include <set>

#include "harness/service/modality_objects.hpp"
#include "peers/commitment.hpp"

namespace assay::peers {

struct ModalityOptions {
  RequestorOptions worklist;
  std::optional<RequestorOptions> mpps;     // none: nobody is told of steps
  std::optional<RequestorOptions> archive;  // none: objects are made and not stored
  std::string station_ae_title = "ASSAY";   // Performed Station AE Title
  std::string station_name = "ASSAY";
  /// Keys of the scheduled step that narrow the worklist: modality, station, date.
  std::vector<std::pair<Tag, std::string>> wanted;
  /// Storage commitment is asked for what was stored, when the step is over (PS3.4 Annex J); the archive may report on
  /// the same association, or to `commit_listen`.
  bool commit = false;
  std::optional<std::uint16_t> commit_listen;
  std::string commit_listen_address = "127.0.0.1";
  std::shared_ptr<const TlsContext> commit_tls;  // of the listener
  Duration commit_wait = std::chrono::seconds(30);
  std::size_t instances = 3;                               // of a series of slices
  std::function<void(const dataset::DataSet&)> on_object;  // each object made; may be empty
  std::function<void(std::string)> log;                    // a line for each thing done or failed
};

struct ModalityReport {
  std::size_t items = 0;  // answers of the worklist
  std::size_t performed = 0;
  std::size_t made = 0;           // objects
  std::size_t stored = 0;         // with success or a warning
  std::size_t committed = 0;      // instances, by the archive's report
  std::size_t not_committed = 0;  // it said so, or did not report
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
  /// Polls no more; a step that has begun is performed to its end, the others of the poll are not.
  void stop();
  /// A poll is not over.
  [[nodiscard]] bool busy() const { return polling_; }

 private:
  struct Step;
  struct Timer;

  void perform_next();
  void make(Step& step);
  void store(Step& step);
  void complete(Step& step);
  void commit();
  void committed(const CommitResult& result);
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
  bool polling_ = false;
  bool stopped_ = false;
};

}  // namespace assay::peers
