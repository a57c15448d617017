// The everyday SCU commands that ask: find, worklist and reconcile.
#include <memory>

#include "harness/cli/scu_options.hpp"

namespace assay::cli {

namespace {

void add_query_options(CLI::App& command, app::QueryOptions& options) {
  add_scu_options(command, options.scu,
                  {.repeat = "ask this many times over one association",
                   .strict = "doubtful keys, and rules that the device breaks on the way, make the exit code 1",
                   .json = "the matches as an array of DICOM JSON Model objects (PS3.18 F); all else goes to the error "
                           "stream"});
  command
      .add_option("-k,--key", options.keys,
                  "KEYWORD=VALUE or (gggg,eeee)=VALUE to match, without =VALUE to have it in the answer; nested: "
                  "SEQUENCE[0].KEYWORD=VALUE as in DCMTK, or SEQUENCE/KEYWORD=VALUE; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--query", options.query_file,
                  "Identifier to start from: a DICOM file, DICOM JSON, native or exact XML, or a text form; keys are "
                  "set in it")
      ->type_name("FILE");
  command.add_option("--out", options.out, "folder for the matches, a file each")->type_name("DIR");
  command.add_flag("--out-json", options.out_json, "with --out: DICOM JSON instead of DICOM files");
  command.add_option("--limit", options.limit, "no more matches than this: the rest is cancelled")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--cancel-after", options.cancel_after,
                  "send a C-CANCEL-RQ after this many matches, and show what the device makes of it")
      ->check(CLI::NonNegativeNumber);
}

constexpr const char* key_help =
    "Without a key that has no value, the usual attributes are asked for. Text that is not ASCII goes out in\n"
    "ISO_IR 192, unless SpecificCharacterSet is given. Ctrl-C cancels the query and shows what has come.\n"
    "Exit code: 0 answered, matches or none; 1 a failure status or an abort, 2 a wrong key, 3 not reached, 130 "
    "interrupted.\n";

}  // namespace

void add_find(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::QueryOptions>();
  auto* command = cli.add_subcommand("find", "C-FIND: ask an archive for patients, studies, series or images");
  add_query_options(*command, *options);
  command->add_option("--level", options->level, "PATIENT, STUDY, SERIES or IMAGE (default: the highest of the model)");
  command->add_option("--model", options->model,
                      "patient, study, patient-study, or keyword or UID of another FIND SOP Class (default: study)");
  command->add_flag(
      "--relational", options->relational,
      "propose relational queries (PS3.4 C.5.1.1): keys of the levels above match, and unique keys of them "
      "may be left out; nothing is asked where the device does not agree");
  command->add_flag("--date-time", options->date_time,
                    "propose combined date-time matching: StudyDate=20260105-20260107 with StudyTime=1000-1800 is one "
                    "period; nothing is asked where the device does not agree");
  command->footer(std::string(key_help) +
                  "Examples:\n"
                  "  assay find ARCHIVE@192.0.2.10:104 -k PatientName='DOE*' -k StudyDate=20260101-20260131\n"
                  "  assay find 127.0.0.1:11112 --level SERIES -k StudyInstanceUID=1.2.3 -k Modality -k SeriesNumber\n"
                  "  assay find 127.0.0.1:11112 --model patient -k '(0010,0020)=4711' --json\n"
                  "  assay find 127.0.0.1:11112 --query query.json --out matches --limit 100");
  commands.push_back({command, [options](app::Console& console) { return app::find(*options, console); }});
}

void add_worklist(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::QueryOptions>();
  options->worklist = true;
  auto* command = cli.add_subcommand("worklist", "C-FIND of the Modality Worklist: what is scheduled?");
  add_query_options(*command, *options);
  command->footer(
      std::string(key_help) +
      "Examples:\n"
      "  assay worklist RIS@192.0.2.20:104 -k 'ScheduledProcedureStepSequence[0].Modality=CT'\n"
      "  assay worklist RIS@192.0.2.20:104 -k '(0040,0100)[0].(0040,0002)=20260105' -k 'PatientName=DOE*'\n"
      "  assay worklist RIS@192.0.2.20:104 -k ScheduledProcedureStepSequence/ScheduledStationAETitle=CT1 --json");
  commands.push_back({command, [options](app::Console& console) { return app::find(*options, console); }});
}

void add_reconcile(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::ReconcileOptions>();
  auto* command = cli.add_subcommand("reconcile", "what does one of two archives have that the other has not?");
  command->add_option("A", options->a, "HOST:PORT or AE@HOST:PORT")->required();
  command->add_option("B", options->b, "the other one")->required();
  command->add_option("--level", options->level, "how deep the two are compared: study, series or image")
      ->check(CLI::IsMember({"study", "series", "image"}))
      ->capture_default_str();
  command
      ->add_option("-k,--key", options->keys,
                   "compare only studies that match this key, for example StudyDate=20260101-20260131; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--missing", options->missing,
                   "write what is missing to this file: a line each, with tabs between level and UIDs")
      ->type_name("FILE");
  add_scu_options(*command, options->scu,
                  {.target = false,
                   .strict = "studies under different patients, and rules that a device breaks, make the exit code 1"});
  command->footer(
      "Both are asked for their studies, then study by study for series and series by series for images (Study Root),\n"
      "as deep as --level says and only where both have what stands above.\n"
      "Exit code: 0 both have the same, 1 something is missing, 2 bad usage, 3 an archive could not be asked to the "
      "end,\n130 interrupted.\n"
      "Examples:\n"
      "  assay reconcile OLD@192.0.2.10:104 NEW@192.0.2.11:104 --level series\n"
      "  assay reconcile A@127.0.0.1:11112 B@127.0.0.1:11113 -k StudyDate=20260101- --level image --missing "
      "missing.tsv");
  commands.push_back({command, [options](app::Console& console) { return app::reconcile(*options, console); }});
}

}  // namespace assay::cli
