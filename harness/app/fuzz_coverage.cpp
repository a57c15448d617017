// `assay fuzz coverage`: the inputs of a campaign's corpora and the seeds, run once each through targets that were
// built with clang's source coverage. Lines per room, pages by llvm-cov, and the cells of the state table.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <system_error>

#include "fuzz/campaign/state_table.hpp"
#include "fuzz/campaign/status_line.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_campaign_folder.hpp"
#include "harness/app/fuzz_campaign_targets.hpp"
#include "harness/app/fuzz_merge.hpp"
#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "peers/process.hpp"
#include "peers/program_run.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t batch = 500;  // inputs of one process
constexpr auto longest_batch = std::chrono::minutes(10);
constexpr auto longest_tool = std::chrono::minutes(60);

struct Lines {
  std::uint64_t count = 0;
  std::uint64_t reached = 0;
};

/// Runs a tool to its end; what it wrote, or one sentence.
std::expected<std::string, std::string> tool(std::vector<std::string> argv, Duration limit,
                                             std::vector<std::pair<std::string, std::string>> environment = {}) {
  peers::ProgramRunOptions how;
  how.argv = std::move(argv);
  how.time = limit;
  how.memory = 0;
  how.environment = std::move(environment);
  auto ran = peers::run_program(how);
  if (!ran) return std::unexpected(ran.error());
  if (ran->exit_code == 0) return std::move(ran->output);
  return std::unexpected(fmt::format("{} failed{}:\n{}", how.argv.front(), ran->timed_out ? " (too slow)" : "",
                                     fuzz::last_lines(ran->output, 6)));
}

/// An error stream gets line by line what a tool wrote.
void complain(Console& console, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end != 0) console.error(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// Both tools are there, or it is said what to install: before minutes of work, not behind them.
bool has_tools(Console& console) {
  for (const auto* name : {"llvm-profdata-19", "llvm-cov-19"}) {
    if (const auto there = tool({name, "--version"}, std::chrono::minutes(1)); !there) {
      complain(console, there.error() + "\nThe coverage tools are those of a package: apt-get install llvm-19");
      return false;
    }
  }
  return true;
}

std::vector<fs::path> inputs_in(const std::vector<fs::path>& folders) {
  std::vector<fs::path> out;
  for (const auto& folder : folders) {
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
      std::error_code ignored;
      if (it->is_regular_file(ignored)) out.push_back(it->path());
    }
  }
  std::ranges::sort(out);
  return out;
}

/// Runs the files through the target; a batch in which one breaks it is run again in halves, so that one input costs
/// no other its coverage. Says how many broke it.
class Replays {
 public:
  Replays(const CampaignTarget& target, fs::path profiles, fs::path states)
      : target_(target), profiles_(std::move(profiles)), states_(std::move(states)) {}

  std::size_t run(std::span<const fs::path> files) {
    if (files.empty()) return 0;
    if (files.size() > batch) {
      const auto rest = run(files.subspan(batch));
      return rest + run(files.first(batch));
    }
    std::vector<std::string> argv{target_.run.program};
    for (const auto& file : files) argv.push_back(file.string());
    const auto profile = profiles_ / fmt::format("{}-{}.profraw", target_.name(), ++runs_);
    const auto done = tool(std::move(argv), longest_batch,
                           {{"LLVM_PROFILE_FILE", profile.string()}, {"ASSAY_STATE_TABLE", states_.string()}});
    if (done) return 0;
    std::error_code code;
    fs::remove(profile, code);  // of a process that was cut off
    if (files.size() == 1) return 1;
    const auto half = files.size() / 2;
    const auto first = run(files.first(half));
    return first + run(files.subspan(half));
  }

 private:
  const CampaignTarget& target_;
  fs::path profiles_;
  fs::path states_;
  unsigned runs_ = 0;
};

/// "harness/pdu" of "/somewhere/harness/pdu/decode.cpp"; nothing for what is not of the project.
std::optional<std::string> room_of(const std::string& file) {
  const auto root = home().lexically_normal().string() + "/";
  if (!file.starts_with(root)) return std::nullopt;
  const auto name = file.substr(root.size());
  if (name.starts_with("build/")) return std::nullopt;
  const auto first = name.find('/');
  if (first == std::string::npos) return std::nullopt;
  if (!name.starts_with("harness/") && !name.starts_with("fuzz/")) return name.substr(0, first);
  return name.substr(0, name.find('/', first + 1));
}

std::string room_table(const std::map<std::string, Lines>& rooms) {
  std::string out = fmt::format("{:<28}{:>9}{:>9}{:>9}\n", "room", "lines", "reached", "");
  Lines all;
  const auto line = [](const std::string& name, const Lines& lines) {
    return fmt::format(
        "{:<28}{:>9}{:>9}{:>8.1f} %\n", name, lines.count, lines.reached,
        lines.count == 0 ? 0.0 : 100.0 * static_cast<double>(lines.reached) / static_cast<double>(lines.count));
  };
  for (const auto& [name, lines] : rooms) {
    out += line(name, lines);
    all.count += lines.count;
    all.reached += lines.reached;
  }
  return out + line("all", all);
}

std::string how_to_build(const fs::path& build) {
  return fmt::format(
      "cmake -S {0} -B {1} -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug "
      "'-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1 -fprofile-instr-generate -fcoverage-mapping' -DASSAY_UNIT_TESTS=OFF && "
      "ninja -C {1} $(cd {0}/fuzz/targets && ls fuzz_*.cpp | sed 's/[.]cpp//')",
      home().string(), build.string());
}

}  // namespace

