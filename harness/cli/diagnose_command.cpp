#include <memory>

#include "harness/app/diagnose.hpp"
#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_diagnose(CLI::App& cli, Commands& commands) {
  struct Words {
    app::DiagnoseOptions options;
    std::string wait;
    std::string timeout;
    bool causes = false;
  };
  const auto words = std::make_shared<Words>();
  auto& o = words->options;
  auto* command = cli.add_subcommand(
      "diagnose", "why does a device not answer as it should? The first proven cause and what to change");
  command->group("Talk to a device");
  command->add_option("target", o.target, "HOST:PORT of the device");
  command->add_option("--called-ae", o.called_ae, "AE title of the device")->capture_default_str();
  command->add_option("--calling-ae", o.calling_ae, "AE title of the caller")->capture_default_str();
  command
      ->add_option("--service", o.services,
                   "services the device has to offer: store, find, move, get, worklist, mpps, commit, print, all")
      ->delimiter(',')
      ->type_name("NAME,...");
  command->add_option("--sop-class", o.sop_classes, "SOP Classes it has to accept, by UID or keyword")
      ->delimiter(',')
      ->type_name("UID,...");
  command
      ->add_option("--transfer-syntax", o.transfer_syntaxes,
                   "what the caller proposes for the services (default: the two uncompressed little endian)")
      ->delimiter(',')
      ->type_name("UID,...");
  command->add_flag("--exercise", o.exercise, "also query and retrieve a study that cannot exist (C-FIND, C-MOVE)");
  command->add_option("--associations", o.associations, "open this many at the same time, to find a limit")
      ->check(CLI::Range(1, 64))
      ->type_name("N");
  command->add_flag("--check-callers", o.check_callers, "also ask as a caller that nobody knows: is anyone let in?");
  command->add_flag("--tls-less", o.tls_less, "never send a TLS message");
  command->add_option("--try-called", o.try_called, "other titles the device may have; repeatable")
      ->delimiter(',')
      ->type_name("T,...");
  command->add_option("--try-calling", o.try_calling, "callers the device may know; repeatable")
      ->delimiter(',')
      ->type_name("T,...");
  command->add_option("--also", o.also, "where else the device may be; repeatable")->type_name("HOST:PORT");
  command->add_flag("--only-this-port", o.only_this_port, "do not look at ports 104 and 11112 when this one is closed");
  command->add_option("--version-name", o.version_name,
                      "Implementation Version Name to send, to speak as another device does ('' for none)");
  command->add_option("--implementation-uid", o.implementation_class_uid, "Implementation Class UID to send");
  command->add_option("--application-context", o.application_context, "Application Context Name to send");
  command->add_option("--max-pdu", o.maximum_length, "maximum PDU length to announce (0 = no limit)");
  command->add_option("--wait", words->wait, "longest wait for one answer, as the real caller would (default 5s)");
  command->add_option("--timeout", words->timeout, "longest time for everything (default 60s)");
  command->add_flag("--json", o.json, "for tools");
  command->add_flag("--causes", words->causes, "list every cause that can be named, and end");
  add_tls_options(*command, o.tls);
  command->footer(
      "Nothing but C-ECHO is done on the device unless --exercise is given; at most 40 connections are made, and a\n"
      "healthy device sees one or two.\n"
      "Exit code: 0 healthy, 1 a cause in the device or in the settings, 2 bad usage, 3 nothing there could be "
      "reached.\n"
      "Examples:\n"
      "  assay diagnose 192.0.2.10:104 --called-ae ARCHIVE --calling-ae CT01\n"
      "  assay diagnose pacs:11112 --called-ae ARCHIVE --service store,find,move --exercise\n"
      "  assay diagnose 192.0.2.10:104 --called-ae ARCHIVE --sop-class CTImageStorage --json\n"
      "  assay diagnose 192.0.2.10:104 --called-ae ARCHIVE --calling-ae NEWCT --try-calling OLDCT\n"
      "  assay diagnose pacs.example:2762 --called-ae ARCHIVE --tls-ca authority.pem --tls-cert ct.pem --tls-key "
      "ct.key");
  commands.push_back({command, [words](app::Console& console) {
                        if (words->causes) return app::diagnose_causes(words->options.json, console);
                        if (words->options.target.empty()) {
                          console.error("which device? Write its HOST:PORT (see 'assay diagnose --help')");
                          return app::exit_codes::usage;
                        }
                        if (words->options.tls_less && words->options.tls.any()) {
                          console.error("--tls-less and TLS cannot both be: leave one of them out");
                          return app::exit_codes::usage;
                        }
                        for (const auto& [name, text, value] :
                             {std::tuple{"--wait", &words->wait, &words->options.wait},
                              std::tuple{"--timeout", &words->timeout, &words->options.timeout}}) {
                          if (text->empty()) continue;
                          const auto duration = app::duration(*text);
                          if (!duration || duration->count() == 0) {
                            console.error(std::string(name) + " '" + *text + "' is no duration: write 5s or 500ms");
                            return app::exit_codes::usage;
                          }
                          *value = *duration;
                        }
                        return app::diagnose(words->options, console);
                      }});
}

}  // namespace assay::cli
