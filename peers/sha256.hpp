// SHA-256, for digests that people compare. Tests: tests/loopback/sha256_test.cpp
#pragma once

#include <string>

#include "harness/base/bytes.hpp"

namespace assay::peers {

/// 64 hexadecimal digits (FIPS 180-4).
std::string sha256(ByteView bytes);

}  // namespace assay::peers
