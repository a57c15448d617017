// The input as native XML, and as a Data Set that is written as native XML; and as any bytes, which the exact XML gives
// back as they were.
#include "fuzz/targets/fuzz_forms_common.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/native_xml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::dataset;
  const assay::ByteView input(data, size);
  constexpr std::size_t groups = 6;
  assay::fuzz::check_form(input, groups, to_native_xml, from_native_xml);
  if (assay::fuzz::wanted(4, groups, input)) (void)from_exact_xml(assay::as_text(input));
  if (!assay::fuzz::wanted(5, groups, input)) return 0;
  const auto exact = to_exact_xml(input);
  const auto back = from_exact_xml(exact.xml);
  assay::fuzz::require(back && std::ranges::equal(*back, input), "exact XML gives back any bytes");
  assay::fuzz::require(!exact.raw || !read_file(input), "what can be read is laid out");
  return 0;
}
