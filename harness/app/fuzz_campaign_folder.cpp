#include "harness/app/fuzz_campaign_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "harness/app/home.hpp"
#include "harness/base/bulk_digest.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

std::expected<void, std::string> made(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (!code) return {};
  return std::unexpected(
      fmt::format("{}: the folder cannot be made: {}; choose another one with --out", folder.string(), code.message()));
}

std::uint64_t digest_of(ByteView bytes) {
  BulkDigest digest;
  digest.update(bytes);
  return digest.value();
}

}  // namespace

std::expected<CampaignFolder, std::string> CampaignFolder::open(const fs::path& path) {
  if (auto done = made(path); !done) return std::unexpected(done.error());
  const auto file = path / "lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0)
    return std::unexpected(fmt::format("{}: cannot be written to: {}; choose another one with --out", path.string(),
                                       std::strerror(errno)));
  CampaignFolder out(path, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    char owner[32] = {};
    const auto length = ::read(lock, owner, sizeof owner - 1);
    const std::string_view id(owner, length > 0 ? static_cast<std::size_t>(length) : 0);
    return std::unexpected(
        fmt::format("{}: another campaign runs in this folder{}: wait for it, end it, or choose another one with --out",
                    path.string(), id.empty() ? "" : fmt::format(" (process {})", id)));
  }
  const auto id = std::to_string(::getpid());
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, id.data(), id.size(), 0) != static_cast<ssize_t>(id.size()))
    return std::unexpected(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  for (const auto* folder : {"corpus", "artifacts", "findings", "logs"})
    if (auto done = made(path / folder); !done) return std::unexpected(done.error());
  return out;
}

CampaignFolder::CampaignFolder(CampaignFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

CampaignFolder::~CampaignFolder() {
  if (lock_ >= 0) ::close(lock_);
}

std::expected<void, std::string> CampaignFolder::prepare(const std::string& target) const {
  // A pruning renames the corpus away and the pruned one into its place: between the two a kill leaves none.
  const auto live = corpus(target);
  const auto old = path_ / "corpus" / (target + ".before");
  std::error_code code;
  if (fs::exists(old, code)) {
    if (fs::exists(live, code))
      fs::remove_all(old, code);
    else
      fs::rename(old, live, code);
  }
  fs::remove_all(path_ / "corpus" / (target + ".pruned"), code);
  for (const auto& folder : {live, artifacts(target)})
    if (auto done = made(folder); !done) return done;
  if (auto done = can_write(live / ".writable"); !done) return done;
  for (fs::directory_iterator it(set_aside(target), code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    fs::rename(it->path(), live / it->path().filename(), ignored);
  }
  return {};
}

std::optional<fuzz::CampaignState> CampaignFolder::read_state(std::string& complaint) const {
  const auto file = path_ / "state.json";
  std::error_code code;
  if (!fs::exists(file, code)) return std::nullopt;
  const auto text = read_text(file);
  auto state = text ? fuzz::state_from(*text) : std::unexpected(text.error());
  if (state) return std::move(*state);
  fs::rename(file, path_ / "state.json.damaged", code);
  complaint = fmt::format(
      "{}: {}; it is kept as state.json.damaged, and the campaign begins anew with the corpus and findings that are "
      "there",
      file.string(), state.error());
  return std::nullopt;
}

std::expected<void, std::string> CampaignFolder::write_state(const fuzz::CampaignState& state) const {
  return write_text(path_ / "state.json", fuzz::to_text(state));
}

fuzz::History CampaignFolder::history() const {
  const auto text = read_text(path_ / "history.jsonl");
  return text ? fuzz::history_from(*text) : fuzz::History{};
}

std::expected<void, std::string> CampaignFolder::add_history(const fuzz::CampaignRecord& record) const {
  const auto file = path_ / "history.jsonl";
  std::error_code code;
  std::string text;
  if (fs::exists(file, code)) {
    auto before = read_text(file);
    if (!before) return std::unexpected(before.error());
    text = std::move(*before);
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  return write_text(file, text + fuzz::to_line(record));
}

std::uint64_t files_in(const fs::path& folder) {
  std::uint64_t count = 0;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    count += it->is_regular_file(ignored) ? 1 : 0;
  }
  return count;
}

std::optional<Bytes> read_bytes(const fs::path& file) {
  const auto text = read_text(file);
  if (!text) return std::nullopt;
  return Bytes(text->begin(), text->end());
}

std::expected<std::uint64_t, std::string> import_inputs(const fs::path& from, const fs::path& corpus) {
  std::uint64_t came = 0;
  std::error_code code;
  for (fs::directory_iterator it(from, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const auto bytes = read_bytes(it->path());
    if (!bytes) return std::unexpected(fmt::format("{}: cannot be read", it->path().string()));
    const auto file = corpus / fmt::format("input-{:016x}", digest_of(*bytes));
    if (fs::exists(file, ignored)) continue;
    if (auto done = write_text(file, std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
        !done)
      return std::unexpected(done.error());
    ++came;
  }
  if (code) return std::unexpected(fmt::format("{}: cannot be read: {}", from.string(), code.message()));
  return came;
}

}  // namespace assay::app
