#include "harness/app/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace assay::app {

namespace fs = std::filesystem;

namespace {

/// Larger files are mapped: reading a header then costs a few pages. Smaller ones are read, which is as fast and safe
/// against a file that shrinks meanwhile.
constexpr std::size_t mapped_from = 4U << 20;

volatile std::sig_atomic_t interrupts = 0;

/// Ctrl-C during a walk over files only asks for the end; the second one kills as usual.
class InterruptGuard {
 public:
  InterruptGuard() {
    interrupts = 0;
    struct sigaction action{};
    action.sa_handler = [](int) { interrupts = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &before_);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard() { sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_{};
};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ > STDIN_FILENO) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

std::string because(const std::string& path, int error) {
  return fmt::format("{}: {}", path, std::generic_category().message(error));
}

std::expected<Bytes, std::string> read_all(int descriptor, const std::string& path, std::size_t expected) {
  Bytes bytes(std::min<std::size_t>(expected, mapped_from) + 1);
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) bytes.resize(bytes.size() * 2);
    const auto got = ::read(descriptor, bytes.data() + used, bytes.size() - used);
    if (got < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(because(path, errno));
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace

FileBytes::FileBytes(FileBytes&& other) noexcept
    : mapped_(std::exchange(other.mapped_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      read_(std::move(other.read_)) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(mapped_, other.mapped_);
  std::swap(size_, other.size_);
  std::swap(read_, other.read_);
  return *this;
}

FileBytes::~FileBytes() {
  if (mapped_ != nullptr) ::munmap(const_cast<std::uint8_t*>(mapped_), size_);
}

std::expected<FileBytes, std::string> FileBytes::open(const std::string& path) {
  const Descriptor file(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return std::unexpected(because(path, errno));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return std::unexpected(because(path, errno));
  if (S_ISDIR(status.st_mode)) return std::unexpected(path + ": is a directory where a file is needed");
  if (!S_ISREG(status.st_mode) && path != "-") return std::unexpected(path + ": is no regular file");
  FileBytes bytes;
  const auto size = S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
  if (size >= mapped_from) {
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (at != MAP_FAILED) {
      bytes.mapped_ = static_cast<const std::uint8_t*>(at);
      bytes.size_ = size;
      return bytes;
    }
  }
  auto all = read_all(file.number(), path, size);
  if (!all) return std::unexpected(all.error());
  if (all->empty()) return std::unexpected(path + ": is empty");
  bytes.read_ = std::move(*all);
  return bytes;
}

int FileRun::exit_code() const {
  if (interrupted) return exit_codes::interrupted;
  if (unusable > 0) return exit_codes::usage;
  return broken > 0 ? exit_codes::not_conformant : exit_codes::ok;
}

std::vector<std::string> files_below(const std::vector<std::string>& paths, Console& console, std::size_t& unusable) {
  std::vector<std::string> files;
  const auto complain = [&](const std::string& line) {
    console.error(line);
    ++unusable;
  };
  for (const auto& path : paths) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path, error)) {
      files.push_back(path);  // what is wrong with it is said when it is opened
      continue;
    }
    const std::size_t first = files.size();
    std::vector<fs::path> folders{path};
    while (!folders.empty()) {
      const auto folder = folders.back();
      folders.pop_back();
      fs::directory_iterator entries(folder, error);
      if (error) {
        complain(fmt::format("{}: {}", folder.string(), error.message()));
        continue;
      }
      for (const fs::directory_iterator end; entries != end; entries.increment(error)) {
        if (error) break;
        const auto status = entries->symlink_status(error);
        if (fs::is_directory(status))
          folders.push_back(entries->path());
        else if (entries->is_regular_file(error))
          files.push_back(entries->path().string());
      }
      if (error) complain(fmt::format("{}: {}", folder.string(), error.message()));
    }
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
    if (files.size() == first) complain(path + ": holds no file");
  }
  return files;
}

FileRun for_each_file(const std::vector<std::string>& paths, Console& console,
                      const std::function<int(const std::string& path, ByteView bytes)>& work) {
  FileRun run;
  const InterruptGuard guard;
  const auto files = files_below(paths, console, run.unusable);
  const auto start = std::chrono::steady_clock::now();
  auto shown = start;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (interrupts != 0) {
      run.interrupted = true;
      console.clear_progress();
      console.error(fmt::format("interrupted after {} of {} files", i, files.size()));
      break;
    }
    if (console.live() && files.size() > 1) {
      const auto now = std::chrono::steady_clock::now();
      if (now - start > std::chrono::seconds(2) && now - shown > std::chrono::milliseconds(100)) {
        shown = now;
        console.progress(fmt::format("{} of {} files, {}", i, files.size(), files[i]));
      }
    }
    auto bytes = FileBytes::open(files[i]);
    if (!bytes) {
      console.error(bytes.error());
      ++run.unusable;
      continue;
    }
    const int code = work(files[i], bytes->view());
    ++run.done;
    if (code == exit_codes::not_conformant) ++run.broken;
    if (code == exit_codes::usage) ++run.unusable;
  }
  console.clear_progress();
  return run;
}

std::expected<void, std::string> write_file(const std::string& path, ByteView bytes) {
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return std::unexpected(because(path, errno));
  struct stat old{};
  mode_t mode = 0;
  if (::stat(path.c_str(), &old) == 0) {
    mode = old.st_mode & 07777U;
  } else {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    mode = 0666U & ~mask;
  }
  const auto failed = [&] {
    const int error = errno;
    ::unlink(temporary.c_str());
    return std::unexpected(because(path, error));
  };
  while (!bytes.empty()) {
    const auto written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return failed();
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::fchmod(file.number(), mode) != 0) return failed();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed();
  return {};
}

}  // namespace assay::app
