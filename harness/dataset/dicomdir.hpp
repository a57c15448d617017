// The DICOMDIR of a file-set (PS3.10 8, PS3.3 F): the tree of directory records, what must hold for it and for the
// files it lists, and how it is made. No I/O: who calls brings the files. Tests: tests/unit/dataset/dicomdir_test.cpp;
// fuzz target: fuzz_dicomdir
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/file.hpp"

namespace assay::dataset {

// Record types (dicomdir_records.cpp)

struct RecordKey {
  Tag tag;
  char kind;  // '1' with a value, '2' perhaps empty
};

struct RecordType {
  std::string_view name;
  std::string_view parents;  // separated by '|', "" is the root, "*" anything
  bool leaf = false;
  bool retired = false;
};

const RecordType* find_record_type(std::string_view name);
std::vector<RecordKey> record_keys(std::string_view type);
std::vector<RecordKey> all_record_keys();
/// True when a record of `type` may stand below one of `parent`, "" being the root (PS3.3 F.4).
bool may_stand_below(const RecordType& type, std::string_view parent);
/// The type of record that lists objects of a SOP Class; empty when none is known.
std::string_view record_type_of(std::string_view sop_class_uid);

// File IDs (PS3.10 8.2, 8.5)

/// What is wrong with a File ID of these components; empty when nothing is.
std::string fault_of_file_id(std::span<const std::string> components);
/// The same for a File-set ID (PS3.3 F.3.2.1), which may be empty.
std::string fault_of_file_set_id(std::string_view id);
/// "A\B" and "A/B" alike.
std::vector<std::string> components_of(std::string_view path);

// Reading and judging

struct DirectoryRecord {
  std::uint32_t node = 0;    // index of the item
  std::uint64_t offset = 0;  // of the item's tag in the file
  std::string type;
  std::uint32_t next = 0;
  std::uint32_t lower = 0;
  std::uint16_t in_use = 0xffff;
  std::string file;  // components joined by '/'; empty when it references none
  bool reached = false;
};

/// A file as verification sees it.
struct SetMember {
  std::string file;  // components joined by '/'
  bool dicom = false;
  bool other_case = false;  // the name on the medium differs in case
  std::string what;         // when it is not DICOM: what it is
  std::string sop_class;
  std::string sop_instance;
  std::string transfer_syntax;
};

/// The file of a File ID, nothing when there is none.
using FileLookup = std::function<std::optional<SetMember>(const std::string& file)>;

struct DirectoryCheck {
  std::vector<DirectoryRecord> records;  // in the order of the items
  Problems problems;                     // offsets in the DICOMDIR
  std::size_t files = 0;                 // referenced
};

/// The tree as a reader follows it, and every departure from PS3.3 F and PS3.10 8. Without a lookup no file is asked
/// for. Takes time in proportion to the records.
DirectoryCheck check_directory(const DicomFile& directory, const FileLookup& lookup = {});

/// DICOM files of the set that no record references, and further DICOMDIRs.
Problems check_listing(const DirectoryCheck& check, std::span<const SetMember> members);

/// A folder with DICOM files and without a DICOMDIR.
Problem dicomdir_missing(std::size_t objects);

// Making

struct DirectoryEntry {
  std::vector<std::string> file_id;
  std::string transfer_syntax;
  DataSet keys;  // of the object: what records are made of
};

/// What of a file a directory needs, copied: reading the file may stop before its pixels.
DirectoryEntry entry_of(const DicomFile& file, std::vector<std::string> file_id);

struct DirectoryOptions {
  std::string file_set_id;
  std::string file_set_uid;  // made from the content when empty
  std::string implementation_class_uid;
  std::string implementation_version_name;
};

struct DirectoryBuild {
  Bytes file;
  std::size_t listed = 0;
  std::size_t records = 0;
  std::vector<std::string> notes;    // keys that the objects lack and that were made up
  std::vector<std::string> refused;  // "FILE: why it cannot be listed"
};

/// A DICOMDIR that lists the entries, grouped by patient, study and series, in the order given.
DirectoryBuild build_directory(const std::vector<DirectoryEntry>& entries, const DirectoryOptions& options);

}  // namespace assay::dataset
