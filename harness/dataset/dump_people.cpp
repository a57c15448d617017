#include "harness/dataset/dump_people.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/hex.hpp"
#include "harness/dataset/charset.hpp"
#include "harness/dataset/edit_value.hpp"
#include "harness/dict/private.hpp"

namespace assay::dataset {

namespace {

constexpr std::size_t deepest_indent = 40;
// Values larger than this are bulk data, whose pages are not touched for a dump.
constexpr std::size_t bulk_size = 4096;

struct Colours {
  std::string_view offset, tag, vr, name, problem, end;
};
constexpr Colours no_colours{"", "", "", "", "", ""};
constexpr Colours colours{"\x1b[2m", "\x1b[36m", "\x1b[33m", "\x1b[1m", "\x1b[31m", "\x1b[0m"};

std::string_view without_padding(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

// At most `columns` characters of UTF-8 text, with "..." where something was cut.
std::string cut(std::string text, std::size_t columns) {
  std::size_t shown = 0;
  std::size_t at = 0;
  std::size_t cut_at = 0;
  while (at < text.size()) {
    if (shown + 3 == columns) cut_at = at;
    if (shown == columns) return text.substr(0, cut_at) + "...";
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) ++at;
    ++shown;
  }
  return text;
}

class Dumper {
 public:
  Dumper(const DataSet& data_set, const DumpStyle& style, const LineSink& sink)
      : data_set_(data_set), style_(style), sink_(sink), colour_(style.colour ? colours : no_colours) {}

  void run() {
    choose();
    Cursor cursor(data_set_);
    bool more = cursor.next();
    while (more) {
      const Node& node = cursor.node();
      problems_before(node.offset);
      if (!wanted(cursor)) {
        more = cursor.next();
        continue;
      }
      const bool container = node.kind == NodeKind::sequence || node.kind == NodeKind::fragments;
      if (style_.json)
        json(cursor);
      else
        line(cursor);
      const bool closed =
          container && ((node.kind == NodeKind::fragments && !style_.full) || node.depth >= style_.depth);
      more = closed ? cursor.skip_subtree() : cursor.next();
    }
    problems_before(no_offset);
  }

 private:
  void choose() {
    for (const auto& path : style_.only) {
      if (path.steps.size() == 1 && path.steps.front().items == ItemChoice::none) {
        anywhere_.push_back(path.steps.front());
        continue;
      }
      for (const auto index : find_all(data_set_, path)) chosen_.push_back(index);
    }
    std::sort(chosen_.begin(), chosen_.end());
  }

  bool wanted(const Cursor& cursor) {
    if (style_.only.empty()) return true;
    const std::uint32_t index = cursor.index();
    if (index < chosen_until_) return true;
    const Node& node = cursor.node();
    bool found = std::binary_search(chosen_.begin(), chosen_.end(), index);
    for (const auto& step : anywhere_) {
      if (found || cursor.item_number() != 0) break;
      found = step.creator.empty()
                  ? node.tag == step.tag
                  : node.tag.group == step.tag.group && (node.tag.element & 0xffU) == step.tag.element &&
                        cursor.creator() == step.creator;
    }
    if (found) chosen_until_ = node.end;
    return found;
  }

  // What was found wrong with the bytes of the nodes shown so far.
  void problems_before(std::uint64_t offset) {
    if (style_.problems == nullptr || !style_.only.empty()) return;
    for (; next_problem_ < style_.problems->size(); ++next_problem_) {
      const Problem& problem = (*style_.problems)[next_problem_];
      if (problem.offset >= offset) return;
      if (style_.json) continue;
      sink_(fmt::format("{}{:>10}  ^ {} [{}] {}: found {}, expected {}{}\n", colour_.problem, problem.offset,
                        problem.rule, problem.clause, safe_text(problem.field), safe_text(problem.found),
                        safe_text(problem.expected), colour_.end));
    }
  }

