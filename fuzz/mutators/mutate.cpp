// The C interface: which mutators, how many of them, and what becomes of lengths.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "fuzz/mutators/bench.hpp"

namespace assay::fuzz {
namespace {

constexpr std::size_t most_input = 1U << 20U;  // longer ones are left to the engine

std::vector<Mutator> make_all() {
  std::vector<Mutator> out;
  for (const auto group : {tree_mutators(), length_mutators(), value_mutators(), element_mutators(), image_mutators(),
                           packed_mutators(), wire_mutators(), order_mutators()}) {
    out.insert(out.end(), group.begin(), group.end());
  }
  return out;
}

const std::vector<Mutator>& all_mutators() {
  static const auto all = make_all();
  return all;
}

std::size_t total_weight() {
  static const auto total = [] {
    std::size_t sum = 0;
    for (const auto& one : all_mutators()) sum += one.weight;
    return sum;
  }();
  return total;
}

const Mutator& by_chance(Chance& chance) {
  auto at = chance.below(total_weight());
  for (const auto& one : all_mutators()) {
    if (at < one.weight) return one;
    at -= one.weight;
  }
  return all_mutators().front();
}

/// The bytes to change, and what stands before them when they were inflated.
class Input {
 public:
  /// Opening a deflate stream costs more than all else, so it is not always done: its own bytes are to be broken, too.
  Input(assay_format format, ByteView bytes, bool open, Workshop& shop) : format_(format) {
    if (const auto from = open ? deflated_from(format, bytes) : std::nullopt) {
      if (auto plain = inflated(bytes.subspan(*from))) {
        before_ = to_bytes(bytes.first(*from));
        opened_ = true;
        format_ = ASSAY_FORMAT_EXPLICIT_LITTLE;
        shop.bytes = std::move(*plain);
        return;
      }
    }
    shop.bytes.assign(bytes.begin(), bytes.end());
  }
  [[nodiscard]] assay_format format() const { return format_; }
  [[nodiscard]] bool opened() const { return opened_; }

  /// Writes what became of it, at most `room` bytes; 0 when it is empty.
  [[nodiscard]] std::size_t write(const Bytes& changed, std::size_t zeros, std::uint8_t* out, std::size_t room) const {
    if (!opened_) return copy(changed, out, room);
    auto whole = before_;
    append(whole, ByteView(deflated(changed, zeros)));
    return copy(whole, out, room);
  }

 private:
  static std::size_t copy(ByteView from, std::uint8_t* out, std::size_t room) {
    const auto size = std::min(from.size(), room);
    if (size > 0) std::memcpy(out, from.data(), size);
    return size;
  }

