#include "harness/dataset/tag_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "harness/base/edit_distance.hpp"
#include "harness/base/hex.hpp"

namespace assay::dataset {

namespace {

constexpr std::string_view keywords[] = {
#define ASSAY_TAG(keyword, group, element) #keyword,
#include "harness/dict/generated_tags.inc"
#undef ASSAY_TAG
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Which letters are in a word, whatever their case; other characters share the bits that are left.
std::uint32_t letters_of(std::string_view word) {
  std::uint32_t out = 0;
  for (const char c : word) {
    const auto small = static_cast<unsigned char>(lower(c));
    out |= std::uint32_t{1} << (small >= 'a' && small <= 'z' ? small - 'a' : 26 + small % 6);
  }
  return out;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); }
bool is_word(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<TagPath, PathError> run() {
    TagPath path;
    while (true) {
      TagStep step;
      const std::size_t start = at_;
      if (!(peek() == '(' ? bracketed(step) : bare(step))) return std::unexpected(error_);
      if (peek() == '[' && !item(step)) return std::unexpected(error_);
      const bool end = at_ == text_.size();
      if (!end && peek() != '/')
        return std::unexpected(PathError{at_, fmt::format("'{}' where '/', '[' or the end of the path is expected",
                                                          printable(text_.substr(at_, 1)))});
      if (!end && step.items == ItemChoice::none)
        return std::unexpected(
            PathError{at_, fmt::format("which item of {}? Write {}[1]/..., or [*] for every item", to_string(step),
                                       printable(text_.substr(start, at_ - start)))});
      if (!end && step.items == ItemChoice::behind)
        return std::unexpected(PathError{at_ - 2, "[+] can only stand at the end of a path"});
      path.steps.push_back(std::move(step));
      if (end) return path;
      ++at_;
    }
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool fail(std::size_t position, std::string message) {
    error_ = {position, std::move(message)};
    return false;
  }

  bool number16(std::uint16_t& value, bool& block_open) {
    const auto digits = text_.substr(at_, 4);
    block_open = digits.size() == 4 && lower(digits[0]) == 'x' && lower(digits[1]) == 'x';
    const std::size_t skip = block_open ? 2 : 0;
    if (digits.size() != 4 || !std::all_of(digits.begin() + static_cast<std::ptrdiff_t>(skip), digits.end(), is_hex))
      return fail(at_, "four hexadecimal digits are expected here, as in (0010,0020)");
    std::from_chars(digits.data() + skip, digits.data() + 4, value, 16);
    at_ += 4;
    return true;
  }

  // (gggg,eeee) or (gggg,xxee,CREATOR) or (gggg,xxee,"CREATOR")
  bool bracketed(TagStep& step) {
    ++at_;
    bool open = false;
    const std::size_t group_at = at_;
    if (!number16(step.tag.group, open)) return false;
    if (open) return fail(group_at, "only the block of a private element may be written xx");
    if (peek() != ',') return fail(at_, "a comma is expected between group and element, as in (0010,0020)");
    ++at_;
    const std::size_t element_at = at_;
    if (!number16(step.tag.element, open)) return false;
    if (peek() == ',') {
      ++at_;
      const std::size_t creator_at = at_;
      const bool quoted = peek() == '"';
      if (quoted) ++at_;
      const auto end = text_.find(quoted ? '"' : ')', at_);
      if (end == std::string_view::npos) return fail(creator_at, "the Private Creator has no end");
      step.creator = std::string(text_.substr(at_, end - at_));
      at_ = end + (quoted ? 1 : 0);
      if (step.creator.empty()) return fail(creator_at, "the name of a Private Creator is expected here");
      if (!step.tag.is_private())
        return fail(group_at, "a Private Creator is only possible with an odd group number (PS3.5 7.8)");
      if (!open && step.tag.element > 0xff)
        return fail(element_at, "write xx for the block, as in (0029,xx10,CREATOR): the creator says which it is");
      step.tag.element &= 0xff;
    } else if (open) {
      return fail(element_at, "the block xx needs its Private Creator, as in (0029,xx10,CREATOR)");
    }
    if (peek() != ')') return fail(at_, "')' is expected here");
    ++at_;
    return true;
  }

  // ggggeeee, gggg,eeee or a keyword
  bool bare(TagStep& step) {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || (text_[at_] == ',' && at_ - start == 4))) ++at_;
    const auto word = text_.substr(start, at_ - start);
    if (word.empty()) return fail(start, "a tag or a keyword is expected here");
    const auto tag = dict::tag_of(word);
    if (!tag) {
      const auto similar = similar_keyword(word);
      return fail(start, fmt::format("'{}' is no tag and no keyword of PS3.6{}", word,
                                     similar.empty() ? "" : fmt::format("; did you mean {}?", similar)));
    }
    step.tag = *tag;
    return true;
  }

