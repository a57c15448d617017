// What both sides of device fuzzing keep of a conversation: the step it is at, the wait, the connections it runs over,
// and what came of it. Internal to talk*.cpp and reply_talk*.cpp.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/device/talk_seen.hpp"

namespace assay::fuzz::device {

/// One connection of the conversation, followed.
struct Followed {
  enum class State : std::uint8_t { none, opening, open, closed };
  State state = State::none;
  std::optional<observe::Observer> observer;
  std::size_t seen_entries = 0;
  std::size_t seen_findings = 0;
  std::string place;  // where the device was, and what it was told last
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_of_pdus = 0;           // of ours that were whole
  bool broken = false;                       // we have broken a rule of the exchange
  std::set<std::string, std::less<>> broke;  // rules that we have broken
  bool accepted = false;
  bool release_asked = false;  // by us
  bool aborted = false;        // by either side, or rejected by us
  bool half = false;
  // Since the last await of that kind was over.
  std::size_t messages = 0;
  bool association = false;
  bool release = false;

  /// `number` counts from 0. `ours` is the side that is ours.
  void follow(std::uint8_t number, trace::Side ours, const TalkOptions& options, Instant now);
  /// Whether we have broken this rule before: the device repeats values that it was given, as an answer does those of
  /// its request, and a print client the UIDs that we made for it. A UID counts wherever it stood.
  [[nodiscard]] bool repeats(std::string_view rule) const;
  /// Whether what the step waits for has come, on a line that is open.
  [[nodiscard]] bool came(const Step& step) const;
  /// It has, and was waited for.
  void consume(const Step& step);
  /// The conversation is over.
  void finish(trace::Side ours, Instant now);
};

/// Where the conversation is. A step that waits has set `waiting`; the wait is over with next().
struct Walk {
  Walk(const Conversation& c, TalkOptions o) : conversation(c), options(std::move(o)) {}

  const Conversation& conversation;
  TalkOptions options;
  std::size_t cursor = 0;
  bool waiting = false;  // at the step of the cursor
  bool waits_long = false;
  Instant since;
  Instant began;
  std::optional<Instant> deadline;
  std::optional<std::uint8_t> sending;  // a send in pieces is under way there
  bool over = false;
  Outcome outcome;
  Seen fresh;
  bool all_came = true;
  std::string before;  // states of the device before what is being sent

  [[nodiscard]] const Step& step() const { return conversation.steps[cursor]; }
  void wait(Instant until);
  /// Whether its time is up, of the wait or of the whole conversation.
  [[nodiscard]] bool expired(Instant now) const { return !over && deadline && now >= *deadline; }
  /// The step that waited is over; more() goes on.
  void stop_waiting();
  /// Whether there is a step to begin.
  [[nodiscard]] bool more(Instant now);
  /// Whether a silence at this place is not yet known to be one.
  [[nodiscard]] bool may_answer(const std::string& place) const;
  /// Something came, or a line has ended: whether the wait of this step, on this line, is over. `here`: what it waits
  /// for is there.
  [[nodiscard]] bool wait_is_over(Followed& line, bool here, Instant now);
  /// We end the line as the step says, or our half of it. False when that is done already.
  static bool end_line(Followed& line, const Step& step, trace::Side ours, Instant now);

  /// What is new on the line: `told` gets each entry. Our own faults are taken in before, as a reaction to them is not
  /// judged, and the faults of the device after.
  template <typename Told>
  void look(Followed& line, trace::Side ours, const Told& told) {
    take_our_faults(line, ours);
    const auto& entries = line.observer->trace().entries;
    for (; line.seen_entries < entries.size(); ++line.seen_entries) told(entries[line.seen_entries]);
    take_faults_of_device(line, ours);
  }
  /// All lines have told what they had.
  Outcome finish();
  /// The length of a PDU of ours that is whole.
  static void whole_pdu(Followed& line, const trace::PduSeen& seen);

 private:
  void take_our_faults(Followed& line, trace::Side ours);
  void take_faults_of_device(Followed& line, trace::Side ours);
};

}  // namespace assay::fuzz::device
