// Specific Character Set and text for it from any bytes. The first line of the input is the declaration, its first byte
// chooses the VR; the rest is the value.
#include <algorithm>

#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/charset.hpp"

namespace {

using namespace assay;
using namespace assay::dataset;
using fuzz::require;

void check_splits(const CharacterSets& sets, ByteView value, Vr vr) {
  std::size_t next = 0;
  for (const auto part : sets.split_values(value, vr)) {
    require(part.data() == value.data() + next || part.empty(), "values follow each other");
    next += part.size() + 1;
  }
  require(next == value.size() + 1, "values and their backslashes are the whole");
  const auto name = sets.split_person_name(value);
  require(name.count >= 1, "a name has a group");
  std::size_t total = 0;
  for (const auto& group : name.groups) {
    total += group.bytes.size();
    std::size_t inside = 0;
    for (const auto component : group.components) inside += component.size();
    require(inside <= group.bytes.size() || name.count > 3, "components lie in their group");
  }
  require(total + std::min<std::size_t>(name.count, 3) - 1 <= value.size(), "groups lie in the value");
}

void check_decoded(const CharacterSets& sets, ByteView value, Vr vr, const DecodedText& decoded) {
  require(sets.check(value, vr) == decoded.problems, "check finds what decode finds");
  require(uses_character_set(vr) == (vr != Vr::CS), "CS is in the default repertoire");
  require(sets.text(value, vr) == decoded.text, "text is what decode gives");
  require(sets.character_count(value, vr) <= value.size(), "a character has a byte");
  require(decoded.text.size() <= 3 * value.size(), "three bytes of UTF-8 for a byte at most");
  static const CharacterSets unicode("ISO_IR 192");
  const auto utf8 = unicode.check(as_bytes(decoded.text), Vr::LT);
  require(std::ranges::none_of(utf8, [](const Problem& one) { return one.rule == "ps3.5/6.1.2.3/invalid-character"; }),
          "decoded text is UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array vrs{Vr::LO, Vr::PN, Vr::LT, Vr::SH, Vr::UC, Vr::UT, Vr::ST, Vr::CS};
  const fuzz::MemoryBound memory(size, 512, std::size_t{4} << 20U);
  if (size == 0) return 0;
  const ByteView input(data, size);
  const Vr vr = vrs[input[0] % vrs.size()];
  const auto* line_end = std::find(data + 1, data + size, '\n');
  const ByteView declared(data + 1, line_end);
  const ByteView value = line_end == data + size ? ByteView{} : ByteView(line_end + 1, data + size);

  Problems problems;
  const CharacterSets sets(as_text(declared), &problems);
  for (const auto& problem : problems) require(problem.offset <= declared.size(), "a problem lies in the declaration");
  const auto decoded = sets.decode(value, vr);
  require(decoded.problems.size() <= 10, "a rule is reported once");
  for (const auto& problem : decoded.problems) require(problem.offset <= value.size(), "a problem lies in the value");
  constexpr std::size_t groups = 4;
  if (fuzz::wanted(0, groups, input)) check_decoded(sets, value, vr, decoded);
  if (fuzz::wanted(1, groups, input)) check_splits(sets, value, vr);
  if (fuzz::wanted(2, groups, input)) {
    if (const auto encoded = sets.encode(decoded.text, vr)) {
      const auto again = sets.decode(*encoded, vr);
      require(again.text == decoded.text, "what is encoded is decoded to the same text");
      require(again.problems.empty(), "what is encoded is without fault");
    } else {
      require(encoded.error().offset < decoded.text.size(), "a refusal names a place in the text");
      require(!decoded.problems.empty() || !clean(problems) || sets.extended() || vr != Vr::LO,
              "faultless text in one set can be written again");
    }
  }
  if (fuzz::wanted(3, groups, input)) {
    // The value as UTF-8 text of somebody's: written without fault or refused.
    if (const auto encoded = sets.encode(as_text(value), vr))
      require(sets.check(*encoded, vr).empty(), "what is encoded is without fault");
  }
  return 0;
}
