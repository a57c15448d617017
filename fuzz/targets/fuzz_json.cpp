// The input as DICOM JSON, and as a Data Set that is written as JSON: readers survive any text, what they accept is
// written again with the same values, and what the writer says it keeps is kept.
#include "fuzz/targets/fuzz_forms_common.hpp"
#include "harness/dataset/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::dataset;
  assay::fuzz::check_form({data, size}, 4, to_json, from_json);
  return 0;
}
