// The everyday SCU commands that send: echo and store.
#include <memory>

#include "harness/cli/scu_options.hpp"

namespace assay::cli {

namespace {
constexpr const char* window_help =
    "operations to have outstanding at the same time, as far as the device agrees (PS3.7 D.3.3.3); 0 asks for any "
    "number";
}  // namespace

void add_echo(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::ScuOptions>();
  auto* command = cli.add_subcommand("echo", "C-ECHO: is it there, and does it speak DICOM?");
  add_scu_options(*command, *options,
                  {.timeouts = "10s",
                   .repeat_option = "--count,--repeat",
                   .repeat = "echoes over one association",
                   .window = window_help});
  command->footer(
      "Exit code: 0 answered, 1 answered wrong or aborted, 3 not reached or not judgeable.\n"
      "Examples:\n  assay echo 127.0.0.1:11112 --called-ae ARCHIVE\n  assay echo ARCHIVE@127.0.0.1:11112 --count 100\n"
      "  assay echo archive.example:2762 --tls --tls-ca authority.pem");
  commands.push_back({command, [options](app::Console& console) {
                        if (!options->dimse_timeout && !options->timeout)
                          options->dimse_timeout = std::chrono::seconds(10);
                        return app::echo(*options, console);
                      }});
}

void add_store(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::StoreFilesOptions>();
  auto* command = cli.add_subcommand("store", "C-STORE: send files and folders to an archive");
  add_scu_options(
      *command, options->scu,
      {.repeat = "send everything this many times",
       .strict = "send nothing when a file cannot be sent; warnings, and rules that the device breaks on the way, make "
                 "the exit code 1",
       .window = window_help});
  command->add_option("path", options->paths, "files, and folders with all that is in them")
      ->required()
      ->type_name("FILE|DIR");
  command
      ->add_option("--transfer-syntax", options->transfer_syntax,
                   "re-encode uncompressed files: implicit, explicit, big-endian, or keyword or UID; compressed and "
                   "deflated ones stay as they are")
      ->type_name("SYNTAX");
  command->add_option("--jobs", options->jobs, "associations at the same time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->footer(
      "Files go out byte for byte where the device accepts their transfer syntax; uncompressed ones are offered in "
      "all\n"
      "three uncompressed syntaxes and re-encoded when need be. Each file is read when it is its turn, and only once\n"
      "where --repeat sends it often (as far as 256 MB go). DICOMDIRs are left out, files that are no DICOM cost a\n"
      "line. Ctrl-C finishes the file on its way and reports.\n"
      "Exit code: 0 all stored, 1 some refused, 2 files that cannot be read, 3 not reached, or some not sent for want "
      "of a\npresentation context, 130 interrupted.\n"
      "Examples:\n"
      "  assay store 127.0.0.1:11112 study --called-ae ARCHIVE\n"
      "  assay store ARCHIVE@192.0.2.10:104 a.dcm b.dcm --transfer-syntax implicit\n"
      "  assay store ARCHIVE@192.0.2.10:104 study --jobs 4 --repeat 10 --json");
  commands.push_back({command, [options](app::Console& console) { return app::store_files(*options, console); }});
}

}  // namespace assay::cli
