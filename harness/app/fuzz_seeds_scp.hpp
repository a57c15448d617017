// What fuzzing a device that calls begins with: what our ordinary archive (with worklist, MPPS, printing and
// commitment) answers it, recorded once.
#pragma once

#include "harness/app/fuzz_caller.hpp"

namespace assay::app {

struct ReplySeeds {
  std::vector<fuzz::device::Conversation> seeds;
  Calls calls = Calls::once;
  std::string ending;  // how its command ended; empty where it goes on
};

struct ReplySeedOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string called_ae;
  Duration timeout{0};     // how long a command may take to end or to call again
  Duration first_call{0};  // how long the first call is waited for
  std::shared_ptr<const trace::RuleBook> rules;
  std::function<bool()> interrupted;
};

/// `program`: null where the device calls unasked. The error is one sentence.
std::expected<ReplySeeds, std::string> record_replies(peers::Loop& loop, CallerProgram* program,
                                                      const ReplySeedOptions& options);

}  // namespace assay::app
