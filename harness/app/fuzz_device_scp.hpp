// assay fuzz device --as-scp: breaks a device that calls (a modality, a workstation, a print client), in the lab. What
// our ordinary archive answered it is changed and answered again, each time it calls; where the device was, what it had
// asked and what it did then say what to change next. Everything found is reduced, repeated and kept below DIR/findings
// at once. Tests: tests/interop/fuzz_scp_test.py
#pragma once

#include "harness/app/fuzz_device.hpp"

namespace assay::app {

int fuzz_device_scp(const FuzzDeviceOptions& options, Console& console);

}  // namespace assay::app
