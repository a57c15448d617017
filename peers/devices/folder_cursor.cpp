#include "peers/devices/folder_cursor.hpp"

#include <algorithm>

namespace assay::peers {

using service::QueryLevel;

void FolderCursor::Wanted::only(std::vector<std::string> those) {
  std::ranges::sort(those);
  const auto repeated = std::ranges::unique(those);
  those.erase(repeated.begin(), repeated.end());
  if (all) {
    keys = std::move(those);
  } else {
    std::erase_if(keys, [&](const std::string& key) { return !std::ranges::binary_search(those, key); });
  }
  all = false;
}

FolderCursor::FolderCursor(FolderIndex& index, QueryLevel level, const service::Scope& scope, Load load)
    : index_(index), level_(level), load_(std::move(load)) {
  const std::array lists{scope.patient_id.empty() ? std::vector<std::string>{} : std::vector{scope.patient_id},
                         scope.study_uids, scope.series_uids, scope.instance_uids};
  for (std::size_t i = 0; i <= static_cast<std::size_t>(level); ++i)
    if (!lists[i].empty()) wanted_[i].only(lists[i]);
  // Who names instances or studies shall not wait until all patients have been asked for them.
  if (level == QueryLevel::image && !scope.instance_uids.empty()) {
    std::array<std::vector<std::string>, 3> above;
    for (const auto& uid : wanted_[3].keys)
      if (const auto keys = index_.keys_of(uid))
        for (std::size_t i = 0; i < above.size(); ++i) above[i].push_back((*keys)[i]);
    for (std::size_t i = 0; i < above.size(); ++i) wanted_[i].only(std::move(above[i]));
  } else if (level >= QueryLevel::study && scope.patient_id.empty() && !scope.study_uids.empty()) {
    std::vector<std::string> patients;
    for (const auto& study : wanted_[1].keys)
      for (auto& patient : index_.patients_of(study)) patients.push_back(std::move(patient));
    wanted_[0].only(std::move(patients));
  }
}

/// The next key of a level under the keys above it, after the one we stand on.
std::optional<std::string> FolderCursor::next_key(std::size_t level) {
  // Nothing stands between a key and the same with a NUL behind it.
  std::string from = begun_[level] ? at_[level] + '\0' : std::string();
  const auto& wanted = wanted_[level];
  for (;;) {
    if (!wanted.all) {
      const auto one = std::ranges::lower_bound(wanted.keys, from);
      if (one == wanted.keys.end()) return std::nullopt;
      from = *one;
    }
    auto found = index_.next_key(static_cast<QueryLevel>(level), at_, from);
    if (!found || wanted.all || *found == from) return found;
    from = std::move(*found);  // what is wanted is not there: look on from what is
  }
}

bool FolderCursor::forward(std::size_t level) {
  if (level > 0 && !begun_[level - 1] && !forward(level - 1)) return false;
  for (;;) {
    if (auto key = next_key(level)) {
      at_[level] = std::move(*key);
      begun_[level] = true;
      return true;
    }
    begun_[level] = false;
    if (level == 0 || !forward(level - 1)) return false;
  }
}

std::optional<service::Entity> FolderCursor::next() {
  const auto level = static_cast<std::size_t>(level_);
  while (forward(level)) {
    // The first instance below stands for the entity.
    auto keys = at_;
    bool whole = true;
    for (std::size_t i = level + 1; i < keys.size() && whole; ++i) {
      const auto key = index_.next_key(static_cast<QueryLevel>(i), keys, "");
      whole = key.has_value();
      if (whole) keys[i] = *key;
    }
    if (!whole) continue;
    auto representative = load_(keys[3]);
    if (!representative) continue;
    auto out = index_.count_below(level_, at_);
    out.representative = std::move(representative);
    return out;
  }
  return std::nullopt;
}

}  // namespace assay::peers
