#include "harness/scenario/checked_xml.hpp"

#include <algorithm>
#include <pugixml.hpp>
#include <tuple>

#include "harness/base/hex.hpp"
#include "harness/base/limits.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

class Source {
 public:
  Source(std::string_view text, std::string_view file) : text_(text), file_(std::make_shared<std::string>(file)) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') line_starts_.push_back(i + 1);
  }

  [[nodiscard]] Location at(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto next = std::ranges::upper_bound(line_starts_, offset);
    const auto line = static_cast<std::size_t>(next - line_starts_.begin());
    return {file_, static_cast<int>(line), static_cast<int>(offset - line_starts_[line - 1] + 1)};
  }

  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  std::vector<std::size_t> line_starts_{0};
};

struct AttributePlace {
  std::size_t name = 0;
  std::size_t value = 0;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Where the n-th attribute of the element whose name begins at `name_offset` stands. The parser has accepted the
/// text, so quotes are balanced; bounds are kept all the same.
std::vector<AttributePlace> attribute_places(std::string_view text, std::size_t name_offset, std::size_t count) {
  std::vector<AttributePlace> places;
  auto at = name_offset;
  const auto skip_while = [&](auto predicate) {
    while (at < text.size() && predicate(text[at])) ++at;
  };
  skip_while([](char c) { return !is_blank(c) && c != '>' && c != '/'; });
  while (places.size() < count && at < text.size()) {
    skip_while(is_blank);
    AttributePlace place{at, at};
    skip_while([](char c) { return c != '"' && c != '\''; });
    if (at >= text.size()) break;
    const char quote = text[at++];
    place.value = at;
    skip_while([quote](char c) { return c != quote; });
    ++at;
    places.push_back(place);
  }
  return places;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out.empty() ? "nothing" : out;
}

std::string allowed_children(const TypeSpec& type) {
  std::vector<std::string> names;
  for (const auto& child : type.children) names.push_back(child.element);
  return list_of(names);
}

std::string allowed_attributes(const TypeSpec& type) {
  std::vector<std::string> names;
  for (const auto& one : type.attributes) names.push_back(one.name);
  return list_of(names);
}

class Reader {
 public:
  Reader(const Source& source, const Grammar& grammar, std::vector<LoadError>& errors)
      : source_(source), grammar_(grammar), errors_(errors) {}

  Element read(const pugi::xml_node& node, const TypeSpec& type, std::size_t depth) {
    Element element;
    element.name = node.name();
    element.type = type.name;
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    element.at = source_.at(offset > 0 ? offset - 1 : 0);  // of the '<'
    element.text_at = element.at;
    read_attributes(node, offset, type, element);
    if (type.native_model) {
      read_native_model(node, element);
      return element;
    }
    read_children(node, type, depth, element);
    check_text(type, element);
    return element;
  }

 private:
  void error(const Location& at, std::string message) { errors_.push_back(error_at(at, std::move(message))); }

  void read_attributes(const pugi::xml_node& node, std::size_t offset, const TypeSpec& type, Element& element) {
    const auto count = static_cast<std::size_t>(std::distance(node.attributes_begin(), node.attributes_end()));
    const auto places = attribute_places(source_.text(), offset, count);
    std::size_t index = 0;
    for (const auto& attribute : node.attributes()) {
      const auto place = index < places.size() ? places[index] : AttributePlace{offset, offset};
      ++index;
      const std::string name = attribute.name();
      const auto* spec = type.attribute(name);
      if (element.has(name)) {
        error(source_.at(place.name), "attribute " + printable(name) + " stands twice in <" + element.name + ">");
        continue;
      }
      if (spec == nullptr && !type.any_attribute) {
        error(source_.at(place.name), "<" + element.name + "> has no attribute " + printable(name) +
                                          "; it may have: " + allowed_attributes(type));
        continue;
      }
      element.attributes.push_back({name, attribute.value(), source_.at(place.value)});
      if (spec == nullptr || has_variable(attribute.value())) continue;
      if (const auto problem = problem_with(*spec, attribute.value()))
        error(source_.at(place.value), name + ": " + *problem);
    }
    for (const auto& spec : type.attributes)
      if (spec.required && !element.has(spec.name))
        error(element.at, "<" + element.name + "> needs the attribute " + spec.name);
  }

