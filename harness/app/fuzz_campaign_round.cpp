#include "harness/app/fuzz_campaign_round.hpp"

#include <fmt/format.h>

#include <system_error>

namespace assay::app {
namespace fs = std::filesystem;

namespace {

std::vector<std::string> with_limits(const CampaignTarget& target) {
  std::vector<std::string> out{target.run.program, fmt::format("-timeout={}", target.timeout),
                               fmt::format("-rss_limit_mb={}", target.memory_mb)};
  out.insert(out.end(), target.options.begin(), target.options.end());
  return out;
}

fs::path pruned_of(const CampaignTarget& target, const CampaignFolder& folder) {
  return folder.corpus(target.name() + ".pruned");
}

}  // namespace

std::vector<std::string> round_command(const CampaignTarget& target, const CampaignFolder& folder,
                                       const RoundWords& words) {
  auto out = with_limits(target);
  out.push_back(fmt::format("-max_len={}", target.max_len));
  out.push_back(fmt::format("-max_total_time={}", words.seconds));
  out.push_back(fmt::format("-seed={}", words.seed % 4'000'000'000U));
  out.push_back(fmt::format("-artifact_prefix={}/", folder.artifacts(target.name()).string()));
  out.push_back(fmt::format("-report_slow_units={}", target.timeout));
  if (words.values) out.emplace_back("-use_value_profile=1");
  if (!target.run.dictionary.empty()) out.push_back("-dict=" + target.run.dictionary);
  out.push_back(folder.corpus(target.name()).string());
  return out;
}

std::vector<std::string> pruning_command(const CampaignTarget& target, const CampaignFolder& folder) {
  std::error_code code;
  const auto pruned = pruned_of(target, folder);
  fs::remove_all(pruned, code);
  fs::create_directories(pruned, code);
  auto out = with_limits(target);
  out.emplace_back("-merge=1");
  out.push_back(fmt::format("-merge_control_file={}.control", pruned.string()));
  out.push_back(fmt::format("-artifact_prefix={}/", folder.artifacts(target.name()).string()));
  out.push_back(pruned.string());
  out.push_back(folder.corpus(target.name()).string());
  return out;
}

std::optional<std::uint64_t> finish_pruning(const CampaignTarget& target, const CampaignFolder& folder, bool worked) {
  std::error_code code;
  const auto live = folder.corpus(target.name());
  const auto pruned = pruned_of(target, folder);
  const auto before = folder.corpus(target.name() + ".before");
  fs::remove(pruned.string() + ".control", code);
  const auto files = files_in(pruned);
  if (!worked || files == 0) {
    fs::remove_all(pruned, code);
    return std::nullopt;
  }
  // A kill between these leaves the old one as .before, which CampaignFolder::prepare puts back.
  fs::rename(live, before, code);
  if (code) return std::nullopt;
  fs::rename(pruned, live, code);
  if (code) {
    fs::rename(before, live, code);
    return std::nullopt;
  }
  fs::remove_all(before, code);
  return files;
}

bool set_aside_breaking(const CampaignTarget& target, const CampaignFolder& folder) {
  bool any = false;
  std::error_code code;
  for (fs::directory_iterator it(folder.artifacts(target.name()), code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    const auto breaking = read_bytes(it->path());
    if (!breaking) continue;
    for (fs::directory_iterator one(folder.corpus(target.name()), ignored); !ignored && one != end;
         one.increment(ignored)) {
      std::error_code gone;
      // libFuzzer cuts what is longer than max_len.
      const auto size = one->file_size(gone);
      if (gone || (size != breaking->size() && breaking->size() != target.max_len)) continue;
      auto bytes = read_bytes(one->path());
      if (bytes && bytes->size() > target.max_len) bytes->resize(target.max_len);
      if (!bytes || *bytes != *breaking) continue;
      fs::create_directories(folder.set_aside(target.name()), gone);
      fs::rename(one->path(), folder.set_aside(target.name()) / one->path().filename(), gone);
      any = any || !gone;
    }
  }
  return any;
}

std::vector<std::pair<std::string, std::string>> fuzzing_environment() {
  auto out = sanitizer_environment(true);
  constexpr std::string_view deep = "malloc_context_size=30";
  for (auto& [name, value] : out)
    if (const auto at = value.find(deep); at != std::string::npos)
      value.replace(at, deep.size(), "malloc_context_size=1");
  return out;
}

fuzz::Ending ending_of(const peers::Process& process) { return {process.exit_code(), process.signal()}; }

}  // namespace assay::app
