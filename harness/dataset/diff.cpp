#include "harness/dataset/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/base/digest.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/dump_people.hpp"

namespace assay::dataset {

namespace {

// Deeper paths are not written out for each of their differences.
constexpr std::size_t deepest_path = 100;

std::string_view without_padding(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

bool is_leaf(const Node& node) { return node.kind == NodeKind::element || node.kind == NodeKind::fragment; }

struct Side {
  const DataSet* data_set = nullptr;
  Endian endian = Endian::little;
  std::string_view character_set;

  [[nodiscard]] const Node& node(std::uint32_t index) const { return data_set->nodes()[index]; }
};

class Walk {
 public:
  Walk(const DataSet& first, const DataSet& second, const DiffOptions& options,
       const std::function<void(const Difference&)>& take)
      : options_(options), take_(take) {
    Level top;
    top.first = {&first, first.encoding().endian, {}};
    top.second = {&second, second.encoding().endian, {}};
    pair_elements(top, 0, static_cast<std::uint32_t>(first.nodes().size()), 0,
                  static_cast<std::uint32_t>(second.nodes().size()));
    levels_.push_back(std::move(top));
  }

  std::size_t run() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      path_.resize(level.path_size);
      if (level.next == level.pairs.size()) {
        levels_.pop_back();
        continue;
      }
      const Pair pair = level.pairs[level.next++];
      compare(pair);
    }
    return count_;
  }

 private:
  struct Pair {
    std::optional<std::uint32_t> first;
    std::optional<std::uint32_t> second;
    std::uint32_t number = 0;  // of items and fragments
  };
  struct Level {
    Side first;
    Side second;
    std::vector<Pair> pairs;
    std::size_t next = 0;
    std::size_t path_size = 0;
  };

  struct Place {
    Tag tag;
    std::uint32_t index;
  };

  std::vector<Place> elements(const Side& side, std::uint32_t from, std::uint32_t to, bool& ascending) const {
    std::vector<Place> places;
    ascending = true;
    for (std::uint32_t i = from; i < to; i = side.node(i).end) {
      const Node& node = side.node(i);
      if (node.vr == Vr::none && !options_.encoding) continue;         // out of place
      if (node.tag.is_group_length() && !options_.encoding) continue;  // says nothing about the content
      if (!places.empty() && node.tag < places.back().tag) ascending = false;
      places.push_back({node.tag, i});
    }
    if (!ascending)
      std::sort(places.begin(), places.end(),
                [](const Place& a, const Place& b) { return a.tag != b.tag ? a.tag < b.tag : a.index < b.index; });
    return places;
  }

  void pair_elements(Level& level, std::uint32_t a, std::uint32_t a_end, std::uint32_t b, std::uint32_t b_end) const {
    bool a_ascending = true;
    bool b_ascending = true;
    const auto left = elements(level.first, a, a_end, a_ascending);
    const auto right = elements(level.second, b, b_end, b_ascending);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < left.size() || j < right.size()) {
      if (j == right.size() || (i < left.size() && left[i].tag < right[j].tag)) {
        level.pairs.push_back({left[i++].index, std::nullopt});
      } else if (i == left.size() || right[j].tag < left[i].tag) {
        level.pairs.push_back({std::nullopt, right[j++].index});
      } else {
        level.pairs.push_back({left[i++].index, right[j++].index});
      }
    }
    look_for_character_set(level.first, left);
    look_for_character_set(level.second, right);
    if (options_.encoding && a_ascending != b_ascending) {
      Difference order;
      order.kind = DifferenceKind::encoding;
      order.path = path_.empty() ? "(top level)" : path_.substr(0, path_.size() - 1);
      order.first = a_ascending ? "ascending" : "not ascending";
      order.second = b_ascending ? "ascending" : "not ascending";
      order.what = "order";
      take_(order);
    }
  }

  static void look_for_character_set(Side& side, const std::vector<Place>& places) {
    for (const auto& place : places) {
      if (place.tag > tags::SpecificCharacterSet) return;
      if (place.tag == tags::SpecificCharacterSet && is_leaf(side.node(place.index)))
        side.character_set = without_padding(as_text(side.node(place.index).value));
    }
  }

  [[nodiscard]] std::string path(const Node& node, std::uint32_t number) const {
    const std::string last = number != 0 ? fmt::format("[{}]", number) : to_string(node.tag);
    if (levels_.size() > deepest_path) return fmt::format("...depth={}/{}", levels_.size() - 1, last);
    return path_ + last;
  }

