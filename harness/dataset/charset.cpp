#include "harness/dataset/charset.hpp"

#include <fmt/format.h>

#include "harness/dataset/charset_scan.hpp"

namespace assay::dataset {

namespace {

/// How a fault is reported.
struct Report {
  const char* rule;
  const char* clause;
  const char* expected;
  Gravity gravity;
};

constexpr std::array<Report, fault_count> reports{{
    {"", "", "", Gravity::note},
    {"ps3.5/6.1.2.3/undeclared-character", "PS3.5 6.1.2.3",
     "only bytes up to 7FH, or a Specific Character Set (0008,0005) that has this character", Gravity::deviation},
    {"ps3.5/6.2/repertoire", "PS3.5 6.2", "the default repertoire, whatever (0008,0005) says", Gravity::deviation},
    {"ps3.5/6.1.2.3/invalid-character", "PS3.5 6.1.2.3", "a character of the declared set", Gravity::deviation},
    {"ps3.5/6.1.3/control-character", "PS3.5 6.1.3", "TAB, LF, FF and CR in ST, LT and UT, and no other",
     Gravity::deviation},
    {"ps3.5/6.1.2.5.2/escape-unknown", "PS3.5 6.1.2.5.2", "an escape sequence of PS3.3 Table C.12-3 or C.12-4",
     Gravity::deviation},
    {"ps3.5/6.1.2.5.2/escape-cut", "PS3.5 6.1.2.5.2", "a whole escape sequence", Gravity::deviation},
    {"ps3.5/6.1.2.5.2/escape-undeclared", "PS3.5 6.1.2.5.2", "only sets that Specific Character Set (0008,0005) names",
     Gravity::deviation},
    {"ps3.5/6.1.2.5.3/not-reset", "PS3.5 6.1.2.5.3", "the set of value 1 of (0008,0005)", Gravity::deviation},
    {"ps3.5/6.1.2.5.3/not-reset", "PS3.5 6.1.2.5.3", "the set of value 1 of (0008,0005)", Gravity::note},
}};

std::string hex(ByteView bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size() && i < 8; ++i) text += fmt::format("{}{:02X}H", i ? " " : "", bytes[i]);
  return bytes.size() > 8 ? text + " ..." : text;
}

std::string found_in(const Unit& unit, ByteView value) {
  const auto bytes = hex(value.subspan(unit.offset, unit.length));
  switch (unit.fault) {
    case Fault::not_reset:
    case Fault::not_reset_romaji:
      return fmt::format("{} in force {}", info_of(unit.set).name,
                         unit.kind == UnitKind::end ? "at the end of the value" : "before " + bytes);
    case Fault::escape_undeclared: return fmt::format("{} ({})", bytes, info_of(unit.set).name);
    case Fault::invalid: return fmt::format("{} in {}", bytes, info_of(unit.set).name);
    default: return bytes;
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

/// The next letter or digit in capitals, 0 at the end.
char next_letter(std::string_view text, std::size_t& at) {
  while (at < text.size()) {
    const char c = text[at++];
    if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return c;
  }
  return 0;
}

/// Equal when nobody looks at punctuation and case.
bool sounds_alike(std::string_view left, std::string_view right) {
  for (std::size_t l = 0, r = 0;;) {
    const char c = next_letter(left, l);
    if (c != next_letter(right, r)) return false;
    if (c == 0) return true;
  }
}

struct Term {
  CodeSet set = CodeSet::none;
  bool extension = false;     // "ISO 2022 IR ..."
  std::string_view expected;  // the right spelling when this is not it
};

struct Alias {
  std::string_view word;
  CodeSet set;
};
constexpr Alias aliases[] = {
    {"UTF8", CodeSet::utf_8},      {"ISO2022IR192", CodeSet::utf_8}, {"ASCII", CodeSet::ir_6},
    {"USASCII", CodeSet::ir_6},    {"ISO88591", CodeSet::ir_100},    {"LATIN1", CodeSet::ir_100},
    {"ISO88592", CodeSet::ir_101}, {"ISO88593", CodeSet::ir_109},    {"ISO88594", CodeSet::ir_110},
    {"ISO88595", CodeSet::ir_144}, {"ISO88596", CodeSet::ir_127},    {"ISO88597", CodeSet::ir_126},
    {"ISO88598", CodeSet::ir_138}, {"ISO88599", CodeSet::ir_148},    {"ISO885915", CodeSet::ir_203},
    {"ISOIR87", CodeSet::ir_87},   {"ISOIR159", CodeSet::ir_159},    {"ISOIR149", CodeSet::ir_149},
    {"ISOIR58", CodeSet::ir_58},   {"ISO2022GBK", CodeSet::gbk},     {"ISO2022GB18030", CodeSet::gb18030},
};

Term term_of(std::string_view text) {
  for (const auto& info : code_sets()) {
    if (!info.term.empty() && info.term == text) return {info.set, false, {}};
    if (!info.extension.empty() && info.extension == text) return {info.set, true, {}};
  }
  for (const auto& info : code_sets()) {
    if (!info.term.empty() && sounds_alike(info.term, text)) return {info.set, false, info.term};
    if (!info.extension.empty() && sounds_alike(info.extension, text)) return {info.set, true, info.extension};
  }
  for (const auto& [alias, set] : aliases) {
    const auto& info = info_of(set);
    if (sounds_alike(alias, text)) return {set, info.term.empty(), info.term.empty() ? info.extension : info.term};
  }
  return {};
}

}  // namespace

void CharacterSets::declare(CodeSet set, bool first) {
  const auto add = [&](CodeSet one) {
    if (declared_[static_cast<std::size_t>(one)] || order_size_ == order_.size()) return;
    declared_.set(static_cast<std::size_t>(one));
    order_[order_size_++] = one;
  };
  if (set == CodeSet::ir_13) add(CodeSet::ir_14);
  add(set);
  if (!first) return;
  if (set == CodeSet::ir_13) g0_ = CodeSet::ir_14;
  // A set of two bytes in G0 may not be the first; taking it as the initial state would hide every delimiter.
  if (info_of(set).element == CodeElement::g1) g1_ = set;
}

CharacterSets::CharacterSets(std::string_view value, Problems* problems, std::uint64_t base_offset) {
  const auto report = [&](const char* rule, std::size_t offset, std::string_view found, std::string expected,
                          Gravity gravity = Gravity::deviation) {
    if (problems == nullptr) return;
    problems->push_back({rule, "PS3.3 C.12.1.1.2", base_offset + offset, "", std::string(found.substr(0, 64)),
                         std::move(expected), gravity});
  };
  const bool several = value.find('\\') != std::string_view::npos;
  extended_ = several;
  bool unknown_seen = false;  // one report stands for all: the element may be binary garbage of any length
  bool empty_seen = false;
  bool plain_seen = false;
  bool alone_seen = false;
  bool repeated_seen = false;
  std::size_t start = 0;
  for (std::size_t index = 0; start <= value.size(); ++index) {
    const auto end = std::min(value.find('\\', start), value.size());
    const auto text = trimmed(value.substr(start, end - start));
    const auto at = start;
    start = end + 1;
    if (text.empty()) {
      if (index > 0 && !empty_seen) {
        report("ps3.3/C.12.1.1.2/empty-term", at, fmt::format("value {} is empty", index + 1),
               "only value 1 may be empty");
        empty_seen = true;
      }
      continue;
    }
    const auto term = term_of(text);
    if (term.set == CodeSet::none) {
      if (!unknown_seen) report("ps3.3/C.12.1.1.2/unknown-term", at, text, "a Defined Term of PS3.3 C.12.1.1.2");
      unknown_seen = true;
      continue;
    }
    const auto& info = info_of(term.set);
    if (!term.expected.empty()) report("ps3.3/C.12.1.1.2/misspelled-term", at, text, std::string(term.expected));
    if (info.element == CodeElement::all) {
      if (several && !alone_seen)
        report("ps3.3/C.12.1.1.2/stand-alone-term", at, text, "no other value besides this one");
      alone_seen = true;
      if (alone_ == CodeSet::none) alone_ = term.set;
      continue;
    }
    if (several && !term.extension && term.expected.empty() && !plain_seen) {
      report("ps3.3/C.12.1.1.2/code-extension-term", at, text, std::string(info.extension));
      plain_seen = true;
    }
    if (!several && term.extension && info.bytes == 1)
      report("ps3.3/C.12.1.1.2/single-code-extension-term", at, text, std::string(info.term), Gravity::note);
    if (term.extension) extended_ = true;
    if (index == 0 && info.bytes == 2) {
      report("ps3.3/C.12.1.1.2/multi-byte-first", at, text, "a set of one byte, or nothing, as value 1");
    } else if (declares(term.set) && !repeated_seen) {
      report("ps3.3/C.12.1.1.2/repeated-term", at, text, "each term once", Gravity::note);
      repeated_seen = true;
    }
    declare(term.set, index == 0);
  }
  if (alone_ != CodeSet::none) {  // UTF-8, GB18030 and GBK have no escape sequences, whatever stands besides them
    const auto alone = alone_;
    *this = CharacterSets();
    alone_ = alone;
  }
}

DecodedText CharacterSets::run(ByteView value, Vr vr, std::uint64_t base_offset, bool text, bool problems) const {
  DecodedText result;
  if (text) result.text.reserve(value.size());
  std::array<std::size_t, fault_count> seen{};
  std::array<std::size_t, fault_count> place{};
  Scanner scanner(*this, value, vr);
  for (Unit unit; scanner.next(unit);) {
    if (text && (unit.kind == UnitKind::character || unit.kind == UnitKind::delimiter))
      append_utf8(result.text, unit.character != 0 || value[unit.offset] == 0 ? unit.character : 0xfffd);
    if (!problems || unit.fault == Fault::none) continue;
    const auto fault = static_cast<std::size_t>(unit.fault);
    if (seen[fault]++ == 0) {
      const auto& report = reports[fault];
      place[fault] = result.problems.size();
      result.problems.push_back({report.rule, report.clause, base_offset + unit.offset, "", found_in(unit, value),
                                 report.expected, report.gravity});
    }
  }
  for (std::size_t fault = 0; fault < fault_count; ++fault)
    if (seen[fault] > 1) result.problems[place[fault]].found += fmt::format(" (and {} more)", seen[fault] - 1);
  return result;
}

DecodedText CharacterSets::decode(ByteView value, Vr vr, std::uint64_t base_offset) const {
  return run(value, vr, base_offset, true, true);
}

std::string CharacterSets::text(ByteView value, Vr vr) const { return run(value, vr, 0, true, false).text; }

Problems CharacterSets::check(ByteView value, Vr vr, std::uint64_t base_offset) const {
  return run(value, vr, base_offset, false, true).problems;
}

std::vector<ByteView> CharacterSets::split_values(ByteView value, Vr vr) const {
  std::vector<ByteView> values;
  std::size_t start = 0;
  Scanner scanner(*this, value, vr);
  for (Unit unit; scanner.next(unit);) {
    if (unit.kind != UnitKind::delimiter || unit.character != U'\\') continue;
    values.push_back(value.subspan(start, unit.offset - start));
    start = unit.offset + 1;
  }
  values.push_back(value.subspan(start));
  return values;
}

PersonName CharacterSets::split_person_name(ByteView value) const {
  PersonName name;
  std::size_t group_start = 0;
  std::size_t component_start = 0;
  const auto group = [&]() -> PersonName::Group& { return name.groups[std::min<std::size_t>(name.count, 2)]; };
  const auto end_component = [&](std::size_t end) {
    auto& components = group();
    const auto place = std::min<std::size_t>(components.count, 4);
    if (components.count > 4) component_start -= components.components[4].size() + 1;  // the last keeps the rest
    components.components[place] = value.subspan(component_start, end - component_start);
    ++components.count;
    component_start = end + 1;
  };
  const auto end_group = [&](std::size_t end) {
    if (name.count <= 2) {
      end_component(end);
      group().bytes = value.subspan(group_start, end - group_start);
    } else {
      name.groups[2].bytes = {name.groups[2].bytes.data(), name.groups[2].bytes.size() + 1 + end - group_start};
    }
    ++name.count;
    group_start = component_start = end + 1;
  };
  Scanner scanner(*this, value, Vr::PN);
  std::size_t end = value.size();
  for (Unit unit; scanner.next(unit);) {
    if (unit.kind == UnitKind::padding) end = unit.offset;
    if (unit.kind != UnitKind::delimiter) continue;
    if (unit.character == U'=') end_group(unit.offset);
    if (unit.character == U'^' && name.count <= 2) end_component(unit.offset);
  }
  end_group(end);
  return name;
}

std::size_t CharacterSets::character_count(ByteView value, Vr vr) const {
  std::size_t count = 0;
  Scanner scanner(*this, value, vr);
  for (Unit unit; scanner.next(unit);)
    count += unit.kind == UnitKind::character || unit.kind == UnitKind::delimiter ? 1 : 0;
  return count;
}

}  // namespace assay::dataset
