#include "harness/app/home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "harness/version.hpp"

namespace assay::app {

std::filesystem::path home() {
  const char* set = std::getenv("ASSAY_HOME");
  return set != nullptr && *set != '\0' ? std::filesystem::path(set) : std::filesystem::path(ASSAY_SOURCE_DIR);
}

std::expected<std::string, std::string> read_text(const std::filesystem::path& file) {
  std::error_code code;
  if (std::filesystem::is_directory(file, code))
    return std::unexpected(fmt::format("{}: this is a folder, a file is needed here", file.string()));
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::unexpected(fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  // Not by iterators: those throw where a read fails, as of /proc when the process is gone.
  std::string text;
  std::array<char, 16384> part{};
  do {
    in.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  if (in.bad())
    return std::unexpected(fmt::format("{}: reading stopped half way: {}", file.string(), std::strerror(errno)));
  return text;
}

std::expected<void, std::string> write_text(const std::filesystem::path& file, std::string_view text) {
  const auto part = std::filesystem::path(file.string() + ".part");
  {
    errno = 0;
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) return std::unexpected(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  }
  std::error_code code;
  std::filesystem::rename(part, file, code);
  if (code) return std::unexpected(fmt::format("{}: cannot be written: {}", file.string(), code.message()));
  return {};
}

std::expected<void, std::string> can_write(const std::filesystem::path& file) {
  std::error_code code;
  const bool there = std::filesystem::exists(file, code);
  errno = 0;
  const std::ofstream out(file, std::ios::binary | std::ios::app);
  if (!out) return std::unexpected(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  if (!there) std::filesystem::remove(file, code);
  return {};
}

std::expected<HostPort, std::string> host_port(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return std::unexpected(fmt::format("'{}' is no HOST:PORT: {}; example: 127.0.0.1:11112", text, why));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("the port is missing");
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad("the host is missing");
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc() || end != port.data() + port.size() || value == 0 || value > 65535)
    return bad("the port is a number from 1 to 65535");
  return HostPort{std::string(host), static_cast<std::uint16_t>(value)};
}

std::string_view title_problem(std::string_view title) {
  const bool blank = title.find_first_not_of(' ') == std::string_view::npos;
  if (title.size() <= 16 && !blank &&
      std::ranges::all_of(title, [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; }))
    return {};
  return "an AE title has 1 to 16 characters of ASCII, no backslash, and is not all blanks (PS3.5 6.2)";
}

bool titles_fit(std::initializer_list<std::pair<std::string_view, std::string_view>> titles, Console& console) {
  bool good = true;
  for (const auto& [option, title] : titles) {
    const auto problem = title_problem(title);
    if (problem.empty()) continue;
    console.error(fmt::format("{} '{}': {}", option, title, problem));
    good = false;
  }
  return good;
}

std::optional<Duration> duration(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e6) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  double factor = 0;
  if (unit.empty() || unit == "s") factor = 1e9;
  if (unit == "ms") factor = 1e6;
  if (unit == "m" || unit == "min") factor = 60e9;
  if (unit == "h") factor = 3600e9;
  if (factor == 0) return std::nullopt;
  return Duration(static_cast<std::int64_t>(value * factor));
}

}  // namespace assay::app
