// A peer as the command line names it, for commands that talk to several. Tests: tests/interop/modality_test.py
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/app/console.hpp"
#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"

namespace assay::peers {
struct RequestorOptions;
enum class Failure : std::uint8_t;
}  // namespace assay::peers

namespace assay::app {

struct PeerWords {
  std::string target;  // HOST:PORT or AE@HOST:PORT
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  Duration timeout = std::chrono::seconds(10);
  TlsWords tls;
};

/// Nothing when a word is wrong; the console was told.
std::optional<peers::RequestorOptions> requestor_of(const PeerWords& words, Console& console);

/// The exit code of an operation that ended so.
int exit_code_of(peers::Failure failure);

}  // namespace assay::app