int fuzz_coverage(const FuzzCoverageSettings& settings, Console& console) {
  const fs::path build = settings.build.empty() ? home() / "build/fuzz-coverage" : fs::path(settings.build);
  std::error_code code;
  if (!settings.folder.empty() && !fs::is_directory(fs::path(settings.folder) / "corpus", code)) {
    console.error(fmt::format("{}: no folder of a campaign: it has no corpus/", settings.folder));
    return exit_codes::usage;
  }
  if (!has_tools(console)) return exit_codes::usage;
  if (settings.make) {
    console.progress("building targets with source coverage");
    if (auto done = tool({"/bin/sh", "-c", how_to_build(build)}, longest_tool); !done) {
      complain(console, done.error());
      return exit_codes::inconclusive;
    }
  }
  fuzz::Campaign all;
  all.targets.emplace_back();
  all.targets.back().match = "fuzz_*";
  auto targets = campaign_targets(all, settings.targets, build);
  if (!targets) {
    console.error(fmt::format(
        "there are no targets with source coverage in {0}: --make builds them, or this does: {1} (packages: clang-19 "
        "libclang-rt-19-dev llvm-19 lld-19 cmake ninja-build). Asked for them, it said: {2}",
        build.string(), how_to_build(build), targets.error()));
    return exit_codes::usage;
  }
  const fs::path out = !settings.out.empty()      ? fs::path(settings.out)
                       : !settings.folder.empty() ? fs::path(settings.folder) / "coverage"
                                                  : fs::path("assay-coverage");
  const auto profiles = out / "profiles";
  fs::remove_all(profiles, code);
  fs::create_directories(profiles, code);
  if (code) {
    console.error(fmt::format("{}: the folder cannot be made: {}", profiles.string(), code.message()));
    return exit_codes::usage;
  }
  const auto states = profiles / "states";
  std::size_t inputs = 0;
  std::size_t broke = 0;
  std::vector<std::string> objects;
  for (const auto& target : *targets) {
    auto folders = target.seeds;
    if (!settings.folder.empty()) folders.push_back(fs::path(settings.folder) / "corpus" / target.name());
    const auto files = inputs_in(folders);
    console.progress(fmt::format("{}: {} inputs", target.name(), files.size()));
    broke += Replays(target, profiles, states).run(files);
    inputs += files.size();
    if (!files.empty()) objects.push_back(target.run.program);
  }
  console.clear_progress();
  if (objects.empty()) {
    console.error("there is no input to run: neither seeds nor a corpus");
    return exit_codes::usage;
  }
  const auto data = (out / "coverage.profdata").string();
  std::vector<std::string> merge{"llvm-profdata-19", "merge", "-sparse", "-o", data};
  for (fs::directory_iterator it(profiles, code), end; !code && it != end; it.increment(code))
    if (it->path().extension() == ".profraw") merge.push_back(it->path().string());
  if (merge.size() == 5) {
    console.error(fmt::format("the targets in {} were built without source coverage; this builds some with it: {}",
                              build.string(), how_to_build(build)));
    return exit_codes::usage;
  }
  if (auto done = tool(std::move(merge), longest_tool); !done) {
    complain(console, done.error());
    return exit_codes::inconclusive;
  }
  const auto llvm_cov = [&](std::vector<std::string> words, std::vector<std::string> more) {
    words.insert(words.begin(), "llvm-cov-19");
    words.push_back(objects.front());
    for (std::size_t i = 1; i < objects.size(); ++i) words.push_back("-object=" + objects[i]);
    words.push_back("-instr-profile=" + data);
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  // The summary is longer than what is kept of a program's output: the shell puts it into a file.
  std::string command;
  for (const auto& word : llvm_cov({"export", "-summary-only"}, {})) command += peers::shell_quote(word) + " ";
  const auto summary = out / "summary.json";
  if (auto done = tool({"/bin/sh", "-c", command + "> " + peers::shell_quote(summary.string())}, longest_tool); !done) {
    complain(console, done.error());
    return exit_codes::inconclusive;
  }
  const auto text = read_text(summary);
  const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  std::map<std::string, Lines> rooms;
  try {
    for (const auto& file : json.at("data").at(0).at("files")) {
      const auto room = room_of(file.at("filename").get<std::string>());
      if (!room) continue;
      const auto& lines = file.at("summary").at("lines");
      rooms[*room].count += lines.at("count").get<std::uint64_t>();
      rooms[*room].reached += lines.at("covered").get<std::uint64_t>();
    }
  } catch (const nlohmann::json::exception& e) {
    console.error(fmt::format("{}: no summary of llvm-cov: {}", summary.string(), e.what()));
    return exit_codes::internal;
  }
  console.progress("writing pages");
  const auto pages = tool(
      llvm_cov({"show", "-format=html", "-output-dir=" + (out / "html").string()}, {"-ignore-filename-regex=^/usr/"}),
      longest_tool);
  console.clear_progress();
  if (!pages) complain(console, pages.error());
  auto table = room_table(rooms);
  fuzz::StateTable cells;
  if (const auto lines = read_text(states)) cells.add(*lines);
  table += cells == fuzz::StateTable{} ? "\nNo target wrote cells of the state table.\n" : "\n" + fuzz::to_text(cells);
  table += fmt::format(
      "\n{} of {} run{}. Pages: {}/html/index.html\n", counted(inputs, "input"), counted(objects.size(), "target"),
      broke == 0 ? "" : fmt::format(", {} of them broke their target and are not counted", broke), out.string());
  console.text(table);
  if (auto done = write_text(out / "coverage.txt", table); !done) {
    console.error(done.error());
    return exit_codes::usage;
  }
  return exit_codes::ok;
}

}  // namespace assay::app
