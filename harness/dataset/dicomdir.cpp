// Verifying a DICOMDIR: the tree is followed as a reader follows it, by offsets, with an explicit stack; each record is
// visited once, whatever the offsets say.
#include "harness/dataset/dicomdir.hpp"

#include <algorithm>
#include <map>

#include "harness/base/hex.hpp"
#include "harness/dataset/part10_meta.hpp"

namespace assay::dataset {

namespace {

constexpr std::uint32_t no_record = ~std::uint32_t{0};

class Checker {
 public:
  Checker(const DicomFile& directory, const FileLookup& lookup)
      : file_(directory), data_(directory.data_set), lookup_(lookup) {}

  DirectoryCheck run() {
    check_meta_of_directory();
    check_file_set();
    collect();
    follow();
    for (std::uint32_t i = 0; i < out_.records.size(); ++i) check_record(i);
    report_orphans();
    std::sort(out_.problems.begin(), out_.problems.end(), [](const Problem& a, const Problem& b) {
      return a.offset != b.offset ? a.offset < b.offset : a.rule < b.rule;
    });
    return std::move(out_);
  }

 private:
  static std::uint64_t value_offset(const Node& node) { return node.end_offset - node.value.size(); }

  void report(Gravity gravity, std::string rule, std::string clause, std::uint64_t offset, std::string field,
              std::string found, std::string expected) {
    if (out_.problems.size() >= limits::max_problems) return;
    out_.problems.push_back(
        {std::move(rule), std::move(clause), offset, std::move(field), std::move(found), std::move(expected), gravity});
  }

  void about_set(std::string rule, std::string clause, Tag tag, std::string found, std::string expected) {
    const Node* node = data_.find(tag);
    report(Gravity::deviation, std::move(rule), std::move(clause), node ? value_offset(*node) : file_.data_set_offset,
           to_string(tag), std::move(found), std::move(expected));
  }

  // `tag` of a record, or the record itself where it has no such element.
  void about(std::uint32_t index, Gravity gravity, std::string rule, std::string clause, Tag tag, std::string found,
             std::string expected) {
    const auto& record = out_.records[index];
    const Node* node = level(index).find(tag);
    std::string field = "(0004,1220)[" + std::to_string(index + 1) + "]/" + to_string(tag);
    if (!record.type.empty()) field += " of " + printable(record.type);
    report(gravity, std::move(rule), std::move(clause), node ? value_offset(*node) : record.offset, std::move(field),
           std::move(found), std::move(expected));
  }

  [[nodiscard]] Level level(std::uint32_t index) const {
    const auto node = out_.records[index].node;
    return {data_, node + 1, data_.nodes()[node].end};
  }

  void check_meta_of_directory() {
    const auto& meta = file_.meta;
    const auto at = [&](Tag tag) {
      const Node* node = meta.find(tag);
      return node ? value_offset(*node) : file_.meta_offset;
    };
    const auto sop_class = meta.text(tags::MediaStorageSOPClassUID);
    if (sop_class != media_storage_directory)
      report(Gravity::deviation, "ps3.10/8.6/dicomdir-sop-class", "PS3.10 8.6", at(tags::MediaStorageSOPClassUID),
             to_string(tags::MediaStorageSOPClassUID), sop_class.empty() ? "nothing" : printable(sop_class),
             "Media Storage Directory Storage (1.2.840.10008.1.3.10)");
    const auto syntax = meta.text(tags::TransferSyntaxUID);
    if (syntax != uids::ExplicitVRLittleEndian)
      report(Gravity::deviation, "ps3.10/8.6/dicomdir-transfer-syntax", "PS3.10 8.6", at(tags::TransferSyntaxUID),
             to_string(tags::TransferSyntaxUID), syntax.empty() ? "nothing" : printable(dict::uid_name(syntax)),
             "Explicit VR Little Endian");
  }

