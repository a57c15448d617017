// One conversation of the fuzzer with a device that calls: it is let call, or waited for, is answered, and what became
// of it is looked at. Tests: tests/interop/fuzz_scp_test.py
#pragma once

#include "fuzz/device/reply_talk.hpp"
#include "harness/app/caller_program.hpp"
#include "harness/app/growth.hpp"
#include "peers/callers.hpp"

namespace assay::app {

/// How a device comes to call.
enum class Calls : std::uint8_t {
  once,     // its command is started for each conversation, and ends
  again,    // its command goes on, and calls again and again
  unasked,  // nobody started it: it calls by itself
};

struct CallerOptions {
  Calls calls = Calls::once;
  pid_t process = 0;                       // of one that calls unasked and runs on this machine; 0: nobody knows it
  Duration end = std::chrono::seconds(5);  // once: to end, its connections over; else: to call again
  std::string subject;
  /// Whether it is known that it does not end after this place: then it is not waited for as long. May be empty.
  std::function<bool(const std::string& place)> endless = {};
};

struct Met {
  fuzz::device::Outcome outcome;
  std::optional<fuzz::Finding> broken;
  bool of_this_one = true;  // false: what led there lies further back
  Duration ending{0};       // from the end of its connections to its own, or to its next call
  std::string trouble;      // it cannot be started, or does not call
};

class DeviceCaller {
 public:
  /// `program` may be null where it calls unasked. All of them outlive it.
  DeviceCaller(peers::Loop& loop, peers::Callers& callers, CallerProgram* program, CallerOptions options);

  Met meet(const fuzz::device::Conversation& conversation, fuzz::device::TalkOptions talk,
           std::optional<Duration> end = {});
  /// The next conversation is with a device started afresh.
  void afresh();
  [[nodiscard]] bool can_start() const { return program_ != nullptr; }
  [[nodiscard]] const CallerOptions& options() const { return options_; }

 private:
  std::expected<void, std::string> ready();
  fuzz::device::Outcome talk_with(const fuzz::device::Conversation& conversation, fuzz::device::TalkOptions talk,
                                  const std::function<void(const std::string& last)>& over);
  void after_once(const std::string& last, Duration limit, Met& met);
  void after_again(const std::string& last, Duration limit, Met& met);
  std::optional<fuzz::Finding> grows();
  [[nodiscard]] pid_t process() const;
  [[nodiscard]] bool runs() const;

  peers::Loop& loop_;
  peers::Callers& callers_;
  CallerProgram* program_;
  CallerOptions options_;
  Growth memory_;
  Growth descriptors_;
  std::uint64_t met_ = 0;
};

}  // namespace assay::app
