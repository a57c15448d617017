// The commands that have a file of their own each: a function that adds the command to the command line and says what
// to do when it was chosen. Tests: tests/interop/
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/object_file.hpp"
#include "harness/app/options.hpp"
#include "harness/app/tls.hpp"

namespace assay::cli {

struct Command {
  CLI::App* command;
  std::function<int(app::Console&)> run;  // the options it reads are owned by the function
};
using Commands = std::vector<Command>;

/// --as, --max-nesting and --private-dictionary, on every command that reads objects.
void add_reading_options(CLI::App& command, app::ReadingOptions& options);

/// --tls and what belongs to it; `scenarios`: what only runs of scenarios need, too.
void add_tls_options(CLI::App& command, app::TlsWords& words, bool scenarios = false);

// One line per command, in alphabetical order; main.cpp calls add_commands alone.
void add_certificates(CLI::App& cli, Commands& commands);
void add_certify(CLI::App& cli, Commands& commands);
void add_commit(CLI::App& cli, Commands& commands);
void add_convert(CLI::App& cli, Commands& commands);
void add_diagnose(CLI::App& cli, Commands& commands);
void add_dicomdir(CLI::App& cli, Commands& commands);
void add_diff(CLI::App& cli, Commands& commands);
void add_dump(CLI::App& cli, Commands& commands);
void add_echo(CLI::App& cli, Commands& commands);
void add_edit(CLI::App& cli, Commands& commands);
void add_explain(CLI::App& cli, Commands& commands);
void add_find(CLI::App& cli, Commands& commands);
void add_fuzz(CLI::App& cli, Commands& commands);
void add_get(CLI::App& cli, Commands& commands);
void add_learn(CLI::App& cli, Commands& commands);
void add_load(CLI::App& cli, Commands& commands);
void add_match(CLI::App& cli, Commands& commands);
void add_modality(CLI::App& cli, Commands& commands);
void add_mpps(CLI::App& cli, Commands& commands);
void add_move(CLI::App& cli, Commands& commands);
void add_print(CLI::App& cli, Commands& commands);
void add_probe(CLI::App& cli, Commands& commands);
void add_proxy(CLI::App& cli, Commands& commands);
void add_reconcile(CLI::App& cli, Commands& commands);
void add_serve(CLI::App& cli, Commands& commands);
void add_store(CLI::App& cli, Commands& commands);
void add_validate(CLI::App& cli, Commands& commands);
void add_workstation(CLI::App& cli, Commands& commands);
void add_worklist(CLI::App& cli, Commands& commands);
// Those below `assay fuzz`.
void add_fuzz_campaign(CLI::App& fuzz, Commands& commands);
void add_fuzz_device(CLI::App& fuzz, Commands& commands);
void add_fuzz_findings(CLI::App& fuzz, Commands& commands);

void add_commands(CLI::App& cli, Commands& commands);

}  // namespace assay::cli
