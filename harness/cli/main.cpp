// The command line: words to options, options to app. Only this folder knows the command-line library.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "harness/app/commands.hpp"
#include "harness/app/home.hpp"
#include "harness/cli/commands.hpp"
#include "harness/version.hpp"

namespace {

using namespace assay;

std::string joined(int argc, char** argv) {
  std::string out = "assay";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool quote = word.empty() || word.find_first_of(" \t\"'$*?") != std::string::npos;
    out += quote ? " '" + word + "'" : " " + word;
  }
  return out;
}

void add_selection(CLI::App& command, app::Selection& s) {
  command
      .add_option("--only", s.only,
                  "run only cases whose id matches this glob (* within a step, ** across steps); repeatable")
      ->type_name("GLOB");
  command.add_option("--skip", s.skip, "leave out cases whose id matches this glob; repeatable")->type_name("GLOB");
  command.add_option("--role", s.role, "only cases in which Assay plays this role")
      ->check(CLI::IsMember({"requestor", "acceptor"}));
  command.add_option("--layer", s.layer,
                     "only one folder of the catalogue: association, pdata, verification, storage, query ...");
  command.add_option("--clause", s.clause, "only cases citing this clause, for example 'PS3.8 9.3.4'");
  command.add_option("--tag", s.tag, "only cases with this tag");
  command.add_option("--skip-tag", s.skip_tag, "leave out cases with this tag, for example slow");
}

void add_run_options(CLI::App& command, app::RunOptions& o, std::string& timeout, std::string& shard) {
  add_selection(command, o.selection);
  command.add_option("--called-ae", o.called_ae, "AE title of the device")->capture_default_str();
  command.add_option("--calling-ae", o.calling_ae, "AE title Assay uses")->capture_default_str();
  command.add_option("--profile", o.profile, "what the device claims: a profile file, or the name of a shipped one");
  command.add_option("--expected", o.expected,
                     "file of known deviations of this product: a listed failure counts as expected");
  command.add_option("--write-expected", o.write_expected, "write such a file from this run");
  command.add_flag("--strict", o.strict, "warnings make the run red too");
  command.add_option("--jobs", o.jobs, "cases at the same time (with --dut-start: one device instance each)")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--timeout", timeout, "longest wait for the device, for example 5s, 500ms, 1m (default 10s)");
  command.add_option("--dul-timeout", o.dul_timeout,
                     "the same for the answers to association, release and what is wrong on purpose alone");
  command.add_option("--out", o.out, "folder for results.json, junit.xml, report.html, console.log, executed/, pcap/");
  command.add_flag(
      "--pcap,!--no-pcap", o.pcap,
      "with --out: the bytes of every case as pcap/CASE.pcapng, for Wireshark and 'assay explain' (default: "
      "yes)");
  command.add_option("--json", o.json, "write results.json to this file as well; - is standard output")
      ->type_name("FILE");
  command.add_option("--seed", o.seed, "for generated UIDs and message ids: the same seed sends the same bytes")
      ->capture_default_str();
  command.add_option("--shard", shard, "run part I of N of the selection, for example 1/4")->type_name("I/N");
}

/// Fills in what needs more than a conversion; the error is one sentence.
std::string finish(app::RunOptions& o, const std::string& timeout, const std::string& shard) {
  if (!timeout.empty()) {
    o.timeout = app::duration(timeout);
    if (!o.timeout || o.timeout->count() == 0)
      return "--timeout '" + timeout + "' is no duration: write 5s, 500ms or 1m";
  }
  if (const auto dul = app::duration(o.dul_timeout); !o.dul_timeout.empty() && (!dul || dul->count() == 0))
    return "--dul-timeout '" + o.dul_timeout + "' is no duration: write 5s, 500ms or 1m";
  if (!shard.empty()) {
    unsigned i = 0;
    unsigned n = 0;
    char rest = 0;
    if (std::sscanf(shard.c_str(), "%u/%u%c", &i, &n, &rest) != 2 || i < 1 || i > n)
      return "--shard '" + shard + "' is no I/N with 1 <= I <= N";
    o.shard = {i, n};
  }
  return {};
}

