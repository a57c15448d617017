// The terminal as commands see it: plain lines in a pipe, colour and a live progress line on a TTY, and a copy of the
// plain text in console.log. Nothing of the progress line ever reaches a pipe or the log.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace assay::app {

class Console {
 public:
  /// Writes to `out`; `err` gets errors. Colour and progress only when `out` is a terminal and NO_COLOR is unset.
  Console(std::FILE* out, std::FILE* err);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Copies all further text to this file; false when it cannot be opened.
  bool log_to(const std::string& path);
  void text(std::string_view text);
  /// One line on the error stream. What a terminal must not get (names of files may hold anything) becomes \xNN.
  void error(std::string_view line);
  /// Replaces the live line; does nothing in a pipe. Made safe like an error.
  void progress(std::string_view line);
  void clear_progress();
  void flush();
  /// From here on text goes to the error stream, so that the output stream carries nothing but data().
  void text_to_stderr();
  /// Straight to the output stream: JSON for tools.
  void data(std::string_view text);
  /// False when something could not be written to the output stream (a full disk, a closed pipe).
  [[nodiscard]] bool good() const;

  [[nodiscard]] bool colour() const { return colour_; }
  [[nodiscard]] bool live() const { return live_; }
  [[nodiscard]] int width() const { return width_; }

 private:
  std::FILE* out_;  // where text goes
  std::FILE* err_;
  std::FILE* data_;
  std::FILE* log_ = nullptr;
  bool live_ = false;
  bool colour_ = false;
  bool progress_shown_ = false;
  int width_ = 100;
};

}  // namespace assay::app
