#include <memory>

#include "harness/app/home.hpp"
#include "harness/app/proxy.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_proxy(CLI::App& cli, Commands& commands) {
  const auto settings = std::make_shared<app::ProxySettings>();
  auto* command = cli.add_subcommand(
      "proxy", "stand between two devices: pass everything on, record it, and say which side broke which rule");
  command->group("Judge a device on the network");
  command
      ->add_option("--listen", settings->listen,
                   "port to take connections on, or ADDRESS:PORT (default: all "
                   "addresses)")
      ->required()
      ->type_name("PORT");
  command->add_option("--target", settings->target, "the device that the connections are passed on to")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--record,--out", settings->record,
                   "folder for the report and, for each connection, its packets, its trace and two scenarios that "
                   "replay either side; patient data included")
      ->type_name("DIR");
  command->add_option("--max-connections", settings->max_connections, "end after so many connections")->type_name("N");
  const auto time = [](std::optional<Duration>& into) {
    return [&into](const std::string& text) {
      into = app::duration(text);
      if (!into) throw CLI::ValidationError("\"" + text + "\" is no time: 30, 30s, 5m, 8h");
    };
  };
  command->add_option_function<std::string>("--duration", time(settings->duration), "end after this time: 30, 5m, 8h")
      ->type_name("TIME");
  command
      ->add_option_function<std::string>("--timeout", time(settings->timeout),
                                         "how long the target may take to accept a connection (default: 10s)")
      ->type_name("TIME");
  command->add_flag("--quiet,-q", settings->quiet, "only the summary");
  command->add_flag("--json", settings->json, "for tools: an object a line for each connection, and one at the end");
  command->footer(
      "Not a byte is changed, and a connection is closed as its sides close it. TLS passes through, but cannot be "
      "judged.\n"
      "Exit code: 0 nobody broke a rule, 1 somebody did, 2 it cannot listen or write, 3 nothing was to be judged.\n"
      "Examples:\n"
      "  assay proxy --listen 11112 --target archive:104\n"
      "  assay proxy --listen 11112 --target archive:104 --record evidence --duration 8h\n"
      "  assay run evidence/connections/c1/replay-requestor.xml --target archive:104");
  commands.push_back({command, [settings](app::Console& console) { return app::proxy(*settings, console); }});
}

}  // namespace assay::cli
