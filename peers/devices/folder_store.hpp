// An archive on disk: a folder of DICOM Part 10 files (PS3.10 7) and an index over them. What put() said it has stored
// stays, whatever happens to the process: the file is whole and in its place before the index knows of it, and at the
// start the index is held against the files. Files of others in the folder are served where they lie and never changed.
// Tests: tests/loopback/folder_store_test.cpp and folder_recovery_test.cpp, tests/interop/archive_keeps_test.py
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "harness/service/store.hpp"
#include "peers/devices/folder_index.hpp"

namespace assay::peers {

struct FolderStoreOptions {
  std::string folder;  // made when only its last part is missing
  std::string index;   // file; "" = index.sqlite in the folder, ":memory:" = none, all files are read at each start
  /// Every instance is on the disk before it is acknowledged; else it outlives the process, but no power failure.
  bool sync = true;
  std::function<void(std::string)> log;  // what a person should know: why something is refused, what is left out
};

class FolderStore final : public service::InstanceStore {
 public:
  /// What was found at the start.
  struct Recovery {
    std::uint64_t instances = 0;   // now there
    std::uint64_t added = 0;       // files that the index did not know, or that had changed
    std::uint64_t dropped = 0;     // of which the index knew and that have gone
    std::uint64_t unfinished = 0;  // files removed that were being written when the last process ended
    std::uint64_t repeated = 0;    // files with an instance that another file has, too: left out
    std::uint64_t others = 0;      // files that are no composite instance: left alone
  };

  /// The error says what to do.
  static std::expected<std::unique_ptr<FolderStore>, std::string> open(FolderStoreOptions options);
  ~FolderStore() override;

  /// `full` when the disk is full or cannot be written; then nothing has changed.
  service::PutResult put(service::Instance instance, bool replace) override;
  [[nodiscard]] service::InstancePtr find(std::string_view sop_instance_uid) const override;
  /// Representatives have keys and attributes, but no Data Set.
  [[nodiscard]] std::unique_ptr<service::EntityCursor> candidates(service::QueryLevel level,
                                                                  const service::Scope& scope) const override;

  /// Takes an instance out, with its file. The error says why not: there is none, or the file is somebody else's.
  std::expected<void, std::string> erase(std::string_view sop_instance_uid);

  [[nodiscard]] const Recovery& recovery() const { return recovery_; }
  [[nodiscard]] std::uint64_t count() const { return index_->count(); }
  /// "12 instances (2 new, 1 file of an instance that was there already left out)".
  [[nodiscard]] std::string summary() const;

 private:
  FolderStore() = default;
  std::expected<void, std::string> recover();
  bool forget_missing();
  bool learn(const std::string& path);
  [[nodiscard]] std::string free_path(const service::Instance& instance) const;
  [[nodiscard]] service::InstancePtr head_of(const std::string& sop_instance_uid) const;
  std::expected<void, std::string> keep(const service::Instance& instance, const std::optional<FolderEntry>& before);
  [[nodiscard]] bool is_index(const std::string& path) const;
  void log(std::string line) const {
    if (options_.log) options_.log(std::move(line));
  }

  FolderStoreOptions options_;
  std::string index_below_;  // its path when it lies in the folder
  int lock_ = -1;
  std::unique_ptr<FolderIndex> index_;
  Recovery recovery_;
  std::set<std::string> repeated_;  // while recovering: files that are left out
  bool refusing_ = false;           // the last put() failed: told once
};

}  // namespace assay::peers
