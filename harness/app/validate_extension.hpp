// validate --extension: the user's table of attributes that are added to IODs, read.
// Tests: tests/interop/iod_test.py
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "conformance/iod/extension.hpp"

namespace assay::app {

/// The errors are sentences, one for each fault: "--extension my.tsv:3:12: what is wrong".
std::expected<conformance::iod::Extension, std::vector<std::string>> extension_from(const std::string& path);

}  // namespace assay::app
