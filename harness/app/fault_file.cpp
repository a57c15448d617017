#include "harness/app/fault_file.hpp"

#include "harness/app/home.hpp"
#include "harness/scenario/fault_file.hpp"

namespace assay::app {

std::optional<std::shared_ptr<const faults::Plan>> read_faults(const std::string& file, Console& console) {
  if (file.empty()) return nullptr;
  const auto text = read_text(file);
  if (!text) {
    console.error(text.error());
    return std::nullopt;
  }
  auto plan = scenario::load_faults(*text, file);
  if (!plan) {
    for (const auto& error : plan.error()) console.error(scenario::to_string(error));
    return std::nullopt;
  }
  return std::make_shared<const faults::Plan>(std::move(*plan));
}

std::string fault_lines(const faults::Plan& plan) {
  std::string out = "Misbehaves on purpose:\n";
  for (const auto& fault : plan.faults) out += "  " + faults::describe(fault) + "\n";
  return out;
}

}  // namespace assay::app
