// What a run of `assay fuzz device` keeps. Internal: fuzz_device_begin.cpp has what comes before the first changed
// conversation, fuzz_device.cpp the campaign, fuzz_device_report.cpp what is told of it.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "fuzz/device/coverage_map.hpp"
#include "fuzz/device/guide.hpp"
#include "fuzz/device/pairs.hpp"
#include "harness/app/fuzz_break.hpp"
#include "harness/app/fuzz_device.hpp"
#include "harness/app/fuzz_folder.hpp"
#include "harness/app/fuzz_tally.hpp"

namespace assay::app {

/// Where the time of a run went.
struct TimeSpent {
  fuzz::device::Waits waits;  // in conversations
  Duration talks{0};          // conversations as a whole
  Duration watch{0};          // oracles: health, second peer, data, memory
  Duration findings{0};       // what was found, held again and reduced
};

/// One run of `assay fuzz device`, from its arguments to its exit code.
class FuzzDeviceRun {
 public:
  FuzzDeviceRun(const FuzzDeviceOptions& options, Console& console)
      : options_(options),
        console_(console),
        tally_(options, console, loop_,
               {"requestor", "conversations", "Changed conversations of the kind {} do the device no harm",
                "{} were held"}) {}

  int run();

 private:
  bool check();
  bool resolve();
  bool begin();
  bool seeds();
  void campaign();
  int again();
  void execute(std::uint64_t number, const fuzz::device::Guide::Choice& choice);
  fuzz::device::Outcome hold(const fuzz::device::Conversation& conversation);
  std::vector<std::uint64_t> unsteady(const std::vector<std::uint64_t>& features, std::uint64_t number,
                                      const fuzz::device::Conversation& conversation);
  void note(const fuzz::device::Outcome& outcome, std::uint64_t number, fuzz::device::Conversation conversation);
  void tell(const Broken& broken);
  void look_after_told(std::uint64_t number, const std::string& last);
  /// How long an answer takes here, of one more conversation.
  void learn_quick(Duration slowest);
  [[nodiscard]] std::string time_spent() const;
  int finish();
  [[nodiscard]] fuzz::device::TalkOptions talk();
  [[nodiscard]] std::string subject() const {
    return fmt::format("{}:{} {}", target_.host, target_.port, options_.called_ae);
  }
  int fail(const std::string& why, int code) {
    console_.error(why);
    return code;
  }

  const FuzzDeviceOptions& options_;
  Console& console_;
  peers::Loop loop_;
  TalkTarget target_;
  FuzzTally tally_;
  FuzzFolder folder_;
  std::unique_ptr<fuzz::device::CoverageMap> map_;  // lives as long as the device may attach it
  fuzz::device::CoverageMap* coverage_ = nullptr;   // null: none is offered
  std::unique_ptr<DeviceWatch> watch_;
  std::unique_ptr<Breaks> breaks_;
  std::shared_ptr<const trace::RuleBook> rules_;
  fuzz::device::Guide guide_;
  fuzz::device::Pairs pairs_;  // of where the device was and what was said there
  std::uint64_t seed_ = 1;
  std::uint64_t number_ = 0;  // of the last execution, earlier runs included
  Held held_;
  Duration quick_ = std::chrono::milliseconds(100);
  std::deque<Duration> answers_;      // the slowest of each of the last conversations that got one
  std::set<std::string> dropped_at_;  // places where it closed without being asked, known by now
  TimeSpent spent_;
  std::set<std::string> silences_;
  std::vector<std::string> left_out_;
  std::string started_;
  int code_ = exit_codes::ok;
};

}  // namespace assay::app
