// Small things that the writers and readers of XML share. Tests: tests/unit/dataset/native_xml_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <tuple>

namespace assay::dataset {

/// "<", "&" ... as XML wants them in content and in attributes; carriage returns, tabs and line ends of attributes as
/// references, so that no reader normalises them.
void append_xml(std::string& out, std::string_view utf8, bool attribute = false);

/// ` name="text"`
void append_xml_attribute(std::string& out, std::string_view name, std::string_view text);

/// One PersonName element (PS3.19 A.1): component groups and components that are empty are left out, except at the end.
void append_person_name(std::string& out, std::string_view name, std::size_t number);

/// The name without its prefix.
std::string_view local_name(const pugi::xml_node& node);

/// All text and CDATA directly inside; nothing of elements.
std::string text_inside(const pugi::xml_node& node);

/// "Yamada^Tarou=..." from a PersonName element; false when it holds something else.
bool read_person_name(const pugi::xml_node& node, std::string& name);

/// The Private Creators of the open levels. The model names a private attribute by its creator and (gggg,00ee), without
/// the block (PS3.19 A.1): where two blocks have one creator, the first is meant.
class FormCreators {
 public:
  void add(std::size_t level, std::uint16_t group, std::uint8_t block, const std::string& name);
  /// Forgets this level and those inside it.
  void leave(std::size_t level);
  [[nodiscard]] std::optional<std::uint8_t> block(std::size_t level, std::uint16_t group,
                                                  const std::string& name) const;
  [[nodiscard]] const std::string* name(std::size_t level, std::uint16_t group, std::uint8_t block) const;
  /// The lowest block that nobody has.
  [[nodiscard]] std::optional<std::uint8_t> free_block(std::size_t level, std::uint16_t group) const;

 private:
  std::map<std::tuple<std::size_t, std::uint16_t, std::string>, std::uint8_t> blocks_;
  std::map<std::tuple<std::size_t, std::uint16_t, std::uint8_t>, std::string> names_;
};

/// Keeps white space that is all a value has.
inline constexpr unsigned xml_parse_flags = pugi::parse_default | pugi::parse_ws_pcdata_single;

}  // namespace assay::dataset
