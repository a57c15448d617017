#include "harness/app/death_stack.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/app/elf_names.hpp"

namespace assay::app {

void add_death_stack(fuzz::Finding& finding, const peers::SignalDeath& death) {
  if (!finding.stack.empty()) return;
  constexpr std::array below{"libc.so", "libc-", "ld-linux", "libpthread", "libstdc++", "libgcc_s", "libm.so"};
  for (const auto& frame : death.frames) {
    const auto file = std::string_view(frame).substr(std::min(frame.rfind('/') + 1, frame.size()));
    if (std::ranges::none_of(below, [&](const char* name) { return file.starts_with(name); }))
      finding.stack.push_back(frame_name(frame));
  }
  if (finding.place.empty() && !finding.stack.empty()) finding.place = finding.stack.front();
}

}  // namespace assay::app
