// Lends conformance/learn.hpp its two functions: associations and queries over sockets.
// Tests: tests/interop/learn_test.py
#pragma once

#include <functional>
#include <memory>

#include "conformance/learn.hpp"
#include "peers/peers.hpp"
#include "peers/probe.hpp"

namespace assay::app {

/// Before what was refused for the moment is asked again.
inline constexpr Duration learn_pauses[] = {std::chrono::milliseconds(100), std::chrono::milliseconds(300),
                                            std::chrono::milliseconds(600), std::chrono::seconds(1)};

/// A refusal that the device itself calls transient (PS3.8 Table 9-21): asked again it may take it.
bool passes(const peers::RequestorResult& result);

class LearnAsker {
 public:
  /// Loop and functions outlive it. `progress` is told what is asked, with the number of associations until then.
  LearnAsker(peers::Loop& loop, peers::RequestorOptions target, std::function<bool()> stop,
             std::function<void(std::size_t, const std::string&)> progress);

  [[nodiscard]] conformance::learn::Associate associate();
  [[nodiscard]] conformance::learn::Find find();
  /// Releases what is held open: how many were answered, how many were open.
  std::pair<std::size_t, std::size_t> release_held();
  /// Nothing is said for so long.
  void wait(Duration pause);
  [[nodiscard]] std::size_t associations() const { return associations_; }

  /// C-MOVE to a title that nobody knows, which sends nothing anywhere: its status, or nothing. Of a study that the
  /// device has, where one is known: some look for it before they look at the destination.
  std::optional<std::uint16_t> move_to_nobody(std::string_view sop_class, const std::string& known_study);
  /// Stores synthetic objects; how many were taken.
  std::size_t store_synthetic(const conformance::learn::Learned& learned);
  /// How long the device lets a connection stand that says nothing, and an association on which nothing happens.
  /// Nothing: longer than `longest`, or it did not come about.
  std::optional<Duration> silence(const pdu::AAssociateRq* association, Duration longest);

 private:
  conformance::learn::Reply carry_out(const pdu::AAssociateRq& rq, const std::string& purpose, bool hold);
  std::vector<conformance::learn::FindReply> query(std::string_view sop_class,
                                                   const std::vector<conformance::learn::FindQuery>& queries,
                                                   const std::string& purpose);
  [[nodiscard]] diagnose::Probe probe() const;
  void tell(const std::string& purpose);

  peers::Loop& loop_;
  peers::RequestorOptions target_;
  std::function<bool()> stop_;
  std::function<void(std::size_t, const std::string&)> progress_;
  peers::Prober prober_;
  std::size_t associations_ = 0;
};

}  // namespace assay::app
