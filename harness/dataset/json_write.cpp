#include <fmt/format.h>

#include "harness/dataset/json.hpp"

namespace assay::dataset {

namespace {

class JsonWriter {
 public:
  JsonWriter(const DataSet& data_set, const FormOptions& options, LossReport& losses)
      : options_(options),
        losses_(losses),
        nodes_(data_set.nodes()),
        at_(data_set),
        utf8_(needs_utf8(data_set)),
        character_set_missing_(utf8_ && !data_set.has(tags::SpecificCharacterSet)) {}

  std::string write() {
    out_ = "{";
    first_.push_back(true);
    for (bool more = at_.next(); more;) {
      while (!open_.empty() && open_.back() <= at_.index()) close();
      more = node() ? at_.next() : at_.skip_subtree();
    }
    while (!open_.empty()) close();
    if (character_set_missing_) character_set();
    out_ += "\n}\n";
    return std::move(out_);
  }

 private:
  // False when the subtree has been written.
  bool node() {
    const Node& node = at_.node();
    if (node.kind == NodeKind::item) {
      comma();
      note_length();
      begin("{", node.end);
      return true;
    }
    if (node.kind == NodeKind::fragment || (node.kind == NodeKind::element && node.vr == Vr::none)) {
      losses_.add(Form::json, LossKind::stray, at_, "bytes without a place");
      return true;
    }
    if (node.tag.is_group_length()) {
      losses_.add(Form::json, LossKind::group_length, at_, "a group length");
      return false;
    }
    if (character_set_missing_ && at_.levels() == 0 && node.tag > tags::SpecificCharacterSet) character_set();
    key(node.tag);
    if (node.kind == NodeKind::sequence) {
      note_length();
      if (node.vr == Vr::UN) losses_.add(Form::json, LossKind::vr, at_, "a sequence with VR UN, written as SQ");
      out_ += R"("vr":"SQ")";
      if (node.end > at_.index() + 1) out_ += R"(,"Value":[)";
      begin("", node.end);
      return true;
    }
    FormValue value;
    if (node.kind == NodeKind::fragments) {
      value = form_of_fragments(nodes_, at_, Form::json, options_, losses_);
    } else {
      value = form_value(at_, Form::json, options_, utf8_, losses_);
    }
    leaf(value);
    return node.kind != NodeKind::fragments;
  }

  void leaf(const FormValue& value) {
    out_ += fmt::format(R"("vr":"{}")", name(value.vr));
    switch (value.kind) {
      case FormValue::Kind::none: break;
      case FormValue::Kind::binary:
        out_ += R"(,"InlineBinary":")";
        out_ += to_base64(value.binary);
        out_ += '"';
        break;
      case FormValue::Kind::bulk:
        out_ += R"(,"BulkDataURI":)";
        string(value.uri);
        break;
      default:
        out_ += R"(,"Value":[)";
        for (std::size_t i = 0; i < value.values.size(); ++i) {
          if (i != 0) out_ += ',';
          one(value, value.values[i]);
        }
        out_ += ']';
    }
    out_ += '}';
  }

  void one(const FormValue& value, const std::string& text) {
    if (text.empty()) {
      out_ += "null";
    } else if (value.vr == Vr::PN) {
      person(text);
    } else if (is_number(value, text)) {
      out_ += text;
    } else {
      string(text);
    }
  }

  static bool is_number(const FormValue& value, const std::string& text) {
    if (value.vr == Vr::AT) return false;
    if (value.kind == FormValue::Kind::texts) {
      return (value.vr == Vr::IS || value.vr == Vr::DS) && survives_as_number(text);
    }
    if (value.vr == Vr::SV || value.vr == Vr::UV) return survives_as_number(text);  // 2^53 and no further
    return text.back() != 'N' && text.back() != 'y';
  }

  // Component groups that are empty are left out, except at the end, where one more "=" would be lost with them.
  void person(std::string_view text) {
    constexpr std::string_view groups[] = {"Alphabetic", "Ideographic", "Phonetic"};
    out_ += '{';
    bool first = true;
    for (std::size_t i = 0;; ++i) {
      const auto end = text.find('=');
      const bool last = end == std::string_view::npos;
      const auto group = text.substr(0, end);
      if (!group.empty() || last) {
        if (!first) out_ += ',';
        first = false;
        out_ += fmt::format(R"("{}":)", groups[i]);
        string(group);
      }
      if (last) break;
      text.remove_prefix(end + 1);
    }
    out_ += '}';
  }

  void string(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (static_cast<std::uint8_t>(c) < 0x20) {
        out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  void character_set() {
    character_set_missing_ = false;
    losses_.add(Form::json, LossKind::transcoded, 0, to_string(tags::SpecificCharacterSet), "no character set");
    key(tags::SpecificCharacterSet);
    out_ += R"("vr":"CS","Value":["ISO_IR 192"]})";
  }

  void key(Tag tag) {
    comma();
    if (open_.empty()) out_ += '\n';
    out_ += fmt::format(R"("{}":{{)", tag_digits(tag));
  }

  void comma() {
    if (!first_.back()) out_ += ',';
    first_.back() = false;
  }

  void begin(std::string_view with, std::uint32_t end) {
    out_ += with;
    open_.push_back(end);
    first_.push_back(true);
    is_item_.push_back(!with.empty());
    has_value_.push_back(end > at_.index() + 1);
  }

  void close() {
    if (!is_item_.back() && has_value_.back()) out_ += ']';
    out_ += '}';
    open_.pop_back();
    first_.pop_back();
    is_item_.pop_back();
    has_value_.pop_back();
  }

  void note_length() {
    if (at_.node().length == undefined_length)
      losses_.add(Form::json, LossKind::length_form, at_, "an undefined length");
  }

  const FormOptions& options_;
  LossReport& losses_;
  const std::vector<Node>& nodes_;
  Cursor at_;
  bool utf8_;
  bool character_set_missing_;
  std::string out_;
  std::vector<std::uint32_t> open_;  // ends of what is open, outermost first
  std::vector<bool> first_;          // nothing was written in this level yet
  std::vector<bool> is_item_;
  std::vector<bool> has_value_;
};

}  // namespace

FormText to_json(const DataSet& data_set, const FormOptions& options) {
  FormText result;
  DataSet storage;
  const DataSet& ordered = in_order(data_set, storage, Form::json, result.losses);
  result.text = JsonWriter(ordered, options, result.losses).write();
  return result;
}

}  // namespace assay::dataset
