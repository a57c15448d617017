#include "harness/app/fuzz_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "harness/app/finding_folder.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_campaign_folder.hpp"
#include "harness/app/fuzz_campaign_round.hpp"
#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "peers/ticker.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

struct Counts {
  std::uint64_t inputs = 0;
  std::uint64_t findings = 0;
  std::uint64_t fresh = 0;
};

/// Everything of one campaign's folder into ours.
std::expected<void, std::string> take_in(const fs::path& from, const CampaignFolder& into, Counts& counts,
                                         std::set<std::string>& targets, Console& console) {
  std::error_code code;
  for (fs::directory_iterator it(from / "corpus", code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    const auto name = it->path().filename().string();
    // A pruning in the middle of which somebody was killed leaves folders beside the corpus.
    const bool rest = name.ends_with(".pruned");
    if (!it->is_directory(ignored) || rest) continue;
    const auto target = name.ends_with(".before") ? name.substr(0, name.size() - 7) : name;
    if (targets.insert(target).second)
      if (auto done = into.prepare(target); !done) return done;
    console.progress(fmt::format("reading {}", it->path().string()));
    auto came = import_inputs(it->path(), into.corpus(target));
    if (!came) return std::unexpected(came.error());
    counts.inputs += *came;
    // What nobody has looked into yet: the next campaign does.
    for (fs::directory_iterator one(from / "artifacts" / target, ignored); !ignored && one != end;
         one.increment(ignored)) {
      std::error_code kept;
      fs::copy_file(one->path(), into.artifacts(target) / one->path().filename(), fs::copy_options::overwrite_existing,
                    kept);
      if (kept) return std::unexpected(fmt::format("{}: cannot be copied: {}", one->path().string(), kept.message()));
    }
  }
  auto found = read_findings(from / "findings");
  for (const auto& text : found.complaints) console.error(text);
  for (auto& one : found.findings) {
    FindingFiles files;
    for (fs::directory_iterator it(one.folder, code), end; !code && it != end; it.increment(code)) {
      const auto name = it->path().filename().string();
      if (name == "finding.json" || name == "finding.txt") continue;
      auto text = read_text(it->path());
      if (!text) return std::unexpected(text.error());
      files.emplace_back(name, std::move(*text));
    }
    const auto kept = keep_finding(into.findings(), one.finding, files);
    if (!kept) return std::unexpected(kept.error());
    ++counts.findings;
    counts.fresh += kept->fresh ? 1 : 0;
  }
  return {};
}

/// The smallest corpus that reaches the same, where the target is built.
std::string pruned(const CampaignTarget& target, const CampaignFolder& folder) {
  const auto before = files_in(folder.corpus(target.name()));
  peers::Loop loop;
  peers::ProcessOptions options;
  options.argv = pruning_command(target, folder);
  options.environment = fuzzing_environment();
  auto process = peers::Process::start(loop, std::move(options));
  if (!process) return process.error();
  bool ended = false;
  (*process)->on_end([&] { ended = true; });
  loop.run_until([&] { return ended; });
  const auto after = finish_pruning(target, folder, (*process)->exit_code() == 0);
  if (!after) return fmt::format("{} inputs, all kept: the target did not come to an end with them", before);
  return fmt::format("{} of {} inputs reach the same", *after, before);
}

}  // namespace

int fuzz_merge(const FuzzMergeSettings& settings, Console& console) {
  for (const auto& from : settings.folders) {
    std::error_code code;
    if (!fs::is_directory(from, code) ||
        (!fs::is_directory(fs::path(from) / "corpus", code) && !fs::is_directory(fs::path(from) / "findings", code))) {
      console.error(fmt::format("{}: no folder of a campaign: it has neither corpus/ nor findings/", from));
      return exit_codes::usage;
    }
    if (fs::equivalent(from, settings.out, code)) {
      console.error(fmt::format("{}: this is the folder of --out, too: choose another one", from));
      return exit_codes::usage;
    }
  }
  const auto folder = CampaignFolder::open(settings.out);
  if (!folder) {
    console.error(folder.error());
    return exit_codes::usage;
  }
  Counts counts;
  std::set<std::string> names;
  for (const auto& from : settings.folders)
    if (auto done = take_in(from, *folder, counts, names, console); !done) {
      console.error(done.error());
      return exit_codes::usage;
    }
  fuzz::Campaign all;
  all.targets.emplace_back();
  all.targets.back().match = "*";
  if (!settings.build.empty()) all.targets.back().folder = settings.build;
  const auto targets = settings.prune ? campaign_targets(all, {}, {}) : std::vector<CampaignTarget>{};
  for (const auto& name : names) {
    std::string what = "not pruned: the target is not built here";
    if (!settings.prune) what = fmt::format("{}", counted(files_in(folder->corpus(name)), "input"));
    if (targets)
      if (const auto target = std::ranges::find(*targets, name, &CampaignTarget::name); target != targets->end()) {
        console.progress("pruning " + name);
        what = pruned(*target, *folder);
      }
    console.text(fmt::format("{:<32} {}\n", name, what));
  }
  console.text(fmt::format("{} of {}: {} came, {} are {} different ones, in {}\n",
                           fmt::format("{} {}", names.size(), names.size() == 1 ? "corpus" : "corpora"),
                           counted(settings.folders.size(), "campaign"), counted(counts.inputs, "input"),
                           counted(counts.findings, "finding"), counts.fresh, folder->path().string()));
  return exit_codes::ok;
}

}  // namespace assay::app
