// Small things that the writers and readers of XML share. Tests: tests/unit/dataset/native_xml_test.cpp
#pragma once

#include <array>
#include <pugixml.hpp>
#include <string>
#include <string_view>

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

/// Keeps white space that is all a value has.
inline constexpr unsigned xml_parse_flags = pugi::parse_default | pugi::parse_ws_pcdata_single;

}  // namespace assay::dataset
