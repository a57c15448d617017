// The DICOM JSON Model (PS3.18 Annex F) both ways. Writing lists what JSON cannot say; reading takes any text, however
// deep, and says with its offset what is no DICOM JSON. Tests: tests/unit/dataset/json_test.cpp; fuzz target: fuzz_json
#pragma once

#include <string>
#include <string_view>

#include "harness/base/limits.hpp"
#include "harness/dataset/form_value.hpp"

namespace assay::dataset {

struct FormText {
  std::string text;
  LossReport losses;
};

/// One JSON object in UTF-8, an attribute a line, group lengths left out, every other value kept wherever JSON can say
/// it: a value that does not fit its VR is written as UN, a decimal that would change as a number stays a string.
FormText to_json(const DataSet& data_set, const FormOptions& options = {});

struct FormReadOptions {
  std::size_t max_depth = limits::max_nesting_depth;  // of sequences
  BulkSource bulk;                                    // none: a BulkDataURI is an error
};

struct FormRead {
  DataSet data_set;   // explicit VR little endian, text in UTF-8
  Problems problems;  // offsets count in the text; an error is something that could not be taken over
};

/// Reads one Data Set: an object, or an array of one object as DICOMweb services answer.
FormRead from_json(std::string_view json, const FormReadOptions& options = {});

}  // namespace assay::dataset
