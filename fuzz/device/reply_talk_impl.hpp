// What a ReplyTalk keeps. Internal: reply_talk.cpp plays the steps, reply_talk_look.cpp takes in what was said.
#pragma once

#include <array>
#include <map>

#include "fuzz/device/reply_talk.hpp"
#include "fuzz/device/talk_walk.hpp"

namespace assay::fuzz::device {

/// One connection that the device has opened. Its place says what it had asked, too.
struct ReplyLine : Followed {
  ReplyLine() { place = "Sta4"; }
  bool taken = false;                 // by a connect: before it nothing is said, as in the scenario of it
  std::string asked_last;             // "C-STORE-RQ": what the device has said last
  std::string told;                   // place, with what makes answers differ
  std::vector<Asked> asked;           // requests of the device
  std::map<std::uint16_t, int> owed;  // sub-operations of ours without a response, by Message ID
  bool retrieves = false;             // C-GET: it is the SCP of our C-STORE-RQs

  [[nodiscard]] bool open() const { return taken && state == State::open; }
  [[nodiscard]] const std::string& where() const { return told.empty() ? place : told; }
};

struct ReplyTalk::Impl : Walk {
  using Walk::Walk;

  std::array<ReplyLine, max_lines> lines;
  bool gone = false;  // the device's process
  std::deque<ReplyCommand> commands;

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
  void next(Instant now);
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
  /// The device was waited for in vain.
  void not_called();
};

}  // namespace assay::fuzz::device
