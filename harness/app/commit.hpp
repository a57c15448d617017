// assay commit: asks a device to be responsible for instances, and says what it answered.
// Tests: tests/interop/print_commit_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/scu.hpp"
#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

struct CommitOptions {
  ScuOptions peer;
  std::vector<std::string> what;  // files and folders, or SOPCLASS=UID
  std::optional<std::uint16_t> listen;
  std::string listen_address = "127.0.0.1";
  Duration wait = std::chrono::seconds(30);
};

/// 0 all committed; 1 not all, or the report breaks a rule; 2 nothing to ask for; 3 no report, or no answer at all.
int commit(const CommitOptions& options, Console& console);

}  // namespace assay::app
