// What a user's table adds to the IOD, judged by the same walk; and the conditions and lists of values of both.
#include <algorithm>
#include <map>

#include "conformance/iod/extension.hpp"
#include "conformance/iod/walk.hpp"

namespace assay::conformance::iod {

namespace {

/// Blocks of the top level by group and Private Creator (PS3.5 7.8.1), and which of a group nobody has reserved.
class PrivateBlocks {
 public:
  explicit PrivateBlocks(const Scope& root) {
    const auto& nodes = root.nodes();
    for (std::uint32_t i = root.first(); i < root.last(); i = nodes[i].end) {
      const Tag tag = nodes[i].tag;
      if (!tag.is_private() || tag.element < 0x10 || tag.element > 0xff) continue;
      const auto block = static_cast<std::uint16_t>(tag.element);
      if (const auto creator = text_value(nodes[i], 0); !creator.empty())
        blocks_[{tag.group, creator}].push_back(block);
      reserved_[tag.group].push_back(block);
    }
  }

  /// The tag in the block where the attribute stands, else in the creator's first, else in the first that is free.
  [[nodiscard]] Tag tag_of(const Scope& root, Tag attribute, std::string_view creator) const {
    const auto found = blocks_.find({attribute.group, creator});
    const auto in_block = [&](unsigned block) {
      return Tag(attribute.group, static_cast<std::uint16_t>(block << 8U | (attribute.element & 0xffU)));
    };
    if (found == blocks_.end()) return in_block(free_block(attribute.group));
    for (const auto block : found->second)
      if (root.find(in_block(block)) != Scope::none) return in_block(block);
    return in_block(found->second.front());
  }

 private:
  [[nodiscard]] unsigned free_block(std::uint16_t group) const {
    const auto taken = reserved_.find(group);
    unsigned block = 0x10;
    if (taken == reserved_.end()) return block;
    while (block < 0xff && std::ranges::find(taken->second, block) != taken->second.end()) ++block;
    return block;
  }

  std::map<std::pair<std::uint16_t, std::string_view>, std::vector<std::uint16_t>> blocks_;
  std::map<std::uint16_t, std::vector<std::uint16_t>> reserved_;
};

}  // namespace

void Walk::added(const Iod& iod, std::string_view sop_class_uid) {
  if (options_.extension == nullptr) return;
  const PrivateBlocks blocks(root_);
  for (const auto& one : options_.extension->rows()) {
    const auto& to = one.target;
    if (to.iod != nullptr && to.iod != &iod) continue;
    if (!to.sop_class.empty() && to.sop_class != sop_class_uid) continue;
    const bool has_module = std::ranges::find(iod.modules, to.module, &IodModule::module) != iod.modules.end();
    if (to.module != ModuleId::None && !has_module) continue;
    if (++steps_ >= max_steps) return;
    const Mode mode = to.module == ModuleId::None || judged_.contains(to.module) ? Mode::judge : Mode::know;
    Row row = one.row;
    if (!one.creator.empty()) row.tag = blocks.tag_of(root_, row.tag, one.creator);
    const auto node = root_.find(row.tag);
    // Nothing is said of its items, so all may stand in them, unless the IOD has something to say.
    if (node != Scope::none && root_.nodes()[node].kind == dataset::NodeKind::sequence && known_[node] == 0)
      row.kind = RowKind::sequence;
    const Module told{one.words, "", {}};
    attribute({root_, told, mode}, std::span(&row, 1), 0);
  }
}

const Condition& Walk::condition_of(ConditionId id) const {
  const auto index = static_cast<std::size_t>(id);
  const auto& known = compiled_conditions();
  return index < known.size() ? known[index] : options_.extension->condition(index - known.size());
}

std::string_view Walk::expression_of(ConditionId id) const {
  const auto index = static_cast<std::size_t>(id);
  const auto known = named_conditions();
  return index < known.size() ? known[index].expression : options_.extension->expression(index - known.size());
}

bool Walk::is_added(ListId id) { return static_cast<std::size_t>(id) >= value_lists().size(); }

Values Walk::list_of(ListId id, Vr vr) const {
  if (!is_added(id)) return values_of(id);
  return options_.extension->values(static_cast<std::size_t>(id) - value_lists().size(), vr);
}

}  // namespace assay::conformance::iod
