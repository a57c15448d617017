#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_fuzz_device(CLI::App& /*fuzz*/, Commands& /*commands*/) {}

}  // namespace assay::cli
