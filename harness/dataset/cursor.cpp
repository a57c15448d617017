#include "harness/dataset/cursor.hpp"

namespace assay::dataset {

namespace {

bool is_container(const Node& node) {
  return node.kind == NodeKind::sequence || node.kind == NodeKind::item || node.kind == NodeKind::fragments;
}

std::string_view unpadded(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

}  // namespace

Cursor::Cursor(const DataSet& data_set) : nodes_(&data_set.nodes()) {
  const auto count = static_cast<std::uint32_t>(nodes_->size());
  levels_.push_back({.node = 0,
                     .end = count,
                     .items = 0,
                     .first_creator = 0,
                     .endian = data_set.encoding().endian,
                     .signed_pixels = false,
                     .character_set = {}});
  look_ahead(0, count);
}

// What an element near the start of a level says about the others of it. Elements stand in ascending order, so the
// search is over soon.
void Cursor::look_ahead(std::uint32_t first, std::uint32_t end) {
  LevelState& level = levels_.back();
  for (std::uint32_t i = first; i < end; i = (*nodes_)[i].end) {
    const Node& node = (*nodes_)[i];
    if (node.tag > tags::SpecificCharacterSet) break;
    if (node.tag == tags::SpecificCharacterSet && node.kind == NodeKind::element)
      level.character_set = unpadded(as_text(node.value));
  }
}

void Cursor::enter(std::uint32_t container) {
  const Node& node = (*nodes_)[container];
  LevelState level = levels_.back();
  level.node = container;
  level.end = node.end;
  level.items = 0;
  level.first_creator = static_cast<std::uint32_t>(creators_.size());
  if (node.kind == NodeKind::sequence && node.vr == Vr::UN) level.endian = Endian::little;
  levels_.push_back(level);
  if (node.kind == NodeKind::item) look_ahead(container + 1, node.end);
}

void Cursor::leave() {
  while (creators_.size() > levels_.back().first_creator) {
    creator_of_block_[creators_.back().block] = creators_.back().shadowed;
    creators_.pop_back();
  }
  levels_.pop_back();
}

bool Cursor::arrive(std::uint32_t index) {
  index_ = index;
  while (levels_.size() > 1 && levels_.back().end <= index) leave();
  if (index >= nodes_->size()) return false;
  const Node& node = (*nodes_)[index];
  LevelState& level = levels_.back();
  const bool counted = node.kind == NodeKind::item || node.kind == NodeKind::fragment;
  item_number_ = counted ? ++level.items : 0;
  if (node.kind != NodeKind::element) return true;
  if (node.tag.is_private() && node.tag.element >= 0x10 && node.tag.element <= 0xff) {
    auto& last = creator_of_block_[node.tag.packed()];
    creators_.push_back({node.tag.packed(), last, unpadded(as_text(node.value))});
    last = static_cast<std::uint32_t>(creators_.size());
  }
  if (node.tag == tags::PixelRepresentation) {
    if (node.value.size() >= 2) level.signed_pixels = load<std::uint16_t>(node.value.data(), level.endian) == 1;
    if (node.value.size() == 1 && level.endian == Endian::little) level.signed_pixels = node.value[0] == 1;
  }
  return true;
}

bool Cursor::next() {
  if (!started_) {
    started_ = true;
    return arrive(0);
  }
  if (index_ >= nodes_->size()) return false;
  if (is_container(node()) && node().end > index_ + 1) enter(index_);
  return arrive(index_ + 1);
}

bool Cursor::skip_subtree() {
  if (!started_) return next();
  if (index_ >= nodes_->size()) return false;
  return arrive(node().end);
}

std::string Cursor::path() const {
  // Of very deep nesting the ends are told, as by the decoder.
  constexpr std::size_t told = 64;  // levels at each end
  const std::size_t depth = levels_.size() - 1;
  std::string text;
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    if (depth > 2 * told && i == told + 1) {
      i = depth - told - (depth & 1U) + 1;  // from a sequence on
      text += "...";
    }
    const Node& container = (*nodes_)[levels_[i].node];
    if (container.kind == NodeKind::item) {
      text += '[' + std::to_string(levels_[i - 1].items) + "]/";
    } else {
      text += to_string(container.tag);
    }
  }
  if (item_number_ != 0) return text + '[' + std::to_string(item_number_) + ']';
  if (levels_.size() > 1 && around(0).kind != NodeKind::item) text += '/';  // a stray, directly in a sequence
  return text + to_string(node().tag);
}

std::string_view Cursor::creator_of(Tag tag) const {
  if (!tag.is_private() || tag.element < 0x1000) return {};
  const auto found = creator_of_block_.find(Tag(tag.group, static_cast<std::uint16_t>(tag.element >> 8)).packed());
  if (found == creator_of_block_.end() || found->second <= levels_.back().first_creator) return {};
  return creators_[found->second - 1].name;
}

std::string_view Cursor::creator() const { return creator_of(node().tag); }

}  // namespace assay::dataset
