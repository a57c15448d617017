// Plays the answering side of one conversation without I/O: happenings and time in, commands out. Each line that the
// device opens is followed by an Observer, so that the state table and every rule judge what it does. What came of it
// is an Outcome as that of talk.hpp; places are where the device was, what it had asked and what it was answered.
// Tests: tests/unit/device_fuzz/reply_test.cpp
#pragma once

#include "fuzz/device/reply.hpp"
#include "fuzz/device/talk.hpp"

namespace assay::fuzz::device {

struct ReplyCommand {
  enum class Kind : std::uint8_t { send, fin, half, rst };
  Kind kind = Kind::send;
  std::uint8_t line = 0;
  Bytes bytes = {};            // send: fitted to what the device has asked
  const Step* step = nullptr;  // lives as long as the conversation
};

class ReplyTalk {
 public:
  /// The conversation must outlive it. Of the options `connect` is how long the first call is waited for.
  ReplyTalk(const Conversation& conversation, TalkOptions options);
  ~ReplyTalk();
  ReplyTalk(const ReplyTalk&) = delete;
  ReplyTalk& operator=(const ReplyTalk&) = delete;

  void start(Instant now);
  /// The device has opened a line: 0, 1, ... in the order in which they come.
  void called(std::uint8_t line, Instant now);
  void received(std::uint8_t line, ByteView bytes, Instant now);
  void closed(std::uint8_t line, trace::Closing how, Instant now);
  /// The bytes of the last send have left us.
  void sent(std::uint8_t line, Instant now);
  void expire(Instant now);
  /// The device's process has ended: nobody will call any more.
  void ended(Instant now);
  /// The run is being stopped.
  void interrupt(Instant now);

  [[nodiscard]] std::optional<ReplyCommand> next_command();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] bool done() const;
  /// Where the device was when we did something last; Outcome::last before finish().
  [[nodiscard]] const std::string& last() const;
  /// Once, when done. `ending`: how the device's process ended, "exit 1"; empty where nobody knows, or it goes on.
  Outcome finish(Instant now, const std::string& ending = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::fuzz::device
