#include "harness/app/fuzz_target.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "peers/process.hpp"
#include "peers/program_run.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

using fuzz::InputForm;

struct KnownForm {
  std::string_view name;
  InputForm form;
};

constexpr InputForm binary(assay_format format) { return {InputForm::Kind::binary, format, 0}; }
constexpr InputForm text_form{InputForm::Kind::text, ASSAY_FORMAT_ANY, 0};
constexpr InputForm program_form{InputForm::Kind::instructions, ASSAY_FORMAT_ANY, 0};

/// What the inputs of this project's targets are; the bytes of other programs are taken for what they look like.
constexpr std::array known_forms{
    KnownForm{"fuzz_pdu", binary(ASSAY_FORMAT_WIRE)},
    KnownForm{"fuzz_file", binary(ASSAY_FORMAT_FILE)},
    KnownForm{"fuzz_dicomdir", binary(ASSAY_FORMAT_FILE)},
    KnownForm{"fuzz_dataset_implicit_le", binary(ASSAY_FORMAT_IMPLICIT_LITTLE)},
    KnownForm{"fuzz_dataset_explicit_le", binary(ASSAY_FORMAT_EXPLICIT_LITTLE)},
    KnownForm{"fuzz_dataset_explicit_be", binary(ASSAY_FORMAT_EXPLICIT_BIG)},
    KnownForm{"fuzz_dataset_encapsulated", binary(ASSAY_FORMAT_EXPLICIT_LITTLE)},
    KnownForm{"fuzz_dataset_deflated", binary(ASSAY_FORMAT_DEFLATED)},
    KnownForm{"fuzz_scenario", text_form},
    KnownForm{"fuzz_expectations", text_form},
    KnownForm{"fuzz_fault_file", text_form},
    KnownForm{"fuzz_device_file", text_form},
    KnownForm{"fuzz_schedule", text_form},
    KnownForm{"fuzz_profile", text_form},
    KnownForm{"fuzz_json", text_form},
    KnownForm{"fuzz_native_xml", text_form},
    KnownForm{"fuzz_process_report", text_form},
    KnownForm{"fuzz_acceptor", program_form},
    KnownForm{"fuzz_requestor", program_form},
    KnownForm{"fuzz_session", program_form},
    KnownForm{"fuzz_retrieve", program_form},
    KnownForm{"fuzz_managed", program_form},
    KnownForm{"fuzz_observer", program_form},
    KnownForm{"fuzz_diagnose", program_form},
    KnownForm{"fuzz_capture", program_form},
    KnownForm{"fuzz_dimse", program_form},
};

constexpr std::uint64_t mebi = std::uint64_t{1} << 20;

std::int64_t seconds_of(Duration time) {
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count());
}

/// A program in PATH or by its path; "" when there is none.
std::string program_in_path(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const auto full = fs::path(rest.substr(0, colon)) / name;
    if (::access(full.c_str(), X_OK) == 0) return full.string();
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return "";
}

const std::string& symbolizer() {
  static const auto found = [] {
    for (const char* name : {"llvm-symbolizer", "llvm-symbolizer-19", "llvm-symbolizer-20", "llvm-symbolizer-18",
                             "llvm-symbolizer-17", "llvm-symbolizer-16", "llvm-symbolizer-14"}) {
      if (auto path = program_in_path(name); !path.empty()) return path;
    }
    return std::string();
  }();
  return found;
}

std::string set_in(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Whether the binary holds libFuzzer. Scripts and whatever else is no ELF file do not.
bool holds_engine(const std::string& program) {
  const auto bytes = FileBytes::open(program);
  if (!bytes) return false;
  const auto text = as_text(bytes->view());
  return text.starts_with(
             "\x7f"
             "ELF") &&
         text.find("ERROR: libFuzzer: ") != std::string_view::npos;
}

std::optional<std::string> why_not_program(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return "there is no such program";
  if (fs::is_directory(path, code)) return "this is a folder, a program is needed here";
  if (::access(path.c_str(), X_OK) != 0) return "it cannot be executed (chmod +x makes a program of a file)";
  return std::nullopt;
}

/// What a run over a limit of ours is; what the process itself reported before counts more.
void judge_limits(TargetRun& run, const TargetLimits& limits) {
  if (!run.timed_out && !run.over_memory) return;
  const bool said = run.finding && run.finding->detail != "abort" && run.finding->detail != "deadly signal" &&
                    !run.finding->detail.starts_with("signal ");
  if (said) return;
  if (!run.finding) {
    run.finding.emplace();
    run.finding->report = fuzz::safe_text(run.output, fuzz::max_report);
  }
  auto& finding = *run.finding;
  finding.kind = run.timed_out ? fuzz::Kind::hang : fuzz::Kind::out_of_memory;
  finding.detail = run.timed_out ? "timeout" : "memory-limit";
  finding.severity = fuzz::usual_severity(finding.kind, finding.detail);
  finding.happened = run.timed_out
                         ? fmt::format("It did not end within {} s and was ended.", seconds_of(limits.time))
                         : fmt::format("It held more than {} MiB of memory and was ended.", limits.memory / mebi);
  finding.advice = run.timed_out ? "Make every loop consume input or count down, and bound what an input may ask for."
                                 : "Allocate what is there, never what a length claims.";
}

}  // namespace

