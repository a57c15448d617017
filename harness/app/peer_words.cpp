#include "harness/app/peer_words.hpp"

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "peers/peers.hpp"

namespace assay::app {

std::optional<peers::RequestorOptions> requestor_of(const PeerWords& words, Console& console) {
  const auto at = words.target.find('@');
  const auto called = at == std::string::npos ? words.called_ae : words.target.substr(0, at);
  const auto target = host_port(at == std::string::npos ? words.target : words.target.substr(at + 1));
  if (!target) {
    console.error(target.error());
    return std::nullopt;
  }
  if (!titles_fit({{"--called-ae", called}, {"--calling-ae", words.calling_ae}}, console)) return std::nullopt;
  auto tls = tls_client(words.tls);
  if (!tls) {
    console.error(tls.error());
    return std::nullopt;
  }
  peers::RequestorOptions out;
  out.host = target->host;
  out.port = target->port;
  out.called_ae = called;
  out.calling_ae = words.calling_ae;
  out.connect_timeout = out.dul_timeout = out.dimse_timeout = words.timeout;
  out.tls = std::move(*tls);
  out.rules = conformance::standard_rules();
  return out;
}

int exit_code_of(peers::Failure failure) {
  switch (failure) {
    case peers::Failure::none: return exit_codes::ok;
    case peers::Failure::interrupted: return exit_codes::interrupted;
    case peers::Failure::status:
    case peers::Failure::bad_response:
    case peers::Failure::aborted: return exit_codes::not_conformant;
    case peers::Failure::usage: return exit_codes::usage;
    default: return exit_codes::inconclusive;
  }
}

}  // namespace assay::app
