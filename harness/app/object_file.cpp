#include "harness/app/object_file.hpp"

#include <fmt/format.h>

#include "harness/base/hex.hpp"

namespace assay::app {

dataset::FileOptions lenient_reading() {
  dataset::FileOptions options;
  options.max_depth = std::size_t{1} << 24;  // every level costs eight bytes of input, so the input bounds it
  return options;
}

std::string not_dicom(const std::string& path, const Problem& problem) {
  return fmt::format("{}: is no DICOM file: {} at byte {}, expected {}", printable(path), printable(problem.found),
                     problem.offset, problem.expected);
}

std::string cut_short(const std::string& path, const Problems& problems) {
  for (const auto& problem : problems)
    if (problem.gravity == Gravity::error)
      return fmt::format("{}: cannot be read past byte {}: {}: {}, expected {} ({})", printable(path), problem.offset,
                         problem.field, printable(problem.found), problem.expected, problem.clause);
  return printable(path);
}

}  // namespace assay::app
