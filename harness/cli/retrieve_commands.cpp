// The everyday SCU commands that fetch: get and move.
#include <memory>

#include "harness/app/retrieve.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

namespace {

void add_retrieve_options(CLI::App& command, app::RetrieveOptions& options) {
  add_scu_options(command, options.scu);
  command
      .add_option("-k,--key", options.keys,
                  "a unique key: StudyInstanceUID=1.2.3, with SeriesInstanceUID and SOPInstanceUID for a part of the "
                  "study, PatientID for the other models; several UIDs with a backslash between; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--level", options.level,
                     "PATIENT, STUDY, SERIES or IMAGE (default: the lowest of which a unique key is given)");
  command.add_option("--model", options.model, "study, patient or patient-study (default: study)");
  command.add_flag(
      "--relational", options.relational,
      "propose relational retrieval (PS3.4 C.5.2.1, C.5.3.1): unique keys above the level may be left out; "
      "nothing is asked where the device does not agree");
  command
      .add_option("--cancel-after", options.cancel_after,
                  "send a C-CANCEL-RQ after this many instances, and show what the device makes of it")
      ->check(CLI::PositiveNumber);
}

constexpr const char* exit_help =
    "Ctrl-C cancels the retrieval and keeps what has come.\n"
    "Exit code: 0 all came, 1 some failed or the device refuses, 2 bad usage, 3 not reached, 130 interrupted.\n";

}  // namespace

void add_get(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::RetrieveOptions>();
  auto* command = cli.add_subcommand("get", "C-GET: fetch a study, series or instances over one association");
  add_retrieve_options(*command, *options);
  command->add_option("--out", options->out, "folder for the files")->type_name("DIR")->capture_default_str();
  command
      ->add_option("--sop-class", options->sop_classes,
                   "take only instances of this Storage SOP Class, keyword or UID; repeatable (default: the 127 first "
                   "of the standard)")
      ->type_name("CLASS");
  command->footer(std::string(exit_help) +
                  "Examples:\n  assay get ARCHIVE@192.0.2.10:104 -k StudyInstanceUID=1.2.3 --out study\n"
                  "  assay get 127.0.0.1:11112 -k StudyInstanceUID=1.2.3 -k SeriesInstanceUID=1.2.3.4 --sop-class "
                  "CTImageStorage");
  commands.push_back({command, [options](app::Console& console) { return app::get(*options, console); }});
}

void add_move(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::RetrieveOptions>();
  auto* command =
      cli.add_subcommand("move", "C-MOVE: have a study, series or instances sent to an application, or here");
  add_retrieve_options(*command, *options);
  command->add_option("--to", options->destination,
                      "AE title of the application that gets them; the device has to know it (default with --listen: "
                      "our own)");
  command
      ->add_option("--listen", options->listen, "take them here, on this port; the device has to know our title and it")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT");
  command->add_option("--listen-address", options->listen_address, "0.0.0.0 for a device on another machine")
      ->capture_default_str();
  command->add_option("--out", options->out, "with --listen: folder for the files")
      ->type_name("DIR")
      ->capture_default_str();
  command->footer(std::string(exit_help) +
                  "Examples:\n  assay move ARCHIVE@192.0.2.10:104 -k StudyInstanceUID=1.2.3 --to WORKSTATION\n"
                  "  assay move ARCHIVE@192.0.2.10:104 -k StudyInstanceUID=1.2.3 --calling-ae ASSAY --listen 11113 "
                  "--listen-address 0.0.0.0");
  commands.push_back({command, [options](app::Console& console) { return app::move(*options, console); }});
}

}  // namespace assay::cli
