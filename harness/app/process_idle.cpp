#include "harness/app/process_idle.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::app {
namespace {

/// More threads and processes than this are not looked at each time: then nothing is said.
constexpr std::size_t most_looked_at = 512;

/// The beginning of a small file of /proc; read without streams, as this is asked hundreds of times a second.
class Start {
 public:
  explicit Start(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const auto got = ::read(file, text_.data(), text_.size());
    ::close(file);
    if (got > 0) size_ = static_cast<std::size_t>(got);
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 4096> text_{};
  std::size_t size_ = 0;
};

/// The letter behind the name in brackets; the name may hold anything, brackets and blanks too.
std::optional<char> state_of(const char* path) {
  const Start stat(path);
  const auto end = stat.text().rfind(')');
  if (end == std::string_view::npos || end + 2 >= stat.text().size()) return std::nullopt;
  return stat.text()[end + 2];
}

/// "12 345 ": what this thread has started.
void add_children(const char* path, std::vector<pid_t>& processes) {
  const Start children(path);
  const char* at = children.text().data();
  const char* const end = at + children.text().size();
  while (at < end) {
    pid_t child = 0;
    const auto read = std::from_chars(at, end, child);
    if (read.ec != std::errc{}) return;
    processes.push_back(child);
    at = read.ptr + 1;
  }
}

}  // namespace

bool process_idle(pid_t process) {
  if (process <= 0) return false;
  std::vector<pid_t> processes{process};
  std::size_t looked_at = 0;
  bool any = false;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const auto folder = fmt::format("/proc/{}/task", processes[i]);
    const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(folder.c_str()), ::closedir);
    if (!tasks) continue;  // it has ended meanwhile
    while (const auto* const entry = ::readdir(tasks.get())) {
      const std::string_view task = entry->d_name;
      if (task.starts_with('.')) continue;
      if (++looked_at > most_looked_at) return false;
      const auto state = state_of(fmt::format("{}/{}/stat", folder, task).c_str());
      if (!state || *state == 'Z' || *state == 'X') continue;
      if (*state != 'S' && *state != 'I') return false;
      any = true;
      add_children(fmt::format("{}/{}/children", folder, task).c_str(), processes);
    }
  }
  return any;
}

}  // namespace assay::app
