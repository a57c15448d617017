// Data Element Tags (PS3.5 7.1). Tests: tests/unit/dict/
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

struct Tag {
  std::uint16_t group = 0;
  std::uint16_t element = 0;

  constexpr Tag() = default;
  constexpr Tag(std::uint16_t g, std::uint16_t e) : group(g), element(e) {}
  constexpr explicit Tag(std::uint32_t packed)
      : group(static_cast<std::uint16_t>(packed >> 16)), element(static_cast<std::uint16_t>(packed & 0xffffU)) {}

  [[nodiscard]] constexpr std::uint32_t packed() const { return (static_cast<std::uint32_t>(group) << 16) | element; }
  [[nodiscard]] constexpr bool is_private() const { return (group & 1) != 0; }
  [[nodiscard]] constexpr bool is_group_length() const { return element == 0; }
  friend constexpr auto operator<=>(const Tag&, const Tag&) = default;
};

/// "(0008,0018)", upper-case hex as the standard prints it.
std::string to_string(Tag tag);
/// Reads "(0008,0018)", "0008,0018", "00080018".
std::optional<Tag> tag_from(std::string_view text);

}  // namespace assay
