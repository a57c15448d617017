// The files that `assay fuzz device` reads again: kept conversations, and the log of a run. The first byte chooses.
#include "fuzz/device/conversation.hpp"
#include "fuzz/device/log.hpp"
#include "fuzz/device/mutate.hpp"
#include "fuzz/targets/property.hpp"

namespace {

using namespace assay::fuzz;

void conversation(std::string_view text) {
  const auto read = device::conversation_from_text(text);
  if (!read) {
    require(read.error().starts_with("line ") || read.error().contains("bytes, more than"), "an error names its line");
    return;
  }
  const auto again = device::conversation_from_text(device::to_text(*read));
  require(again.has_value() && *again == *read, "what is written reads back as it was");
  device::Random random(text.size());
  const auto aim = static_cast<device::Pair>(text.size() / 2 % device::pair_count);
  const auto changed = device::mutated(*read, *read, random, text.size() % 2 == 0 ? std::optional(aim) : std::nullopt);
  require(changed.steps.size() <= device::max_steps && changed.bytes() <= device::max_bytes, "within the limits");
  require(device::conversation_from_text(device::to_text(changed)).has_value(), "what is changed can be kept");
}

void log(std::string_view text) {
  const auto read = device::read_log(text);
  if (!read) {
    require(read.error().starts_with("line "), "an error names its line");
    return;
  }
  for (const auto& run : read->runs)
    require(run.choice.parent < read->kept.size() && run.choice.donor < read->kept.size(), "it chose what was there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'l')
    log(text);
  else
    conversation(text);
  return 0;
}
