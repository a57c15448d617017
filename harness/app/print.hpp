// assay print: images onto a DICOM printer, with what it answered to each step.
// Tests: tests/interop/print_commit_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"
#include "harness/app/scu.hpp"

namespace assay::app {

struct PrintOptions {
  ScuOptions peer;
  std::vector<std::string> files;  // files and folders
  std::string format = "STANDARD\\1,1";
  std::string film_size = "14INX17IN";
  std::string orientation = "PORTRAIT";
  std::string medium = "BLUE FILM";
  std::string label;
  bool color = false;
  unsigned copies = 1;
};

/// 0 everything is printed, warnings of the printer included; 1 the printer refused a step; 2 an image that cannot be
/// printed, or no such format; 3 the printer cannot be reached.
int print(const PrintOptions& options, Console& console);

}  // namespace assay::app
