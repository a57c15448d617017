// The names of the ways to retrieve.
#include <array>

#include "peers/devices/workstation.hpp"

namespace assay::peers {

namespace {

struct Way {
  RetrieveWay way;
  std::string_view name;
};
constexpr std::array ways{Way{RetrieveWay::get, "get"},           Way{RetrieveWay::collect, "collect"},
                          Way{RetrieveWay::blocking, "blocking"}, Way{RetrieveWay::inside, "inside"},
                          Way{RetrieveWay::several, "several"},   Way{RetrieveWay::deadlock, "deadlock"}};

}  // namespace

std::string_view name(RetrieveWay way) {
  for (const auto& one : ways)
    if (one.way == way) return one.name;
  return {};
}

std::optional<RetrieveWay> retrieve_way(std::string_view word) {
  for (const auto& one : ways)
    if (one.name == word) return one.way;
  return std::nullopt;
}

std::string retrieve_ways() {
  std::string out;
  for (const auto& one : ways) out.append(out.empty() ? "" : ", ").append(one.name);
  return out;
}

}  // namespace assay::peers
