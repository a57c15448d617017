#include "harness/app/profile_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "harness/app/home.hpp"

namespace assay::app {
namespace fs = std::filesystem;

std::expected<conformance::Profile, std::string> read_profile(const std::string& name) {
  std::error_code code;
  fs::path file = name;
  if (!fs::exists(file, code) && name.find('/') == std::string::npos)
    file = home() / "conformance" / "profiles" / (name + ".xml");
  if (!fs::exists(file, code)) {
    std::string shipped;
    for (fs::directory_iterator it(home() / "conformance" / "profiles", code), end; !code && it != end;
         it.increment(code))
      if (it->path().extension() == ".xml") shipped += (shipped.empty() ? "" : ", ") + it->path().stem().string();
    return std::unexpected(
        fmt::format("--profile {}: no such file, and no shipped profile of that name (there are: {})", name, shipped));
  }
  auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  return conformance::load_profile(*text, file.string());
}

}  // namespace assay::app
