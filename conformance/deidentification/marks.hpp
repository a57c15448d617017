// What a de-identifier says it has done, and what the object says beside Table E.1-1 (PS3.15 E.1.1 steps 4, 6 and 7,
// E.2, E.3). Private to the room. Tests: tests/unit/conformance/deidentification_check_test.cpp
#pragma once

#include "conformance/deidentification/check.hpp"

namespace assay::conformance::deidentification {

/// Patient Identity Removed, De-identification Method Code Sequence, Longitudinal Temporal Information Modified.
void check_marks(const Subject& subject, const Options& options, Findings& findings);
/// Burned In Annotation, Recognizable Visual Features, Patient's Age against the dates.
void check_pixels(const Subject& subject, const Options& options, Findings& findings);
/// Encrypted Attributes Sequence: each item an envelope with its Transfer Syntax.
void check_encrypted(const Subject& subject, Findings& findings);
/// Preamble and private information of a file.
void check_file_meta(const Subject& subject, Findings& findings);

}  // namespace assay::conformance::deidentification
