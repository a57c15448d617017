// assay workstation: finds and retrieves, in every way that there is; and the same as a device of a file.
// Tests: tests/interop/workstation_test.py
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "harness/app/retrieve_words.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/app/served_device.hpp"
#include "peers/devices/workstation.hpp"

namespace assay::app {

/// What the words say is to be retrieved; the error is one sentence.
std::expected<peers::RetrieveTask, std::string> retrieve_task(const WorkstationSettings& settings);

/// "2 studies, 4 of 4 instances came; ...".
std::string report_line(const peers::RetrieveReport& report, const WorkstationSettings& settings);

/// 0 all came, 1 something failed or is missing, 2 usage, 3 the archive could not be reached.
int workstation(const DeviceDescription& device, bool json, Console& console);

}  // namespace assay::app
