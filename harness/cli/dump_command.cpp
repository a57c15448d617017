#include "harness/app/dump.hpp"

#include <memory>

#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_dump(CLI::App& cli, Commands& commands) {
  auto options = std::make_shared<app::DumpOptions>();
  auto* command = cli.add_subcommand("dump", "show DICOM files as text");
  command->add_option("path", options->paths, "files and folders; - is standard input")
      ->required()
      ->type_name("FILE|DIR");
  command->add_option("--tag", options->tags, "show only this element, by tag, keyword or path; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--depth", options->depth, "show sequences this deep; 0 is the top level alone");
  command->add_option("--stop-before", options->stop_before, "read no further than this tag")->type_name("TAG");
  add_reading_options(*command, options->reading);
  command->add_flag("--full", options->full, "whole values, every fragment");
  command->add_flag("--problems", options->problems,
                    "show what is wrong with the encoding below the element; exit 1 if anything is");
  command->add_flag("--meta-only", options->meta_only, "only the File Meta Information");
  const auto form = [&](const std::string& name, app::DumpForm which, const std::string& help) {
    return command->add_flag_callback(name, [options, which] { options->form = which; }, help);
  };
  auto* json = form("--json", app::DumpForm::json, "a JSON object per element, one to a line");
  auto* elements =
      form("--elements", app::DumpForm::elements,
           "for programs: a line per element, sequence, item and fragment with tabs between file, offset, tag path,\n"
           "kind, VR, stated length, bytes of value, FNV-1a digest of the value");
  auto* text =
      form("--text-form", app::DumpForm::text_form,
           "a text that can be changed and made a file again, byte by byte: 'assay edit NEW.dcm --from-text FILE'");
  auto* levels = form("--group-by-level", app::DumpForm::by_level,
                      "all files in one view: what is the same throughout a patient, study or series, once");
  json->excludes(elements)->excludes(text)->excludes(levels);
  elements->excludes(text)->excludes(levels);
  text->excludes(levels);
  command->footer(
      "Exit code: 0, 1 a file could not be read to its end (with --problems also when anything is wrong), 2 a file "
      "that is "
      "no DICOM or\ncannot be read.\n"
      "Examples:\n"
      "  assay dump image.dcm\n"
      "  assay dump study --tag PatientName --tag 'ScheduledProcedureStepSequence[1]/Modality'\n"
      "  assay dump image.dcm --problems\n"
      "  assay dump image.dcm --text-form > image.txt");
  commands.push_back({command, [options](app::Console& console) { return app::dump(*options, console); }});
}

}  // namespace assay::cli
