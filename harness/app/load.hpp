// load: how many associations a device holds, and how fast it answers meanwhile. Tests: tests/interop/load_test.py
#pragma once

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"

namespace assay::app {

struct LoadSettings {
  std::string target;  // "host:port"
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  unsigned associations = 100;  // open and idle
  unsigned busy = 10;           // one operation after the other
  bool store = false;           // C-STORE instead of C-ECHO
  Duration duration = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(30);  // of each wait for the device
  unsigned opening = 64;                        // connections on the way at the same time
  bool json = false;
};

/// Returns the exit code: 0 everything held, 1 associations or operations failed, 3 not one came about.
int load(const LoadSettings& settings, Console& console);

}  // namespace assay::app
