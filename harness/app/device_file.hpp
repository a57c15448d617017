// Devices as XML: what `assay serve FILE.xml` plays. The grammar's tables check it and print the schema, as those of
// scenarios do; peers/devices/README.md explains it by example.
// Tests: tests/loopback/device_file_test.cpp, tests/interop/device_files_test.py
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/device.hpp"
#include "harness/scenario/checked_xml.hpp"

namespace assay::app {

/// In the order of the schema.
inline constexpr DeviceKind device_kinds[] = {DeviceKind::archive, DeviceKind::ris, DeviceKind::printer,
                                              DeviceKind::modality, DeviceKind::workstation};

/// Devices of one file; a hospital has fewer.
inline constexpr std::size_t max_devices = 64;

/// Files with the root <devices>.
const scenario::Grammar& device_language();
std::string devices_xsd();

/// Reads a whole file; names of files in it are meant from its folder. What is wrong inside it is told, every mistake
/// with its place; what only shows when a device starts (a port in use, a folder that cannot be read) is not looked at.
std::expected<std::vector<DeviceDescription>, std::vector<scenario::LoadError>> load_devices(
    std::string_view xml, const std::string& file_name);

/// The UID of a Storage SOP Class from its keyword or UID; the error is one sentence.
std::expected<std::string, std::string> storage_class(std::string_view word);

}  // namespace assay::app