  bool item(TagStep& step) {
    const std::size_t start = ++at_;
    const auto end = text_.find(']', start);
    if (end == std::string_view::npos) return fail(start - 1, "'[' without ']'");
    const auto inside = text_.substr(start, end - start);
    if (inside == "*") {
      step.items = ItemChoice::all;
    } else if (inside == "+") {
      step.items = ItemChoice::behind;
    } else {
      step.items = ItemChoice::number;
      const auto [rest, wrong] = std::from_chars(inside.data(), inside.data() + inside.size(), step.number);
      if (wrong != std::errc() || rest != inside.data() + inside.size())
        return fail(start, "an item number, * or + is expected between [ and ]");
      if (step.number == 0) return fail(start, "items count from 1");
    }
    at_ = end + 1;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PathError error_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

void look_for_character_set(const DataSet& data_set, Place& place) {
  for (std::uint32_t i = place.first; i < place.last; i = data_set.nodes()[i].end) {
    const Node& node = data_set.nodes()[i];
    if (node.tag > tags::SpecificCharacterSet) return;
    if (node.tag == tags::SpecificCharacterSet && node.kind == NodeKind::element)
      place.character_set = trimmed(as_text(node.value));
  }
}

}  // namespace

std::string_view similar_keyword(std::string_view word) {
  static const auto letters = [] {
    std::array<std::uint32_t, std::size(keywords)> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = letters_of(keywords[i]);
    return out;
  }();
  const auto wanted = letters_of(word);
  std::size_t limit = std::clamp<std::size_t>(word.size() / 4, 1, 4);  // more slips make another word
  std::string_view best;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    // A slip brings in one new letter at most. This leaves few of the thousands to be compared, which matters when a
    // file has a mistake in every line.
    const auto more = static_cast<std::size_t>(std::popcount(wanted & ~letters[i]));
    const auto fewer = static_cast<std::size_t>(std::popcount(letters[i] & ~wanted));
    if (std::max(more, fewer) > limit) continue;
    const auto keyword = keywords[i];
    const auto away = edit_distance(word, keyword, limit);
    if (away > limit) continue;
    best = keyword;
    if (away == 0) return best;
    limit = away - 1;
  }
  return best;
}

std::expected<TagPath, PathError> parse_tag_path(std::string_view text) { return Parser(text).run(); }

std::string to_string(const TagStep& step) {
  const std::string_view quote = step.creator.contains(')') ? "\"" : "";
  std::string text = step.creator.empty() ? to_string(step.tag)
                                          : fmt::format("({:04X},xx{:02X},{}{}{})", step.tag.group,
                                                        step.tag.element & 0xffU, quote, step.creator, quote);
  if (step.items == ItemChoice::all) text += "[*]";
  if (step.items == ItemChoice::behind) text += "[+]";
  if (step.items == ItemChoice::number) text += fmt::format("[{}]", step.number);
  return text;
}

std::string to_string(const TagPath& path) {
  std::string text;
  for (const auto& step : path.steps) text += (text.empty() ? "" : "/") + to_string(step);
  return text;
}

std::optional<Tag> tag_at(const DataSet& data_set, const Place& place, const TagStep& step) {
  if (step.creator.empty()) return step.tag;
  for (std::uint32_t i = place.first; i < place.last; i = data_set.nodes()[i].end) {
    const Node& node = data_set.nodes()[i];
    if (node.tag.group != step.tag.group || node.tag.element < 0x10 || node.tag.element > 0xff) continue;
    if (node.kind == NodeKind::element && trimmed(as_text(node.value)) == step.creator)
      return Tag(step.tag.group, static_cast<std::uint16_t>(node.tag.element << 8 | (step.tag.element & 0xffU)));
  }
  return std::nullopt;
}

std::optional<std::uint32_t> find_at(const DataSet& data_set, const Place& place, Tag tag) {
  for (std::uint32_t i = place.first; i < place.last; i = data_set.nodes()[i].end)
    if (data_set.nodes()[i].tag == tag) return i;
  return std::nullopt;
}

std::expected<std::vector<Place>, std::string> places_of(const DataSet& data_set, const TagPath& path,
                                                         std::size_t* missing) {
  const auto& nodes = data_set.nodes();
  Place root{.around = {},
             .first = 0,
             .last = static_cast<std::uint32_t>(nodes.size()),
             .explicit_vr = data_set.encoding().explicit_vr,
             .endian = data_set.encoding().endian,
             .character_set = {}};
  look_for_character_set(data_set, root);
  std::vector<Place> places{std::move(root)};
  for (std::size_t s = 0; s + 1 < path.steps.size(); ++s) {
    const TagStep& step = path.steps[s];
    std::vector<Place> inner;
    std::string why;
    for (const Place& place : places) {
      const auto tag = tag_at(data_set, place, step);
      const auto index = tag ? find_at(data_set, place, *tag) : std::nullopt;
      if (!index) {
        why = tag ? fmt::format("there is no {}", to_string(*tag))
                  : fmt::format("no Private Creator '{}' reserved a block of group {:04X}", printable(step.creator),
                                step.tag.group);
        continue;
      }
      const Node& sequence = nodes[*index];
      if (sequence.kind != NodeKind::sequence) {
        why = fmt::format("{} is no sequence", to_string(sequence.tag));
        continue;
      }
      std::uint32_t number = 0;
      for (std::uint32_t i = *index + 1; i < sequence.end; i = nodes[i].end) {
        if (nodes[i].kind != NodeKind::item) continue;
        ++number;
        if (step.items == ItemChoice::number && step.number != number) continue;
        Place next = place;
        next.around.push_back(*index);
        next.around.push_back(i);
        next.first = i + 1;
        next.last = nodes[i].end;
        if (sequence.vr == Vr::UN) {  // of undefined length: its content is implicit VR little endian (PS3.5 6.2.2)
          next.explicit_vr = false;
          next.endian = Endian::little;
        }
        look_for_character_set(data_set, next);
        inner.push_back(std::move(next));
      }
      if (step.items == ItemChoice::number && number < step.number)
        why = fmt::format("{} has {} item{}, not {}", to_string(sequence.tag), number, number == 1 ? "" : "s",
                          step.number);
      else if (number == 0)
        why = fmt::format("{} has no items", to_string(sequence.tag));
    }
    if (inner.empty()) {
      if (missing != nullptr) *missing = s;
      return std::unexpected(why);
    }
    places = std::move(inner);
  }
  return places;
}

std::vector<std::uint32_t> find_all(const DataSet& data_set, const TagPath& path) {
  std::vector<std::uint32_t> found;
  const auto places = places_of(data_set, path);
  if (!places) return found;
  const auto& nodes = data_set.nodes();
  const TagStep& step = path.steps.back();
  for (const Place& place : *places) {
    const auto tag = tag_at(data_set, place, step);
    const auto index = tag ? find_at(data_set, place, *tag) : std::nullopt;
    if (!index) continue;
    if (step.items == ItemChoice::none) {
      found.push_back(*index);
      continue;
    }
    std::uint32_t number = 0;
    for (std::uint32_t i = *index + 1; i < nodes[*index].end; i = nodes[i].end) {
      if (nodes[i].kind != NodeKind::item && nodes[i].kind != NodeKind::fragment) continue;
      ++number;
      if (step.items == ItemChoice::all || (step.items == ItemChoice::number && step.number == number))
        found.push_back(i);
    }
  }
  return found;
}

}  // namespace assay::dataset
