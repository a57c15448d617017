#include "harness/app/device_health.hpp"

#include <fmt/format.h>

#include <variant>

#include "harness/dict/dict.hpp"
#include "harness/pdu/pdu.hpp"
#include "peers/probe.hpp"

namespace assay::app {
namespace {

using peers::Failure;

constexpr unsigned more_patience = 4;  // the second time: a busy machine is no finding

/// Nobody answered at all, as opposed to an answer that is not the usual one.
bool no_answer(Failure failure) {
  switch (failure) {
    case Failure::resolve:
    case Failure::refused:
    case Failure::unreachable:
    case Failure::connect_timeout:
    case Failure::silent:
    case Failure::tls:
    case Failure::closed_after_accept:
    case Failure::not_dicom:
    case Failure::lost:
    case Failure::dimse_timeout: return true;
    default: return false;
  }
}

}  // namespace

DeviceHealth::DeviceHealth(peers::Loop& loop, const DeviceWatchOptions& options) : loop_(loop), options_(options) {}

peers::RequestorOptions DeviceHealth::requestor(Duration patience) const {
  peers::RequestorOptions options;
  options.host = options_.host;
  options.port = options_.port;
  options.called_ae = options_.called_ae;
  options.calling_ae = options_.calling_ae;
  options.connect_timeout = options.dul_timeout = options.dimse_timeout = patience;
  options.tls = options_.tls;
  return options;
}

peers::RequestorResult DeviceHealth::echo(Duration patience) {
  ++associations_;
  return peers::echo(loop_, requestor(patience));
}

std::optional<peers::RequestorResult> DeviceHealth::echo_beside(Duration patience) {
  diagnose::Probe first;
  first.kind = diagnose::Probe::Kind::associate;
  first.host = options_.host;
  first.port = options_.port;
  first.connect_wait = first.wait = patience;
  first.most = 2 * patience;
  first.hold = true;
  first.tls = options_.tls != nullptr;
  first.tls_name = options_.host;
  auto& speech = first.speech;
  const auto ours = service::default_policy();
  speech.called = options_.called_ae;
  speech.calling = options_.calling_ae;
  speech.application_context = "1.2.840.10008.3.1.1.1";
  speech.implementation_class_uid = ours.implementation_class_uid;
  speech.version_name = ours.implementation_version_name;
  speech.maximum_length = 16384;
  speech.contexts.push_back({std::string(uids::Verification), {std::string(uids::ImplicitVRLittleEndian)}});
  peers::Prober prober(loop_, options_.tls);
  ++associations_;
  const auto held = prober.run(first);
  if (!held.reply || !std::holds_alternative<pdu::AAssociateAc>(*held.reply)) return std::nullopt;
  auto result = echo(patience);
  if (result.failure != Failure::interrupted) prober.release_held();
  return result;
}

std::expected<void, std::string> DeviceHealth::learn() {
  const auto result = echo(more_patience * options_.patience);
  if (result.failure == Failure::interrupted || no_answer(result.failure)) return std::unexpected(result.message);
  healthy_ = result.failure;
  if (healthy_ != Failure::none) usual_ = fmt::format("answers a C-ECHO so: {}", result.message);
  return {};
}

void DeviceHealth::learn_second_peer() {
  if (!options_.second_peer || healthy_ != Failure::none) return;
  const auto result = echo_beside(options_.patience);
  second_peer_ = result && result->failure == Failure::none;
}

std::optional<Unhealthy> DeviceHealth::check_beside_silence() {
  if (!second_peer_) return std::nullopt;
  const auto silent = peers::SilentConnection::open(loop_, options_.host, options_.port, options_.patience);
  if (!silent) return std::nullopt;
  auto found = judge(echo(options_.patience));
  if (found) found->kind = fuzz::Kind::second_peer;
  return found;
}

std::optional<Unhealthy> DeviceHealth::judge(const peers::RequestorResult& result) const {
  // A device that refused from the start and now does all is no worse than it was.
  if (result.failure == healthy_ || result.failure == Failure::none || result.failure == Failure::interrupted)
    return std::nullopt;
  Unhealthy out;
  out.said = result.message;
  out.detail = std::string(peers::name(result.failure));
  switch (result.failure) {
    case Failure::refused:
    case Failure::unreachable:
    case Failure::connect_timeout:
    case Failure::silent: out.kind = fuzz::Kind::dead_listener; break;
    default: break;
  }
  return out;
}

std::optional<Unhealthy> DeviceHealth::check(const std::function<bool()>& gone) {
  auto first = judge(echo(options_.patience));
  if (!first || gone()) return first;
  // Whoever is refused knows it at once: a device that is ending, or that listens again in a moment, is given time.
  if (first->detail == peers::name(Failure::refused)) loop_.wait_until(gone, options_.patience);
  if (gone()) return first;
  return judge(echo(more_patience * options_.patience));
}

std::optional<Unhealthy> DeviceHealth::check_second_peer(const std::function<bool()>& gone) {
  if (!second_peer_) return std::nullopt;
  std::optional<Unhealthy> found;
  for (const auto patience : {options_.patience, more_patience * options_.patience}) {
    const auto result = echo_beside(patience);
    // No first peer either: that is for the health check to find.
    if (!result) return std::nullopt;
    found = judge(*result);
    if (!found || gone()) return std::nullopt;
  }
  found->kind = fuzz::Kind::second_peer;
  return found;
}

}  // namespace assay::app
