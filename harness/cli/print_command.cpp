#include <memory>

#include "harness/app/print.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

void add_print(CLI::App& cli, Commands& commands) {
  struct Options {
    app::PrintOptions print;
  };
  const auto options = std::make_shared<Options>();
  auto& s = options->print;
  auto* command = cli.add_subcommand("print", "print images on a DICOM printer");
  command->group("Talk to a device");
  command->add_option("target", s.peer.target, "HOST:PORT or AE@HOST:PORT")->required();
  command->add_option("files", s.files, "DICOM images, uncompressed, and folders of them")->required();
  command->add_option("--called-ae", s.peer.called_ae, "AE title of the printer")->capture_default_str();
  command->add_option("--calling-ae", s.peer.calling_ae, "our AE title")->capture_default_str();
  command
      ->add_option("--format", s.format,
                   "Image Display Format: STANDARD\\2,3 is 2 columns and 3 rows, ROW\\2,1, COL\\1,2")
      ->capture_default_str();
  command->add_option("--film-size", s.film_size, "Film Size ID, for example 8INX10IN, A4")->capture_default_str();
  command->add_option("--orientation", s.orientation, "PORTRAIT or LANDSCAPE")
      ->check(CLI::IsMember({"PORTRAIT", "LANDSCAPE"}))
      ->capture_default_str();
  command->add_option("--medium", s.medium, "Medium Type, for example PAPER")->capture_default_str();
  command->add_option("--label", s.label, "Film Session Label");
  command->add_option("--copies", s.copies, "of each film")->check(CLI::Range(1, 99))->capture_default_str();
  command->add_flag("--color", s.color, "Basic Color instead of Basic Grayscale Print Management");
  add_duration(*command, "--timeout", s.peer.timeout,
               "longest wait for the printer (default 10s, and 30s for the answer to a request)");
  command->add_flag("--json", s.peer.json, "for tools");
  add_tls_options(*command, s.peer.tls);
  command->footer(
      "Exit code: 0 all films were taken, 1 the printer refused a step, 2 an image cannot be printed, 3 not reached.\n"
      "Examples:\n"
      "  assay print 127.0.0.1:11112 image.dcm\n"
      "  assay print printer.example:104 series/ --called-ae PRINTER --format 'STANDARD\\3,4' --film-size 14INX17IN");
  commands.push_back({command, [options](app::Console& console) { return app::print(options->print, console); }});
}

}  // namespace assay::cli
