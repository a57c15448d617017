#include "harness/app/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "harness/dataset/dump_people.hpp"

namespace assay::app {
namespace {

/// Text without terminal escape sequences, for the log.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    out += text[i];
  }
  return out;
}

}  // namespace

Console::Console(std::FILE* out, std::FILE* err) : out_(out), err_(err), data_(out) {
  live_ = isatty(fileno(out)) == 1;
  const char* no_colour = std::getenv("NO_COLOR");
  colour_ = live_ && (no_colour == nullptr || *no_colour == '\0');
  winsize size{};
  if (live_ && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
    width_ = size.ws_col < 140 ? size.ws_col : 140;
}

Console::~Console() {
  clear_progress();
  if (log_ != nullptr) std::fclose(log_);
}

bool Console::log_to(const std::string& path) {
  log_ = std::fopen(path.c_str(), "w");
  return log_ != nullptr;
}

void Console::text(std::string_view text) {
  clear_progress();
  // The log first: what somebody has seen is on disk.
  if (log_ != nullptr) {
    const auto copy = plain(text);
    std::fwrite(copy.data(), 1, copy.size(), log_);
    std::fflush(log_);
  }
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

void Console::error(std::string_view line) {
  clear_progress();
  const std::string whole = "assay: " + dataset::safe_text(line) + "\n";
  std::fwrite(whole.data(), 1, whole.size(), err_);
  std::fflush(err_);
  if (log_ != nullptr) {
    std::fwrite(whole.data(), 1, whole.size(), log_);
    std::fflush(log_);
  }
}

void Console::progress(std::string_view line) {
  if (!live_) return;
  auto fits = dataset::safe_text(line);
  std::size_t end = std::min(fits.size(), static_cast<std::size_t>(width_ - 1));
  while (end < fits.size() && end > 0 && (static_cast<unsigned char>(fits[end]) & 0xc0U) == 0x80U) --end;
  fits.resize(end);
  std::fprintf(out_, "\r\x1b[K%.*s", static_cast<int>(fits.size()), fits.data());
  std::fflush(out_);
  progress_shown_ = true;
}

void Console::clear_progress() {
  if (!progress_shown_) return;
  std::fputs("\r\x1b[K", out_);
  std::fflush(out_);
  progress_shown_ = false;
}

void Console::text_to_stderr() {
  clear_progress();
  out_ = err_;
  live_ = live_ && isatty(fileno(err_)) == 1;
  colour_ = colour_ && live_;
}

void Console::data(std::string_view text) {
  clear_progress();
  std::fwrite(text.data(), 1, text.size(), data_);
  std::fflush(data_);
}

bool Console::good() const { return std::ferror(data_) == 0 && std::fflush(data_) == 0; }

void Console::flush() {
  std::fflush(out_);
  if (log_ != nullptr) std::fflush(log_);
}

}  // namespace assay::app
