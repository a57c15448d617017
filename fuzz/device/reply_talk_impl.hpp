// What a ReplyTalk keeps. Internal: reply_talk.cpp plays the steps, reply_talk_look.cpp takes in what was said.
#pragma once

#include <array>
#include <map>

#include "fuzz/device/reply_talk.hpp"
#include "fuzz/device/talk_seen.hpp"

namespace assay::fuzz::device {

/// One connection that the device has opened, followed.
struct ReplyLine {
  enum class State : std::uint8_t { none, open, closed };
  State state = State::none;
  bool taken = false;  // by a connect: before it nothing is said, as in the scenario of it
  std::optional<observe::Observer> observer;
  std::size_t seen_entries = 0;
  std::size_t seen_findings = 0;
  std::string asked_last;             // "C-STORE-RQ": what the device has said last
  std::string place = "Sta4";         // where the device was, what it had asked, what it was told
  std::string told;                   // the same with what makes answers differ
  std::vector<Asked> asked;           // requests of the device
  std::map<std::uint16_t, int> owed;  // sub-operations of ours without a response, by Message ID
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_of_pdus = 0;  // of ours that were whole
  bool broken = false;              // we have broken a rule of the exchange
  bool retrieves = false;           // C-GET: it is the SCP of our C-STORE-RQs
  bool accepted = false;
  bool release_asked = false;  // by us
  bool over = false;           // aborted, by either side, or rejected
  bool half = false;
  // Since the last await of that kind was over.
  std::size_t messages = 0;
  bool association = false;
  bool release = false;
};

struct ReplyTalk::Impl {
  Impl(const Conversation& c, TalkOptions o) : conversation(c), options(std::move(o)) {}

  const Conversation& conversation;
  TalkOptions options;
  std::array<ReplyLine, max_lines> lines;
  std::size_t cursor = 0;
  bool waiting = false;  // at the step of the cursor
  bool waits_long = false;
  bool gone = false;  // the device's process
  Instant since;
  Instant began;
  std::optional<Instant> deadline;
  std::optional<std::uint8_t> sending;  // a send in pieces is under way there
  std::deque<ReplyCommand> commands;
  bool over = false;
  Outcome outcome;
  Seen fresh;
  bool all_came = true;
  std::string before;  // states of the device before what is being sent

  /// New entries and findings of the line, in order.
  void look(ReplyLine& line);
  void said(ReplyLine& line, const std::string& kind, const std::string& more);
  void our_pdu(ReplyLine& line, const trace::PduSeen& seen);
  void our_message(ReplyLine& line, const trace::MessageSeen& seen);
  void their_pdu(ReplyLine& line, const trace::PduSeen& seen, const trace::Entry& entry);
  void their_message(ReplyLine& line, const trace::MessageSeen& seen, const trace::Entry& entry);
  void heard(ReplyLine& line, const trace::Entry& entry);
  /// Whether the standard asks the device to say something now, and all we said was in order.
  [[nodiscard]] static bool due(const ReplyLine& line);
  [[nodiscard]] bool came(const Step& step) const;
  void consume(const Step& step);
  void next(Instant now);
  void wait(Instant until);
  void run(Instant now);
  /// Nobody has called yet: what is waited for is the device's start.
  [[nodiscard]] bool nobody_yet() const;
  void begin(const Step& step, Instant now);
  /// The request that an answer belongs to; where the device asks less, the last one.
  static const Asked* asked_of(const ReplyLine& line, const Answers& answers);
  void send(const Step& step, ReplyLine& line, Instant now);
  /// Something came, or a line has ended: is the wait over?
  void check(Instant now);
  void expire(Instant now);
  void not_called(Instant /*now*/);
};

}  // namespace assay::fuzz::device
