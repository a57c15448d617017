// The function at a place of a program or library, from the symbols that even a stripped one keeps. Hostile files are
// normal input: everything is bounded and checked. Tests: tests/loopback/device_watch_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace assay::app {

/// Name of the function that holds this byte of the file, without its parameters; "" where none is known.
std::string function_at(const std::filesystem::path& file, std::uint64_t offset);

/// "/usr/lib/libdcmnet.so.17+0x1f2a" as "parse_item (libdcmnet.so.17)", or "libdcmnet.so.17+0x1f2a" where no function
/// is known there.
std::string frame_name(std::string_view frame);

}  // namespace assay::app