  void check_file_set() {
    const Node* id = data_.find(tags::FileSetID);
    if (!id) {
      about_set("ps3.3/F.3.2.1/file-set-id", "PS3.3 F.3.2.1", tags::FileSetID, "no such element",
                "a File-set ID, which may be empty");
    } else if (const auto text = data_.text(tags::FileSetID); !text.empty()) {
      if (!fault_of_file_set_id(text).empty())
        about_set("ps3.3/F.3.2.1/file-set-id", "PS3.3 F.3.2.1", tags::FileSetID, printable(text.substr(0, 40)),
                  "at most 16 of A to Z, 0 to 9, space and _");
    }
    const auto flag = data_.u16(tags::FileSetConsistencyFlag);
    if (flag != 0)
      about_set("ps3.3/F.3.2.2/consistency-flag", "PS3.3 F.3.2.2", tags::FileSetConsistencyFlag,
                flag ? std::to_string(*flag) : "nothing", "0000H: no known inconsistencies");
    const Node* sequence = data_.find(tags::DirectoryRecordSequence);
    if (!sequence || sequence->kind != NodeKind::sequence)
      about_set("ps3.3/F.3.2.2/record-sequence", "PS3.3 F.3.2.2", tags::DirectoryRecordSequence,
                sequence ? "no sequence" : "no such element", "the Directory Record Sequence, which may be empty");
  }

  void collect() {
    const Node* sequence = data_.find(tags::DirectoryRecordSequence);
    if (!sequence || sequence->kind != NodeKind::sequence) return;
    const auto& nodes = data_.nodes();
    const auto first = static_cast<std::uint32_t>(sequence - nodes.data()) + 1;
    for (std::uint32_t i = first; i < sequence->end; i = nodes[i].end) {
      if (nodes[i].kind != NodeKind::item) continue;
      DirectoryRecord record;
      record.node = i;
      record.offset = nodes[i].offset;
      const Level items(data_, i + 1, nodes[i].end);
      record.type = std::string(items.text(tags::DirectoryRecordType));
      record.next = items.u32(tags::OffsetOfTheNextDirectoryRecord).value_or(0);
      record.lower = items.u32(tags::OffsetOfReferencedLowerLevelDirectoryEntity).value_or(0);
      record.in_use = items.u16(tags::RecordInUseFlag).value_or(0xffff);
      for (const auto component : items.texts(tags::ReferencedFileID)) {
        if (!record.file.empty()) record.file += '/';
        record.file += component;
      }
      out_.records.push_back(std::move(record));
    }
    parents_.assign(out_.records.size(), no_record);
    chains_.assign(out_.records.size(), 0);
  }

  // Items stand in ascending offsets.
  [[nodiscard]] std::uint32_t record_at(std::uint64_t offset) const {
    const auto found = std::lower_bound(out_.records.begin(), out_.records.end(), offset,
                                        [](const DirectoryRecord& r, std::uint64_t at) { return r.offset < at; });
    if (found == out_.records.end() || found->offset != offset) return no_record;
    return static_cast<std::uint32_t>(found - out_.records.begin());
  }

  [[nodiscard]] bool is_around(std::uint32_t ancestor, std::uint32_t record) const {
    for (auto at = record; at != no_record; at = parents_[at])
      if (at == ancestor) return true;
    return false;
  }

