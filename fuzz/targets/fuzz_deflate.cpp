// Deflated Data Sets (PS3.5 A.5) from any bytes: what is deflated comes back; inflating stays in its bounds, whatever
// the stream claims.
#include <algorithm>

#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/deflate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using namespace assay::dataset;
  const ByteView input(data, size);
  constexpr std::size_t bound = 1U << 16;

  const auto inflated = inflate(input, bound, 100);
  fuzz::require(inflated.bytes.size() <= bound && inflated.bytes.capacity() <= bound, "the bound holds");
  fuzz::require(inflated.consumed <= size, "no byte is consumed that is not there");
  for (const auto& problem : inflated.problems)
    fuzz::require(problem.offset >= 100 && problem.offset <= 100 + size, "a problem lies in the input");
  const auto smaller = inflate(input, bound / 16);
  const auto common = std::min(smaller.bytes.size(), inflated.bytes.size());
  fuzz::require(std::equal(smaller.bytes.begin(), smaller.bytes.begin() + static_cast<std::ptrdiff_t>(common),
                           inflated.bytes.begin()),
                "a smaller bound gives a beginning");
  if (starts_deflated(input)) fuzz::require(!inflated.bytes.empty(), "what starts deflated inflates to something");

  const auto again = deflate(input, size == 0 ? 6 : data[0] % 10);
  fuzz::require(again.size() % 2 == 0, "a deflated Data Set is even");
  const auto back = inflate(again, size);
  fuzz::require(back.problems.empty(), "what was deflated is right");
  fuzz::require(std::ranges::equal(back.bytes, input), "inflate(deflate(x)) == x");
  return 0;
}
