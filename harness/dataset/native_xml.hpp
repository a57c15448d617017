// The Native DICOM Model (PS3.19 A.1) both ways. Writing lists what it cannot say; reading takes any text, however
// deep, and says with its offset what is no such document. Tests: tests/unit/dataset/native_xml_test.cpp; fuzz target:
// fuzz_native_xml
#pragma once

#include <string>
#include <string_view>

#include "harness/dataset/json.hpp"

namespace assay::dataset {

inline constexpr std::string_view native_xml_namespace = "http://dicom.nema.org/PS3.19/models/NativeDICOM";

/// A NativeDicomModel in UTF-8, group lengths left out. Values with characters that XML 1.0 does not allow are written
/// as UN with InlineBinary.
FormText to_native_xml(const DataSet& data_set, const FormOptions& options = {});

/// Reads one NativeDicomModel. Names may stand in any namespace or in none.
FormRead from_native_xml(std::string_view xml, const FormReadOptions& options = {});

}  // namespace assay::dataset
