#include <memory>

#include "harness/app/explain.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_explain(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::ExplainOptions>();
  auto* command = cli.add_subcommand(
      "explain", "judge a packet capture: which side of each DICOM connection broke which rule at which byte");
  command->group("Judge a device on the network");
  command
      ->add_option("capture", options->files,
                   "pcap or pcapng file; or the --out folder of a run (or its results.json, cases.jsonl): the bytes "
                   "that a run records in pcap/ are judged again")
      ->required()
      ->type_name("FILE|DIR");
  command
      ->add_option("--port", options->ports,
                   "only connections with this port, taken for DICOM whatever they say; repeatable")
      ->check(CLI::Range(1, 65535));
  command->add_option("--host", options->hosts, "only connections of this address; repeatable")->type_name("ADDRESS");
  command->add_option("--connection", options->connections, "only this connection, for example c3; repeatable")
      ->type_name("NAME");
  command->add_option("--profile", options->profile,
                      "what the device claims: a profile file, or the name of a shipped one");
  command->add_flag("--trace", options->show_trace, "print every PDU");
  command->add_flag("--strict", options->strict, "warnings are red too");
  command->add_option("--out", options->out, "folder for results.json, junit.xml, report.html, console.log");
  command->add_option("--json", options->json, "write results.json to this file as well; - is standard output")
      ->type_name("FILE");
  command->footer(
      "What the capture lacks (lost or cut packets, a start in the middle) is said and never held against anybody: "
      "such "
      "a\nconnection is inconclusive unless something else in it is wrong. Encrypted and other connections are only "
      "listed.\nIn the recording of a run, what Assay's scenario broke on purpose counts as broken by Assay's side.\n"
      "Exit code: 0 nothing red, 1 a side breaks the standard, 2 no capture, 3 nothing or not everything could be "
      "judged.\n"
      "Examples:\n"
      "  tcpdump -i eth0 -s 0 -w trouble.pcap port 104 or port 11112\n"
      "  assay explain trouble.pcap\n"
      "  assay explain trouble.pcapng --host 192.0.2.10 --trace --out report\n"
      "  assay explain report --connection c1");
  commands.push_back({command, [options](app::Console& console) { return app::explain(*options, console); }});
}

}  // namespace assay::cli
