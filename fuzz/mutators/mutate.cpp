// The C interface: which mutators, how many of them, and what becomes of lengths.
#include <algorithm>
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
  for (const auto group :
       {tree_mutators(), length_mutators(), value_mutators(), element_mutators(), image_mutators(), wire_mutators()}) {
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

Bench bench_of(assay_format format, ByteView bytes, std::size_t max_size, Chance& chance) {
  // Opening a deflate stream costs more than all else: not always, and never where it is broken on purpose.
  auto root = dissect(format, bytes, chance.below(4) != 0);
  if (root.part != layout::Part::block) root = layout::block("file", {std::move(root)});
  return Bench(std::move(root), chance, format, max_size > bytes.size() ? max_size - bytes.size() : 0);
}

/// Writes the result back; 0 when it is empty or the same.
std::size_t write_back(const Bench& bench, std::uint8_t* data, std::size_t size, std::size_t max_size) {
  auto out = assemble(bench.root());
  if (out.size() > max_size) out.resize(max_size);
  if (out.empty() || (out.size() == size && std::memcmp(out.data(), data, size) == 0)) return 0;
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

std::size_t mutate(assay_format format, std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                   assay_engine engine) {
  if (size == 0 || size > most_input) return 0;
  Chance chance(seed);
  auto bench = bench_of(format, ByteView(data, size), max_size, chance);
  if (engine != nullptr) bench.engine = engine;
  if (!chance.one_in(5)) bench.repair();
  std::size_t wanted = 1;
  while (wanted < 5 && chance.one_in(2)) ++wanted;
  std::size_t done = 0;
  for (std::size_t tried = 0; tried < 12 && done < wanted; ++tried) done += by_chance(chance).change(bench) ? 1U : 0U;
  return done == 0 ? 0 : write_back(bench, data, size, max_size);
}

/// Blocks of the partner that may stand where the chosen one stands: of the same name, or of the same kind.
bool alike(const layout::Node& mine, const layout::Node& other) {
  if (other.part != layout::Part::block) return false;
  return mine.name == other.name || (is_element(mine) && is_element(other));
}

std::size_t cross_over(assay_format format, ByteView first, ByteView second, std::uint8_t* out, std::size_t max_size,
                       unsigned seed) {
  if (first.empty() || second.empty() || first.size() > most_input || second.size() > most_input) return 0;
  Chance chance(seed);
  auto bench = bench_of(format, first, max_size, chance);
  auto partner = bench_of(format, second, max_size, chance);
  bool done = false;
  for (std::size_t i = 0; i < 1 + chance.below(2); ++i) {
    const auto from = partner.pick([](const Place& p) { return p.node->part == layout::Part::block; });
    if (from == Bench::none) return 0;
    const auto& piece = partner.node(from);
    const auto to = bench.pick(
        [&](const Place& p) { return alike(*p.node, piece) || (p.depth == 1 && partner.places()[from].depth == 1); });
    if (to == Bench::none) continue;
    auto bytes = layout::serialise(piece);
    const auto up = bench.places()[to].up;
    const auto index = bench.places()[to].index;
    const bool instead = chance.one_in(2);
    if (instead && !bench.apply(layout::Operation::erase, to)) continue;
    done = bench.apply(layout::Operation::insert, up, std::move(bytes), index) || done;
  }
  if (!done) return 0;
  auto result = assemble(bench.root());
  if (result.size() > max_size) result.resize(max_size);
  if (!result.empty()) std::memcpy(out, result.data(), result.size());
  return result.size();
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
  if (wanted == all.end() || size == 0 || size > most_input) return 0;
  Chance chance(seed);
  auto bench = bench_of(format, assay::ByteView(data, size), max_size, chance);
  if (engine != nullptr) bench.engine = engine;
  return wanted->change(bench) ? write_back(bench, data, size, max_size) : 0;
}

int assay_mutators_wanted(void) {
  static const bool wanted = [] {
    const char* said = std::getenv("ASSAY_MUTATORS");  // NOLINT(concurrency-mt-unsafe): read once
    return said == nullptr || std::string_view(said) != "off";
  }();
  return wanted ? 1 : 0;
}

}  // extern "C"
