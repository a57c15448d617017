// The preamble and the File Meta Information (PS3.10 7.1): reading group 0002 in whatever encoding it stands, and what
// must hold for it. Tests: tests/unit/dataset/part10_meta_test.cpp
#pragma once

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

inline constexpr std::size_t preamble_size = 128;
inline constexpr std::string_view dicom_prefix = "DICM";
inline constexpr std::string_view media_storage_directory = "1.2.840.10008.1.3.10";

/// Reads the group 0002 that begins at `start` of the file. Its end is where the group length says, when that is true,
/// else before the first element of a later group.
DataSetDecode read_meta(ByteView file, std::size_t start, Encoding encoding);

/// Non-zero preambles, and what they begin.
Problems check_preamble(ByteView preamble);

/// Which elements must be there and hold something: what parse_part10() reports.
Problems check_required_meta(const DataSet& meta, std::uint64_t start);

/// Kinds of UIDs, lengths, AE titles, private information, and agreement with the Data Set (which may be empty).
Problems check_meta(const DataSet& meta, const DataSet& data_set);

/// Makes (0002,0000) count the bytes of the group as rewrite() writes it; does nothing when the group is empty.
void update_group_length(DataSet& meta);

}  // namespace assay::dataset
