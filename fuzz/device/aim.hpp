// Brings a conversation to a pair: where the device is, by the state table and by what DIMSE is about, and what is said
// to it there. Tests: tests/unit/device_fuzz/aim_test.cpp
#pragma once

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/model.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

/// False: it cannot be brought there (no connection, no association, no context for the service), and is as it was.
/// May go beyond the limits of conversation.hpp, which mutated() watches.
bool aim_at(Conversation& conversation, Pair pair, Random& random);

}  // namespace assay::fuzz::device
