// DICOMDIRs made, read and broken in every way: each fault at its byte, the whole one silent.
#include "harness/dataset/dicomdir.hpp"

#include <functional>
#include <map>

#include "harness/dataset/part10_meta.hpp"
#include "tests/unit/dataset/file_support.hpp"

namespace assay::dataset {
namespace {

struct Object {
  std::string file;
  std::string patient;
  std::string study;
  std::string series;
  std::string sop_class = "1.2.840.10008.5.1.4.1.1.7";
};

std::string uid(const std::string& tail) { return "1.2.826.0.1.3680043.10.999." + tail; }

Bytes object_file(const Object& object, const std::function<void(DataSet&)>& change = {}) {
  auto data = sample();
  std::string number;
  for (const char c : object.file) number += std::to_string(static_cast<int>(c) % 10 + 1);
  data.set_text(tags::SOPClassUID, object.sop_class);
  data.set_text(tags::SOPInstanceUID, uid(number));
  data.set_text(tags::PatientID, object.patient);
  data.set_text(tags::StudyInstanceUID, uid(object.study));
  data.set_text(tags::SeriesInstanceUID, uid(object.series));
  if (change) change(data);
  auto meta = sample_meta();
  meta.sop_class_uid = std::string(data.text(tags::SOPClassUID));
  meta.sop_instance_uid = std::string(data.text(tags::SOPInstanceUID));
  return build_part10(meta, data);
}

const std::vector<Object>& objects() {
  static const std::vector<Object> all{{"IM/A1", "P1", "10", "100"},
                                       {"IM/A2", "P1", "10", "100"},
                                       {"IM/B1", "P1", "10", "101"},
                                       {"IM/C1", "P1", "11", "102"},
                                       {"D", "P2", "12", "103"}};
  return all;
}

// The files of a set, and the DICOMDIR made for them.
struct Set {
  std::map<std::string, Bytes> files;
  Bytes directory;
  DirectoryBuild build;

  explicit Set(const std::vector<Object>& list, const std::function<void(DataSet&)>& change = {}) {
    std::vector<DirectoryEntry> entries;
    for (const auto& object : list) {
      const auto& bytes = files[object.file] = object_file(object, change);
      FileOptions options;
      options.stop_before = tags::PixelData;
      entries.push_back(entry_of(*read_file(bytes, options), components_of(object.file)));
    }
    DirectoryOptions options;
    options.file_set_id = "ASSAY_SET";
    options.implementation_class_uid = uid("9");
    build = build_directory(entries, options);
    directory = build.file;
  }

  [[nodiscard]] std::optional<SetMember> find(const std::string& name) const {
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    SetMember member;
    member.file = name;
    const auto file = read_file(found->second);
    if (!file) {
      member.what = file.error().found;
      return member;
    }
    member.dicom = true;
    member.sop_class = std::string(file->meta.text(tags::MediaStorageSOPClassUID));
    member.sop_instance = std::string(file->meta.text(tags::MediaStorageSOPInstanceUID));
    member.transfer_syntax = file->transfer_syntax_uid;
    return member;
  }

