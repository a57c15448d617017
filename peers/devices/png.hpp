// Writing PNG files that people look at. Tests: tests/loopback/peers_printer_test.cpp
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "harness/service/print_render.hpp"

namespace assay::peers {

/// The raster as PNG (8 bits, gray or RGB, with its resolution); the error is what libpng says.
std::expected<Bytes, std::string> png_of(const service::Raster& raster, unsigned dots_per_inch);

/// Writes beside the file, has it reach the disk, and renames it: after a crash there is the whole file or none. The
/// error names the file.
std::expected<void, std::string> write_whole(const std::filesystem::path& file, ByteView bytes);

}  // namespace assay::peers
