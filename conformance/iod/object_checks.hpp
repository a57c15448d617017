// What the values of an object owe to each other whatever its IOD: times in order, ages and birth dates, codes with
// their meanings, sources and corrections, pixel values and what is said of them, spacing, dose, waveforms (PS3.3 C).
// Values of single elements and pixel arithmetic are judged in harness/dataset, attributes of the modules in the walk;
// nothing is judged twice. Rules: rules/object_rules.inc. Tests: tests/unit/conformance/iod_object_test.cpp,
// iod_object_pixels_test.cpp; fuzz target: fuzz_derived
#pragma once

#include <cstdint>
#include <optional>

#include "conformance/iod/object_report.hpp"
#include "harness/base/limits.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::iod {

struct ObjectOptions {
  bool cut = false;  // the Data Set could not be read to its end: nothing is said of what may stand behind it
  std::optional<std::int64_t> now;  // microseconds since 1970 UTC; times later than this are told
  std::size_t max_problems = limits::max_problems;
};

/// Problems by offset. Takes time linear in the elements; in the pixels too, where something is said of their values.
Problems check_object(const dataset::DataSet& data_set, const ObjectOptions& options = {},
                      std::size_t* more_problems = nullptr);

// The families, each in its own file.
void check_times(ObjectReport& report, const ObjectOptions& options);
void check_codes(ObjectReport& report);
void check_sources(ObjectReport& report);
void check_pixel_values(ObjectReport& report, const ObjectOptions& options);
void check_palette(ObjectReport& report, const ObjectOptions& options);
void check_lossy(ObjectReport& report);
void check_measures(ObjectReport& report);
void check_waveforms(ObjectReport& report, const ObjectOptions& options);

}  // namespace assay::conformance::iod
