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

Value value_of_text(Vr vr, std::string_view raw, const CharacterSets& sets) {
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
    case Vr::PN: return sets.split_person_name(as_bytes(text));
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

namespace {

/// No byte of the backslash's code is half of a character.
bool splits_plainly(Vr vr, const CharacterSets& sets) {
  return !uses_character_set(vr) ||
         (!sets.extended() && (sets.multi_byte() == CodeSet::none || sets.multi_byte() == CodeSet::utf_8));
}

}  // namespace

bool has_numbers(Vr vr) {
  switch (vr) {
    case Vr::AT:
    case Vr::FD:
    case Vr::FL:
    case Vr::SL:
    case Vr::SS:
    case Vr::SV:
    case Vr::UL:
    case Vr::US:
    case Vr::UV: return true;
    default: return false;
  }
}

std::size_t multiplicity(Vr vr, ByteView value, const CharacterSets& sets) {
  if (value.empty()) return 0;
  if (splits_at_backslash(vr)) {
    if (!splits_plainly(vr, sets)) return sets.split_values(value, vr).size();
    const auto text = as_text(value);
    return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\\'));
  }
  return has_numbers(vr) ? value.size() / unit_size(vr) : 1;
}

std::vector<Value> values(Vr vr, ByteView value, Endian endian, const CharacterSets& sets) {
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
    out.push_back(value_of_text(vr, as_text(value), sets));
    return out;
  }
  if (splits_plainly(vr, sets))
    for (const auto part : split(as_text(value), '\\')) out.push_back(value_of_text(vr, part, sets));
  else
    for (const auto part : sets.split_values(value, vr)) out.push_back(value_of_text(vr, as_text(part), sets));
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

std::string format(const PersonName& name) {
  std::string text;
  std::size_t kept = 0;
  for (std::size_t group = 0; group < name.groups.size(); ++group) {
    if (group > 0) text += '=';
    std::size_t in_group = text.size();
    for (std::size_t component = 0; component < 5; ++component) {
      const auto part = as_text(name.groups[group].components[component]);
      if (component > 0) text += '^';
      text += part;
      if (!part.empty()) in_group = kept = text.size();
    }
    text.resize(in_group);
  }
  text.resize(kept);
  return text;
}

}  // namespace assay::dataset
