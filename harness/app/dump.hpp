// assay dump: DICOM files as text, for people and for programs. Tests: tests/interop/dump_command_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/object_file.hpp"

namespace assay::app {

enum class DumpForm { people, elements, json, text_form, by_level };

struct DumpOptions {
  std::vector<std::string> paths;  // files and folders
  DumpForm form = DumpForm::people;
  std::vector<std::string> tags;  // tag paths: show only these
  std::string stop_before;        // a tag or keyword
  ReadingOptions reading;
  std::optional<std::size_t> depth;
  bool full = false;
  bool problems = false;
  bool meta_only = false;
};

/// 0; 1 when a file could not be read to its end, or with `problems` had any; 2 when one could not be read at all.
int dump(const DumpOptions& options, Console& console);

}  // namespace assay::app