int dispatch(int argc, char** argv, app::Console& console) {
  CLI::App line(
      "Assay judges DICOM devices and files against the standard: it plays either side of the wire, reads what others\n"
      "wrote, reports who broke which rule at which byte, and says what to change.",
      "assay");
  line.require_subcommand(1);
  line.set_help_all_flag("--help-all", "help of every command");
  line.footer(
      "Start with 'assay demo', 'assay echo HOST:PORT' or 'assay probe FILE'.\n"
      "Exit codes: 0 nothing red, 1 not conformant, 2 bad usage or input file, 3 inconclusive, 5 an expected "
      "deviation\n"
      "no longer happens, 70 Assay's own error, 130 interrupted with nothing red until then (serve and proxy end with\n"
      "Ctrl-C as they should: 0, or what the proxy found). 'assay COMMAND --help' shows examples.");
  line.set_version_flag("--version", std::string("assay ") + ASSAY_VERSION);
  std::string timeout;
  std::string shard;

  app::RunOptions run;
  run.command_line = joined(argc, argv);
  auto* run_command = line.add_subcommand("run", "judge a device by scenarios");
  run_command->add_option("scenario", run.selection.items,
                          "scenario files, folders, or id prefixes such as ps3.8/9.3 (default: all)");
  run_command->add_option("--target", run.target,
                          "HOST:PORT of the device, for the cases in which Assay is the requestor");
  run_command->add_option("--listen", run.listen, "port Assay listens on when it is the acceptor (default: a free one)")
      ->check(CLI::Range(1, 65535));
  run_command
      ->add_option("--listen-address", run.listen_address,
                   "address Assay listens on; 0.0.0.0 for a device on another machine")
      ->capture_default_str();
  run_command->add_option(
      "--dut-start", run.dut_start,
      "command that starts the device; {port} and {called} are filled in; Assay restarts and ends it");
  run_command->add_option(
      "--dut-act", run.dut_act,
      "command that makes the device act as SCU; {action} {host} {port} {called} {calling} are filled in");
  run_command->add_flag("--unattended", run.unattended,
                        "nobody is there to answer prompts: such cases are inconclusive");
  add_run_options(*run_command, run, timeout, shard);
  cli::add_tls_options(*run_command, run.tls, true);
  run_command->footer(
      "Examples:\n"
      "  assay run --target 192.0.2.10:104 --called-ae ARCHIVE --out report\n"
      "  assay run ps3.8/9.3 --target 127.0.0.1:11112\n"
      "  assay run scenarios/association --dut-start 'storescp -aet {called} {port}' --jobs 2\n"
      "  assay run --role acceptor --dut-act 'echoscu -aec {called} {host} {port}' --layer verification\n"
      "  assay run --target 127.0.0.1:4242 --profile orthanc --expected known.txt\n"
      "  assay run --target archive.example:2762 --tls-ca authority.pem --tls-cert assay.pem --tls-key assay.key");

  app::RunOptions demo;
  demo.command_line = run.command_line;
  auto* demo_command =
      line.add_subcommand("demo", "run the whole catalogue against the embedded device, in both roles");
  add_run_options(*demo_command, demo, timeout, shard);
  demo_command->add_flag("--tls", demo.tls.on, "both sides speak TLS, with certificates made for this run");
  demo_command->footer("Examples:\n  assay demo --out assay-report\n  assay demo --tls");

  app::Selection listing;
  bool clauses = false;
  bool list_json = false;
  bool show_rules = false;
  std::vector<std::string> to_check;
  auto* list_command = line.add_subcommand("list", "the catalogue of scenarios");
  list_command->add_option("scenario", listing.items, "files, folders, or id prefixes (default: all)");
  add_selection(*list_command, listing);
  list_command->add_flag("--clauses", clauses, "which clauses of the standard have how many cases");
  list_command->add_flag("--rules", show_rules, "the rules that run on every connection");
  list_command->add_flag("--json", list_json, "for tools");
  list_command
      ->add_option("--check", to_check, "check these scenario files and say what is wrong with them; nothing is sent")
      ->type_name("FILE");
  list_command->footer(
      "Examples:\n  assay list ps3.8/9.3\n  assay list --role acceptor --tag sanity\n  assay list --clauses");

  cli::Commands file_commands;
  cli::add_commands(line, file_commands);

  bool version_json = false;
  auto* version_command = line.add_subcommand("version", "version, build, edition of the standard's tables");
  version_command->add_flag("--json", version_json, "for tools");

  std::string which = "scenario";
  auto* schema_command = line.add_subcommand("schema", "print the schema of a kind of file");
  schema_command->add_option("which", which, "scenario, profile, faults, devices or campaign")
      ->check(CLI::IsMember({"scenario", "profile", "faults", "devices", "campaign"}))
      ->capture_default_str();

  for (auto* command : {run_command, demo_command, list_command}) command->group("Judge a device on the network");
  for (const auto& [command, work] : file_commands)
    if (command->get_group() == "Subcommands") command->group("Work on files and folders");
  for (auto* command : {version_command, schema_command}) command->group("About Assay");

  if (argc > 1 && argv[1][0] != '-') {
    bool known = false;
    std::string names;
    for (const auto* command : line.get_subcommands({})) {
      known = known || command->get_name() == argv[1];
      names += (names.empty() ? "" : ", ") + command->get_name();
    }
    if (!known) {
      console.error("there is no command '" + std::string(argv[1]) + "'; there are: " + names +
                    " (see 'assay --help')");
      return app::exit_codes::usage;
    }
  }
  try {
    line.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return line.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return line.exit(help);
  } catch (const CLI::ParseError& error) {
    const CLI::App* command = &line;
    std::string words = "assay";
    while (!command->get_subcommands().empty()) {
      command = command->get_subcommands().front();
      words += " " + command->get_name();
    }
    console.error(std::string(error.what()) + " (see '" + words + " --help')");
    return app::exit_codes::usage;
  }

  for (const auto& [command, run_it] : file_commands)
    if (*command) return run_it(console);
  if (*run_command || *demo_command) {
    auto& options = *run_command ? run : demo;
    if (const auto wrong = finish(options, timeout, shard); !wrong.empty()) {
      console.error(wrong);
      return app::exit_codes::usage;
    }
    return *run_command ? app::run(options, console) : app::demo(options, console);
  }
  if (*list_command) {
    if (!to_check.empty()) return app::check(to_check, console);
    if (show_rules) return app::rules(list_json, console);
    return app::list(listing, clauses, list_json, console);
  }
  if (*version_command) return app::version(version_json, console);
  return app::schema(which, console);
}

}  // namespace

int main(int argc, char** argv) {
  app::Console console(stdout, stderr);
  try {
    const int code = dispatch(argc, argv, console);
    if (console.good()) return code;
    console.error("standard output could not be written to the end");
    return app::exit_codes::internal;
  } catch (const std::exception& problem) {
    console.error(std::string("internal error: ") + problem.what() + "; please report this with the command line");
    return app::exit_codes::internal;
  }
}
