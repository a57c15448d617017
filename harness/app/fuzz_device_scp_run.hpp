// What a run of `assay fuzz device --as-scp` keeps. Internal: fuzz_device_scp_begin.cpp has what comes before the first
// changed answer, fuzz_device_scp.cpp the campaign and its end; fuzz_tally.cpp what is told of both sides.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/app/fuzz_break_scp.hpp"
#include "harness/app/fuzz_device.hpp"
#include "harness/app/fuzz_folder.hpp"
#include "harness/app/fuzz_tally.hpp"

namespace assay::app {

/// From a start to the first call.
inline constexpr Duration scp_start_wait = std::chrono::seconds(20);

/// One run, from its arguments to its exit code.
class FuzzDeviceScpRun {
 public:
  FuzzDeviceScpRun(const FuzzDeviceOptions& options, Console& console)
      : options_(options),
        console_(console),
        tally_(options, console, loop_,
               {"acceptor", "calls", "Changed answers to {} do the device no harm", "{} were given"}) {}

  int run();

 private:
  bool check();
  bool begin();
  bool record();
  bool go_on();
  bool open(Calls calls);
  void try_seeds();
  void campaign();
  int again();
  void execute(std::uint64_t number, const fuzz::device::Guide::Choice& choice);
  void note(const Met& met, std::uint64_t number, fuzz::device::Conversation conversation);
  void tell(const Broken& broken);
  bool calls_still(const Met& met);
  int finish();
  [[nodiscard]] fuzz::device::TalkOptions talk() const;
  [[nodiscard]] std::string subject() const {
    return options_.start.empty() ? fmt::format("the device that calls port {}", port_)
                                  : fmt::format("the caller '{}'", options_.start.substr(0, 120));
  }
  /// Of the log: a folder of the other side's conversations is no run to go on with.
  [[nodiscard]] std::string log_target() const {
    auto text = "as-scp " + subject();
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
  }
  bool fail(const std::string& why, int code) {
    console_.error(why);
    code_ = code;
    return false;
  }

  const FuzzDeviceOptions& options_;
  Console& console_;
  peers::Loop loop_;
  FuzzTally tally_;
  FuzzFolder folder_;
  std::shared_ptr<const trace::RuleBook> rules_;
  std::unique_ptr<CallerProgram> program_;
  std::unique_ptr<peers::Callers> callers_;
  std::unique_ptr<DeviceCaller> caller_;
  std::unique_ptr<ReplyBreaks> breaks_;
  fuzz::device::Guide guide_;
  std::uint16_t port_ = 0;
  std::uint64_t seed_ = 1;
  std::size_t seeds_ = 0;     // conversations that were recorded; they are kept first
  std::uint64_t number_ = 0;  // of the last execution, earlier runs included
  Held held_;
  Duration quick_ = std::chrono::milliseconds(500);
  Duration usual_end_{0};
  int not_called_ = 0;  // in a row
  std::set<std::string> silences_;
  std::set<std::string> endless_;                                           // places after which it is known not to end
  std::vector<std::pair<fuzz::Finding, fuzz::device::Conversation>> sane_;  // of unchanged answers
  std::optional<Met> sane_broken_;                                          // the device breaks on unchanged answers
  std::string started_;
  int code_ = exit_codes::ok;
};

}  // namespace assay::app
