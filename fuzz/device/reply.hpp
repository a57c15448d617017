// The other way round: the device calls, the fuzzer answers. The same conversations (conversation.hpp), whose `connect`
// is the device's call, whose awaits are its requests, and whose sends are our answers. Seeds are what an ordinary
// acceptor has answered, taken from its Traces; everything else is one of them changed. What an answer takes from its
// request is put in when it is sent, so that it fits a device that makes new UIDs each time.
// Tests: tests/unit/device_fuzz/reply_test.cpp
#pragma once

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/mutate.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

/// The side of the acceptor of connections that passed, in the order in which the device opened them. Empty steps when
/// what was answered was not kept whole, or is beyond the limits of conversation.hpp.
Conversation replies_of(std::string kind, std::string from, std::span<const trace::Trace* const> traces);

/// What a request of the device says that its answer repeats.
struct Asked {
  std::uint16_t message_id = 0;
  std::uint8_t context = 0;
  std::string instance;
  std::string name;  // "C-STORE-RQ"

  friend bool operator==(const Asked&, const Asked&) = default;
};

/// Of a request that has come.
Asked asked_by(const dimse::Message& message);

/// The bytes of an answer with what `asked` says wherever they say what the recorded request said; lengths around an
/// instance of another length change by as much as it does, so that those that lie go on lying. What was changed since
/// it was recorded stays.
Bytes fitted(ByteView answer, const Answers& recorded, const Asked& asked);

/// What is done to answers alone, beside what is done to every conversation.
std::span<const NamedMutation> reply_mutations();

/// One to four changes, of those of mutate.hpp that fit who is called and of reply_mutations(). What it is called says
/// which.
Conversation mutated_replies(const Conversation& parent, const Conversation& donor, Random& random);

}  // namespace assay::fuzz::device
