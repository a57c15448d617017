// assay modality: polls a worklist, performs what is on it; and the same as a device of a file.
// Tests: tests/interop/modality_test.py, device_files_test.py
#pragma once

#include <functional>
#include <optional>

#include "harness/app/served_device.hpp"
#include "peers/devices/modality.hpp"

namespace assay::app {

/// What the modality of a description needs; the lines go to the console. Nothing after a complaint.
/// `unwritten` becomes true when an object could not be written into its folder, which is told once; it outlives what
/// is made of the options.
std::optional<peers::ModalityOptions> modality_options(const DeviceDescription& device,
                                                       const DeviceDirectory& directory, bool& unwritten,
                                                       Console& console);

/// "12 items, 12 performed, 30 objects made, 30 stored, 0 failures".
std::string report_line(const peers::ModalityReport& report);

/// 0 all done, 1 something was refused, 2 usage, 3 somebody could not be reached. `json`: a line for each poll.
int modality(const DeviceDescription& device, bool json, Console& console);

}  // namespace assay::app
