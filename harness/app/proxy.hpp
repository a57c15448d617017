// assay proxy: between two devices, recording both, judging both. Tests: tests/interop/proxy_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"

namespace assay::app {

struct ProxySettings {
  std::string listen;                 // "11112" or "10.0.0.5:11112"
  std::string target;                 // "HOST:PORT"
  std::string record;                 // folder, "" = none
  std::uint64_t max_connections = 0;  // ends after so many; 0 = never
  std::optional<Duration> duration;   // ends after so long
  std::optional<Duration> timeout;    // of the connection to the target
  bool quiet = false;                 // the summary only
  bool json = false;                  // one object a line for each connection, and one for the end
};

/// Exit codes: 0 nobody broke a rule, 1 somebody did, 2 it cannot listen or write, 3 there was nothing to judge.
int proxy(const ProxySettings& settings, Console& console);

}  // namespace assay::app
