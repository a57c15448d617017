// `assay probe`: one line per file about what it is and what to do next. Tests: tests/interop/probe_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/console.hpp"

namespace assay::app {

/// 0 all are DICOM files, 1 something about one is wrong or guessed, 2 one is not DICOM or not readable, 130.
int probe(const std::vector<std::string>& paths, bool json, Console& console);

}  // namespace assay::app