  void follow() {
    const auto first = data_.u32(tags::OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity);
    const auto last = data_.u32(tags::OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity);
    const std::string rule = "ps3.3/F.3.2.2/root-offset";
    const auto root_fault = [&](Tag tag, std::optional<std::uint32_t> value, std::string expected) {
      about_set(rule, "PS3.3 F.3.2.2", tag, value ? std::to_string(*value) : "nothing", std::move(expected));
    };
    constexpr Tag first_tag = tags::OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity;
    constexpr Tag last_tag = tags::OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity;
    if (out_.records.empty()) {
      if (first != 0U) root_fault(first_tag, first, "0: the file-set has no records");
      if (last != 0U) root_fault(last_tag, last, "0: the file-set has no records");
      return;
    }
    const auto start = first ? record_at(*first) : no_record;
    if (start == no_record) {
      root_fault(first_tag, first,
                 "the offset of an item of the Directory Record Sequence, like " +
                     std::to_string(out_.records.front().offset));
      if (!last || record_at(*last) == no_record)
        root_fault(last_tag, last, "the offset of an item of the Directory Record Sequence");
      return;
    }
    std::uint32_t end_of_root = start;
    struct Chain {
      std::uint32_t first;
      std::uint32_t parent;
    };
    std::vector<Chain> open{{start, no_record}};
    std::uint32_t chain = 0;
    out_.records[start].reached = true;
    while (!open.empty()) {
      const auto [head, parent] = open.back();
      open.pop_back();
      ++chain;
      for (std::uint32_t at = head; at != no_record;) {
        chains_[at] = chain;
        parents_[at] = parent;
        if (parent == no_record) end_of_root = at;
        const auto& record = out_.records[at];
        check_place(at);
        if (record.lower != 0) {
          const auto lower = target(at, record.lower, tags::OffsetOfReferencedLowerLevelDirectoryEntity, chain);
          if (lower != no_record) open.push_back({lower, at});
        }
        at = record.next == 0 ? no_record : target(at, record.next, tags::OffsetOfTheNextDirectoryRecord, chain);
      }
    }
    if (!last || *last != out_.records[end_of_root].offset)
      root_fault(last_tag, last,
                 std::to_string(out_.records[end_of_root].offset) + ", where the last root record stands");
  }

  // The record that an offset leads to, once.
  std::uint32_t target(std::uint32_t from, std::uint32_t offset, Tag tag, std::uint32_t chain) {
    const auto to = record_at(offset);
    const bool next = tag == tags::OffsetOfTheNextDirectoryRecord;
    if (to == no_record) {
      about(from, Gravity::deviation, next ? "ps3.3/F.3.2.2/next-offset" : "ps3.3/F.3.2.2/lower-offset",
            "PS3.3 F.3.2.2", tag, std::to_string(offset),
            "0 or the offset of an item of the Directory Record Sequence");
      return no_record;
    }
    if (out_.records[to].reached) {
      // The way up is only walked while problems are still listed: their number is limited, the records' is not.
      const bool listed = out_.problems.size() < limits::max_problems;
      const bool cycle = (next && chains_[to] == chain) || (listed && is_around(to, from));
      about(from, Gravity::deviation, cycle ? "ps3.3/F.3.2.2/record-cycle" : "ps3.3/F.3.2.2/record-shared",
            "PS3.3 F.3.2.2", tag,
            std::to_string(offset) + ", record " + std::to_string(to + 1) + (cycle ? ", again" : ", referenced before"),
            "each record in one place of one chain");
      return no_record;
    }
    out_.records[to].reached = true;
    return to;
  }

  void check_place(std::uint32_t index) {
    const auto* type = find_record_type(out_.records[index].type);
    if (!type) return;
    const auto parent = parents_[index];
    const std::string above = parent == no_record ? "" : out_.records[parent].type;
    if (parent != no_record && !find_record_type(above)) return;
    if (!may_stand_below(*type, above))
      about(index, Gravity::deviation, "ps3.3/F.4/record-nesting", "PS3.3 F.4", tags::DirectoryRecordType,
            above.empty() ? "in the root" : "below " + above,
            type->parents.empty() ? "in the root" : "below " + std::string(type->parents));
  }

  void check_record(std::uint32_t index) {
    const auto& record = out_.records[index];
    const auto here = level(index);
    check_flags(index, here);
    if (record.in_use == 0) return;
    const auto* type = find_record_type(record.type);
    if (!type) {
      about(index, Gravity::deviation, "ps3.3/F.3.2.2/record-type", "PS3.3 F.3.2.2", tags::DirectoryRecordType,
            record.type.empty() ? "nothing" : printable(std::string_view(record.type).substr(0, 40)),
            "a type of PS3.3 F.5");
    } else {
      if (type->retired)
        about(index, Gravity::note, "ps3.3/F.4/record-retired", "PS3.3 F.4", tags::DirectoryRecordType, record.type,
              "a type that is not retired");
      check_keys(index, here, *type);
    }
    check_reference(index, here, type);
  }

