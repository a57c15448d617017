// The Data Set reader and writer on any bytes as Explicit VR Little Endian with encapsulated Pixel Data (PS3.5 A.4):
// see fuzz_dataset_common.hpp for what must hold.
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"

ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_EXPLICIT_LITTLE)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::fuzz::check_properties({data, size}, {true, assay::Endian::little, false, true});
  return 0;
}
