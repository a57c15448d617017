// Specific Character Set (0008,0005) and the text that depends on it (PS3.3 C.12.1.1.2, PS3.5 6.1): decoding to UTF-8
// and back, splitting at delimiters that are delimiters, counting characters, and what is wrong with the bytes.
// A value's bytes are only looked at. Tests: tests/unit/dataset/charset_test.cpp; fuzz target: fuzz_character_sets
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/charset_tables.hpp"
#include "harness/dict/vr.hpp"

namespace assay::dataset {

/// Text as UTF-8; U+FFFD stands for what could not be decoded. Trailing NULs are padding and left out, blanks stay.
struct DecodedText {
  std::string text;
  Problems problems;
};

/// Why a text cannot be written in the declared character sets.
struct Unencodable {
  std::size_t offset = 0;  // in the UTF-8 text
  char32_t character = 0;  // 0: the text is not UTF-8 there
  std::string message;
};

/// A Person Name (PS3.5 6.2.1) taken apart: groups alphabetic, ideographic, phonetic; components family name, given
/// name, middle name, prefix, suffix. More than the standard allows are counted; the last place keeps the rest.
struct PersonName {
  struct Group {
    ByteView bytes;
    std::array<ByteView, 5> components;
    std::size_t count = 0;
  };
  std::array<Group, 3> groups;
  std::size_t count = 0;
};

/// True for SH, LO, ST, LT, UC, UT and PN: their values are in the declared character sets; those of all other VRs are
/// in the default repertoire.
bool uses_character_set(Vr vr);

class CharacterSets {
 public:
  /// The default repertoire, as in force without (0008,0005).
  CharacterSets() = default;
  /// From the value of (0008,0005), padded or not, or empty. Takes misspelled and unknown terms as what they most
  /// likely mean; problems, when wanted, are appended with offsets from `base_offset` on.
  explicit CharacterSets(std::string_view value, Problems* problems = nullptr, std::uint64_t base_offset = 0);

  /// The value as UTF-8 and what is wrong with it: at most one Problem per rule, at the first offending byte, saying
  /// how many more there are. Offsets count from `base_offset`; `field` is left to the caller.
  [[nodiscard]] DecodedText decode(ByteView value, Vr vr, std::uint64_t base_offset = 0) const;
  /// decode() without the problems.
  [[nodiscard]] std::string text(ByteView value, Vr vr) const;
  /// decode() without the text.
  [[nodiscard]] Problems check(ByteView value, Vr vr, std::uint64_t base_offset = 0) const;

  /// The bytes of a UTF-8 text, unpadded, with the escape sequences it needs; each delimiter, line end and the end of
  /// the value is in the initial state (PS3.5 6.1.2.5.3). '\' in the text is the delimiter of values where the VR has
  /// it.
  [[nodiscard]] std::expected<Bytes, Unencodable> encode(std::string_view utf8, Vr vr) const;

  /// The values between backslashes that are delimiters and not half of a character; one value when the VR has no
  /// multiplicity (ST, LT, UT, UR). Views into `value`; padding stays in the last.
  [[nodiscard]] std::vector<ByteView> split_values(ByteView value, Vr vr) const;
  /// One value of VR PN taken apart.
  [[nodiscard]] PersonName split_person_name(ByteView value) const;
  /// Characters of a value, escape sequences and NUL padding not counted: what length limits mean (PS3.5 6.2). For PN
  /// give one component group.
  [[nodiscard]] std::size_t character_count(ByteView value, Vr vr) const;

  /// True when several sets may be switched between by escape sequences.
  [[nodiscard]] bool extended() const { return extended_; }
  /// UTF-8, GB18030 or GBK when it is one of them, else CodeSet::none.
  [[nodiscard]] CodeSet multi_byte() const { return alone_; }
  [[nodiscard]] CodeSet initial_g0() const { return g0_; }
  [[nodiscard]] CodeSet initial_g1() const { return g1_; }
  /// May be designated by an escape sequence.
  [[nodiscard]] bool declares(CodeSet set) const { return declared_[static_cast<std::size_t>(set)]; }

  friend bool operator==(const CharacterSets&, const CharacterSets&) = default;

 private:
  void declare(CodeSet set, bool first);
  [[nodiscard]] DecodedText run(ByteView value, Vr vr, std::uint64_t base_offset, bool text, bool problems) const;

  CodeSet alone_ = CodeSet::none;
  CodeSet g0_ = CodeSet::ir_6;
  CodeSet g1_ = CodeSet::none;
  bool extended_ = false;
  std::bitset<32> declared_;
  std::array<CodeSet, 24> order_{};  // as declared
  std::size_t order_size_ = 0;
};

}  // namespace assay::dataset
