#include "harness/app/fuzz_triage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "harness/app/fuzz_network.hpp"
#include "harness/app/home.hpp"
#include "harness/app/timestamps.hpp"
#include "peers/process.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

/// A folder of our own that goes when we do.
class Scratch {
 public:
  static std::expected<Scratch, std::string> make() {
    std::error_code code;
    const auto base = fs::temp_directory_path(code);
    auto name = ((code ? fs::path("/tmp") : base) / "assay-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      return std::unexpected(fmt::format("{}: no folder for inputs can be made there; TMPDIR names another place",
                                         fs::path(name).parent_path().string()));
    }
    Scratch out;
    out.folder_ = name;
    return out;
  }
  Scratch(Scratch&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(folder_, other.folder_);
    return *this;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] fs::path input() const { return folder_ / "input"; }

 private:
  Scratch() = default;
  fs::path folder_;
};

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

std::expected<TargetRun, std::string> run_on(const FuzzTarget& target, const Scratch& scratch, ByteView input,
                                             const TriageOptions& options) {
  if (auto written = write_text(scratch.input(), as_text(input)); !written) return std::unexpected(written.error());
  return run_target(target, scratch.input(), options.limits, options.give_up);
}

fuzz::InputForm form_of(const FuzzTarget& target, ByteView input) {
  return target.form ? *target.form : fuzz::form_of(input);
}

/// What was seen once and does not come again; nothing when nothing was seen.
std::optional<fuzz::Finding> seen_before(ByteView input, const TriageOptions& options) {
  if (options.first_output.empty() && !options.first_ending.exit_code && options.first_ending.signal == 0) return {};
  auto finding = fuzz::finding_of(options.first_output, options.first_ending);
  if (!finding) return {};
  finding->reproducible = false;
  // Where it broke is not known: each input is one of its own.
  if (finding->stack.empty() && finding->place.empty()) {
    fuzz::Finding by_input;
    by_input.place = text_of(input);
    finding->state = "input " + by_input.id();
  }
  return finding;
}

}  // namespace

std::expected<Tried, std::string> try_input(const FuzzTarget& target, ByteView input, const TriageOptions& options) {
  const auto scratch = Scratch::make();
  if (!scratch) return std::unexpected(scratch.error());
  Tried out;
  for (; out.runs < std::max(1, options.runs); ++out.runs) {
    auto run = run_on(target, *scratch, input, options);
    if (!run) {
      if (out.finding) break;  // interrupted: what is known is known
      return std::unexpected(run.error());
    }
    if (!run->finding) continue;
    if (!out.finding) {
      out.finding = std::move(run->finding);
      ++out.shown;
      continue;
    }
    fuzz::keep_common_frames(*out.finding, *run->finding);
    if (fuzz::same_finding(*out.finding, *run->finding)) ++out.shown;
  }
  return out;
}

std::expected<Reduced, std::string> reduce_crash(const FuzzTarget& target, ByteView input, const fuzz::Finding& known,
                                                 const TriageOptions& options) {
  const auto scratch = Scratch::make();
  if (!scratch) return std::unexpected(scratch.error());
  const auto end = std::chrono::steady_clock::now() + options.reduce_time;
  fuzz::ReduceBudget budget;
  budget.tries = options.reduce_tries;
  std::string error;
  budget.give_up = [&] {
    return !error.empty() || std::chrono::steady_clock::now() >= end || (options.give_up && options.give_up());
  };
  std::size_t smallest = input.size();
  const auto still = [&](ByteView candidate) {
    auto run = run_on(target, *scratch, candidate, options);
    if (!run) {
      error = run.error();
      return false;
    }
    const bool same = run->finding && fuzz::same_finding(known, *run->finding);
    if (same) smallest = std::min(smallest, candidate.size());
    if (options.progress) {
      options.progress(
          fmt::format("reducing {}: {} of {} bytes after {} runs", known.slug(), smallest, input.size(), budget.tried));
    }
    return same;
  };
  Reduced out;
  out.input = fuzz::reduce_input(input, form_of(target, input), still, budget);
  if (!error.empty() && !(options.give_up && options.give_up())) return std::unexpected(error);
  out.tried = budget.tried;
  out.to_end = !budget.spent;
  return out;
}

std::expected<std::optional<Triaged>, std::string> keep_crash(const FuzzTarget& target, ByteView input,
                                                              const fs::path& findings, const TriageOptions& options) {
  auto tried = try_input(target, input, options);
  if (!tried) return std::unexpected(tried.error());
  Triaged out;
  out.original = input.size();
  auto smallest = to_bytes(input);
  if (tried->finding) {
    out.finding = std::move(*tried->finding);
    out.finding.subject = target.name;
    out.finding.reproducible = true;
    if (tried->shown < tried->runs) {
      out.finding.happened += fmt::format(" It came in {} of {} runs.", tried->shown, tried->runs);
    }
    // What is known already with a smaller input need not be reduced again.
    std::error_code code;
    const auto known = fs::file_size(findings / out.finding.slug() / finding_input, code);
    const bool worth = code || known > input.size();
    if (options.reduce && worth && tried->shown == tried->runs && !input.empty()) {
      auto reduced = reduce_crash(target, input, out.finding, options);
      if (!reduced) return std::unexpected(reduced.error());
      smallest = std::move(reduced->input);
      out.reduced_to_end = reduced->to_end;
    }
  } else {
    auto seen = seen_before(input, options);
    if (!seen) return std::optional<Triaged>();
    out.finding = std::move(*seen);
    out.finding.subject = target.name;
  }
  out.reduced = smallest.size();
  out.finding.first_seen = out.finding.last_seen = utc_timestamp();
  const auto folder = findings / out.finding.slug();
  out.finding.reproduce = fmt::format("assay fuzz replay {}\n  {}", peers::shell_quote(folder.string()),
                                      target_command(target, folder / finding_input));
  FindingFiles files{{finding_input, text_of(smallest)},
                     {finding_original, text_of(input)},
                     {"report.txt", out.finding.report},
                     {finding_target, target_text(target)}};
  add_network_form(out.finding, form_of(target, input), smallest, files);
  auto kept = keep_finding(findings, out.finding, files);
  if (!kept) return std::unexpected(kept.error());
  out.kept = std::move(*kept);
  return out;
}

}  // namespace assay::app
