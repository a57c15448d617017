// UIDs that nobody else makes: a random UUID below 2.25 (PS3.5 B.2). Tests: tests/loopback/ris_test.cpp
#pragma once

#include <string>

namespace assay::peers {

std::string new_uid();

}  // namespace assay::peers
