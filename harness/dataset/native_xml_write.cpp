#include <fmt/format.h>

#include "harness/dataset/form_xml.hpp"
#include "harness/dataset/native_xml.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::dataset {

namespace {

class NativeXmlWriter {
 public:
  NativeXmlWriter(const DataSet& data_set, const FormOptions& options, LossReport& losses)
      : options_(options),
        losses_(losses),
        nodes_(data_set.nodes()),
        at_(data_set),
        utf8_(needs_utf8(data_set)),
        character_set_missing_(utf8_ && !data_set.has(tags::SpecificCharacterSet)) {}

  std::string write() {
    out_ = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel xmlns=\"{}\" xml:space=\"preserve\">\n",
        native_xml_namespace);
    for (bool more = at_.next(); more;) {
      while (!open_.empty() && open_.back().end <= at_.index()) close();
      more = node() ? at_.next() : at_.skip_subtree();
    }
    while (!open_.empty()) close();
    if (character_set_missing_) character_set();
    out_ += "</NativeDicomModel>\n";
    return std::move(out_);
  }

 private:
  struct Open {
    std::uint32_t end;
    bool is_item;
  };

  // False when the subtree has been written.
  bool node() {
    const Node& node = at_.node();
    if (node.kind == NodeKind::item) {
      note_length();
      out_ += fmt::format("<Item number=\"{}\">\n", at_.item_number());
      open_.push_back({node.end, true});
      return true;
    }
    if (node.kind == NodeKind::fragment || (node.kind == NodeKind::element && node.vr == Vr::none)) {
      losses_.add(Form::xml, LossKind::stray, at_, "bytes without a place");
      return true;
    }
    if (node.tag.is_group_length()) {
      losses_.add(Form::xml, LossKind::group_length, at_, "a group length");
      return false;
    }
    if (character_set_missing_ && at_.levels() == 0 && node.tag > tags::SpecificCharacterSet) character_set();
    if (node.kind == NodeKind::sequence) {
      note_length();
      if (node.vr == Vr::UN) losses_.add(Form::xml, LossKind::vr, at_, "a sequence with VR UN, written as SQ");
      begin(Vr::SQ);
      open_.push_back({node.end, false});
      return true;
    }
    FormValue value;
    if (node.kind == NodeKind::fragments) {
      value = form_of_fragments(nodes_, at_, Form::xml, options_, losses_);
    } else {
      value = form_value(at_, Form::xml, options_, utf8_, losses_);
    }
    leaf(value);
    remember(value);
    return node.kind != NodeKind::fragments;
  }

  void begin(Vr vr) {
    Tag tag = at_.node().tag;
    const auto keyword = dict::keyword(tag);
    const std::string* creator = nullptr;
    if (tag.is_private() && tag.element >= 0x1000) {
      const auto block = static_cast<std::uint8_t>(tag.element >> 8);
      creator = creators_.name(open_.size(), tag.group, block);
      if (creator != nullptr && creators_.block(open_.size(), tag.group, *creator) == block) tag.element &= 0xff;
    }
    out_ += fmt::format("<DicomAttribute tag=\"{}\" vr=\"{}\"", tag_digits(tag), name(vr));
    if (!keyword.empty()) append_xml_attribute(out_, "keyword", keyword);
    if (creator != nullptr) append_xml_attribute(out_, "privateCreator", *creator);
    out_ += ">\n";
  }

  // A Private Creator whose value names its block.
  void remember(const FormValue& value) {
    const Tag tag = at_.node().tag;
    if (!tag.is_private() || tag.element < 0x10 || tag.element > 0xff) return;
    if (value.kind != FormValue::Kind::texts || value.values.size() != 1) return;
    const std::string creator(trimmed(value.values[0]));
    if (!creator.empty()) creators_.add(open_.size(), tag.group, static_cast<std::uint8_t>(tag.element), creator);
  }

  void leaf(const FormValue& value) {
    begin(value.vr);
    switch (value.kind) {
      case FormValue::Kind::none: break;
      case FormValue::Kind::binary:
        out_ += "<InlineBinary>";
        out_ += to_base64(value.binary);
        out_ += "</InlineBinary>\n";
        break;
      case FormValue::Kind::bulk:
        out_ += "<BulkData";
        append_xml_attribute(out_, "uri", value.uri);
        out_ += "/>\n";
        break;
      default:
        for (std::size_t i = 0; i < value.values.size(); ++i) {
          if (value.vr == Vr::PN) {
            append_person_name(out_, value.values[i], i + 1);
          } else {
            out_ += fmt::format("<Value number=\"{}\">", i + 1);
            append_xml(out_, value.values[i]);
            out_ += "</Value>\n";
          }
        }
    }
    out_ += "</DicomAttribute>\n";
  }

  void character_set() {
    character_set_missing_ = false;
    losses_.add(Form::xml, LossKind::transcoded, 0, to_string(tags::SpecificCharacterSet), "no character set");
    out_ +=
        "<DicomAttribute tag=\"00080005\" vr=\"CS\" keyword=\"SpecificCharacterSet\">\n"
        "<Value number=\"1\">ISO_IR 192</Value>\n</DicomAttribute>\n";
  }

  void close() {
    creators_.leave(open_.size());
    out_ += open_.back().is_item ? "</Item>\n" : "</DicomAttribute>\n";
    open_.pop_back();
  }

  void note_length() {
    if (at_.node().length == undefined_length)
      losses_.add(Form::xml, LossKind::length_form, at_, "an undefined length");
  }

  const FormOptions& options_;
  LossReport& losses_;
  const std::vector<Node>& nodes_;
  Cursor at_;
  bool utf8_;
  bool character_set_missing_;
  std::string out_;
  std::vector<Open> open_;  // outermost first
  FormCreators creators_;
};

}  // namespace

FormText to_native_xml(const DataSet& data_set, const FormOptions& options) {
  FormText result;
  DataSet storage;
  const DataSet& ordered = in_order(data_set, storage, Form::xml, result.losses);
  result.text = NativeXmlWriter(ordered, options, result.losses).write();
  return result;
}

}  // namespace assay::dataset
