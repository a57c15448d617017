// `assay fuzz replay`: does what was found come again? Inputs of parsers are given to their targets, conversations to
// the device.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <system_error>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_findings.hpp"
#include "harness/app/fuzz_replay_device.hpp"
#include "harness/app/fuzz_triage.hpp"
#include "harness/app/home.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

std::string_view words(Came came) {
  switch (came) {
    case Came::again: return "reproduced";
    case Came::changed: return "breaks otherwise";
    case Came::fixed: return "fixed";
    case Came::not_run: return "not run";
  }
  return "";
}

/// The findings that a path names.
FindingsRead findings_at(const fs::path& path) {
  std::error_code code;
  auto folder = path;
  if (folder.filename() == "finding.json") folder = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  FindingsRead out;
  if (fs::exists(folder / "finding.json", code)) {
    if (auto one = read_finding(folder)) {
      out.findings.push_back(std::move(*one));
    } else {
      out.complaints.push_back(one.error());
    }
    return out;
  }
  if (!fs::is_directory(folder, code)) {
    out.complaints.push_back(fmt::format("{}: no finding, and no folder of findings", path.string()));
    return out;
  }
  return read_findings(fs::is_directory(folder / "findings", code) ? folder / "findings" : folder);
}

std::expected<FuzzTarget, std::string> target_of(const StoredFinding& stored, const FuzzReplayOptions& options) {
  const auto at = [&](std::string why) {
    return fmt::format("{}: {}", (stored.folder / finding_target).string(), why);
  };
  const auto text = read_text(stored.folder / finding_target);
  if (options.program.empty() && options.build.empty()) {
    if (!text) return std::unexpected(text.error());
    auto target = target_from_text(*text);
    if (!target) return std::unexpected(at(target.error()));
    return target;
  }
  auto target =
      options.program.empty() ? find_target(stored.finding.subject, options.build) : find_target(options.program);
  if (!target || !text) return target;
  auto arguments = target_arguments(*text);
  if (!arguments) return std::unexpected(at(arguments.error()));
  target->arguments = std::move(*arguments);
  return target;
}

Replayed replay_input(const StoredFinding& stored, const FuzzReplayOptions& options, const TriageOptions& how) {
  const auto target = target_of(stored, options);
  if (!target) return {Came::not_run, target.error()};
  const auto input = read_text(stored.folder / finding_input);
  if (!input) return {Came::not_run, input.error()};
  auto tried = try_input(*target, as_bytes(*input), how);
  if (!tried) return {Came::not_run, tried.error()};
  if (!tried->finding) return {Came::fixed, fmt::format("{} ends as it should", target->name)};
  tried->finding->subject = stored.finding.subject;
  if (fuzz::same_finding(stored.finding, *tried->finding)) return {Came::again, ""};
  return {Came::changed, "now " + fuzz::safe_line(tried->finding->title())};
}

