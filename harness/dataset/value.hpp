// Values of the 34 Value Representations (PS3.5 6.2): counted, taken apart, written and judged. Nothing is copied from
// the element except into what is printed. Tests: tests/unit/dataset/value_test.cpp; fuzz target: fuzz_check
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/charset.hpp"
#include "harness/dataset/value_text.hpp"
#include "harness/dataset/value_time.hpp"
#include "harness/dict/tag.hpp"
#include "harness/dict/vr.hpp"

namespace assay::dataset {

/// The numbers of a binary value, read in its byte order when asked for. T: an integer of 2, 4 or 8 bytes, float,
/// double, or Tag (two 16-bit numbers). A rest that is no whole number is left out.
template <typename T>
class Numbers {
 public:
  Numbers(ByteView bytes, Endian endian) : bytes_(bytes), endian_(endian) {}

  [[nodiscard]] std::size_t size() const { return bytes_.size() / width; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  T operator[](std::size_t i) const {
    const std::uint8_t* at = bytes_.data() + i * width;
    if constexpr (std::is_same_v<T, Tag>) {
      return Tag(load<std::uint16_t>(at, endian_), load<std::uint16_t>(at + 2, endian_));
    } else if constexpr (std::is_same_v<T, float>) {
      return std::bit_cast<float>(load<std::uint32_t>(at, endian_));
    } else if constexpr (std::is_same_v<T, double>) {
      return std::bit_cast<double>(load<std::uint64_t>(at, endian_));
    } else {
      return static_cast<T>(load<std::make_unsigned_t<T>>(at, endian_));
    }
  }

  class Iterator {
   public:
    Iterator(const Numbers* numbers, std::size_t at) : numbers_(numbers), at_(at) {}
    T operator*() const { return (*numbers_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    const Numbers* numbers_;
    std::size_t at_;
  };
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, size()}; }

 private:
  static constexpr std::size_t width = sizeof(T);
  ByteView bytes_;
  Endian endian_;
};

/// The numbers of a value; nothing when its VR does not hold numbers of this type (US to std::uint16_t, OW too).
template <typename T>
std::optional<Numbers<T>> numbers(Vr vr, ByteView value, Endian endian);

/// Texts of these VRs hold several values between backslashes (PS3.5 6.4).
bool splits_at_backslash(Vr vr);
/// VRs whose values are numbers in the byte order of the Data Set, counted by their size (PS3.5 6.2, 6.4). The VRs of
/// streams (OB, OW ...) have one value.
bool has_numbers(Vr vr);
/// How many values there are: 0 for no bytes, 1 for SQ and the VRs of bytes (PS3.5 6.4).
std::size_t multiplicity(Vr vr, ByteView value, const CharacterSets& sets = {});

/// One value. Text VRs without a grammar, and values that break theirs, are the text itself without padding; the
/// bytes of OB, OW, UN and the other VRs of bytes are as they stand.
using Value = std::variant<std::monostate, std::string_view, Date, Time, DateTime, Age, std::int64_t, std::uint64_t,
                           double, Tag, PersonName, ByteView>;
/// Takes a whole value field apart. Historic spellings are read too.
std::vector<Value> values(Vr vr, ByteView value, Endian endian, const CharacterSets& sets = {});
/// The strict spelling of a value as text; numbers in decimal, tags "(gggg,eeee)", bytes in hexadecimal.
std::string format(const Value& value);
/// PN as its bytes stand, trailing empty components and groups left out.
std::string format(const PersonName& name);

/// What is known about where a value stands when it is judged.
struct ValueContext {
  const CharacterSets* sets = nullptr;  // in force; null: the default repertoire
  bool query = false;                   // ranges and wild cards allowed (PS3.4 C.2.2.2)
  bool acr_nema = false;                // historic spellings were right then: notes only
};

/// What is wrong with one value of a text VR.
struct ValueFault {
  std::string_view rule;
  std::string_view clause;
  std::size_t at = 0;  // index of the offending byte in the value
  std::string found;
  std::string expected;
  Gravity gravity = Gravity::deviation;
};

/// Judges one value of a text VR, padding still on it, against PS3.5 6.2: grammar and length. UIDs are judged by the
/// decoder, characters by CharacterSets::check(). At most one fault per value: the first that makes it unreadable.
std::optional<ValueFault> fault_of_text(Vr vr, std::string_view value, const ValueContext& context = {});

}  // namespace assay::dataset