  // What it stands for is known as soon as it is read; from then on it is its bytes.
  void read_native_model(const pugi::xml_node& node, Element& element) {
    if (element.has("hex")) return;
    element.attributes.clear();  // namespaces, and what the exact form says about the whole
    const auto bytes = dataset::from_exact_xml(node, true);
    if (!bytes) {
      const auto& problem = bytes.error();
      return error(source_.at(static_cast<std::size_t>(problem.offset > 0 ? problem.offset - 1 : 0)),
                   problem.field + ": found " + problem.found + ", expected " + problem.expected);
    }
    element.set("hex", to_hex(*bytes));
  }

  void read_children(const pugi::xml_node& node, const TypeSpec& type, std::size_t depth, Element& element) {
    std::map<std::string, unsigned, std::less<>> counts;
    std::string steps_began;  // the first element behind the head
    for (const auto& child : node.children()) {
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
        if (element.text.empty() && !trimmed(child.value()).empty())
          element.text_at = source_.at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(child.offset_debug(), 0)));
        element.text += child.value();
        continue;
      }
      if (child.type() != pugi::node_element) continue;
      const auto at = source_.at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(child.offset_debug() - 1, 0)));
      const auto* spec = type.child(child.name());
      if (spec == nullptr) {
        error(at, "<" + printable(child.name()) + "> is not allowed in <" + element.name +
                      ">; allowed there: " + allowed_children(type));
        continue;
      }
      const auto index = static_cast<std::size_t>(spec - type.children.data());
      if (index < type.head && !steps_began.empty()) {
        error(at, "<" + spec->element + "> must stand before <" + steps_began + ">");
        continue;
      }
      if (++counts[spec->element] == spec->max + 1U && spec->max != unbounded) {
        error(at, "<" + element.name + "> takes at most " + std::to_string(spec->max) + " <" + spec->element + ">");
      }
      const auto* child_type = grammar_.find(spec->type);
      if (child_type == nullptr) continue;
      if (depth >= limits::max_nesting_depth) {
        error(at, "elements are nested deeper than " + std::to_string(limits::max_nesting_depth));
        continue;
      }
      element.children.push_back(read(child, *child_type, depth + 1));
      if (type.head > 0 && index >= type.head && steps_began.empty()) steps_began = child.name();
    }
    for (const auto& spec : type.children)
      if (counts[spec.element] < spec.min) error(element.at, "<" + element.name + "> needs a <" + spec.element + ">");
  }

  void check_text(const TypeSpec& type, const Element& element) {
    const bool blank = trimmed(element.text).empty();
    if (type.text == TextUse::none && !blank) {
      error(element.text_at, "text is not allowed in <" + element.name + ">");
    } else if (type.text == TextUse::required && blank) {
      error(element.at, "<" + element.name + "> needs a text");
    } else if (type.text != TextUse::none && !blank && !has_variable(element.text)) {
      if (const auto problem = problem_with(type.text_type, element.text)) error(element.text_at, *problem);
    }
  }

  const Source& source_;
  const Grammar& grammar_;
  std::vector<LoadError>& errors_;
};

void write_escaped(std::string& out, std::string_view text, bool in_attribute) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += in_attribute ? "&quot;" : "\""; break;
      case '\n': out += in_attribute ? "&#10;" : "\n"; break;
      case '\t':
      case '\r': out += in_attribute ? " " : std::string(1, c); break;
      default:
        // XML 1.0 has no other control characters.
        if (static_cast<unsigned char>(c) < 0x20) {
          out += '?';
        } else {
          out += c;
        }
    }
  }
}

}  // namespace

