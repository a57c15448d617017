// Carries out the probes of `assay diagnose`: names, connections, conversations. Each has a limit and tells how it
// ended; nothing here judges. Tests: tests/interop/diagnose_test.py
#pragma once

#include "harness/diagnose/probe.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

class Prober {
 public:
  /// The loop outlives it. `tls`: for the probes inside TLS, a client's context.
  explicit Prober(Loop& loop, std::shared_ptr<const TlsContext> tls = nullptr);
  /// Releases the associations that were held.
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// One probe at a time, running the loop until it is over or the loop is stopped (then reach is interrupted). Not to
  /// be called from inside the loop.
  diagnose::Answer run(const diagnose::Probe& probe);
  /// Releases the associations that are held and waits for the answers, each as long as its probe says. How many were
  /// answered, and how many were held.
  std::pair<std::size_t, std::size_t> release_held();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

/// A TCP connection that says nothing until it goes away.
class SilentConnection {
 public:
  /// Connects, running the loop for `within` at the most. Null: nobody takes it.
  static std::unique_ptr<SilentConnection> open(Loop& loop, const std::string& host, std::uint16_t port,
                                                Duration within);
  ~SilentConnection();
  SilentConnection(const SilentConnection&) = delete;
  SilentConnection& operator=(const SilentConnection&) = delete;

  struct Impl;

 private:
  explicit SilentConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::peers
