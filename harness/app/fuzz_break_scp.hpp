// From a conversation after which a device that calls was broken to a finding that anybody can replay: it is held again
// with the device started afresh, made smaller while it still breaks it, and written down.
#pragma once

#include "harness/app/fuzz_break.hpp"
#include "harness/app/fuzz_caller.hpp"

namespace assay::app {

struct ReplyBreakSettings {
  std::function<fuzz::device::TalkOptions()> talk;  // for one conversation
  std::filesystem::path findings;
  std::string run_options;  // of 'assay run', so that the device is there: "--dut-act '...'"
  std::function<bool()> interrupted;
  Duration usual_end{0};                       // a healthy one takes so long to end
  Duration reduce = std::chrono::seconds(40);  // and then what there is has to do
};

class ReplyBreaks {
 public:
  ReplyBreaks(peers::Loop& loop, DeviceCaller& caller, ReplyBreakSettings settings);

  /// What was seen of the device itself after the last of `held`.
  Broken seen(const Met& met, const Held& held);
  /// What it must not have said, or silence where an answer was due: on the connection itself.
  Broken told(fuzz::Finding finding, const fuzz::device::Conversation& conversation);

 private:
  using Test = std::function<bool(const fuzz::device::Conversation&)>;
  Broken again(fuzz::Finding finding);
  [[nodiscard]] bool breaks(const fuzz::device::Conversation& conversation, const fuzz::Finding& finding, Duration end);
  [[nodiscard]] bool tells(const fuzz::device::Conversation& conversation, const fuzz::Finding& finding);
  fuzz::device::Conversation smaller(const fuzz::device::Conversation& conversation, const Test& still, bool bytes);
  Broken write(fuzz::Finding finding, const fuzz::device::Conversation& reduced,
               const fuzz::device::Conversation& original, const std::string& before = {});
  Broken keep(fuzz::Finding finding, const std::vector<std::pair<std::string, std::string>>& files);

  peers::Loop& loop_;
  DeviceCaller& caller_;
  ReplyBreakSettings settings_;
  std::set<std::string> known_;
};

}  // namespace assay::app
