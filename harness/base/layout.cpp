#include "harness/base/layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace assay::layout {
namespace {

constexpr std::array<std::string_view, 9> operation_names{"set",   "add",       "xor",  "insert",  "append",
                                                          "erase", "duplicate", "move", "truncate"};

void put_number(Bytes& out, std::uint64_t value, std::size_t width, Endian endian) {
  for (std::size_t i = 0; i < width; ++i) {
    const auto shift = 8 * (endian == Endian::big ? width - 1 - i : i);
    out.push_back(shift < 64 ? static_cast<std::uint8_t>(value >> shift) : std::uint8_t{0});
  }
}

std::uint64_t number_of(ByteView bytes, Endian endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto shift = 8 * (endian == Endian::big ? bytes.size() - 1 - i : i);
    value |= static_cast<std::uint64_t>(bytes[i]) << shift;
  }
  return value;
}

bool is_number_width(std::size_t width) { return width == 1 || width == 2 || width == 4 || width == 8; }

void write(const Node& node, Bytes& out);

/// Overwrites the lengths among the children, now that the end of every child is known. `ends` holds them.
void fill_lengths(const Node& parent, const std::vector<std::size_t>& ends, Bytes& out) {
  Bytes raw;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto& node = parent.children[i];
    if (node.part != Part::length) continue;
    const auto last = node.span == 0 || node.span > ends.size() - 1 - i ? ends.size() - 1 : i + node.span;
    const auto count = static_cast<std::uint64_t>(ends[last] - ends[i]);
    raw.clear();
    put_number(raw, node.forced ? *node.forced : count + static_cast<std::uint64_t>(node.bias), node.width,
               node.endian);
    std::copy(raw.begin(), raw.end(), out.begin() + static_cast<std::ptrdiff_t>(ends[i] - node.width));
  }
}

void write_children(const Node& parent, Bytes& out) {
  std::vector<std::size_t> ends;
  ends.reserve(parent.children.size());
  for (const auto& child : parent.children) {
    write(child, out);
    ends.push_back(out.size());
  }
  fill_lengths(parent, ends, out);
}

void write(const Node& node, Bytes& out) {
  switch (node.part) {
    case Part::field: append(out, ByteView(node.bytes)); break;
    case Part::length:
      // Alone (as the root) it counts nothing; in a block the parent overwrites it with the count.
      put_number(out, node.forced ? *node.forced : static_cast<std::uint64_t>(node.bias), node.width, node.endian);
      break;
    case Part::block: write_children(node, out); break;
  }
}

struct Step {
  std::string_view name;
  std::size_t index = 1;
};

/// "name[3]" -> {name, 3}; nothing when the index is not a positive number.
std::optional<Step> step_from(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.back() != ']') return Step{text, 1};
  const auto open = text.rfind('[');
  if (open == std::string_view::npos || open == 0) return std::nullopt;
  const auto digits = text.substr(open + 1, text.size() - open - 2);
  std::size_t index = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, index);
  if (failure != std::errc{} || stop != end || index == 0) return std::nullopt;
  return Step{text.substr(0, open), index};
}

/// The child names of a block, each once, with "[n]" behind those that occur n times.
std::string names_in(const Node& node) {
  if (node.part != Part::block) return "it has no parts";
  if (node.children.empty()) return "it is empty";
  std::vector<std::pair<std::string_view, std::size_t>> counts;
  for (const auto& child : node.children) {
    const auto known = std::ranges::find(counts, std::string_view(child.name), [](const auto& c) { return c.first; });
    if (known == counts.end()) {
      counts.emplace_back(child.name, 1);
    } else {
      ++known->second;
    }
  }
  std::string out = "there are: ";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i > 0) out += ", ";
    out += counts[i].first;
    if (counts[i].second > 1) out.append("[").append(std::to_string(counts[i].second)).append("]");
  }
  return out;
}

/// A node together with its place among its siblings; the root has no parent.
struct Place {
  Node* parent = nullptr;
  std::size_t index = 0;
  Node* node = nullptr;
};

std::string quoted(std::string_view text) { return std::string("'").append(text).append("'"); }

