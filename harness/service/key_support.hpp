// A query SCP that knows fewer keys than ours does: which keys it has at which level, and how it matches them. Other
// keys are taken for what the standard says of unsupported ones: they neither match nor come back, and responses are
// pending with FF01H (PS3.4 C.4.1.1.4, C.2.2.1.3). Tests: tests/unit/service/key_support_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "harness/dataset/dataset.hpp"
#include "harness/service/matching.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

struct KeySupport {
  /// Of the Query/Retrieve models by level, and of the worklist without one.
  using Level = std::optional<QueryLevel>;
  struct Key {
    Level level;
    Tag tag;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  std::map<Key, std::set<MatchType>> keys;
  std::set<Level> stated;  // other levels have every key of ours
};

/// Takes what is not supported out of an Identifier: keys that are not known are gone, values that are not matched so
/// are empty. `unique` are keys that stay in any case. True when something was changed.
bool limit_keys(dataset::DataSet& identifier, const KeySupport& support, KeySupport::Level level,
                const std::set<Tag>& unique = {});

}  // namespace assay::service
