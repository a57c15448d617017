// One conversation of the fuzzer over real connections. Tests: tests/interop/fuzz_device_test.py
#pragma once

#include <functional>
#include <string>

#include "fuzz/device/talk.hpp"
#include "peers/peers.hpp"

namespace assay::app {

struct TalkTarget {
  std::string host;
  std::uint16_t port = 0;
  /// Whether the device has handled everything it was sent, as far as that can be seen; none where it cannot. Then what
  /// need not come is waited for no longer than that.
  std::function<bool()> idle = {};
};

/// Runs the loop until the conversation is over, or the loop is stopped. Not to be called from inside the loop.
fuzz::device::Outcome converse(peers::Loop& loop, const TalkTarget& target,
                               const fuzz::device::Conversation& conversation, fuzz::device::TalkOptions options);

}  // namespace assay::app
