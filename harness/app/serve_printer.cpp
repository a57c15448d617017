// assay serve printer. Tests: tests/interop/print_commit_test.py
#include <fmt/format.h>

#include "harness/app/home.hpp"
#include "harness/app/print.hpp"
#include "harness/app/serve_parts.hpp"
#include "peers/devices/printer.hpp"

namespace assay::app {

int serve_printer(const ServeOptions& options, Console& console) {
  const auto& chosen = options.printer;
  const std::string folder = options.folder.empty() ? "assay-prints" : options.folder;
  auto parts = serve_parts(options, console);
  if (!parts) return exit_codes::usage;
  peers::Loop loop;
  peers::PrinterOptions printer_options;
  printer_options.address = options.address;
  printer_options.port = options.port;
  printer_options.ae_title = options.ae_title;
  printer_options.require_called_ae = options.check_called;
  printer_options.max_associations = options.maximum_associations;
  printer_options.artim = options.artim;
  printer_options.dimse_timeout = options.idle_timeout;
  printer_options.folder = folder;
  printer_options.color = !chosen.gray_only;
  printer_options.collation = !chosen.no_collation;
  printer_options.dots_per_inch = chosen.dots_per_inch;
  printer_options.max_queue = chosen.queue;
  printer_options.job_time = chosen.job_time;
  printer_options.tls = parts->tls;
  printer_options.faults = parts->faults;
  printer_options.rules = parts->rules;
  printer_options.on_trace = parts->on_trace;
  printer_options.log = parts->log;
  auto printer = peers::Printer::start(loop, std::move(printer_options));
  if (!printer) {
    console.error(printer.error());
    return exit_codes::usage;
  }
  console.text(fmt::format("Listening on {}:{}{} as {}: {} printing, pages go to {}. Ctrl-C ends it.\n",
                           options.address, (*printer)->port(), parts->over, options.ae_title,
                           chosen.gray_only ? "grayscale" : "grayscale and color", folder));
  serve_until_stopped(loop, (*printer)->acceptor(), console);
  (*printer)->finish_queue();
  console.text(fmt::format("{} {} printed.\n", (*printer)->pages(), (*printer)->pages() == 1 ? "page" : "pages"));
  return exit_codes::ok;
}

}  // namespace assay::app
