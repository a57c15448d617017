#include "harness/cli/file_commands.hpp"

namespace assay::cli {

void add_file_commands(CLI::App& cli, FileCommands& commands) {
  add_dump(cli, commands);
}

}  // namespace assay::cli
