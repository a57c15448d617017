#include "fuzz/device/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace assay::fuzz::device {
namespace {

/// 1 knew no aims: its executions cannot be made again.
constexpr std::string_view first_word = "assay-fuzz-device-2";
constexpr std::string_view earlier_word = "assay-fuzz-device-1";

std::string_view word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto one = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return one;
}

std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool read_run(std::string_view rest, Log& log) {
  const auto execution = number(word(rest));
  const auto parent = number(word(rest));
  const auto donor = number(word(rest));
  const auto aimed = word(rest);
  const auto aim = number(aimed);
  if (!execution || !parent || !donor || (aimed != "-" && (!aim || *aim >= pair_count)) || !rest.empty()) return false;
  if (*parent >= log.kept.size() || *donor >= log.kept.size()) return false;
  if (*execution <= (log.runs.empty() ? 0 : log.runs.back().execution)) return false;
  log.runs.push_back({*execution, {static_cast<std::size_t>(*parent), static_cast<std::size_t>(*donor)}});
  if (aim) log.runs.back().choice.aim = static_cast<Pair>(*aim);
  return true;
}

bool read_pairs(std::string_view rest, Log& log) {
  while (!rest.empty()) {
    const auto pair = number(word(rest));
    if (!pair || *pair >= pair_count) return false;
    if (log.pairs.size() < pair_count) log.pairs.push_back(static_cast<Pair>(*pair));
  }
  return true;
}

bool read_kept(std::string_view rest, Log& log) {
  LoggedKept kept;
  const auto execution = number(word(rest));
  if (!execution) return false;
  kept.execution = *execution;
  while (!rest.empty()) {
    const auto feature = number(word(rest), 16);
    if (!feature) return false;
    kept.features.push_back(*feature);
  }
  for (const auto feature : kept.features) {
    log.numbers.add(feature);
    // What an execution led to is in its own line.
    if (kept.execution == 0) ++log.times[feature];
  }
  log.kept.push_back(std::move(kept));
  return true;
}

/// "3", "3-7" or "x3f2a"; numbers rise within a line.
bool read_seen(std::string_view text, std::uint64_t& least, Log& log) {
  if (text.starts_with('x')) {
    const auto feature = number(text.substr(1), 16);
    if (!feature) return false;
    log.numbers.add(*feature);
    ++log.times[*feature];
    return true;
  }
  const auto dash = std::min(text.find('-'), text.size());
  const auto first = number(text.substr(0, dash));
  const auto last = dash == text.size() ? first : number(text.substr(dash + 1));
  if (!first || !last || *first < least || *last < *first) return false;
  if (!log.numbers.feature_of(*last)) return false;  // the last one is known, so all before it are
  least = *last + 1;
  for (auto i = *first; i <= *last; ++i) ++log.times[*log.numbers.feature_of(i)];
  return true;
}

bool read_saw(std::string_view rest, Log& log) {
  const auto execution = number(word(rest));
  if (!execution || log.runs.empty() || *execution != log.runs.back().execution) return false;
  std::uint64_t least = 0;
  while (!rest.empty())
    if (!read_seen(word(rest), least, log)) return false;
  return true;
}

}  // namespace

std::string head_line(const LogHead& head) { return fmt::format("{} {} {}\n", first_word, head.seed, head.target); }

std::string run_line(std::uint64_t execution, const Guide::Choice& choice) {
  return fmt::format("run {} {} {} {}\n", execution, choice.parent, choice.donor,
                     choice.aim ? std::to_string(*choice.aim) : "-");
}

std::string pairs_line(std::span<const Pair> pairs) {
  std::string line = "pairs";
  for (const auto pair : pairs) line += fmt::format(" {}", pair);
  return line + "\n";
}

std::string saw_line(std::uint64_t execution, std::span<const std::uint64_t> features, FeatureNumbers& numbers) {
  std::vector<std::uint64_t> known;
  std::vector<std::uint64_t> fresh;
  for (const auto feature : features) {
    if (is_coverage(feature)) continue;
    if (const auto number = numbers.number_of(feature))
      known.push_back(*number);
    else
      fresh.push_back(feature);
  }
  std::ranges::sort(known);
  auto line = fmt::format("saw {}", execution);
  for (std::size_t i = 0; i < known.size();) {
    auto end = i + 1;
    while (end < known.size() && known[end] == known[end - 1] + 1) ++end;
    line += fmt::format(" {}", known[i]);
    if (end - i > 1) line += fmt::format("-{}", known[end - 1]);
    i = end;
  }
  for (const auto feature : fresh) {
    line += fmt::format(" x{:x}", feature);
    numbers.add(feature);
  }
  return line + "\n";
}

std::string kept_line(std::uint64_t execution, std::span<const std::uint64_t> features) {
  auto line = fmt::format("kept {}", execution);
  for (const auto feature : features) line += fmt::format(" {:x}", feature);
  return line + "\n";
}

void FeatureNumbers::add(std::uint64_t feature) {
  if (numbers_.try_emplace(feature, features_.size()).second) features_.push_back(feature);
}

std::optional<std::uint64_t> FeatureNumbers::number_of(std::uint64_t feature) const {
  const auto found = numbers_.find(feature);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> FeatureNumbers::feature_of(std::uint64_t number) const {
  return number < features_.size() ? std::optional(features_[number]) : std::nullopt;
}

void restore_counts(const Log& log, Guide& guide) {
  for (const auto& [feature, times] : log.times) guide.seen(feature, times);
  // Of code the log says only what was kept for it: that was seen once.
  for (const auto& kept : log.kept)
    if (kept.execution != 0)
      for (const auto feature : kept.features)
        if (is_coverage(feature)) guide.seen(feature, 1);
  for (const auto& run : log.runs) guide.tried(run.choice.parent);
}

std::expected<Log, std::string> read_log(std::string_view text) {
  Log log;
  std::size_t count = 0;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++count;
    const auto first = word(line);
    bool good = false;
    if (count == 1) {
      const auto seed = first == first_word ? number(word(line)) : std::nullopt;
      good = seed.has_value();
      if (good) log.head = {*seed, std::string(line)};
    } else if (first == "run") {
      good = read_run(line, log);
    } else if (first == "saw") {
      good = read_saw(line, log);
    } else if (first == "kept") {
      good = read_kept(line, log);
    } else if (first == "pairs") {
      good = read_pairs(line, log);
    }
    if (count == 1 && first == earlier_word)
      return std::unexpected(
          std::string("line 1: of an earlier version of Assay, whose conversations this one does not make again"));
    if (!good) return std::unexpected(fmt::format("line {}: not of a run of 'assay fuzz device'", count));
  }
  if (count == 0) return std::unexpected(std::string("line 1: the file is empty"));
  return log;
}

}  // namespace assay::fuzz::device
