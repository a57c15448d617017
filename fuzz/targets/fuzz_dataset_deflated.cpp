// The Deflated Explicit VR Little Endian transfer syntax (PS3.5 A.5) on any bytes: the input is inflated and read; see
// fuzz_dataset_common.hpp for what must hold of the Data Set. Mutations of the bytes of a stream hardly ever leave one,
// so half of them happen to what it inflates to.
#include <cstring>

#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "harness/dataset/deflate.hpp"

namespace {

using assay::Bytes;
using assay::ByteView;

constexpr std::size_t bound = 4096;

}  // namespace

#ifdef ASSAY_LIBFUZZER
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  constexpr std::size_t block_header = 5;  // RFC 1951 3.2.4: last block, stored; its length; that length inverted
  if (seed % 2 == 0 || max_size < 2 * block_header) return LLVMFuzzerMutate(data, size, max_size);
  auto plain = assay::dataset::inflate({data, size}, std::min(bound, max_size - block_header)).bytes;
  const std::size_t had = plain.size();
  plain.resize(std::min(bound, max_size - block_header));
  const auto length = static_cast<std::uint16_t>(LLVMFuzzerMutate(plain.data(), had, plain.size()));
  const auto inverted = static_cast<std::uint16_t>(~length);
  const std::uint8_t header[block_header] = {
      1, static_cast<std::uint8_t>(length), static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(inverted),
      static_cast<std::uint8_t>(inverted >> 8)};
  std::memcpy(data, header, block_header);
  std::memcpy(data + block_header, plain.data(), length);
  return block_header + length;
}
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const auto inflated = dataset::inflate({data, size}, bound);
  fuzz::require(inflated.bytes.size() <= bound && inflated.consumed <= size, "the bounds hold");
  fuzz::check_properties(inflated.bytes, dataset::explicit_le);
  if (fuzz::wanted(0, 16, inflated.bytes)) {
    const auto back = dataset::inflate(dataset::deflate(inflated.bytes, 1), bound);
    fuzz::require(back.problems.empty() && back.bytes == inflated.bytes, "inflate(deflate(x)) == x");
  }
  return 0;
}
