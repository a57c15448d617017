#include "harness/app/fuzz_campaign_crashes.hpp"
#include "harness/app/timestamps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace assay::app {
namespace fs = std::filesystem;

namespace {
constexpr std::size_t kept_output = std::size_t{64} << 10;
constexpr std::size_t max_waiting = 1000;   // more of them stay on disk for the next time
constexpr std::size_t max_complaints = 50;  // the first tell what is wrong
}  // namespace

CrashDesk::CrashDesk(peers::Loop& loop, const CampaignFolder& folder, const std::vector<CampaignTarget>& targets,
                     std::function<void()> changed)
    : loop_(loop), folder_(folder), targets_(targets), changed_(std::move(changed)) {
  auto read = read_findings(folder_.findings());
  for (auto& text : read.complaints) complain(std::move(text));
  for (auto& one : read.findings) {
    findings_.push_back(one.finding);
    std::error_code code;
    const bool ours = std::ranges::any_of(targets_, [&](const auto& t) { return t.name() == one.finding.subject; });
    if (ours && fs::exists(one.folder / finding_input, code)) old_.push_back(std::move(one));
  }
}

CrashDesk::~CrashDesk() {
  given_up_ = true;
  if (worker_.joinable()) worker_.join();
}

std::size_t CrashDesk::of_target(const std::string& target) const {
  return static_cast<std::size_t>(std::ranges::count(findings_, target, &fuzz::Finding::subject));
}

void CrashDesk::complain(std::string text) {
  if (complaints_.size() < max_complaints && std::ranges::find(complaints_, text) == complaints_.end())
    complaints_.push_back(std::move(text));
}

const fuzz::Finding* CrashDesk::known_as(const fuzz::Finding& seen) const {
  const auto found = std::ranges::find_if(findings_, [&](const auto& one) { return fuzz::same_finding(one, seen); });
  return found == findings_.end() ? nullptr : &*found;
}

std::size_t CrashDesk::collect(std::size_t target, const std::string& output, const fuzz::Ending& ending) {
  std::size_t came = 0;
  std::error_code code;
  const auto place = folder_.artifacts(targets_[target].name());
  for (fs::directory_iterator it(place, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored) || taken_.contains(it->path())) continue;
    if (it->path().filename().string().starts_with("slow-unit-")) {  // it ended in time
      fs::remove(it->path(), ignored);
      continue;
    }
    ++came;
    if (crashes_.size() >= max_waiting) continue;
    Crash crash{target, it->path(), output.substr(0, kept_output), ending, fuzz::finding_of(output, ending)};
    taken_.insert(crash.artifact);
    if (!count_again(crash)) crashes_.push_back(std::move(crash));
  }
  return came;
}

bool CrashDesk::count_again(Crash& crash) {
  if (!crash.seen) return false;
  const auto* known = known_as(*crash.seen);
  if (known == nullptr) return false;
  auto again = *known;
  again.times = 1;
  again.reproducible = true;
  again.first_seen = again.last_seen = utc_timestamp();
  if (auto kept = keep_finding(folder_.findings(), again, {}); !kept) {
    complain(kept.error());
    return false;
  }
  still_broken_.push_back(again.id());
  std::error_code code;
  fs::remove(crash.artifact, code);
  taken_.erase(crash.artifact);
  return true;
}

void CrashDesk::keep_without_input(std::size_t target, fuzz::Finding finding) {
  if (finding.subject.empty()) finding.subject = targets_[target].name();
  finding.first_seen = finding.last_seen = utc_timestamp();
  finding.reproducible = false;
  finding.reproduce =
      fmt::format("{} {}", targets_[target].run.program, folder_.corpus(targets_[target].name()).string());
  if (auto kept = keep_finding(folder_.findings(), finding, {}))
    remember(finding, kept->fresh);
  else
    complain(kept.error());
}

void CrashDesk::remember(const fuzz::Finding& finding, bool fresh) {
  if (fresh) ++fresh_;
  if (std::ranges::none_of(findings_, [&](const auto& one) { return one.id() == finding.id(); }))
    findings_.push_back(finding);
}

void CrashDesk::no_more_old() { old_.clear(); }

void CrashDesk::hurry() {
  hurried_ = true;
  no_more_old();
}

void CrashDesk::give_up() {
  given_up_ = true;
  hurry();
  crashes_.clear();
}

