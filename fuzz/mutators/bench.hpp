// The bench a mutator works on: the tree of one input, places in it chosen by chance, and modifications applied to
// them. Every change is a layout::Modification, the operator of the scenario language, so that it can be said in a
// scenario. Tests: tests/unit/mutators/mutators_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
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

/// A node with the place of its block; the root is the first and its own `up`.
struct Place {
  layout::Node* node = nullptr;
  std::size_t up = 0;     // index of the place it stands in
  std::size_t index = 0;  // among its siblings
  std::size_t depth = 0;
};

class Bench {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  Bench(layout::Node root, Chance& chance, assay_format format, std::size_t room)
      : chance(chance), format(format), room(room), root_(std::move(root)) {
    survey();
  }

  Chance& chance;
  assay_format format;
  std::size_t room;               // bytes that an insertion may add at most
  assay_engine engine = nullptr;  // null: bytes of a single value are changed by chance

  [[nodiscard]] const layout::Node& root() const { return root_; }
  [[nodiscard]] std::span<const Place> places() const { return places_; }
  [[nodiscard]] const layout::Node& node(std::size_t place) const { return *places_[place].node; }
  [[nodiscard]] const layout::Node& parent(std::size_t place) const { return *places_[places_[place].up].node; }
  /// The place of a block's part of that name; `none` when there is none.
  [[nodiscard]] std::size_t child(std::size_t block, std::string_view name) const;
  /// The address of a place, as scenarios write it.
  [[nodiscard]] std::string path(std::size_t place) const;

  /// A place by chance for which `fits(Place, Bench)` holds, never the root; `none` when there is none.
  template <typename Fits>
  std::size_t pick(Fits fits) {
    std::size_t seen = 0;
    std::size_t out = none;
    for (std::size_t i = 1; i < places_.size(); ++i) {
      if (fits(places_[i]) && chance.one_in(++seen)) out = i;
    }
    return out;
  }

  /// Applies and looks at the tree anew. False, and nothing changed, when the operation does not fit.
  bool apply(layout::Operation operation, std::size_t place, Bytes bytes = {}, std::size_t at = 0);
  bool apply_number(layout::Operation operation, std::size_t place, std::int64_t number);
  /// Lies that stand in the input become true again, undefined lengths stay.
  void repair();

 private:
  void survey();

  layout::Node root_;
  std::vector<Place> places_;
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

// What the mutators ask of nodes.
bool is_leaf(const Place& place);    // a field with bytes
bool is_number(const Place& place);  // a field of 1, 2 or 4 bytes
bool is_element(const layout::Node& node);
/// The child of that name; null when there is none.
const layout::Node* child(const layout::Node& node, std::string_view name);
std::uint64_t number_of(const layout::Node& field);
Endian endian_of(const Bench& bench);

}  // namespace assay::fuzz
