#include "fuzz/bring_your_own/library/clusters.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace assay::fuzz {
namespace {

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> out;
  for (std::size_t from = 0;;) {
    const auto tab = line.find('\t', from);
    out.emplace_back(line.substr(from, tab == std::string_view::npos ? tab : tab - from));
    if (tab == std::string_view::npos) return out;
    from = tab + 1;
  }
}

// "*" and "?" only; linear in practice, and patterns are ours.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t back = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      back = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++back;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Held while the file of counts is read and written.
class Lock {
 public:
  explicit Lock(const std::string& path) : file_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (file_ >= 0) flock(file_, LOCK_EX);
  }
  ~Lock() {
    if (file_ >= 0) close(file_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  [[nodiscard]] bool held() const { return file_ >= 0; }

 private:
  int file_;
};

// Written whole under another name first, so that a process that dies leaves the old one.
bool replace(const std::filesystem::path& path, std::string_view text) {
  auto draft = path;
  draft += ".new-" + std::to_string(getpid());
  std::ofstream out(draft, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(draft, path, failed);
  return out && !failed;
}

}  // namespace

std::expected<std::vector<Explanation>, std::string> explanations(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::unexpected(path + ": cannot be read");
  std::vector<Explanation> out;
  std::string line;
  for (std::size_t at = 1; std::getline(in, line); ++at) {
    if (line.empty() || line[0] == '#') continue;
    const auto wrong = [&](const std::string& what) {
      return std::unexpected(path + ":" + std::to_string(at) + ": " + what);
    };
    const auto f = fields_of(line);
    if (f.size() != 8 || std::ranges::any_of(f, [](const std::string& field) { return field.empty(); }))
      return wrong(
          "a line has 8 fields between tabs, none empty: what feature vr tag syntax clause right why; this has " +
          std::to_string(f.size()));
    constexpr std::array<std::string_view, 4> sides{"assay", "other", "both", "none"};
    if (std::ranges::find(sides, f[6]) == sides.end())
      return wrong("who is right: assay, other, both or none, not \"" + f[6] + '"');
    out.push_back({{f[0], f[1], f[2], f[3], f[4]}, f[5], f[6], f[7]});
  }
  return out;
}

const Explanation* explanation_of(const std::vector<Explanation>& all, const Cluster& cluster) {
  const auto found = std::ranges::find_if(all, [&](const Explanation& one) {
    return matches(one.pattern.what, cluster.what) && matches(one.pattern.feature, cluster.feature) &&
           matches(one.pattern.vr, cluster.vr) && matches(one.pattern.tag, cluster.tag) &&
           matches(one.pattern.syntax, cluster.syntax);
  });
  return found == all.end() ? nullptr : &*found;
}

std::string example_name(const Cluster& cluster) {
  const auto text = to_string(cluster);
  const auto digest = digest_of(as_bytes(text));
  std::array<char, 17> hex{};
  const auto end = std::to_chars(hex.data(), hex.data() + 16, digest, 16).ptr;
  return cluster.what + "-" + std::string(hex.data(), end);
}

bool Collection::add(const Disagreement& found, bool explained, ByteView input, const std::string& story) {
  auto& row = rows_[found.cluster];
  ++row.count;
  row.explained = explained;
  if (row.smallest != 0 && row.smallest <= input.size()) return false;
  row.smallest = std::max<std::size_t>(input.size(), 1);
  const auto path = std::filesystem::path(folder_) / example_name(found.cluster);
  std::error_code none;
  std::filesystem::create_directories(folder_, none);
  const Lock lock(folder_ + "/.lock");
  const auto there = std::filesystem::file_size(path, none);
  if (!none && there <= input.size()) return true;  // another process, or an earlier run, had a smaller one
  replace(path, as_text(input));
  replace(path.string() + ".txt", story);
  return true;
}

bool Collection::flush() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  const Lock lock(folder_ + "/.lock");
  if (!lock.held()) return false;
  const auto path = std::filesystem::path(folder_) / "clusters.tsv";
  std::map<std::string, std::uint64_t> totals = totals_;
  auto rows = rows_;
  std::string line;
  for (std::ifstream in(path); std::getline(in, line);) {
    const auto f = fields_of(line);
    if (f.size() == 2) totals[f[0]] += number(f[1]);
    if (f.size() != 8 || f[0] == "state") continue;
    auto& row = rows[{f[3], f[4], f[5], f[6], f[7]}];
    if (row.count == 0) row.explained = f[0] == "explained";
    row.count += number(f[1]);
  }
  std::string text;
  for (const auto& [name, count] : totals) text += name + '\t' + std::to_string(count) + '\n';
  text += "state\tcount\texample\twhat\tfeature\tvr\ttag\tsyntax\n";
  for (const auto& [cluster, row] : rows)
    text += (row.explained ? "explained\t" : "new\t") + std::to_string(row.count) + '\t' + example_name(cluster) +
            '\t' + cluster.what + '\t' + cluster.feature + '\t' + cluster.vr + '\t' + cluster.tag + '\t' +
            cluster.syntax + '\n';
  if (!replace(path, text)) return false;
  totals_.clear();
  for (auto& [cluster, row] : rows_) row.count = 0;
  return true;
}

}  // namespace assay::fuzz
