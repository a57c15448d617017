#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "harness/base/hex.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/exact_xml_bytes.hpp"
#include "harness/dataset/form_value.hpp"
#include "harness/dataset/form_xml.hpp"

namespace assay::dataset {

namespace {

constexpr Tag item_tag{0xfffe, 0xe000};
constexpr Tag item_end_tag{0xfffe, 0xe00d};
constexpr Tag sequence_end_tag{0xfffe, 0xe0dd};

std::string shown(std::string_view text) { return "'" + printable(text.substr(0, 60)) + "'"; }

class ExactReader {
 public:
  explicit ExactReader(bool data_set_only) : data_set_only_(data_set_only) {}

  std::expected<Bytes, Problem> read(const pugi::xml_node& model) {
    const auto context = encoding_of_level(model, ExactContext{});
    if (context) levels_.push_back({.next = model.first_child(), .kind = Kind::root, .context = *context});
    while (!levels_.empty() && !problem_) step();
    if (problem_) return std::unexpected(*problem_);
    return std::move(out_);
  }

 private:
  enum class Kind : std::uint8_t { root, meta, deflated, sequence, item };

  struct Level {
    pugi::xml_node next;
    Kind kind = Kind::root;
    ExactContext context;
    std::size_t start = 0;                 // of its content
    std::optional<std::size_t> length_at;  // of a 32-bit length that is still to be filled in
    bool undefined = false;
    bool ended = false;  // by an element of its own
    int deflate_level = 0;
    Endian length_endian = Endian::little;
  };

  void fail(std::string_view rule, const pugi::xml_node& at, std::string found, std::string expected) {
    if (problem_) return;
    const auto offset = at.offset_debug();
    problem_ = Problem{std::string(rule),
                       "PS3.19 A.1",
                       offset > 0 ? static_cast<std::uint64_t>(offset) : 0,
                       at.attribute("tag") ? shown(at.attribute("tag").value()) : std::string(at.name()),
                       std::move(found),
                       std::move(expected),
                       Gravity::error};
  }

  std::optional<ExactContext> encoding_of_level(const pugi::xml_node& at, ExactContext otherwise) {
    const auto attribute = at.attribute("assay:encoding");
    if (!attribute) return otherwise;
    const auto context = context_named(attribute.value());
    if (!context)
      fail("ps3.19/A.1/exact-form", at, "assay:encoding " + shown(attribute.value()),
           "explicit-le, implicit-le or explicit-be");
    return context;
  }

  // Nothing when it is no hex; that is reported.
  std::optional<Bytes> hex(const pugi::xml_node& at, std::string_view text) {
    auto bytes = from_hex(text);
    if (!bytes) fail("ps3.19/A.1/exact-form", at, shown(text), "an even number of hex digits");
    return bytes;
  }

  void step() {
    const pugi::xml_node child = levels_.back().next;
    if (!child) return close();
    levels_.back().next = child.next_sibling();
    if (child.type() != pugi::node_element) {
      const bool text = child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata;
      if (text && std::string_view(child.value()).find_first_not_of(" \t\r\n") != std::string_view::npos)
        fail("ps3.19/A.1/content", child, shown(child.value()), "elements and no text");
      return;
    }
    const std::string_view full = child.name();
    const auto kind = local_name(child);
    const bool ours = full.starts_with("assay:");
    Level& level = levels_.back();
    const bool of_file = level.kind == Kind::root;
    if (ours && kind == "raw") {
      if (const auto bytes = hex(child, text_inside(child))) append(out_, *bytes);
    } else if (ours && kind == "end" && !of_file) {
      if (const auto bytes = hex(child, text_inside(child))) end(*bytes);
    } else if (ours && kind == "fragment" && level.kind == Kind::sequence) {
      fragment(child);
    } else if (ours && kind == "preamble" && of_file) {
      preamble(child);
    } else if (ours && kind == "meta" && of_file) {
      if (data_set_only_) return;
      if (const auto context = encoding_of_level(child, ExactContext{}))
        levels_.push_back({.next = child.first_child(), .kind = Kind::meta, .context = *context});
    } else if (ours && kind == "deflated" && of_file) {
      levels_.push_back({.next = child.first_child(),
                         .kind = Kind::deflated,
                         .context = level.context,
                         .start = out_.size(),
                         .deflate_level = child.attribute("level").as_int(6)});
    } else if (!ours && kind == "Item" && level.kind == Kind::sequence) {
      open(child, item_tag, Vr::none, Kind::item);
    } else if (!ours && kind == "DicomAttribute" && level.kind != Kind::sequence) {
      attribute(child);
    } else {
      fail("ps3.19/A.1/content", child, shown(full),
           level.kind == Kind::sequence ? "Item or assay:fragment" : "DicomAttribute");
    }
  }

