#include "fuzz/campaign/status_line.hpp"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace assay::fuzz {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// What stands behind `label` up to the next blank.
std::optional<std::uint64_t> behind(std::string_view line, std::string_view label) {
  const auto at = line.find(label);
  return at == std::string_view::npos ? std::nullopt : number(line.substr(at + label.size()));
}

/// The next word of the line, which loses it.
std::string_view take_word(std::string_view& line) {
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::exchange(line, {});
  line.remove_prefix(begin);
  const auto end = line.find_first_of(" \t");
  const auto word = line.substr(0, end);
  line.remove_prefix(word.size());
  return word;
}

bool event(std::string_view word) {
  for (const std::string_view known : {"READ", "INITED", "NEW", "REDUCE", "RELOAD", "pulse", "DONE"})
    if (word == known) return true;
  return false;
}

void read_line(std::string_view line, Progress& progress) {
  if (!line.starts_with('#')) return;
  auto rest = line.substr(1);
  const auto runs = number(take_word(rest));
  const auto word = take_word(rest);
  if (!runs || !event(word)) return;
  // Fields go to a copy: a line that has no coverage is no status line of libFuzzer, whatever else it looks like.
  auto now = progress;
  now.runs = *runs;
  if (word != "READ") now.ready = true;
  const auto coverage = behind(rest, " cov: ");
  const auto features = behind(rest, " ft: ");
  if (!coverage && !features && word != "INITED" && word != "DONE") return;
  now.coverage = coverage.value_or(now.coverage);
  now.features = features.value_or(now.features);
  now.corpus = behind(rest, " corp: ").value_or(now.corpus);
  now.speed = behind(rest, " exec/s: ").value_or(now.speed);
  now.memory = behind(rest, " rss: ").value_or(now.memory);
  if (word == "INITED") {
    now.first_coverage = now.coverage;
    now.first_features = now.features;
  }
  progress = now;
}

template <typename F>
void each_line(std::string_view text, F&& told) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    told(text.substr(0, end), end != std::string_view::npos);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

void read_progress(std::string_view text, Progress& progress) {
  each_line(text, [&](std::string_view line, bool whole) {
    if (whole) read_line(line, progress);
  });
}

std::string last_lines(std::string_view text, std::size_t lines) {
  std::vector<std::string_view> kept;
  each_line(text, [&](std::string_view line, bool) {
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) kept.push_back(line);
  });
  std::string out;
  for (std::size_t i = kept.size() > lines ? kept.size() - lines : 0; i < kept.size(); ++i) {
    out += kept[i];
    out += '\n';
  }
  return out;
}

std::string_view last_running(std::string_view text) {
  constexpr std::string_view label = "Running: ";
  std::string_view found;
  each_line(text, [&](std::string_view line, bool whole) {
    if (whole && line.starts_with(label)) found = line.substr(label.size());
  });
  return found;
}

}  // namespace assay::fuzz
