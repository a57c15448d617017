// The bench a mutator works on: the bytes of one input, laid open, with places chosen by chance and the operations of
// the scenario language (set, add, xor, insert, append, erase, duplicate, move, truncate) applied to them. The lengths
// around a change follow it, except those that lie on purpose. Tests: tests/unit/mutators/mutators_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

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
  /// 0 to count - 1; 0 when count is 0. Of a count above 2^32 as many as that.
  std::size_t below(std::size_t count) {
    constexpr std::size_t most = 0xFFFFFFFF;
    return static_cast<std::size_t>(((next() >> 32U) * static_cast<std::uint64_t>(count < most ? count : most)) >> 32U);
  }
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
  std::vector<std::uint32_t> found;  // places that a mutator may choose from
};

class Bench {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// The bytes are those that the workshop holds.
  Bench(Workshop& workshop, Chance& by_chance, assay_format as, std::size_t may_grow)
      : chance(by_chance), room(may_grow), whole_room(may_grow), format_(as), shop_(workshop) {}

  Chance& chance;
  std::size_t room;               // bytes that an insertion should add at most
  std::size_t whole_room;         // and what is there for those that make little sense with less
  assay_engine engine = nullptr;  // null: bytes of a single value are changed by chance
  bool is_deflated = false;       // it will be: `zeros` more bytes then cost next to nothing
  std::size_t zeros = 0;          // behind all else, as the stream is inflated

  /// Laid open again only when it is asked for after a change.
  [[nodiscard]] const Parts& parts() const {
    if (stale_) survey();
    return shop_.parts;
  }
  [[nodiscard]] const Part& part(std::size_t at) const { return parts()[at]; }
  [[nodiscard]] bool is_stream() const { return part(0).name == "stream"; }
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
    const auto& all = parts();
    auto& found = shop_.found;
    found.clear();
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (fits(all[i])) found.push_back(static_cast<std::uint32_t>(i));
    }
    return found.empty() ? none : found[chance.below(found.size())];
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
  /// From one part of a block to another one behind it, both included.
  bool erase_run(std::size_t from, std::size_t to);
  bool truncate(std::size_t at, std::size_t keep);
  /// What stands in the block from that byte of the whole on is gone, and all lengths know.
  bool drop_behind(std::size_t block, std::size_t from);
  /// The whole ends there, and no length knows.
  bool end_at(std::size_t size);
  /// Lies that stand in the input become true.
  void repair();

 private:
  void survey() const {
    stale_ = false;
    dissect(format_, shop_.bytes, shop_.parts);
  }
  bool splice(std::size_t from, std::size_t to, ByteView value, std::size_t changed, std::size_t block);
  void grow_lengths(std::size_t block, std::size_t changed, std::size_t from, std::int64_t by);
  void write_number(const Part& part, std::uint64_t value);

  assay_format format_;
  Workshop& shop_;
  mutable bool stale_ = true;
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
std::span<const Mutator> order_mutators();
std::span<const Mutator> packed_mutators();

/// Takes blocks out that stand side by side: what makes a long input short again.
bool erase_run(Bench& bench);

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
/// What a part says, other than where something else begins or ends: texts, numbers, bytes.
bool is_value(const Part& part);

}  // namespace assay::fuzz
