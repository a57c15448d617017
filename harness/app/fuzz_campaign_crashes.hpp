// What becomes of inputs that broke a target, beside the fuzzing: one after the other they are looked into, and the
// inputs of old findings are run again. Work is done in a thread of its own, told about on the loop.
// Tests: tests/interop/fuzz_campaign_test.py
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_campaign_folder.hpp"
#include "harness/app/fuzz_campaign_targets.hpp"
#include "harness/app/fuzz_triage.hpp"
#include "peers/peers.hpp"

namespace assay::app {

class CrashDesk {
 public:
  /// `changed` is called on the loop when something was done. Old findings are read, and are run again by and by.
  CrashDesk(peers::Loop& loop, const CampaignFolder& folder, const std::vector<CampaignTarget>& targets,
            std::function<void()> changed);
  ~CrashDesk();
  CrashDesk(const CrashDesk&) = delete;
  CrashDesk& operator=(const CrashDesk&) = delete;

  /// Takes in every artifact of the target that is not known yet; says how many. The output and the ending are those
  /// of the process that left them, empty where nobody knows.
  std::size_t collect(std::size_t target, const std::string& output, const fuzz::Ending& ending);
  /// A finding that has no input: a leak that shows when the process ends.
  void keep_without_input(std::size_t target, fuzz::Finding finding);
  /// Begins with the next piece of work where none is in hand.
  void step();
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] bool idle() const { return !busy_ && crashes_.empty() && old_.empty(); }
  /// No old findings any more: the time is over.
  void no_more_old();
  /// And no reducing: somebody waits for the end.
  void hurry();
  /// What is in hand is left as it is; artifacts stay for the next time.
  void give_up();
  /// "looking into ...", or nothing.
  [[nodiscard]] const std::string& doing() const { return doing_; }

  [[nodiscard]] std::size_t known() const { return findings_.size(); }
  [[nodiscard]] std::size_t fresh() const { return fresh_; }
  [[nodiscard]] std::size_t of_target(const std::string& target) const;
  [[nodiscard]] const std::vector<std::string>& still_broken() const { return still_broken_; }
  [[nodiscard]] const std::vector<std::string>& not_again() const { return not_again_; }
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  struct Crash {
    std::size_t target = 0;
    std::filesystem::path artifact;
    std::string output;
    fuzz::Ending ending;
    std::optional<fuzz::Finding> seen;
    bool interrupted = false;
  };
  using Result = std::function<void()>;  // what the loop does with what came out

  const fuzz::Finding* known_as(const fuzz::Finding& seen) const;
  bool count_again(Crash& crash);
  void remember(const fuzz::Finding& finding, bool fresh);
  void start(std::string doing, std::function<Result()> work);
  void look_into(Crash crash);
  void run_again(StoredFinding old);
  void settle(const Crash& crash, std::expected<std::optional<Triaged>, std::string> outcome);
  void complain(std::string text);

  peers::Loop& loop_;
  const CampaignFolder& folder_;
  const std::vector<CampaignTarget>& targets_;
  std::function<void()> changed_;
  std::deque<Crash> crashes_;
  std::set<std::filesystem::path> taken_;  // artifacts in crashes_ or in hand
  std::deque<StoredFinding> old_;
  std::vector<fuzz::Finding> findings_;  // all of the folder
  std::vector<std::string> still_broken_, not_again_, complaints_;
  std::size_t fresh_ = 0;
  std::string doing_;
  bool busy_ = false;
  std::atomic<bool> hurried_ = false;
  std::atomic<bool> given_up_ = false;
  std::thread worker_;
};

}  // namespace assay::app
