#include "harness/cli/file_commands.hpp"

namespace assay::cli {

void add_file_commands(CLI::App&, FileCommands&) {}

}  // namespace assay::cli
