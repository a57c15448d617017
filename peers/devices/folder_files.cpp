#include "peers/devices/folder_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "harness/base/hex.hpp"
#include "harness/dataset/part10.hpp"

namespace assay::peers {
namespace {

constexpr std::size_t max_name = 100;          // with a suffix below the 255 that file systems take
constexpr std::size_t first_read = 64U << 10;  // holds the head of most instances
constexpr std::size_t further_reads = 16;      // times as much, until the head is whole
constexpr std::string_view unfinished_prefix = ".assay-";
constexpr std::string_view unfinished_suffix = ".part";

std::string system_error() { return std::generic_category().message(errno); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// Closes now; some systems tell only here that a write did not succeed.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

Stamp stamp_from(const struct stat& status) {
  return {static_cast<std::int64_t>(status.st_size),
          static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec,
          static_cast<std::int64_t>(status.st_ino)};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// A file system that cannot do this for folders (EINVAL) does it by itself.
bool sync_folder(const std::string& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened && (::fsync(opened.get()) == 0 || errno == EINVAL);
}

std::string unfinished_name(const std::string& folder) {
  static std::uint64_t number = 0;
  return folder + '/' + std::string(unfinished_prefix) + std::to_string(number++) + std::string(unfinished_suffix);
}

bool write_all(int file, const std::vector<ByteView>& pieces) {
  for (auto piece : pieces)
    while (!piece.empty()) {
      const auto written = ::write(file, piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      piece = piece.subspan(static_cast<std::size_t>(written));
    }
  return true;
}

/// `size` bytes from `from` on; fewer when the file ends.
std::optional<Bytes> read_some(int file, std::uint64_t from, std::size_t size) {
  Bytes out(size);
  std::size_t have = 0;
  while (have < size) {
    const auto got = ::pread(file, out.data() + have, size - have, static_cast<off_t>(from + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

std::optional<FolderEntry> examine(int file, const std::string& path) {
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  for (std::size_t wanted = std::min(size, first_read);; wanted = std::min(size, wanted * further_reads)) {
    const auto bytes = read_some(file, 0, wanted);
    if (!bytes || bytes->size() != wanted) return std::nullopt;
    constexpr std::size_t prefix_end = 132;  // PS3.10 7.1
    if (bytes->size() < prefix_end || as_text(ByteView(*bytes).subspan(128, 4)) != "DICM") return std::nullopt;
    const auto whole = wanted == size;
    const auto parsed = dataset::parse_part10(*bytes);
    if (!has_error(parsed.problems) && !parsed.transfer_syntax_uid.empty() && (whole || !parsed.encoding().deflated)) {
      if (const auto instance = service::make_instance(to_bytes(parsed.data_set), parsed.transfer_syntax_uid)) {
        auto out = describe(*instance);
        // Bytes behind the head prove that it ended where Pixel Data begins and not where the reading stopped.
        if (whole || (out.head && out.head->size() < parsed.data_set.size())) {
          out.path = path;
          out.stamp = stamp_from(status);
          out.start = parsed.data_set_offset;
          return out;
        }
      }
    }
    if (whole) return std::nullopt;
  }
}

}  // namespace

std::string safe_name(std::string_view uid) {
  std::string out;
  for (const char c : uid) {
    const bool plain = (c >= '0' && c <= '9') || (c == '.' && !out.empty());
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += to_hex(as_bytes({&c, 1}));
    }
    if (out.size() > max_name) break;
  }
  if (out.empty()) return "%";
  if (out.size() <= max_name) return out;
  std::array<std::uint8_t, 32> digest{};
  EVP_Digest(uid.data(), uid.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return "%sha256-" + to_hex(digest);  // no %XX begins with an s
}

std::string folder_path(const service::Instance& instance) {
  return safe_name(instance.study_uid) + '/' + safe_name(instance.series_uid) + '/' +
         safe_name(instance.sop_instance_uid) + ".dcm";
}

std::string folder_path(const FolderEntry& entry) {
  return safe_name(entry.study_uid) + '/' + safe_name(entry.series_uid) + '/' + safe_name(entry.sop_instance_uid) +
         ".dcm";
}

FolderEntry describe(const service::Instance& instance) {
  FolderEntry out;
  out.patient_id = instance.patient_id;
  out.study_uid = instance.study_uid;
  out.series_uid = instance.series_uid;
  out.sop_instance_uid = instance.sop_instance_uid;
  out.sop_class_uid = instance.sop_class_uid;
  out.modality = instance.attributes.text(tags::Modality);
  out.transfer_syntax = instance.transfer_syntax;
  out.head = dataset::rewrite(instance.attributes);
  return out;
}

std::optional<Stamp> stamp_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode)) {
    errno = ENOENT;
    return std::nullopt;
  }
  return stamp_from(status);
}

bool is_unfinished_name(std::string_view name) {
  return name.size() > unfinished_prefix.size() + unfinished_suffix.size() && name.starts_with(unfinished_prefix) &&
         name.ends_with(unfinished_suffix) &&
         name.substr(unfinished_prefix.size(), name.size() - unfinished_prefix.size() - unfinished_suffix.size())
                 .find_first_not_of("0123456789") == std::string_view::npos;
}

std::expected<UnfinishedFile, std::string> UnfinishedFile::write(const std::string& root, const std::string& path,
                                                                 const std::vector<ByteView>& pieces, bool sync) {
  UnfinishedFile out;
  out.sync_ = sync;
  out.target_ = root + '/' + path;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto folder = root + '/' + path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0777) == 0) {
      out.made_.push_back(folder);
      if (sync && !sync_folder(folder_of(folder))) return std::unexpected(system_error());
    } else if (errno != EEXIST) {
      return std::unexpected(system_error());
    }
  }
  int opened = -1;
  do {
    out.part_ = unfinished_name(folder_of(out.target_));
    opened = ::open(out.part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (opened < 0 && errno == EEXIST);
  if (opened < 0) {
    out.part_.clear();
    return std::unexpected(system_error());
  }
  Descriptor file(opened);
  struct stat status{};
  if (!write_all(file.get(), pieces) || (sync && ::fsync(file.get()) != 0) || ::fstat(file.get(), &status) != 0 ||
      !file.close())
    return std::unexpected(system_error());
  out.stamp_ = stamp_from(status);
  return out;
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : part_(std::exchange(other.part_, {})),
      target_(std::move(other.target_)),
      before_(std::exchange(other.before_, {})),
      made_(std::exchange(other.made_, {})),
      stamp_(other.stamp_),
      sync_(other.sync_),
      settled_(std::exchange(other.settled_, false)) {}

std::expected<void, std::string> UnfinishedFile::settle() {
  // A second name holds what is replaced, so that it can come back. A file system without such names (FAT) has lost it
  // when the rename is done: then the new one stays, whole as it is.
  const bool replaces = stamp_of(target_).has_value();
  const auto second = unfinished_name(folder_of(target_));
  if (replaces && ::link(target_.c_str(), second.c_str()) == 0) before_ = second;
  if (::rename(part_.c_str(), target_.c_str()) != 0) return std::unexpected(system_error());
  part_.clear();
  settled_ = !replaces || !before_.empty();
  if (sync_ && !sync_folder(folder_of(target_))) return std::unexpected(system_error());
  return {};
}

void UnfinishedFile::keep() {
  if (!before_.empty()) ::unlink(before_.c_str());
  before_.clear();
  made_.clear();
  settled_ = false;
}

UnfinishedFile::~UnfinishedFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
  if (settled_ && before_.empty()) ::unlink(target_.c_str());
  if (settled_ && !before_.empty()) ::rename(before_.c_str(), target_.c_str());
  if (!settled_ && !before_.empty()) ::unlink(before_.c_str());
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) ::rmdir(folder->c_str());
}

std::optional<FolderEntry> examine(const std::string& root, const std::string& path) {
  // Not blocking: what looked like a file may be a pipe by now.
  const Descriptor file(::open((root + '/' + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return file ? examine(file.get(), path) : std::nullopt;
}

std::optional<service::Instance> read_instance(const std::string& root, const FolderEntry& entry) {
  const Descriptor file(::open((root + '/' + entry.path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  auto stamp = stamp_from(status);
  auto start = entry.start;
  auto syntax = entry.transfer_syntax;
  if (stamp != entry.stamp) {  // somebody changed it since
    const auto now = examine(file.get(), entry.path);
    if (!now || now->sop_instance_uid != entry.sop_instance_uid) return std::nullopt;
    stamp = now->stamp;
    start = now->start;
    syntax = now->transfer_syntax;
  }
  if (static_cast<std::uint64_t>(stamp.size) < start) return std::nullopt;
  const auto size = static_cast<std::size_t>(stamp.size) - static_cast<std::size_t>(start);
  auto bytes = read_some(file.get(), start, size);
  if (!bytes || bytes->size() != size) return std::nullopt;
  return service::make_instance(std::move(*bytes), syntax);
}

void walk(const std::string& root, const std::function<void(const std::string& path)>& found,
          const std::function<void(const std::string& path, const std::string& why)>& unreadable) {
  std::vector<std::string> open_folders{""};
  while (!open_folders.empty()) {
    const auto folder = std::move(open_folders.back());
    open_folders.pop_back();
    DIR* opened = ::opendir((root + '/' + folder).c_str());
    if (opened == nullptr) {
      unreadable(folder, system_error());
      continue;
    }
    std::vector<std::string> folders;
    std::vector<std::string> files;
    while (const auto* one = ::readdir(opened)) {
      const std::string name = one->d_name;
      if (name == "." || name == "..") continue;
      auto path = folder.empty() ? name : folder + '/' + name;
      struct stat status{};
      if (::lstat((root + '/' + path).c_str(), &status) != 0) continue;
      if (S_ISLNK(status.st_mode) && (::stat((root + '/' + path).c_str(), &status) != 0 || S_ISDIR(status.st_mode)))
        continue;
      if (S_ISDIR(status.st_mode)) folders.push_back(std::move(path));
      if (S_ISREG(status.st_mode)) files.push_back(std::move(path));
    }
    ::closedir(opened);
    std::ranges::sort(files);
    for (const auto& file : files) found(file);
    open_folders.insert(open_folders.end(), folders.begin(), folders.end());
  }
}

}  // namespace assay::peers
