// `assay fuzz minimize`: as few bytes as show the same.
#include <fmt/format.h>

#include <system_error>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/files.hpp"
#include "harness/app/fuzz_findings.hpp"
#include "harness/app/fuzz_network.hpp"
#include "harness/app/fuzz_triage.hpp"
#include "harness/app/home.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

/// What is to be made smaller, and where it goes.
struct Work {
  std::optional<StoredFinding> stored;
  FuzzTarget target;
  std::string input;
};

std::expected<Work, std::string> work_of(const FuzzMinimizeOptions& options) {
  Work out;
  std::error_code code;
  auto path = fs::path(options.path);
  if (path.filename() == "finding.json") path = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const bool folder = fs::is_directory(path, code);
  if (folder) {
    auto stored = read_finding(path);
    if (!stored) return std::unexpected(stored.error());
    out.stored = std::move(*stored);
  }
  if (options.program.empty() && !folder) {
    return std::unexpected(fmt::format("{}: say which target it breaks with --target-program P", options.path));
  }
  auto text = read_text(folder ? path / finding_input : path);
  if (!text) return std::unexpected(text.error());
  out.input = std::move(*text);
  if (!options.program.empty()) {
    auto target = find_target(options.program);
    if (!target) return std::unexpected(target.error());
    out.target = std::move(*target);
    return out;
  }
  const auto kept = read_text(path / finding_target);
  if (!kept) return std::unexpected(fmt::format("{}; --target-program P says it instead", kept.error()));
  auto target = target_from_text(*kept);
  if (!target) return std::unexpected(fmt::format("{}: {}", (path / finding_target).string(), target.error()));
  out.target = std::move(*target);
  return out;
}

std::expected<fs::path, std::string> store(const Work& work, ByteView input, const std::string& out) {
  if (!work.stored) {
    if (auto written = write_text(out, as_text(input)); !written) return std::unexpected(written.error());
    return fs::path(out);
  }
  auto finding = work.stored->finding;
  finding.times = 0;  // it was not seen once more
  FindingFiles files{{finding_input, std::string(as_text(input))}};
  // What it is, it was from the beginning: a few bytes that are left look like anything.
  const auto original = read_text(work.stored->folder / finding_original);
  const auto form = work.target.form ? *work.target.form : fuzz::form_of(original ? as_bytes(*original) : input);
  if (auto made = network_form(finding, form, input)) {
    files.emplace_back(finding_scenario, std::move(made->scenario));
    files.emplace_back(finding_capture, std::move(made->capture));
  }
  auto parent = work.stored->folder.lexically_normal();
  if (!parent.has_filename()) parent = parent.parent_path();
  parent = parent.has_parent_path() ? parent.parent_path() : fs::path(".");
  auto kept = keep_finding(parent, std::move(finding), files);
  if (!kept) return std::unexpected(kept.error());
  return kept->folder / finding_input;
}

}  // namespace

int fuzz_minimize(const FuzzMinimizeOptions& options, Console& console) {
  const auto time = duration(options.time);
  const auto run_time = duration(options.run_time);
  if (!time || !run_time || run_time->count() == 0) {
    console.error("--time and --run-time are durations: write 60s, 500ms or 1m");
    return exit_codes::usage;
  }
  auto work = work_of(options);
  if (!work) {
    console.error(work.error());
    return exit_codes::usage;
  }
  const auto out = options.out.empty() ? options.path + ".min" : options.out;
  if (!work->stored) {
    if (const auto writable = can_write(out); !writable) {
      console.error(writable.error());
      return exit_codes::usage;
    }
  }
  const InterruptGuard guard;
  TriageOptions how;
  how.limits.time = *run_time;
  how.reduce_time = *time;
  how.reduce_tries = 1'000'000;
  how.give_up = [] { return InterruptGuard::asked(); };
  how.progress = [&console](const std::string& line) { console.progress(line); };
  const auto bytes = as_bytes(work->input);
  const auto tried = try_input(work->target, bytes, how);
  if (!tried) {
    console.error(tried.error());
    return InterruptGuard::asked() ? exit_codes::interrupted : exit_codes::inconclusive;
  }
  if (!tried->finding) {
    console.text(
        fmt::format("{} ends as it should on {}: there is nothing to reduce\n", work->target.name, options.path));
    return exit_codes::inconclusive;
  }
  if (work->stored && !fuzz::same_finding(work->stored->finding, *tried->finding)) {
    console.text(fmt::format("{} breaks otherwise now: {}; 'assay fuzz triage {}' keeps that as a finding of its own\n",
                             work->target.name, fuzz::safe_line(tried->finding->title()),
                             (work->stored->folder / finding_input).string()));
    return exit_codes::inconclusive;
  }
  const auto& known = work->stored ? work->stored->finding : *tried->finding;
  const auto reduced = reduce_crash(work->target, bytes, known, how);
  if (!reduced) {
    console.error(reduced.error());
    return exit_codes::inconclusive;
  }
  const auto stored = store(*work, reduced->input, out);
  if (!stored) {
    console.error(stored.error());
    return exit_codes::usage;
  }
  console.text(fmt::format("{}\n{}: {} bytes of {} after {} runs{}\n", fuzz::safe_line(known.title()), stored->string(),
                           reduced->input.size(), bytes.size(), reduced->tried,
                           reduced->to_end ? "" : "; more may go with a longer --time"));
  return InterruptGuard::asked() ? exit_codes::interrupted : exit_codes::ok;
}

}  // namespace assay::app