  void preamble(const pugi::xml_node& at) {
    auto bytes = hex(at, text_inside(at));
    if (!bytes || data_set_only_) return;
    if (!bytes->empty() && bytes->size() != 128)
      return fail("ps3.19/A.1/exact-form", at, std::to_string(bytes->size()) + " bytes", "128 bytes or none");
    bytes->resize(128, 0);
    append(out_, *bytes);
    append(out_, "DICM");
  }

  // What ends the level, instead of a delimiter; a length that is filled in counts it.
  void end(ByteView bytes) {
    append(out_, bytes);
    levels_.back().ended = true;
  }

  void fill_length(Level& level) {
    if (!level.length_at) return;
    Bytes length;
    store(length, static_cast<std::uint32_t>(out_.size() - level.start), level.length_endian);
    std::copy(length.begin(), length.end(), out_.begin() + static_cast<std::ptrdiff_t>(*level.length_at));
    level.length_at.reset();
  }

  void close() {
    Level& level = levels_.back();
    fill_length(level);
    if (level.undefined && !level.ended)
      put_exact_header(out_, level.kind == Kind::item ? item_end_tag : sequence_end_tag, Vr::none, 0, level.context);
    if (level.kind == Kind::deflated && !data_set_only_) {
      const Bytes deflated = deflate(ByteView(out_).subspan(level.start), level.deflate_level);
      out_.resize(level.start);
      append(out_, deflated);
    }
    levels_.pop_back();
  }

  // A sequence, an item or encapsulated Pixel Data.
  void open(const pugi::xml_node& at, Tag tag, Vr vr, Kind kind) {
    const Level& outer = levels_.back();
    const auto stated = at.attribute("assay:length");
    Level inner{.next = at.first_child(), .kind = kind, .context = outer.context};
    inner.undefined = std::string_view(stated.value()) == "undefined";
    std::uint32_t length = inner.undefined ? undefined_length : 0;
    if (stated && !inner.undefined && !number(at, stated.value(), length)) return;
    if (const auto given = at.attribute("assay:header")) {
      const auto bytes = hex(at, given.value());
      if (!bytes) return;
      append(out_, *bytes);
    } else {
      put_exact_header(out_, tag, vr, length, outer.context);
      if (!stated && (kind == Kind::item || !outer.context.explicit_vr || has_long_length(vr)))
        inner.length_at = out_.size() - 4;
    }
    inner.length_endian = outer.context.endian;
    inner.start = out_.size();
    if (kind == Kind::sequence) inner.context = outer.context.inside(vr, inner.undefined);
    levels_.push_back(inner);
  }

  bool number(const pugi::xml_node& at, std::string_view text, std::uint32_t& value) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return true;
    fail("ps3.19/A.1/exact-form", at, "assay:length " + shown(text), "a number or 'undefined'");
    return false;
  }

  void fragment(const pugi::xml_node& at) {
    const auto bytes = from_base64(text_inside(at));
    if (!bytes) return fail("ps3.19/A.1/base64", at, "other characters", "base64");
    put_leaf(at, item_tag, Vr::none, *bytes);
  }

