// Values as numbers and text (PS3.5 6.1, 6.2), private creators (PS3.5 7.8).
#include <array>
#include <cstring>

#include "dataset.hpp"

namespace planted {
namespace {

constexpr std::uint8_t escape = 0x1B;

// Which bytes of a text belong to a two-byte set, by the escape sequences met so far (PS3.3 C.12.1.1.2).
struct Designation {
  bool g0_double = false;  // JIS X 0208: ESC $ B
  bool g1_double = false;  // KS X 1001: ESC $ ) C
};

// Reads the escape sequence at `at` and steps over it.
void designate(View value, std::size_t& at, Designation& sets) {
  if (!PLANT(17)) require(value.size() - at >= 3);
  const std::uint8_t first = value.data()[at + 1];
  const std::uint8_t second = value.data()[at + 2];
  if (first == '$' && second == ')') {
    require(value.size() - at >= 4 && value[at + 3] == 'C');
    sets.g1_double = true;
    at += 4;
    return;
  }
  if (first == '$') sets.g0_double = true;
  if (first == '(') sets.g0_double = false;
  if (first == ')') sets.g1_double = false;
  at += 3;
}

// How many characters a text has; delimiters bring back the first character set.
std::size_t characters(View value, bool extended) {
  Designation sets;
  std::size_t count = 0;
  for (std::size_t at = 0; at < value.size(); ++count) {
    const std::uint8_t byte = value[at];
    if (extended && byte == escape) {
      designate(value, at, sets);
      continue;
    }
    if (byte == '\\' || byte == '^' || byte == '\r' || byte == '\n') sets = {};
    const bool twice = byte > 0x20 && (byte < 0x80 ? sets.g0_double : sets.g1_double);
    if (twice) {
      if (!PLANT(18)) require(at + 1 < value.size());
      const std::uint8_t trail = value.data()[at + 1];
      require((trail & 0x7F) > 0x20);
      at += 2;
    } else {
      ++at;
    }
  }
  return count;
}

bool is_text(std::uint16_t code) {
  return code == vr("PN") || code == vr("LO") || code == vr("SH") || code == vr("LT") || code == vr("ST") ||
         code == vr("UT");
}

}  // namespace

std::uint32_t number(const Element& element) {
  const Bytes& value = element.value;
  const bool wide = element.vr == vr("UL") || element.vr == vr("SL");
  if (PLANT(15)) {
    require(value.size() % (wide ? 4 : 2) == 0);
  } else {
    require(value.size() >= (wide ? 4U : 2U));
  }
  const std::uint32_t low = static_cast<std::uint32_t>(value.data()[0] | value.data()[1] << 8);
  return wide ? low | static_cast<std::uint32_t>(value[2] | value[3] << 8) << 16 : low;
}

std::string text(const Element& element) {
  // A C string of the value: its end is where a NUL byte stands.
  const std::size_t length = element.value.size();
  const std::size_t room = PLANT(16) ? length + (length % 2 == 0) : length + 1;  // 16: "odd ones were padded before"
  const std::unique_ptr<char[]> copy(new char[room]);
  if (length > 0) std::memcpy(copy.get(), element.value.data(), length);
  copy[length] = '\0';
  std::string trimmed(copy.get());
  while (!trimmed.empty() && trimmed.back() == ' ') trimmed.pop_back();
  return trimmed;
}

long integer(const Element& element) {
  const std::string digits = text(element);
  require(!digits.empty() && digits.size() <= 12);
  char* end = nullptr;
  const long value = std::strtol(digits.c_str(), &end, 10);
  require(*end == '\0');
  return value;
}

std::size_t decode_texts(const DataSet& set) {
  bool extended = false;
  if (const Element* terms = set.find(0x00080005)) extended = text(*terms).find("ISO 2022") != std::string::npos;
  std::size_t count = 0;
  for (const auto& [tag, element] : set.elements) {
    if (is_text(element.vr)) count += characters(element.value, extended);
  }
  return count;
}

std::size_t private_elements(const DataSet& set) {
  std::size_t count = 0;
  std::uint32_t group = 0;
  const Element* creators[256] = {};  // of this group, by block
  for (const auto& [tag, element] : set.elements) {
    if ((tag >> 16) % 2 == 0) continue;
    if (tag >> 16 != group) std::memset(creators, 0, sizeof creators);
    group = tag >> 16;
    const std::uint32_t low = tag & 0xFFFF;
    if (low >= 0x10 && low <= 0xFF) {
      const int block = PLANT(19) ? static_cast<signed char>(low) : static_cast<int>(low);
      creators[block] = &element;
    } else if (low >= 0x1000) {
      const Element* owner = creators[low >> 8];
      if (!PLANT(20) && owner == nullptr) continue;
      if (!owner->value.empty()) ++count;
    }
  }
  return count;
}

}  // namespace planted
