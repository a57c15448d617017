// A day of a department that exists nowhere: a worklist over the usual modalities, names in several character sets.
// Deterministic but for the day. Tests: tests/unit/service/worklist_test.cpp
#pragma once

#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::service {

/// `day` is a DA value: all steps are scheduled on it.
std::vector<dataset::DataSet> synthetic_schedule(std::string_view day);

}  // namespace assay::service
