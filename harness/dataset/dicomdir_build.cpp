// Making a DICOMDIR: records with zero offsets first, which fixes their sizes, then the offsets, which change no size.
#include <algorithm>
#include <map>
#include <set>

#include "harness/base/digest.hpp"
#include "harness/dataset/dicomdir.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/dataset/part10_meta.hpp"

namespace assay::dataset {

namespace {

// Conditional and useful keys beside those of dicomdir_records.inc.
constexpr Tag more_keys[] = {tags::SpecificCharacterSet,
                             tags::ReferencedSeriesSequence,
                             tags::VerificationDateTime,
                             tags::HL7InstanceIdentifier,
                             tags::NumberOfFrames,
                             tags::Rows,
                             tags::Columns};
// What the tree is built by, and where made-up dates and times come from.
constexpr Tag sources[] = {tags::SOPClassUID,      tags::SOPInstanceUID,  tags::InstanceCreationDate,
                           tags::SeriesDate,       tags::AcquisitionDate, tags::InstanceCreationTime,
                           tags::SeriesTime,       tags::AcquisitionTime, tags::StudyInstanceUID,
                           tags::SeriesInstanceUID};

bool is_needed(Tag tag) {
  static const std::set<std::uint32_t> needed = [] {
    std::set<std::uint32_t> all;
    for (const auto& key : all_record_keys()) all.insert(key.tag.packed());
    for (const Tag one : more_keys) all.insert(one.packed());
    for (const Tag one : sources) all.insert(one.packed());
    return all;
  }();
  return needed.contains(tag.packed());
}

struct Record {
  std::string type;
  DataSet keys{explicit_le};
  std::vector<std::size_t> children;
};

class Builder {
 public:
  explicit Builder(const DirectoryOptions& options) : options_(options) {}

  DirectoryBuild run(const std::vector<DirectoryEntry>& entries) {
    for (const auto& entry : entries) add(entry);
    write();
    out_.records = records_.size();
    return std::move(out_);
  }

 private:
  static std::string name_of(const DirectoryEntry& entry) {
    std::string name;
    for (const auto& component : entry.file_id) name += (name.empty() ? "" : "/") + component;
    return name;
  }

  void add(const DirectoryEntry& entry) {
    const std::string name = name_of(entry);
    const auto refuse = [&](const std::string& why) { out_.refused.push_back(name + ": " + why); };
    if (const auto fault = fault_of_file_id(entry.file_id); !fault.empty())
      return refuse("no legal File ID (" + fault + "): rename it to 1 to 8 components of 1 to 8 of A to Z, 0 to 9, _");
    const auto& header = entry.keys;
    const auto sop_class = header.text(tags::SOPClassUID);
    const auto instance = header.text(tags::SOPInstanceUID);
    if (sop_class.empty() || instance.empty()) return refuse("has no SOP Class UID or SOP Instance UID");
    const auto type_name = record_type_of(sop_class);
    const auto* type = find_record_type(type_name);
    if (type == nullptr) return refuse("no directory record lists " + std::string(dict::uid_name(sop_class)));
    std::size_t parent = root;
    if (type->parents == "SERIES") {
      const auto series_uid = header.text(tags::SeriesInstanceUID);
      const auto study_uid = header.text(tags::StudyInstanceUID);
      if (series_uid.empty() || study_uid.empty()) return refuse("has no Study or Series Instance UID");
      parent = group(root, "PATIENT", std::string(header.text(tags::PatientID)), header, name);
      parent = group(parent, "STUDY", std::string(study_uid), header, name);
      parent = group(parent, "SERIES", std::string(series_uid), header, name);
    }
    const auto leaf = make(parent, *type, header, name);
    auto& keys = records_[leaf].keys;
    std::string id;
    for (const auto& component : entry.file_id) id += (id.empty() ? "" : "\\") + component;
    keys.set_text(tags::ReferencedFileID, Vr::CS, id);
    keys.set_text(tags::ReferencedSOPClassUIDInFile, Vr::UI, sop_class);
    keys.set_text(tags::ReferencedSOPInstanceUIDInFile, Vr::UI, instance);
    keys.set_text(tags::ReferencedTransferSyntaxUIDInFile, Vr::UI, entry.transfer_syntax);
    digest_.update(as_bytes(instance));
    ++out_.listed;
  }

