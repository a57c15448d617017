#include <memory>

#include "harness/app/probe.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_probe(CLI::App& cli, Commands& commands) {
  struct Options {
    std::vector<std::string> paths;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  auto* command = cli.add_subcommand("probe", "say what files are, DICOM or not, and what to do with them next");
  command->add_option("path", options->paths, "files and folders; - is standard input")
      ->required()
      ->type_name("FILE|DIR");
  command->add_flag("--json", options->json, "for tools: an array with an object for each file");
  command->footer(
      "Exit code: 0 all are DICOM files, 1 one has something wrong about it or guessed, 2 one is not DICOM or cannot "
      "be read.\n"
      "Examples:\n  assay probe /mnt/cd\n  assay probe unknown.bin --json");
  commands.push_back(
      {command, [options](app::Console& console) { return app::probe(options->paths, options->json, console); }});
}

}  // namespace assay::cli
