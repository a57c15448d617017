#include <memory>

#include "harness/app/learn.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

void add_learn(CLI::App& cli, Commands& commands) {
  struct Words {
    app::LearnOptions options;
    std::optional<Duration> longest;
  };
  const auto words = std::make_shared<Words>();
  auto& o = words->options;
  auto* command =
      cli.add_subcommand("learn", "what does a device really support? Finds it by asking, writes its profile");
  command->group("Judge a device on the network");
  command->add_option("target", o.scu.target, "HOST:PORT, or AE@HOST:PORT with the AE title of the device");
  command
      ->add_option("--called-ae", o.scu.called_ae,
                   "AE title of the device, unless the target names it (default: that of the statement in --diff, else "
                   "ANY-SCP)")
      ->each([words](const std::string&) { words->options.titled = true; });
  command->add_option("--calling-ae", o.scu.calling_ae, "our AE title")->capture_default_str();
  command->add_option("--out", o.out, "write what was learned as a profile")->type_name("FILE");
  command->add_option("--html", o.html, "write it as a statement for people, in the order of PS3.2")->type_name("FILE");
  command
      ->add_option("--diff", o.diff,
                   "hold this statement (a profile, or the name of a shipped one) against the device, claim by claim; "
                   "without a device: two statements, the older first")
      ->expected(1, 2)
      ->type_name("PROFILE [PROFILE]");
  command->add_flag(
      "--quick", o.quick,
      "only SOP Classes that are not retired, the 14 usual transfer syntaxes, and what the statement in --diff names");
  command->add_flag("!--no-keys", o.keys, "make no queries");
  command->add_flag("--may-store", o.may_store,
                    "store a few synthetic studies when the device has none, so that its query keys can be learned");
  command->add_flag("--slow", o.slow, "measure how long it lets silent connections and idle associations stand");
  add_duration(*command, "--longest", words->longest, "wait for that at most this long, each (default 60s)");
  command->add_option("--associations", o.parallel, "open at most this many at the same time, to find its limit")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  add_duration(*command, "--timeout", o.scu.timeout,
               "longest wait for the device at any point (default 10s, 30s for "
               "the answer to a query)");
  command->add_flag("--json", o.scu.json, "for tools");
  add_tls_options(*command, o.scu.tls);
  command->footer(
      "A few hundred associations are made, one after the other; nothing on the device is changed or deleted, and\n"
      "nothing is stored without --may-store. What could not be found out is left out of the profile and listed with\n"
      "the reason. Ctrl-C keeps what was finished.\n"
      "Exit code: 0 learned, 1 the device contradicts the statement in --diff, or the newer statement takes something\n"
      "back, 2 bad usage, 3 not reached, 130 interrupted.\n"
      "Examples:\n"
      "  assay learn ARCHIVE@192.0.2.10:104 --out archive.xml --html archive.html\n"
      "  assay learn 192.0.2.10:104 --called-ae ARCHIVE --diff orthanc\n"
      "  assay learn ARCHIVE@192.0.2.10:104 --quick --may-store --slow --json\n"
      "  assay learn --diff archive-5.0.xml archive-5.1.xml");
  commands.push_back({command, [words](app::Console& console) {
                        if (words->longest) words->options.longest = *words->longest;
                        if (words->options.scu.target.find('@') != std::string::npos) words->options.titled = true;
                        return app::learn(words->options, console);
                      }});
}

}  // namespace assay::cli