  [[nodiscard]] std::string shown(const Side& side, std::uint32_t index) const {
    const Node& node = side.node(index);
    if (node.kind == NodeKind::item) return "item";
    if (is_leaf(node)) {
      if (options_.digest_bulk && is_bulk(node)) {
        Digest digest;
        digest.update(node.value);
        return fmt::format("{} bytes, digest {:016x}", node.value.size(), digest.value());
      }
      return value_for_people(node, side.endian, side.character_set, options_.longest);
    }
    std::size_t count = 0;
    for (std::uint32_t i = index + 1; i < node.end; i = side.node(i).end) ++count;
    return fmt::format("{} {}{}", count, node.kind == NodeKind::sequence ? "item" : "fragment", count == 1 ? "" : "s");
  }

  // The pairs of a level stand by ascending tags.
  [[nodiscard]] std::string_view creator_of(Tag tag) const {
    if (!tag.is_private() || tag.element < 0x1000) return {};
    const Level& level = levels_.back();
    const auto node = [&](const Pair& pair) -> const Node& {
      return pair.first ? level.first.node(*pair.first) : level.second.node(*pair.second);
    };
    const Tag wanted(tag.group, static_cast<std::uint16_t>(tag.element >> 8U));
    const auto at = std::lower_bound(level.pairs.begin(), level.pairs.end(), wanted,
                                     [&](const Pair& pair, Tag of) { return node(pair).tag < of; });
    if (at == level.pairs.end() || node(*at).tag != wanted || !is_leaf(node(*at))) return {};
    return without_padding(as_text(node(*at).value));
  }

  void report(DifferenceKind kind, const Pair& pair, std::string_view what = {}) {
    if (kind == DifferenceKind::same && !options_.same) return;
    const Level& level = levels_.back();
    Difference found;
    found.kind = kind;
    const Node& any = pair.first ? level.first.node(*pair.first) : level.second.node(*pair.second);
    found.path = path(any, pair.number);
    found.tag = any.tag;
    if (pair.number == 0) found.name = safe_text(element_name(any.tag, creator_of(any.tag), options_.private_names));
    if (pair.first) {
      found.first_vr = level.first.node(*pair.first).vr;
      found.first = shown(level.first, *pair.first);
    }
    if (pair.second) {
      found.second_vr = level.second.node(*pair.second).vr;
      found.second = shown(level.second, *pair.second);
    }
    found.what = what;
    if (kind != DifferenceKind::same && kind != DifferenceKind::encoding) ++count_;
    take_(found);
  }

  void compare(const Pair& pair) {
    const Level& level = levels_.back();
    const Node& any = pair.first ? level.first.node(*pair.first) : level.second.node(*pair.second);
    if (options_.ignore != nullptr && options_.ignore->matches(path(any, pair.number), any)) return;
    if (!pair.second) return report(DifferenceKind::only_first, pair);
    if (!pair.first) return report(DifferenceKind::only_second, pair);
    const Node& a = level.first.node(*pair.first);
    const Node& b = level.second.node(*pair.second);
    if (is_leaf(a) != is_leaf(b) || (!is_leaf(a) && a.kind != b.kind)) {
      // An empty sequence may come as an empty UN.
      const Node& leaf = is_leaf(a) ? a : b;
      const Node& other = is_leaf(a) ? b : a;
      const auto index = is_leaf(a) ? *pair.second : *pair.first;
      const bool both_empty = is_leaf(leaf) && leaf.value.empty() && other.end == index + 1;
      return report(both_empty ? DifferenceKind::same : DifferenceKind::changed, pair);
    }
    if (is_leaf(a)) return compare_values(pair, a, b);
    if (options_.encoding) {
      if (a.vr != b.vr) report(DifferenceKind::encoding, pair, "VR");
      if ((a.length == undefined_length) != (b.length == undefined_length))
        report(DifferenceKind::encoding, pair, "length form");
    }
    descend(pair, a, b);
  }

  void compare_values(const Pair& pair, const Node& a, const Node& b) {
    const Level& level = levels_.back();
    const bool identical = std::equal(a.value.begin(), a.value.end(), b.value.begin(), b.value.end());
    bool same = identical;
    const Vr vr = a.vr == Vr::UN ? b.vr : a.vr;
    if (is_text(vr) && is_text(b.vr == Vr::UN ? vr : b.vr)) {
      const auto left = without_padding(as_text(a.value));
      const auto right = without_padding(as_text(b.value));
      same = left == right;
      if (level.first.character_set != level.second.character_set && a.tag != tags::SpecificCharacterSet)
        same = displayed(left, vr, level.first.character_set) == displayed(right, vr, level.second.character_set);
    } else if (level.first.endian != level.second.endian && swap_size(vr) > 1) {
      same = equal_swapped(a.value, b.value, swap_size(vr));
    } else if (!same && a.value.size() != b.value.size()) {
      const bool longer_a = a.value.size() > b.value.size();
      const ByteView longer = longer_a ? a.value : b.value;
      const ByteView shorter = longer_a ? b.value : a.value;
      same = shorter.size() % 2 == 1 && longer.size() == shorter.size() + 1 && longer.back() == 0 &&
             std::equal(shorter.begin(), shorter.end(), longer.begin());
    }
    report(same ? DifferenceKind::same : DifferenceKind::changed, pair);
    if (!same || !options_.encoding) return;
    if (a.vr != b.vr) report(DifferenceKind::encoding, pair, "VR");
    if (!identical && level.first.endian == level.second.endian)
      report(DifferenceKind::encoding, pair,
             is_text(vr) && level.first.character_set != level.second.character_set ? "character set" : "padding");
    const auto header = [](const Side& side, const Node& node) {
      return side.data_set->raw(node).size() - node.value.size();
    };
    if (a.offset != no_offset && b.offset != no_offset && header(level.first, a) != header(level.second, b) &&
        level.first.data_set->encoding().explicit_vr == level.second.data_set->encoding().explicit_vr)
      report(DifferenceKind::encoding, pair, "header");
  }

