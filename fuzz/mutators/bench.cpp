#include "fuzz/mutators/bench.hpp"

namespace assay::fuzz {
namespace {

constexpr std::uint64_t undefined_length = 0xFFFFFFFF;
constexpr std::size_t most_places = 20'000;

void repair_node(layout::Node& node) {
  if (node.part == layout::Part::length && node.forced && *node.forced != undefined_length) node.forced.reset();
  for (auto& one : node.children) repair_node(one);
}

}  // namespace

void Bench::survey() {
  places_.clear();
  places_.push_back({&root_, 0, 0, 0});
  for (std::size_t at = 0; at < places_.size() && places_.size() < most_places; ++at) {
    auto& children = places_[at].node->children;
    for (std::size_t i = 0; i < children.size(); ++i) places_.push_back({&children[i], at, i, places_[at].depth + 1});
  }
}

std::size_t Bench::child(std::size_t block, std::string_view name) const {
  for (std::size_t i = block; i < places_.size(); ++i) {
    if (places_[i].up == block && places_[i].node->name == name) return i;
  }
  return none;
}

std::string Bench::path(std::size_t place) const {
  std::string out;
  while (place != 0) {
    const auto& here = places_[place];
    const auto& siblings = places_[here.up].node->children;
    std::size_t count = 1;
    for (std::size_t i = 0; i < here.index; ++i) count += siblings[i].name == here.node->name ? 1 : 0;
    std::string step = here.node->name;
    if (count > 1) step.append("[").append(std::to_string(count)).append("]");
    if (!out.empty()) step.append("/").append(out);
    out = std::move(step);
    place = here.up;
  }
  return out;
}

bool Bench::apply(layout::Operation operation, std::size_t place, Bytes bytes, std::size_t at) {
  layout::Modification m;
  m.operation = operation;
  m.path = path(place);
  m.bytes = std::move(bytes);
  m.at = at;
  const bool done = layout::apply(root_, m).has_value();
  survey();
  return done;
}

bool Bench::apply_number(layout::Operation operation, std::size_t place, std::int64_t number) {
  layout::Modification m;
  m.operation = operation;
  m.path = path(place);
  m.number = number;
  const bool done = layout::apply(root_, m).has_value();
  survey();
  return done;
}

void Bench::repair() { repair_node(root_); }

bool is_leaf(const Place& place) { return place.node->part == layout::Part::field && !place.node->bytes.empty(); }

bool is_number(const Place& place) {
  const auto size = place.node->bytes.size();
  return place.node->part == layout::Part::field && (size == 1 || size == 2 || size == 4);
}

bool is_element(const layout::Node& node) {
  return node.part == layout::Part::block && node.name.size() == 11 && node.name[0] == '(';
}

const layout::Node* child(const layout::Node& node, std::string_view name) {
  for (const auto& one : node.children) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::uint64_t number_of(const layout::Node& field) {
  switch (field.bytes.size()) {
    case 1: return field.bytes[0];
    case 2: return load<std::uint16_t>(field.bytes.data(), field.endian);
    case 4: return load<std::uint32_t>(field.bytes.data(), field.endian);
    default: return 0;
  }
}

Endian endian_of(const Bench& bench) {
  for (const auto& place : bench.places()) {
    if (place.node->name == "tag") return place.node->endian;
  }
  return Endian::little;
}

}  // namespace assay::fuzz
