#include <fmt/format.h>

#include "harness/dataset/form_xml.hpp"
#include "harness/dataset/native_xml.hpp"

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
      losses_.add(Form::xml, LossKind::fragments, at_, "fragments, written as the bytes of the value field");
      value = encapsulated(node);
    } else {
      value = form_value(at_, Form::xml, options_, utf8_, losses_);
    }
    leaf(value);
    return node.kind != NodeKind::fragments;
  }

  FormValue encapsulated(const Node& node) {
    FormValue value;
    value.vr = node.vr;
    value.binary = encapsulated_bytes(nodes_, at_.index());
    value.kind = FormValue::Kind::binary;
    if (options_.bulk && value.binary.size() >= options_.bulk_from) {
      value.uri = options_.bulk(at_, value.binary);
      if (!value.uri.empty()) value.kind = FormValue::Kind::bulk;
    }
    return value;
  }

  void begin(Vr vr) {
    const Tag tag = at_.node().tag;
    out_ += fmt::format("<DicomAttribute tag=\"{}\" vr=\"{}\"", tag_digits(tag), name(vr));
    if (const auto keyword = dict::keyword(tag); !keyword.empty()) append_xml_attribute(out_, "keyword", keyword);
    const auto creator = at_.creator();
    if (!creator.empty()) {
      const auto decoded = options_.decode_text(as_bytes(creator), Vr::UT, at_.character_set());
      if (fits_xml(decoded.values[0])) append_xml_attribute(out_, "privateCreator", decoded.values[0]);
    }
    out_ += ">\n";
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
    out_ +=
        "<DicomAttribute tag=\"00080005\" vr=\"CS\" keyword=\"SpecificCharacterSet\">\n"
        "<Value number=\"1\">ISO_IR 192</Value>\n</DicomAttribute>\n";
  }

  void close() {
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
