// One TCP connection of a capture: is it DICOM, who is the requestor, and what does an Observer say about it. A gap
// never leads to an accusation: a hole inside the Data Set of a C-STORE is filled and that Data Set is not judged;
// after any other hole judging stops, and begins again with the association as negotiated where the requestor starts
// its next operation; where that cannot be proven only the structure of single PDUs is looked at. All of it is said in
// the Trace and in the report. Tests: tests/unit/capture/conversation_test.cpp, gaps_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/capture/pdu_tracker.hpp"
#include "harness/capture/stream.hpp"
#include "harness/observe/observer.hpp"
#include "harness/trace/rule.hpp"

namespace assay::capture {

/// What became known of one connection.
struct ConversationReport {
  enum class Kind : std::uint8_t {
    dicom,
    tls,     // encrypted: nothing can be judged
    other,   // another protocol
    silent,  // no byte passed, and nothing says that it was meant for DICOM
  };

  std::string name;  // "c1", in the order of first packets
  Kind kind = Kind::silent;
  std::string what;  // for what is not judged: "HTTP (begins with \"GET / \")"
  Endpoint requestor;
  Endpoint acceptor;
  std::string roles;  // how it is known who is who
  Duration began{0};  // since 1970-01-01 UTC
  Duration ended{0};
  /// One, or several where a gap cut the judging. Instants count from `began`.
  std::vector<trace::Trace> traces;
  /// What the capture does not hold and what follows from it, one sentence each.
  std::vector<std::string> missing;
  std::uint64_t more_missing = 0;  // sentences beyond those kept
  std::vector<std::string> remarks;
  /// By trace::Side.
  std::array<std::uint64_t, 2> bytes{};
  std::array<std::uint64_t, 2> not_judged{};
  std::array<std::array<std::uint64_t, 8>, 2> pdus{};  // by PDU type; 0 = no known type
  std::uint64_t retransmitted = 0;
  std::optional<trace::TransportClosed> closed;  // first closing seen

  /// Judged from its first byte to its last.
  [[nodiscard]] bool whole() const { return missing.empty() && more_missing == 0; }
};

/// What all conversations of a capture share.
struct ConversationContext {
  std::shared_ptr<const trace::RuleBook> rules;
  std::shared_ptr<const trace::RuleBook> structure;  // the same descriptions, no rule running
  std::set<std::uint16_t> ports;                     // the user says these are DICOM
  bool all_dicom = false;                            // Assay recorded these
  std::set<Endpoint> dicom_endpoints;                // acceptors found in this capture
  std::set<Endpoint> plain_endpoints;                // those of them that answered in DICOM, so without TLS
  std::size_t undecided_bytes = 0;                   // held until it is clear what they are
  std::size_t trace_bytes_left = 512U << 20;         // for the Traces of all connections together
};

class Conversation final : public StreamSink {
 public:
  Conversation(std::string name, std::array<Endpoint, 2> ends, ConversationContext& context, Duration began);
  ~Conversation() override;

  /// The sender of a SYN without ACK, or the receiver of one with it.
  void client_is(int end);
  /// The other side took the connection (SYN with ACK).
  void server_answered() { server_answered_ = true; }
  /// What is handed on does not begin with the first byte of a side, whatever handshake was seen.
  void begins_in_the_middle() { in_the_middle_ = true; }
  /// Of which ends the first byte that was handed on is proven to be the first of all. Before finish().
  void starts_proven(std::array<bool, 2> proven) { start_proven_ = proven; }

  void data(int end, std::uint64_t position, ByteView bytes, Duration time) override;
  void gap(int end, std::uint64_t position, std::uint64_t length, bool cut_by_capture, Duration time) override;
  void began_earlier(int end) override;
  [[nodiscard]] bool may_end_here(int end) const override;
  void closed(int end, trace::Closing how, Duration time) override;
  void remark(int end, std::string text) override;

  /// No more bytes. Undecided ones wait for settle(), when the whole capture is known.
  void finish(Duration time);
  void settle();
  [[nodiscard]] ConversationReport& report() { return report_; }

 private:
  enum class State : std::uint8_t { undecided, judging, ignored };
  struct Event {
    enum class Kind : std::uint8_t { data, gap, closed } kind = Kind::data;
    int end = 0;
    std::uint64_t position = 0;
    Bytes bytes;
    std::uint64_t length = 0;
    bool cut = false;
    trace::Closing how = trace::Closing::fin;
    Duration time{0};
  };
  /// Findings of this side in this stretch of its stream are not made: the bytes were not seen.
  struct Mute {
    trace::Side side = trace::Side::requestor;
    std::uint64_t from = 0;
    std::uint64_t to = UINT64_MAX;
    std::uint64_t after_messages = 0;  // ends with the next message that ends
  };
  /// An Observer at work between two gaps.
  struct Stretch {
    std::unique_ptr<observe::Observer> observer;
    std::size_t reserved = 0;  // of the bytes that all Traces share
    std::size_t primed = 0;    // findings about what was fed again
    bool restarted = false;
    bool structure_only = false;
    std::array<std::uint64_t, 2> shift{};  // from the Observer's offsets to those of the stream
    std::vector<Mute> mutes;
  };

  void decide();
  void note_plain_answer();
  void decide_mid_stream(const Event& event);
  void settle_as_dicom(int requestor_end, std::string why);
  void settle_as(ConversationReport::Kind kind, std::string what);
  void hold(Event event);
  void play(const Event& event);
  void play_data(trace::Side side, const Event& event);
  void play_gap(trace::Side side, const Event& event);
  void search(trace::Side side, const Event& event);
  [[nodiscard]] bool can_restart() const;
  void restart(trace::Side side, const Event& event);
  void structure(trace::Side side, const Event& event);
  Stretch make_stretch(std::string_view suffix, bool structure_only);
  void end_stretch(Stretch& stretch);
  void close_mutes();
  void missing(std::string text);
  void mark(std::string text, Duration time);
  [[nodiscard]] Instant at(Duration time);
  [[nodiscard]] trace::Side side_of(int end) const {
    return end == requestor_end_ ? trace::Side::requestor : trace::Side::acceptor;
  }
  [[nodiscard]] PduTracker& tracker(trace::Side side) { return trackers_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] int guessed_requestor() const;

  ConversationContext* context_;
  ConversationReport report_;
  std::array<Endpoint, 2> ends_;
  State state_ = State::undecided;
  std::optional<int> client_;
  bool server_answered_ = false;
  bool in_the_middle_ = false;
  std::array<bool, 2> start_proven_{};
  std::optional<std::size_t> from_the_beginning_;  // the Trace that was judged as a whole connection
  int requestor_end_ = 0;
  std::vector<Event> held_;
  std::size_t held_bytes_ = 0;
  std::array<Bytes, 2> prefix_;  // of each end's stream
  std::array<bool, 2> prefix_cut_{};
  std::array<std::uint64_t, 2> bytes_{};
  std::array<PduTracker, 2> trackers_;  // by Side
  std::optional<Stretch> stretch_;
  std::array<std::optional<Stretch>, 2> structure_;
  std::array<bool, 2> side_closed_{};
  unsigned stretches_ = 0;
  bool finished_ = false;
  Instant last_;
};

}  // namespace assay::capture
