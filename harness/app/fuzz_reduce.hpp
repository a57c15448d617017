// Makes a conversation of the fuzzer smaller while it still shows the same: its steps, then the bytes of each.
#pragma once

#include <functional>

#include "fuzz/device/conversation.hpp"
#include "fuzz/findings/reduce.hpp"

namespace assay::app {

/// `still` holds for `conversation`, which is not asked. `bytes`: those of each send, too, not its steps alone.
fuzz::device::Conversation reduced(const fuzz::device::Conversation& conversation,
                                   const std::function<bool(const fuzz::device::Conversation&)>& still, bool bytes,
                                   fuzz::ReduceBudget& budget);

/// "connect, await association, send 180 bytes, fin"
std::string steps_in_words(const fuzz::device::Conversation& conversation);

}  // namespace assay::app
