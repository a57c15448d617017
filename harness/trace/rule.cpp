#include "harness/trace/rule.hpp"

#include <algorithm>

namespace assay::trace {
namespace {

bool before(const RuleInfo& info, std::string_view id) { return info.id < id; }

}  // namespace

void RuleBook::add(Rule rule) {
  describe(rule.infos);
  rules_.push_back(std::move(rule));
}

void RuleBook::describe(std::span<const RuleInfo> infos) {
  infos_.reserve(infos_.size() + infos.size());
  for (const auto& info : infos) {
    const auto at = std::lower_bound(infos_.begin(), infos_.end(), info.id, before);
    if (at == infos_.end() || at->id != info.id) infos_.insert(at, info);
  }
}

const RuleInfo* RuleBook::find(std::string_view id) const {
  const auto at = std::lower_bound(infos_.begin(), infos_.end(), id, before);
  return at == infos_.end() || at->id != id ? nullptr : &*at;
}

}  // namespace assay::trace