  static std::string counted(const DataSet& data_set, std::uint32_t index) {
    const auto& nodes = data_set.nodes();
    const Node& node = nodes[index];
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    for (std::uint32_t i = index + 1; i < node.end; i = nodes[i].end) {
      ++count;
      bytes += nodes[i].value.size();
    }
    if (node.kind == NodeKind::sequence) return fmt::format("{} item{}", count, count == 1 ? "" : "s");
    const std::size_t table = count > 0 ? nodes[index + 1].value.size() / 4 : 0;
    if (count > 0) bytes -= nodes[index + 1].value.size();
    const std::size_t data = count > 0 ? count - 1 : 0;
    return fmt::format("{} fragment{}, {} bytes, {}", data, data == 1 ? "" : "s", bytes,
                       table == 0 ? "no offsets" : fmt::format("{} offset{}", table, table == 1 ? "" : "s"));
  }

  void line(const Cursor& cursor) {
    const Node& node = cursor.node();
    const std::size_t levels = std::min(cursor.levels(), deepest_indent);
    const bool filtered = !style_.only.empty();
    std::string place = filtered ? bounded_path(cursor) : std::string(levels * 2, ' ');
    if (!filtered && cursor.levels() > deepest_indent) place += fmt::format("[{}] ", cursor.levels());
    const std::string length = node.length == undefined_length ? "undefined" : std::to_string(node.length);
    const std::string offset = node.offset >= first_added_offset ? "-" : std::to_string(node.offset);
    if (node.kind == NodeKind::item || node.kind == NodeKind::fragment) {
      sink_(fmt::format("{}{:>10}{}  {}{} {}  {} bytes\n", colour_.offset, offset, colour_.end, place,
                        node.kind == NodeKind::item ? "item" : "fragment", cursor.item_number(), length));
      return;
    }
    const std::string tag = filtered ? std::string() : to_string(node.tag);
    const std::string name_text = safe_text(element_name(cursor, style_.private_names));
    const bool leaf = node.kind == NodeKind::element;
    const std::string vm = leaf ? std::to_string(value_multiplicity(node, cursor.character_set())) : std::string("-");
    const std::string head = fmt::format("{}{} {} {:>9} {:>3}  ", place, tag, name(node.vr), length, vm);
    const std::size_t name_width = head.size() < 56 ? 56 - head.size() : 0;
    std::string rest = fmt::format("{:<{}}", name_text, name_width);
    rest += "  ";
    const std::size_t used = 12 + head.size() + rest.size();
    const std::size_t room = style_.full ? ~std::size_t{0} : style_.width > used + 20 ? style_.width - used : 20;
    std::string value =
        leaf ? value_for_people(cursor, style_.full ? ~std::size_t{0} : room * 4) : counted(data_set_, cursor.index());
    if (!style_.full) value = cut(std::move(value), room);
    sink_(fmt::format("{}{:>10}{}  {}{}{}{} {}{}{} {:>9} {:>3}  {}{}{}{}\n", colour_.offset, offset, colour_.end, place,
                      colour_.tag, tag, colour_.end, colour_.vr, name(node.vr), colour_.end, length, vm, colour_.name,
                      rest, colour_.end, value));
  }