std::expected<Place, LocalError> locate(Node& root, std::string_view path) {
  Place place{nullptr, 0, &root};
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto text = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    const auto here = place.parent == nullptr ? std::string("the message") : quoted(place.node->name);
    const auto step = step_from(text);
    if (!step || (slash != std::string_view::npos && path.empty())) {
      return std::unexpected(LocalError{"bad address step " + quoted(text) + "; write name or name[2], split by '/'"});
    }
    auto& children = place.node->children;
    std::size_t seen = 0;
    std::size_t at = 0;
    while (at < children.size() && (children[at].name != step->name || ++seen != step->index)) ++at;
    if (at == children.size()) {
      return std::unexpected(LocalError{"no " + quoted(text) + " in " + here + "; " + names_in(*place.node)});
    }
    place = {place.node, at, &children[at]};
  }
  return place;
}

std::unexpected<LocalError> unfit(const Modification& m, std::string_view why) {
  const auto where = m.path.empty() ? std::string("the message") : quoted(m.path);
  std::string text(name(m.operation));
  text.append(" on ").append(where).append(": ").append(why);
  return std::unexpected(LocalError{std::move(text)});
}

std::expected<void, LocalError> set(Node& node, const Modification& m) {
  if (node.part == Part::block) return unfit(m, "a block has no value; set one of its parts (" + names_in(node) + ")");
  const bool is_length = node.part == Part::length;
  if (!m.number) {
    if (!is_length) {
      node.bytes = m.bytes;
      return {};
    }
    if (m.bytes.size() != node.width) {
      return unfit(m, "the length has " + std::to_string(node.width) + " bytes, not " + std::to_string(m.bytes.size()));
    }
    node.forced = number_of(m.bytes, node.endian);
    return {};
  }
  const auto value = static_cast<std::uint64_t>(*m.number);
  if (is_length) {
    node.forced = value;
    return {};
  }
  const auto width = node.bytes.size();
  if (!is_number_width(width)) {
    return unfit(m, "a field of " + std::to_string(width) + " bytes holds no number; give bytes");
  }
  node.bytes.clear();
  put_number(node.bytes, value, width, node.endian);
  return {};
}

std::expected<void, LocalError> add(Node& node, const Modification& m) {
  if (!m.number) return unfit(m, "a number is needed");
  const auto amount = static_cast<std::uint64_t>(*m.number);
  if (node.part == Part::block) return unfit(m, "a block is no number");
  if (node.part == Part::length) {
    if (node.forced) {
      *node.forced += amount;
    } else {
      node.bias = static_cast<std::int64_t>(static_cast<std::uint64_t>(node.bias) + amount);
    }
    return {};
  }
  const auto width = node.bytes.size();
  if (!is_number_width(width)) return unfit(m, "a field of " + std::to_string(width) + " bytes holds no number");
  const auto value = number_of(node.bytes, node.endian) + amount;
  node.bytes.clear();
  put_number(node.bytes, value, width, node.endian);
  return {};
}

std::expected<void, LocalError> xor_bytes(Node& node, const Modification& m) {
  if (node.part != Part::field) return unfit(m, "only the bytes of a field can be changed this way");
  if (m.bytes.empty()) return unfit(m, "bytes are needed");
  for (std::size_t i = 0; i < node.bytes.size(); ++i) node.bytes[i] ^= m.bytes[i % m.bytes.size()];
  return {};
}

std::expected<void, LocalError> insert_at(Node& node, const Modification& m, std::size_t at) {
  if (node.part == Part::length) return unfit(m, "a length keeps its width; insert a sibling before or after it");
  const auto size = node.part == Part::field ? node.bytes.size() : node.children.size();
  if (at > size) {
    return unfit(m, "position " + std::to_string(at) + " is past the end (" + std::to_string(size) +
                        (node.part == Part::field ? " bytes)" : " parts)"));
  }
  const auto offset = static_cast<std::ptrdiff_t>(at);
  if (node.part == Part::field) {
    node.bytes.insert(node.bytes.begin() + offset, m.bytes.begin(), m.bytes.end());
  } else {
    node.children.insert(node.children.begin() + offset, field("raw", m.bytes));
  }
  return {};
}