  std::size_t group(std::size_t parent, const std::string& type, const std::string& uid, const DataSet& copy,
                    const std::string& name) {
    const auto [found, fresh] = groups_.emplace(std::to_string(parent) + ' ' + type + ' ' + uid, records_.size());
    if (fresh) make(parent, *find_record_type(type), copy, name);
    return found->second;
  }

  std::size_t make(std::size_t parent, const RecordType& type, const DataSet& copy, const std::string& name) {
    Record record;
    record.type = std::string(type.name);
    record.keys = keys_of(type, copy, parent == root ? root_.size() : records_[parent].children.size(), name);
    auto& siblings = parent == root ? root_ : records_[parent].children;
    siblings.push_back(records_.size());
    records_.push_back(std::move(record));
    return records_.size() - 1;
  }

  // What the record says: its keys, as the object has them, and where the standard wants a value that the object lacks,
  // one made up.
  DataSet keys_of(const RecordType& type, const DataSet& copy, std::size_t number, const std::string& name) {
    DataSet keys = copy;
    auto wanted = record_keys(type.name);
    for (const Tag more : more_keys) {
      const bool image_only = more == tags::NumberOfFrames || more == tags::Rows || more == tags::Columns;
      const bool upper = type.name == "PATIENT" || type.name == "STUDY" || type.name == "SERIES";
      if (more == tags::SpecificCharacterSet || (!upper && (!image_only || type.name == "IMAGE")))
        wanted.push_back({more, '3'});
    }
    std::vector<Tag> foreign;
    for (const Node* node : keys.root().elements()) {
      const bool is_wanted =
          std::any_of(wanted.begin(), wanted.end(), [&](const RecordKey& key) { return key.tag == node->tag; });
      if (!is_wanted || node->vr == Vr::none) foreign.push_back(node->tag);
    }
    for (const Tag tag : foreign)
      while (keys.erase(tag)) {
      }
    for (const auto& key : wanted) {
      const Node* node = keys.find(key.tag);
      const bool filled = node && (node->kind == NodeKind::sequence
                                       ? node->end - (node - keys.nodes().data()) > 1
                                       : !keys.text(key.tag).empty() || (node->vr == Vr::US && !node->value.empty()));
      if (filled || key.kind == '3') continue;
      if (key.kind == '2') {
        if (!node) keys.set_empty(key.tag);
        continue;
      }
      const std::string made = made_up(key.tag, copy, number);
      if (made.empty()) {
        out_.notes.push_back(name + ": has no " + std::string(dict::keyword(key.tag)) + ", which a record " +
                             std::string(type.name) + " must have");
        continue;
      }
      keys.set_text(key.tag, made);
      out_.notes.push_back(name + ": has no " + std::string(dict::keyword(key.tag)) + "; the record " +
                           std::string(type.name) + " says " + made);
    }
    keys.set_u32(tags::OffsetOfTheNextDirectoryRecord, 0);
    keys.set_u16(tags::RecordInUseFlag, 0xffff);
    keys.set_u32(tags::OffsetOfReferencedLowerLevelDirectoryEntity, 0);
    keys.set_text(tags::DirectoryRecordType, Vr::CS, type.name);
    return decode_owned(encode(keys, explicit_le), explicit_le).data_set;  // without what was left out
  }

  static std::string made_up(Tag tag, const DataSet& copy, std::size_t number) {
    const auto first_of = [&](std::initializer_list<Tag> places, std::string otherwise) {
      for (const Tag source : places)
        if (const auto text = copy.text(source); !text.empty()) return std::string(text);
      return otherwise;
    };
    if (tag == tags::StudyDate || tag == tags::ContentDate || tag == tags::PresentationCreationDate)
      return first_of(
          {tags::StudyDate, tags::SeriesDate, tags::ContentDate, tags::AcquisitionDate, tags::InstanceCreationDate},
          "19000101");
    if (tag == tags::StudyTime || tag == tags::ContentTime || tag == tags::PresentationCreationTime)
      return first_of(
          {tags::StudyTime, tags::SeriesTime, tags::ContentTime, tags::AcquisitionTime, tags::InstanceCreationTime},
          "000000");
    const std::string next = std::to_string(number + 1);
    if (tag == tags::PatientID) return "UNKNOWN" + next;
    if (tag == tags::StudyID || tag == tags::SeriesNumber || tag == tags::InstanceNumber) return next;
    if (tag == tags::Modality) return "OT";
    if (tag == tags::ContentLabel || tag == tags::RTPlanLabel || tag == tags::StructureSetLabel) return "UNNAMED";
    return "";
  }

