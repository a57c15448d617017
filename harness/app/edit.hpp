// assay edit: single elements of DICOM files changed, everything else left as it is; and files made from their text
// form. Tests: tests/interop/edit_command_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/object_file.hpp"
#include "harness/dataset/edit.hpp"

namespace assay::app {

struct EditFilesOptions {
  struct Step {
    std::string option;  // "--set"
    std::string words;   // "PatientName=Doe"
  };
  std::vector<std::string> paths;  // files and folders
  std::vector<Step> steps;         // in the order given
  std::string out;                 // folder for the changed files
  bool in_place = false;
  bool dry_run = false;
  bool keep_meta = false;  // leave File Meta Information alone when a SOP UID is changed
  bool quiet = false;
  std::string from_text;  // a file in text form: `paths` is the one file to write
  dataset::EditOptions how;
  ReadingOptions reading;
};

/// "--set" and "PATH[:VR]=VALUE" to an edit; the error is one sentence with a caret under the mistake's place.
std::expected<dataset::Edit, std::string> edit_from_words(const std::string& option, const std::string& words);

/// 0; 1 when a file was cut short and only edited as far as it goes; 2 when one could not be edited.
int edit_files(const EditFilesOptions& options, Console& console);

}  // namespace assay::app
