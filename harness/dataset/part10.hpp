// DICOM File Format (PS3.10 7): preamble, prefix, File Meta Information and Data Set, in memory only.
// Tests: tests/unit/dataset/part10_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

struct Part10 {
  DataSet meta;                       // group 0002; its values point into the file
  std::string transfer_syntax_uid;    // empty when it is missing
  ByteView data_set;                  // the rest of the file, still encoded (and deflated, where the syntax says so)
  std::uint64_t data_set_offset = 0;  // in the file
  Problems problems;                  // with an error among them, `data_set` is empty

  [[nodiscard]] Encoding encoding() const { return encoding_of(transfer_syntax_uid); }
};

/// Takes a file apart; the result points into `file`. PS3.10 7.1.
Part10 parse_part10(ByteView file);

struct FileMeta {
  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::string transfer_syntax_uid;
  std::string implementation_class_uid;
  std::string implementation_version_name;           // left out when empty
  std::string source_ae_title;                       // left out when empty
  std::string sending_ae_title = {};                 // left out when empty
  std::string receiving_ae_title = {};               // left out when empty
  std::string private_information_creator_uid = {};  // with the next, left out when empty
  Bytes private_information = {};
};

/// A whole file from a Data Set that is encoded (and deflated) as the Transfer Syntax says.
Bytes build_part10(const FileMeta& meta, ByteView encoded_data_set);
/// The same, encoding the Data Set and deflating it where the Transfer Syntax says so.
Bytes build_part10(const FileMeta& meta, const DataSet& data_set);

}  // namespace assay::dataset
