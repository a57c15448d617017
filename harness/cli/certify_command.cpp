#include <memory>

#include "harness/app/certify.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

void add_certify(CLI::App& cli, Commands& commands) {
  struct Words {
    app::CertifyOptions options;
    std::optional<Duration> longest;
  };
  const auto words = std::make_shared<Words>();
  auto& o = words->options;
  auto& asking = o.learn;
  auto* command = cli.add_subcommand("certify", "does a device do what its conformance statement says? Claim by claim");
  command->group("Judge a device on the network");
  command->add_option("profile", o.profile, "the statement: a profile, or the name of a shipped one")
      ->required()
      ->type_name("PROFILE");
  command->add_option("--target", asking.scu.target, "HOST:PORT of the device, or AE@HOST:PORT with its AE title");
  command->add_option("--record", o.record, "judge this record.json of an earlier run; no device is needed")
      ->type_name("FILE");
  command->add_option("--called-ae", asking.scu.called_ae, "AE title of the device (default: that of the statement)")
      ->each([words](const std::string&) { words->options.learn.titled = true; });
  command->add_option("--calling-ae", asking.scu.calling_ae, "our AE title")->capture_default_str();
  command->add_option("--out", o.out, "folder for certificate.html, certificate.json, record.json and run/")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--tester", o.signature.tester, "who tests, for the report");
  command->add_option("--site", o.signature.site, "where, for the report");
  command->add_option("--serial", o.signature.serial, "serial number of the device, for the report");
  command->add_flag("--unattended", o.unattended,
                    "nobody operates the device: what it does by itself is then not tested");
  command->add_option("--dut-act", o.dut_act, "command that makes the device act, as in 'assay run'")->type_name("CMD");
  command->add_option("--listen", o.listen, "port on which the device reaches us (default: a free one)")
      ->type_name("PORT");
  command->add_flag("!--no-cases", o.cases, "only ask: do not run the cases of the catalogue");
  command->add_option("--only", o.only, "of these run only those that match, for example 'ps3.8/9.3.4/*'")
      ->type_name("GLOB");
  command->add_option("--jobs", o.jobs, "cases at the same time")->check(CLI::Range(1, 64))->capture_default_str();
  command->add_flag(
      "--quick", asking.quick,
      "ask only for SOP Classes that are not retired, 14 transfer syntaxes, and what the statement names");
  command->add_flag("--may-store", asking.may_store,
                    "store a few synthetic studies when the device has none, so that its query keys can be tested");
  command->add_flag("--slow", asking.slow, "measure its timers, too");
  add_duration(*command, "--longest", words->longest, "wait for those at most this long, each (default 60s)");
  command->add_option("--associations", asking.parallel, "open at most this many at the same time, to find its limit")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  add_duration(*command, "--timeout", asking.scu.timeout, "longest wait for the device at any point");
  command->add_flag("--json", asking.scu.json, "certificate.json to standard output");
  add_tls_options(*command, asking.scu.tls);
  command->footer(
      "Each claim of the statement is confirmed, contradicted, or not tested with the reason; what the device does "
      "and\n"
      "the statement does not say is undeclared. The report says whether both agree, under which edition of the\n"
      "tables; it certifies nothing else.\n"
      "Exit code: 0 nothing contradicted, 1 something is, 2 bad usage, 3 not reached, 130 interrupted.\n"
      "Examples:\n"
      "  assay certify orthanc --target ORTHANC@192.0.2.10:4242 --unattended --out certificate\n"
      "  assay certify scanner.xml --target 192.0.2.11:104 --tester 'A. Smith' --site 'North wing' --serial 4711\n"
      "  assay certify scanner-2.0.xml --record certificate/record.json --out again");
  commands.push_back({command, [words](app::Console& console) {
                        if (words->longest) words->options.learn.longest = *words->longest;
                        auto& options = words->options;
                        if (options.learn.scu.target.find('@') != std::string::npos) options.learn.titled = true;
                        return app::certify(options, console);
                      }});
}

}  // namespace assay::cli
