// assay serve: one device of the command line, or those of a file, until they are stopped.
// Tests: tests/interop/device_files_test.py, ris_test.py, print_commit_test.py, archive_keeps_test.py
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/device.hpp"

namespace assay::app {

/// 0 after a stop, 2 when a device cannot begin; then none has.
int serve(std::vector<DeviceDescription> devices, Console& console);
/// The devices of a file; `quiet`: no line per association for any of them.
int serve_file(const std::string& file, bool quiet, Console& console);

/// AE=HOST:PORT; the error is one sentence.
std::expected<PeerDescription, std::string> destination_from(std::string_view text);

}  // namespace assay::app
