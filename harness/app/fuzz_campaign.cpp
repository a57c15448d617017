#include "harness/app/fuzz_campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <thread>

#include "harness/app/finding_folder.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_triage.hpp"
#include "harness/app/home.hpp"
#include "harness/app/timestamps.hpp"
#include "harness/version.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

constexpr auto usual_time = std::chrono::hours(1);

double wanted_seconds(const FuzzCampaignSettings& settings, const fuzz::Campaign& campaign) {
  const Duration time = settings.time ? *settings.time : campaign.time ? Duration(*campaign.time) : usual_time;
  return std::max(1.0, std::chrono::duration<double>(time).count());
}

/// The state to go on with, or that of the next campaign of this folder.
fuzz::CampaignState begin(const FuzzCampaignSettings& settings, const fuzz::Campaign& campaign,
                          const CampaignFolder& folder, const fuzz::CampaignRecord* before, Console& console) {
  std::string complaint;
  auto known = folder.read_state(complaint);
  if (!complaint.empty()) console.error(complaint);
  fuzz::CampaignState state;
  if (known) state = std::move(*known);
  const auto wanted = wanted_seconds(settings, campaign);
  if (known && !state.over && !settings.restart && state.spent + 1 < wanted) {
    state.wanted = wanted;
    console.text(fmt::format("Campaign {} in {} goes on: {} of {} are left\n", state.number, folder.path().string(),
                             fuzz::long_time(wanted - state.spent), fuzz::long_time(wanted)));
    return state;
  }
  // What the schedule has learnt of the targets stays; what was counted was of the campaign before.
  for (auto& [name, target] : state.targets) {
    target.seconds = 0;
    target.runs = target.rounds = target.crashes = target.coverage = target.features = 0;
  }
  state.number = std::max(before == nullptr ? 0 : before->number, known ? state.number : 0) + 1;
  state.started = utc_timestamp();
  state.wanted = wanted;
  state.spent = 0;
  state.over = false;
  return state;
}

fuzz::CampaignSummary summarise(const FuzzCampaignSettings& settings, const fuzz::Campaign& campaign,
                                const CampaignFolder& folder, const std::vector<CampaignTarget>& targets,
                                const fuzz::CampaignState& state, const CampaignRun& run, std::size_t jobs,
                                const fuzz::CampaignRecord* before) {
  fuzz::CampaignSummary out;
  out.title = campaign.title;
  out.folder = folder.path().string();
  out.command = settings.command_line;
  out.version = ASSAY_VERSION;
  out.number = state.number;
  out.started = state.started;
  out.ended = utc_timestamp();
  out.wanted = state.wanted;
  out.spent = state.spent;
  out.jobs = jobs;
  out.interrupted = run.interrupted;
  out.complaints = run.complaints;
  for (const auto& target : targets) {
    const auto& known = state.targets.at(target.name());
    fuzz::TargetRow row;
    row.name = target.name();
    row.program = target.run.program;
    row.now = {known.coverage, known.features, known.runs, known.seconds};
    if (before != nullptr)
      if (const auto old = before->targets.find(row.name); old != before->targets.end()) row.before = old->second;
    row.rounds = known.rounds;
    row.corpus = files_in(folder.corpus(row.name));
    row.crashes = known.crashes;
    row.trouble = known.trouble;
    out.targets.push_back(std::move(row));
  }
  auto found = read_findings(folder.findings());
  out.complaints.insert(out.complaints.end(), found.complaints.begin(), found.complaints.end());
  const auto in = [](const std::vector<std::string>& ids, const std::string& id) {
    return std::ranges::find(ids, id) != ids.end();
  };
  for (auto& one : found.findings) {
    const auto id = one.finding.id();
    // Of what was not run again nothing is known: it is what it was.
    const bool was_fixed = before != nullptr && in(before->fixed, id);
    const bool seen = in(run.still_broken, id) ||
                      (!in(run.not_again, id) &&
                       (one.finding.last_seen >= state.started || (!was_fixed && one.finding.reproducible)));
    out.findings.push_back({std::move(one.finding), one.folder.string(), fuzz::standing_of(id, seen, before)});
  }
  fuzz::sort_findings(out.findings);
  std::ranges::sort(out.complaints);
  out.complaints.erase(std::ranges::unique(out.complaints).begin(), out.complaints.end());
  return out;
}

