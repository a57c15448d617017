#include "harness/app/fuzz_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "harness/app/home.hpp"

namespace assay::app {
namespace fs = std::filesystem;
namespace device = fuzz::device;

FuzzFolder::~FuzzFolder() {
  if (file_ != nullptr) std::fclose(file_);
}

std::filesystem::path FuzzFolder::file_of(std::size_t number) const {
  return folder_ / "corpus" / fmt::format("{:06}.txt", number);
}

std::expected<void, std::string> FuzzFolder::open(const fs::path& folder) {
  folder_ = folder;
  std::error_code code;
  fs::create_directories(folder / "corpus", code);
  if (!code) fs::create_directories(folder / "findings", code);
  if (code)
    return std::unexpected(fmt::format("--out {}: the folder cannot be made: {}", folder.string(), code.message()));
  const auto path = folder / "log";
  if (fs::exists(path, code)) {
    const auto text = read_text(path);
    if (!text) return std::unexpected(text.error());
    if (!text->empty()) {
      auto log = device::read_log(*text);
      if (!log) return std::unexpected(fmt::format("{}: {}: choose another --out", path.string(), log.error()));
      log_ = std::move(*log);
      continues_ = true;
      // The line that a kill cut off.
      if (text->back() != '\n') fs::resize_file(path, text->rfind('\n') + 1, code);
      if (code) return std::unexpected(fmt::format("{}: {}", path.string(), code.message()));
    }
  }
  file_ = std::fopen(path.c_str(), "ae");
  if (file_ == nullptr)
    return std::unexpected(
        fmt::format("--out {}: {} cannot be written: {}", folder.string(), path.string(), std::strerror(errno)));
  return {};
}

std::expected<device::Conversation, std::string> FuzzFolder::kept(std::size_t number) const {
  const auto path = file_of(number);
  const auto text = read_text(path);
  if (!text) return std::unexpected(text.error());
  auto conversation = device::conversation_from_text(*text);
  if (!conversation) return std::unexpected(fmt::format("{}: {}", path.string(), conversation.error()));
  return conversation;
}

std::expected<void, std::string> FuzzFolder::write(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), file_) == line.size() && std::fflush(file_) == 0) return {};
  return std::unexpected(fmt::format("{}: {}", (folder_ / "log").string(), std::strerror(errno)));
}

std::expected<void, std::string> FuzzFolder::begin(const device::LogHead& head) {
  log_.head = head;
  return write(device::head_line(head));
}

std::expected<void, std::string> FuzzFolder::run(std::uint64_t execution, const device::Guide::Choice& choice) {
  return write(device::run_line(execution, choice));
}

std::expected<void, std::string> FuzzFolder::saw(std::uint64_t execution, std::span<const std::uint64_t> features) {
  return write(device::saw_line(execution, features, log_.numbers));
}

std::expected<void, std::string> FuzzFolder::pairs(std::span<const device::Pair> pairs) {
  if (pairs.empty()) return {};
  return write(device::pairs_line(pairs));
}

std::expected<void, std::string> FuzzFolder::keep(std::size_t number, const device::Kept& kept) {
  if (auto written = write_text(file_of(number), device::to_text(kept.conversation)); !written) return written;
  for (const auto feature : kept.features) log_.numbers.add(feature);
  return write(device::kept_line(kept.execution, kept.features));
}

}  // namespace assay::app
