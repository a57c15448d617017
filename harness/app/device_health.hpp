// A conversation that a healthy device has: a C-ECHO, alone or while another association is held open. What the device
// does at the start is what it must do later. Tests: tests/loopback/device_watch_test.cpp
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/app/device_watch.hpp"
#include "peers/peers.hpp"

namespace assay::app {

/// What is wrong with it.
struct Unhealthy {
  fuzz::Kind kind = fuzz::Kind::unhealthy;
  std::string detail;  // a word of a table: "refused", "silent", "rejected"
  std::string said;    // one line
};

class DeviceHealth {
 public:
  DeviceHealth(peers::Loop& loop, const DeviceWatchOptions& options);

  /// Once, at the start: what it answers now is healthy, whatever it is. The error: it answers nothing.
  std::expected<void, std::string> learn();
  /// Once after learn(): whether it serves a second peer at all. Nothing else is asked of it any more where that ends
  /// it: forget_second_peer().
  void learn_second_peer();
  void forget_second_peer() { second_peer_ = false; }
  /// Of a device that serves several peers: nothing, or that one which connects and says nothing keeps it from all
  /// others.
  std::optional<Unhealthy> check_beside_silence();

  /// Nothing: it answers as it did at the start. `gone`, asked while waiting, ends the trying: there is nobody to ask.
  std::optional<Unhealthy> check(const std::function<bool()>& gone);
  /// The same of a second peer while a first holds its association; nothing, too, where it served none at the start.
  std::optional<Unhealthy> check_second_peer(const std::function<bool()>& gone);

  [[nodiscard]] bool serves_second_peer() const { return second_peer_; }
  [[nodiscard]] const std::string& usual() const { return usual_; }
  [[nodiscard]] std::uint64_t associations() const { return associations_; }
  /// As a peer with this patience.
  [[nodiscard]] peers::RequestorOptions requestor(Duration patience) const;

 private:
  peers::RequestorResult echo(Duration patience);
  /// Echoes beside an association that is held; nothing where that one could not be opened.
  std::optional<peers::RequestorResult> echo_beside(Duration patience);
  [[nodiscard]] std::optional<Unhealthy> judge(const peers::RequestorResult& result) const;

  peers::Loop& loop_;
  const DeviceWatchOptions& options_;
  peers::Failure healthy_ = peers::Failure::none;
  std::string usual_ = "answers a C-ECHO with Success";
  bool second_peer_ = false;
  std::uint64_t associations_ = 0;
};

}  // namespace assay::app
