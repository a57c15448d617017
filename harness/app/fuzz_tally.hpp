// What a run of `assay fuzz device` counts, when it is over and what it tells, whichever side of the wire it plays.
// Tests: tests/interop/fuzz_device_test.py, fuzz_scp_test.py
#pragma once

#include <map>
#include <set>
#include <string>

#include "fuzz/device/guide.hpp"
#include "harness/app/fuzz_break.hpp"
#include "harness/app/fuzz_device.hpp"
#include "harness/app/fuzz_folder.hpp"
#include "harness/app/known_findings.hpp"
#include "harness/app/report_folder.hpp"

namespace assay::app {

/// How the reports of one side name what they tell.
struct FuzzWords {
  std::string role;     // that Assay played
  std::string unit;     // "conversations"
  std::string healthy;  // title of a kind of conversation that did no harm; {}: the kind
  std::string held;     // its reason; {}: how many
};

class FuzzTally {
 public:
  FuzzTally(const FuzzDeviceOptions& options, Console& console, peers::Loop& loop, FuzzWords words)
      : options_(options), console_(console), loop_(loop), words_(std::move(words)) {}

  /// Reads what is known of the device; says what is wrong with the arguments for it.
  bool read_known();
  std::expected<void, std::string> open() { return report_.open(options_.out, console_); }
  /// False, and the run ends: it could not be written.
  bool saved(const std::expected<void, std::string>& written);

  void begin();
  /// The run goes on: neither count nor time is used up, nobody wants it to end.
  [[nodiscard]] bool more() const;
  /// Waits until the next conversation is due (--rate).
  void pace();
  void executed(const std::string& kind);
  void reached(const std::vector<std::string>& cells);
  /// What was found, once.
  void found(const Broken& broken);
  void progress(const fuzz::device::Guide& guide, const std::string& extra = {});
  void end();

  /// How many, how fast and what was reached.
  void tell_counts(const fuzz::device::Guide& guide) const;
  /// Where the device was, as a table beside the findings.
  void tell_places(const FuzzFolder& folder) const;
  /// A table beside the findings.
  void write_table(const FuzzFolder& folder, const std::string& name, const std::string& text) const;
  /// The findings and the reports; the exit code.
  int finish(const FuzzFolder& folder, const std::string& target, const std::string& started);

  [[nodiscard]] bool knows(const fuzz::Finding& finding) const { return known_.knows(finding) != nullptr; }
  [[nodiscard]] std::uint64_t count() const { return executed_; }  // in this run
  [[nodiscard]] Duration busy() const { return busy_; }
  /// When the time is used up.
  [[nodiscard]] Instant ends() const { return (began_ == Instant{} ? loop_.now() : began_) + options_.time; }

  std::string trouble;  // why the run ends before its time
  bool interrupted = false;

 private:
  /// Findings that are not known.
  [[nodiscard]] std::size_t news() const { return found_.size() - found_known_.size(); }
  void add_cases(trace::RunResult& result);
  void tell_findings(const FuzzFolder& folder) const;

  const FuzzDeviceOptions& options_;
  Console& console_;
  peers::Loop& loop_;
  FuzzWords words_;
  ReportFolder report_;
  KnownFindings known_;
  std::map<std::string, std::uint64_t> cells_;
  std::map<std::string, std::uint64_t> kinds_;      // executions by kind
  std::map<std::string, fuzz::Finding> found_;      // by id
  std::map<std::string, std::string> found_known_;  // why, by id, of those that are known
  std::uint64_t executed_ = 0;
  std::uint64_t unsure_ = 0;  // silences that did not come again
  Instant began_;
  Instant shown_;
  Duration busy_{0};
};

}  // namespace assay::app
