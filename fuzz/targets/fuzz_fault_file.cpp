// Fault files from nobody knows where: the loader never crashes; a refusal names places that lie in the file; what it
// takes is taken again, and the same plan; and a session that misbehaves by it still ends.
#include <algorithm>

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
    require(!plan.error().empty(), "a refusal has a reason");
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    for (const auto& error : plan.error()) {
      require(error.line >= 1 && error.column >= 1 && !error.message.empty(), "a mistake has a place and words");
      require(static_cast<std::size_t>(error.line) <= lines, "the place lies in the file");
    }
    return 0;
  }
  require(scenario::load_faults(text, "g").has_value(), "what was taken is taken again");
  return 0;
}
