// The input as native XML, and as a Data Set that is written as native XML; and as any bytes, which the exact XML gives
// back as they were.
#include "fuzz/targets/fuzz_forms_common.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/native_xml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::dataset;
  const assay::ByteView input(data, size);
  assay::fuzz::check_form(input, to_native_xml, from_native_xml);
  const auto exact = to_exact_xml(input);
  const auto back = from_exact_xml(exact.xml);
  assay::fuzz::require(back && std::ranges::equal(*back, input), "exact XML gives back any bytes");
  assay::fuzz::require(!exact.raw || !read_file(input), "what can be read is laid out");
  (void)from_exact_xml(assay::as_text(input));
  return 0;
}
