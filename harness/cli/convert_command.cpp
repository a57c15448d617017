#include <memory>

#include "harness/app/convert.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_convert(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::ConvertOptions>();
  auto* command = cli.add_subcommand("convert", "convert DICOM files between transfer syntaxes, JSON and XML");
  command->add_option("path", options->paths, "IN and OUT (- is standard input or output), or with --out what to read")
      ->required()
      ->type_name("FILE|DIR");
  command->add_option("--out", options->out_dir, "write every file below this folder")->type_name("DIR");
  command
      ->add_option("--to", options->to,
                   "implicit, explicit, big-endian, deflated, a transfer syntax UID, json, xml, exact-xml, dicom; "
                   "otherwise the name of OUT tells")
      ->type_name("FORM");
  command->add_option("--from", options->from, "what the input is, when its content does not tell")
      ->check(CLI::IsMember({"dicom", "json", "xml", "exact-xml"}));
  command
      ->add_option("--bulk-data", options->bulk_data,
                   "folder that large values are written to and read from, instead of in the text; none: in the text")
      ->type_name("DIR");
  command->add_option("--bulk-from", options->bulk_from, "bytes from which a value is large")->capture_default_str();
  command->add_flag("--force", options->force, "overwrite");
  command->add_flag("-q,--quiet", options->quiet, "say nothing about what a form does not hold");
  add_reading_options(*command, options->reading);
  command->footer(
      "exact-xml keeps every byte, broken files included, and gives it back with --to dicom.\n"
      "Exit code: 0 written, 1 written but a form could not hold every value, 2 something could not be converted.\n"
      "Examples:\n"
      "  assay convert image.dcm image.json\n"
      "  assay convert study --out implicit --to implicit\n"
      "  assay convert image.dcm - --to xml --bulk-data bulk > image.xml\n"
      "  assay convert broken.dcm broken.xml --to exact-xml");
  commands.push_back({command, [options](app::Console& console) { return app::convert(*options, console); }});
}

}  // namespace assay::cli
