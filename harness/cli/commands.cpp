#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_reading_options(CLI::App& command, app::ReadingOptions& options) {
  command
      .add_option("--as", options.as,
                  "read the Data Set in this transfer syntax, whatever the file says: a UID, a keyword, implicit, "
                  "explicit, big-endian or deflated")
      ->type_name("SYNTAX");
  command
      .add_option("--max-nesting", options.max_nesting,
                  "read sequences nested in sequences at most this deep (default: as deep as they are)")
      ->type_name("N");
  command
      .add_option("--private-dictionary", options.private_dictionary,
                  "table of private elements, asked before the built-in one: lines of creator, group, xxEE, VR, VM and "
                  "name with tabs between")
      ->type_name("FILE");
}

void add_commands(CLI::App& cli, Commands& commands) {
  add_certificates(cli, commands);
  add_certify(cli, commands);
  add_commit(cli, commands);
  add_convert(cli, commands);
  add_diagnose(cli, commands);
  add_dicomdir(cli, commands);
  add_diff(cli, commands);
  add_dump(cli, commands);
  add_echo(cli, commands);
  add_edit(cli, commands);
  add_explain(cli, commands);
  add_find(cli, commands);
  add_fuzz(cli, commands);
  add_get(cli, commands);
  add_learn(cli, commands);
  add_load(cli, commands);
  add_move(cli, commands);
  add_match(cli, commands);
  add_modality(cli, commands);
  add_mpps(cli, commands);
  add_print(cli, commands);
  add_probe(cli, commands);
  add_proxy(cli, commands);
  add_reconcile(cli, commands);
  add_serve(cli, commands);
  add_store(cli, commands);
  add_validate(cli, commands);
  add_worklist(cli, commands);
  add_workstation(cli, commands);
}

}  // namespace assay::cli
