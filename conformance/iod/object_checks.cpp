#include "conformance/iod/object_checks.hpp"

#include <algorithm>
#include <tuple>

#include "conformance/iod/sr_tree.hpp"

namespace assay::conformance::iod {

Problems check_object(const dataset::DataSet& data_set, const ObjectOptions& options, std::size_t* more_problems) {
  ObjectReport report(data_set, options.max_problems);
  check_times(report, options);
  check_codes(report);
  check_sources(report);
  check_pixel_values(report, options);
  check_palette(report, options);
  check_lossy(report);
  check_measures(report);
  check_waveforms(report, options);
  check_sr_tree(report, options);
  std::ranges::sort(report.problems, [](const Problem& a, const Problem& b) {
    return std::tie(a.offset, a.field, a.rule) < std::tie(b.offset, b.field, b.rule);
  });
  if (more_problems != nullptr) *more_problems = report.more;
  return std::move(report.problems);
}

}  // namespace assay::conformance::iod
