// Where the catalogue, schemas and profiles are found at run time.
#pragma once

#include <expected>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/app/console.hpp"
#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

/// The folder that holds scenarios/ and conformance/: ASSAY_HOME, or the tree the program was built from.
std::filesystem::path home();

/// A whole file, or one sentence that says why not and what to do.
std::expected<std::string, std::string> read_text(const std::filesystem::path& file);
/// Writes beside the file and renames, so that a kill never leaves half a file. The error is one sentence.
std::expected<void, std::string> write_text(const std::filesystem::path& file, std::string_view text);

/// Whether the file could be written there, without touching what it holds.
std::expected<void, std::string> can_write(const std::filesystem::path& file);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
/// "host:port", "[::1]:port"; the error says what is wrong with it.
std::expected<HostPort, std::string> host_port(std::string_view text);

/// Why a text can be no AE title (PS3.5 6.2); "" when it can.
std::string_view title_problem(std::string_view title);
/// Complains of each AE title that cannot be one (PS3.5 6.2), by the option that gave it. False where any cannot.
bool titles_fit(std::initializer_list<std::pair<std::string_view, std::string_view>> titles, Console& console);

/// "10" (seconds), "500ms", "2.5s", "3m", "1h".
std::optional<Duration> duration(std::string_view text);

}  // namespace assay::app
