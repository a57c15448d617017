// The files of an archive folder: names that no UID can break out of, files that are there whole or not at all, and
// what a Part 10 file says about itself. Tests: tests/loopback/folder_store_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/service/store.hpp"

namespace assay::peers {

/// What tells that a file is still the one that was read.
struct Stamp {
  std::int64_t size = 0;     // bytes
  std::int64_t changed = 0;  // nanoseconds since 1970
  std::int64_t inode = 0;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// One instance in the folder, as the index knows it.
struct FolderEntry {
  std::string patient_id;
  std::string study_uid;
  std::string series_uid;
  std::string sop_instance_uid;
  std::string sop_class_uid;
  std::string modality;
  std::string transfer_syntax;
  std::string path;           // below the folder
  Stamp stamp;                // of the file
  std::uint64_t start = 0;    // where its Data Set begins
  std::optional<Bytes> head;  // the Data Set up to Pixel Data, inflated; not kept when it is longer than max_head
};

/// Heads up to this size stand in the index, longer ones (reports, plans) are read from the file: an index should be
/// a small part of what it points to.
inline constexpr std::size_t max_head = 64U << 10;

/// A file or folder name for a UID: digits and dots stay, every other byte becomes %XX, so that what is no UID can
/// name no other folder, no hidden file and no index. Longer than 100 characters: a digest in its place. Different
/// UIDs have different names.
std::string safe_name(std::string_view uid);
/// StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm
std::string folder_path(const service::Instance& instance);
std::string folder_path(const FolderEntry& entry);

/// Everything of the entry that the instance itself tells: all but path, stamp and start.
FolderEntry describe(const service::Instance& instance);

/// The stamp of a regular file; nothing and errno otherwise.
std::optional<Stamp> stamp_of(const std::string& file);

/// A file being written beside its place, under a name that recovery knows as unfinished. Unless it is kept, nothing
/// of it stays, not even the folders made for it.
class UnfinishedFile {
 public:
  /// Writes the pieces one after the other to `root`/`path`'s folder, which is made if need be. With `sync` they are on
  /// the disk when this returns. The error is the system's.
  static std::expected<UnfinishedFile, std::string> write(const std::string& root, const std::string& path,
                                                          const std::vector<ByteView>& pieces, bool sync);
  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  /// Undoes all that is not kept: what was there before is there again.
  ~UnfinishedFile();

  [[nodiscard]] const Stamp& stamp() const { return stamp_; }
  /// Puts it in its place; a file that was there is replaced in one step, and still held until keep().
  std::expected<void, std::string> settle();
  /// It stays; what it replaced goes.
  void keep();

 private:
  UnfinishedFile() = default;

  std::string part_;               // while it is unfinished
  std::string target_;             // where it belongs
  std::string before_;             // what it replaced, under another name
  std::vector<std::string> made_;  // folders, upper first
  Stamp stamp_;
  bool sync_ = true;
  bool settled_ = false;
};

/// True for a name that UnfinishedFile uses.
bool is_unfinished_name(std::string_view name);

/// Reads the head of a Part 10 file; `path` is below `root`. Nothing when it is none, or no composite instance.
std::optional<FolderEntry> examine(const std::string& root, const std::string& path);

/// Reads the instance back; nothing when the file is gone or has become another instance.
std::optional<service::Instance> read_instance(const std::string& root, const FolderEntry& entry);

/// All regular files below `root`, paths relative to it; links to folders are not followed. The folders that cannot be
/// read are told to `unreadable`.
void walk(const std::string& root, const std::function<void(const std::string& path)>& found,
          const std::function<void(const std::string& path, const std::string& why)>& unreadable);

}  // namespace assay::peers
