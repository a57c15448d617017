// A conversation of the fuzzer as a scenario that anybody can run: what is sent is sent again byte for byte, whatever
// comes is taken, and then the device must still serve; one that calls must end by itself. It fails as long as the
// device breaks.
// Tests: tests/unit/device_fuzz/talk_test.cpp
#pragma once

#include <optional>
#include <string>

#include "fuzz/device/conversation.hpp"

namespace assay::fuzz::device {

struct ScenarioHead {
  std::string id;  // "fuzz/device/3f2a9c0d1b7e"
  std::string title;
  std::string advice;
  std::string part = "PS3.8";
  std::string section = "9.2.3";
  Duration quick = std::chrono::milliseconds(200);  // how long answers are waited for
  /// An answer is due at the last await: silence there fails.
  bool silence_fails = false;
  /// The device calls and we answer (reply.hpp): its command must end by itself within this.
  std::optional<Duration> ends_within = {};
  bool answers = false;
};

std::string to_scenario(const Conversation& conversation, const ScenarioHead& head);

}  // namespace assay::fuzz::device
