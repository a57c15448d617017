#include <memory>

#include "harness/app/convert.hpp"
#include "harness/cli/file_commands.hpp"

namespace assay::cli {

void add_convert(CLI::App& cli, FileCommands& commands) {
  const auto options = std::make_shared<app::ConvertOptions>();
  auto* command = cli.add_subcommand("convert", "Convert between transfer syntaxes, JSON and XML");
  command->add_option("path", options->paths, "IN and OUT (- is standard input or output), or with --out what to read")
      ->required();
  command->add_option("--out", options->out_dir, "Write every file below this folder");
  command->add_option("--to", options->to,
                      "implicit, explicit, big-endian, deflated, a transfer syntax UID, json, xml, exact-xml, dicom; "
                      "otherwise the name of OUT tells");
  command->add_option("--from", options->from, "What the input is, when its content does not tell")
      ->check(CLI::IsMember({"dicom", "json", "xml", "exact-xml"}));
  command->add_option(
      "--bulk-data", options->bulk_data,
      "Folder that large values are written to and read from, instead of in the text; none: in the text");
  command->add_option("--bulk-from", options->bulk_from, "Bytes from which a value is large")->capture_default_str();
  command->add_flag("--force", options->force, "Overwrite");
  command->add_flag("-q,--quiet", options->quiet, "Say nothing about what a form does not hold");
  command->footer(
      "Example: assay convert image.dcm image.json\n"
      "exact-xml keeps every byte, broken files included, and gives it back with --to dicom.\n"
      "Exit code: 0 written, 1 written but a form could not hold every value, 2 something could not be converted.");
  commands.push_back({command, [options](app::Console& console) { return app::convert(*options, console); }});
}

}  // namespace assay::cli
