// Who wrote a file, held against the statement of the product that is said to write it: the File Meta Information names
// the same implementation as the product names in associations (PS3.10 7.1, PS3.7 D.3.3.2).
// Tests: tests/unit/conformance/file_identity_test.cpp, tests/interop/evidence_test.py
#pragma once

#include "conformance/profile.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance {

/// Nothing where the file or the profile is silent.
Problems check_file_identity(const dataset::DataSet& meta, const Profile& profile);

}  // namespace assay::conformance
