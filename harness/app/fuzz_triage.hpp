// From an input that broke a target to a finding that anyone can replay: tried three times, reduced while it stays the
// same finding, and kept with its scenario, its capture and the command that shows it.
// Tests: tests/interop/fuzz_findings_test.py
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_target.hpp"
#include "harness/base/bytes.hpp"

namespace assay::app {

struct TriageOptions {
  TargetLimits limits;
  int runs = 3;  // of the input as it came
  bool reduce = true;
  Duration reduce_time = std::chrono::seconds(30);   // for one input
  std::size_t reduce_tries = 3000;                   // candidates for one input
  std::function<bool()> give_up;                     // Ctrl-C: what was reached by then is kept
  std::function<void(const std::string&)> progress;  // one line, often
  /// What was seen when the input broke the target first (the log of a campaign): where it does not come again, this is
  /// the finding, labelled as one that cannot be reproduced.
  std::string first_output;
  fuzz::Ending first_ending;
};

struct Triaged {
  Kept kept;                 // where it lies, and whether it is new
  fuzz::Finding finding;     // as it was kept
  std::size_t original = 0;  // bytes
  std::size_t reduced = 0;
  bool reduced_to_end = true;  // false: time or tries ran out before
};

/// Runs the target on `input` and keeps what it shows below `findings`. Nothing when it shows nothing and nothing was
/// seen before (first_output and first_ending are empty). The error: the target cannot be run, a folder not be written.
std::expected<std::optional<Triaged>, std::string> keep_crash(const FuzzTarget& target, ByteView input,
                                                              const std::filesystem::path& findings,
                                                              const TriageOptions& options);

/// Makes an input smaller that shows `known`; `input` itself when nothing can go.
struct Reduced {
  Bytes input;
  std::size_t tried = 0;
  bool to_end = true;
};
std::expected<Reduced, std::string> reduce_crash(const FuzzTarget& target, ByteView input, const fuzz::Finding& known,
                                                 const TriageOptions& options);

/// Runs `input` so often as options.runs says; what came first, and whether every run showed the same.
struct Tried {
  std::optional<fuzz::Finding> finding;
  int shown = 0;  // runs that showed it
  int runs = 0;
};
std::expected<Tried, std::string> try_input(const FuzzTarget& target, ByteView input, const TriageOptions& options);

}  // namespace assay::app
