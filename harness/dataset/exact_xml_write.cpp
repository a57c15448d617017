#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/base/hex.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/exact_xml_bytes.hpp"
#include "harness/dataset/form_value.hpp"
#include "harness/dataset/form_xml.hpp"

namespace assay::dataset {

namespace {

/// Inflated Data Sets up to this size are told element by element, larger ones as the bytes of their stream.
constexpr std::size_t largest_told = 32U << 20;

constexpr Tag item_end_tag{0xfffe, 0xe00d};
constexpr Tag sequence_end_tag{0xfffe, 0xe0dd};

bool same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

// Writes the nodes of one Data Set over their bytes: whatever the nodes do not cover stands between them as raw.
class ExactWriter {
 public:
  // Offsets of the nodes count in `source`.
  ExactWriter(std::string& out, ByteView source) : out_(out), source_(source) {}

  void write(const DataSet& data_set, std::size_t from, std::size_t to) {
    at_ = from;
    contexts_ = {{data_set.encoding().explicit_vr, data_set.encoding().endian}};
    for (Cursor cursor(data_set); cursor.next();) {
      while (!open_.empty() && open_.back().end <= cursor.index()) close();
      const Node& node = cursor.node();
      if (node.offset == no_offset || node.end_offset > source_.size()) continue;
      raw(node.offset);
      if (node.kind == NodeKind::element && node.vr == Vr::none) continue;  // is raw when the next one comes
      if (node.kind == NodeKind::element || node.kind == NodeKind::fragment)
        leaf(cursor);
      else
        container(cursor, data_set.nodes());
    }
    while (!open_.empty()) close();
    raw(to);
  }

 private:
  struct Open {
    std::uint32_t end;
    std::size_t end_offset;
    Tag delimiter;
    bool undefined;
    std::string_view closing;
  };

  [[nodiscard]] ByteView bytes(std::size_t from, std::size_t to) const {
    return from < to ? source_.subspan(from, to - from) : ByteView{};
  }

  // Everything up to `to` that no element has taken.
  void raw(std::uint64_t to) {
    if (to <= at_) return;
    out_ += fmt::format("<assay:raw>{}</assay:raw>\n", to_hex(bytes(at_, static_cast<std::size_t>(to))));
    at_ = static_cast<std::size_t>(to);
  }

  void header(const Node& node, ByteView found, std::uint32_t length) {
    Bytes usual;
    put_exact_header(usual, node.tag, node.vr, length, contexts_.back());
    if (!same(usual, found)) append_xml_attribute(out_, "assay:header", to_hex(found));
  }

  void leaf(const Cursor& cursor) {
    const Node& node = cursor.node();
    const std::size_t start = static_cast<std::size_t>(node.offset);
    const std::size_t value_at = static_cast<std::size_t>(node.end_offset) - node.value.size();
    at_ = static_cast<std::size_t>(node.end_offset);
    if (node.kind == NodeKind::fragment) {
      out_ += "<assay:fragment";
      header(node, bytes(start, value_at), static_cast<std::uint32_t>(node.value.size()));
      out_ += fmt::format(">{}</assay:fragment>\n", to_base64(node.value));
      return;
    }
    begin(node);
    header(node, bytes(start, value_at), static_cast<std::uint32_t>(node.value.size()));
    value(cursor);
    out_ += "</DicomAttribute>\n";
  }

  void begin(const Node& node) {
    out_ += fmt::format("<DicomAttribute tag=\"{}\" vr=\"{}\"", tag_digits(node.tag), name(node.vr));
    if (const auto keyword = dict::keyword(node.tag); !keyword.empty()) append_xml_attribute(out_, "keyword", keyword);
  }

  void value(const Cursor& cursor) {
    const Node& node = cursor.node();
    LossReport unused;
    const FormValue form = form_value(cursor, Form::xml, options_, false, unused);
    if (form.kind == FormValue::Kind::binary && form.vr == node.vr) {
      if (!same(little_endian(form.binary, node.vr, contexts_.back().endian), node.value))
        append_xml_attribute(out_, "assay:bytes", to_hex(node.value));
      out_ += fmt::format(">\n<InlineBinary>{}</InlineBinary>\n", to_base64(form.binary));
      return;
    }
    if (form.vr != node.vr) {
      append_xml_attribute(out_, "assay:bytes", to_hex(node.value));
      out_ += ">\n";
      return;
    }
    Bytes rebuilt = exact_value(node.vr, form.values, contexts_.back().endian).value_or(Bytes{});
    const std::size_t content = rebuilt.size();
    append(rebuilt, usual_padding(node.vr, content));
    if (!same(rebuilt, node.value)) {
      const bool same_content =
          content <= node.value.size() && same(ByteView(rebuilt).first(content), node.value.first(content));
      if (same_content)
        append_xml_attribute(out_, "assay:padding", to_hex(node.value.subspan(content)));
      else
        append_xml_attribute(out_, "assay:bytes", to_hex(node.value));
    }
    out_ += ">\n";
    for (std::size_t i = 0; i < form.values.size(); ++i) {
      if (node.vr == Vr::PN) {
        append_person_name(out_, form.values[i], i + 1);
      } else {
        out_ += fmt::format("<Value number=\"{}\">", i + 1);
        append_xml(out_, form.values[i]);
        out_ += "</Value>\n";
      }
    }
  }

