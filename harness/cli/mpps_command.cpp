#include <memory>

#include "harness/app/mpps.hpp"
#include "harness/app/options.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

void add_mpps(CLI::App& cli, Commands& commands) {
  struct Options {
    app::MppsSettings settings;
  };
  const auto options = std::make_shared<Options>();
  auto& s = options->settings;
  auto* command = cli.add_subcommand(
      "mpps", "Modality Performed Procedure Step: create one (N-CREATE), change it (N-SET), read it");
  command->group("Talk to a device");
  command->add_option("target", s.peer.target, "HOST:PORT or AE@HOST:PORT")->required();
  command->add_option("action", s.action, "create, set or get")
      ->required()
      ->check(CLI::IsMember({"create", "set", "get"}));
  command->add_option("--uid", s.uid, "SOP Instance UID of the step (create: default a new one)");
  command->add_flag("--no-uid", s.no_uid, "create: let the SCP choose the UID");
  command->add_option("--status", s.status, "set: COMPLETED or DISCONTINUED; whatever is said is sent");
  command
      ->add_option("-k,--key", s.keys,
                   "an attribute: PatientID=P1, or with a path ScheduledStepAttributesSequence[1]/AccessionNumber=A1; "
                   "PatientID empties it, --key=-PatientID leaves it out; repeatable")
      ->type_name("KEY")
      ->allow_extra_args(false);
  command->add_option("--file", s.file, "begin with this DICOM JSON instead of what is filled in")->type_name("FILE");
  command->add_option("--called-ae", s.peer.called_ae, "AE title of the device")->capture_default_str();
  command->add_option("--calling-ae", s.peer.calling_ae, "our AE title")->capture_default_str();
  add_duration(*command, "--timeout", s.peer.timeout, "longest wait for the device (default 10s)");
  command->add_flag("--json", s.json, "for tools");
  command->add_flag("--trace", s.show_trace, "print every PDU");
  add_tls_options(*command, s.peer.tls);
  command->footer(
      "Everything that PS3.4 Table F.7.2-1 asks for is filled in; keys change it.\n"
      "Exit code: 0 success, 1 refused, 3 the device could not be reached.\n"
      "Examples:\n"
      "  assay mpps RIS@127.0.0.1:11113 create -k PatientID=P1 -k Modality=CT\n"
      "  assay mpps RIS@127.0.0.1:11113 set --uid 2.25.42 --status COMPLETED\n"
      "  assay mpps RIS@127.0.0.1:11113 get --uid 2.25.42 --json");
  commands.push_back({command, [options](app::Console& console) { return app::mpps(options->settings, console); }});
}

}  // namespace assay::cli