  void json(const Cursor& cursor) {
    const Node& node = cursor.node();
    nlohmann::ordered_json object;
    if (!style_.file.empty()) object["file"] = style_.file;
    if (node.offset < first_added_offset) object["offset"] = node.offset;
    object["path"] = bounded_path(cursor);
    object["kind"] = kind_name(node);
    if (cursor.item_number() == 0) {
      object["tag"] = to_string(node.tag);
      object["vr"] = name(node.vr);
      if (const auto called = element_name(cursor, style_.private_names); !called.empty())
        object["name"] = safe_text(called);
    }
    if (node.length == undefined_length)
      object["length"] = "undefined";
    else
      object["length"] = node.length;
    if (node.kind == NodeKind::element) {
      object["vm"] = value_multiplicity(node, cursor.character_set());
      object["value"] = value_for_people(cursor, style_.full ? ~std::size_t{0} : 1024);
    } else if (node.kind != NodeKind::item && node.kind != NodeKind::fragment) {
      object["value"] = counted(data_set_, cursor.index());
    }
    sink_(safe_json(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + "\n");
  }

  const DataSet& data_set_;
  const DumpStyle& style_;
  const LineSink& sink_;
  Colours colour_;
  std::vector<std::uint32_t> chosen_;
  std::vector<TagStep> anywhere_;
  std::uint32_t chosen_until_ = 0;
  std::size_t next_problem_ = 0;
};

}  // namespace

std::string safe_text(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    bool plain = false;
    const auto size = utf8_character(utf8, plain);
    if (plain && size != 0) {
      out += utf8.substr(0, size);
    } else if (utf8.front() == '\n' || utf8.front() == '\r') {
      out += utf8.front() == '\n' ? "\\n" : "\\r";
    } else {
      for (const char c : utf8.substr(0, std::max<std::size_t>(size, 1)))
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    utf8.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string safe_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto behind = i + 1 < json.size() ? static_cast<unsigned char>(json[i + 1]) : 0U;
    if (byte == 0x7f) {
      out += "\\u007f";
    } else if (byte == 0xc2 && behind >= 0x80 && behind <= 0x9f) {
      out += fmt::format("\\u00{:02x}", behind);
      ++i;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string displayed(std::string_view text, Vr vr, std::string_view character_set) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (ascii || !uses_character_set(vr)) return safe_text(text);
  const auto decoded = CharacterSets(character_set).decode(as_bytes(text), vr);
  // The bytes say more than a row of replacement characters.
  if (has_error(decoded.problems) || decoded.text.find("\xef\xbf\xbd") != std::string::npos) return safe_text(text);
  return safe_text(decoded.text);
}

std::size_t value_multiplicity(const Node& node, std::string_view character_set) {
  if (node.value.empty()) return 0;
  if (is_text(node.vr)) {
    if (node.vr == Vr::ST || node.vr == Vr::LT || node.vr == Vr::UT || node.vr == Vr::UR) return 1;
    const auto backslashes = std::count(node.value.begin(), node.value.end(), std::uint8_t{'\\'});
    if (backslashes == 0 || !uses_character_set(node.vr)) return 1 + static_cast<std::size_t>(backslashes);
    return CharacterSets(character_set).split_values(node.value, node.vr).size();
  }
  return is_number(node.vr) ? node.value.size() / unit_size(node.vr) : 1;
}

std::string element_name(Tag tag, std::string_view creator, const dict::PrivateDictionary* own) {
  if (tag.is_private() && !tag.is_group_length()) {
    if (tag.element >= 0x10 && tag.element <= 0xff) return "PrivateCreator";
    if (const auto entry = dict::find_private(creator, tag, own); entry && !entry->name.empty())
      return fmt::format("[{}] {}", creator, entry->name);
    return creator.empty() ? std::string() : fmt::format("[{}]", creator);
  }
  return std::string(dict::keyword(tag));
}

bool is_bulk(const Node& node) {
  return !is_text(node.vr) && !is_number(node.vr) && (node.value.size() > bulk_size || node.tag == tags::PixelData);
}

std::string value_for_people(const Node& node, Endian endian, std::string_view character_set, std::size_t limit) {
  if (node.value.empty()) return "";
  if (is_bulk(node)) return fmt::format("{} bytes", node.value.size());
  if (const auto numbers = number_text(node.vr, node.value, endian, std::min(limit, ~std::size_t{0} - 1)))
    return *numbers;
  if (!is_text(node.vr)) return to_hex_short(node.value, std::min<std::size_t>(limit, bulk_size));
  const auto whole = as_text(node.value);
  const bool longer = whole.size() > limit;
  std::string text = displayed(longer ? whole.substr(0, limit) : without_padding(whole), node.vr, character_set);
  if (longer) text += "...";
  if (node.vr == Vr::UI)
    if (const auto* uid = dict::find_uid(text)) text += fmt::format("  {}", uid->name);
  return text;
}

void dump_lines(const DataSet& data_set, const DumpStyle& style, const LineSink& sink) {
  Dumper(data_set, style, sink).run();
}

}  // namespace assay::dataset
