#include "harness/dataset/form_xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::dataset {

namespace {

constexpr std::string_view group_names[] = {"Alphabetic", "Ideographic", "Phonetic"};
constexpr std::string_view component_names[] = {"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"};

template <typename Work>
void each_part(std::string_view text, char separator, Work work) {
  for (std::size_t i = 0;; ++i) {
    const auto end = text.find(separator);
    const bool last = end == std::string_view::npos;
    const auto part = text.substr(0, end);
    if (!part.empty() || (last && i > 0)) work(i, part);
    if (last) return;
    text.remove_prefix(end + 1);
  }
}

// Which of `names` the element is, or their number.
template <std::size_t count>
std::size_t index_of(const pugi::xml_node& node, const std::string_view (&names)[count]) {
  return static_cast<std::size_t>(std::find(std::begin(names), std::end(names), local_name(node)) - std::begin(names));
}

template <std::size_t count>
std::string joined(const std::array<std::string, count>& parts, std::size_t used, char separator) {
  std::string text;
  for (std::size_t i = 0; i < used; ++i) {
    if (i != 0) text += separator;
    text += parts[i];
  }
  return text;
}

}  // namespace

void append_xml(std::string& out, std::string_view utf8, bool attribute) {
  for (const char c : utf8) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '\r': out += "&#13;"; break;
      case '"': out += attribute ? "&quot;" : "\""; break;
      case '\n': out += attribute ? "&#10;" : "\n"; break;
      case '\t': out += attribute ? "&#9;" : "\t"; break;
      default: out += c;
    }
  }
}

void append_xml_attribute(std::string& out, std::string_view name, std::string_view text) {
  out += ' ';
  out += name;
  out += "=\"";
  append_xml(out, text, true);
  out += '"';
}

void append_person_name(std::string& out, std::string_view name, std::size_t number) {
  out += fmt::format("<PersonName number=\"{}\">\n", number);
  each_part(name, '=', [&](std::size_t group, std::string_view components) {
    out += fmt::format("<{}>", group_names[group]);
    each_part(components, '^', [&](std::size_t component, std::string_view text) {
      out += fmt::format("<{}>", component_names[component]);
      append_xml(out, text);
      out += fmt::format("</{}>", component_names[component]);
    });
    out += fmt::format("</{}>\n", group_names[group]);
  });
  out += "</PersonName>\n";
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view full = node.name();
  const auto colon = full.find(':');
  return colon == std::string_view::npos ? full : full.substr(colon + 1);
}

std::string text_inside(const pugi::xml_node& node) {
  std::string text;
  for (const auto& child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  return text;
}

bool read_person_name(const pugi::xml_node& node, std::string& name) {
  std::array<std::string, 3> groups;
  std::size_t used = 0;
  for (const auto& child : node.children()) {
    if (child.type() != pugi::node_element) {
      if (child.type() == pugi::node_pcdata &&
          std::string_view(child.value()).find_first_not_of(" \t\r\n") != std::string_view::npos)
        return false;
      continue;
    }
    const auto group = index_of(child, group_names);
    if (group == 3) return false;
    std::array<std::string, 5> components;
    std::size_t used_components = 0;
    for (const auto& part : child.children()) {
      if (part.type() != pugi::node_element) {
        if (part.type() == pugi::node_pcdata &&
            std::string_view(part.value()).find_first_not_of(" \t\r\n") != std::string_view::npos)
          return false;
        continue;
      }
      const auto component = index_of(part, component_names);
      if (component == 5) return false;
      components[component] = text_inside(part);
      used_components = std::max(used_components, component + 1);
    }
    groups[group] = joined(components, used_components, '^');
    used = std::max(used, group + 1);
  }
  name = joined(groups, used, '=');
  return true;
}

void FormCreators::add(std::size_t level, std::uint16_t group, std::uint8_t block, const std::string& name) {
  blocks_.try_emplace({level, group, name}, block);
  names_[{level, group, block}] = name;
}

void FormCreators::leave(std::size_t level) {
  blocks_.erase(blocks_.lower_bound({level, std::uint16_t{0}, std::string()}), blocks_.end());
  names_.erase(names_.lower_bound({level, std::uint16_t{0}, std::uint8_t{0}}), names_.end());
}

std::optional<std::uint8_t> FormCreators::block(std::size_t level, std::uint16_t group, const std::string& name) const {
  const auto found = blocks_.find({level, group, name});
  return found == blocks_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* FormCreators::name(std::size_t level, std::uint16_t group, std::uint8_t block) const {
  const auto found = names_.find({level, group, block});
  return found == names_.end() ? nullptr : &found->second;
}

std::optional<std::uint8_t> FormCreators::free_block(std::size_t level, std::uint16_t group) const {
  for (unsigned block = 0x10; block <= 0xff; ++block)
    if (name(level, group, static_cast<std::uint8_t>(block)) == nullptr) return static_cast<std::uint8_t>(block);
  return std::nullopt;
}

}  // namespace assay::dataset
