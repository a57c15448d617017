// `assay dicomdir`: judge the DICOMDIR of a file-set, or make one. Tests: tests/interop/dicomdir_test.py
#pragma once

#include <string>

#include "harness/app/console.hpp"

namespace assay::app {

/// `path` is the root of the file-set or its DICOMDIR. Changes nothing. 0, 1 not conformant, 2 not readable.
int verify_dicomdir(const std::string& path, bool json, Console& console);

struct DicomdirOptions {
  std::string folder;
  std::string file_set_id;
  bool force = false;  // replace a DICOMDIR that is there
  bool json = false;
};

/// Writes FOLDER/DICOMDIR and touches nothing else. 0, 1 some DICOM files could not be listed, 2 nothing was written.
int build_dicomdir(const DicomdirOptions& options, Console& console);

}  // namespace assay::app
