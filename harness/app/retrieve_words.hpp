// The words of a user for what is retrieved. Tests: tests/loopback/device_file_test.cpp
#pragma once

#include <optional>
#include <string_view>

#include "harness/service/query_keys.hpp"

namespace assay::app {

/// "study", "PATIENT", "instance".
std::optional<service::QueryLevel> retrieve_level(std::string_view word);
/// "study", "patient", "patient-study".
std::optional<service::Model> retrieve_model(std::string_view word);

}  // namespace assay::app
