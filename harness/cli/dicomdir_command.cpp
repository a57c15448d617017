#include <memory>

#include "harness/app/dicomdir.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_dicomdir(CLI::App& cli, Commands& commands) {
  struct Options {
    std::string path;
    bool json = false;
    app::DicomdirOptions build;
  };
  const auto options = std::make_shared<Options>();
  auto* command = cli.add_subcommand("dicomdir", "judge or make the DICOMDIR of a file-set (PS3.10 8)");
  command->require_subcommand(1);
  auto* verify = command->add_subcommand("verify", "follow every record and look at every file; changes nothing");
  verify->add_option("path", options->path, "the root of the file-set, or its DICOMDIR")
      ->required()
      ->type_name("FILE|DIR");
  verify->add_flag("--json", options->json, "for tools: one object with the findings");
  auto* build =
      command->add_subcommand("build", "write a DICOMDIR for the files below a folder; touches no other file");
  build->add_option("folder", options->build.folder, "the root of the file-set")->required()->type_name("DIR");
  build->add_option("--file-set-id", options->build.file_set_id, "at most 16 of A to Z, 0 to 9, space, _")
      ->type_name("ID");
  build->add_flag("--force", options->build.force, "replace a DICOMDIR that is there");
  build->add_flag("--json", options->build.json, "for tools: one object that says what was done");
  command->footer(
      "Exit code: 0 no errors, 1 errors, or DICOM files that could not be listed, 2 what could not be read or "
      "written.\n"
      "Examples:\n  assay dicomdir verify /mnt/cd\n  assay dicomdir build set --file-set-id CD1 --force");
  commands.push_back({command, [options, verify](app::Console& console) {
                        return verify->parsed() ? app::verify_dicomdir(options->path, options->json, console)
                                                : app::build_dicomdir(options->build, console);
                      }});
}

}  // namespace assay::cli