  void check_flags(std::uint32_t index, const Level& here) {
    for (const Tag tag : {tags::OffsetOfTheNextDirectoryRecord, tags::RecordInUseFlag,
                          tags::OffsetOfReferencedLowerLevelDirectoryEntity, tags::DirectoryRecordType}) {
      const Node* node = here.find(tag);
      if (!node || node->value.empty())
        about(index, Gravity::deviation, "ps3.3/F.3.2.2/record-element", "PS3.3 F.3.2.2", tag,
              node ? "an empty value" : "no such element", "a value: type 1");
    }
    const auto in_use = here.u16(tags::RecordInUseFlag);
    if (in_use && *in_use == 0)
      about(index, Gravity::note, "ps3.3/F.3.2.2/record-inactive", "PS3.3 F.3.2.2", tags::RecordInUseFlag, "0000H",
            "FFFFH: inactive records are retired");
    else if (in_use && *in_use != 0xffff)
      about(index, Gravity::deviation, "ps3.3/F.3.2.2/record-in-use", "PS3.3 F.3.2.2", tags::RecordInUseFlag,
            std::to_string(*in_use), "FFFFH");
  }

  void check_keys(std::uint32_t index, const Level& here, const RecordType& type) {
    for (const auto& key : record_keys(type.name)) {
      const Node* node = here.find(key.tag);
      const bool filled = node && (node->kind == NodeKind::sequence ? !here.items(key.tag).empty() : !is_blank(*node));
      if (node && (filled || key.kind == '2')) continue;
      // A study that a file describes does not need its UID here.
      if (key.tag == tags::StudyInstanceUID && !out_.records[index].file.empty()) continue;
      about(index, Gravity::deviation, "ps3.3/F.5/record-key", "PS3.3 F.5", key.tag,
            std::string(node ? "an empty " : "no ") + std::string(dict::keyword(key.tag)),
            key.kind == '1' ? "a value: type 1" : "the element: type 2");
    }
  }

  static bool is_blank(const Node& node) {
    return std::all_of(node.value.begin(), node.value.end(),
                       [](std::uint8_t c) { return c == ' '; });  // true of an empty value
  }

  void check_reference(std::uint32_t index, const Level& here, const RecordType* type) {
    const auto& record = out_.records[index];
    const Node* id = here.find(tags::ReferencedFileID);
    if (!id || id->value.empty()) {
      if (type && type->leaf && !type->retired && !here.has(tags::MRDRDirectoryRecordOffset))
        about(index, Gravity::deviation, "ps3.3/F.3.2.2/reference", "PS3.3 F.3.2.2", tags::ReferencedFileID,
              id ? "an empty value" : "no such element", "the File ID of the object that this record is for");
      return;
    }
    ++out_.files;
    std::vector<std::string> components;
    for (const auto component : here.texts(tags::ReferencedFileID)) components.emplace_back(component);
    if (const auto fault = fault_of_file_id(components); !fault.empty())
      about(index, Gravity::deviation, "ps3.10/8.2/file-id", "PS3.10 8.2", tags::ReferencedFileID, printable(fault),
            "1 to 8 components of 1 to 8 characters A to Z, 0 to 9, _, separated by backslashes");
    const auto [earlier, fresh] = first_use_.emplace(record.file, index);
    if (!fresh)
      about(index, Gravity::deviation, "ps3.10/8.6/file-twice", "PS3.10 8.6", tags::ReferencedFileID,
            printable(record.file) + ", as in record " + std::to_string(earlier->second + 1),
            "one record for each file");
    const bool dicom = record.type != "HL7 STRUC DOC";
    for (const Tag tag : {tags::ReferencedSOPClassUIDInFile, tags::ReferencedSOPInstanceUIDInFile,
                          tags::ReferencedTransferSyntaxUIDInFile})
      if (dicom && here.text(tag).empty())
        about(index, Gravity::deviation, "ps3.3/F.3.2.2/reference", "PS3.3 F.3.2.2", tag,
              here.has(tag) ? "an empty value" : "no such element", "the UID that stands in the file");
    if (lookup_) check_member(index, here, dicom);
  }

