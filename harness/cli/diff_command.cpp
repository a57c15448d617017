#include "harness/app/diff.hpp"

#include <memory>

#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_diff(CLI::App& cli, Commands& commands) {
  auto options = std::make_shared<app::DiffFilesOptions>();
  auto* command = cli.add_subcommand("diff", "compare two DICOM files, or two folders, element by element");
  command->add_option("first", options->first, "file or folder; - is standard input")
      ->required()
      ->type_name("FILE|DIR");
  command->add_option("second", options->second, "file or folder")->required()->type_name("FILE|DIR");
  const auto repeatable = [&](const std::string& name, std::vector<std::string>& into, const std::string& help) {
    return command->add_option(name, into, help)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  repeatable("--only", options->only, "show only these: changed, missing (in one of them), same; repeatable")
      ->check(CLI::IsMember({"changed", "missing", "same"}));
  repeatable("--ignore", options->ignore,
             "leave out this tag or keyword at every depth, this path, or a pattern such as '(0008,*)'; repeatable")
      ->type_name("PATH|GLOB");
  command->add_flag("--ignore-uids", options->ignore_uids, "leave out every element of VR UI");
  command->add_flag("--encoding", options->encoding,
                    "report too what is only encoded differently: VR, length form, padding, order, group lengths");
  command->add_flag("--by-instance", options->by_instance,
                    "pair the files of two folders by SOP Instance UID instead of by relative path");
  command->add_flag("--pixel-digest", options->pixel_digest, "name bulk values by a digest of their bytes");
  command->add_flag(
      "--remarks", options->remarks,
      "say too what the changes mean: by how much pixels differ, whether lossy compressions are recorded, "
      "whether earlier values are kept (Original Attributes Sequence)");
  add_reading_options(*command, options->reading);
  const auto form = [&](const std::string& name, app::DiffForm which, const std::string& help) {
    return command->add_flag_callback(name, [options, which] { options->form = which; }, help);
  };
  auto* json = form("--json", app::DiffForm::json, "a JSON object per difference, one to a line");
  form("--csv", app::DiffForm::csv, "a table with commas")->excludes(json);
  command->footer(
      "Exit code: 0 the same, 1 different, 2 not comparable.\n"
      "Examples:\n"
      "  assay diff before.dcm after.dcm\n"
      "  assay diff sent received --by-instance --ignore-uids --csv > differences.csv\n"
      "  assay diff sent.dcm returned.dcm --remarks\n"
      "  assay diff a.dcm b.dcm --only changed --ignore '(0029,*)'");
  commands.push_back({command, [options](app::Console& console) { return app::diff_files(*options, console); }});
}

}  // namespace assay::cli
