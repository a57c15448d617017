// The passive observer: fed the bytes of both directions of one connection, it follows both sides with the state
// table of PS3.8 9.2, assembles PDUs and messages, alone builds the Trace and runs the rules. Live connections, the
// proxy and captures all go through it. Since PDUs cross on the wire it keeps, for each side, the set of states that
// side may be in, and accuses only when no state explains what was sent (dul::SideFollower).
// Tests: tests/unit/observe/
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/gather.hpp"
#include "harness/base/loan.hpp"
#include "harness/base/time.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/dul/state_set.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/trace/rule.hpp"
#include "harness/trace/trace.hpp"

namespace assay::observe {

struct Options {
  std::string connection = "c1";
  std::string description;
  std::size_t keep_bytes = limits::trace_bytes;  // of bulk data, whole connection
  std::size_t keep_entries = limits::trace_events;
  std::size_t keep_data_set_bytes = limits::observed_dataset_bytes;
  Budget common;       // of the bulk data of all connections that share it, kept and not whole yet
  bool digest = true;  // of every PDU, for who replays what was not kept
  /// The side a scenario plays: its findings are marked provoked while provoking is on.
  std::optional<trace::Side> ours;
};

/// Ids of what the observer itself finds: what needs the state machine, the framing or the transport to be seen.
std::span<const std::string_view> rule_ids();

/// Hears what an Observer is fed and what it finds, in order: for recordings of the very bytes.
class Tap {
 public:
  virtual ~Tap() = default;
  virtual void opened(Instant now) = 0;
  virtual void bytes(trace::Side from, ByteView bytes, Instant now) = 0;
  virtual void closed(trace::Side by, trace::Closing how, Instant now) = 0;
  virtual void mark(std::string_view text, Instant now) = 0;
  virtual void found(const trace::Finding& finding) = 0;
};

class Observer {
 public:
  Observer(std::shared_ptr<const trace::RuleBook> rules, Options options);
  ~Observer();
  Observer(Observer&&) noexcept;
  Observer& operator=(Observer&&) noexcept;

  /// From here on; one at a time.
  void listen(std::shared_ptr<Tap> tap);

  void opened(Instant now);
  /// Bytes as they pass; any split gives the same Trace but for times.
  void bytes(trace::Side from, ByteView bytes, Instant now);
  /// The same; a Data Set that was lent is not copied.
  void bytes(trace::Side from, const Gather& bytes, Instant now);
  void closed(trace::Side by, trace::Closing how, Instant now);
  /// TLS below: agreed on, refused, or over. What was said last stands in the Trace; each is a remark in it.
  void secured(const trace::Tls& tls, Instant now);
  /// A remark in the Trace: step begun, wait over, DUT operated.
  void mark(std::string text, Instant now);
  /// From here on, rules that our side breaks were broken on purpose (until set to false).
  void provoke(bool on);
  /// No more will come: leftovers and end-of-connection rules. Called once.
  void finish(Instant now);

  [[nodiscard]] const trace::Trace& trace() const;
  /// The same given away, after finish().
  [[nodiscard]] trace::Trace take_trace();
  /// States the side may be in, for the executed trace and for coverage.
  [[nodiscard]] dul::StateSet states(trace::Side side) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::observe
