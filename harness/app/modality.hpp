// assay modality: polls a worklist, performs what is on it. Tests: tests/interop/modality_test.py
#pragma once

#include <optional>
#include <string>

#include "harness/app/scu.hpp"

namespace assay::app {

struct ModalitySettings {
  std::string worklist;  // HOST:PORT or AE@HOST:PORT, as the others
  std::string archive;   // "" = objects are not stored
  std::string mpps;      // "" = steps are not reported
  std::string ae_title = "ASSAY";
  std::string modality;  // "" = every modality
  std::string station;   // "" = every station
  std::string date;      // DA, a range, or "today"; "" = every day
  std::string out;       // folder for the objects
  std::size_t instances = 3;
  std::optional<Duration> every;  // none: once
  Duration timeout = std::chrono::seconds(10);
  bool json = false;
  TlsWords tls;
};

/// 0 all done, 1 something was refused, 2 usage, 3 somebody could not be reached.
int modality(const ModalitySettings& settings, Console& console);

}  // namespace assay::app
