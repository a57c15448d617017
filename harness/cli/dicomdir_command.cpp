#include <memory>

#include "harness/app/dicomdir.hpp"
#include "harness/cli/file_commands.hpp"

namespace assay::cli {

void add_dicomdir(CLI::App& cli, FileCommands& commands) {
  struct Options {
    std::string path;
    bool json = false;
    app::DicomdirOptions build;
  };
  const auto options = std::make_shared<Options>();
  auto* command = cli.add_subcommand("dicomdir", "Judge or make the DICOMDIR of a file-set (PS3.10 8)");
  command->require_subcommand(1);
  auto* verify = command->add_subcommand("verify", "Follow every record and look at every file; changes nothing");
  verify->add_option("path", options->path, "The root of the file-set, or its DICOMDIR")->required();
  verify->add_flag("--json", options->json, "The findings as JSON on standard output");
  auto* build =
      command->add_subcommand("build", "Write a DICOMDIR for the files below a folder; touches no other file");
  build->add_option("folder", options->build.folder, "The root of the file-set")->required();
  build->add_option("--file-set-id", options->build.file_set_id, "At most 16 of A to Z, 0 to 9, _");
  build->add_flag("--force", options->build.force, "Replace a DICOMDIR that is there");
  build->add_flag("--json", options->build.json, "What was done as JSON on standard output");
  commands.push_back({command, [options, verify](app::Console& console) {
                        return verify->parsed() ? app::verify_dicomdir(options->path, options->json, console)
                                                : app::build_dicomdir(options->build, console);
                      }});
}

}  // namespace assay::cli