  [[nodiscard]] DirectoryCheck check(const Bytes& bytes) const {
    const auto file = read_file(bytes);
    EXPECT_TRUE(file.has_value());
    return check_directory(*file, [&](const std::string& name) { return find(name); });
  }
};

TEST(Dicomdir, What_is_built_is_right_and_holds_every_object_once) {
  const Set set(objects());
  EXPECT_EQ(set.build.listed, 5U);
  EXPECT_TRUE(set.build.refused.empty());
  EXPECT_TRUE(set.build.notes.empty()) << set.build.notes.front();
  const auto file = read_file(set.directory);
  EXPECT_EQ(listed(file->problems), "");
  const auto check = set.check(set.directory);
  EXPECT_EQ(listed(check.problems), "");
  std::string types;
  for (const auto& record : check.records) types += record.type + (record.file.empty() ? " " : "=" + record.file + " ");
  EXPECT_EQ(types,
            "PATIENT STUDY SERIES IMAGE=IM/A1 IMAGE=IM/A2 SERIES IMAGE=IM/B1 STUDY SERIES IMAGE=IM/C1 "
            "PATIENT STUDY SERIES IMAGE=D ");
  EXPECT_EQ(check.files, 5U);
  EXPECT_EQ(file->data_set.text(tags::FileSetID), "ASSAY_SET");
  EXPECT_EQ(file->meta.text(tags::MediaStorageSOPClassUID), media_storage_directory);
  EXPECT_EQ(rewrite(*file), set.directory);
}

TEST(Dicomdir, An_empty_file_set_has_one_too) {
  const Set set({});
  const auto check = set.check(set.directory);
  EXPECT_EQ(listed(check.problems), "");
  EXPECT_TRUE(check.records.empty());
  EXPECT_EQ(listed(read_file(set.directory)->problems), "");
}

// Records counted from 0: 0 PATIENT, 1 STUDY, 2 SERIES, 3 IMAGE, 4 IMAGE, 5 SERIES, 6 IMAGE, 7 STUDY, 8 SERIES, 9
// IMAGE, 10 PATIENT, 11 STUDY, 12 SERIES, 13 IMAGE.
struct Fault {
  std::string name;
  int record;  // -1: of the Data Set
  Tag tag;
  std::string value;  // hex, in place; or "=n" the offset of record n, or text after '\''
  std::string rule;
  std::string also = {};  // another rule that the same fault brings
};

constexpr Tag next_tag = tags::OffsetOfTheNextDirectoryRecord;
constexpr Tag lower_tag = tags::OffsetOfReferencedLowerLevelDirectoryEntity;
constexpr Tag first_tag = tags::OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity;
constexpr Tag last_tag = tags::OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity;

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all{
      {"first_root_beside_an_item", -1, first_tag, "01000000", "ps3.3/F.3.2.2/root-offset", "record-orphan"},
      {"first_root_zero", -1, first_tag, "00000000", "ps3.3/F.3.2.2/root-offset", "record-orphan"},
      {"first_root_is_a_study", -1, first_tag, "=1", "ps3.3/F.4/record-nesting", "any"},
      {"last_root_is_the_first", -1, last_tag, "=0", "ps3.3/F.3.2.2/root-offset"},
      {"last_root_zero", -1, last_tag, "00000000", "ps3.3/F.3.2.2/root-offset"},
      {"consistency", -1, tags::FileSetConsistencyFlag, "ffff", "ps3.3/F.3.2.2/consistency-flag"},
      {"file_set_id", -1, tags::FileSetID, "'assay set ", "ps3.3/F.3.2.1/file-set-id"},
      {"next_beside", 3, next_tag, "03000000", "ps3.3/F.3.2.2/next-offset", "record-orphan"},
      {"next_past_the_end", 3, next_tag, "ffffff7f", "ps3.3/F.3.2.2/next-offset", "record-orphan"},
      {"next_is_itself", 4, next_tag, "=4", "ps3.3/F.3.2.2/record-cycle"},
      {"next_is_the_one_before", 4, next_tag, "=3", "ps3.3/F.3.2.2/record-cycle"},
      {"next_is_the_series_around", 4, next_tag, "=2", "ps3.3/F.3.2.2/record-cycle"},
      {"next_of_another_series", 4, next_tag, "=6", "ps3.3/F.3.2.2/record-shared"},
      {"lower_beside", 12, lower_tag, "05000000", "ps3.3/F.3.2.2/lower-offset", "record-orphan"},
      {"lower_is_the_patient", 12, lower_tag, "=10", "ps3.3/F.3.2.2/record-cycle", "record-orphan"},
      {"lower_left_out", 1, lower_tag, "00000000", "ps3.3/F.3.2.2/record-orphan"},
      {"lower_of_a_leaf", 13, lower_tag, "=12", "ps3.3/F.3.2.2/record-cycle"},
      {"in_use", 3, tags::RecordInUseFlag, "0100", "ps3.3/F.3.2.2/record-in-use"},
      {"inactive", 3, tags::RecordInUseFlag, "0000", "ps3.3/F.3.2.2/record-inactive"},
      {"unknown_type", 3, tags::DirectoryRecordType, "'PHOTO ", "ps3.3/F.3.2.2/record-type"},
      {"retired_type", 3, tags::DirectoryRecordType, "'CURVE ", "ps3.3/F.4/record-retired"},
      {"series_in_a_series", 3, tags::DirectoryRecordType, "'STUDY ", "ps3.3/F.4/record-nesting", "any"},
      {"key_empty", 2, tags::Modality, "'  ", "ps3.3/F.5/record-key"},
      {"file_id_lower_case", 3, tags::ReferencedFileID, "'IM\\a1 ", "ps3.10/8.2/file-id", "any"},
      {"file_id_slash", 3, tags::ReferencedFileID, "'IM/A1 ", "ps3.10/8.2/file-id"},
      {"file_gone", 3, tags::ReferencedFileID, "'IM\\Z9 ", "ps3.10/8.6/file-missing"},
      {"file_twice", 4, tags::ReferencedFileID, "'IM\\A1 ", "ps3.10/8.6/file-twice", "any"},
      {"class_differs", 3, tags::ReferencedSOPClassUIDInFile, "'1.2.840.10008.5.1.4.1.1.2",
       "ps3.10/8.6/file-sop-class"},
      {"instance_differs", 3, tags::ReferencedSOPInstanceUIDInFile, "'1.2.3", "ps3.10/8.6/file-sop-instance"},
      {"syntax_differs", 3, tags::ReferencedTransferSyntaxUIDInFile, "'1.2.840.10008.1.2",
       "ps3.10/8.6/file-transfer-syntax"},
      {"class_empty", 3, tags::ReferencedSOPClassUIDInFile, "'", "ps3.3/F.3.2.2/reference"},
  };
  return all;
}

// Overwrites a value in place, padded to its length by NUL for UIDs and spaces for others.
std::uint64_t patch(Bytes& bytes, const DirectoryCheck& whole, const Fault& fault) {
  const auto file = read_file(bytes);
  const Node* node = nullptr;
  if (fault.record < 0) {
    node = file->data_set.find(fault.tag);
  } else {
    const auto item = whole.records[static_cast<std::size_t>(fault.record)].node;
    node = Level(file->data_set, item + 1, file->data_set.nodes()[item].end).find(fault.tag);
  }
  if (node == nullptr) return 0;
  const auto at = static_cast<std::size_t>(node->end_offset - node->value.size());
  Bytes value;
  if (fault.value.starts_with('=')) {
    const auto index = static_cast<std::size_t>(std::stoi(fault.value.substr(1)));
    store(value, static_cast<std::uint32_t>(whole.records[index].offset), Endian::little);
  } else if (fault.value.starts_with('\'')) {
    value = to_bytes(std::string_view(fault.value).substr(1));
    value.resize(node->value.size(), node->vr == Vr::UI ? 0 : ' ');
  } else {
    value = hex(fault.value);
  }
  EXPECT_EQ(value.size(), node->value.size()) << fault.name;
  std::copy_n(value.begin(), std::min(value.size(), node->value.size()),
              bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return at;
}

TEST(Dicomdir, Each_fault_is_named_at_its_byte_and_alone) {
  const Set set(objects());
  const auto whole = set.check(set.directory);
  for (const auto& fault : faults()) {
    auto bytes = set.directory;
    const auto at = patch(bytes, whole, fault);
    ASSERT_NE(at, 0U) << fault.name;
    const auto check = set.check(bytes);
    const auto* found = find_rule(check.problems, fault.rule);
    ASSERT_NE(found, nullptr) << fault.name << "\n" << listed(check.problems);
    const bool elsewhere = fault.rule.ends_with("orphan") || fault.rule.ends_with("nesting");
    EXPECT_TRUE(elsewhere || found->offset == at) << fault.name << "\n" << listed(check.problems);
    for (const auto& problem : check.problems) {
      const bool expected = problem.rule == fault.rule || fault.also == "any" ||
                            (!fault.also.empty() && problem.rule.ends_with(fault.also));
      EXPECT_TRUE(expected) << fault.name << " also brings\n" << listed(check.problems);
    }
  }
}

TEST(Dicomdir, Elements_left_out_are_named_by_their_record) {
  const Set set(objects());
  const auto whole = set.check(set.directory);
  struct Case {
    std::size_t record;
    Tag tag;
    std::string_view rule;
  };
  const auto file = read_file(set.directory);
  for (const auto& [record, tag, rule] :
       {Case{0, tags::PatientID, "ps3.3/F.5/record-key"}, Case{0, tags::PatientName, "ps3.3/F.5/record-key"},
        Case{1, tags::StudyDescription, "ps3.3/F.5/record-key"},
        Case{1, tags::StudyInstanceUID, "ps3.3/F.5/record-key"}, Case{3, tags::InstanceNumber, "ps3.3/F.5/record-key"},
        Case{3, tags::ReferencedFileID, "ps3.3/F.3.2.2/reference"},
        Case{3, tags::ReferencedSOPInstanceUIDInFile, "ps3.3/F.3.2.2/reference"},
        Case{3, tags::RecordInUseFlag, "ps3.3/F.3.2.2/record-element"},
        Case{3, tags::DirectoryRecordType, "ps3.3/F.3.2.2/record-element"}}) {
    // The element's tag is changed to a private one behind it, so that nothing moves.
    const auto item = whole.records[record].node;
    const auto* node = Level(file->data_set, item + 1, file->data_set.nodes()[item].end).find(tag);
    ASSERT_NE(node, nullptr) << to_string(tag);
    auto bytes = set.directory;
    bytes[static_cast<std::size_t>(node->offset)] |= 1;
    const auto check = set.check(bytes);
    const auto* found = find_rule(check.problems, rule);
    ASSERT_NE(found, nullptr) << to_string(tag) << listed(check.problems);
    EXPECT_EQ(found->offset, whole.records[record].offset);
    EXPECT_NE(found->field.find(to_string(tag)), std::string::npos);
  }
}

TEST(Dicomdir, Another_class_or_syntax_is_named) {
  auto meta = sample_meta(uids::ImplicitVRLittleEndian);
  meta.sop_class_uid = "1.2.840.10008.1.1";
  DataSet data(implicit_le);
  data.set_text(tags::FileSetID, "");
  const auto check = check_directory(*read_file(build_part10(meta, data)));
  EXPECT_NE(find_rule(check.problems, "ps3.10/8.6/dicomdir-sop-class"), nullptr);
  EXPECT_NE(find_rule(check.problems, "ps3.10/8.6/dicomdir-transfer-syntax"), nullptr);
  EXPECT_NE(find_rule(check.problems, "ps3.3/F.3.2.2/record-sequence"), nullptr);
}

TEST(Dicomdir, Files_and_records_are_compared_both_ways) {
  Set set(objects());
  const auto check = set.check(set.directory);
  std::vector<SetMember> members;
  for (const auto& [name, bytes] : set.files) members.push_back(*set.find(name));
  EXPECT_TRUE(check_listing(check, members).empty());
  SetMember more;
  more.file = "IM/NEW";
  more.dicom = true;
  members.push_back(more);
  more.file = "IM/DICOMDIR";
  members.push_back(more);
  more.file = "README.TXT";
  more.dicom = false;
  members.push_back(more);
  const auto problems = check_listing(check, members);
  ASSERT_EQ(problems.size(), 2U) << listed(problems);
  EXPECT_EQ(problems[0].rule, "ps3.10/8.6/file-unlisted");
  EXPECT_EQ(problems[0].field, "IM/NEW");
  EXPECT_EQ(problems[1].rule, "ps3.10/8.6/dicomdir-second");
  set.files["D"] = to_bytes("not DICOM");
  EXPECT_NE(find_rule(set.check(set.directory).problems, "ps3.10/8.6/file-not-dicom"), nullptr);
}

TEST(Dicomdir, File_IDs_have_their_form) {
  for (const std::string good : {"A", "A/B/C/D/E/F/G/H", "ABCDEFGH", "IM_00001", "9"})
    EXPECT_EQ(fault_of_file_id(components_of(good)), "") << good;
  for (const std::string bad : {"", "A/B/C/D/E/F/G/H/I", "ABCDEFGHI", "im", "A.DCM", "A//B", "A B", "1.2.840.10008"})
    EXPECT_NE(fault_of_file_id(components_of(bad)), "") << bad;
  EXPECT_EQ(components_of("A\\B").size(), 2U);
  EXPECT_EQ(fault_of_file_set_id(""), "");
  EXPECT_EQ(fault_of_file_set_id("SET_1"), "");
  EXPECT_NE(fault_of_file_set_id("SET-1"), "");
  EXPECT_NE(fault_of_file_set_id("ABCDEFGHIJKLMNOPQ"), "");
}

TEST(Dicomdir, Objects_of_every_class_get_the_record_of_their_kind) {
  struct Kind {
    std::string_view sop_class;
    std::string_view type;
  };
  for (const auto& [sop_class, type] :
       {Kind{"1.2.840.10008.5.1.4.1.1.2", "IMAGE"}, Kind{"1.2.840.10008.5.1.4.1.1.88.11", "SR DOCUMENT"},
        Kind{"1.2.840.10008.5.1.4.1.1.88.59", "KEY OBJECT DOC"}, Kind{"1.2.840.10008.5.1.4.1.1.11.1", "PRESENTATION"},
        Kind{"1.2.840.10008.5.1.4.1.1.9.1.1", "WAVEFORM"}, Kind{"1.2.840.10008.5.1.4.1.1.481.2", "RT DOSE"},
        Kind{"1.2.840.10008.5.1.4.1.1.481.3", "RT STRUCTURE SET"}, Kind{"1.2.840.10008.5.1.4.1.1.481.5", "RT PLAN"},
        Kind{"1.2.840.10008.5.1.4.1.1.66", "RAW DATA"}, Kind{"1.2.840.10008.5.1.4.1.1.66.4", "IMAGE"},
        Kind{"1.2.840.10008.5.1.4.1.1.104.1", "ENCAP DOC"}, Kind{"1.2.840.10008.5.1.4.38.1", "HANGING PROTOCOL"},
        Kind{"1.2.840.10008.1.1", ""}, Kind{"1.2.3.4", ""}})
    EXPECT_EQ(record_type_of(sop_class), type) << sop_class;
  for (const std::string sop_class : {"1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.9.1.1",
                                      "1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.5.1.4.1.1.481.5"}) {
    const Set set({{"A", "P", "1", "2", sop_class}});
    EXPECT_EQ(listed(set.check(set.directory).problems), "") << sop_class;
    EXPECT_EQ(set.build.records, 4U);
  }
  const Set refused({{"A", "P", "1", "2", "1.2.3.4"}, {"toolongname", "P", "1", "2"}});
  EXPECT_EQ(refused.build.listed, 0U);
  EXPECT_EQ(refused.build.refused.size(), 2U);
}

TEST(Dicomdir, Keys_that_an_object_lacks_are_made_up_and_told) {
  const Set set(objects(), [](DataSet& data) {
    for (const Tag tag : {tags::StudyDate, tags::StudyTime, tags::StudyID, tags::SeriesNumber, tags::InstanceNumber})
      data.erase(tag);
    data.set_empty(tags::PatientID);
  });
  EXPECT_EQ(set.build.listed, 5U);
  EXPECT_GE(set.build.notes.size(), 10U);
  EXPECT_EQ(listed(set.check(set.directory).problems), "");
}

TEST(Dicomdir, Sequences_and_character_sets_are_copied) {
  const auto change = [](DataSet& data) {
    DataSet code(explicit_le);
    code.set_text(tags::CodeValue, "121111");
    code.set_text(tags::CodeMeaning, "Summary");
    data.set_sequence(tags::ConceptNameCodeSequence, {code}, true);
    data.set_text(tags::CompletionFlag, "COMPLETE");
    data.set_text(tags::VerificationFlag, "UNVERIFIED");
    data.set_text(tags::ContentDate, "20260105");
    data.set_text(tags::ContentTime, "101500");
  };
  const Set set({{"A", "P", "1", "2", "1.2.840.10008.5.1.4.1.1.88.11"}}, change);
  EXPECT_TRUE(set.build.notes.empty()) << set.build.notes.front();
  const auto check = set.check(set.directory);
  EXPECT_EQ(listed(check.problems), "");
  const auto file = read_file(set.directory);
  const Level record = file->data_set.items(tags::DirectoryRecordSequence).at(3);
  EXPECT_EQ(record.text(tags::DirectoryRecordType), "SR DOCUMENT");
  EXPECT_EQ(record.text(tags::SpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(record.items(tags::ConceptNameCodeSequence).at(0).text(tags::CodeValue), "121111");
}

TEST(Dicomdir, Thousands_of_records_whose_offsets_all_lie_are_judged_in_time) {
  // A chain of PRIVATE records below each other, every next offset pointing back to the first.
  constexpr std::uint32_t count = 20'000;
  DataSet directory(explicit_le);
  directory.set_text(tags::FileSetID, "");
  directory.set_u32(first_tag, 0);
  directory.set_u32(last_tag, 0);
  directory.set_u16(tags::FileSetConsistencyFlag, 0);
  DataSet record(explicit_le);
  record.set_u32(next_tag, 0);
  record.set_u16(tags::RecordInUseFlag, 0xffff);
  record.set_u32(lower_tag, 0);
  record.set_text(tags::DirectoryRecordType, "PRIVATE");
  record.set_text(tags::PrivateRecordUID, "1.2.3");
  auto meta = sample_meta();
  meta.sop_class_uid = std::string(media_storage_directory);
  directory.set_sequence(tags::DirectoryRecordSequence, {});
  const auto start = static_cast<std::uint32_t>(build_part10(meta, directory).size());
  const auto size = static_cast<std::uint32_t>(8 + encode(record, explicit_le).size());
  Bytes items;
  for (std::uint32_t i = 0; i < count; ++i) {
    record.set_u32(next_tag, start);
    record.set_u32(lower_tag, i + 1 < count ? start + (i + 1) * size : start);
    append(items, hex("feff00e0"));
    store(items, size - 8, Endian::little);
    append(items, encode(record, explicit_le));
  }
  directory.set_u32(first_tag, start);
  directory.set_u32(last_tag, start);
  auto bytes = build_part10(meta, directory);
  append(bytes, items);
  Bytes length;
  store(length, static_cast<std::uint32_t>(items.size()), Endian::little);
  std::copy(length.begin(), length.end(), bytes.begin() + start - 4);
  const auto check = check_directory(*read_file(bytes));
  EXPECT_EQ(check.records.size(), count);
  EXPECT_EQ(check.problems.size(), limits::max_problems);
  EXPECT_EQ(check.problems.front().rule, "ps3.3/F.3.2.2/record-cycle");
}

}  // namespace
}  // namespace assay::dataset
