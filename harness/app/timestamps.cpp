#include "harness/app/timestamps.hpp"

#include <ctime>

namespace assay::app {
namespace {

std::string written(const char* format, const std::tm& moment) {
  char text[40];
  return {text, std::strftime(text, sizeof text, format, &moment)};
}

}  // namespace

std::string local_timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return written("%Y-%m-%dT%H:%M:%S%z", local);
}

std::string utc_timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return written("%Y-%m-%dT%H:%M:%SZ", utc);
}

}  // namespace assay::app
