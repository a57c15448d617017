#include "harness/app/convert_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/app/object_file.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/form_tree.hpp"
#include "harness/dataset/native_xml.hpp"
#include "harness/dataset/part10_meta.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/builder.hpp"

namespace assay::app {

using namespace dataset;

namespace {

struct Source {
  DataSet meta;
  DataSet data_set;
  std::string transfer_syntax;  // "" of a form that has none
  bool encapsulated = false;    // holds fragments
};

std::string in_words(const Problem& problem) {
  return fmt::format("{}: found {}, expected {}", problem.field, problem.found, problem.expected);
}

std::unexpected<std::string> at_line(const std::string& path, std::string_view text, const Problem& problem) {
  return std::unexpected(fmt::format(
      "{}: {}: {}", path, line_and_column(text, static_cast<std::size_t>(problem.offset)), in_words(problem)));
}

bool has_fragments(const DataSet& data_set) {
  return std::any_of(data_set.nodes().begin(), data_set.nodes().end(),
                     [](const Node& node) { return node.kind == NodeKind::fragments; });
}

std::expected<Source, std::string> read_dicom(const std::string& path, ByteView bytes, const FileOptions& options) {
  auto file = read_file(bytes, options);
  if (!file) return std::unexpected(not_dicom(path, file.error()));
  if (has_error(file->problems))
    return std::unexpected(cut_short(path, file->problems) + "; only exact-xml takes what cannot be read as well");
  Source source;
  source.encapsulated = has_fragments(file->data_set);
  // The bytes may be those of an inflated Data Set that goes with the file.
  source.meta = DataSet(std::as_const(file->meta));
  source.data_set = DataSet(std::as_const(file->data_set));
  source.transfer_syntax = file->transfer_syntax_uid;
  return source;
}

std::expected<Source, std::string> read_form(const std::string& path, ByteView bytes, FileForm from,
                                             const ConversionOptions& options, Problems& notes) {
  FormReadOptions reading;
  reading.max_depth = options.reading.max_depth;
  reading.bulk = options.bulk_source;
  const auto text = as_text(bytes);
  auto read = from == FileForm::json ? from_json(text, reading) : from_native_xml(text, reading);
  for (const auto& problem : read.problems)
    if (problem.gravity == Gravity::error) return at_line(path, text, problem);
  notes = std::move(read.problems);
  Source source;
  source.encapsulated = has_fragments(read.data_set);
  source.data_set = std::move(read.data_set);
  return source;
}

// Group lengths are retired outside groups 0000 and 0002 and would be wrong after a conversion (PS3.5 7.2).
void drop_group_lengths(DataSet& data_set) {
  const auto is_one = [](const Node& node) {
    return node.tag.is_group_length() && node.kind == NodeKind::element && node.vr != Vr::none;
  };
  std::vector<Tag> top;
  bool inside = false;
  for (const auto& node : data_set.nodes()) {
    if (!is_one(node)) continue;
    if (node.depth == 0)
      top.push_back(node.tag);
    else
      inside = true;
  }
  for (const Tag tag : top) data_set.erase(tag);
  if (!inside) return;
  FormTree tree;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> open;
  for (Cursor at(data_set); at.next();) {
    const Node& node = at.node();
    while (!open.empty() && open.back().first <= at.index()) {
      tree.close(open.back().second);
      open.pop_back();
    }
    if (is_one(node) || (node.kind == NodeKind::element && node.vr == Vr::none)) continue;
    const auto index = tree.open(node.kind, node.tag, node.vr, node.offset);
    if (node.kind == NodeKind::element || node.kind == NodeKind::fragment)
      tree.set_value(index, little_endian(node.value, node.vr, at.endian()));
    open.emplace_back(node.end, index);
  }
  for (; !open.empty(); open.pop_back()) tree.close(open.back().second);
  data_set = tree.build();
}

std::string text_of(const DataSet& data_set, Tag tag) { return std::string(data_set.text(tag)); }

DataSet new_meta(const Source& source, std::string_view transfer_syntax) {
  DataSet meta(explicit_le);
  for (const Node* node : source.meta.root().elements()) {
    const bool kept =
        node->kind == NodeKind::element && node->vr != Vr::none && node->tag.group == 2 && !node->tag.is_group_length();
    if (kept) meta.set_bytes(node->tag, node->vr, node->value);
  }
  const auto set = [&](Tag tag, std::string_view text) { meta.set_text(tag, Vr::UI, text); };
  const std::uint8_t version[] = {0, 1};
  meta.set_bytes(tags::FileMetaInformationVersion, Vr::OB, version);
  if (!meta.has(tags::MediaStorageSOPClassUID))
    set(tags::MediaStorageSOPClassUID, text_of(source.data_set, tags::SOPClassUID));
  if (!meta.has(tags::MediaStorageSOPInstanceUID))
    set(tags::MediaStorageSOPInstanceUID, text_of(source.data_set, tags::SOPInstanceUID));
  set(tags::TransferSyntaxUID, transfer_syntax);
  // Who writes the file names itself (PS3.10 7.1).
  set(tags::ImplementationClassUID, scenario::implementation_class_uid);
  meta.set_text(tags::ImplementationVersionName, Vr::SH, "ASSAY");
  meta.set_u32(tags::FileMetaInformationGroupLength, 0);
  update_group_length(meta);
  return meta;
}

std::expected<Bytes, std::string> write_dicom(Source& source, const TargetForm& target, Conversion& result) {
  std::string uid = target.transfer_syntax;
  if (uid.empty() && source.encapsulated)
    return std::unexpected("holds compressed pixel data: name its transfer syntax with --to UID");
  if (uid.empty()) uid = uids::ExplicitVRLittleEndian;
  const Encoding encoding = encoding_of(uid);
  const bool same_codec = source.transfer_syntax.empty() || source.transfer_syntax == uid;
  if (source.encapsulated && !(encoding.encapsulated && same_codec)) {
    return std::unexpected(fmt::format(
        "compressed pixel data ({}) cannot be converted to {}",
        source.transfer_syntax.empty() ? "encapsulated" : dict::uid_name(source.transfer_syntax), dict::uid_name(uid)));
  }
  if (encoding.encapsulated && !source.encapsulated && source.data_set.has(tags::PixelData))
    return std::unexpected(fmt::format("native pixel data cannot be converted to {}", dict::uid_name(uid)));
  if (source.data_set.has(tags::DirectoryRecordSequence))
    return std::unexpected("is a DICOMDIR, whose records are linked by offsets in the file: build it anew instead");
  drop_group_lengths(source.data_set);
  for (const Node* node : source.data_set.root().elements())
    if (node->tag.group == 2) return std::unexpected("holds elements of group 0002 in the Data Set");
  if (!encoding.explicit_vr && source.data_set.encoding().explicit_vr) {
    const auto lost =
        std::count_if(source.data_set.nodes().begin(), source.data_set.nodes().end(), [](const Node& node) {
          const bool element = node.kind == NodeKind::element || node.kind == NodeKind::sequence;
          return element && node.vr != Vr::none && node.vr != Vr::UN && node.vr != dict::implicit_vr(node.tag);
        });
    if (lost > 0) {
      result.losses.push_back({"ps3.5/7.1.3/vr-not-written", "PS3.5 7.1.3", 0, "Data Set",
                               fmt::format("{} elements whose VR the dictionary does not tell", lost),
                               "their values, not their VRs", Gravity::note});
    }
  }
  Bytes file(preamble_size, 0);
  append(file, dicom_prefix);
  append(file, encode(new_meta(source, uid), explicit_le));
  const Bytes encoded = encode(source.data_set, encoding);
  append(file, encoding.deflated ? deflate(encoded) : encoded);
  return file;
}

}  // namespace

FileForm form_of(ByteView bytes) {
  if (bytes.size() >= 132 && as_text(bytes.subspan(128, 4)) == "DICM") return FileForm::dicom;
  std::string_view text = as_text(bytes);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return FileForm::dicom;
  if (text[start] == '{' || text[start] == '[') return FileForm::json;
  if (text[start] != '<') return FileForm::dicom;
  return text.substr(0, 4096).find("urn:assay:exact:") != std::string_view::npos ? FileForm::exact_xml : FileForm::xml;
}

std::optional<TargetForm> target_named(std::string_view word) {
  if (word == "dicom") return TargetForm{FileForm::dicom, ""};
  if (word == "json") return TargetForm{FileForm::json, ""};
  if (word == "xml") return TargetForm{FileForm::xml, ""};
  if (word == "exact-xml") return TargetForm{FileForm::exact_xml, ""};
  const auto syntax = transfer_syntax_named(word);
  if (syntax.empty()) return std::nullopt;
  return TargetForm{FileForm::dicom, std::string(syntax)};
}

std::expected<Conversion, std::string> convert_bytes(const std::string& path, ByteView bytes, FileForm from,
                                                     const TargetForm& target, const ConversionOptions& options) {
  Conversion result;
  if (from == FileForm::exact_xml) {
    auto exact = from_exact_xml(as_text(bytes));
    if (!exact) return at_line(path, as_text(bytes), exact.error());
    if (target.form == FileForm::dicom && target.transfer_syntax.empty()) {
      result.bytes = std::move(*exact);
      return result;
    }
    return convert_bytes(path, *exact, FileForm::dicom, target, options);
  }
  if (target.form == FileForm::exact_xml && from == FileForm::dicom) {
    result.bytes = to_bytes(to_exact_xml(bytes, options.reading).xml);
    return result;
  }
  if (target.form == FileForm::dicom && target.transfer_syntax.empty() && from == FileForm::dicom) {
    result.bytes = to_bytes(bytes);
    return result;
  }
  auto source = from == FileForm::dicom ? read_dicom(path, bytes, options.reading)
                                        : read_form(path, bytes, from, options, result.losses);
  if (!source) return std::unexpected(source.error());
  if (target.form == FileForm::dicom || target.form == FileForm::exact_xml) {
    auto file = write_dicom(*source, target, result);
    if (!file) return std::unexpected(fmt::format("{}: {}", path, file.error()));
    result.bytes = target.form == FileForm::dicom ? std::move(*file) : to_bytes(to_exact_xml(*file).xml);
    return result;
  }
  FormOptions writing;
  writing.bulk = options.bulk_sink;
  writing.bulk_from = options.bulk_from;
  auto written =
      target.form == FileForm::json ? to_json(source->data_set, writing) : to_native_xml(source->data_set, writing);
  result.bytes = to_bytes(written.text);
  auto& losses = result.losses;
  losses.insert(losses.end(), written.losses.problems.begin(), written.losses.problems.end());
  result.more_losses = written.losses.more;
  return result;
}

}  // namespace assay::app
