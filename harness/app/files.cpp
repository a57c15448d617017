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
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace assay::app {

namespace fs = std::filesystem;

namespace {

/// Larger files are mapped: reading a header then costs a few pages. Smaller ones are read, which is as fast and safe
/// against a file that shrinks meanwhile.
constexpr std::size_t mapped_from = 4U << 20;

volatile std::sig_atomic_t interrupts = 0;

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

/// From where the descriptor stands to the end; room is made for what is expected.
std::expected<Bytes, std::string> read_all(int descriptor, const std::string& path, std::size_t expected) try {
  Bytes bytes(expected + 1);
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
} catch (const std::bad_alloc&) {
  return std::unexpected(path + ": does not fit into memory");
} catch (const std::length_error&) {
  return std::unexpected(path + ": does not fit into memory");
}

std::expected<void, std::string> write_all(int descriptor, const std::string& path, ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(because(path, errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

struct InterruptGuard::Before {
  struct sigaction action{};
};

InterruptGuard::InterruptGuard() : before_(std::make_unique<Before>()) {
  interrupts = 0;
  struct sigaction action{};
  action.sa_handler = [](int) { interrupts = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, &before_->action);
}

InterruptGuard::~InterruptGuard() { sigaction(SIGINT, &before_->action, nullptr); }

bool InterruptGuard::asked() { return interrupts != 0; }

Progress::Progress(Console& console, std::size_t total)
    : console_(console), total_(total), start_(std::chrono::steady_clock::now()), shown_(start_) {}

void Progress::at(std::size_t number, std::string_view file) {
  if (!console_.live() || total_ < 2) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - start_ < std::chrono::seconds(2) || now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  console_.progress(fmt::format("{} of {} files, {}", number, total_, file));
}

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

std::expected<Bytes, std::string> read_from(const std::string& path, std::size_t from, std::size_t size) {
  const auto changed = [&] { return std::unexpected(path + ": has changed since it was looked at"); };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return std::unexpected(because(path, errno));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return std::unexpected(because(path, errno));
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) != size || from > size) return changed();
  if (::lseek(file.number(), static_cast<off_t>(from), SEEK_SET) < 0) return std::unexpected(because(path, errno));
  auto bytes = read_all(file.number(), path, size - from);
  if (bytes && bytes->size() != size - from) return changed();
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
        std::error_code gone;
        if (fs::is_directory(status))
          folders.push_back(entries->path());
        else if (entries->is_regular_file(gone) || (fs::is_symlink(status) && !fs::exists(entries->path(), gone)))
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
                      const std::function<int(const std::string& path, ByteView bytes)>& work,
                      const std::function<void(const std::string& path, const std::string& why)>& unreadable) {
  FileRun run;
  const InterruptGuard guard;
  const auto files = files_below(paths, console, run.unusable);
  Progress progress(console, files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (InterruptGuard::asked()) {
      run.interrupted = true;
      console.error(fmt::format("interrupted after {} of {} files", i, files.size()));
      break;
    }
    progress.at(i, files[i]);
    auto bytes = FileBytes::open(files[i]);
    if (!bytes) {
      console.error(bytes.error());
      if (unreadable) unreadable(files[i], bytes.error());
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

fs::path place_below_argument(const std::vector<std::string>& arguments, const std::string& file) {
  for (const auto& argument : arguments) {
    std::error_code error;
    if (!fs::is_directory(argument, error)) continue;
    const auto below = fs::path(file).lexically_relative(argument);
    if (!below.empty() && *below.begin() != "..") return below;
  }
  return fs::path(file).filename();
}

std::expected<void, std::string> write_file(const std::string& path, ByteView bytes) {
  struct stat old{};
  const bool there = ::stat(path.c_str(), &old) == 0;
  if (there && S_ISDIR(old.st_mode)) return std::unexpected(path + ": is a directory where a file is needed");
  if (there && !S_ISREG(old.st_mode)) {  // renaming would take the place of a device
    const Descriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (device.number() < 0) return std::unexpected(because(path, errno));
    return write_all(device.number(), path, bytes);
  }
  std::error_code no_link;
  const auto target = there ? fs::canonical(path, no_link).string() : path;
  if (no_link) return std::unexpected(fmt::format("{}: {}", path, no_link.message()));
  std::string temporary = target + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return std::unexpected(because(path, errno));
  mode_t mode = 0;
  if (there) {
    mode = old.st_mode & 07777U;
  } else {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    mode = 0666U & ~mask;
  }
  auto done = write_all(file.number(), path, bytes);
  if (done && (::fchmod(file.number(), mode) != 0 || ::rename(temporary.c_str(), target.c_str()) != 0))
    done = std::unexpected(because(path, errno));
  if (!done) ::unlink(temporary.c_str());
  return done;
}

}  // namespace assay::app
