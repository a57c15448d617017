#include "harness/app/fuzz_campaign_targets.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>
#include <system_error>

#include "harness/app/home.hpp"
#include "harness/base/edit_distance.hpp"
#include "harness/scenario/values.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

constexpr const char* packages = "clang-19 libclang-rt-19-dev lld-19 cmake ninja-build";

bool in_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    if (::access((fs::path(rest.substr(0, colon)) / program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return false;
}

std::string how_to_build() {
  return fmt::format(
      "{}Build the targets in {}: cmake --preset fuzz && cmake --build --preset fuzz",
      in_path("clang++-19") ? "" : fmt::format("clang 19 is not installed: apt-get install {}. ", packages),
      home().string());
}

/// Targets of this project by their sources, built or not.
std::set<std::string> project_targets() {
  std::set<std::string> out;
  std::error_code code;
  for (fs::directory_iterator it(home() / "fuzz/targets", code), end; !code && it != end; it.increment(code))
    if (it->path().extension() == ".cpp") out.insert(it->path().stem().string());
  return out;
}

/// Programs in a folder.
std::set<std::string> programs_in(const fs::path& folder) {
  std::set<std::string> out;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && ::access(it->path().c_str(), X_OK) == 0 && !it->path().has_extension())
      out.insert(it->path().filename().string());
  }
  return out;
}

/// " Did you mean X?", or "; there are: ..." of all.
std::string near(std::string_view wanted, const std::set<std::string>& names) {
  std::string best;
  std::size_t least = 4;  // as many changes make another word
  std::string all;
  for (const auto& name : names) {
    all += (all.empty() ? "" : ", ") + name;
    const auto far =
        std::min(edit_distance(wanted, name, least), edit_distance("fuzz_" + std::string(wanted), name, least));
    if (far < least) {
      least = far;
      best = name;
    }
  }
  if (!best.empty()) return fmt::format(": did you mean {}?", best);
  return all.empty() ? ": there are none" : "; there are: " + all;
}

void number_behind(std::string_view option, std::string_view name, unsigned& into) {
  if (!option.starts_with(name)) return;
  option.remove_prefix(name.size());
  unsigned value = 0;
  const auto [end, error] = std::from_chars(option.data(), option.data() + option.size(), value);
  if (error == std::errc() && end == option.data() + option.size() && value > 0) into = value;
}

/// What fuzz/ has for a target of that name: seeds, options, a dictionary by its stage.
void add_project_files(CampaignTarget& target) {
  std::error_code code;
  const auto fuzz = home() / "fuzz";
  if (fs::is_directory(fuzz / "seeds" / target.name(), code)) target.seeds.push_back(fuzz / "seeds" / target.name());
  std::string stage = target.name().starts_with("fuzz_") ? target.name().substr(5) : target.name();
  // For fuzz_dataset_explicit_le the first of dataset_explicit_le, dataset_explicit, dataset.
  while (!fs::exists(fuzz / "dictionaries" / (stage + ".dict"), code) && stage.find('_') != std::string::npos)
    stage.resize(stage.rfind('_'));
  if (const auto file = fuzz / "dictionaries" / (stage + ".dict"); fs::exists(file, code))
    target.run.dictionary = file.string();
  const auto options = read_text(fuzz / "options" / target.name());
  if (!options) return;
  std::string_view rest = *options;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = scenario::trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    number_behind(line, "-max_len=", target.max_len);
    number_behind(line, "-timeout=", target.timeout);
    number_behind(line, "-rss_limit_mb=", target.memory_mb);
    if (line.starts_with("-dict="))
      target.run.dictionary = (home() / line.substr(6)).string();
    else if (fuzz::option_problem(line).empty())
      target.options.emplace_back(line);
  }
}

void apply(const fuzz::TargetLimits& limits, CampaignTarget& target) {
  if (limits.timeout) target.timeout = static_cast<unsigned>(limits.timeout->count());
  if (limits.memory_mb) target.memory_mb = *limits.memory_mb;
  if (limits.max_len) target.max_len = *limits.max_len;
}

