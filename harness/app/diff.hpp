// assay diff: two files, or two folders file by file, compared element by element.
// Tests: tests/interop/diff_command_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/object_file.hpp"

namespace assay::app {

enum class DiffForm { text, json, csv };

struct DiffFilesOptions {
  std::string first;  // both files or both folders
  std::string second;
  std::vector<std::string> only;    // "changed", "missing", "same"
  std::vector<std::string> ignore;  // tags, paths, globs
  DiffForm form = DiffForm::text;
  bool ignore_uids = false;
  bool by_instance = false;  // pair the files of folders by SOP Instance UID, not by relative path
  bool encoding = false;
  bool pixel_digest = false;
  bool remarks = false;    // what the changes mean, too
  ReadingOptions reading;  // of both sides
};

/// 0 the same, 1 different, 2 when a file cannot be compared.
int diff_files(const DiffFilesOptions& options, Console& console);

}  // namespace assay::app
