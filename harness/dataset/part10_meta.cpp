#include "harness/dataset/part10_meta.hpp"

#include <algorithm>
#include <array>

#include "harness/dataset/guess.hpp"

namespace assay::dataset {

namespace {

std::uint64_t value_offset(const Node& node) { return node.end_offset - node.value.size(); }

Problem about(const Node& node, std::string rule, std::string found, std::string expected,
              Gravity gravity = Gravity::deviation) {
  return {std::move(rule),     "PS3.10 7.1", value_offset(node), to_string(node.tag), std::move(found),
          std::move(expected), gravity};
}

std::string name_of_kind(dict::UidKind kind) {
  switch (kind) {
    case dict::UidKind::sop_class: return "a SOP Class";
    case dict::UidKind::meta_sop_class: return "a Meta SOP Class";
    case dict::UidKind::service_class: return "a Service Class";
    case dict::UidKind::transfer_syntax: return "a Transfer Syntax";
    case dict::UidKind::application_context: return "an application context";
    case dict::UidKind::well_known_instance: return "a well-known SOP Instance";
    case dict::UidKind::other: break;
  }
  return "a UID of another kind";
}

void check_kind(const DataSet& meta, Tag tag, std::optional<dict::UidKind> wanted, std::string_view expected,
                Problems& problems) {
  const Node* node = meta.find(tag);
  const auto* entry = node != nullptr ? dict::find_uid(meta.text(tag)) : nullptr;
  if (entry == nullptr || (wanted && entry->kind == *wanted)) return;
  problems.push_back(about(*node, "ps3.10/7.1/uid-kind", name_of_kind(entry->kind) + ": " + std::string(entry->name),
                           std::string(expected)));
}

void check_transfer_syntax(const DataSet& meta, Problems& problems) {
  const Node* node = meta.find(tags::TransferSyntaxUID);
  if (node == nullptr || node->value.empty()) return;
  const auto uid = meta.text(tags::TransferSyntaxUID);
  if (const auto* known = find_transfer_syntax(uid)) {
    if (known->retired())
      problems.push_back(about(*node, "ps3.10/7.1/transfer-syntax-retired", std::string(known->name()),
                               "one that is not retired", Gravity::note));
    return;
  }
  if (dict::find_uid(uid) != nullptr) return;  // of the wrong kind, which is said elsewhere
  const bool of_the_standard = uid.starts_with("1.2.840.10008.");
  problems.push_back(about(*node, "ps3.10/7.1/transfer-syntax-private", std::string(uid),
                           "a registered Transfer Syntax", of_the_standard ? Gravity::deviation : Gravity::note));
}

void check_ae_title(const DataSet& meta, Tag tag, Problems& problems) {
  const Node* node = meta.find(tag);
  if (node == nullptr || node->value.empty()) return;
  auto text = as_text(node->value);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const bool foreign = std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e || c == '\\'; });
  const std::string found = text.empty()       ? "only spaces"
                            : foreign          ? "a backslash, a control or another character"
                            : text.size() > 16 ? std::to_string(text.size()) + " characters"
                                               : "";
  if (!found.empty())
    problems.push_back(about(*node, "ps3.10/7.1/ae-title", found, "1 to 16 characters of the default repertoire"));
}

}  // namespace

DataSetDecode read_meta(ByteView file, std::size_t start, Encoding encoding) {
  const auto bytes = file.subspan(start);
  DecodeOptions options;
  options.base_offset = start;
  options.file_meta = true;
  // The group length is believed when what it counts is a whole group 0002 and no more of that group follows: a
  // deflated Data Set may begin with any bytes.
  const std::uint32_t first_tag = encoding.endian == Endian::big ? 0x00020000U : 0x00000002U;
  if (bytes.size() >= 12 && load<std::uint32_t>(bytes.data(), encoding.endian) == first_tag) {
    const std::uint64_t end = 12 + std::uint64_t{load<std::uint32_t>(bytes.data() + 8, encoding.endian)};
    if ((!encoding.explicit_vr || as_text(bytes.subspan(4, 2)) == "UL") && end <= bytes.size()) {
      const auto rest = bytes.subspan(static_cast<std::size_t>(end));
      const bool more = rest.size() >= 8 && load<std::uint16_t>(rest.data(), encoding.endian) == 2 &&
                        load<std::uint16_t>(rest.data() + 2, encoding.endian) != 0;
      auto bounded = decode(bytes.first(static_cast<std::size_t>(end)), encoding, options);
      const bool foreign = std::any_of(bounded.problems.begin(), bounded.problems.end(),
                                       [](const Problem& p) { return p.rule == "ps3.10/7.1/foreign-group"; });
      if (!more && !foreign && !has_error(bounded.problems)) return bounded;
    }
  }
  options.stop_before = Tag(0x0003, 0x0000);
  return decode(bytes, encoding, options);
}

