// What a Talk keeps. Internal: talk.cpp plays the steps, talk_look.cpp takes in what was said, talk_names.cpp names
// answers.
#pragma once

#include <array>
#include <map>

#include "fuzz/device/talk_seen.hpp"

namespace assay::fuzz::device {

/// One connection of the conversation, followed.
struct Line {
  enum class State : std::uint8_t { none, opening, open, closed };
  State state = State::none;
  std::optional<observe::Observer> observer;
  std::size_t seen_entries = 0;
  std::size_t seen_findings = 0;
  std::string place = "Sta2";  // where the device was, and what it was told last
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_of_pdus = 0;  // of ours that were whole
  bool broken = false;              // we have broken a rule of the exchange
  std::set<std::string> broke;      // rules that we have broken: an answer repeats what it was asked for
  bool asked = false;               // A-ASSOCIATE-RQ is out
  bool answered = false;            // by AC or RJ
  bool accepted = false;
  bool release_asked = false;
  bool released = false;
  bool aborted = false;  // by either side
  bool half = false;
  bool crowded = false;                   // another connection stood beside it at some time
  bool half_message = false;              // a message of ours has begun and is not whole
  bool silent = false;                    // the last wait was in vain, and nothing came since
  std::map<std::uint16_t, int> requests;  // of ours without a final response, by message id
  // Since the last await of that kind was over.
  std::size_t messages = 0;
  bool association = false;
  bool release = false;
};

struct Talk::Impl {
  Impl(const Conversation& c, TalkOptions o) : conversation(c), options(std::move(o)) {}

  const Conversation& conversation;
  TalkOptions options;
  std::array<Line, max_lines> lines;
  std::size_t cursor = 0;
  bool waiting = false;  // at the step of the cursor
  bool waits_long = false;
  Instant since;
  Instant began;
  std::optional<Instant> deadline;
  std::optional<std::uint8_t> sending;  // a send in pieces is under way there
  std::deque<Command> commands;
  bool over = false;
  Outcome outcome;
  Seen fresh;
  bool all_came = true;
  Duration pieces_left{0};  // of TalkOptions::pieces
  std::string before;       // states of the device before what is being sent

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
  void consume(const Step& step);
  void next(Instant now);
  void wait(Instant until);
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
