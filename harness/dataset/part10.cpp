#include "harness/dataset/part10.hpp"

#include <algorithm>

namespace assay::dataset {

namespace {

constexpr std::size_t preamble_size = 128;
constexpr std::string_view prefix = "DICM";

DataSetDecode decode_meta(ByteView after_prefix) {
  DecodeOptions options;
  options.base_offset = preamble_size + prefix.size();
  options.file_meta = true;
  // The group length is believed when what it counts is a whole group 0002 and no more of that group follows: a
  // deflated Data Set may begin with any bytes.
  if (after_prefix.size() >= 12) {
    const std::uint64_t end = 12 + std::uint64_t{load<std::uint32_t>(after_prefix.data() + 8, Endian::little)};
    const bool counted = load<std::uint32_t>(after_prefix.data(), Endian::little) == 0x0002U &&
                         as_text(after_prefix.subspan(4, 2)) == "UL" && end <= after_prefix.size();
    if (counted) {
      const auto rest = after_prefix.subspan(static_cast<std::size_t>(end));
      const bool more = rest.size() >= 8 && load<std::uint16_t>(rest.data(), Endian::little) == 2 &&
                        load<std::uint16_t>(rest.data() + 2, Endian::little) != 0;
      auto bounded = decode(after_prefix.first(static_cast<std::size_t>(end)), explicit_le, options);
      const bool foreign = std::any_of(bounded.problems.begin(), bounded.problems.end(),
                                       [](const Problem& p) { return p.rule == "ps3.10/7.1/foreign-group"; });
      if (!more && !foreign && !has_error(bounded.problems)) return bounded;
    }
  }
  options.stop_before = Tag(0x0003, 0x0000);
  return decode(after_prefix, explicit_le, options);
}

}  // namespace

Part10 parse_part10(ByteView file) {
  Part10 result;
  const auto problem = [&](Gravity gravity, std::string_view slug, std::uint64_t offset, Tag tag, std::string found,
                           std::string expected) {
    result.problems.push_back({"ps3.10/7.1/" + std::string(slug), "PS3.10 7.1", offset,
                               tag == Tag() ? std::string("prefix") : to_string(tag), std::move(found),
                               std::move(expected), gravity});
  };
  const std::size_t start = preamble_size + prefix.size();
  if (file.size() < start || as_text(file.subspan(preamble_size, prefix.size())) != prefix) {
    problem(Gravity::error, "prefix", preamble_size, Tag(),
            file.size() < start ? std::to_string(file.size()) + " bytes" : "other bytes",
            "DICM after a preamble of 128 bytes");
    return result;
  }
  auto meta = decode_meta(file.subspan(start));
  result.problems = std::move(meta.problems);
  result.meta = std::move(meta.data_set);
  if (has_error(result.problems)) return result;
  result.data_set_offset = start + meta.consumed;
  result.data_set = file.subspan(start + meta.consumed);
  result.transfer_syntax_uid = std::string(result.meta.text(tags::TransferSyntaxUID));

  for (const Tag tag : {tags::FileMetaInformationVersion, tags::MediaStorageSOPClassUID,
                        tags::MediaStorageSOPInstanceUID, tags::TransferSyntaxUID, tags::ImplementationClassUID}) {
    const Node* node = result.meta.find(tag);
    if (!node || node->value.empty())
      problem(Gravity::deviation, "required-element", node ? node->offset : start, tag,
              node ? "an empty value" : "no such element", "a value: type 1");
  }
  const Node* version = result.meta.find(tags::FileMetaInformationVersion);
  if (version && !version->value.empty() && !(version->value.size() == 2 && (version->value[1] & 1) != 0))
    problem(Gravity::deviation, "version", version->end_offset - version->value.size(), version->tag, "another version",
            "0001H, two bytes");
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
  const Bytes elements = encode(group, explicit_le);
  DataSet length(explicit_le);
  length.set_u32(tags::FileMetaInformationGroupLength, static_cast<std::uint32_t>(elements.size()));

  Bytes file(preamble_size, 0);
  file.reserve(preamble_size + prefix.size() + 12 + elements.size() + encoded_data_set.size());
  append(file, prefix);
  encode_to(file, length, explicit_le);
  append(file, elements);
  append(file, encoded_data_set);
  return file;
}

Bytes build_part10(const FileMeta& meta, const DataSet& data_set) {
  return build_part10(meta, encode(data_set, encoding_of(meta.transfer_syntax_uid)));
}

}  // namespace assay::dataset
