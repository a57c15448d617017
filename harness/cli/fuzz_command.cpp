// `assay fuzz`: each of its commands has a file of its own, fuzz_*_command.cpp, with a function named in commands.hpp.
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_fuzz(CLI::App& cli, Commands& commands) {
  auto* fuzz = cli.add_subcommand("fuzz", "break parsers and devices in the lab, and keep what shows it");
  fuzz->require_subcommand(1);
  fuzz->footer(
      "Parsers are fuzzed in process, as targets of libFuzzer's kind; devices over the network.\n"
      "Each command has a --help of its own, with examples.");
  add_fuzz_campaign(*fuzz, commands);
  add_fuzz_device(*fuzz, commands);
  add_fuzz_findings(*fuzz, commands);
}

}  // namespace assay::cli
