#include "harness/app/dump.hpp"

#include <memory>

#include "harness/cli/file_commands.hpp"

namespace assay::cli {

void add_dump(CLI::App& cli, FileCommands& commands) {
  auto options = std::make_shared<app::DumpOptions>();
  auto* command = cli.add_subcommand("dump", "show DICOM files as text");
  command->add_option("path", options->paths, "files and folders; - is standard input")->required();
  command->add_flag(
      "--elements", options->elements,
      "for programs: a line per element, sequence, item and fragment with tabs between file, offset, tag\n"
      "path, kind, VR, stated length, bytes of value, FNV-1a digest of the value");
  commands.push_back({command, [options](app::Console& console) { return app::dump(*options, console); }});
}

}  // namespace assay::cli