  static bool equal_swapped(ByteView a, ByteView b, std::size_t unit) {
    if (a.size() != b.size()) return false;
    const std::size_t whole = a.size() / unit * unit;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i < whole ? i / unit * unit + (unit - 1 - i % unit) : i]) return false;
    return true;
  }

  // Into a sequence, an item or fragments.
  void descend(const Pair& pair, const Node& a, const Node& b) {
    Level inner;
    inner.first = levels_.back().first;
    inner.second = levels_.back().second;
    if (a.kind == NodeKind::sequence && a.vr == Vr::UN) inner.first.endian = Endian::little;
    if (b.kind == NodeKind::sequence && b.vr == Vr::UN) inner.second.endian = Endian::little;
    path_ += a.kind == NodeKind::item ? fmt::format("[{}]/", pair.number) : to_string(a.tag);
    inner.path_size = path_.size();
    const std::uint32_t from_a = *pair.first + 1;
    const std::uint32_t from_b = *pair.second + 1;
    if (a.kind == NodeKind::item) {
      pair_elements(inner, from_a, a.end, from_b, b.end);
      levels_.push_back(std::move(inner));
      return;
    }
    std::uint32_t i = from_a;
    std::uint32_t j = from_b;
    const auto skip_strays = [](const Side& side, std::uint32_t& at, std::uint32_t end) {
      while (at < end && side.node(at).kind == NodeKind::element) at = side.node(at).end;
    };
    for (std::uint32_t number = 1;; ++number) {
      skip_strays(inner.first, i, a.end);
      skip_strays(inner.second, j, b.end);
      if (i >= a.end && j >= b.end) break;
      Pair next{.first = std::nullopt, .second = std::nullopt, .number = number};
      if (i < a.end) {
        next.first = i;
        i = inner.first.node(i).end;
      }
      if (j < b.end) {
        next.second = j;
        j = inner.second.node(j).end;
      }
      inner.pairs.push_back(next);
    }
    levels_.push_back(std::move(inner));
  }

  const DiffOptions& options_;
  const std::function<void(const Difference&)>& take_;
  std::vector<Level> levels_;
  std::string path_;
  std::size_t count_ = 0;
};

}  // namespace

std::string_view name(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::same: return "same";
    case DifferenceKind::changed: return "changed";
    case DifferenceKind::only_first: return "only-first";
    case DifferenceKind::only_second: return "only-second";
    case DifferenceKind::encoding: break;
  }
  return "encoding";
}

std::expected<void, std::string> IgnoreList::add(std::string_view text) {
  const auto path = parse_tag_path(text);
  if (path) {
    if (path->steps.size() == 1 && path->steps[0].items == ItemChoice::none && path->steps[0].creator.empty())
      tags_.push_back(path->steps[0].tag);
    else
      path_globs_.push_back(to_string(*path));
    return {};
  }
  if (text.find_first_of("*?") == std::string_view::npos)
    return std::unexpected(
        fmt::format("'{}': at character {}: {}", printable(text), path.error().position + 1, path.error().message));
  (text.find_first_of("/[") == std::string_view::npos ? tag_globs_ : path_globs_).emplace_back(text);
  return {};
}

bool IgnoreList::matches(const std::string& path, const Node& node) const {
  if (uids_ && node.vr == Vr::UI) return true;
  const bool element = node.kind != NodeKind::item && node.kind != NodeKind::fragment;
  if (element && std::find(tags_.begin(), tags_.end(), node.tag) != tags_.end()) return true;
  const auto any = [](const std::vector<std::string>& globs, const std::string& text) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return glob_matches(glob, text); });
  };
  return (element && !tag_globs_.empty() && any(tag_globs_, to_string(node.tag))) || any(path_globs_, path);
}

std::size_t diff(const DataSet& first, const DataSet& second, const DiffOptions& options,
                 const std::function<void(const Difference&)>& take) {
  return Walk(first, second, options, take).run();
}

}  // namespace assay::dataset
