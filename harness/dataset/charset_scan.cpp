#include "harness/dataset/charset_scan.hpp"

namespace assay::dataset {

namespace {

constexpr std::uint8_t esc = 0x1b;

bool is_graphic(std::uint8_t byte) { return byte >= 0x21 && byte <= 0x7e; }

struct Escape {
  CodeSet set = CodeSet::none;
  std::size_t length = 0;
  Fault fault = Fault::none;
};

/// ESC, intermediate bytes 20H to 2FH, a final byte 30H to 7EH (ISO 2022).
Escape read_escape(ByteView from) {
  std::size_t length = 1;
  while (length < from.size() && from[length] >= 0x20 && from[length] <= 0x2f) ++length;
  if (length == from.size() || from[length] < 0x30 || from[length] > 0x7e)
    return {CodeSet::none, length, Fault::escape_cut};
  ++length;
  const auto sequence = as_text(from.first(length));
  for (const auto& info : code_sets())
    if (info.escape == sequence) return {info.set, length, Fault::none};
  return {CodeSet::none, length, Fault::escape_unknown};
}

}  // namespace

bool has_multiplicity(Vr vr) { return vr != Vr::ST && vr != Vr::LT && vr != Vr::UT && vr != Vr::UR; }

bool allows_layout(Vr vr) { return vr == Vr::ST || vr == Vr::LT || vr == Vr::UT; }

bool uses_character_set(Vr vr) {
  return vr == Vr::SH || vr == Vr::LO || vr == Vr::PN || vr == Vr::UC || allows_layout(vr);
}

Scanner::Scanner(const CharacterSets& sets, ByteView value, Vr vr)
    : sets_(sets),
      value_(value),
      vr_(vr),
      padding_from_(value.size()),
      alone_(sets.multi_byte()),
      g0_(sets.initial_g0()),
      g1_(sets.initial_g1()),
      declared_repertoire_(uses_character_set(vr)) {
  if (!declared_repertoire_) {
    alone_ = g1_ = CodeSet::none;
    g0_ = CodeSet::ir_6;
  }
  while (padding_from_ > 0 && value[padding_from_ - 1] == 0) --padding_from_;
}

bool Scanner::is_delimiter(std::uint8_t byte) const {
  return (byte == '\\' && has_multiplicity(vr_)) || (vr_ == Vr::PN && (byte == '^' || byte == '='));
}

Fault Scanner::state_fault() const {
  if (!declared_repertoire_) return Fault::none;
  if (g0_ != sets_.initial_g0()) return info_of(g0_).bytes == 2 ? Fault::not_reset : Fault::not_reset_romaji;
  // Without a G1 set of its own the initial state has nothing that could be designated again (PS3.5 I.2).
  const bool left = g1_ != sets_.initial_g1() && sets_.initial_g1() != CodeSet::none;
  return left ? Fault::not_reset : Fault::none;
}

void Scanner::reset() {
  if (!declared_repertoire_) return;
  g0_ = sets_.initial_g0();
  g1_ = sets_.initial_g1();
}

bool Scanner::next(Unit& unit) {
  unit = Unit{.offset = at_};
  if (at_ >= padding_from_ && !ended_) {
    ended_ = true;
    unit.fault = state_fault();
    unit.kind = UnitKind::end;
    unit.set = g0_ != sets_.initial_g0() ? g0_ : g1_;
    if (unit.fault != Fault::none) return true;
  }
  if (at_ >= value_.size()) return false;
  if (at_ >= padding_from_) {
    unit.kind = UnitKind::padding;
    unit.length = value_.size() - at_;
    at_ = value_.size();
    return true;
  }
  unit.kind = UnitKind::character;
  unit.length = 1;
  const std::uint8_t byte = value_[at_];
  if (byte == esc) {
    escape(unit);
  } else if (byte < 0x20 || byte == 0x7f) {
    control(unit, byte);
  } else if (alone_ != CodeSet::none) {
    const auto coded = read_character(alone_, value_.subspan(at_, padding_from_ - at_));
    unit.set = alone_;
    unit.character = coded.character;
    unit.length = coded.length;
    if (coded.character == 0) unit.fault = Fault::invalid;
    if (coded.character >= 0x80 && coded.character < 0xa0) unit.fault = Fault::control;
    if (coded.length == 1 && is_delimiter(byte)) unit.kind = UnitKind::delimiter;
  } else if (byte < 0x80) {
    low(unit);
  } else {
    high(unit);
  }
  at_ += unit.length;
  return true;
}

void Scanner::escape(Unit& unit) {
  const auto found = read_escape(value_.subspan(at_, padding_from_ - at_));
  unit.kind = UnitKind::escape;
  unit.length = found.length;
  unit.fault = found.fault;
  unit.set = found.set;
  if (found.fault != Fault::none) return;
  // ISO 646 needs no declaration: it is how one returns from every other set (PS3.5 H.3.1).
  const bool default_set = found.set == CodeSet::ir_6 && sets_.extended();
  if (!declared_repertoire_ || (!default_set && !sets_.declares(found.set))) unit.fault = Fault::escape_undeclared;
  // Undeclared sets are followed all the same: what was meant is plain.
  if (!declared_repertoire_ || alone_ != CodeSet::none) return;
  (info_of(found.set).element == CodeElement::g0 ? g0_ : g1_) = found.set;
}

void Scanner::control(Unit& unit, std::uint8_t byte) {
  const bool line_or_page_end = byte == '\n' || byte == '\f' || byte == '\r';
  unit.character = byte;
  if (line_or_page_end) {
    unit.fault = state_fault();
    unit.set = g0_ != sets_.initial_g0() ? g0_ : g1_;
    reset();
  }
  if (!allows_layout(vr_) || (!line_or_page_end && byte != '\t')) unit.fault = Fault::control;
}

void Scanner::delimit(Unit& unit, char32_t character) {
  unit.kind = UnitKind::delimiter;
  unit.character = character;
  unit.fault = state_fault();
  unit.set = g0_ != sets_.initial_g0() ? g0_ : g1_;
  reset();
}

void Scanner::low(Unit& unit) {
  const std::uint8_t byte = value_[at_];
  unit.set = g0_;
  if (info_of(g0_).bytes == 2 && byte != ' ') {
    if (at_ + 1 < padding_from_ && is_graphic(value_[at_ + 1])) {
      unit.length = 2;
      unit.character = character_at(g0_, static_cast<unsigned>(byte << 8 | value_[at_ + 1]));
      if (unit.character == 0) unit.fault = Fault::invalid;
    } else if (is_delimiter(byte)) {
      delimit(unit, byte);  // half a character it cannot be: a writer forgot to return to the initial state
    } else {
      unit.fault = Fault::invalid;
    }
  } else if (is_delimiter(byte)) {
    delimit(unit, byte);
  } else {
    unit.character = byte == ' ' ? U' ' : character_at(g0_, byte);
  }
}

void Scanner::high(Unit& unit) {
  const std::uint8_t byte = value_[at_];
  unit.set = g1_;
  if (g1_ == CodeSet::none) {
    unit.fault = declared_repertoire_ ? Fault::not_default : Fault::not_of_vr;
  } else if (info_of(g1_).bytes == 2) {
    if (byte >= 0xa1 && byte <= 0xfe && at_ + 1 < padding_from_ && value_[at_ + 1] >= 0xa1 && value_[at_ + 1] <= 0xfe) {
      unit.length = 2;
      unit.character = character_at(g1_, static_cast<unsigned>((byte & 0x7f) << 8 | (value_[at_ + 1] & 0x7f)));
    }
    if (unit.character == 0) unit.fault = Fault::invalid;
  } else {
    unit.character = character_at(g1_, byte);
    if (unit.character == 0) unit.fault = Fault::invalid;
  }
}

}  // namespace assay::dataset
