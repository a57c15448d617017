// Plays one conversation without I/O: happenings and time in, commands out; each line is followed by an Observer, so
// that the state table and every rule judge what the device does. What came of it: what was new (pairs of where the
// device was and what it did there), what it must not do, where it was silent though an answer was due.
// Tests: tests/unit/device_fuzz/talk_test.cpp
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fuzz/device/conversation.hpp"
#include "harness/observe/observer.hpp"

namespace assay::fuzz::device {

struct TalkOptions {
  std::shared_ptr<const trace::RuleBook> rules;
  Duration answer = std::chrono::seconds(5);        // to wait for an answer that is due
  Duration quick = std::chrono::milliseconds(100);  // to wait for one that need not come
  Duration connect = std::chrono::seconds(5);
  Duration whole = std::chrono::seconds(30);  // and then the conversation is over
  /// Pauses between pieces of what is sent, together: beyond, pieces follow each other at once.
  Duration pieces = std::chrono::milliseconds(30);
  /// Places where silence is known: there nobody waits long again. May be null.
  const std::set<std::string>* known_silences = nullptr;
  /// Who records a line ("assay -> device"), if anyone.
  std::function<std::shared_ptr<observe::Tap>(std::uint8_t line)> record;
};

struct Command {
  enum class Kind : std::uint8_t { connect, send, fin, half, rst };
  Kind kind = Kind::connect;
  std::uint8_t line = 0;
  const Step* step = nullptr;  // send: lives as long as the Talk
  Duration pause{0};           // send: between pieces; never longer than the step's
};

/// What the device did that the state table or a rule forbids.
struct Forbidden {
  trace::Finding finding;
  std::string state;  // what was said last before it: "Sta6 C-STORE-RQ"
};

/// Where the time of a conversation went.
struct Waits {
  Duration due{0};       // for answers that the standard asks for
  Duration optional{0};  // for answers that need not come
  Duration pauses{0};    // between steps
  Duration pieces{0};    // while a send in pieces was under way
  Duration connects{0};

  Waits& operator+=(const Waits& more);
};

struct Outcome {
  std::vector<std::uint64_t> features;  // sorted, each once
  std::vector<std::string> cells;       // the same for people: "Sta2 A-ASSOCIATE-RQ -> A-ASSOCIATE-RJ 1/1/7"
  std::vector<Forbidden> forbidden;
  std::vector<std::string> silences;  // an answer was due and did not come: the places
  std::string last;                   // place of the last thing that was said
  bool refused = false;               // a connection could not be opened
  std::string refused_why;
  bool dropped = false;   // the device closed where nobody had asked for it
  bool answered = false;  // everything that was waited for came
  Duration slowest{0};    // answer that came
  Waits waits;
  std::size_t sent_bytes = 0;
  std::vector<trace::Trace> traces;  // of the lines that stood, by line
};

class Talk {
 public:
  /// The conversation must outlive it.
  Talk(const Conversation& conversation, TalkOptions options);
  ~Talk();
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  void start(Instant now);
  void connected(std::uint8_t line, bool stands, const std::string& why, Instant now);
  void received(std::uint8_t line, ByteView bytes, Instant now);
  void closed(std::uint8_t line, trace::Closing how, Instant now);
  /// The bytes of the last send have left us.
  void sent(std::uint8_t line, Instant now);
  void expire(Instant now);
  /// It is known that the device has handled everything it was sent, and waits: what need not come does not come any
  /// more, and a pause was long enough.
  void settled(Instant now);
  /// Whether settled() would end what is being waited for.
  [[nodiscard]] bool ends_when_settled() const;
  /// The run is being stopped.
  void interrupt(Instant now);

  [[nodiscard]] std::optional<Command> next_command();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] bool done() const;
  /// Once, when done.
  Outcome finish(Instant now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "C-STORE-RSP Success", "A-ABORT 2/1": what one entry of a Trace is as an answer; empty for what is none.
std::string answer_name(const trace::Entry& entry);

}  // namespace assay::fuzz::device