  void container(const Cursor& cursor, const std::vector<Node>& nodes) {
    const Node& node = cursor.node();
    const auto start = static_cast<std::size_t>(node.offset);
    const auto end = static_cast<std::size_t>(node.end_offset);
    const bool undefined = node.length == undefined_length;
    const bool item = node.kind == NodeKind::item;
    Bytes usual;
    put_exact_header(usual, node.tag, node.vr, node.length, contexts_.back());
    // A header of another form is as long as the first child leaves room, or as the whole says.
    std::size_t size = usual.size();
    if (!same(usual, bytes(start, std::min(start + size, end)))) {
      const std::size_t whole = end - start;
      size = node.end > cursor.index() + 1 ? static_cast<std::size_t>(nodes[cursor.index() + 1].offset) - start
             : item                        ? 8
                                           : (whole % 8 == 4 ? 12 : 8);
      size = std::min(size, whole);
    }
    if (item)
      out_ += fmt::format("<Item number=\"{}\"", cursor.item_number());
    else
      begin(node);
    // The length that the reader will find, without the delimiter of an undefined one.
    const std::uint64_t content = end - start - size;
    if (undefined)
      append_xml_attribute(out_, "assay:length", "undefined");
    else if (node.length != content)
      append_xml_attribute(out_, "assay:length", std::to_string(node.length));
    header(node, bytes(start, start + size), node.length);
    out_ += ">\n";
    at_ = start + size;
    open_.push_back(
        {node.end, end, item ? item_end_tag : sequence_end_tag, undefined, item ? "</Item>\n" : "</DicomAttribute>\n"});
    contexts_.push_back(item ? contexts_.back() : contexts_.back().inside(node.vr, undefined));
  }

  void close() {
    const Open& open = open_.back();
    Bytes usual;
    if (open.undefined) put_exact_header(usual, open.delimiter, Vr::none, 0, contexts_.back());
    const auto found = bytes(at_, open.end_offset);
    if (!same(usual, found)) out_ += fmt::format("<assay:end>{}</assay:end>\n", to_hex(found));
    at_ = std::max(at_, open.end_offset);
    out_ += open.closing;
    open_.pop_back();
    contexts_.pop_back();
  }

  std::string& out_;
  ByteView source_;
  FormOptions options_;
  std::size_t at_ = 0;
  std::vector<ExactContext> contexts_;  // of the open levels
  std::vector<Open> open_;
};

std::string opening(std::string_view encoding) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\""
      " xmlns:assay=\"urn:assay:exact:1\" xml:space=\"preserve\"";
  if (!encoding.empty()) append_xml_attribute(out, "assay:encoding", encoding);
  return out + ">\n";
}

constexpr std::string_view closing = "</NativeDicomModel>\n";

std::string laid_out(const DicomFile& file) {
  std::string out = opening(name_in_xml(file.encoding));
  const ByteView all = file.bytes;
  std::size_t at = 0;
  if (all.size() >= 132 && as_text(all.subspan(128, 4)) == "DICM") {
    const auto preamble = all.first(128);
    const bool zeros = std::all_of(preamble.begin(), preamble.end(), [](std::uint8_t byte) { return byte == 0; });
    out += fmt::format("<assay:preamble>{}</assay:preamble>\n", zeros ? std::string() : to_hex(preamble));
    at = 132;
  }
  const auto data_set_at = std::min<std::size_t>(static_cast<std::size_t>(file.data_set_offset), all.size());
  if (data_set_at > at) {
    out += "<assay:meta";
    append_xml_attribute(out, "assay:encoding", name_in_xml(file.meta.encoding()));
    out += ">\n";
    ExactWriter(out, all).write(file.meta, at, data_set_at);
    out += "</assay:meta>\n";
  }
  if (!file.inflated) {
    ExactWriter(out, all).write(file.data_set, std::max(at, data_set_at), all.size());
    return out.append(closing);
  }
  const ByteView inflated = *file.inflated;
  const ByteView stored = all.subspan(data_set_at);
  // Ten times deflating a bomb, and a text of several times its size, would serve nobody.
  const bool worth_it = inflated.size() <= largest_told;
  for (const int level : {6, 9, 1, 5, 4, 3, 2, 7, 8, 0}) {
    if (!worth_it || !same(deflate(inflated, level), stored)) continue;
    out += fmt::format("<assay:deflated level=\"{}\">\n", level);
    ExactWriter(out, inflated).write(file.data_set, 0, inflated.size());
    out += "</assay:deflated>\n";
    return out.append(closing);
  }
  out += fmt::format("<assay:raw>{}</assay:raw>\n", to_hex(stored));
  return out.append(closing);
}

}  // namespace

ExactXml to_exact_xml(ByteView file, const FileOptions& options) {
  if (const auto read = read_file(file, options)) {
    ExactXml result{laid_out(*read), false};
    // What is promised is exactness, so it is looked at and not believed.
    const auto again = from_exact_xml(result.xml);
    if (again && same(*again, file)) return result;
  }
  return {opening("") + fmt::format("<assay:raw>{}</assay:raw>\n", to_hex(file)) + std::string(closing), true};
}

}  // namespace assay::dataset
