#include "harness/dict/tag.hpp"

#include <charconv>

namespace assay {

namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

void put_hex(char* at, std::uint16_t value) {
  for (int i = 3; i >= 0; --i, value = static_cast<std::uint16_t>(value >> 4)) at[i] = digits[value & 0xfU];
}

}  // namespace

std::string to_string(Tag tag) {
  std::string text = "(0000,0000)";
  put_hex(text.data() + 1, tag.group);
  put_hex(text.data() + 6, tag.element);
  return text;
}

std::optional<Tag> tag_from(std::string_view text) {
  if (text.size() >= 2 && text.front() == '(' && text.back() == ')') {
    text = text.substr(1, text.size() - 2);
    if (text.size() != 9) return std::nullopt;
  }
  std::string_view group = text.substr(0, text.size() < 4 ? text.size() : 4);
  std::string_view element;
  if (text.size() == 9 && text[4] == ',') {
    element = text.substr(5);
  } else if (text.size() == 8) {
    element = text.substr(4);
  } else {
    return std::nullopt;
  }
  Tag tag;
  const auto read = [](std::string_view from, std::uint16_t& to) {
    const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), to, 16);
    return error == std::errc{} && end == from.data() + from.size();
  };
  if (!read(group, tag.group) || !read(element, tag.element)) return std::nullopt;
  return tag;
}

}  // namespace assay
