// What a Talk keeps. Internal: talk.cpp plays the steps, talk_look.cpp takes in what was said, talk_names.cpp names
// answers.
#pragma once

#include <array>
#include <map>

#include "fuzz/device/talk_walk.hpp"

namespace assay::fuzz::device {

/// One connection of ours to the device.
struct Line : Followed {
  Line() { place = "Sta2"; }
  bool asked = false;     // A-ASSOCIATE-RQ is out
  bool answered = false;  // by AC or RJ
  bool released = false;
  bool crowded = false;                   // another connection stood beside it at some time
  bool half_message = false;              // a message of ours has begun and is not whole
  bool silent = false;                    // the last wait was in vain, and nothing came since
  std::map<std::uint16_t, int> requests;  // of ours without a final response, by message id
};

struct Talk::Impl : Walk {
  using Walk::Walk;

  std::array<Line, max_lines> lines;
  std::deque<Command> commands;
  Duration pieces_left{0};  // of TalkOptions::pieces

  void answer(Line& line, const trace::Entry& entry);
  /// New entries and findings of the line, in order.
  void look(Line& line);
  void our_pdu(Line& line, const trace::PduSeen& seen);
  void our_message(Line& line, const trace::MessageSeen& seen);
  void their_pdu(Line& line, const trace::PduSeen& seen, const trace::Entry& entry);
  void their_message(Line& line, const trace::MessageSeen& seen, const trace::Entry& entry);

  /// Whether the standard asks the device to say something now, and all we said was in order.
  [[nodiscard]] bool due(const Line& line) const;
  /// What the step waits for is there.
  [[nodiscard]] bool came(const Step& step) const;
  void next(Instant now);
  void run(Instant now);
  void begin(const Step& step, Instant now);
  void send(const Step& step, Line& line, Instant now);
  /// Something came, or a line has ended: is the wait over?
  void check(Instant now);
  void expire(Instant now);
  [[nodiscard]] bool ends_when_settled() const;
  void settled(Instant now);
  /// An answer was waited for in vain.
  void unanswered(const Step& step, Line& line);
  void count_wait(const Step& step, Instant now);
  void refused(std::uint8_t line, const std::string& why);
};

}  // namespace assay::fuzz::device
