// What every report says of TLS: per connection, and for the whole run.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/detail.hpp"

namespace assay::reports::detail {

std::vector<std::string> tls_lines(const trace::RunResult& result) {
  for (const bool about_tls : {false, true}) {
    std::map<std::string, std::size_t> seen;
    for (const auto& c : result.cases) {
      if ((std::ranges::find(c.tags, "tls") != c.tags.end()) != about_tls) continue;
      for (const auto& t : c.traces)
        if (t.tls) ++seen[fmt::format("Assay as {}: {}", c.role, t.tls->summary())];
    }
    if (seen.empty()) continue;
    std::vector<std::string> out;
    for (const auto& [text, count] : seen) out.push_back(fmt::format("{} ({})", text, counted(count, "connection")));
    return out;
  }
  return {};
}

}  // namespace assay::reports::detail
