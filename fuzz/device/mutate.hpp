// What is done to a conversation, by message, field, order, timing and connection. The same arguments give the same
// result. Tests: tests/unit/device_fuzz/mutate_test.cpp
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/model.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

/// Changes the conversation; `donor` is another one, for what takes from it. False: there is nothing here to change in
/// this way, and nothing was changed.
using Mutation = bool (*)(Conversation& conversation, const Conversation& donor, Random& random);

struct NamedMutation {
  std::string_view name;
  std::string_view level;  // message, field, order, timing, connection
  unsigned weight;         // how often it is taken, beside the others
  Mutation mutate;
};

/// All of them, in a fixed order.
std::span<const NamedMutation> mutations();

/// One to four of them, one after another; what it is called says which. Within the limits of conversation.hpp.
/// `aim`: made so that this is said there (aim.hpp), where the conversation can be brought to it.
Conversation mutated(const Conversation& parent, const Conversation& donor, Random& random,
                     std::optional<Pair> aim = std::nullopt);

}  // namespace assay::fuzz::device
