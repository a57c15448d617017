// A whole DICOM file in memory (PS3.10 7): File Meta Information and Data Set, decoded by what the file says, or, when
// it says nothing or lies, by what it looks like. Keeps every byte: rewrite() gives back what was read.
// Tests: tests/unit/dataset/file_test.cpp, file_guess_test.cpp; fuzz target: fuzz_file
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "harness/dataset/dataset.hpp"
#include "harness/dataset/part10.hpp"

namespace assay::dataset {

enum class FileKind : std::uint8_t {
  part10,         // preamble, prefix, File Meta Information
  no_preamble,    // prefix or File Meta Information at the start, without the preamble
  bare_data_set,  // a Data Set and nothing else
  acr_nema,       // ACR-NEMA 1.0 or 2.0
};

struct DicomFile {
  FileKind kind = FileKind::part10;
  DataSet meta;  // group 0002, empty when the file has none
  DataSet data_set;
  std::string transfer_syntax_uid;    // as the file says; empty when it does not
  Encoding encoding;                  // the one that was used
  std::uint64_t data_set_offset = 0;  // in the file; offsets of a deflated Data Set count in the inflated bytes
  std::uint64_t meta_offset = 0;      // of group 0002 in the file; equal to data_set_offset when there is none
  std::size_t decoded = 0;            // bytes of the (inflated) Data Set that were decoded; the rest is kept as it is
  std::size_t deflated_size = 0;      // bytes of the deflated stream, its padding included
  ByteView bytes;                     // the file
  std::shared_ptr<const Bytes> inflated;  // what the Data Set's views point into when it was deflated
  std::string guess;                      // why another encoding than the declared one was used; empty when none was
  Problems problems;                      // of meta and Data Set, by offset in the file
  std::size_t more_problems = 0;
};

struct FileOptions {
  bool strict = false;
  std::size_t max_depth = limits::max_nesting_depth;
  std::optional<Tag> stop_before;         // of the Data Set
  std::optional<Encoding> as;             // decode the Data Set so, whatever the file says
  bool guess = true;                      // try other encodings when the declared one does not fit
  std::size_t max_inflated = 256U << 20;  // bytes a deflated Data Set may grow to
};

/// Takes a file apart; views point into `file`, which must outlive the result. The error is one Problem: this is no
/// DICOM file, and what it is instead. A file that is DICOM but broken is a result with problems.
std::expected<DicomFile, Problem> read_file(ByteView file, const FileOptions& options = {});

/// The bytes of the file, with what was set since in its place; deflates again only when the Data Set was changed.
/// Byte by byte the file when nothing was set, whatever was wrong with it. Group lengths stay as they are: see
/// update_group_length() in part10_meta.hpp.
Bytes rewrite(const DicomFile& file);

}  // namespace assay::dataset
