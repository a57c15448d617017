// From a conversation after which a device was broken to a finding that anybody can replay: it is held again with a
// device started afresh, made smaller while it still breaks it, and written down.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "fuzz/findings/finding.hpp"
#include "harness/app/device_watch.hpp"
#include "harness/app/fuzz_talk.hpp"

namespace assay::app {

/// What was held when something was seen, the newest last.
using Held = std::deque<std::pair<std::uint64_t, fuzz::device::Conversation>>;

struct BreakSettings {
  TalkTarget target;
  std::function<fuzz::device::TalkOptions()> talk;  // for one conversation
  std::filesystem::path findings;
  std::string start;    // command that starts the device; empty: it runs already
  std::string options;  // of the command line, for those who repeat it
  std::function<bool()> interrupted;
  /// What is known is kept as it came: nobody waits for it to be made smaller.
  std::function<bool(const fuzz::Finding&)> known;
  Duration reduce = std::chrono::seconds(40);  // and then what there is has to do
  /// The run is long over by then: nothing is made smaller any more. May be empty.
  std::function<Instant()> latest = {};
};

struct Broken {
  fuzz::Finding finding;
  bool fresh = false;
  bool unsure = false;  // silence that did not come again: nothing was kept, and it is no finding
  std::filesystem::path folder;
  std::string trouble;  // it could not be written, or the device does not start again
};

/// Writes it into its folder among `folder`'s findings.
Broken kept(const std::filesystem::path& folder, fuzz::Finding finding,
            const std::vector<std::pair<std::string, std::string>>& files);

class Breaks {
 public:
  Breaks(peers::Loop& loop, DeviceWatch& watch, BreakSettings settings);

  /// Something that the watch has seen after the last of `held`. The device runs again when this returns, where it can
  /// be started; otherwise `trouble` says so.
  Broken seen(Observed observed, const Held& held);
  /// A forbidden answer, or silence where an answer was due: on the connection itself.
  Broken told(fuzz::Finding finding, std::uint64_t number, const fuzz::device::Conversation& conversation);
  /// What told() has held since this was asked last, the newest last: it may have broken the device in its turn.
  std::vector<fuzz::device::Conversation> take_tried();
  /// Whether a finding of this id was kept already.
  [[nodiscard]] bool knows(const fuzz::Finding& finding) const { return known_.contains(finding.id()); }

 private:
  using Test = std::function<bool(const fuzz::device::Conversation&)>;
  Broken write_own(fuzz::Finding finding, const std::string& scenario);
  Broken keep(fuzz::Finding finding, const std::vector<std::pair<std::string, std::string>>& files);
  [[nodiscard]] std::string repeat_with(const fuzz::Finding& finding) const;
  [[nodiscard]] bool breaks(const std::vector<fuzz::device::Conversation>& all, const fuzz::Finding& finding);
  /// The one of them that does it, or as few as do it together, as one conversation; without steps: none of them does.
  fuzz::device::Conversation culprit(const Held& held, const fuzz::Finding& finding);
  /// Until when the next finding is made smaller.
  [[nodiscard]] Instant reduce_until() const;
  [[nodiscard]] bool tells(const fuzz::device::Conversation& conversation, const fuzz::Finding& finding);
  fuzz::device::Conversation reduce(const fuzz::device::Conversation& conversation, const Test& still, bool bytes);
  Broken write(fuzz::Finding finding, const fuzz::device::Conversation& small,
               const fuzz::device::Conversation& original, const std::string& before = {});

  peers::Loop& loop_;
  DeviceWatch& watch_;
  BreakSettings settings_;
  std::set<std::string> known_;
  std::deque<fuzz::device::Conversation> tried_;
};

/// Whether a device has broken in the same way, whatever it was told last.
bool same_breakage(const fuzz::Finding& one, const fuzz::Finding& other);

/// Findings of one conversation on its own connections.
std::vector<fuzz::Finding> findings_of(const fuzz::device::Outcome& outcome, const std::string& subject);

}  // namespace assay::app
