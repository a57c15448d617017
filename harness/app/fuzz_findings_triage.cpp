// `assay fuzz triage`: crash files become findings.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_findings.hpp"
#include "harness/app/fuzz_triage.hpp"
#include "harness/app/home.hpp"
#include "harness/base/bulk_digest.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

constexpr const char* done_list = ".triaged";                       // beside the findings: what was looked at before
constexpr std::uintmax_t largest_input = std::uintmax_t{64} << 20;  // engines make none that are larger

/// How libFuzzer and its relatives name what broke a target.
bool is_artifact(std::string_view name) {
  constexpr std::array<std::string_view, 5> beginnings{"crash-", "leak-", "timeout-", "oom-", "slow-unit-"};
  return std::ranges::any_of(beginnings, [&](std::string_view word) { return name.starts_with(word); });
}

/// Crash files among `files`: those that are named so; where none is, all of them, but for what findings consist of.
std::vector<std::string> crash_files(const std::vector<std::string>& files, const std::vector<std::string>& named) {
  std::vector<std::string> out;
  std::ranges::copy_if(files, std::back_inserter(out),
                       [](const std::string& file) { return is_artifact(fs::path(file).filename().string()); });
  if (!out.empty()) return out;
  for (const auto& file : files) {
    const bool asked_for = std::ranges::find(named, file) != named.end();
    std::error_code code;
    const auto path = fs::path(file);
    const bool of_finding = fs::exists(path.parent_path() / "finding.json", code) || path.filename() == done_list;
    if (asked_for || !of_finding) out.push_back(file);
  }
  return out;
}

std::string digest_of(std::string_view target, ByteView bytes) {
  BulkDigest digest;
  digest.update(bytes);
  return fmt::format("{:016x} {} {}", digest.value(), bytes.size(), target);
}

/// The target whose name a folder on the way to the file has: campaigns keep them so.
std::expected<FuzzTarget, std::string> target_by_folder(const std::string& file, const fs::path& build) {
  const auto whole = fs::path(file).parent_path();
  for (auto folder = whole; !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
    if (auto target = find_target(folder.filename().string(), build)) return target;
  }
  return std::unexpected(fmt::format(
      "{}: no folder on the way to it is called as a target in {}; say which one it broke with --target-program P",
      file, build.string()));
}

struct Counts {
  std::size_t tried = 0;
  std::size_t healthy = 0;
  std::size_t fresh = 0;
  std::size_t failed = 0;
};

bool write_outputs(const FuzzTriageOptions& options, const std::vector<StoredFinding>& findings,
                   const std::vector<std::string>& fresh, Console& console) {
  bool good = true;
  const auto write = [&](const std::string& file, const std::string& text) {
    if (file.empty()) return;
    if (file == "-") {
      console.data(text);
    } else if (const auto written = write_text(file, text); !written) {
      console.error(written.error());
      good = false;
    }
  };
  if (!options.json.empty()) write(options.json, json_text(findings_json(findings)));
  if (!options.sarif.empty()) write(options.sarif, findings_sarif(findings, fresh, "assay fuzz triage"));
  if (!options.junit.empty()) write(options.junit, findings_junit(findings));
  return good;
}

}  // namespace

