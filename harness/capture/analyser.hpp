// A whole capture, packet by packet: finds the TCP connections in it and has each judged. Reports are complete after
// finish(). Memory is bounded whatever the packets claim. Tests: tests/unit/capture/; fuzz target: fuzz_capture
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/capture/capture_file.hpp"
#include "harness/capture/conversation.hpp"
#include "harness/capture/segment.hpp"
#include "harness/capture/stream.hpp"
#include "harness/trace/rule.hpp"

namespace assay::capture {

struct AnalyserOptions {
  /// Only connections with one of these ports, which are taken for DICOM whatever they say; empty: all.
  std::set<std::uint16_t> ports;
  /// Only connections with one of these addresses (port 0); empty: all.
  std::set<Endpoint> hosts;
  /// Every connection is DICOM, whatever it says: Assay recorded it, from an association it took part in.
  bool all_dicom = false;
};

class Analyser {
 public:
  Analyser(std::shared_ptr<const trace::RuleBook> rules, AnalyserOptions options);
  ~Analyser();

  void packet(const Packet& packet);
  /// No packet follows. Called once.
  void finish();

  [[nodiscard]] const PacketCounts& counts() const { return segments_.counts(); }
  /// In the order of first packets; those left out by the options are not among them.
  [[nodiscard]] std::vector<ConversationReport> take_reports();
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  /// Connections beyond the number that can be held apart.
  [[nodiscard]] std::uint64_t beyond() const { return beyond_; }

  static constexpr std::size_t max_connections = 100'000;

 private:
  using Key = std::pair<Endpoint, Endpoint>;
  struct Live;

  Live* live(const Segment& segment, bool& fresh);
  [[nodiscard]] bool wanted(const Segment& segment) const;

  AnalyserOptions options_;
  ConversationContext context_;
  StreamBudget budget_;
  SegmentReader segments_;
  std::vector<std::unique_ptr<Live>> all_;
  std::map<Key, Live*> by_ends_;
  std::uint64_t seen_ = 0;  // connections, also those left out
  std::uint64_t left_out_ = 0;
  std::uint64_t beyond_ = 0;
};

}  // namespace assay::capture
