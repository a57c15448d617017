// Files as the file commands take them: named files and folders, mapped or read, one after another, with progress, and
// with one bad file never stopping the rest. Tests: tests/interop/file_commands_test.py
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"
#include "harness/base/bytes.hpp"

namespace assay::app {

/// The bytes of a file: mapped when large, so that reading a header touches no pixels, otherwise read into memory.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes();

  /// "-" is standard input. The error is one sentence that names the file: missing, a directory, unreadable, empty.
  static std::expected<FileBytes, std::string> open(const std::string& path);

  [[nodiscard]] ByteView view() const { return mapped_ != nullptr ? ByteView(mapped_, size_) : ByteView(read_); }

 private:
  const std::uint8_t* mapped_ = nullptr;
  std::size_t size_ = 0;
  Bytes read_;
};

/// The bytes of a file from `from` to its end. The error is one sentence that names the file: missing, unreadable, or
/// not of `size` bytes, which it had before.
std::expected<Bytes, std::string> read_from(const std::string& path, std::size_t from, std::size_t size);

/// While one lives, Ctrl-C only asks for the end, and asked() tells; the second Ctrl-C kills as usual.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();
  [[nodiscard]] static bool asked();

 private:
  struct Before;
  std::unique_ptr<Before> before_;
};

/// The live line "12 of 3000 files, x.dcm" on a terminal, from the third second on.
class Progress {
 public:
  Progress(Console& console, std::size_t total);
  void at(std::size_t number, std::string_view file);

 private:
  Console& console_;
  std::size_t total_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
};

struct FileRun {
  std::size_t done = 0;      // files handed to the work
  std::size_t broken = 0;    // files the work returned not_conformant for
  std::size_t unusable = 0;  // files that could not be read or that the work returned usage for
  bool interrupted = false;

  /// 130 interrupted, else 2, 1, 0.
  [[nodiscard]] int exit_code() const;
};

/// Calls `work` for every regular file among `paths`, folders searched recursively in the order of names (symbolic
/// links to folders not followed, hidden files and DICOMDIR included). A file that cannot be read costs one line on the
/// error stream. After two seconds a live progress line on a terminal. Ctrl-C ends after the present file. `work`
/// returns an exit code of options.hpp for its file: ok, not_conformant or usage. `unreadable` is told of a file that
/// could not be opened, with the sentence that was printed.
FileRun for_each_file(const std::vector<std::string>& paths, Console& console,
                      const std::function<int(const std::string& path, ByteView bytes)>& work,
                      const std::function<void(const std::string& path, const std::string& why)>& unreadable = {});

/// The same walk without opening anything. Folders that cannot be read or are empty cost a line and are counted in
/// `unusable`; links that lead nowhere are listed, so that opening them says so.
std::vector<std::string> files_below(const std::vector<std::string>& paths, Console& console, std::size_t& unusable);

/// Where a file that for_each_file() found goes below an output folder: its place below the folder argument that led to
/// it, or its name when it was named itself.
std::filesystem::path place_below_argument(const std::vector<std::string>& arguments, const std::string& file);

/// Writes to a temporary file beside `path` and renames it, so that a crash leaves the old file or the new one. A link
/// stays a link; a device or pipe is written to. The error is one sentence.
std::expected<void, std::string> write_file(const std::string& path, ByteView bytes);

}  // namespace assay::app