  void write() {
    // Depth first, so that a reader who goes from front to back meets records in their order.
    std::vector<std::size_t> order;
    std::vector<std::size_t> open(root_.rbegin(), root_.rend());
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      order.push_back(at);
      const auto& children = records_[at].children;
      open.insert(open.end(), children.rbegin(), children.rend());
    }
    FileMeta meta;
    meta.sop_class_uid = std::string(media_storage_directory);
    meta.sop_instance_uid =
        options_.file_set_uid.empty() ? "2.25." + std::to_string(digest_.value()) : options_.file_set_uid;
    meta.transfer_syntax_uid = std::string(uids::ExplicitVRLittleEndian);
    meta.implementation_class_uid = options_.implementation_class_uid;
    meta.implementation_version_name = options_.implementation_version_name;

    DataSet directory(explicit_le);
    directory.set_text(tags::FileSetID, Vr::CS, options_.file_set_id);
    directory.set_u32(tags::OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, 0);
    directory.set_u32(tags::OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity, 0);
    directory.set_u16(tags::FileSetConsistencyFlag, 0);
    directory.set_sequence(tags::DirectoryRecordSequence, {});
    std::uint64_t at = build_part10(meta, directory).size();
    std::vector<std::uint32_t> offsets(records_.size());
    for (const auto index : order) {
      offsets[index] = static_cast<std::uint32_t>(at);
      at += 8 + encode(records_[index].keys, explicit_le).size();
    }
    const auto link = [&](const std::vector<std::size_t>& siblings) {
      for (std::size_t i = 0; i + 1 < siblings.size(); ++i)
        records_[siblings[i]].keys.set_u32(tags::OffsetOfTheNextDirectoryRecord, offsets[siblings[i + 1]]);
    };
    link(root_);
    for (auto& record : records_) {
      link(record.children);
      if (!record.children.empty())
        record.keys.set_u32(tags::OffsetOfReferencedLowerLevelDirectoryEntity, offsets[record.children.front()]);
    }
    if (!root_.empty()) {
      directory.set_u32(tags::OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, offsets[root_.front()]);
      directory.set_u32(tags::OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity, offsets[root_.back()]);
    }
    std::vector<DataSet> items;
    items.reserve(order.size());
    for (const auto index : order) items.push_back(std::move(records_[index].keys));
    directory.set_sequence(tags::DirectoryRecordSequence, items);
    out_.file = build_part10(meta, directory);
  }

  static constexpr std::size_t root = ~std::size_t{0};

  const DirectoryOptions& options_;
  DirectoryBuild out_;
  std::vector<Record> records_;
  std::vector<std::size_t> root_;
  std::map<std::string, std::size_t> groups_;
  Digest digest_;
};

}  // namespace

DirectoryEntry entry_of(const DicomFile& file, std::vector<std::string> file_id) {
  const ByteView plain = file.inflated ? ByteView(*file.inflated) : file.bytes;
  Bytes needed;
  for (const Node* node : file.data_set.root().elements()) {
    if (!is_needed(node->tag) || node->vr == Vr::none || node->offset == no_offset) continue;
    append(needed, plain.subspan(static_cast<std::size_t>(node->offset),
                                 static_cast<std::size_t>(node->end_offset - node->offset)));
  }
  const auto read = decode_owned(std::move(needed), file.data_set.encoding());
  return {.file_id = std::move(file_id),
          .transfer_syntax = file.transfer_syntax_uid,
          .keys = decode_owned(encode(read.data_set, explicit_le), explicit_le).data_set};
}

DirectoryBuild build_directory(const std::vector<DirectoryEntry>& entries, const DirectoryOptions& options) {
  return Builder(options).run(entries);
}

}  // namespace assay::dataset