Problems check_preamble(ByteView preamble) {
  Problems problems;
  const auto report = [&](Gravity gravity, std::string rule, std::size_t at, std::string found, std::string expected) {
    problems.push_back({std::move(rule), "PS3.10 7.1", at, "preamble", std::move(found), std::move(expected), gravity});
  };
  const auto first = std::find_if(preamble.begin(), preamble.end(), [](std::uint8_t byte) { return byte != 0; });
  if (first == preamble.end()) return problems;
  const auto starts = [&](std::string_view magic) { return as_text(preamble).starts_with(magic); };
  struct Program {
    std::string_view magic;
    std::string_view name;
  };
  static constexpr std::array<Program, 7> programs{{{"MZ", "a program for Windows"},
                                                    {"\x7f"
                                                     "ELF",
                                                     "a program for Linux"},
                                                    {"\xcf\xfa\xed\xfe", "a program for macOS"},
                                                    {"\xce\xfa\xed\xfe", "a program for macOS"},
                                                    {"\xca\xfe\xba\xbe", "a program for macOS or Java"},
                                                    {"#!", "a script"},
                                                    {"PK\x03\x04", "a ZIP archive"}}};
  for (const auto& program : programs) {
    if (starts(program.magic))
      return report(Gravity::deviation, "ps3.10/7.1/preamble-executable", 0,
                    "the beginning of " + std::string(program.name), "zeros, or what an application profile defines"),
             problems;
  }
  if (starts(std::string_view("II*\0", 4)) || starts(std::string_view("MM\0*", 4)) ||
      starts(std::string_view("II+\0", 4)) || starts(std::string_view("MM\0+", 4))) {
    report(Gravity::note, "ps3.10/7.1/preamble-tiff", 0, "the beginning of a TIFF file: this file is both",
           "zeros, or what an application profile defines");
  } else {
    report(Gravity::note, "ps3.10/7.1/preamble", static_cast<std::size_t>(first - preamble.begin()), "other bytes",
           "zeros, or what an application profile defines");
  }
  return problems;
}

Problems check_required_meta(const DataSet& meta, std::uint64_t start) {
  Problems problems;
  for (const Tag tag : {tags::FileMetaInformationVersion, tags::MediaStorageSOPClassUID,
                        tags::MediaStorageSOPInstanceUID, tags::TransferSyntaxUID, tags::ImplementationClassUID}) {
    const Node* node = meta.find(tag);
    if (node != nullptr && !node->value.empty()) continue;
    problems.push_back({"ps3.10/7.1/required-element", "PS3.10 7.1", node != nullptr ? node->offset : start,
                        to_string(tag), node != nullptr ? "an empty value" : "no such element", "a value: type 1",
                        Gravity::deviation});
  }
  const Node* version = meta.find(tags::FileMetaInformationVersion);
  if (version == nullptr || version->value.empty()) return problems;
  const auto value = version->value;
  if (value.size() == 2 && (value[1] & 1) != 0) return problems;
  const bool swapped = value.size() == 2 && value[0] == 1 && value[1] == 0;
  problems.push_back(about(*version, "ps3.10/7.1/version", swapped ? "the bytes 01H, 00H: swapped" : "another version",
                           "the bytes 00H, 01H"));
  return problems;
}

Problems check_meta(const DataSet& meta, const DataSet& data_set) {
  Problems problems;
  using dict::UidKind;
  check_kind(meta, tags::MediaStorageSOPClassUID, UidKind::sop_class, "a SOP Class", problems);
  check_kind(meta, tags::TransferSyntaxUID, UidKind::transfer_syntax, "a Transfer Syntax", problems);
  check_kind(meta, tags::ImplementationClassUID, std::nullopt, "a UID of the maker of the writing software", problems);
  check_transfer_syntax(meta, problems);

  const Node* name = meta.find(tags::ImplementationVersionName);
  if (name != nullptr && meta.text(tags::ImplementationVersionName).size() > 16)
    problems.push_back(about(*name, "ps3.10/7.1/version-name",
                             std::to_string(meta.text(tags::ImplementationVersionName).size()) + " characters",
                             "at most 16 characters"));
  for (const Tag tag :
       {tags::SourceApplicationEntityTitle, tags::SendingApplicationEntityTitle, tags::ReceivingApplicationEntityTitle})
    check_ae_title(meta, tag, problems);

  const Node* creator = meta.find(tags::PrivateInformationCreatorUID);
  const Node* information = meta.find(tags::PrivateInformation);
  if (information != nullptr && (creator == nullptr || creator->value.empty()))
    problems.push_back(about(*information, "ps3.10/7.1/private-information", "no creator in (0002,0100)",
                             "a UID in (0002,0100) that says whose information this is"));
  if (creator != nullptr && information == nullptr)
    problems.push_back(
        about(*creator, "ps3.10/7.1/private-information", "no information in (0002,0102)", "both elements or neither"));

  struct Pair {
    Tag in_meta;
    Tag in_data_set;
    std::string_view rule;
  };
  for (const auto& pair : {Pair{tags::MediaStorageSOPClassUID, tags::SOPClassUID, "ps3.10/7.1/sop-class"},
                           Pair{tags::MediaStorageSOPInstanceUID, tags::SOPInstanceUID, "ps3.10/7.1/sop-instance"}}) {
    const Node* node = meta.find(pair.in_meta);
    if (node == nullptr || !data_set.has(pair.in_data_set)) continue;
    const auto there = data_set.text(pair.in_data_set);
    if (meta.text(pair.in_meta) != there)
      problems.push_back(about(*node, std::string(pair.rule), std::string(meta.text(pair.in_meta)),
                               std::string(there) + ", as " + to_string(pair.in_data_set) + " says"));
  }
  return problems;
}

void update_group_length(DataSet& meta) {
  if (meta.empty()) return;
  const Bytes all = rewrite(meta);
  std::size_t length = all.size();
  for (const Node* node : meta.root().elements()) {
    if (node->tag != tags::FileMetaInformationGroupLength) continue;
    length -=
        node->offset == no_offset ? 8 + node->value.size() : static_cast<std::size_t>(node->end_offset - node->offset);
  }
  if (meta.u32(tags::FileMetaInformationGroupLength) != length)
    meta.set_u32(tags::FileMetaInformationGroupLength, static_cast<std::uint32_t>(length));
}

}  // namespace assay::dataset
