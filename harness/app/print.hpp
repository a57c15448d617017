// assay print: images onto a DICOM printer, with what it answered to each step; and assay serve printer.
// Tests: tests/interop/print_commit_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"

namespace assay::app {

struct PrintOptions {
  std::string target;
  std::vector<std::string> files;  // files and folders
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::string format = "STANDARD\\1,1";
  std::string film_size = "14INX17IN";
  std::string orientation = "PORTRAIT";
  std::string medium = "BLUE FILM";
  std::string label;
  bool color = false;
  unsigned copies = 1;
  Duration timeout = std::chrono::seconds(30);
  bool json = false;
  TlsWords tls;
};

/// 0 everything is printed, warnings of the printer included; 1 the printer refused a step; 2 an image that cannot be
/// printed, or no such format; 3 the printer cannot be reached.
int print(const PrintOptions& options, Console& console);

/// Until interrupted. What is queued then is still printed.
int serve_printer(const ServeOptions& options, Console& console);

}  // namespace assay::app
