#include "conformance/iod/scope.hpp"

#include <algorithm>

namespace assay::conformance::iod {

Scope::Scope(const dataset::DataSet& data_set, const dataset::DataSet* meta)
    : data_set_(&data_set),
      meta_(meta),
      root_(this),
      first_(0),
      last_(static_cast<std::uint32_t>(data_set.nodes().size())),
      endian_(data_set.encoding().endian) {
  index();
}

Scope::Scope(const Scope& around, std::uint32_t item, Endian endian)
    : data_set_(around.data_set_),
      meta_(around.meta_),
      around_(&around),
      root_(around.root_),
      first_(item + 1),
      last_(around.nodes()[item].end),
      endian_(endian) {
  index();
}

void Scope::index() {
  constexpr std::size_t searched = 16;  // elements that are found faster one by one
  std::size_t count = 0;
  for (std::uint32_t i = first_; i < last_ && count <= searched; i = nodes()[i].end) ++count;
  if (count <= searched) return;
  for (std::uint32_t i = first_; i < last_; i = nodes()[i].end)
    if (nodes()[i].vr != Vr::none) index_.emplace_back(nodes()[i].tag.packed(), i);
  if (!std::ranges::is_sorted(index_)) std::ranges::sort(index_);
}

std::uint32_t Scope::find(Tag tag) const {
  if (index_.empty()) {
    for (std::uint32_t i = first_; i < last_; i = nodes()[i].end)
      if (nodes()[i].tag == tag && nodes()[i].vr != Vr::none) return i;
    return none;
  }
  const auto wanted = std::pair(tag.packed(), std::uint32_t{0});
  const auto found = std::ranges::lower_bound(index_, wanted);
  return found != index_.end() && found->first == wanted.first ? found->second : none;
}

}  // namespace assay::conformance::iod
