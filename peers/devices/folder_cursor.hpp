// The entities of an archive folder, one at a time: every step is a look-up in the index, so that nothing is held
// between two steps but the keys of the last one, however many entities there are.
// Tests: tests/loopback/folder_store_test.cpp
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/service/store.hpp"
#include "peers/devices/folder_index.hpp"

namespace assay::peers {

class FolderCursor final : public service::EntityCursor {
 public:
  /// An instance that stands for an entity, without its Data Set; null when it cannot be read.
  using Load = std::function<service::InstancePtr(const std::string& sop_instance_uid)>;

  FolderCursor(FolderIndex& index, service::QueryLevel level, const service::Scope& scope, Load load);
  std::optional<service::Entity> next() override;

 private:
  /// Which keys of a level are looked for: all, or these, in ascending order.
  struct Wanted {
    bool all = true;
    std::vector<std::string> keys;
    void only(std::vector<std::string> those);
  };

  bool forward(std::size_t level);
  std::optional<std::string> next_key(std::size_t level);

  FolderIndex& index_;
  service::QueryLevel level_;
  Load load_;
  std::array<Wanted, 4> wanted_;
  FolderKeys at_;
  std::array<bool, 4> begun_{};  // a key of this level was found under the present ones above it
};

}  // namespace assay::peers
