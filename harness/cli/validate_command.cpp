#include <memory>

#include "harness/app/validate.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_validate(CLI::App& cli, Commands& commands) {
  auto options = std::make_shared<app::ValidateOptions>();
  auto* command = cli.add_subcommand("validate", "say what in DICOM files breaks the standard (PS3.5, PS3.6, PS3.10)");
  command->add_option("path", options->paths, "files and folders; - is standard input")
      ->required()
      ->type_name("FILE|DIR");
  command->add_flag("--strict", options->strict, "warnings count as errors");
  command->add_flag("--json", options->json, "for tools: an object a line for each file, and one with the summary");
  command->add_flag("--quiet", options->quiet, "no lines for single files, only the summary");
  command->add_option("--only", options->only, "judge only rules whose id matches this glob; repeatable")
      ->type_name("GLOB");
  add_reading_options(*command, options->reading);
  command->footer(
      "Judged are encoding, values, dictionary, private blocks, pixel arithmetic and File Meta Information. Modules "
      "and\n"
      "attributes that an object must have (PS3.3) are not judged yet.\n"
      "Exit code: 0 no errors, 1 errors (with --strict also warnings), 2 a file that is no DICOM or cannot be read.\n"
      "Examples:\n  assay validate image.dcm\n  assay validate /data/study --quiet\n"
      "  assay validate old.dcm --only 'ps3.5/6.2/**' --as ImplicitVRLittleEndian --json");
  commands.push_back({command, [options](app::Console& console) { return app::validate(*options, console); }});
}

}  // namespace assay::cli
