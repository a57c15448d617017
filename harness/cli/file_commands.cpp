#include "harness/cli/file_commands.hpp"

namespace assay::cli {

void add_file_commands(CLI::App& cli, FileCommands& commands) {
  add_convert(cli, commands);
  add_dicomdir(cli, commands);
  add_diff(cli, commands);
  add_dump(cli, commands);
  add_edit(cli, commands);
  add_probe(cli, commands);
  add_validate(cli, commands);
}

}  // namespace assay::cli