std::expected<void, LocalError> truncate(Node& node, const Modification& m) {
  if (!m.number || *m.number < 0) return unfit(m, "the number of bytes to keep is needed");
  if (node.part == Part::length) return unfit(m, "a length keeps its width; truncate what follows it, or erase it");
  const auto keep = static_cast<std::uint64_t>(*m.number);
  if (node.part == Part::block) node = field(node.name, serialise(node), node.endian);
  if (keep < node.bytes.size()) node.bytes.resize(static_cast<std::size_t>(keep));
  return {};
}

void move_child(Node& parent, std::size_t from, std::size_t to) {
  auto& children = parent.children;
  Node taken = std::move(children[from]);
  children.erase(children.begin() + static_cast<std::ptrdiff_t>(from));
  const auto place = static_cast<std::ptrdiff_t>(std::min(to, children.size()));
  children.insert(children.begin() + place, std::move(taken));
}

}  // namespace

Node field(std::string name, Bytes bytes, Endian endian) {
  Node node;
  node.name = std::move(name);
  node.endian = endian;
  node.bytes = std::move(bytes);
  return node;
}

Node field(std::string name, std::string_view text) { return field(std::move(name), to_bytes(text)); }

Node number8(std::string name, std::uint8_t value) { return field(std::move(name), Bytes{value}); }

Node number16(std::string name, std::uint16_t value, Endian endian) {
  Bytes bytes;
  store(bytes, value, endian);
  return field(std::move(name), std::move(bytes), endian);
}

Node number32(std::string name, std::uint32_t value, Endian endian) {
  Bytes bytes;
  store(bytes, value, endian);
  return field(std::move(name), std::move(bytes), endian);
}

Node length_of_rest(std::string name, std::uint8_t width, Endian endian) {
  Node node;
  node.name = std::move(name);
  node.part = Part::length;
  node.endian = endian;
  node.width = width;
  return node;
}

Node length_of_next(std::string name, std::uint8_t width, Endian endian) {
  Node node = length_of_rest(std::move(name), width, endian);
  node.span = 1;
  return node;
}

Node block(std::string name, std::vector<Node> children) {
  Node node;
  node.name = std::move(name);
  node.part = Part::block;
  node.children = std::move(children);
  return node;
}

Bytes serialise(const Node& root) {
  Bytes out;
  write(root, out);
  return out;
}

std::string_view name(Operation operation) { return operation_names[static_cast<std::size_t>(operation)]; }

std::optional<Operation> operation_from(std::string_view name) {
  const auto at = std::ranges::find(operation_names, name);
  if (at == operation_names.end()) return std::nullopt;
  return static_cast<Operation>(at - operation_names.begin());
}

const Node* find(const Node& root, std::string_view path) {
  // locate() changes nothing; it takes a mutable root only because apply() needs the node it finds.
  const auto place = locate(const_cast<Node&>(root), path);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  return place ? place->node : nullptr;
}

std::expected<void, LocalError> apply(Node& root, const Modification& modification) {
  const auto place = locate(root, modification.path);
  if (!place) return std::unexpected(place.error());
  auto& node = *place->node;
  switch (modification.operation) {
    case Operation::set: return set(node, modification);
    case Operation::add: return add(node, modification);
    case Operation::xor_bytes: return xor_bytes(node, modification);
    case Operation::insert: return insert_at(node, modification, modification.at);
    case Operation::append:
      return insert_at(node, modification, node.part == Part::field ? node.bytes.size() : node.children.size());
    case Operation::truncate: return truncate(node, modification);
    case Operation::erase:
    case Operation::duplicate:
    case Operation::move: break;
  }
  if (place->parent == nullptr) return unfit(modification, "the whole message has no siblings");
  auto& siblings = place->parent->children;
  const auto at = siblings.begin() + static_cast<std::ptrdiff_t>(place->index);
  if (modification.operation == Operation::erase) {
    siblings.erase(at);
  } else if (modification.operation == Operation::duplicate) {
    Node copy = node;
    siblings.insert(at + 1, std::move(copy));
  } else {
    move_child(*place->parent, place->index, modification.at);
  }
  return {};
}

}  // namespace assay::layout
