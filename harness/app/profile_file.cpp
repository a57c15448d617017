#include "harness/app/profile_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/app/home.hpp"
#include "harness/base/hex.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

/// A file of this name, else the shipped one: PROFILE, or fragments/KEYS.xml, so that a copy of a shipped profile finds
/// what it includes. An empty path when there is neither.
fs::path find_file(const fs::path& as_said, const std::string& name) {
  std::error_code code;
  if (fs::is_regular_file(as_said, code)) return as_said;
  const auto shipped = home() / "conformance" / "profiles";
  const bool bare = name.find('/') == std::string::npos;
  if (!bare && !name.starts_with("fragments/")) return {};
  auto found = shipped / (bare && !name.ends_with(".xml") ? name + ".xml" : name);
  return fs::is_regular_file(found, code) ? found : fs::path();
}

std::string list_shipped() {
  std::string out;
  for (const auto& one : shipped_profiles()) out += (out.empty() ? "" : ", ") + one;
  return out;
}

/// One file is one name, however it is reached: cycles are found by it.
std::string one_name(const fs::path& file) {
  std::error_code code;
  const auto whole = fs::weakly_canonical(file, code);
  return code ? file.lexically_normal().string() : whole.string();
}

std::expected<conformance::SourceFile, std::string> read_named(const std::string& from, const std::string& href) {
  const auto file = find_file(fs::path(from).parent_path() / href, href);
  if (file.empty())
    return std::unexpected(fmt::format("there is no file {}, and no shipped profile of that name (there are: {})",
                                       printable((fs::path(from).parent_path() / href).string()), list_shipped()));
  auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  return conformance::SourceFile{one_name(file), std::move(*text)};
}

}  // namespace

std::vector<std::string> shipped_profiles() {
  std::vector<std::string> out;
  std::error_code code;
  for (fs::directory_iterator it(home() / "conformance" / "profiles", code), end; !code && it != end;
       it.increment(code))
    if (it->path().extension() == ".xml") out.push_back(it->path().stem().string());
  std::ranges::sort(out);
  return out;
}

std::expected<conformance::Profile, std::string> read_profile(const std::string& name) {
  const auto file = find_file(name, name);
  if (file.empty())
    return std::unexpected(fmt::format("{}: no such file, and no shipped profile of that name (there are: {})",
                                       printable(name), list_shipped()));
  auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  return conformance::load_profile(*text, one_name(file), read_named);
}

}  // namespace assay::app
