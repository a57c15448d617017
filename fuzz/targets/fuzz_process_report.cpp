// Any bytes as what a process wrote when it died. What must hold: texts are bounded and printable, the stack is
// bounded, a finding survives its own JSON, how it ended alone decides where the text says nothing, and the same again
// is the same finding.
#include "fuzz/findings/process_report.hpp"
#include "fuzz/targets/property.hpp"

#include <algorithm>
#include <string_view>

namespace {

using namespace assay;
using fuzz::require;

bool is_safe(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t'; });
}

void check(const fuzz::Finding& finding) {
  require(finding.report.size() <= fuzz::max_report + 100, "the report is bounded");
  require(finding.detail.size() <= 400 && finding.place.size() <= 400, "names are bounded");
  require(finding.happened.size() <= 1000, "the sentence is bounded");
  require(finding.stack.size() <= 64, "the stack is bounded");
  require(is_safe(finding.report) && is_safe(finding.detail) && is_safe(finding.place) && is_safe(finding.happened),
          "nothing of it harms a terminal");
  require(std::ranges::all_of(finding.stack, is_safe), "names of functions are printable");
  const auto again = fuzz::finding_from_json(fuzz::to_json(finding).dump());
  require(again.has_value() && *again == finding, "a finding survives its JSON");
  require(fuzz::same_finding(finding, finding), "a finding is the same as itself");
  auto common = finding;
  fuzz::keep_common_frames(common, finding);
  require(common == finding, "a stack shares all frames with itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto healthy = fuzz::finding_of(text, {0, 0});
  const auto killed = fuzz::finding_of(text, {std::nullopt, 11});
  require(killed.has_value(), "a signal is always a finding");
  if (healthy) require(healthy->identity() == killed->identity(), "what the text says counts more than how it ended");
  check(*killed);
  const auto name = fuzz::function_name(text.substr(0, 4096));
  require(name.size() <= 400, "a name is bounded");
  return 0;
}
