// Takes the bytes of a text value apart into characters, delimiters and escape sequences (PS3.5 6.1.2.5): the one place
// that follows the state of ISO 2022. Private to charset*.cpp. Tests: tests/unit/dataset/charset_test.cpp
#pragma once

#include "harness/dataset/charset.hpp"

namespace assay::dataset {

enum class UnitKind : std::uint8_t {
  character,
  delimiter,  // '\' between values, '^' and '=' in person names
  escape,
  padding,  // NULs at the end
  end,      // of the value, only when there is a fault to report
};

enum class Fault : std::uint8_t {
  none,
  not_default,        // a byte above 7FH where only the default repertoire is in force
  not_of_vr,          // the same in a VR that never has another repertoire
  invalid,            // no character of the set in force
  control,            // a control character that the VR does not allow
  escape_unknown,     // designates no set that DICOM has
  escape_cut,         // ends before its last byte
  escape_undeclared,  // designates a set that (0008,0005) does not name
  not_reset,          // the initial state was not returned to
  not_reset_romaji,   // the same between ISO 646 and JIS X 0201 romaji, which differ in two characters
};
inline constexpr std::size_t fault_count = 10;

struct Unit {
  UnitKind kind = UnitKind::character;
  Fault fault = Fault::none;
  char32_t character = 0;  // of a character or delimiter; 0 when the bytes are none
  std::size_t offset = 0;
  std::size_t length = 0;
  CodeSet set = CodeSet::none;  // the set in force, or the one an escape sequence designates
};

class Scanner {
 public:
  Scanner(const CharacterSets& sets, ByteView value, Vr vr);
  /// False at the end. Each call consumes at least a byte, but for the single UnitKind::end.
  bool next(Unit& unit);

 private:
  void escape(Unit& unit);
  void low(Unit& unit);
  void high(Unit& unit);
  void delimit(Unit& unit, char32_t character);
  void control(Unit& unit, std::uint8_t byte);
  [[nodiscard]] bool is_delimiter(std::uint8_t byte) const;
  [[nodiscard]] Fault state_fault() const;
  void reset();

  const CharacterSets& sets_;
  ByteView value_;
  Vr vr_;
  std::size_t padding_from_;
  std::size_t at_ = 0;
  CodeSet alone_;
  CodeSet g0_;
  CodeSet g1_;
  bool declared_repertoire_;  // the VR takes part in (0008,0005)
  bool ended_ = false;
};

/// Values of the VR may stand several in an element, with a backslash between.
bool has_multiplicity(Vr vr);
/// LF, FF, CR and TAB may stand in values of the VR (PS3.5 6.1.3, 6.2).
bool allows_layout(Vr vr);

}  // namespace assay::dataset
