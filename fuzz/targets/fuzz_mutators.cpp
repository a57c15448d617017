// The mutators themselves, on any bytes in any format. What must hold:
//  - every byte lies in one field or length, every part in its block, and its address is its own;
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

void check_parts(assay_format format, ByteView input) {
  fuzz::Parts parts;
  fuzz::dissect(format, input, parts);
  require(!parts.empty() && parts[0].begin == 0 && parts[0].end == input.size(), "the first part is the whole");
  std::size_t at = 0;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto& part = parts[i];
    require(part.up < i && parts[part.up].kind == layout::Part::block, "a part stands behind its block");
    require(part.begin >= parts[part.up].begin && part.end <= parts[part.up].end, "a part lies in its block");
    if (part.kind == layout::Part::block) continue;
    require(part.begin == at && part.end >= at, "fields and lengths follow each other");
    at = part.end;
  }
  require(at == input.size(), "every byte lies in a field or a length");
  if (parts.size() > 40) return;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    for (std::size_t j = 1; j < i; ++j)
      require(fuzz::path(parts, i) != fuzz::path(parts, j), "an address is of one part");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || size > 4096) return 0;
  const auto format = static_cast<assay_format>(data[0] % 7);
  const unsigned seed = data[1] | static_cast<unsigned>(data[2]) << 8U;
  const ByteView input(data + 3, size - 3);
  check_parts(format, input);
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
