// assay dump: DICOM files as text, for people and for programs. Tests: tests/interop/dump_command_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/console.hpp"

namespace assay::app {

struct DumpOptions {
  std::vector<std::string> paths;  // files and folders
  bool elements = false;           // one line per node for programs
};

/// 0; 1 when a file could not be read to its end; 2 when one could not be read at all.
int dump(const DumpOptions& options, Console& console);

}  // namespace assay::app