  assay_format format_;
  Bytes before_;
  bool opened_ = false;
};

Workshop& workshop(std::size_t which) {
  static thread_local std::array<Workshop, 2> shops;
  return shops.at(which);
}

/// How long an input may become: mostly a little longer than it is, since long inputs cost the target more than they
/// tell, and now and then as long as there is room for, since some faults show only there.
std::size_t length_for(std::size_t size, std::size_t max_size, Chance& chance) {
  if (chance.one_in(48)) return max_size;
  return std::min(max_size, size + (size < 512 ? 512 : size < 2048 ? 128 : 16));
}

/// Changes the input by `change(bench)`, growing to `length` if it can be helped; 0 when nothing was changed.
template <typename Change>
std::size_t changed(assay_format format, std::uint8_t* data, std::size_t size, std::size_t length, std::size_t max_size,
                    Chance& chance, assay_engine engine, Change change) {
  if (size == 0 || size > most_input) return 0;
  auto& shop = workshop(0);
  const Input input(format, {data, size}, chance.below(4) != 0, shop);
  Bench bench(shop, chance, input.format(), length > size ? length - size : 0);
  bench.whole_room = max_size > size ? max_size - size : 0;
  bench.engine = engine;
  bench.is_deflated = input.opened();
  return change(bench) ? input.write(shop.bytes, bench.zeros, data, max_size) : 0;
}

std::size_t mutate(assay_format format, std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                   assay_engine engine) {
  constexpr std::size_t long_input = 2048;
  Chance chance(seed);
  const auto length = length_for(size, max_size, chance);
  return changed(format, data, size, length, max_size, chance, engine, [&](Bench& bench) {
    if (chance.one_in(2)) bench.repair();
    std::size_t done = 0;
    if (size > long_input && !chance.one_in(4)) done += erase_run(bench) ? 1U : 0U;
    std::size_t wanted = 1;
    while (wanted < 4 && chance.one_in(3)) ++wanted;
    for (std::size_t tried = 0; tried < 12 && done < wanted; ++tried) done += by_chance(chance).change(bench) ? 1U : 0U;
    return done > 0;
  });
}

std::size_t cross_over(assay_format format, ByteView first, ByteView second, std::uint8_t* out, std::size_t max_size,
                       unsigned seed) {
  if (first.empty() || second.empty() || first.size() > most_input || second.size() > most_input) return 0;
  Chance chance(seed);
  const bool open = chance.below(4) != 0;
  const auto length = length_for(first.size(), max_size, chance);
  auto& shop = workshop(0);
  const Input input(format, first, open, shop);
  const Input other(format, second, open, workshop(1));
  Bench bench(shop, chance, input.format(), length > first.size() ? length - first.size() : 0);
  Bench partner(workshop(1), chance, other.format(), 0);
  bool done = false;
  for (std::size_t i = 0; i < 1 + chance.below(2); ++i) {
    const auto from = partner.pick([&](const Part& p) { return is_block(p) && size_of(p) <= bench.room; });
    if (from == Bench::none) return 0;
    const auto& piece = partner.part(from);
    // Where it may stand: in the place of one of its name, among elements if it is one, among the topmost if it is one.
    const auto to = bench.pick(
        [&](const Part& p) { return is_block(p) && (p.name == piece.name || (p.depth == 1 && piece.depth == 1)); });
    if (to == Bench::none) continue;
    const auto bytes = partner.bytes(from);
    done = (chance.one_in(2) ? bench.set(to, bytes) : bench.insert_before(to, bytes)) || done;
  }
  return done ? input.write(shop.bytes, 0, out, max_size) : 0;
}

/// What becomes of one call of the engine: half of them are ours, with the same limit on what grows.
std::size_t custom(assay_format format, std::size_t skip, std::uint8_t* data, std::size_t size, std::size_t max_size,
                   unsigned seed, assay_engine engine) {
  if ((seed & 1U) == 0 && size > skip && max_size > skip && assay_mutators_wanted() != 0) {
    const auto made = mutate(format, data + skip, size - skip, max_size - skip, seed >> 1U, engine);
    if (made != 0) return made + skip;
  }
  Chance chance(seed);
  return engine(data, size, assay_mutators_wanted() != 0 ? length_for(size, max_size, chance) : max_size);
}

std::size_t custom_cross_over(assay_format format, std::size_t skip, ByteView first, ByteView second, std::uint8_t* out,
                              std::size_t max_size, unsigned seed) {
  // The engine asks for this as often as for a mutation, which is far more than it is worth.
  if (seed % 16 != 0 || first.size() <= skip || second.size() <= skip || max_size <= skip) return 0;
  if (assay_mutators_wanted() == 0) return 0;
  std::copy_n(first.begin(), skip, out);
  const auto made =
      cross_over(format, first.subspan(skip), second.subspan(skip), out + skip, max_size - skip, seed / 16);
  return made == 0 ? 0 : made + skip;
}

}  // namespace
}  // namespace assay::fuzz

extern "C" {

std::size_t assay_mutate(assay_format format, std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                         assay_engine engine) {
  return assay::fuzz::mutate(format, data, size, max_size, seed, engine);
}

std::size_t assay_cross_over(assay_format format, const std::uint8_t* first, std::size_t first_size,
                             const std::uint8_t* second, std::size_t second_size, std::uint8_t* out,
                             std::size_t max_size, unsigned seed) {
  return assay::fuzz::cross_over(format, {first, first_size}, {second, second_size}, out, max_size, seed);
}

const char* assay_mutator_name(std::size_t index) {
  const auto& all = assay::fuzz::all_mutators();
  return index < all.size() ? all[index].name : nullptr;
}

std::size_t assay_mutate_with(const char* name, assay_format format, std::uint8_t* data, std::size_t size,
                              std::size_t max_size, unsigned seed, assay_engine engine) {
  using namespace assay::fuzz;  // NOLINT(google-build-using-namespace)
  const auto& all = all_mutators();
  const auto wanted =
      std::ranges::find(all, std::string_view(name), [](const Mutator& m) { return std::string_view(m.name); });
  if (wanted == all.end()) return 0;
  Chance chance(seed);
  return changed(format, data, size, max_size, max_size, chance, engine,
                 [&](Bench& bench) { return wanted->change(bench); });
}

std::size_t assay_custom_mutator(assay_format format, std::size_t skip, std::uint8_t* data, std::size_t size,
                                 std::size_t max_size, unsigned seed, assay_engine engine) {
  return assay::fuzz::custom(format, skip, data, size, max_size, seed, engine);
}

std::size_t assay_custom_cross_over(assay_format format, std::size_t skip, const std::uint8_t* first,
                                    std::size_t first_size, const std::uint8_t* second, std::size_t second_size,
                                    std::uint8_t* out, std::size_t max_size, unsigned seed) {
  return assay::fuzz::custom_cross_over(format, skip, {first, first_size}, {second, second_size}, out, max_size, seed);
}

int assay_mutators_wanted(void) {
  static const bool wanted = [] {
    const char* said = std::getenv("ASSAY_MUTATORS");  // NOLINT(concurrency-mt-unsafe): read once
    return said == nullptr || std::string_view(said) != "off";
  }();
  return wanted ? 1 : 0;
}

}  // extern "C"
