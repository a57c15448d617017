// validate: what in a file breaks PS3.5, PS3.6 and PS3.10, what an object lacks of its IOD (PS3.3), where the objects
// of several files contradict each other, and what a derived image owes to its source; said with its byte, its clause
// and what to do. Tests: tests/interop/validate_test.py, iod_test.py, derived_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/object_file.hpp"
#include "harness/app/validate_deidentified.hpp"

namespace assay::app {

struct ValidateOptions {
  std::vector<std::string> paths;
  std::vector<std::string> derived_from;  // files and folders with the sources of the objects
  std::vector<std::string> only;          // globs over rule ids
  ReadingOptions reading;
  std::string profile;    // of the product that wrote the files, a file or a shipped one
  bool strict = false;    // warnings are red too
  bool json = false;      // one object a line
  bool quiet = false;     // the summary only
  std::string extension;  // a table of attributes added to the IODs, "" = none
  bool iod = true;        // judge modules and attributes, and the files against each other
  DeidentifiedOptions deidentified;
};

/// 0 nothing red, 1 findings, 2 what could not be read or is no DICOM.
int validate(const ValidateOptions& options, Console& console);

/// The IODs that there are tables for; and the Storage SOP Classes without; with `json` everything the
/// tables say, one object.
int list_iods(bool json, Console& console);

}  // namespace assay::app
