// What the fuzzer of devices plays: a conversation as steps on one or more connections. Seeds are conversations of the
// catalogue that the device has held, taken from their Traces; everything else is one of them changed. As a file it is
// a few lines of text, one step each. Tests: tests/unit/device_fuzz/conversation_test.cpp; fuzz target:
// fuzz_device_corpus
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"
#include "harness/trace/trace.hpp"

namespace assay::fuzz::device {

enum class Do : std::uint8_t {
  connect,  // opens the line, and waits until it stands
  send,     // bytes: one PDU, or the PDUs of one message
  await,    // what is to come before the next step; silence ends it too
  pause,
  fin,   // close, both ways
  half,  // close our sending side, and read on
  rst,
};
std::string_view name(Do what);

/// What is waited for. The end of the connection and an A-ABORT end every wait.
enum class Await : std::uint8_t {
  association,  // A-ASSOCIATE-AC or -RJ
  messages,     // so many DIMSE messages
  release,      // A-RELEASE-RP
  closed,
};
std::string_view name(Await what);

/// Of a send that answers a request of the device: what it takes from it, as it was when it was recorded. Where the
/// bytes still say so, what the real request says stands there instead when it is sent again (fuzz/device/reply.hpp).
struct Answers {
  std::uint16_t request = 0;  // the how manieth of its line, from 1; 0: it answers none
  std::uint16_t message_id = 0;
  std::uint8_t context = 0;   // Presentation Context ID
  std::string instance = {};  // Affected or Requested SOP Instance UID

  friend bool operator==(const Answers&, const Answers&) = default;
};

struct Step {
  Do what = Do::send;
  std::uint8_t line = 0;                   // which connection, from 0
  Bytes bytes = {};                        // send
  std::vector<std::uint32_t> pieces = {};  // send: lengths of its segments, the last repeats; empty: one write
  Duration pause{0};                       // send: between pieces; pause: how long
  Await await = Await::messages;
  std::uint16_t count = 1;  // await messages: how many
  Answers answers = {};     // send, where the device asks

  friend bool operator==(const Step&, const Step&) = default;
};

struct Conversation {
  std::string kind;  // folder of the catalogue: "storage"
  std::string from;  // id of the case, or names of the mutations behind it
  std::vector<Step> steps;

  [[nodiscard]] std::size_t bytes() const;
  friend bool operator==(const Conversation&, const Conversation&) = default;
};

inline constexpr std::size_t max_steps = 512;                                    // of one conversation
inline constexpr std::size_t max_bytes = std::size_t{1} << 20;                   // of one conversation
inline constexpr std::size_t max_lines = 32;                                     // connections of one conversation
inline constexpr Duration max_pause = std::chrono::seconds(2);                   // of one step
inline constexpr std::size_t max_file = 2 * max_bytes + (std::size_t{1} << 16);  // hexadecimal text

/// The side of the requestor of connections that passed: `traces` are those that we opened, in the order of opening.
/// Empty steps when what was sent was not kept whole, or is beyond the limits above.
Conversation conversation_of(std::string kind, std::string from, std::span<const trace::Trace* const> traces);

/// One after the other as one: each on lines of its own, which are
/// closed a moment before the next begins. No steps when that is
/// beyond the limits above.
Conversation joined(std::span<const Conversation> all);
/// Between the names of what was joined.
inline constexpr std::string_view joined_with = "; then ";

/// One line each: "connect 0", "send 0 split=1,5 pause=10 answers=1:7:3:1.2.840 HEX", "await 0 messages 2", "pause 20".
std::string to_text(const Conversation& conversation);
/// The error is one sentence with the number of the line.
std::expected<Conversation, std::string> conversation_from_text(std::string_view text);

}  // namespace assay::fuzz::device
