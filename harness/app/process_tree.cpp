#include "harness/app/process_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace assay::app {
namespace {

namespace fs = std::filesystem;

/// Without streams: of a process that ends meanwhile a stream throws (ESRCH); here there is nothing to read any more.
std::string text_of(const std::string& file) {
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return {};
  std::string text;
  std::array<char, 8192> piece{};
  for (auto got = ::read(in, piece.data(), piece.size()); got > 0; got = ::read(in, piece.data(), piece.size()))
    text.append(piece.data(), static_cast<std::size_t>(got));
  ::close(in);
  return text;
}

struct Stat {
  char state = '?';
  pid_t parent = 0;
};

/// Of /proc/PID/stat; the name in brackets may hold anything, brackets and blanks too.
std::optional<Stat> stat_of(pid_t process) {
  const auto text = text_of(fmt::format("/proc/{}/stat", process));
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return std::nullopt;
  Stat stat;
  stat.state = text[name_end + 2];
  const char* const first = text.data() + name_end + 4;
  if (std::from_chars(first, text.data() + text.size(), stat.parent).ec != std::errc{}) return std::nullopt;
  return stat;
}

/// The number of kB behind this name in a table of /proc.
std::optional<std::uint64_t> kilobytes(std::string_view text, std::string_view name) {
  auto at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  at = text.find_first_of("0123456789", at + name.size());
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

std::uint64_t memory_of(pid_t process) {
  if (const auto pss = kilobytes(text_of(fmt::format("/proc/{}/smaps_rollup", process)), "\nPss:")) return *pss * 1024;
  return kilobytes(text_of(fmt::format("/proc/{}/status", process)), "\nVmRSS:").value_or(0) * 1024;
}

std::uint64_t descriptors_of(pid_t process) {
  std::error_code error;
  std::uint64_t count = 0;
  for (fs::directory_iterator at(fmt::format("/proc/{}/fd", process), error), end; !error && at != end;
       at.increment(error))
    ++count;
  return count;
}

}  // namespace

std::vector<pid_t> process_tree(pid_t process) {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    pid_t id = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), id);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size()) continue;
    if (const auto stat = stat_of(id)) children.emplace(stat->parent, id);
  }
  if (!lives(process)) return {};
  std::vector<pid_t> tree{process};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [first, last] = children.equal_range(tree[i]);
    for (auto child = first; child != last; ++child) tree.push_back(child->second);
  }
  return tree;
}

ProcessUse measure(const std::vector<pid_t>& processes) {
  ProcessUse use;
  for (const auto process : processes) {
    if (!lives(process)) continue;
    ++use.processes;
    use.memory += memory_of(process);
    use.descriptors += descriptors_of(process);
  }
  return use;
}

bool lives(pid_t process) {
  const auto stat = stat_of(process);
  return stat && stat->state != 'Z' && stat->state != 'X';
}

}  // namespace assay::app
