#include "harness/dataset/part10.hpp"

#include "harness/dataset/deflate.hpp"
#include "harness/dataset/part10_meta.hpp"

namespace assay::dataset {

Part10 parse_part10(ByteView file) {
  Part10 result;
  const std::size_t start = preamble_size + dicom_prefix.size();
  if (file.size() < start || as_text(file.subspan(preamble_size, dicom_prefix.size())) != dicom_prefix) {
    result.problems.push_back({"ps3.10/7.1/prefix", "PS3.10 7.1", preamble_size, "prefix",
                               file.size() < start ? std::to_string(file.size()) + " bytes" : "other bytes",
                               "DICM after a preamble of 128 bytes", Gravity::error});
    return result;
  }
  auto meta = read_meta(file, start, explicit_le);
  result.problems = std::move(meta.problems);
  result.meta = std::move(meta.data_set);
  if (has_error(result.problems)) return result;
  result.data_set_offset = start + meta.consumed;
  result.data_set = file.subspan(start + meta.consumed);
  result.transfer_syntax_uid = std::string(result.meta.text(tags::TransferSyntaxUID));
  for (auto& problem : check_required_meta(result.meta, start)) result.problems.push_back(std::move(problem));
  return result;
}

Bytes build_part10(const FileMeta& meta, ByteView encoded_data_set) {
  DataSet group(explicit_le);
  const std::uint8_t version[] = {0, 1};
  group.set_bytes(tags::FileMetaInformationVersion, Vr::OB, version);
  group.set_text(tags::MediaStorageSOPClassUID, Vr::UI, meta.sop_class_uid);
  group.set_text(tags::MediaStorageSOPInstanceUID, Vr::UI, meta.sop_instance_uid);
  group.set_text(tags::TransferSyntaxUID, Vr::UI, meta.transfer_syntax_uid);
  group.set_text(tags::ImplementationClassUID, Vr::UI, meta.implementation_class_uid);
  if (!meta.implementation_version_name.empty())
    group.set_text(tags::ImplementationVersionName, Vr::SH, meta.implementation_version_name);
  if (!meta.source_ae_title.empty()) group.set_text(tags::SourceApplicationEntityTitle, Vr::AE, meta.source_ae_title);
  if (!meta.sending_ae_title.empty())
    group.set_text(tags::SendingApplicationEntityTitle, Vr::AE, meta.sending_ae_title);
  if (!meta.receiving_ae_title.empty())
    group.set_text(tags::ReceivingApplicationEntityTitle, Vr::AE, meta.receiving_ae_title);
  if (!meta.private_information_creator_uid.empty()) {
    group.set_text(tags::PrivateInformationCreatorUID, Vr::UI, meta.private_information_creator_uid);
    group.set_bytes(tags::PrivateInformation, Vr::OB, meta.private_information);
  }
  const Bytes elements = encode(group, explicit_le);
  DataSet length(explicit_le);
  length.set_u32(tags::FileMetaInformationGroupLength, static_cast<std::uint32_t>(elements.size()));

  Bytes file(preamble_size, 0);
  file.reserve(preamble_size + dicom_prefix.size() + 12 + elements.size() + encoded_data_set.size());
  append(file, dicom_prefix);
  encode_to(file, length, explicit_le);
  append(file, elements);
  append(file, encoded_data_set);
  return file;
}

Bytes build_part10(const FileMeta& meta, const DataSet& data_set) {
  const auto encoding = encoding_of(meta.transfer_syntax_uid);
  const Bytes encoded = encode(data_set, encoding);
  return encoding.deflated ? build_part10(meta, deflate(encoded)) : build_part10(meta, encoded);
}

}  // namespace assay::dataset
