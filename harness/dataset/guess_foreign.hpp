// Names what a file is that is no DICOM file. Tests: tests/unit/dataset/probe_test.cpp
#pragma once

#include <optional>
#include <string>

#include "harness/base/bytes.hpp"

namespace assay::dataset {

struct Foreign {
  std::string what;  // "a PDF document"
  std::string next;  // one thing to do, without a full stop
};

/// By the bytes that a format begins with; nothing when none fits.
std::optional<Foreign> foreign_by_magic(ByteView file);

/// As above, then by what the content looks like: text of several kinds, captured traffic, zeros. Always has an answer.
Foreign name_foreign(ByteView file);

}  // namespace assay::dataset
