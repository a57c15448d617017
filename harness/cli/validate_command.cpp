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
  command
      ->add_option("--profile", options->profile,
                   "what the product that wrote the files says of itself, a file or the name of a shipped profile: "
                   "was it this version?")
      ->type_name("PROFILE");
  command->add_flag("!--no-iod", options->iod,
                    "judge each file by itself, and not the modules and attributes that its IOD demands");
  command
      ->add_option("--derived-from", options->derived_from,
                   "hold each object against the source images it was derived from: files and folders; repeatable")
      ->type_name("FILE|DIR")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--extension", options->extension,
                   "table of attributes that are added to IODs, private ones too, and judged as those of the standard "
                   "(see below)")
      ->type_name("FILE");
  command->add_flag("--list-iods", *list,
                    "print the IODs that there are tables for and the Storage SOP Classes without, with --json "
                    "everything the tables say");
  command
      ->add_option("--deidentified", options->deidentified.profile,
                   "judge whether the files are de-identified as this profile and these options demand (see below)")
      ->type_name("basic[,OPTION...]");
  command
      ->add_option("--original", options->deidentified.originals,
                   "hold de-identified files against the originals they were made from; repeatable")
      ->type_name("FILE|DIR");
  add_reading_options(*command, options->reading);
  command->footer(
      "Judged are encoding, values, dictionary, private blocks, pixel arithmetic, File Meta Information, the modules "
      "and\n"
      "attributes of the object's IOD (PS3.3), and of several files whether they contradict each other. With "
      "--derived-from\n"
      "the sources are found by Source Image Sequence, by SOP Instance UID, or there is only one.\n"
      "Exit code: 0 no errors, 1 errors (with --strict also warnings), 2 a file that is no DICOM or cannot be read.\n"
      "Examples:\n  assay validate image.dcm\n  assay validate /data/study --quiet\n"
      "  assay validate old.dcm --only 'ps3.5/6.2/**' --as ImplicitVRLittleEndian --json\n"
      "  assay validate image.dcm --only 'ps3.5/7.4*/**'\n  assay validate mip.dcm --derived-from /data/study\n"
      "  assay validate --list-iods\n  assay validate image.dcm --extension ours.tsv\n"
      "  assay validate cleaned/ --deidentified basic,retain-modified-dates --original originals/\n"
      "Lines of --extension have tabs between IOD, attribute, type and, where there are any, condition, values, number "
      "of\nvalues, 'otherwise' (conformance/iod/README.md; shown with | for tabs):\n"
      "  CT Image|(0029,xx10,\"ACME CT\")|1\n"
      "  CTImageStorage|(0029,xx11,\"ACME CT\")|1C|Modality == 'CT'|LOW\\HIGH|1\n"
      "  module:General Series|OperatorsName|2\n"
      "Profiles and options of --deidentified (PS3.15 E), each with the clause that says what it keeps or cleans:\n" +
      app::deidentification_options_help() +
      "Judged are attributes and their marks; whether faces or text are left in the pixels nobody can tell from here.\n"
      "An object that passes may still be one by which somebody is known (PS3.15 E.1.1).");
  commands.push_back({command, [options, list](app::Console& console) {
                        if (*list && !options->extension.empty()) {
                          console.error("--list-iods prints the tables of the standard, without --extension");
                          return app::exit_codes::usage;
                        }
                        if (*list) return app::list_iods(options->json, console);
                        if (options->paths.empty()) {
                          console.error("name files or folders to judge, or --list-iods");
                          return app::exit_codes::usage;
                        }
                        return app::validate(*options, console);
                      }});
}

}  // namespace assay::cli
