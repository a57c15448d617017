#include "harness/dict/private.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <tuple>

namespace assay::dict {

namespace {

struct PrivateText {
  std::uint32_t at;
  std::uint8_t size;
};
struct PrivateCreator {
  PrivateText name;
  std::uint16_t first;
};
struct PrivateRow {
  PrivateText name;
  std::uint16_t group;
  Vr vr;
  std::uint8_t element;
  std::uint8_t vm;
};

// One literal for all names; longer than the 64 KiB that the language asks of a compiler, and fine with all we use.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
#include "harness/dict/generated_private.inc"
#pragma GCC diagnostic pop

std::string_view text_of(PrivateText text) { return {private_texts[text.at >> 16] + (text.at & 0xffffU), text.size}; }

std::string_view unpadded(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

bool in_private_block(Tag tag) { return tag.is_private() && tag.element >= 0x1000; }

/// PS3.5 7.8: odd, and none of those that are reserved.
bool is_private_group(unsigned group) { return group % 2 != 0 && group > 7 && group < 0xffff; }

std::optional<unsigned> hex_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes a number without leading zero from the front.
bool take_number(std::string_view& text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || text.front() == '0') return false;
  text.remove_prefix(digits);
  return true;
}

/// "1", "1-3", "1-n", "2-2n" (PS3.5 6.4).
bool is_vm(std::string_view text) {
  if (!take_number(text)) return false;
  if (text.empty()) return true;
  if (text.front() != '-') return false;
  text.remove_prefix(1);
  if (text == "n") return true;
  return take_number(text) && (text.empty() || text == "n");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

constexpr std::size_t max_faults = 100;

struct Cells {
  std::array<std::string_view, 6> cells;
  std::size_t count = 0;
};

Cells cells_of(std::string_view line) {
  Cells result;
  for (std::size_t start = 0; start <= line.size();) {
    const auto end = std::min(line.find('\t', start), line.size());
    if (result.count < result.cells.size()) result.cells[result.count] = trimmed(line.substr(start, end - start));
    ++result.count;
    start = end + 1;
  }
  return result;
}

/// The element in its block; the message says what is wrong.
std::expected<std::uint8_t, std::string> element_of(std::string_view text) {
  const bool pattern = text.size() == 4 && (text.starts_with("xx") || text.starts_with("XX"));
  const auto number = hex_number(pattern ? text.substr(2) : text);
  if (!number || (text.size() != 2 && text.size() != 4))
    return std::unexpected("element \"" + std::string(text.substr(0, 32)) + "\" is not like xx10, 10 or 1010");
  if (text.size() == 4 && !pattern && *number < 0x1000)
    return std::unexpected("element " + std::string(text) + " is below 1000H, where private blocks begin");
  return static_cast<std::uint8_t>(*number & 0xffU);
}

}  // namespace

std::optional<PrivateEntry> find_private(std::string_view creator, Tag tag) {
  creator = unpadded(creator);
  if (!in_private_block(tag) || creator.empty()) return std::nullopt;
  const auto* end = std::end(private_creators) - 1;
  const auto* found =
      std::lower_bound(std::begin(private_creators), end, creator,
                       [](const PrivateCreator& one, std::string_view wanted) { return text_of(one.name) < wanted; });
  if (found == end || text_of(found->name) != creator) return std::nullopt;
  const auto key = std::pair(tag.group, static_cast<std::uint8_t>(tag.element & 0xffU));
  const auto* last = private_rows + found[1].first;
  const auto* row = std::lower_bound(private_rows + found->first, last, key, [](const PrivateRow& one, const auto& k) {
    return std::pair(one.group, one.element) < k;
  });
  if (row == last || std::pair(row->group, row->element) != key) return std::nullopt;
  return PrivateEntry{text_of(found->name),          row->group,        row->element, row->vr,
                      text_of(private_vms[row->vm]), text_of(row->name)};
}

std::size_t private_count() { return std::size(private_rows); }

std::expected<PrivateDictionary, std::vector<PrivateFault>> PrivateDictionary::parse(std::string_view text) {
  PrivateDictionary dictionary;
  std::vector<PrivateFault> faults;
  const auto fault = [&](std::size_t line, std::string message) {
    if (faults.size() < max_faults) faults.push_back({line, std::move(message)});
  };
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::size_t number = 0;
  bool titles_possible = true;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    const auto line = text.substr(start, end - start);
    start = end + 1;
    ++number;
    if (trimmed(line).empty() || line.front() == '#') continue;
    const auto [cells, count] = cells_of(line);
    const bool titles = titles_possible && cells[0] == "creator" && cells[1] == "group";
    titles_possible = false;
    if (titles) continue;
    if (count < 5 || count > 6) {
      fault(number, std::to_string(count) + " cells instead of creator, group, element, VR, VM and name");
      continue;
    }
    Row row{std::string(cells[0]), 0, 0, vr_from(cells[3]), std::string(cells[4]), {}, number};
    if (cells[5] != "-") row.name = cells[5];
    const auto faults_before = faults.size();
    if (cells[0].empty() || cells[0].size() > 64) fault(number, "the creator has 1 to 64 characters");
    const auto group = hex_number(cells[1]);
    if (!group || cells[1].size() != 4 || !is_private_group(*group))
      fault(number, "group \"" + std::string(cells[1].substr(0, 32)) + "\" is no private group (odd, 0009 to FFFD)");
    const auto element = element_of(cells[2]);
    if (!element) fault(number, element.error());
    if (row.vr == Vr::none) fault(number, "\"" + std::string(cells[3].substr(0, 32)) + "\" is no VR");
    if (!is_vm(cells[4]))
      fault(number, "\"" + std::string(cells[4].substr(0, 32)) + "\" is no VM such as 1, 1-n or 2-2n");
    if (faults.size() != faults_before || faults.size() == max_faults) continue;
    row.group = static_cast<std::uint16_t>(*group);
    row.element = *element;
    dictionary.rows_.push_back(std::move(row));
  }
  auto& rows = dictionary.rows_;
  const auto key = [](const Row& row) { return std::tie(row.creator, row.group, row.element); };
  std::sort(rows.begin(), rows.end(), [&](const Row& left, const Row& right) {
    return key(left) != key(right) ? key(left) < key(right) : left.line < right.line;
  });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (key(rows[i]) != key(rows[i - 1])) continue;
    auto tag = to_string(Tag(rows[i].group, rows[i].element));
    tag.replace(6, 2, "xx");
    fault(rows[i].line,
          tag + " of \"" + rows[i].creator + "\" stands in line " + std::to_string(rows[i - 1].line) + " already");
  }
  if (faults.empty()) return dictionary;
  std::sort(faults.begin(), faults.end(),
            [](const PrivateFault& left, const PrivateFault& right) { return left.line < right.line; });
  return std::unexpected(std::move(faults));
}

std::optional<PrivateEntry> PrivateDictionary::find(std::string_view creator, Tag tag) const {
  creator = unpadded(creator);
  if (!in_private_block(tag)) return std::nullopt;
  const auto element = static_cast<std::uint8_t>(tag.element & 0xffU);
  const auto wanted = std::tuple(creator, tag.group, element);
  const auto found = std::lower_bound(rows_.begin(), rows_.end(), wanted, [](const Row& row, const auto& key) {
    return std::tuple(std::string_view(row.creator), row.group, row.element) < key;
  });
  if (found == rows_.end() || found->creator != creator || found->group != tag.group || found->element != element)
    return std::nullopt;
  return PrivateEntry{found->creator, found->group, found->element, found->vr, found->vm, found->name};
}

std::optional<PrivateEntry> find_private(std::string_view creator, Tag tag, const PrivateDictionary* own) {
  if (own != nullptr)
    if (auto entry = own->find(creator, tag)) return entry;
  return find_private(creator, tag);
}

}  // namespace assay::dict