std::expected<CampaignTarget, std::string> made(const fuzz::Campaign& campaign, const fuzz::TargetChoice& choice,
                                                const fs::path& program, bool ours) {
  auto found = find_target(program.string());
  if (!found) return std::unexpected(choice.place + found.error());
  CampaignTarget out;
  out.run = std::move(*found);
  if (!choice.name.empty()) out.run.name = choice.name;
  if (out.name().starts_with('.') || out.name().find('/') != std::string::npos)
    return std::unexpected(fmt::format("{}'{}' cannot name a target", choice.place, out.name()));
  if (ours) add_project_files(out);
  apply(campaign.limits, out);
  apply(choice.limits, out);
  out.share = choice.share;
  std::error_code code;
  if (!choice.dictionary.empty()) {
    if (!fs::is_regular_file(choice.dictionary, code))
      return std::unexpected(fmt::format("{}the dictionary {} does not exist", choice.place, choice.dictionary));
    out.run.dictionary = choice.dictionary;
  }
  for (const auto& [names, into] : {std::pair{&choice.seeds, &out.seeds}, std::pair{&choice.corpora, &out.corpora}})
    for (const auto& name : *names) {
      if (!fs::is_directory(name, code))
        return std::unexpected(fmt::format("{}the folder {} does not exist", choice.place, name));
      into->emplace_back(name);
    }
  out.options.insert(out.options.end(), choice.options.begin(), choice.options.end());
  return out;
}

}  // namespace

TargetLimits CampaignTarget::limits() const { return {std::chrono::seconds(timeout), std::uint64_t{memory_mb} << 20}; }

fs::path default_target_folder() { return home() / "build/fuzz/fuzz"; }

std::expected<std::vector<CampaignTarget>, std::string> campaign_targets(const fuzz::Campaign& campaign,
                                                                         const std::vector<std::string>& only,
                                                                         const fs::path& build) {
  std::vector<CampaignTarget> all;
  const auto sources = project_targets();
  std::set<std::string> known;
  const auto add = [&](std::expected<CampaignTarget, std::string> target) -> std::expected<void, std::string> {
    if (!target) return std::unexpected(target.error());
    // Who is named twice is meant as the last line says it.
    std::erase_if(all, [&](const auto& one) { return one.name() == target->name(); });
    known.insert(target->name());
    all.push_back(std::move(*target));
    return {};
  };
  for (const auto& choice : campaign.targets) {
    if (!choice.program.empty()) {
      if (auto done = add(made(campaign, choice, choice.program, false)); !done) return std::unexpected(done.error());
      continue;
    }
    const bool ours = choice.folder.empty();
    auto folder = ours ? (build.empty() ? default_target_folder() : build) : fs::path(choice.folder);
    std::error_code code;
    if (ours && fs::is_directory(folder / "fuzz", code)) folder /= "fuzz";
    const auto programs = programs_in(folder);
    std::size_t matched = 0;
    for (const auto& name : programs) {
      if (!scenario::glob(choice.match, name)) continue;
      if (ours && !sources.empty() && !sources.contains(name)) continue;  // of a target that is gone, or a helper
      ++matched;
      if (auto done = add(made(campaign, choice, folder / name, ours)); !done) return std::unexpected(done.error());
    }
    if (matched != 0) continue;
    auto names = programs;
    if (ours) names.insert(sources.begin(), sources.end());
    const bool should_be =
        std::ranges::any_of(names, [&](const auto& name) { return scenario::glob(choice.match, name); });
    if (ours && (should_be || programs.empty()))
      return std::unexpected(
          fmt::format("{}no target is built in {}. {}", choice.place, folder.string(), how_to_build()));
    return std::unexpected(fmt::format("{}no target of {} is called '{}'{}", choice.place, folder.string(),
                                       choice.match, near(choice.match, names)));
  }
  if (only.empty()) return all;
  std::vector<CampaignTarget> out;
  for (const auto& pattern : only) {
    bool matched = false;
    for (const auto& target : all) {
      if (!scenario::glob(pattern, target.name())) continue;
      matched = true;
      if (std::ranges::none_of(out, [&](const auto& one) { return one.name() == target.name(); }))
        out.push_back(target);
    }
    if (matched) continue;
    if (sources.contains(pattern))
      return std::unexpected(fmt::format("the target {} is not built. {}", pattern, how_to_build()));
    return std::unexpected(fmt::format("no target of this campaign is called '{}'{}", pattern, near(pattern, known)));
  }
  return out;
}

}  // namespace assay::app
