// Writing text in the declared character sets (PS3.5 6.1.2.5).
#include <fmt/format.h>

#include "harness/dataset/charset_scan.hpp"

namespace assay::dataset {

namespace {

class Writer {
 public:
  Writer(CodeSet g0, CodeSet g1, std::span<const CodeSet> others)
      : initial_g0_(g0), initial_g1_(g1), g0_(g0), g1_(g1), others_(others) {}

  /// False when no set has the character.
  bool put(char32_t character) {
    if (character == U' ') return write(CodeSet::ir_6, character);
    for (const CodeSet set : {g0_, g1_, initial_g0_, initial_g1_})
      if (write(set, character)) return true;
    for (const CodeSet set : others_)
      if (write(set, character)) return true;
    return !others_.empty() && write(CodeSet::ir_6, character);  // which needs no declaration beside others
  }

  void put_byte(std::uint8_t byte) { bytes.push_back(byte); }

  /// To the initial state, which every reader takes to be in force behind a delimiter, line end or value.
  void reset() {
    if (g0_ != initial_g0_) designate(initial_g0_);
    if (g1_ != initial_g1_ && initial_g1_ != CodeSet::none) designate(initial_g1_);
    g1_ = initial_g1_;
  }

  Bytes bytes;

 private:
  bool write(CodeSet set, char32_t character) {
    const auto coded = set == CodeSet::none ? CharacterBytes{} : bytes_of(set, character);
    if (coded.size == 0) return false;
    if (set != g0_ && set != g1_ && character != U' ') designate(set);
    append(bytes, ByteView(coded.bytes).first(coded.size));
    return true;
  }

  void designate(CodeSet set) {
    append(bytes, info_of(set).escape);
    (info_of(set).element == CodeElement::g0 ? g0_ : g1_) = set;
  }

  CodeSet initial_g0_;
  CodeSet initial_g1_;
  CodeSet g0_;
  CodeSet g1_;
  std::span<const CodeSet> others_;
};

std::unexpected<Unencodable> refuse(std::size_t offset, char32_t character, std::string_view why) {
  std::string shown;
  append_utf8(shown, character);
  return std::unexpected(Unencodable{
      offset, character, fmt::format("U+{:04X} ({}) {}", static_cast<std::uint32_t>(character), shown, why)});
}

}  // namespace

std::expected<Bytes, Unencodable> CharacterSets::encode(std::string_view utf8, Vr vr) const {
  const bool declared = uses_character_set(vr);
  const auto others = declared && extended_ ? std::span(order_).first(order_size_) : std::span<const CodeSet>{};
  Writer writer(declared ? g0_ : CodeSet::ir_6, declared ? g1_ : CodeSet::none, others);
  const auto input = as_bytes(utf8);
  for (std::size_t at = 0; at < input.size();) {
    const auto [character, length] = read_character(CodeSet::utf_8, input.subspan(at));
    if (character == 0) return std::unexpected(Unencodable{at, 0, fmt::format("byte {} of the text is not UTF-8", at)});
    const bool delimiter =
        (character == U'\\' && has_multiplicity(vr)) || (vr == Vr::PN && (character == U'^' || character == U'='));
    const bool layout = character == U'\n' || character == U'\f' || character == U'\r' || character == U'\t';
    if (delimiter || (layout && allows_layout(vr))) {
      writer.reset();
      writer.put_byte(static_cast<std::uint8_t>(character));
    } else if (character < 0x20 || (character >= 0x7f && character < 0xa0)) {
      return refuse(at, character, fmt::format("is a control character that {} does not allow", name(vr)));
    } else if (declared && alone_ != CodeSet::none) {
      const auto coded = bytes_of(alone_, character);
      if (coded.size == 0) return refuse(at, character, "is not in the declared character set");
      append(writer.bytes, ByteView(coded.bytes).first(coded.size));
    } else if (!writer.put(character)) {
      return refuse(at, character,
                    declared ? "is in none of the declared character sets" : "is not in the default repertoire");
    } else if (writer.bytes.back() == '\\' && has_multiplicity(vr) && character == U'\u00a5') {
      return refuse(at, character, "is written as the byte that separates values");
    }
    at += length;
  }
  writer.reset();
  return std::move(writer.bytes);
}

}  // namespace assay::dataset
