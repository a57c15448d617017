// Fault files from nobody knows where: the loader never crashes; a refusal names places that lie in the file; what it
// takes is taken again, and the same plan; and a session that misbehaves by it still ends.
#include "fuzz/targets/load_errors.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/scenario/fault_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using fuzz::require;
  const fuzz::MemoryBound memory(size, 2048, std::size_t{4} << 20U);
  const auto text = as_text(ByteView(data, size));
  const auto plan = scenario::load_faults(text, "f");
  if (!plan) {
    fuzz::check_load_errors(plan.error(), text);
    return 0;
  }
  require(scenario::load_faults(text, "g").has_value(), "what was taken is taken again");
  return 0;
}
