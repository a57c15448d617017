// The TLS contexts a run of scenarios needs: its own two, and one for each way in which a scenario differs from them.
// Internal. Tests: tests/loopback/peers_tls_scenario_test.cpp
#pragma once

#include <map>
#include <tuple>

#include "harness/scenario/host.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

class TlsContexts {
 public:
  explicit TlsContexts(std::shared_ptr<const HostTls> tls) : tls_(std::move(tls)) {}
  [[nodiscard]] bool any() const { return tls_ != nullptr; }
  /// Made the first time it is asked for; the error says what is missing.
  std::expected<std::shared_ptr<const TlsContext>, std::string> get(TlsRole role,
                                                                    const scenario::TlsSettings& settings = {});

 private:
  std::expected<TlsOptions, std::string> options(TlsRole role, const scenario::TlsSettings& settings) const;

  std::shared_ptr<const HostTls> tls_;
  std::map<std::pair<TlsRole, scenario::TlsSettings>, std::shared_ptr<const TlsContext>> made_;
};

}  // namespace assay::peers
