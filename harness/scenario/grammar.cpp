#include "harness/scenario/grammar.hpp"

#include <algorithm>
#include <span>

#include "harness/base/hex.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string type_name(ValueType type) {
  return pattern_of(type).empty() ? "xs:string" : "value-" + std::string(name_of(type));
}

void write_documentation(std::string& out, std::string_view indent, std::string_view doc) {
  if (doc.empty()) return;
  out.append(indent).append("<xs:annotation><xs:documentation>").append(escaped(doc));
  out.append("</xs:documentation></xs:annotation>\n");
}

void write_child(std::string& out, std::string_view indent, const ChildSpec& child) {
  out.append(indent).append("<xs:element name=\"").append(child.element).append("\" type=\"").append(child.type);
  out.append("\"/>\n");
}

void write_choice(std::string& out, std::string_view indent, std::span<const ChildSpec> children) {
  unsigned minimum = 0;
  for (const auto& child : children) minimum |= child.min;
  out.append(indent).append("<xs:choice minOccurs=\"").append(minimum == 0 ? "0" : "1");
  out.append("\" maxOccurs=\"unbounded\">\n");
  const auto deeper = std::string(indent) + "  ";
  for (const auto& child : children) {
    write_child(out, deeper, child);
    if (!child.other_namespace.empty())
      out.append(deeper).append("<xs:any namespace=\"" + child.other_namespace + "\" processContents=\"skip\"/>\n");
  }
  out.append(indent).append("</xs:choice>\n");
}

/// An attribute with words of its own, its type in itself.
void write_choices(std::string& out, std::string_view indent, const AttributeSpec& attribute) {
  const std::string deeper = std::string(indent) + "  ";
  out.append(indent).append("<xs:attribute name=\"").append(attribute.name);
  out.append(attribute.required ? "\" use=\"required\">\n" : "\">\n");
  write_documentation(out, deeper, attribute.doc);
  out.append(deeper).append("<xs:simpleType>\n").append(deeper).append("  <xs:restriction base=\"xs:string\">\n");
  const auto one = "(" + attribute.choices + ")";
  out.append(deeper).append("    <xs:pattern value=\"");
  out.append(attribute.several ? "\\s*(" + one + "(\\s+" + one + ")*)?\\s*" : attribute.choices).append("\"/>\n");
  out.append(deeper).append("  </xs:restriction>\n").append(deeper).append("</xs:simpleType>\n");
  out.append(indent).append("</xs:attribute>\n");
}

void write_attribute(std::string& out, std::string_view indent, const AttributeSpec& attribute) {
  if (!attribute.choices.empty()) return write_choices(out, indent, attribute);
  out.append(indent).append("<xs:attribute name=\"").append(attribute.name).append("\" type=\"");
  out.append(type_name(attribute.type)).append(attribute.required ? "\" use=\"required\"" : "\"");
  if (attribute.doc.empty()) {
    out.append("/>\n");
    return;
  }
  out.append(">\n");
  write_documentation(out, std::string(indent) + "  ", attribute.doc);
  out.append(indent).append("</xs:attribute>\n");
}

void write_attributes(std::string& out, std::string_view indent, const TypeSpec& type) {
  for (const auto& attribute : type.attributes) write_attribute(out, indent, attribute);
  if (type.any_attribute) out.append(indent).append("<xs:anyAttribute processContents=\"skip\"/>\n");
}

