// What dump, diff and edit share: how they read a DICOM file and the lines in which they complain about one.
#pragma once

#include <string>
#include <string_view>

#include "harness/app/console.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/file.hpp"

namespace assay::app {

/// Reads as much as can be read, however deep it is nested.
dataset::FileOptions lenient_reading();

/// "x.dcm: is no DICOM file: <what was found> at byte 128 where <what is expected> should stand"
std::string not_dicom(const std::string& path, const Problem& problem);

/// "x.dcm: cannot be read past byte 700, ..." of the first error among the problems.
std::string cut_short(const std::string& path, const Problems& problems);

/// Joins lines before they go to Console::data(), which writes at once.
class BufferedData {
 public:
  explicit BufferedData(Console& console) : console_(console) {}
  BufferedData(const BufferedData&) = delete;
  BufferedData& operator=(const BufferedData&) = delete;
  ~BufferedData() { flush(); }

  void add(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() > 65536) flush();
  }
  void flush() {
    if (!buffer_.empty()) console_.data(buffer_);
    buffer_.clear();
  }

 private:
  Console& console_;
  std::string buffer_;
};

}  // namespace assay::app
