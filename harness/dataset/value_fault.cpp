// What PS3.5 6.2 demands of each value of a text VR: grammar and length. Characters are judged by charset.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/dataset/value.hpp"

namespace assay::dataset {

namespace {

constexpr std::string_view vrs = "PS3.5 6.2";

std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  return printable(text.substr(0, most)) + (text.size() > most ? "..." : "");
}

std::string byte_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of '" + shown(text) + "'";
  return fmt::format("{:02X}H in '{}'", static_cast<std::uint8_t>(text[at]), shown(text));
}

/// Index of the first character that `allowed` refuses, or npos.
template <typename Allowed>
std::size_t first_other(std::string_view text, Allowed allowed) {
  const auto found = std::find_if_not(text.begin(), text.end(), allowed);
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

constexpr bool is_high(char c) { return (static_cast<std::uint8_t>(c) & 0x80U) != 0; }
/// Bytes above 7FH and control characters are for CharacterSets::check() to report.
constexpr bool judged_elsewhere(char c) { return is_high(c) || static_cast<std::uint8_t>(c) < 0x20 || c == '\x7f'; }
constexpr bool in_code_string(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '_';
}

constexpr bool in_uri(char c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return true;
  constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=%";
  return others.find(c) != std::string_view::npos;
}

/// Bytes a value of these VRs may have; 0 for the VRs that count characters or have no limit.
std::size_t byte_limit(Vr vr, bool query) {
  switch (vr) {
    case Vr::AE:
    case Vr::CS:
    case Vr::DS: return 16;
    case Vr::AS: return 4;
    case Vr::IS: return 12;
    case Vr::DA: return query ? 18 : 8;
    case Vr::TM: return query ? 28 : 14;
    case Vr::DT: return query ? 54 : 26;
    default: return 0;
  }
}

std::size_t character_limit(Vr vr) {
  switch (vr) {
    case Vr::SH: return 16;
    case Vr::LO: return 64;
    case Vr::ST: return 1024;
    case Vr::LT: return 10240;
    default: return 0;
  }
}

class Judge {
 public:
  Judge(Vr vr, std::string_view raw, const ValueContext& context)
      : vr_(vr), raw_(raw), text_(without_padding(raw)), context_(context) {}

  std::optional<ValueFault> run() {
    if (text_.empty()) {
      if (vr_ == Vr::AE && !raw_.empty()) fault("ps3.5/6.2/ae-blank", 0, "only blanks", "an AE title, or no value");
      return fault_;
    }
    if (!characters()) return fault_;
    switch (vr_) {
      case Vr::DA: date(); break;
      case Vr::TM: time(); break;
      case Vr::DT: date_time(); break;
      case Vr::AS: age(); break;
      case Vr::IS: integer(); break;
      case Vr::DS: decimal(); break;
      case Vr::PN: person_name(); break;
      default: break;
    }
    if (!fault_) length();
    return fault_;
  }

 private:
  void fault(std::string_view rule, std::size_t at, std::string found, std::string expected,
             Gravity gravity = Gravity::deviation) {
    fault_ = ValueFault{
        rule,   rule.starts_with("ps3.5/6.2.1/") ? "PS3.5 6.2.1" : vrs, at, std::move(found), std::move(expected),
        gravity};
  }

  /// A byte where the grammar is left; bytes that no grammar could take are reported by CharacterSets::check().
  void grammar(std::string_view rule, std::size_t at, std::string expected) {
    if (at < text_.size() && judged_elsewhere(text_[at])) return;
    fault(rule, at, byte_at(text_, at), std::move(expected));
  }

  void historic(std::string_view rule, std::string expected) {
    fault(rule, 0, "'" + shown(text_) + "'", std::move(expected),
          context_.acr_nema ? Gravity::note : Gravity::deviation);
  }

  bool characters() {
    switch (vr_) {
      case Vr::CS: {
        const bool query = context_.query;
        return refuse(
            "ps3.5/6.2/code-string",
            [&](char c) { return in_code_string(c) || judged_elsewhere(c) || (query && (c == '*' || c == '?')); },
            "capital letters, digits, blanks and underscores");
      }
      case Vr::UR:
        return refuse(
            "ps3.5/6.2/uri", [](char c) { return in_uri(c) || judged_elsewhere(c); },
            "characters of a URI (RFC 3986), no blank in front");
      default: return true;
    }
  }

  template <typename Allowed>
  bool refuse(std::string_view rule, Allowed allowed, std::string_view expected) {
    const std::size_t at = first_other(text_, allowed);
    if (at == std::string_view::npos) return true;
    fault(rule, at, byte_at(text_, at), std::string(expected));
    return false;
  }

  void date() {
    TimeFault why;
    if (parse_date(text_, Spelling::strict, &why)) return;
    if (context_.query && parse_date_range(text_)) return;
    if (parse_date(text_, Spelling::historic))
      return historic("ps3.5/6.2/date-historic", "YYYYMMDD without full stops");
    grammar("ps3.5/6.2/date", why.at, std::string(why.expected));
  }

  void time() {
    TimeFault why;
    if (parse_time(text_, Spelling::strict, &why)) return;
    if (context_.query && parse_time_range(text_)) return;
    if (parse_time(text_, Spelling::historic)) return historic("ps3.5/6.2/time-historic", "HHMMSS without colons");
    grammar("ps3.5/6.2/time", why.at, std::string(why.expected));
  }

  void date_time() {
    TimeFault why;
    if (parse_date_time(text_, &why)) return;
    if (context_.query && parse_date_time_range(text_)) return;
    grammar("ps3.5/6.2/date-time", why.at, std::string(why.expected));
  }

  void age() {
    if (parse_age(text_)) return;
    if (parse_age(text_, Spelling::historic))
      return historic("ps3.5/6.2/age-historic", "three digits and one of D, W, M, Y");
    std::size_t at = 0;
    while (at < text_.size() && at < 3 && text_[at] >= '0' && text_[at] <= '9') ++at;
    grammar("ps3.5/6.2/age", at, "three digits and one of D, W, M, Y");
  }

  void integer() {
    if (const auto at = fault_in_integer_string(text_))
      return grammar("ps3.5/6.2/integer-string", *at, "a sign or none, then digits");
    if (!parse_integer_string(text_))
      fault("ps3.5/6.2/integer-range", 0, "'" + shown(text_) + "'", "-2147483648 to 2147483647");
  }

  void decimal() {
    if (const auto at = fault_in_decimal_string(text_))
      grammar("ps3.5/6.2/decimal-string", *at, "a sign or none, digits with at most one point, an exponent or none");
  }

  void person_name() {
    const auto person = sets().split_person_name(as_bytes(text_));
    if (person.count > 3)
      return fault("ps3.5/6.2.1/name-groups", behind(person.groups[1].bytes), std::to_string(person.count) + " groups",
                   "at most 3 component groups");
    for (std::size_t i = 0; i < person.count; ++i) {
      const auto& group = person.groups[i];
      if (group.count > 5)
        return fault("ps3.5/6.2.1/name-components", index_of(group.bytes), std::to_string(group.count) + " components",
                     "at most 5 components in a group");
      const std::size_t size = group.bytes.size() <= 64 ? 0 : sets().character_count(group.bytes, Vr::PN);
      if (size > 64)
        return fault("ps3.5/6.2/value-length", index_of(group.bytes), fmt::format("{} characters", size),
                     "at most 64 characters in each component group of a PN");
    }
    const auto& first = person.groups[0];
    if (context_.query || first.count > 1) return;
    const auto trim = trimmed(as_text(first.bytes));
    const std::size_t comma = trim.find_first_of(", ");
    if (comma != std::string_view::npos && std::none_of(trim.begin(), trim.end(), judged_elsewhere))
      fault("ps3.5/6.2.1/name-shape", static_cast<std::size_t>(trim.data() - text_.data()) + comma,
            "'" + shown(text_) + "'", "the parts of a name between carets: family^given", Gravity::note);
  }

  [[nodiscard]] const CharacterSets& sets() const {
    static const CharacterSets default_repertoire;
    return context_.sets ? *context_.sets : default_repertoire;
  }
  [[nodiscard]] std::size_t index_of(ByteView part) const {
    return static_cast<std::size_t>(part.data() - as_bytes(text_).data());
  }
  [[nodiscard]] std::size_t behind(ByteView part) const { return index_of(part) + part.size(); }

  void length() {
    if (const std::size_t most = byte_limit(vr_, context_.query); most != 0) {
      const auto bare = trimmed(text_);
      if (bare.size() > most)
        fault("ps3.5/6.2/value-length", static_cast<std::size_t>(bare.data() - raw_.data()) + most,
              fmt::format("{} bytes", bare.size()),
              fmt::format("at most {} bytes in a value of VR {}", most, name(vr_)));
      else if (raw_.size() > most + 1)  // one byte of padding may follow the last value
        fault("ps3.5/6.2/too-much-padding", most, fmt::format("{} bytes with its blanks", raw_.size()),
              fmt::format("at most {} bytes in a value of VR {}", most, name(vr_)));
      return;
    }
    const std::size_t most = character_limit(vr_);
    if (most == 0) return;
    // Blanks at the ends count for nothing, except that leading ones are text in ST and LT.
    const auto bare = splits_at_backslash(vr_) ? trimmed(text_) : text_;
    if (bare.size() <= most) return;
    const auto count = sets().character_count(as_bytes(bare), vr_);
    if (count > most)
      fault("ps3.5/6.2/value-length", static_cast<std::size_t>(bare.data() - raw_.data()) + most,
            fmt::format("{} characters", count),
            fmt::format("at most {} characters in a value of VR {}", most, name(vr_)));
  }

  Vr vr_;
  std::string_view raw_;
  std::string_view text_;
  const ValueContext& context_;
  std::optional<ValueFault> fault_;
};

}  // namespace

std::optional<ValueFault> fault_of_text(Vr vr, std::string_view value, const ValueContext& context) {
  if (vr == Vr::UI || !is_text(vr)) return std::nullopt;
  return Judge(vr, value, context).run();
}

}  // namespace assay::dataset
