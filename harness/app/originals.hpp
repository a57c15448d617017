// Files and the originals they were made from: found by place below their folders, by SOP Instance UID, by what
// de-identification leaves (class, numbers, sizes) and their order. Tests: tests/interop/deidentified_test.py
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/dataset/file.hpp"

namespace assay::app {

class Originals {
 public:
  /// Reads what stands before the pixels of all files on both sides. An original that is no DICOM costs a line on the
  /// error stream; the files themselves are complained about by whoever reads them.
  Originals(const std::vector<std::string>& originals, const std::vector<std::string>& files, Console& console);

  /// The path of the original of a file; empty when there is none.
  [[nodiscard]] std::string of(const std::string& file) const;
  /// Originals that could not be read.
  [[nodiscard]] std::size_t unreadable() const { return unreadable_; }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  std::map<std::string, std::string, std::less<>> original_;  // by file
  std::size_t unreadable_ = 0;
  std::size_t count_ = 0;
};

}  // namespace assay::app
