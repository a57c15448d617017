// The Data Set reader and writer on any bytes as Explicit VR Big Endian (PS3.5 7): see fuzz_dataset_common.hpp for what
// must hold.
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"

ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_EXPLICIT_BIG)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::fuzz::check_properties({data, size}, assay::dataset::explicit_be);
  return 0;
}