std::string to_string(const LoadError& error) {
  return error.file + ":" + std::to_string(error.line) + ":" + std::to_string(error.column) + ": " + error.message;
}

LoadError error_at(const Location& at, std::string message) {
  return {at.file ? *at.file : std::string{}, at.line, at.column, std::move(message)};
}

void no_variables(const Element& root, std::string_view where, std::vector<LoadError>& errors) {
  std::vector<const Element*> todo{&root};
  while (!todo.empty()) {
    const auto* e = todo.back();
    todo.pop_back();
    for (const auto& attribute : e->attributes)
      if (has_variable(attribute.value))
        errors.push_back(error_at(attribute.at, "there are no variables in " + std::string(where)));
    for (const auto& child : e->children) todo.push_back(&child);
  }
}

std::optional<Element> read_checked(std::string_view xml, std::string_view file_name, const Grammar& grammar,
                                    std::vector<LoadError>& errors) {
  const Source source(xml, file_name);
  if (xml.size() > max_file_bytes) {
    errors.push_back(error_at(source.at(0), "the file is longer than " + std::to_string(max_file_bytes) + " bytes"));
    return std::nullopt;
  }
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single,
                                           pugi::encoding_utf8);
  if (!parsed) {
    errors.push_back(error_at(source.at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0))),
                              std::string("this is no XML: ") + parsed.description()));
    return std::nullopt;
  }
  const auto root = document.document_element();
  for (const auto& choice : grammar.roots) {
    if (choice.element != root.name()) continue;
    const auto before = errors.size();
    auto element = Reader(source, grammar, errors).read(root, *grammar.find(choice.type), 0);
    std::sort(errors.begin() + static_cast<std::ptrdiff_t>(before), errors.end(),
              [](const LoadError& a, const LoadError& b) {
                return std::tie(a.line, a.column, a.message) < std::tie(b.line, b.column, b.message);
              });
    if (errors.size() > max_load_errors) errors.resize(max_load_errors);
    return element;
  }
  std::vector<std::string> names;
  for (const auto& choice : grammar.roots) names.push_back("<" + choice.element + ">");
  const auto offset = std::max<std::ptrdiff_t>(root.offset_debug() - 1, 0);
  errors.push_back(error_at(source.at(root ? static_cast<std::size_t>(offset) : 0),
                            root ? "the root <" + printable(root.name()) + "> is none of: " + list_of(names)
                                 : "there is no element; expected one of: " + list_of(names)));
  return std::nullopt;
}

void check_values(const Element& element, const Grammar& grammar, std::vector<LoadError>& errors) {
  const auto* type = grammar.find(element.type);
  if (type == nullptr) return;
  for (const auto& attribute : element.attributes) {
    const auto* spec = type->attribute(attribute.name);
    if (spec == nullptr || has_variable(attribute.value)) continue;
    if (const auto problem = problem_with(*spec, attribute.value))
      errors.push_back(error_at(attribute.at, attribute.name + ": " + *problem));
  }
  if (type->text != TextUse::none && !trimmed(element.text).empty() && !has_variable(element.text)) {
    if (const auto problem = problem_with(type->text_type, element.text))
      errors.push_back(error_at(element.text_at, *problem));
  }
  for (const auto& child : element.children) check_values(child, grammar, errors);
}

std::string to_xml(const Element& element, int depth) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  std::string out = indent + "<" + element.name;
  for (const auto& attribute : element.attributes) {
    out.append(" ").append(attribute.name).append("=\"");
    write_escaped(out, attribute.value, true);
    out += '"';
  }
  const auto text = trimmed(element.text);
  if (element.children.empty() && element.text.empty()) return out + "/>\n";
  out += '>';
  if (element.children.empty()) {
    write_escaped(out, element.text, false);
    return out + "</" + element.name + ">\n";
  }
  write_escaped(out, text, false);
  out += '\n';
  for (const auto& child : element.children) out += to_xml(child, depth + 1);
  return out + indent + "</" + element.name + ">\n";
}

}  // namespace assay::scenario
