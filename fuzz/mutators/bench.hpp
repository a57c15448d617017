// The bench a mutator works on: the bytes of one input, laid open, with places chosen by chance and the operations of
// the scenario language (set, add, xor, insert, append, erase, duplicate, move, truncate) applied to them. The lengths
// around a change follow it, except those that lie on purpose. Tests: tests/unit/mutators/mutators_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "fuzz/mutators/dissect.hpp"

namespace assay::fuzz {

/// Numbers by chance, the same for the same seed everywhere.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0xD1B54A32D192ED03ULL) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// 0 to count - 1; 0 when count is 0.
  std::size_t below(std::size_t count) { return count == 0 ? 0 : static_cast<std::size_t>(next() % count); }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <typename Range>
  const auto& of(const Range& range) {
    return range[below(std::size(range))];
  }

 private:
  std::uint64_t state_;
};

/// Memory that a bench works in; kept between inputs, since fuzzing is a matter of microseconds.
struct Workshop {
  Bytes bytes;
  Bytes scratch;
  Parts parts;
};

class Bench {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// The bytes are those that the workshop holds.
  Bench(Workshop& workshop, Chance& by_chance, assay_format as, std::size_t may_grow)
      : chance(by_chance), room(may_grow), format_(as), shop_(workshop) {
    survey();
  }

  Chance& chance;
  std::size_t room;               // bytes that an insertion may add at most
  assay_engine engine = nullptr;  // null: bytes of a single value are changed by chance

  [[nodiscard]] const Parts& parts() const { return shop_.parts; }
  [[nodiscard]] const Part& part(std::size_t at) const { return shop_.parts[at]; }
  [[nodiscard]] const Part& block_of(std::size_t at) const { return part(part(at).up); }
  [[nodiscard]] ByteView whole() const { return shop_.bytes; }
  [[nodiscard]] ByteView bytes(std::size_t at) const { return bytes(part(at)); }
  [[nodiscard]] ByteView bytes(const Part& part) const {
    return ByteView(shop_.bytes).subspan(part.begin, part.end - part.begin);
  }
  /// The place of a block's part of that name; `none` when there is none.
  [[nodiscard]] std::size_t child(std::size_t block, std::string_view name) const {
    return fuzz::child(parts(), block, name).value_or(none);
  }
  /// The byte order of Data Elements here.
  [[nodiscard]] Endian endian() const;
  /// Unsigned, of 1, 2 or 4 bytes; 0 of other fields.
  [[nodiscard]] std::uint64_t number(std::size_t at) const;

  /// A place by chance for which `fits(part)` holds, never the whole; `none` when there is none.
  template <typename Fits>
  std::size_t pick(Fits fits) {
    std::size_t seen = 0;
    std::size_t out = none;
    for (std::size_t i = 1; i < parts().size(); ++i) {
      if (fits(part(i)) && chance.one_in(++seen)) out = i;
    }
    return out;
  }

  // All give whether anything changed; places are counted anew afterwards, those before the change stay.
  bool set(std::size_t at, ByteView value);
  bool set_number(std::size_t at, std::uint64_t value);
  bool add_number(std::size_t at, std::int64_t value);
  bool xor_byte(std::size_t at, std::size_t index, std::uint8_t mask);
  /// Within a field, before the byte of that index.
  bool insert_into(std::size_t at, std::size_t index, ByteView value);
  bool insert_before(std::size_t at, ByteView value);
  bool insert_after(std::size_t at, ByteView value);
  bool append(std::size_t block, ByteView value);
  bool erase(std::size_t at);
  bool truncate(std::size_t at, std::size_t keep);
  /// The whole ends there, and no length knows.
  bool end_at(std::size_t size);
  /// Lies that stand in the input become true.
  void repair();

 private:
  void survey() { dissect(format_, shop_.bytes, shop_.parts); }
  bool splice(std::size_t from, std::size_t to, ByteView value, std::size_t changed, std::size_t block);
  void grow_lengths(std::size_t block, std::size_t changed, std::size_t from, std::int64_t by);
  void write_number(const Part& part, std::uint64_t value);

  assay_format format_;
  Workshop& shop_;
};

/// A way to change an input. `change` is false when this input offers no place for it.
struct Mutator {
  const char* name;
  std::uint8_t weight;  // how often it is taken, beside the others
  bool (*change)(Bench&);
};

std::span<const Mutator> tree_mutators();
std::span<const Mutator> length_mutators();
std::span<const Mutator> value_mutators();
std::span<const Mutator> element_mutators();
std::span<const Mutator> image_mutators();
std::span<const Mutator> wire_mutators();

/// Appends VR and length of an element behind its tag, in the form that they have there (PS3.5 7.1.2, 7.1.3).
void put_header(Bytes& out, bool with_vr, std::string_view vr, std::size_t length, Endian endian);

// What the mutators ask of parts.
inline std::size_t size_of(const Part& part) { return part.end - part.begin; }
inline bool is_block(const Part& part) { return part.kind == layout::Part::block && part.depth > 0; }
inline bool is_length(const Part& part) { return part.kind == layout::Part::length; }
inline bool is_leaf(const Part& part) { return part.kind == layout::Part::field && part.end > part.begin; }
inline bool is_number(const Part& part) {
  const auto size = size_of(part);
  return part.kind == layout::Part::field && (size == 1 || size == 2 || size == 4);
}
inline bool is_element(const Part& part) { return part.name == element_name; }

}  // namespace assay::fuzz
