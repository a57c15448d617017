// A DICOM file, or any other bytes, as a NativeDicomModel (PS3.19 A.1) with attributes and elements of our own
// namespace for what the standard form cannot say; byte-exact, malformed input included. The prefix is always "assay":
//   root        assay:encoding       explicit-le, implicit-le, explicit-be
//   elements    assay:length         as stated, when it is not what the content has; "undefined"
//               assay:header         hex of tag, VR and length, when they are not what tag, vr and length give
//               assay:bytes          hex of the value, when its text does not give it; it counts, not the text
//               assay:padding        hex of what follows the last value, when it is not the usual pad
//   children    assay:preamble       128 bytes in hex (empty: zeros), and DICM
//               assay:meta           the File Meta Information, with its own assay:encoding
//               assay:deflated       the Data Set, deflated again with level="..."
//               assay:fragment       base64, in encapsulated Pixel Data
//               assay:end            hex of what ends a sequence or item, when it is not the usual delimiter
//               assay:raw            hex of bytes that belong to no element
// Tests: tests/unit/dataset/exact_xml_test.cpp; fuzz target: fuzz_native_xml
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "harness/dataset/file.hpp"

namespace pugi {
class xml_node;
}

namespace assay::dataset {

struct ExactXml {
  std::string xml;
  bool raw = false;  // the bytes are no DICOM file, or one that could not be laid out: they stand in one assay:raw
};

/// from_exact_xml(to_exact_xml(bytes).xml) == bytes for all bytes.
ExactXml to_exact_xml(ByteView file, const FileOptions& options = {});

/// The bytes a document stands for. A plain NativeDicomModel gives a Data Set in explicit VR little endian. The error
/// is the first thing that cannot be read; its offset counts in the text.
std::expected<Bytes, Problem> from_exact_xml(std::string_view xml);

/// The same from an element of a larger document; with `data_set_only` without preamble and File Meta Information, and
/// not deflated.
std::expected<Bytes, Problem> from_exact_xml(const pugi::xml_node& model, bool data_set_only);

}  // namespace assay::dataset
