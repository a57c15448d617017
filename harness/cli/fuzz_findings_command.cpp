// `assay fuzz replay`, `triage` and `minimize`.
#include <memory>

#include "harness/app/fuzz_findings.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {
namespace {

void add_replay(CLI::App& fuzz, Commands& commands) {
  const auto options = std::make_shared<app::FuzzReplayOptions>();
  auto* command = fuzz.add_subcommand("replay", "try findings again: which still come, which are fixed");
  command->add_option("finding", options->paths, "the folder of a finding, or a folder of findings")
      ->required()
      ->type_name("DIR");
  command->add_option("--build", options->build, "folder in which the targets lie now (default: where they lay)");
  command->add_option("--target-program", options->program, "give the inputs to this program, whatever they broke")
      ->type_name("P");
  command->add_option("--target", options->target, "hold the conversations of the findings with this device")
      ->type_name("HOST:PORT");
  command->add_option("--start,--dut-start", options->dut_start,
                      "command that starts the device; {port} is where it must listen, as for 'assay run'");
  command->add_option("--dut-act", options->dut_act,
                      "command that makes a device call, for findings of 'fuzz device --as-scp'; {port} is where");
  command->add_option("--called-ae", options->called_ae, "AE title of the device")->capture_default_str();
  command->add_option("--calling-ae", options->calling_ae, "AE title Assay uses")->capture_default_str();
  command->add_option("--time", options->time, "longest run of a target, longest wait for a device")
      ->capture_default_str();
  command->add_option("--json", options->json, "write what came of each to this file; - is standard output")
      ->type_name("FILE");
  command->footer(
      "Inputs of parsers are given to their targets; with --target or --start the conversations, or the scenarios, of\n"
      "all findings that have one are held with the device instead, and the oracles of 'assay fuzz device' look; with\n"
      "--dut-act the device calls. Without --build and --target-program the program that target.json names is started: "
      "give "
      "one of them\nfor findings of other people.\n"
      "Exit code: 0 none comes again, 1 at least one does, 2 bad usage or a damaged finding, 3 not all could be run.\n"
      "Examples:\n"
      "  assay fuzz replay campaign/findings\n"
      "  assay fuzz replay campaign/findings --build build/fuzz --json replay.json\n"
      "  assay fuzz replay campaign/findings/4fa1d03b77c2-heap-buffer-overflow-write --target 127.0.0.1:11112\n"
      "  assay fuzz replay found/findings --start 'storescp -od /tmp/lab {port}'\n"
      "  assay fuzz replay found/findings --dut-act 'storescu localhost {port} image.dcm'");
  commands.push_back({command, [options](app::Console& console) { return app::fuzz_replay(*options, console); }});
}

void add_triage(CLI::App& fuzz, Commands& commands) {
  const auto options = std::make_shared<app::FuzzTriageOptions>();
  auto* command = fuzz.add_subcommand("triage", "make findings of crash files: tried, reduced, sorted, kept once");
  command
      ->add_option(
          "files", options->paths,
          "crash files, or folders of them: crash-*, leak-*, timeout-*, oom-*; all files where none is called so")
      ->required()
      ->type_name("FILE|DIR");
  command
      ->add_option("--target-program", options->program,
                   "the target that they broke: a libFuzzer binary, or any "
                   "program that reads the file it is given")
      ->type_name("P");
  command->add_option("--argument", options->arguments, "word for that program, before the file; repeatable")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("WORD");
  command->add_option("--build", options->build,
                      "folder of the targets, where crash files lie in folders that are called as their targets");
  command->add_option("--out", options->out, "folder of the findings (default: findings below the first folder)");
  command->add_option("--time", options->time, "longest run of a target")->capture_default_str();
  command->add_option("--reduce-time", options->reduce_time, "longest time to reduce one input")->capture_default_str();
  command->add_flag("!--no-reduce", options->reduce, "keep inputs as they came");
  command->add_option("--json", options->json, "write the findings to this file; - is standard output")
      ->type_name("FILE");
  command->add_option("--sarif", options->sarif, "the same as SARIF 2.1.0, for code scanners")->type_name("FILE");
  command->add_option("--junit", options->junit, "the same as JUnit XML")->type_name("FILE");
  command->footer(
      "Each file is run three times; what does not come again every time is kept and says so. Two inputs that break "
      "the\nsame functions in the same way are one finding. Files that were tried before are not tried again.\n"
      "A finding holds: input, original, finding.txt, finding.json, report.txt, and, where the bytes can go over a "
      "network,\nscenario.xml (assay run) and capture.pcapng (assay explain).\n"
      "Exit code: 0 no findings, 1 findings, 2 bad usage, 3 a file could not be tried, 130 interrupted.\n"
      "Examples:\n"
      "  assay fuzz triage crashes --target-program build/fuzz/fuzz/fuzz_pdu\n"
      "  assay fuzz triage campaign --build build/fuzz --out campaign/findings --sarif findings.sarif\n"
      "  assay fuzz triage crash-da39a3ee --target-program ./my_reader --argument --strict --no-reduce");
  commands.push_back({command, [options](app::Console& console) { return app::fuzz_triage(*options, console); }});
}

void add_minimize(CLI::App& fuzz, Commands& commands) {
  const auto options = std::make_shared<app::FuzzMinimizeOptions>();
  auto* command = fuzz.add_subcommand("minimize", "make the input of a finding smaller while it shows the same");
  command->add_option("input", options->path, "the folder of a finding, or an input")
      ->required()
      ->type_name("DIR|FILE");
  command->add_option("--target-program", options->program, "the target that an input breaks")->type_name("P");
  command->add_option("--time", options->time, "how long to go on")->capture_default_str();
  command->add_option("--run-time", options->run_time, "longest run of the target")->capture_default_str();
  command->add_option("--out", options->out, "of an input: the file to write (default: its name and .min)")
      ->type_name("FILE");
  command->footer(
      "PDUs, items, elements and fragments go first, then bytes; lengths around them stay right where they were "
      "right. The\nsame means: kind, access and the first functions of the stack, not only that it breaks.\n"
      "Exit code: 0 reduced, 2 bad usage, 3 it does not come again, 130 interrupted (what was reached is written).\n"
      "Examples:\n"
      "  assay fuzz minimize campaign/findings/4fa1d03b77c2-heap-buffer-overflow-write --time 5m\n"
      "  assay fuzz minimize crash-da39a3ee --target-program build/fuzz/fuzz/fuzz_pdu --out smaller");
  commands.push_back({command, [options](app::Console& console) { return app::fuzz_minimize(*options, console); }});
}

}  // namespace

void add_fuzz_findings(CLI::App& fuzz, Commands& commands) {
  add_replay(fuzz, commands);
  add_triage(fuzz, commands);
  add_minimize(fuzz, commands);
}

}  // namespace assay::cli
