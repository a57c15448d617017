// validate --derived-from: the source objects, kept open while derived objects are held against them.
// Tests: tests/interop/derived_test.py
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "conformance/iod/derived.hpp"
#include "harness/app/console.hpp"
#include "harness/app/files.hpp"
#include "harness/dataset/file.hpp"

namespace assay::app {

class DerivedSources {
 public:
  /// Opens every DICOM object among the paths, folders searched recursively; what is none costs a line on the error
  /// stream. False when there is none at all, or one cannot be read.
  bool open(const std::vector<std::string>& paths, const dataset::FileOptions& how, Console& console);
  [[nodiscard]] bool empty() const { return files_.empty(); }

  struct Judgement {
    std::vector<std::string> sources;  // files
    std::string not_judged;
    Problems problems;
    std::size_t more_problems = 0;
  };
  /// `path` is that of the derived object, which may lie among the sources and is none of them.
  [[nodiscard]] Judgement judge(const std::string& path, const dataset::DicomFile& derived) const;

 private:
  struct Source {
    std::string path;
    std::filesystem::path place;  // the same file has the same
    FileBytes bytes;              // the Data Set views them
    dataset::DicomFile file;
  };
  std::deque<Source> files_;
};

}  // namespace assay::app
