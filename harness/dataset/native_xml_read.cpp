#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/form_leaf.hpp"
#include "harness/dataset/form_xml.hpp"
#include "harness/dataset/native_xml.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::dataset {

namespace {

constexpr Tag item_tag{0xfffe, 0xe000};

std::string shown(std::string_view text) {
  std::string clean;
  for (const char c : text.substr(0, 60)) clean += c >= 0x20 && c < 0x7f ? c : '.';
  return "'" + clean + "'";
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

class NativeXmlReader {
 public:
  explicit NativeXmlReader(const FormReadOptions& options) : options_(options) {}

  FormRead read(std::string_view xml) {
    size_ = xml.size();
    pugi::xml_document document;
    const auto parsed = document.load_buffer(xml.data(), xml.size(), xml_parse_flags);
    if (!parsed) {
      add("ps3.19/A.1/not-xml", static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)), "document",
          parsed.description(), "well-formed XML", Gravity::error);
      return std::move(result_);
    }
    const auto root = document.document_element();
    if (local_name(root) != "NativeDicomModel") {
      error("ps3.19/A.1/root", root, shown(root.name()), "NativeDicomModel");
      return std::move(result_);
    }
    levels_.push_back({root.first_child(), 0, Level::Kind::data_set});
    while (!levels_.empty()) step();
    if (too_deep_) return std::move(result_);
    std::vector<FormTree::Twice> twice;
    result_.data_set = tree_.build(twice);
    for (const auto& one : twice) {
      add("ps3.19/A.1/attribute-twice", one.place, to_string(one.tag), "the attribute once more",
          "each attribute once in a Data Set or Item", Gravity::error);
    }
    return std::move(result_);
  }

 private:
  struct Level {
    enum class Kind : std::uint8_t { data_set, sequence, item };
    pugi::xml_node next;
    std::uint32_t node;  // in the tree
    Kind kind;
    std::size_t items = 0;
  };

  void add(std::string_view rule, std::uint64_t offset, std::string field, std::string found, std::string expected,
           Gravity gravity) {
    // The parser counts in its own UTF-8, which may be longer than the text in its encoding.
    offset = std::min<std::uint64_t>(offset, size_);
    if (result_.problems.size() >= limits::max_problems) return;
    result_.problems.push_back(
        {std::string(rule), "PS3.19 A.1", offset, std::move(field), std::move(found), std::move(expected), gravity});
  }
  static std::uint64_t place(const pugi::xml_node& node) {
    const auto offset = node.offset_debug();
    return offset > 0 ? static_cast<std::uint64_t>(offset) : 0;
  }
  void error(std::string_view rule, const pugi::xml_node& at, std::string found, std::string expected) {
    add(rule, place(at), field_, std::move(found), std::move(expected), Gravity::error);
  }
  void deviation(std::string_view rule, const pugi::xml_node& at, std::string found, std::string expected) {
    add(rule, place(at), field_, std::move(found), std::move(expected), Gravity::deviation);
  }

  void step() {
    Level& level = levels_.back();
    const pugi::xml_node child = level.next;
    if (!child) {
      if (level.kind != Level::Kind::data_set) tree_.close(level.node);
      creators_.leave(levels_.size());
      levels_.pop_back();
      return;
    }
    level.next = child.next_sibling();
    if (child.type() != pugi::node_element) {
      const bool text = child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata;
      if (text && !is_blank(child.value()))
        error("ps3.19/A.1/content", child, shown(child.value()), "elements and no text");
      return;
    }
    const std::string_view expected = level.kind == Level::Kind::sequence ? "Item" : "DicomAttribute";
    if (local_name(child) != expected)
      return error("ps3.19/A.1/content", child, shown(child.name()), std::string(expected));
    if (level.kind == Level::Kind::sequence) return item(child);
    attribute(child);
  }

  void item(const pugi::xml_node& at) {
    Level& level = levels_.back();
    check_number(at, ++level.items);
    if (levels_.size() / 2 > options_.max_depth) {
      error("ps3.19/A.1/nesting", at, fmt::format("an Item inside {} others", levels_.size() / 2 - 1),
            fmt::format("at most {}", options_.max_depth));
      too_deep_ = true;
      levels_.clear();
      return;
    }
    const auto node = tree_.open(NodeKind::item, item_tag, Vr::none, place(at));
    levels_.push_back({at.first_child(), node, Level::Kind::item});
  }

  // Values count from 1 in the order they stand in.
  void check_number(const pugi::xml_node& at, std::size_t expected) {
    const std::string_view text = at.attribute("number").value();
    if (text != std::to_string(expected))
      deviation("ps3.19/A.1/number", at, "number " + shown(text), fmt::format("number '{}'", expected));
  }