void CrashDesk::start(std::string doing, std::function<Result()> work) {
  doing_ = std::move(doing);
  busy_ = true;
  if (worker_.joinable()) worker_.join();  // it has posted what it did: it is at its end
  worker_ = std::thread([this, work = std::move(work)] {
    auto result = work();
    loop_.post([this, result = std::move(result)] {
      busy_ = false;
      doing_.clear();
      result();
      changed_();
    });
  });
}

void CrashDesk::step() {
  while (!busy_ && !crashes_.empty()) {
    auto crash = std::move(crashes_.front());
    crashes_.pop_front();
    if (!count_again(crash)) look_into(std::move(crash));
  }
  if (!busy_ && !old_.empty()) {
    auto old = std::move(old_.front());
    old_.pop_front();
    run_again(std::move(old));
  }
}

void CrashDesk::look_into(Crash crash) {
  auto doing = fmt::format("looking into {} of {}", crash.artifact.filename().string(), targets_[crash.target].name());
  start(std::move(doing), [this, crash = std::move(crash)]() -> Result {
    const auto& target = targets_[crash.target];
    TriageOptions options;
    options.limits = target.limits();
    options.reduce = !hurried_;
    options.give_up = [this] { return given_up_.load() || hurried_.load(); };
    if (hurried_) options.give_up = [this] { return given_up_.load(); };
    options.first_output = crash.output;
    options.first_ending = crash.ending;
    const auto input = read_bytes(crash.artifact);
    std::expected<std::optional<Triaged>, std::string> outcome =
        std::unexpected(fmt::format("{}: cannot be read", crash.artifact.string()));
    if (input) outcome = keep_crash(target.run, *input, folder_.findings(), options);
    return [this, crash, outcome = std::move(outcome)] { settle(crash, outcome); };
  });
}

void CrashDesk::settle(const Crash& crash, std::expected<std::optional<Triaged>, std::string> outcome) {
  taken_.erase(crash.artifact);
  std::error_code code;
  if (!outcome && hurried_ && !given_up_ && !crash.interrupted) {
    // It was cut off by Ctrl-C: once more, without what takes long.
    auto again = crash;
    again.interrupted = true;
    taken_.insert(again.artifact);
    crashes_.push_front(std::move(again));
    return;
  }
  if (!outcome) {
    // The artifact stays where it is: it is tried again when the campaign goes on.
    if (!given_up_) complain(outcome.error());
    taken_.insert(crash.artifact);
    return;
  }
  if (*outcome) {
    remember((*outcome)->finding, (*outcome)->kept.fresh);
    still_broken_.push_back((*outcome)->finding.id());
    fs::remove(crash.artifact, code);
    return;
  }
  const auto place = folder_.path() / "not-reproduced" / targets_[crash.target].name();
  fs::create_directories(place, code);
  fs::rename(crash.artifact, place / crash.artifact.filename(), code);
  complain(fmt::format("{} of {} broke nothing when it was run again: it lies in {}",
                       crash.artifact.filename().string(), targets_[crash.target].name(), place.string()));
}

void CrashDesk::run_again(StoredFinding old) {
  auto doing = "running " + old.finding.id() + " again";
  start(std::move(doing), [this, old = std::move(old)]() -> Result {
    const auto target = std::ranges::find(targets_, old.finding.subject, &CampaignTarget::name);
    TriageOptions options;
    options.limits = target->limits();
    options.runs = 1;
    options.give_up = [this] { return given_up_.load() || hurried_.load(); };
    const auto input = read_bytes(old.folder / finding_input);
    std::expected<Tried, std::string> tried = std::unexpected(fmt::format("{}: cannot be read", old.folder.string()));
    if (input) tried = try_input(target->run, *input, options);
    return [this, old, target, tried = std::move(tried)] {
      if (!tried) {
        if (!hurried_) complain(tried.error());
        return;
      }
      const auto id = old.finding.id();
      if (tried->finding && fuzz::same_finding(old.finding, *tried->finding)) {
        still_broken_.push_back(id);
        return;
      }
      not_again_.push_back(id);
      if (!tried->finding) return;
      // The input breaks something else now: that is a finding of its own.
      const auto place = folder_.artifacts(target->name()) / ("crash-from-" + id);
      std::error_code code;
      fs::copy_file(old.folder / finding_input, place, fs::copy_options::overwrite_existing, code);
      collect(static_cast<std::size_t>(target - targets_.begin()), "", {});
    };
  });
}

}  // namespace assay::app
