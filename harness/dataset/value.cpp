#include "harness/dataset/value.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"

namespace assay::dataset {

namespace {

template <typename T>
bool holds(Vr vr) {
  if constexpr (std::is_same_v<T, Tag>) return vr == Vr::AT;
  if constexpr (std::is_same_v<T, float>) return vr == Vr::FL || vr == Vr::OF;
  if constexpr (std::is_same_v<T, double>) return vr == Vr::FD || vr == Vr::OD;
  if constexpr (std::is_same_v<T, std::uint16_t>) return vr == Vr::US || vr == Vr::OW;
  if constexpr (std::is_same_v<T, std::int16_t>) return vr == Vr::SS;
  if constexpr (std::is_same_v<T, std::uint32_t>) return vr == Vr::UL || vr == Vr::OL;
  if constexpr (std::is_same_v<T, std::int32_t>) return vr == Vr::SL;
  if constexpr (std::is_same_v<T, std::uint64_t>) return vr == Vr::UV || vr == Vr::OV;
  if constexpr (std::is_same_v<T, std::int64_t>) return vr == Vr::SV;
  return false;
}

template <typename T, typename As>
void put_numbers(std::vector<Value>& out, ByteView value, Endian endian) {
  const Numbers<T> all(value, endian);
  out.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) out.emplace_back(static_cast<As>(all[i]));
}

Value value_of_text(Vr vr, std::string_view raw, CharacterForm form) {
  const auto text = without_padding(raw);
  if (text.empty() && vr != Vr::ST && vr != Vr::LT && vr != Vr::UT) return {};
  const auto or_text = [&](auto parsed) -> Value { return parsed ? Value(*parsed) : Value(text); };
  switch (vr) {
    case Vr::DA: return or_text(parse_date(text, Spelling::historic));
    case Vr::TM: return or_text(parse_time(text, Spelling::historic));
    case Vr::DT: return or_text(parse_date_time(text));
    case Vr::AS: return or_text(parse_age(text, Spelling::historic));
    case Vr::IS: {
      const auto number = parse_integer_string(text);
      return number ? Value(std::int64_t{*number}) : Value(text);
    }
    case Vr::DS: return or_text(parse_decimal_string(text));
    case Vr::PN: return parse_person_name(text, form);
    case Vr::AE:
    case Vr::CS:
    case Vr::LO:
    case Vr::SH: return trimmed(text);
    default: return text;
  }
}

}  // namespace

template <typename T>
std::optional<Numbers<T>> numbers(Vr vr, ByteView value, Endian endian) {
  if (!holds<T>(vr)) return std::nullopt;
  return Numbers<T>(value, endian);
}
template std::optional<Numbers<std::uint16_t>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<std::int16_t>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<std::uint32_t>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<std::int32_t>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<std::uint64_t>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<std::int64_t>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<float>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<double>> numbers(Vr, ByteView, Endian);
template std::optional<Numbers<Tag>> numbers(Vr, ByteView, Endian);

bool splits_at_backslash(Vr vr) { return is_text(vr) && vr != Vr::ST && vr != Vr::LT && vr != Vr::UT && vr != Vr::UR; }

bool has_character_set(Vr vr) {
  switch (vr) {
    case Vr::SH:
    case Vr::LO:
    case Vr::ST:
    case Vr::PN:
    case Vr::LT:
    case Vr::UC:
    case Vr::UT: return true;
    default: return false;
  }
}

std::size_t multiplicity(Vr vr, ByteView value, CharacterForm form) {
  if (value.empty()) return 0;
  if (splits_at_backslash(vr)) {
    const auto text = as_text(value);
    if (!has_character_set(vr) || form == CharacterForm::single_byte)
      return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\\'));
    std::size_t count = 1;
    for (CharacterWalk walk(text, form); !walk.done(); walk.next())
      if (walk.single() == '\\') ++count;
    return count;
  }
  switch (vr) {
    case Vr::AT:
    case Vr::FD:
    case Vr::FL:
    case Vr::SL:
    case Vr::SS:
    case Vr::SV:
    case Vr::UL:
    case Vr::US:
    case Vr::UV: return value.size() / unit_size(vr);
    default: return 1;
  }
}

std::vector<Value> values(Vr vr, ByteView value, Endian endian, CharacterForm form) {
  std::vector<Value> out;
  if (value.empty()) return out;
  switch (vr) {
    case Vr::US: put_numbers<std::uint16_t, std::uint64_t>(out, value, endian); return out;
    case Vr::UL: put_numbers<std::uint32_t, std::uint64_t>(out, value, endian); return out;
    case Vr::UV: put_numbers<std::uint64_t, std::uint64_t>(out, value, endian); return out;
    case Vr::SS: put_numbers<std::int16_t, std::int64_t>(out, value, endian); return out;
    case Vr::SL: put_numbers<std::int32_t, std::int64_t>(out, value, endian); return out;
    case Vr::SV: put_numbers<std::int64_t, std::int64_t>(out, value, endian); return out;
    case Vr::FL: put_numbers<float, double>(out, value, endian); return out;
    case Vr::FD: put_numbers<double, double>(out, value, endian); return out;
    case Vr::AT: put_numbers<Tag, Tag>(out, value, endian); return out;
    default: break;
  }
  if (!is_text(vr)) {
    out.emplace_back(value);
    return out;
  }
  if (!splits_at_backslash(vr)) {
    out.push_back(value_of_text(vr, as_text(value), form));
    return out;
  }
  for (const auto part : split(as_text(value), '\\', has_character_set(vr) ? form : CharacterForm::single_byte))
    out.push_back(value_of_text(vr, part, form));
  return out;
}

std::string format(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>)
          return "";
        else if constexpr (std::is_same_v<T, std::string_view>)
          return std::string(held);
        else if constexpr (std::is_same_v<T, ByteView>)
          return to_hex(held);
        else if constexpr (std::is_same_v<T, Tag>)
          return to_string(held);
        else if constexpr (std::is_arithmetic_v<T>)
          return fmt::format("{}", held);
        else
          return format(held);
      },
      value);
}

std::optional<std::size_t> count_characters(std::string_view text, std::string_view character_set) {
  const auto high = [](char c) { return (static_cast<std::uint8_t>(c) & 0x80U) != 0; };
  if (character_set.starts_with("ISO_IR 192"))
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0xc0U) != 0x80U; }));
  const auto form = character_form(character_set);
  if (form == CharacterForm::single_byte) {
    const bool known = character_set.starts_with("ISO_IR ");
    if (!known && std::any_of(text.begin(), text.end(), high)) return std::nullopt;
    return text.size();
  }
  if (form == CharacterForm::iso_2022 && std::any_of(text.begin(), text.end(), high)) return std::nullopt;
  std::size_t count = 0;
  for (CharacterWalk walk(text, form); !walk.done(); walk.next())
    if (text[walk.at()] != '\x1b') ++count;
  return count;
}

}  // namespace assay::dataset
