// assay mpps: creates, changes and reads a performed procedure step. Tests: tests/interop/ris_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/scu.hpp"

namespace assay::app {

struct MppsSettings {
  ScuOptions peer;
  std::string action;             // create, set, get
  std::string uid;                // SOP Instance UID; "" = a new one (create)
  std::string status;             // of set: COMPLETED, DISCONTINUED, IN PROGRESS; "" = unchanged
  std::vector<std::string> keys;  // "PatientID=P1", tag paths allowed; "PatientID" empties; "-PatientID" takes out
  std::string file;               // DICOM JSON to begin with, instead of what is filled in
  bool no_uid = false;            // create: let the SCP choose
  bool json = false;
  bool show_trace = false;
};

/// 0 success or warning, 1 refused, 2 usage, 3 not reached.
int mpps(const MppsSettings& settings, Console& console);

}  // namespace assay::app