  void put_leaf(const pugi::xml_node& at, Tag tag, Vr vr, ByteView value) {
    auto length = static_cast<std::uint32_t>(value.size());
    if (const auto stated = at.attribute("assay:length"); stated && !number(at, stated.value(), length)) return;
    if (const auto given = at.attribute("assay:header")) {
      const auto bytes = hex(at, given.value());
      if (!bytes) return;
      append(out_, *bytes);
    } else {
      put_exact_header(out_, tag, vr, length, levels_.back().context);
    }
    append(out_, value);
  }

  void attribute(const pugi::xml_node& at) {
    const std::string_view digits = at.attribute("tag").value();
    const bool is_tag = digits.size() == 8 && digits.find_first_not_of("0123456789ABCDEFabcdef") == std::string::npos;
    if (!is_tag) return fail("ps3.19/A.1/tag", at, "tag " + shown(digits), "a tag of eight hex digits");
    const Tag tag = *tag_from(digits);
    const std::string_view letters = at.attribute("vr").value();
    const Vr vr = vr_from(letters);
    if (vr == Vr::none) return fail("ps3.19/A.1/vr", at, "vr " + shown(letters), "a VR of PS3.5 Table 6.2-1");
    const bool undefined = std::string_view(at.attribute("assay:length").value()) == "undefined";
    if (vr == Vr::SQ || undefined || at.child("Item") || at.child("assay:fragment"))
      return open(at, tag, vr, Kind::sequence);
    const auto bytes = value(at, vr);
    if (bytes) put_leaf(at, tag, vr, *bytes);
  }

  std::optional<Bytes> value(const pugi::xml_node& at, Vr vr) {
    if (const auto given = at.attribute("assay:bytes")) return hex(at, given.value());
    std::vector<std::string> values;
    for (const auto& child : at.children()) {
      if (child.type() != pugi::node_element) continue;
      const auto kind = local_name(child);
      if (kind == "InlineBinary") {
        const auto bytes = from_base64(text_inside(child));
        if (!bytes) {
          fail("ps3.19/A.1/base64", child, "other characters", "base64");
          return std::nullopt;
        }
        return little_endian(*bytes, vr, levels_.back().context.endian);
      }
      values.emplace_back();
      const bool known = kind == "Value" || kind == "PersonName";
      if (kind == "Value") values.back() = text_inside(child);
      if (!known || (kind == "PersonName" && !read_person_name(child, values.back()))) {
        fail("ps3.19/A.1/content", child, shown(child.name()), "Value, PersonName or InlineBinary");
        return std::nullopt;
      }
    }
    auto bytes = exact_value(vr, values, levels_.back().context.endian);
    if (!bytes) {
      fail("ps3.19/A.1/wrong-value", at, bytes.error(), "values of VR " + std::string(name(vr)));
      return std::nullopt;
    }
    const auto given = at.attribute("assay:padding");
    const auto padding = given ? hex(at, given.value()) : usual_padding(vr, bytes->size());
    if (!padding) return std::nullopt;
    append(*bytes, *padding);
    return std::move(*bytes);
  }

  bool data_set_only_;
  Bytes out_;
  std::vector<Level> levels_;
  std::optional<Problem> problem_;
};

}  // namespace

std::expected<Bytes, Problem> from_exact_xml(const pugi::xml_node& model, bool data_set_only) {
  return ExactReader(data_set_only).read(model);
}

std::expected<Bytes, Problem> from_exact_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), xml_parse_flags);
  const auto root = document.document_element();
  if (parsed && local_name(root) == "NativeDicomModel") return from_exact_xml(root, false);
  return std::unexpected(Problem{parsed ? "ps3.19/A.1/root" : "ps3.19/A.1/not-xml", "PS3.19 A.1",
                                 static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)), "document",
                                 parsed ? shown(root.name()) : std::string(parsed.description()),
                                 parsed ? "NativeDicomModel" : "well-formed XML", Gravity::error});
}

}  // namespace assay::dataset
