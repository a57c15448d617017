// The index of an archive folder in SQLite: what lies where, and the tree of patient, study, series and image. It holds
// nothing that the files do not say, so that it may be thrown away at any time. Tests:
// tests/loopback/folder_store_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/service/store.hpp"
#include "peers/devices/folder_files.hpp"
#include "peers/devices/sqlite.hpp"

namespace assay::peers {

/// Patient ID, Study, Series and SOP Instance UID.
using FolderKeys = std::array<std::string, 4>;

class FolderIndex {
 public:
  /// A file, which is made if need be, or ":memory:". The error says what to do: a file of another program, one that is
  /// damaged or in use is left as it is.
  static std::expected<std::unique_ptr<FolderIndex>, std::string> open(const std::string& file);

  // Every one of these is false or empty after an error, which error() then tells.
  bool begin();
  bool commit();
  void rollback();
  /// In place of what was there under this UID or path.
  bool put(const FolderEntry& entry);
  bool erase(std::string_view sop_instance_uid);
  [[nodiscard]] std::optional<FolderEntry> by_uid(std::string_view sop_instance_uid, bool with_head);
  [[nodiscard]] std::optional<FolderEntry> by_path(std::string_view path);
  /// Where every instance lies and what its file was, in ascending order of an own number above `after`, at most
  /// `limit`.
  struct Place {
    std::int64_t number = 0;
    std::string uid;
    std::string path;
    Stamp stamp;
  };
  [[nodiscard]] std::vector<Place> places(std::int64_t after, std::size_t limit);

  /// The first key of a level that is not below `from`, under the keys of the levels above it.
  [[nodiscard]] std::optional<std::string> next_key(service::QueryLevel level, const FolderKeys& above,
                                                    std::string_view from);
  /// The keys of an instance.
  [[nodiscard]] std::optional<FolderKeys> keys_of(std::string_view sop_instance_uid);
  /// The patients who have this study.
  [[nodiscard]] std::vector<std::string> patients_of(std::string_view study_uid);
  /// Counts and lists of the entity under these keys.
  [[nodiscard]] service::Entity count_below(service::QueryLevel level, const FolderKeys& keys);

  [[nodiscard]] std::uint64_t count();
  [[nodiscard]] std::string error() const { return database_->error(); }

 private:
  FolderIndex() = default;
  bool prepare();

  std::unique_ptr<sqlite::Database> database_;  // outlives the statements
  struct Statements;
  struct Forget {
    void operator()(Statements* statements) const;
  };
  std::unique_ptr<Statements, Forget> statements_;
};

}  // namespace assay::peers
