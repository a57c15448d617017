#include "fuzz/campaign/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::fuzz {

std::string_view name(Standing standing) {
  constexpr std::array<std::string_view, 4> names{"new", "came back", "still open", "fixed"};
  return names[static_cast<std::size_t>(standing)];
}

double TargetRow::speed() const { return now.seconds > 0 ? static_cast<double>(now.runs) / now.seconds : 0; }

std::size_t CampaignSummary::count(Standing standing) const {
  return static_cast<std::size_t>(std::ranges::count(findings, standing, &FindingRow::standing));
}

std::size_t CampaignSummary::could_not_run() const {
  return static_cast<std::size_t>(std::ranges::count_if(targets, [](const auto& t) { return !t.trouble.empty(); }));
}

std::uint64_t CampaignSummary::runs() const {
  std::uint64_t all = 0;
  for (const auto& target : targets) all += target.now.runs;
  return all;
}

int CampaignSummary::exit_code() const {
  if (interrupted) return 130;
  if (unfixed() != 0) return 1;
  return could_not_run() != 0 ? 3 : 0;
}

Standing standing_of(const std::string& id, bool seen, const CampaignRecord* before) {
  if (!seen) return Standing::fixed;
  if (before == nullptr) return Standing::fresh;
  const auto in = [&](const std::vector<std::string>& ids) { return std::ranges::find(ids, id) != ids.end(); };
  if (in(before->open)) return Standing::open;
  return in(before->fixed) ? Standing::returned : Standing::fresh;
}

void sort_findings(std::vector<FindingRow>& findings) {
  std::ranges::sort(findings, [](const FindingRow& left, const FindingRow& right) {
    if (left.standing != right.standing) return left.standing < right.standing;
    if (left.finding.severity != right.finding.severity) return left.finding.severity > right.finding.severity;
    return left.finding.id() < right.finding.id();
  });
}

CampaignRecord record_of(const CampaignSummary& summary, const CampaignRecord* before) {
  CampaignRecord out;
  out.number = summary.number;
  out.ended = summary.ended;
  out.seconds = summary.spent;
  out.interrupted = summary.interrupted;
  if (before != nullptr) out.targets = before->targets;  // who had no round keeps what was known
  for (const auto& target : summary.targets)
    if (target.reached()) out.targets[target.name] = target.now;
  for (const auto& row : summary.findings)
    (row.standing == Standing::fixed ? out.fixed : out.open).push_back(row.finding.id());
  return out;
}

std::string change(std::uint64_t now, const std::optional<std::uint64_t>& before) {
  if (!before) return "new";
  if (now == *before) return "0";
  return now > *before ? fmt::format("+{}", now - *before) : fmt::format("-{}", *before - now);
}

std::string long_time(double seconds) {
  const auto all = static_cast<std::uint64_t>(std::max(seconds, 0.0) + 0.5);
  if (all < 60) return fmt::format("{} s", all);
  if (all < 3600) return fmt::format("{} min {} s", all / 60, all % 60);
  return fmt::format("{} h {} min", all / 3600, all / 60 % 60);
}

std::string short_count(double count) {
  if (count < 10'000) return fmt::format("{:.0f}", count);
  if (count < 1e6) return fmt::format("{:.1f}k", count / 1e3);
  if (count < 1e9) return fmt::format("{:.1f}M", count / 1e6);
  return fmt::format("{:.1f}G", count / 1e9);
}

}  // namespace assay::fuzz
