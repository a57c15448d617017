#include "peers/local_time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace assay::peers {

LocalTime local_time() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  return {fmt::format("{:04}{:02}{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday),
          fmt::format("{:02}{:02}{:02}", local.tm_hour, local.tm_min, local.tm_sec)};
}

}  // namespace assay::peers
