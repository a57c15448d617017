// A fuzz target as a program: a libFuzzer binary, or one that runs each file it is given (fuzz/replay_main.cpp). Here
// it is run on one input at a time, with limits, and what it said is read. Tests: tests/interop/fuzz_findings_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/findings/finding.hpp"
#include "fuzz/findings/reduce.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

struct FuzzTarget {
  std::string program;                  // path of what is started
  std::string name;                     // "fuzz_pdu": the subject of findings
  std::vector<std::string> arguments;   // before the input's file
  std::string dictionary;               // file, "" = none
  bool libfuzzer = false;               // it takes -timeout= and -rss_limit_mb=
  std::optional<fuzz::InputForm> form;  // what its inputs are, where that is known
};

/// The target at that path, or of that name in `build` (BUILD/NAME, BUILD/fuzz/NAME); what its inputs are is known for
/// the targets of this project, else it is what they look like. The error says what is wrong and what to do.
std::expected<FuzzTarget, std::string> find_target(const std::string& program, const std::filesystem::path& build = {});

struct TargetLimits {
  Duration time = std::chrono::seconds(10);       // for one input
  std::uint64_t memory = std::uint64_t{2} << 30;  // bytes; 0 = as much as there is
};

/// How one run went.
struct TargetRun {
  std::optional<int> exit_code;
  int signal = 0;
  bool timed_out = false;    // we ended it
  bool over_memory = false;  // we ended it
  std::string output;        // its beginning and its end, bounded
  Duration took{0};
  std::optional<fuzz::Finding> finding;  // what that tells of; subject, reproduce and dates are not filled in
};

/// Runs the target on one file. The error says that it could not be started; a target that breaks is no error. Where
/// `give_up` becomes true meanwhile, the target is ended and that is the error.
std::expected<TargetRun, std::string> run_target(const FuzzTarget& target, const std::filesystem::path& input,
                                                 const TargetLimits& limits, const std::function<bool()>& give_up = {});

/// What sanitizers are told, beside what the environment says: names for the frames, all of the stacks, no core files.
/// `libfuzzer`: the engine handles signals itself.
std::vector<std::pair<std::string, std::string>> sanitizer_environment(bool libfuzzer);

/// The target as a finding keeps it (finding_target, beside its input), and back. The error is one sentence.
inline constexpr const char* finding_target = "target.json";
std::string target_text(const FuzzTarget& target);
std::expected<FuzzTarget, std::string> target_from_text(std::string_view text);
/// What stands before the input's file there.
std::expected<std::vector<std::string>, std::string> target_arguments(std::string_view text);

/// A command line that runs the target on this file again, with no more than it needs.
std::string target_command(const FuzzTarget& target, const std::filesystem::path& input);

}  // namespace assay::app
