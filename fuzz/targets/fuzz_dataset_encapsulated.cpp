// The Data Set reader and writer on any bytes as Explicit VR Little Endian with encapsulated Pixel Data (PS3.5 A.4):
// see fuzz_dataset_common.hpp for what must hold.
#include "fuzz/targets/fuzz_dataset_common.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::fuzz::check_properties({data, size}, {true, assay::Endian::little, false, true});
  return 0;
}
