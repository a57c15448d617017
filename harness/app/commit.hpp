// assay commit: asks a device to be responsible for instances, and says what it answered.
// Tests: tests/interop/print_commit_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

struct CommitOptions {
  std::string target;
  std::vector<std::string> what;  // files and folders, or SOPCLASS=UID
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::optional<std::uint16_t> listen;
  std::string listen_address = "127.0.0.1";
  Duration wait = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(10);
  bool json = false;
  TlsWords tls;
};

/// 0 all committed; 1 not all, or the report breaks a rule; 2 nothing to ask for; 3 no report, or no answer at all.
int commit(const CommitOptions& options, Console& console);

}  // namespace assay::app