bool write_reports(const fuzz::CampaignSummary& summary, const CampaignFolder& folder, Console& console) {
  bool good = true;
  for (const auto& [name, text] :
       {std::pair{"results.json", campaign_json(summary)}, std::pair{"junit.xml", campaign_junit(summary)},
        std::pair{"results.sarif", campaign_sarif(summary)}, std::pair{"report.html", campaign_html(summary)}})
    if (auto done = write_text(folder.path() / name, text); !done) {
      console.error(done.error());
      good = false;
    }
  return good;
}

/// The campaign of the file, or that of all targets of the project. Complains itself.
std::optional<fuzz::Campaign> campaign_of(const FuzzCampaignSettings& settings, Console& console) {
  if (settings.file.empty()) {
    fuzz::Campaign all;
    all.targets.emplace_back();
    all.targets.back().match = "fuzz_*";
    return all;
  }
  const auto text = read_text(settings.file);
  if (!text) {
    console.error(text.error());
    return std::nullopt;
  }
  const auto parent = fs::path(settings.file).parent_path();
  auto campaign = fuzz::load_campaign(*text, settings.file, parent.string());
  if (campaign) return std::move(*campaign);
  for (const auto& error : campaign.error()) console.error(scenario::to_string(error));
  return std::nullopt;
}

}  // namespace

std::optional<OpenCampaign> open_campaign(const FuzzCampaignSettings& settings, Console& console) {
  auto campaign = campaign_of(settings, console);
  if (!campaign) return std::nullopt;
  auto targets = campaign_targets(*campaign, settings.targets, settings.build);
  if (!targets) {
    console.error(targets.error());
    return std::nullopt;
  }
  auto folder = CampaignFolder::open(settings.out);
  if (!folder) {
    console.error(folder.error());
    return std::nullopt;
  }
  return OpenCampaign{std::move(*campaign), std::move(*targets), std::move(*folder)};
}

int fuzz_campaign(const FuzzCampaignSettings& settings, Console& console) {
  const auto opened = open_campaign(settings, console);
  if (!opened) return exit_codes::usage;
  const auto& [campaign, targets, folder] = *opened;
  if (!console.log_to((folder.path() / "console.log").string())) {
    console.error(fmt::format("{}: console.log cannot be written there", folder.path().string()));
    return exit_codes::usage;
  }
  const auto history = folder.history();
  if (history.damaged != 0)
    console.error(fmt::format("{}: {} that cannot be read: passed over", (folder.path() / "history.jsonl").string(),
                              counted(history.damaged, "line")));
  const auto* before = history.records.empty() ? nullptr : &history.records.back();
  auto state = begin(settings, campaign, folder, before, console);
  std::uint64_t came = 0;
  for (const auto& target : targets) {
    auto ready = folder.prepare(target.name());
    for (const auto* inputs : {&target.seeds, &target.corpora})
      for (const auto& from : *inputs) {
        if (!ready) break;
        console.progress(fmt::format("reading {}", from.string()));
        auto copied = import_inputs(from, folder.corpus(target.name()));
        if (copied)
          came += *copied;
        else
          ready = std::unexpected(copied.error());
      }
    if (!ready) {
      console.error(ready.error());
      return exit_codes::usage;
    }
  }
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const auto jobs = settings.jobs != 0 ? settings.jobs : cores;
  console.text(fmt::format("Campaign {}: {}, {} at a time, {} in {}{}\n", state.number,
                           counted(targets.size(), "target"), jobs, fuzz::long_time(state.wanted - state.spent),
                           folder.path().string(),
                           came == 0 ? "" : fmt::format("; {} came from seeds and corpora", counted(came, "input"))));
  if (auto done = folder.write_state(state); !done) {
    console.error(done.error());
    return exit_codes::usage;
  }
  const auto run = run_campaign(folder, targets, state, jobs, console);
  auto summary = summarise(settings, campaign, folder, targets, state, run, jobs, before);
  bool kept = write_reports(summary, folder, console);
  console.text(campaign_text(summary, console.colour()));
  if (!run.interrupted) {
    // The history first: killed between the two, the campaign is told twice, and not forgotten.
    if (auto done = folder.add_history(fuzz::record_of(summary, before)); !done) {
      console.error(done.error());
      kept = false;
    }
    state.over = true;
  }
  if (auto done = folder.write_state(state); !done) {
    console.error(done.error());
    kept = false;
  }
  return kept ? summary.exit_code() : exit_codes::usage;
}

}  // namespace assay::app
