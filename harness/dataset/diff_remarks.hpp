// What a change between two Data Sets means: by how much the pixels moved, whether lossy steps are recorded and the
// label stays (PS3.3 C.7.6.1.1.5), whether earlier values are kept (PS3.3 C.12.1, Original Attributes Sequence).
// Tests: tests/unit/dataset/diff_remarks_test.cpp, tests/interop/diff_command_test.py; fuzz target:
// fuzz_check
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

/// Transfer syntaxes of two Data Sets; empty: native pixels alone are read.
struct SyntaxPair {
  std::string_view first;
  std::string_view second;
};

/// Samples of native or RLE Pixel Data held against each other, by the values that their stored bits have.
struct PixelDifference {
  std::uint64_t samples = 0;
  std::uint64_t differing = 0;
  std::uint64_t greatest = 0;
  double mean = 0;  // of all samples
};
/// The error says in a few words why they cannot be compared: compressed, of another size, ...
std::expected<PixelDifference, std::string> pixel_difference(const DataSet& first, const DataSet& second,
                                                             const SyntaxPair& syntaxes = {});

/// How many lossy compressions a Data Set tells of: values of (0028,2112) or (0028,2114), and at least one where
/// (0028,2110) is 01.
std::size_t lossy_steps(const DataSet& data_set);

/// Elements of the top level whose value changed or went, pixels, UIDs and the record itself apart, and which no item
/// of the second's Original Attributes Sequence (0400,0561) keeps.
std::vector<Tag> values_not_kept(const DataSet& first, const DataSet& second);

struct Remark {
  std::string about;  // "pixels", "lossy-label", "lossy-steps", "previous-values"
  std::string text;   // one sentence without a full stop
};
/// In that order, those that apply.
std::vector<Remark> remarks(const DataSet& first, const DataSet& second, const SyntaxPair& syntaxes = {});

}  // namespace assay::dataset