void write_type(std::string& out, const TypeSpec& type) {
  const bool text_only = type.text != TextUse::none && type.children.empty();
  out.append("  <xs:complexType name=\"").append(type.name).append("\"");
  // Where elements and text mix, a schema of version 1.0 cannot check the text: the loader does.
  if (type.text != TextUse::none && !text_only) out.append(" mixed=\"true\"");
  out.append(">\n");
  write_documentation(out, "    ", type.doc);
  if (text_only) {
    std::string base = type.text == TextUse::required ? "value-required-text" : type_name(type.text_type);
    if (type.text == TextUse::optional && base != "xs:string") base = "xs:string";
    out.append("    <xs:simpleContent>\n      <xs:extension base=\"").append(base).append("\">\n");
    write_attributes(out, "        ", type);
    out.append("      </xs:extension>\n    </xs:simpleContent>\n");
  } else {
    const std::span<const ChildSpec> children = type.children;
    if (type.head > 0) {
      out.append("    <xs:sequence>\n");
      write_choice(out, "      ", children.first(type.head));
      write_choice(out, "      ", children.subspan(type.head));
      out.append("    </xs:sequence>\n");
    } else if (type.native_model) {
      out.append(
          "    <xs:sequence>\n      <xs:any minOccurs=\"0\" maxOccurs=\"unbounded\" processContents=\"skip\"/>\n");
      out.append("    </xs:sequence>\n");
    } else if (!children.empty()) {
      write_choice(out, "    ", children);
    }
    write_attributes(out, "    ", type);
  }
  out.append("  </xs:complexType>\n");
}

void write_value_types(std::string& out) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ValueType::context); ++i) {
    const auto type = static_cast<ValueType>(i);
    const auto pattern = pattern_of(type);
    if (pattern.empty()) continue;
    out.append("  <xs:simpleType name=\"").append(type_name(type)).append("\">\n");
    write_documentation(out, "    ", describe(type));
    out.append("    <xs:restriction base=\"xs:string\">\n");
    out.append("      <xs:pattern value=\"").append(escaped(pattern)).append("\"/>\n");
    out.append("      <xs:pattern value=\"").append(R"((.|\s)*[$]\{[A-Za-z0-9._\-]+\}(.|\s)*)").append("\"/>\n");
    out.append("    </xs:restriction>\n  </xs:simpleType>\n");
  }
  out.append("  <xs:simpleType name=\"value-required-text\">\n    <xs:restriction base=\"xs:string\">\n");
  out.append("      <xs:pattern value=\"\\s*\\S(\\s|\\S)*\"/>\n    </xs:restriction>\n  </xs:simpleType>\n");
}

bool is_choice(std::string_view choices, std::string_view word) {
  for (std::size_t at = 0; at <= choices.size();) {
    const auto bar = std::min(choices.find('|', at), choices.size());
    if (choices.substr(at, bar - at) == word) return true;
    at = bar + 1;
  }
  return false;
}

}  // namespace

std::optional<std::string> problem_with(const AttributeSpec& attribute, std::string_view value) {
  if (attribute.choices.empty()) return problem_with(attribute.type, value);
  bool good = attribute.several || is_choice(attribute.choices, value);
  if (attribute.several)
    for (const auto word : words_of(value)) good = good && is_choice(attribute.choices, word);
  if (good) return std::nullopt;
  std::string allowed = attribute.choices;
  for (std::size_t at = 0; (at = allowed.find('|', at)) != std::string::npos; at += 2) allowed.replace(at, 1, ", ");
  return "'" + printable(value.substr(0, 60)) + "' is not " + (attribute.several ? "made of " : "one of ") + allowed;
}

const AttributeSpec* TypeSpec::attribute(std::string_view wanted) const {
  for (const auto& one : attributes)
    if (one.name == wanted) return &one;
  return nullptr;
}

const ChildSpec* TypeSpec::child(std::string_view wanted) const {
  for (const auto& one : children)
    if (one.element == wanted) return &one;
  return nullptr;
}

void Grammar::add(TypeSpec type) {
  auto name = type.name;
  types.insert_or_assign(std::move(name), std::move(type));
}

const TypeSpec* Grammar::find(std::string_view type) const {
  const auto found = types.find(type);
  return found == types.end() ? nullptr : &found->second;
}

std::string to_xsd(const Grammar& grammar) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- " + grammar.title + " -->\n";
  out += "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n";
  for (const auto& root : grammar.roots) write_child(out, "  ", root);
  write_value_types(out);
  for (const auto& [name, type] : grammar.types) write_type(out, type);
  out += "</xs:schema>\n";
  return out;
}

}  // namespace assay::scenario