std::expected<FuzzTarget, std::string> find_target(const std::string& program, const fs::path& build) {
  FuzzTarget target;
  std::vector<fs::path> places;
  if (!build.empty()) {
    const auto name = fs::path(program).filename();
    places = {build / name, build / "fuzz" / name};
  }
  if (build.empty() || program.contains('/')) places.emplace_back(program);
  std::optional<std::string> why;
  for (const auto& place : places) {
    why = why_not_program(place);
    if (why) continue;
    target.program = place.string();
    break;
  }
  if (target.program.empty()) {
    return std::unexpected(fmt::format(
        "{}: {}; build the target first (cmake --build), and say where it lies with --build DIR or --target-program P",
        places.front().string(), *why_not_program(places.front())));
  }
  if (!target.program.contains('/')) target.program = "./" + target.program;  // not the one in PATH
  target.name = fs::path(target.program).filename().string();
  target.libfuzzer = holds_engine(target.program);
  const auto* const known = std::ranges::find(known_forms, target.name, &KnownForm::name);
  if (known != known_forms.end()) target.form = known->form;
  return target;
}

std::vector<std::pair<std::string, std::string>> sanitizer_environment(bool libfuzzer) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto options = [&](const char* name, std::string ours) {
    const auto theirs = set_in(name);  // later ones count
    out.emplace_back(name, theirs.empty() ? ours : ours + ":" + theirs);
  };
  const std::string common = "symbolize=1:disable_coredump=1";
  // Where a process is ended for its time, SIGABRT makes it say where it was.
  const std::string abort = libfuzzer ? "" : ":handle_abort=1";
  options("ASAN_OPTIONS", common + ":malloc_context_size=30:detect_leaks=1" + abort);
  options("UBSAN_OPTIONS", common + ":print_stacktrace=1");
  options("MSAN_OPTIONS", common + abort);
  options("TSAN_OPTIONS", common + abort);
  if (!symbolizer().empty()) {
    for (const char* name : {"ASAN_SYMBOLIZER_PATH", "UBSAN_SYMBOLIZER_PATH", "MSAN_SYMBOLIZER_PATH",
                             "TSAN_SYMBOLIZER_PATH", "LSAN_SYMBOLIZER_PATH"}) {
      if (set_in(name).empty()) out.emplace_back(name, symbolizer());
    }
  }
  return out;
}

std::expected<TargetRun, std::string> run_target(const FuzzTarget& target, const fs::path& input,
                                                 const TargetLimits& limits, const std::function<bool()>& give_up) {
  peers::ProgramRunOptions how;
  how.argv = {target.program};
  how.time = limits.time;
  how.memory = limits.memory;
  how.give_up = give_up;
  if (target.libfuzzer) {
    how.argv.push_back(fmt::format("-timeout={}", seconds_of(limits.time)));
    how.argv.push_back(fmt::format("-rss_limit_mb={}", limits.memory / mebi));
    // The engine tells more about its own limits than we can: it comes first.
    how.time = std::chrono::seconds(seconds_of(limits.time)) + std::chrono::seconds(5);
    if (how.memory > 0) how.memory += 512 * mebi;
  }
  how.argv.insert(how.argv.end(), target.arguments.begin(), target.arguments.end());
  how.argv.push_back(input.string());
  how.environment = sanitizer_environment(target.libfuzzer);
  auto ran = peers::run_program(how);
  if (!ran) return std::unexpected(ran.error());
  if (ran->given_up) return std::unexpected(std::string("interrupted"));
  TargetRun run;
  run.exit_code = ran->exit_code;
  run.signal = ran->signal;
  run.timed_out = ran->timed_out;
  run.over_memory = ran->over_memory;
  run.output = std::move(ran->output);
  run.took = ran->took;
  // Asked to end by us, it may also have died of SIGKILL.
  run.finding = fuzz::finding_of(run.output, {run.exit_code, run.signal});
  judge_limits(run, limits);
  if (!run.finding && (run.exit_code == 126 || run.exit_code == 127)) {
    return std::unexpected(fmt::format("{}: it could not start (exit {}): {}", target.program, *run.exit_code,
                                       fuzz::safe_text(run.output.substr(0, run.output.find('\n')), 300)));
  }
  return run;
}

std::string target_text(const FuzzTarget& target) {
  std::error_code code;
  const auto whole = fs::absolute(target.program, code);
  nlohmann::ordered_json json{{"program", code ? target.program : whole.lexically_normal().string()},
                              {"arguments", target.arguments}};
  return json_text(json);
}

std::expected<std::vector<std::string>, std::string> target_arguments(std::string_view text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  const auto bad = std::unexpected(std::string("no JSON object with the texts program and arguments"));
  if (!json.is_object()) return bad;
  const auto arguments = json.find("arguments");
  if (arguments == json.end() || !arguments->is_array()) return bad;
  std::vector<std::string> out;
  for (const auto& argument : *arguments) {
    if (!argument.is_string()) return bad;
    out.push_back(argument.get<std::string>());
  }
  return out;
}

std::expected<FuzzTarget, std::string> target_from_text(std::string_view text) {
  auto arguments = target_arguments(text);
  if (!arguments) return std::unexpected(arguments.error());
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  const auto program = json.find("program");
  if (program == json.end() || !program->is_string()) return std::unexpected(std::string("no text program"));
  auto target = find_target(program->get<std::string>());
  if (target) target->arguments = std::move(*arguments);
  return target;
}

std::string target_command(const FuzzTarget& target, const fs::path& input) {
  auto out = peers::shell_quote(target.program);
  for (const auto& argument : target.arguments) out += " " + peers::shell_quote(argument);
  return out + " " + peers::shell_quote(input.string());
}

}  // namespace assay::app