/// What a command of ours prints, kept instead.
class Quiet {
 public:
  Quiet() : file_(::open_memstream(&text_, &size_)), console_(std::make_unique<Console>(file_, file_)) {}
  ~Quiet() {
    console_.reset();
    std::fclose(file_);
    std::free(text_);  // NOLINT(cppcoreguidelines-no-malloc): open_memstream() gives it so
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  Console& console() { return *console_; }
  [[nodiscard]] std::string first_line() {
    std::fflush(file_);
    const std::string_view all(text_, size_);
    return std::string(all.substr(0, all.find('\n')));
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
  std::unique_ptr<Console> console_;
};

Replayed replay_scenario(const StoredFinding& stored, const FuzzReplayOptions& options, Duration time) {
  const auto file = stored.folder / finding_scenario;
  std::error_code code;
  if (!fs::exists(file, code)) return {Came::not_run, "it has no scenario: it breaks a parser, not a device"};
  RunOptions run;
  run.selection.items = {file.string()};
  run.target = options.target;
  run.called_ae = options.called_ae;
  run.calling_ae = options.calling_ae;
  run.dut_start = options.dut_start;
  run.dut_act = options.dut_act;
  run.timeout = time;
  run.unattended = true;
  Quiet quiet;
  trace::RunResult result;
  const int ended = app::run(run, quiet.console(), &result);
  if (ended == exit_codes::interrupted) return {Came::not_run, "interrupted"};
  for (const auto& one : result.cases) {
    if (one.verdict == trace::Verdict::fail) return {Came::again, fuzz::safe_line(one.reason)};
  }
  for (const auto& one : result.cases) {
    if (one.verdict == trace::Verdict::inconclusive || one.verdict == trace::Verdict::error ||
        one.verdict == trace::Verdict::skipped) {
      return {Came::not_run, fmt::format("{}: {}", trace::name(one.verdict), fuzz::safe_line(one.reason))};
    }
  }
  if (result.cases.empty()) return {Came::not_run, quiet.first_line()};
  return {Came::fixed, "the device answers as it should and lives"};
}

}  // namespace

int fuzz_replay(const FuzzReplayOptions& options, Console& console) {
  const auto time = duration(options.time);
  if (!time || time->count() == 0) {
    console.error(fmt::format("--time '{}' is no duration: write 10s, 500ms or 1m", options.time));
    return exit_codes::usage;
  }
  if (!options.target.empty()) {
    if (const auto target = host_port(options.target); !target) {
      console.error(target.error());
      return exit_codes::usage;
    }
  }
  if (options.json == "-") console.text_to_stderr();
  const bool on_device = !options.target.empty() || !options.dut_start.empty() || !options.dut_act.empty();
  FindingsRead read;
  for (const auto& path : options.paths) {
    auto more = findings_at(path);
    std::ranges::move(more.findings, std::back_inserter(read.findings));
    std::ranges::move(more.complaints, std::back_inserter(read.complaints));
  }
  for (const auto& complaint : read.complaints) console.error(complaint);
  const InterruptGuard guard;
  TriageOptions how;
  how.limits.time = *time;
  how.give_up = [] { return InterruptGuard::asked(); };
  std::size_t counts[4] = {0, 0, 0, 0};
  auto json = nlohmann::ordered_json::array();
  Progress progress(console, read.findings.size());
  std::size_t number = 0;
  for (const auto& stored : read.findings) {
    if (InterruptGuard::asked()) break;
    progress.at(++number, stored.finding.slug());
    std::error_code code;
    const bool in_process = fs::exists(stored.folder / finding_target, code) ||
                            (fs::exists(stored.folder / finding_input, code) && !options.program.empty());
    Replayed came;
    if (on_device) {
      auto held = options.dut_act.empty() ? replay_conversation(stored, options, *time) : std::nullopt;
      came = held ? std::move(*held) : replay_scenario(stored, options, *time);
    } else if (in_process) {
      came = replay_input(stored, options, how);
    } else {
      came.note =
          "it broke a device: say which with --target HOST:PORT, start it with --start CMD, or say --dut-act CMD where "
          "it"
          " is one that calls";
    }
    if (came.came == Came::not_run && InterruptGuard::asked()) break;
    ++counts[static_cast<std::size_t>(came.came)];
    console.text(fmt::format("{:<16}  {}  {}{}\n", words(came.came), stored.finding.id(),
                             fuzz::safe_line(stored.finding.title()),
                             came.note.empty() ? "" : ": " + fuzz::safe_line(came.note, 600)));
    json.push_back({{"id", stored.finding.id()},
                    {"title", stored.finding.title()},
                    {"folder", stored.folder.string()},
                    {"result", std::string(words(came.came))},
                    {"note", came.note}});
  }
  const auto of = [&](Came came) { return counts[static_cast<std::size_t>(came)]; };
  if (read.findings.empty() && read.complaints.empty()) console.text("there are no findings\n");
  if (read.findings.size() > 1) {
    console.text(fmt::format("{}: {} reproduced, {} break otherwise, {} fixed, {} not run\n",
                             counted(number, "finding"), of(Came::again), of(Came::changed), of(Came::fixed),
                             of(Came::not_run)));
  }
  if (options.json == "-") {
    console.data(json_text(json));
  } else if (!options.json.empty()) {
    if (const auto written = write_text(options.json, json_text(json)); !written) {
      console.error(written.error());
      return exit_codes::usage;
    }
  }
  if (InterruptGuard::asked()) return exit_codes::interrupted;
  if (!read.complaints.empty()) return exit_codes::usage;
  if (of(Came::again) + of(Came::changed) > 0) return exit_codes::not_conformant;
  return of(Came::not_run) > 0 ? exit_codes::inconclusive : exit_codes::ok;
}

}  // namespace assay::app
