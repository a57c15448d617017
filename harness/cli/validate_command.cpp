#include <memory>

#include "harness/app/options.hpp"
#include "harness/app/validate.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_validate(CLI::App& cli, Commands& commands) {
  auto options = std::make_shared<app::ValidateOptions>();
  auto* command =
      cli.add_subcommand("validate", "say what in DICOM files breaks the standard (PS3.3, PS3.5, PS3.6, PS3.10)");
  auto list = std::make_shared<bool>(false);
  command->add_option("path", options->paths, "files and folders; - is standard input")->type_name("FILE|DIR");
  command->add_flag("--strict", options->strict, "warnings count as errors");
  command->add_flag("--json", options->json, "for tools: an object a line for each file, and one with the summary");
  command->add_flag("--quiet", options->quiet, "no lines for single files, only the summary");
  command->add_option("--only", options->only, "judge only rules whose id matches this glob; repeatable")
      ->type_name("GLOB");
  command->add_option("--profile", options->profile,
                      "what the product that wrote the files says of itself, a file or the name of a shipped profile: "
                      "was it this version?");
  command->add_flag("!--no-iod", options->iod,
                    "judge each file by itself, and not the modules and attributes that its IOD demands");
  command->add_flag("--list-iods", *list, "print the IODs that there are tables for, with --json everything they say");
  add_reading_options(*command, options->reading);
  command->footer(
      "Judged are encoding, values, dictionary, private blocks, pixel arithmetic, File Meta Information, the modules "
      "and\n"
      "attributes of the object's IOD (PS3.3), and of several files whether they contradict each other.\n"
      "Exit code: 0 no errors, 1 errors (with --strict also warnings), 2 a file that is no DICOM or cannot be read.\n"
      "Examples:\n  assay validate image.dcm\n  assay validate /data/study --quiet\n"
      "  assay validate old.dcm --only 'ps3.5/6.2/**' --as ImplicitVRLittleEndian --json\n"
      "  assay validate image.dcm --only 'ps3.5/7.4*/**'\n  assay validate --list-iods");
  commands.push_back({command, [options, list](app::Console& console) {
                        if (*list) return app::list_iods(options->json, console);
                        if (options->paths.empty()) {
                          console.error("name files or folders to judge, or --list-iods");
                          return app::exit_codes::usage;
                        }
                        return app::validate(*options, console);
                      }});
}

}  // namespace assay::cli