  void check_member(std::uint32_t index, const Level& here, bool dicom) {
    const auto& record = out_.records[index];
    const auto member = lookup_(record.file);
    const auto fault = [&](std::string rule, Tag tag, std::string found, std::string expected) {
      about(index, Gravity::deviation, std::move(rule), "PS3.10 8.6", tag, std::move(found), std::move(expected));
    };
    if (!member)
      return fault("ps3.10/8.6/file-missing", tags::ReferencedFileID, "no file " + printable(record.file),
                   "the file, or no record of it");
    if (member->other_case)
      about(index, Gravity::note, "ps3.10/8.6/file-case", "PS3.10 8.6", tags::ReferencedFileID,
            "a file whose name differs in case from " + printable(record.file), "the same name");
    if (!dicom) return;
    if (!member->dicom)
      return fault("ps3.10/8.6/file-not-dicom", tags::ReferencedFileID,
                   printable(record.file) + ": " + printable(member->what), "a DICOM file");
    struct Pair {
      std::string_view rule;
      Tag tag;
      const std::string& in_file;
    };
    for (const auto& [rule, tag, in_file] :
         {Pair{"ps3.10/8.6/file-sop-class", tags::ReferencedSOPClassUIDInFile, member->sop_class},
          Pair{"ps3.10/8.6/file-sop-instance", tags::ReferencedSOPInstanceUIDInFile, member->sop_instance},
          Pair{"ps3.10/8.6/file-transfer-syntax", tags::ReferencedTransferSyntaxUIDInFile, member->transfer_syntax}}) {
      const auto said = here.text(tag);
      if (!said.empty() && said != in_file)
        fault(std::string(rule), tag, printable(said), printable(in_file) + ", as in " + printable(record.file));
    }
  }

  void report_orphans() {
    std::size_t count = 0;
    std::uint32_t first = no_record;
    for (std::uint32_t i = 0; i < out_.records.size(); ++i) {
      if (out_.records[i].reached || out_.records[i].in_use == 0 || out_.records[i].type == "MRDR") continue;
      if (first == no_record) first = i;
      ++count;
    }
    if (count != 0)
      report(
          Gravity::deviation, "ps3.3/F.3.2.2/record-orphan", "PS3.3 F.3.2.2", out_.records[first].offset,
          "(0004,1220)[" + std::to_string(first + 1) + ']',
          std::to_string(count) + (count == 1 ? " record that no offset leads to" : " records that no offset leads to"),
          "every record in the tree");
  }

  const DicomFile& file_;
  const DataSet& data_;
  const FileLookup& lookup_;
  DirectoryCheck out_;
  std::vector<std::uint32_t> parents_;
  std::vector<std::uint32_t> chains_;
  std::map<std::string, std::uint32_t> first_use_;
};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

}  // namespace

DirectoryCheck check_directory(const DicomFile& directory, const FileLookup& lookup) {
  return Checker(directory, lookup).run();
}

Problem dicomdir_missing(std::size_t objects) {
  return {"ps3.10/8.6/dicomdir-missing",
          "PS3.10 8.6",
          0,
          "file-set",
          std::to_string(objects) + " DICOM files and no DICOMDIR",
          "one DICOMDIR, at the root of the file-set",
          Gravity::deviation};
}

Problems check_listing(const DirectoryCheck& check, std::span<const SetMember> members) {
  Problems problems;
  std::map<std::string, bool> listed;
  for (const auto& record : check.records) listed.emplace(upper(record.file), true);
  for (const auto& member : members) {
    const auto name = upper(member.file);
    const auto slash = name.rfind('/');
    const bool directory = slash != std::string::npos && name.substr(slash + 1) == "DICOMDIR";
    if (directory)
      problems.push_back({"ps3.10/8.6/dicomdir-second", "PS3.10 8.6", 0, member.file, "a DICOMDIR below the root",
                          "one DICOMDIR, at the root of the file-set", Gravity::deviation});
    else if (member.dicom && name != "DICOMDIR" && !listed.contains(name))
      problems.push_back({"ps3.10/8.6/file-unlisted", "PS3.10 8.6", 0, member.file, "a DICOM file without a record",
                          "a record for every DICOM file, as the media profiles of PS3.11 ask", Gravity::deviation});
  }
  return problems;
}

}  // namespace assay::dataset
