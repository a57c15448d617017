#include "harness/app/edit.hpp"

#include <memory>

#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_edit(CLI::App& cli, Commands& commands) {
  auto options = std::make_shared<app::EditFilesOptions>();
  auto* command =
      cli.add_subcommand("edit", "change single elements of DICOM files and leave every other byte as it is");
  command->add_option("path", options->paths, "files and folders; - is standard input")
      ->required()
      ->type_name("FILE|DIR");
  const auto step = [&](const std::string& option, const std::string& type, const std::string& help) {
    command
        ->add_option_function<std::vector<std::string>>(
            option,
            [options, option](const std::vector<std::string>& words) {
              // Called once with all of them, as CLI11 groups by option; see parse order below.
              for (const auto& word : words) options->steps.push_back({option, word});
            },
            help)
        ->type_name(type)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->trigger_on_parse();
  };
  step("--set", "PATH=VALUE", "give an element a value, several between backslashes; PATH:VR=VALUE names the VR");
  step("--set-hex", "PATH=HEX", "give an element these bytes, as they are encoded");
  step("--clear", "PATH", "leave an element without value, a sequence without items");
  step("--delete", "PATH", "take an element or item out");
  step("--insert", "PATH[=VALUE]",
       "a new element, or a new item: SEQUENCE[1] before the first, SEQUENCE[+] behind the last");
  command->add_flag("--create-missing", options->how.create_missing,
                    "make sequences and items on the way to an element");
  command->add_flag("--force", options->how.force, "write illegal values too: no checks, no padding of --set-hex");
  command->add_option("--out", options->out, "folder for the changed files")->type_name("DIR");
  command->add_flag("--in-place", options->in_place, "replace the files, each at once when it is complete");
  command->add_flag("--dry-run", options->dry_run, "only say what would change");
  command->add_flag("--keep-meta", options->keep_meta,
                    "do not let the File Meta Information follow a changed SOP Instance or SOP Class UID");
  command->add_flag("--quiet", options->quiet, "do not list the changes");
  command
      ->add_option("--from-text", options->from_text,
                   "make the one file named from this text form ('assay dump --text-form')")
      ->type_name("FILE");
  add_reading_options(*command, options->reading);
  command->footer(
      "A PATH is a tag or keyword, with items where it goes deeper: PatientName, (0010,0010),\n"
      "ScheduledProcedureStepSequence[1]/Modality, (0040,0100)[*]/(0008,0060), (0029,xx10,SIEMENS CSA HEADER).\n"
      "Edits are carried out in the order given. Lengths of the sequences and items around and group lengths follow.\n"
      "Exit code: 0, 1 a file was cut short and edited as far as it goes, 2 a file that could not be edited.\n"
      "Examples:\n"
      "  assay edit study --set PatientName=Doe^Jane --set PatientID=4711 --out changed\n"
      "  assay edit x.dcm --set 'ReferencedStudySequence[1]/ReferencedSOPInstanceUID=1.2.3' --create-missing "
      "--in-place\n"
      "  assay edit x.dcm --insert '(0029,1001):LO=note' --set-hex 'PixelData=00ff' --force --out broken");
  commands.push_back({command, [options](app::Console& console) { return app::edit_files(*options, console); }});
}

}  // namespace assay::cli
