// assay convert: DICOM files between the uncompressed transfer syntaxes and deflated, to JSON (PS3.18 F), native XML
// (PS3.19 A.1) and exact XML, and back. Tests: tests/interop/convert_test.py
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/app/object_file.hpp"

namespace assay::app {

struct ConvertOptions {
  std::vector<std::string> paths;  // IN and OUT, or with out_dir all of what is read; OUT may be "-"
  std::string out_dir;
  std::string to;    // implicit, explicit, big-endian, deflated, a UID, json, xml, exact-xml, dicom; "": by OUT's name
  std::string from;  // dicom, json, xml, exact-xml; "": by content
  std::string bulk_data;  // folder for large values; "" or "none": they stand in the text
  std::size_t bulk_from = 1024;
  bool force = false;  // overwrite
  bool quiet = false;  // say nothing about what a form does not hold
  ReadingOptions reading;
};

/// 0 all written, 1 written, but a form could not hold every value, 2 bad usage or something could not be converted,
/// 130 interrupted. One file that fails does not stop the others; nothing is left half written.
int convert(const ConvertOptions& options, Console& console);

}  // namespace assay::app
