#include <memory>

#include "harness/app/fuzz_campaign.hpp"
#include "harness/app/fuzz_merge.hpp"
#include "harness/app/home.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

namespace {

/// The command as it would be typed, for the reports.
std::string as_typed(const app::FuzzCampaignSettings& settings, const std::string& time) {
  std::string out = "assay fuzz campaign";
  if (!settings.file.empty()) out += " " + settings.file;
  if (!time.empty()) out += " --time " + time;
  for (const auto& target : settings.targets) out += " --target " + target;
  if (settings.jobs != 0) out += " --jobs " + std::to_string(settings.jobs);
  if (!settings.build.empty()) out += " --build " + settings.build;
  if (settings.restart) out += " --restart";
  return out + " --out " + settings.out;
}

void add_merge(CLI::App& fuzz, Commands& commands) {
  const auto options = std::make_shared<app::FuzzMergeSettings>();
  auto* command = fuzz.add_subcommand("merge", "corpora and findings of several campaigns or machines into one folder");
  command->add_option("folders", options->folders, "folders of campaigns")->required();
  command->add_option("--out", options->out, "folder that takes them in; a campaign can go on there")->required();
  command->add_option("--build", options->build,
                      "folder of the targets that prune the corpora (default build/fuzz/fuzz)");
  command->add_flag("!--all-inputs", options->prune, "keep every input: do not prune the corpora");
  command->footer(
      "The same input comes once, the same finding is counted once and its counts are added up. Where a target is\n"
      "built here, its corpus is pruned to inputs that reach something. No folder that is read is changed.\n"
      "Examples:\n"
      "  assay fuzz merge machine-1 machine-2 --out all\n"
      "  assay fuzz campaign --out all --time 8h");
  commands.push_back({command, [options](app::Console& console) { return app::fuzz_merge(*options, console); }});
}

void add_coverage(CLI::App& fuzz, Commands& commands) {
  const auto options = std::make_shared<app::FuzzCoverageSettings>();
  auto* command = fuzz.add_subcommand("coverage", "which lines and which cells of the state table the corpora reach");
  command->add_option("folder", options->folder, "folder of a campaign; when not said, the seeds alone");
  command->add_option("--target", options->targets, "only these targets, by name or pattern");
  command->add_option("--build", options->build,
                      "build folder of targets with source coverage (default build/fuzz-coverage)");
  command->add_option("--out", options->out, "folder for the pages (default FOLDER/coverage)");
  command->add_flag("--make", options->make, "build the targets first; that takes minutes");
  command->footer(
      "Every input of the corpora and all seeds are run once through targets that clang built with source coverage.\n"
      "A table per room goes to the console and to coverage.txt, pages for each file to html/index.html.\n"
      "Examples:\n"
      "  assay fuzz coverage nightly --make\n"
      "  assay fuzz coverage --target fuzz_pdu --out pdu-coverage");
  commands.push_back({command, [options](app::Console& console) { return app::fuzz_coverage(*options, console); }});
}

}  // namespace

void add_fuzz_campaign(CLI::App& fuzz, Commands& commands) {
  struct Options {
    app::FuzzCampaignSettings settings;
    std::string time;
  };
  add_merge(fuzz, commands);
  add_coverage(fuzz, commands);
  const auto options = std::make_shared<Options>();
  auto& s = options->settings;
  auto* command =
      fuzz.add_subcommand("campaign", "share the cores among all targets, and say what is new in the morning");
  command->add_option("campaign", s.file,
                      "campaign.xml: targets, seeds, limits; when not said, every target of this project");
  command->add_option("--time", options->time, "how long, for example 20s, 30m or 8h; the file's, or an hour");
  command->add_option("--out", s.out, "folder for corpora, findings and reports")
      ->capture_default_str()
      ->default_val("assay-report-fuzz");
  command->add_option("--target", s.targets, "only these targets, by name or pattern; may be said several times");
  command->add_option("--jobs", s.jobs, "targets at a time; one for each core when not said")
      ->check(CLI::Range(1, 1024));
  command->add_option("--build", s.build, "build folder of this project's targets (default build/fuzz)");
  command->add_flag("--restart", s.restart, "begin anew even where the campaign in the folder was not finished");
  command->add_flag("--regression", s.regression,
                    "do not fuzz: run all old findings and all seeds again, in a minute (or --time)");
  command->footer(
      "The folder keeps everything: the same command goes on with a campaign that was killed or interrupted, and a\n"
      "campaign in a folder that has one starts from its corpora and says what is new, fixed and still open. Ctrl-C "
      "ends\n"
      "the targets, looks into what they found, and writes the summary. In the folder: results.json, junit.xml,\n"
      "results.sarif, report.html, history.jsonl, findings/, corpus/. `assay schema campaign` prints what may stand "
      "in\n"
      "campaign.xml.\n"
      "Exit code: 0 nothing is open, 1 findings are open (--regression: something came back or a seed breaks a "
      "target),\n"
      "2 bad usage, 3 a target could not be run, 130 interrupted.\n"
      "Examples:\n"
      "  assay fuzz campaign --time 8h --out nightly\n"
      "  assay fuzz campaign --target 'fuzz_dataset_*' --target fuzz_pdu --time 10m\n"
      "  assay fuzz campaign campaign.xml --jobs 4 --out nightly\n"
      "  assay fuzz campaign --regression --out nightly");
  commands.push_back({command, [options](app::Console& console) {
                        auto& settings = options->settings;
                        if (!options->time.empty()) {
                          settings.time = app::duration(options->time);
                          if (!settings.time || settings.time->count() == 0) {
                            console.error("--time '" + options->time + "' is no duration: write 20s, 30m or 8h");
                            return app::exit_codes::usage;
                          }
                        }
                        settings.command_line = as_typed(settings, options->time);
                        return settings.regression ? app::fuzz_regression(settings, console)
                                                   : app::fuzz_campaign(settings, console);
                      }});
}

}  // namespace assay::cli
