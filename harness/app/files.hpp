// Files as the file commands take them: named files and folders, mapped or read, one after another, with progress, and
// with one bad file never stopping the rest. Tests: tests/interop/file_commands_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
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
/// returns an exit code of options.hpp for its file: ok, not_conformant or usage.
FileRun for_each_file(const std::vector<std::string>& paths, Console& console,
                      const std::function<int(const std::string& path, ByteView bytes)>& work);

/// The same walk without opening anything. Missing paths cost a line and are counted in `unusable`.
std::vector<std::string> files_below(const std::vector<std::string>& paths, Console& console, std::size_t& unusable);

/// Writes to a temporary file beside `path` and renames it, so that a crash leaves the old file or the new one.
/// The error is one sentence.
std::expected<void, std::string> write_file(const std::string& path, ByteView bytes);

}  // namespace assay::app
