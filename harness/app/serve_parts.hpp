// What every served device needs: faults, TLS, judges, lines on the console, and a stop that lets associations end.
// Tests: tests/interop/ris_test.py
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/app/commands.hpp"
#include "peers/peers.hpp"

namespace assay::app {

struct ServeParts {
  std::shared_ptr<const faults::Plan> faults;
  std::shared_ptr<const peers::TlsContext> tls;
  std::string over;  // " over TLS", for the line that says where it listens
  std::shared_ptr<const trace::RuleBook> rules;
  std::function<void(const trace::Trace&)> on_trace;
  std::function<void(std::string)> log;
};
/// Nothing when an option is wrong; the console was told.
std::optional<ServeParts> serve_parts(const ServeOptions& options, Console& console);

/// Until Ctrl-C; open associations then get a second to end.
void serve_until_stopped(peers::Loop& loop, peers::Acceptor& acceptor, Console& console);

/// The worklist and MPPS device until interrupted.
int serve_ris(const ServeOptions& options, Console& console);

}  // namespace assay::app
