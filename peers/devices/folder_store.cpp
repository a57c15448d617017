#include "peers/devices/folder_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "harness/dataset/part10.hpp"
#include "harness/service/negotiation.hpp"
#include "peers/devices/folder_cursor.hpp"

namespace assay::peers {
namespace {

constexpr std::size_t places_at_once = 1000;
constexpr std::string_view usual_index = "index.sqlite";

std::string system_error() { return std::generic_category().message(errno); }

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string plural(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Preamble and File Meta Information (PS3.10 7.1).
Bytes file_head(const service::Instance& instance) {
  static const auto us = service::default_policy();
  dataset::FileMeta meta;
  meta.sop_class_uid = instance.sop_class_uid;
  meta.sop_instance_uid = instance.sop_instance_uid;
  meta.transfer_syntax_uid = instance.transfer_syntax;
  meta.implementation_class_uid = us.implementation_class_uid;
  meta.implementation_version_name = us.implementation_version_name;
  return dataset::build_part10(meta, ByteView{});
}

}  // namespace

FolderStore::~FolderStore() {
  index_.reset();
  if (lock_ >= 0) ::close(lock_);
}

std::expected<std::unique_ptr<FolderStore>, std::string> FolderStore::open(FolderStoreOptions options) {
  // A limit on the size of files shall be an error like a full disk, and not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::unique_ptr<FolderStore> out(new FolderStore());
  out->options_ = std::move(options);
  auto& folder = out->options_.folder;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
    return std::unexpected(fmt::format("folder {} cannot be made: {}", folder, system_error()));
  out->lock_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (out->lock_ < 0) return std::unexpected(fmt::format("folder {} cannot be read: {}", folder, system_error()));
  if (::flock(out->lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return std::unexpected(
        fmt::format("folder {} is in use: another archive is served from it (stop that one first)", folder));
  const std::string probe = "an archive must be writable";
  if (const auto written = UnfinishedFile::write(folder, "x", {as_bytes(probe)}, false); !written && errno != ENOSPC)
    return std::unexpected(fmt::format("folder {} cannot be written to: {}", folder, written.error()));
  auto& index = out->options_.index;
  if (index.empty()) index = folder + '/' + std::string(usual_index);
  if (index.starts_with(folder + '/')) out->index_below_ = index.substr(folder.size() + 1);
  auto opened = FolderIndex::open(index);
  if (!opened) return std::unexpected(opened.error());
  out->index_ = std::move(*opened);
  if (const auto ready = out->recover(); !ready) return std::unexpected(ready.error());
  return out;
}

/// The index and what SQLite keeps beside it; also one that lies there unused.
bool FolderStore::is_index(const std::string& path) const {
  for (const std::string_view name : {std::string_view(index_below_), std::string_view(usual_index)}) {
    if (name.empty() || !path.starts_with(name)) continue;
    const auto more = std::string_view(path).substr(name.size());
    if (more.empty() || more == "-wal" || more == "-shm" || more == "-journal") return true;
  }
  return false;
}

std::expected<void, std::string> FolderStore::recover() {
  std::string unread;
  bool good = index_->begin() && forget_missing();
  walk(
      options_.folder,
      [&](const std::string& path) {
        if (is_unfinished_name(name_of(path))) {
          if (::unlink((options_.folder + '/' + path).c_str()) == 0) ++recovery_.unfinished;
        } else if (good && !is_index(path)) {
          good = learn(path);
        }
      },
      [&](const std::string& path, const std::string& why) {
        if (path.empty()) unread = why;
        log(fmt::format("{}/{} cannot be read and is left out: {}", options_.folder, path, why));
      });
  if (!unread.empty()) return std::unexpected(fmt::format("folder {} cannot be read: {}", options_.folder, unread));
  if (!good || !index_->commit()) {
    const auto why = index_->error();
    index_->rollback();
    return std::unexpected(fmt::format(
        "index {} cannot be brought up to date: {} (remove it if it is damaged, or keep it in memory: --index memory)",
        options_.index, why));
  }
  recovery_.instances = index_->count();
  recovery_.repeated = std::exchange(repeated_, {}).size();
  return {};
}

/// Drops the rows whose files are not there any more or have become others; those are read anew.
bool FolderStore::forget_missing() {
  for (std::int64_t after = 0;;) {
    const auto places = index_->places(after, places_at_once);
    if (places.empty()) return true;
    for (const auto& place : places) {
      const auto stamp = stamp_of(options_.folder + '/' + place.path);
      if (stamp == place.stamp) continue;
      const bool gone = !stamp && (errno == ENOENT || errno == ENOTDIR);
      if (gone) ++recovery_.dropped;
      // What cannot be looked at just now (EACCES, EIO) is kept, for it may come back.
      if ((gone || stamp) && !index_->erase(place.uid)) return false;
    }
    after = places.back().number;
  }
}

/// Of two files with one instance the one in its own place is served, then the later one: that is how a replacement
/// leaves them when the process ends in between.
bool FolderStore::learn(const std::string& path) {
  if (index_->by_path(path)) return true;
  const auto entry = examine(options_.folder, path);
  if (!entry) {
    ++recovery_.others;
    return true;
  }
  if (const auto known = index_->by_uid(entry->sop_instance_uid, false)) {
    constexpr std::size_t told_one_by_one = 10;
    const auto rank = [](const FolderEntry& one) { return std::pair(one.path == folder_path(one), one.stamp.changed); };
    const bool better = rank(*entry) > rank(*known);
    const auto& [left_out, fresh] = repeated_.insert(better ? known->path : path);
    if (fresh && repeated_.size() <= told_one_by_one)
      log(fmt::format("{} is left out: its instance {} is in {}, too", *left_out, entry->sop_instance_uid,
                      better ? path : known->path));
    if (!better) return true;
  }
  ++recovery_.added;
  return index_->put(*entry);
}

/// Where a new instance goes: its own place, unless a file of somebody else lies there.
std::string FolderStore::free_path(const service::Instance& instance) const {
  const auto own = folder_path(instance);
  auto path = own;
  for (int i = 1; stamp_of(options_.folder + '/' + path); ++i) {
    const auto there = index_->by_path(path);
    if (there && there->sop_instance_uid == instance.sop_instance_uid) break;
    path = own.substr(0, own.size() - 4) + '~' + std::to_string(i) + ".dcm";
  }
  return path;
}

service::PutResult FolderStore::put(service::Instance instance, bool replace) {
  auto before = index_->by_uid(instance.sop_instance_uid, false);
  const bool there = before && stamp_of(options_.folder + '/' + before->path);
  if (there && !replace) return service::PutResult::duplicate;
  if (const auto kept = keep(instance, before); !kept) {
    if (!std::exchange(refusing_, true))
      log(fmt::format("{} cannot be stored: {} (told once until it is possible again)", instance.sop_instance_uid,
                      kept.error()));
    return service::PutResult::full;
  }
  if (std::exchange(refusing_, false)) log("instances are stored again");
  return there ? service::PutResult::replaced : service::PutResult::stored;
}

std::expected<void, std::string> FolderStore::keep(const service::Instance& instance,
                                                   const std::optional<FolderEntry>& before) {
  auto entry = describe(instance);
  entry.path = free_path(instance);
  const auto head = file_head(instance);
  entry.start = head.size();
  auto file = UnfinishedFile::write(options_.folder, entry.path, {head, instance.data_set}, options_.sync);
  if (!file) return std::unexpected(file.error());
  entry.stamp = file->stamp();
  // The row is made before the file is in its place, since a full disk shows here; it counts from the commit on.
  const auto refuse = [&](std::string why) {
    index_->rollback();
    return std::unexpected(std::move(why));
  };
  if (!index_->begin()) return std::unexpected("index: " + index_->error());
  if (!index_->put(entry)) return refuse("index: " + index_->error());
  if (auto settled = file->settle(); !settled) return refuse(settled.error());
  if (!index_->commit()) return refuse("index: " + index_->error());
  file->keep();
  // The older one may lie elsewhere. A file that somebody else put there is not ours to remove.
  if (before && before->path != entry.path && before->path == folder_path(*before))
    ::unlink((options_.folder + '/' + before->path).c_str());
  return {};
}

std::expected<void, std::string> FolderStore::erase(std::string_view sop_instance_uid) {
  const auto entry = index_->by_uid(sop_instance_uid, false);
  if (!entry) return std::unexpected(fmt::format("there is no instance {}", sop_instance_uid));
  const auto path = options_.folder + '/' + entry->path;
  if (entry->path != folder_path(*entry))
    return std::unexpected(fmt::format("{} was put there by somebody else, and is not ours to remove", path));
  // The file first: a row without its file is dropped at the next start, a file without its row would come back.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return std::unexpected(fmt::format("{} cannot be removed: {}", path, system_error()));
  if (!index_->begin() || !index_->erase(sop_instance_uid) || !index_->commit()) {
    const auto why = index_->error();
    index_->rollback();
    return std::unexpected("index: " + why);
  }
  return {};
}

service::InstancePtr FolderStore::find(std::string_view sop_instance_uid) const {
  const auto entry = index_->by_uid(sop_instance_uid, false);
  if (!entry) return nullptr;
  auto instance = read_instance(options_.folder, *entry);
  if (!instance) return nullptr;
  return std::make_shared<const service::Instance>(std::move(*instance));
}

service::InstancePtr FolderStore::head_of(const std::string& sop_instance_uid) const {
  auto entry = index_->by_uid(sop_instance_uid, true);
  if (entry && !entry->head) entry = examine(options_.folder, entry->path);
  if (!entry || !entry->head || entry->sop_instance_uid != sop_instance_uid) return nullptr;
  auto encoding = dataset::encoding_of(entry->transfer_syntax);
  encoding.deflated = false;
  auto out = std::make_shared<service::Instance>();
  out->attributes = dataset::decode_owned(std::move(*entry->head), encoding).data_set;
  out->patient_id = std::move(entry->patient_id);
  out->study_uid = std::move(entry->study_uid);
  out->series_uid = std::move(entry->series_uid);
  out->sop_instance_uid = std::move(entry->sop_instance_uid);
  out->sop_class_uid = std::move(entry->sop_class_uid);
  out->transfer_syntax = std::move(entry->transfer_syntax);
  return out;
}

std::unique_ptr<service::EntityCursor> FolderStore::candidates(service::QueryLevel level,
                                                               const service::Scope& scope) const {
  return std::make_unique<FolderCursor>(*index_, level, scope, [this](const std::string& uid) { return head_of(uid); });
}

std::string FolderStore::summary() const {
  std::string details;
  const auto add = [&](std::uint64_t count, std::string_view what, std::string_view then) {
    if (count != 0) details += fmt::format("{}{}{}", details.empty() ? " (" : ", ", plural(count, what), then);
  };
  add(recovery_.added, "file", " read");
  add(recovery_.dropped, "file", " gone");
  add(recovery_.unfinished, "unfinished file", " removed");
  add(recovery_.repeated, "file", " with an instance that another has, too");
  add(recovery_.others, "other file", " left alone");
  return plural(count(), "instance") + details + (details.empty() ? "" : ")");
}

}  // namespace assay::peers