  void attribute(const pugi::xml_node& at) {
    const std::string digits = at.attribute("tag").value();
    field_ = shown(digits);
    const bool hex = digits.size() == 8 && digits.find_first_not_of("0123456789ABCDEFabcdef") == std::string::npos;
    if (!hex) return error("ps3.19/A.1/tag", at, "tag " + shown(digits), "a tag of eight hex digits");
    LeafText leaf;
    leaf.tag = *tag_from(digits);
    const std::string creator(trimmed(at.attribute("privateCreator").value()));
    if (leaf.tag.is_private() && leaf.tag.element <= 0xff && !creator.empty()) {
      const auto block = block_of(at, leaf.tag.group, creator);
      if (!block) return;
      leaf.tag.element = static_cast<std::uint16_t>(leaf.tag.element | *block << 8);
    }
    field_ = to_string(leaf.tag);
    if (leaf.tag.is_group_length())
      return deviation("ps3.19/A.1/group-length", at, "a group length", "no group lengths");
    const std::string_view vr = at.attribute("vr").value();
    leaf.vr = vr_from(vr);
    if (vr.empty()) {
      leaf.vr = at.child("Item") ? Vr::SQ : dict::implicit_vr(leaf.tag);
      deviation("ps3.19/A.1/vr", at, "no vr", "a VR of PS3.5 Table 6.2-1");
    } else if (leaf.vr == Vr::none) {
      return error("ps3.19/A.1/vr", at, "vr " + shown(vr), "a VR of PS3.5 Table 6.2-1");
    }
    const auto index =
        tree_.open(leaf.vr == Vr::SQ ? NodeKind::sequence : NodeKind::element, leaf.tag, leaf.vr, place(at));
    if (leaf.vr == Vr::SQ) {
      levels_.push_back({at.first_child(), index, Level::Kind::sequence});
      return;
    }
    if (!collect(at, leaf)) return tree_.drop_from(index);
    if (leaf.values.size() == 1 && leaf.values[0].empty()) leaf.values.clear();
    const auto put = put_leaf(tree_, index, leaf, options_.bulk);
    if (!put) {
      fault(at, leaf.vr, put.error());
      return tree_.drop_from(index);
    }
    tree_.close(index);
    const Tag tag = leaf.tag;
    if (tag.is_private() && tag.element >= 0x10 && tag.element <= 0xff && leaf.values.size() == 1)
      creators_.add(levels_.size(), tag.group, static_cast<std::uint8_t>(tag.element),
                    std::string(trimmed(leaf.values[0])));
  }

  // The block that the creator has in this level; who has none gets the first free one.
  std::optional<std::uint8_t> block_of(const pugi::xml_node& at, std::uint16_t group, const std::string& creator) {
    auto block = creators_.block(levels_.size(), group, creator);
    if (block) return block;
    block = creators_.free_block(levels_.size(), group);
    if (!block) {
      error("ps3.19/A.1/private-block", at, "one more Private Creator", "at most 240 in a group");
      return block;
    }
    creators_.add(levels_.size(), group, *block, creator);
    const auto index = tree_.open(NodeKind::element, Tag(group, *block), Vr::LO, place(at));
    tree_.set_value(index, as_bytes(creator));
    tree_.close(index);
    return block;
  }

  // False when something was there that cannot be taken over; it is reported.
  bool collect(const pugi::xml_node& at, LeafText& leaf) {
    std::size_t forms = 0;
    for (const auto& child : at.children()) {
      const auto wrong = [&](std::string found) {
        error("ps3.19/A.1/content", child, std::move(found),
              leaf.vr == Vr::PN ? "PersonName" : "Value, InlineBinary or BulkData");
        return false;
      };
      if (child.type() != pugi::node_element) {
        const bool text = child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata;
        if (text && !is_blank(child.value())) return wrong(shown(child.value()));
        continue;
      }
      const auto kind = local_name(child);
      if (kind == "Value" || kind == "PersonName") {
        if ((kind == "PersonName") != (leaf.vr == Vr::PN)) return wrong(shown(child.name()));
        forms += leaf.values.empty() ? 1 : 0;
        leaf.values.emplace_back();
        check_number(child, leaf.values.size());
        if (kind == "PersonName" && !read_person_name(child, leaf.values.back())) return wrong("another content");
        if (kind == "Value") {
          if (child.find_child([](const pugi::xml_node& one) { return one.type() == pugi::node_element; }))
            return wrong("an element in a Value");
          leaf.values.back() = text_inside(child);
        }
      } else if (kind == "InlineBinary") {
        ++forms;
        leaf.inline_binary = text_inside(child);
      } else if (kind == "BulkData") {
        ++forms;
        leaf.bulk_uri = child.attribute("uri") ? child.attribute("uri").value()
                                               : std::string("uuid:") + child.attribute("uuid").value();
      } else {
        return wrong(shown(child.name()));
      }
      if (forms > 1) {
        error("ps3.19/A.1/several-forms", child, shown(child.name()), "one of Value, InlineBinary and BulkData");
        return false;
      }
    }
    return true;
  }

  void fault(const pugi::xml_node& at, Vr vr, const LeafFault& why) {
    const std::string letters(name(vr));
    switch (why.kind) {
      case LeafFault::Kind::wrong_value:
        return error("ps3.19/A.1/wrong-value", at, why.found, "a value of VR " + letters);
      case LeafFault::Kind::several_values:
        return error("ps3.19/A.1/several-values", at, why.found, "one value of VR " + letters);
      case LeafFault::Kind::base64: return error("ps3.19/A.1/base64", at, why.found, "base64");
      case LeafFault::Kind::bulk_data:
        return error("ps3.19/A.1/bulk-data", at, why.found, "bulk data that can be read");
      case LeafFault::Kind::binary_as_value: return error("ps3.19/A.1/binary-as-value", at, why.found, "InlineBinary");
    }
  }

  const FormReadOptions& options_;
  FormRead result_;
  FormTree tree_;
  std::vector<Level> levels_;
  FormCreators creators_;
  std::string field_ = "document";
  bool too_deep_ = false;
  std::size_t size_ = 0;  // of the text
};

}  // namespace

FormRead from_native_xml(std::string_view xml, const FormReadOptions& options) {
  return NativeXmlReader(options).read(xml);
}

}  // namespace assay::dataset
