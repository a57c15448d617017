// The mutators themselves, on any bytes in any format. What must hold:
//  - a dissected input is written again as it was;
//  - a mutation, by chance or by each name, keeps the size that is allowed, and the same seed gives the same bytes;
//  - so does crossing two inputs over.
// Input: format, seed (two bytes), then the bytes; the second half of them is the partner.
#include <algorithm>
#include <cstdint>
#include <string>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/mutators/dissect.hpp"
#include "fuzz/targets/property.hpp"

namespace {

using namespace assay;  // NOLINT(google-build-using-namespace)
using fuzz::require;

constexpr std::size_t room = 512;

template <typename Make>
void twice_the_same(Make make, std::size_t most) {
  Bytes first(most);
  Bytes second(most);
  const auto size = make(first);
  require(size <= most, "no more than there is room for");
  require(make(second) == size, "the same seed gives the same size");
  require(fuzz::same(ByteView(first).first(size), ByteView(second).first(size)), "the same seed gives the same bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || size > 4096) return 0;
  const auto format = static_cast<assay_format>(data[0] % 7);
  const unsigned seed = data[1] | static_cast<unsigned>(data[2]) << 8U;
  const ByteView input(data + 3, size - 3);
  require(fuzz::same(fuzz::assemble(fuzz::dissect(format, input, false)), input),
          "what was dissected is written as it was");
  const auto most = input.size() + room;
  const auto copied = [&](Bytes& into) { std::copy(input.begin(), input.end(), into.begin()); };
  twice_the_same(
      [&](Bytes& out) {
        copied(out);
        return assay_mutate(format, out.data(), input.size(), most, seed, nullptr);
      },
      most);
  std::size_t names = 0;
  while (assay_mutator_name(names) != nullptr) ++names;
  const std::string name = assay_mutator_name(seed % names);
  twice_the_same(
      [&](Bytes& out) {
        copied(out);
        return assay_mutate_with(name.c_str(), format, out.data(), input.size(), most, seed, nullptr);
      },
      most);
  const auto half = input.size() / 2;
  twice_the_same(
      [&](Bytes& out) {
        return assay_cross_over(format, input.data(), half, input.data() + half, input.size() - half, out.data(), most,
                                seed);
      },
      most);
  return 0;
}