int fuzz_triage(const FuzzTriageOptions& options, Console& console) {
  const auto time = duration(options.time);
  const auto reduce_time = duration(options.reduce_time);
  if (!time || time->count() == 0 || !reduce_time) {
    console.error("--time and --reduce-time are durations: write 10s, 500ms or 1m");
    return exit_codes::usage;
  }
  std::error_code code;
  for (const auto& path : options.paths) {
    if (fs::exists(path, code)) continue;
    console.error(fmt::format("{}: there is no such file or folder", path));
    return exit_codes::usage;
  }
  std::optional<FuzzTarget> one_target;
  if (!options.program.empty()) {
    auto target = find_target(options.program, options.build);
    if (!target) {
      console.error(target.error());
      return exit_codes::usage;
    }
    one_target = std::move(*target);
    one_target->arguments = options.arguments;
  }
  if (options.json == "-" || options.sarif == "-" || options.junit == "-") console.text_to_stderr();
  auto out = fs::path(options.out);
  if (out.empty()) {
    const auto first = fs::path(options.paths.front());
    const auto folder = fs::is_directory(first, code) ? first : first.parent_path();
    out = (folder.empty() ? fs::path(".") : folder) / "findings";
  }
  std::size_t unusable = 0;
  const auto files = crash_files(files_below(options.paths, console, unusable), options.paths);
  if (unusable > 0 && files.empty()) return exit_codes::usage;
  if (!files.empty() && !one_target && options.build.empty()) {
    console.error(
        "say which target the files broke: --target-program P, or --build DIR where they lie in folders that "
        "are called as their targets");
    return exit_codes::usage;
  }
  fs::create_directories(out, code);
  if (code) {
    console.error(fmt::format("{}: the folder of findings cannot be made: {}", out.string(), code.message()));
    return exit_codes::usage;
  }
  if (const auto writable = can_write(out / done_list); !writable) {
    console.error(writable.error());
    return exit_codes::usage;
  }

  std::set<std::string, std::less<>> done;
  if (const auto text = fs::exists(out / done_list, code) ? read_text(out / done_list) : std::string()) {
    for (std::size_t from = 0; from < text->size();) {
      const auto end = std::min(text->find('\n', from), text->size());
      done.insert(text->substr(from, end - from));
      from = end + 1;
    }
  }
  const InterruptGuard guard;
  TriageOptions how;
  how.limits.time = *time;
  how.reduce = options.reduce;
  how.reduce_time = *reduce_time;
  how.give_up = [] { return InterruptGuard::asked(); };
  how.progress = [&console](const std::string& line) { console.progress(line); };
  Counts counts;
  std::vector<std::string> fresh;
  std::map<fs::path, std::expected<FuzzTarget, std::string>> by_folder;
  Progress progress(console, files.size());
  std::size_t number = 0;
  for (const auto& file : files) {
    if (InterruptGuard::asked()) break;
    progress.at(++number, file);
    const auto fail = [&](const std::string& why) {
      console.error(why);
      ++counts.failed;
    };
    if (const auto size = fs::file_size(file, code); code || size > largest_input) {
      fail(fmt::format("{}: {}", file, code ? code.message() : "larger than 64 MiB: no engine makes such inputs"));
      continue;
    }
    const auto bytes = read_text(file);
    if (!bytes) {
      fail(bytes.error());
      continue;
    }
    auto target =
        one_target
            ? std::expected<FuzzTarget, std::string>(*one_target)
            : by_folder.try_emplace(fs::path(file).parent_path(), target_by_folder(file, options.build)).first->second;
    if (!target) {
      fail(target.error());
      continue;
    }
    const auto digest = digest_of(target->name, as_bytes(*bytes));
    if (done.contains(digest)) continue;
    auto kept = keep_crash(*target, as_bytes(*bytes), out, how);
    if (!kept) {
      if (!InterruptGuard::asked()) fail(kept.error());
      continue;
    }
    ++counts.tried;
    if (*kept) {
      const auto& triaged = **kept;
      if (triaged.kept.fresh) {
        fresh.push_back(triaged.finding.id());
        console.text(fmt::format("new       {}  {}, {} to {} bytes{}\n", triaged.finding.id(), triaged.finding.title(),
                                 triaged.original, triaged.reduced,
                                 triaged.reduced_to_end ? "" : ", smaller with 'assay fuzz minimize'"));
      }
    } else {
      ++counts.healthy;
      console.text(fmt::format("healthy   {}: {} ends as it should\n", file, target->name));
    }
    done.insert(digest);
    std::ofstream list(out / done_list, std::ios::app);
    list << digest << '\n';
    list.flush();
    if (!list) {
      console.error(fmt::format("{}: cannot be written", (out / done_list).string()));
      return exit_codes::usage;
    }
  }
  counts.fresh = fresh.size();
  const auto read = read_findings(out);
  for (const auto& complaint : read.complaints) console.error(complaint);
  console.text(findings_table(read.findings, console.colour()));
  if (counts.tried > 0) {
    console.text(fmt::format("{} tried: {}, {} healthy; findings below {}\n", counted(counts.tried, "input"),
                             counted(counts.fresh, "new finding"), counts.healthy, out.string()));
  }
  const bool written = write_outputs(options, read.findings, fresh, console);
  if (InterruptGuard::asked()) return exit_codes::interrupted;
  if (!written || unusable > 0 || !read.complaints.empty()) return exit_codes::usage;
  if (!read.findings.empty()) return exit_codes::not_conformant;
  return counts.failed > 0 ? exit_codes::inconclusive : exit_codes::ok;
}

}  // namespace assay::app
