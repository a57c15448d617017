// What one conversion does, from bytes to bytes. Tests: tests/interop/convert_test.py
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dataset/json.hpp"

namespace assay::app {

enum class FileForm : std::uint8_t { dicom, json, xml, exact_xml };

/// By the first bytes: what is no JSON and no XML is taken for DICOM.
FileForm form_of(ByteView bytes);

/// What a file is turned into.
struct TargetForm {
  FileForm form = FileForm::dicom;
  std::string transfer_syntax;  // of a DICOM file; "" leaves it as it is
};

/// From the words of --to; nothing when it is none of them and no transfer syntax.
std::optional<TargetForm> target_named(std::string_view word);

struct Conversion {
  Bytes bytes;
  Problems losses;  // what the form does not hold, and what was wrong with a text that was read
  std::size_t more_losses = 0;
};

struct ConversionOptions {
  dataset::BulkSink bulk_sink;
  dataset::BulkSource bulk_source;
  std::size_t bulk_from = 1024;
  dataset::FileOptions reading;  // of DICOM files; max_depth is that of the other forms too
};

/// `path` is named in errors, which are one sentence.
std::expected<Conversion, std::string> convert_bytes(const std::string& path, ByteView bytes, FileForm from,
                                                     const TargetForm& target, const ConversionOptions& options);

}  // namespace assay::app
