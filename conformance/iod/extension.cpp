#include "conformance/iod/extension.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>

#include "harness/dataset/tag_path.hpp"

namespace assay::conformance::iod {

namespace {

struct Cell {
  std::string_view text;
  std::size_t column = 1;
};

/// The cells of a line without the blanks around them; those that are not there are empty.
struct Line {
  std::size_t number = 0;
  std::array<Cell, 7> cells;  // IOD, attribute, type, condition, values, VM, otherwise
  std::size_t count = 0;

  Line(std::size_t of, std::string_view text) : number(of) {
    for (std::size_t start = 0; start <= text.size(); ++count) {
      const auto end = std::min(text.find('\t', start), text.size());
      auto first = start;
      auto last = end;
      while (first < last && text[first] == ' ') ++first;
      while (last > first && (text[last - 1] == ' ' || text[last - 1] == '\r')) --last;
      if (count < cells.size()) cells[count] = {text.substr(first, last - first), first + 1};
      start = end + 1;
    }
  }
};

std::string shown(std::string_view text) { return std::string(text.substr(0, 64)); }

std::string without_blanks(std::string_view text) {
  std::string result(text);
  std::erase(result, ' ');
  return result;
}

std::optional<std::uint16_t> hex(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// PS3.5 7.8: odd, and none of those that are reserved.
bool is_private_group(unsigned group) { return group % 2 != 0 && group > 7 && group < 0xffff; }

using Message = std::string;  // what is wrong

/// "General Series" or "GeneralSeries", of a module that an IOD has at its top level.
std::expected<ModuleId, Message> module_named(std::string_view name) {
  const auto wanted = without_blanks(name);
  const auto all = modules();
  const auto found = std::ranges::find(all, wanted, &Module::name);
  const auto id = static_cast<ModuleId>(found - all.begin());
  if (wanted.empty() || found == all.end() || id == ModuleId::None)
    return std::unexpected(fmt::format("there is no module '{}'", shown(name)));
  for (const auto& iod : iods())
    if (std::ranges::find(iod.modules, id, &IodModule::module) != iod.modules.end()) return id;
  return std::unexpected(fmt::format("'{}' is a macro, and no IOD has it by itself", shown(name)));
}

std::expected<Extension::Target, Message> target_named(std::string_view word) {
  constexpr std::string_view module = "module:";
  if (word == "*") return Extension::Target{};
  if (word.starts_with(module)) {
    const auto id = module_named(word.substr(module.size()));
    if (!id) return std::unexpected(id.error());
    return Extension::Target{nullptr, {}, *id};
  }
  const auto all = iods();
  const auto iod = std::ranges::find(all, without_blanks(word), &Iod::name);
  if (!word.empty() && iod != all.end()) return Extension::Target{&*iod, {}, ModuleId::None};
  const auto* uid = dict::find_uid_keyword(word);
  if (uid == nullptr) uid = dict::find_uid(word);
  if (uid == nullptr || word.empty())
    return std::unexpected(fmt::format(
        "'{}' is no SOP Class, no IOD of 'assay validate --list-iods', no module:NAME, and not *", shown(word)));
  if (iod_of(uid->uid) == nullptr)
    return std::unexpected(fmt::format("there is no table for {}: objects of it are not judged", uid->name));
  return Extension::Target{iod_of(uid->uid), uid->uid, ModuleId::None};
}

struct Attribute {
  Tag tag;  // of a private one (gggg,00EE)
  std::string creator;
};

/// (gggg,xxEE,"CREATOR"), the quotation marks may be left out.
std::expected<Attribute, Message> private_attribute(std::string_view text) {
  constexpr std::string_view like = "is not like (0029,xx10,\"CREATOR\")";
  const bool form = text.size() > 12 && text.front() == '(' && text.back() == ')' && text[5] == ',' && text[10] == ',';
  const auto group = form ? hex(text.substr(1, 4)) : std::nullopt;
  const auto element = form ? hex(text.substr(8, 2)) : std::nullopt;
  if (!group || !element || (text.substr(6, 2) != "xx" && text.substr(6, 2) != "XX"))
    return std::unexpected(fmt::format("'{}' {}", shown(text), like));
  if (!is_private_group(*group))
    return std::unexpected(fmt::format("{:04X} is no private group (odd, 0009 to FFFD)", *group));
  auto creator = text.substr(11, text.size() - 12);
  if (creator.size() >= 2 && creator.front() == '"' && creator.back() == '"')
    creator = creator.substr(1, creator.size() - 2);
  while (!creator.empty() && creator.front() == ' ') creator.remove_prefix(1);
  while (!creator.empty() && creator.back() == ' ') creator.remove_suffix(1);
  if (creator.empty() || creator.size() > 64 || creator.find('\\') != std::string_view::npos)
    return std::unexpected("a Private Creator has 1 to 64 characters and no backslash");
  return Attribute{{*group, *element}, std::string(creator)};
}

std::expected<Attribute, Message> attribute_named(std::string_view text) {
  if (text.find("xx") == 6 || text.find("XX") == 6) return private_attribute(text);
  const auto tag = dict::tag_of(text);
  if (!tag) {
    const auto similar = text.starts_with('(') ? std::string_view() : dataset::similar_keyword(text.substr(0, 64));
    return std::unexpected(fmt::format("'{}' is no keyword of PS3.6 and no tag{}", shown(text),
                                       similar.empty() ? std::string() : fmt::format("; did you mean {}?", similar)));
  }
  if (tag->is_private())
    return std::unexpected(fmt::format("{} is private and needs its creator: ({:04X},xx{:02X},\"CREATOR\")",
                                       to_string(*tag), tag->group, static_cast<unsigned>(tag->element & 0xffU)));
  if (tag->group < 8 || tag->group == 0xfffe || tag->is_group_length())
    return std::unexpected(fmt::format("{} is no attribute of a Data Set", to_string(*tag)));
  if (dict::find(*tag) == nullptr) return std::unexpected(fmt::format("{} is no attribute of PS3.6", to_string(*tag)));
  return Attribute{*tag, {}};
}

struct Bounds {
  std::uint8_t least = 0;
  std::uint8_t most = any;
};

/// "1", "2-3", "1-n"
std::expected<Bounds, Message> bounds_of(std::string_view text) {
  const auto wrong = [&] {
    return std::unexpected(fmt::format("'{}' is no number of values such as 1, 2-3 or 1-n, up to 254", shown(text)));
  };
  const auto number = [](std::string_view digits) -> std::uint8_t {
    std::uint8_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value != any ? value : 0;
  };
  const auto dash = text.find('-');
  const std::uint8_t least = number(text.substr(0, dash));
  if (least == 0) return wrong();
  if (dash == std::string_view::npos) return Bounds{least, least};
  if (text.substr(dash + 1) == "n") return Bounds{least, any};
  const std::uint8_t most = number(text.substr(dash + 1));
  if (most < least) return wrong();
  return Bounds{least, most};
}

std::optional<Type> type_named(std::string_view text) {
  for (const auto type : {Type::t1, Type::t1C, Type::t2, Type::t2C, Type::t3})
    if (text == name(type)) return type;
  return std::nullopt;
}

/// Numbers as the walk writes them ("01.50" is 1.5); what is none stays.
std::string as_numbers(std::string_view values) {
  std::string result;
  while (true) {
    const auto mark = values.find('\\');
    const auto one = values.substr(0, mark);
    double number = 0;
    const auto [end, wrong] = std::from_chars(one.data(), one.data() + one.size(), number);
    const bool is = wrong == std::errc() && end == one.data() + one.size();
    result += is ? fmt::format("{}", number) : std::string(one);
    if (mark == std::string_view::npos) return result;
    result += '\\';
    values.remove_prefix(mark + 1);
  }
}

}  // namespace

class ExtensionParser {
 public:
  std::expected<Extension, std::vector<ExtensionFault>> run(std::string_view text) {
    if (text.size() > Extension::max_size) {
      fault(1, 1, fmt::format("{} bytes; at most {} are read", text.size(), Extension::max_size));
      return std::unexpected(std::move(faults_));
    }
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::size_t number = 0;
    bool titles_possible = true;
    for (std::size_t start = 0; start < text.size();) {
      const auto end = std::min(text.find('\n', start), text.size());
      const Line line(++number, text.substr(start, end - start));
      start = end + 1;
      if ((line.count == 1 && line.cells[0].text.empty()) || line.cells[0].text.starts_with('#')) continue;
      const bool titles = titles_possible && line.cells[0].text == "iod";
      titles_possible = false;
      if (titles) continue;
      if (result_.rows_.size() >= Extension::max_rows || faults_.size() >= Extension::max_faults) {
        if (faults_.empty()) fault(number, 1, fmt::format("more than {} attributes", Extension::max_rows));
        break;
      }
      one(line);
    }
    if (result_.rows_.empty() && faults_.empty())
      fault(std::max<std::size_t>(number, 1), 1, "no line adds an attribute");
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return std::move(result_);
  }

 private:
  void fault(std::size_t line, std::size_t column, Message message) {
    if (faults_.size() < Extension::max_faults) faults_.push_back({line, column, std::move(message)});
  }

  /// The value, or one that is nothing and its fault.
  template <typename T>
  T taken(const Line& line, std::size_t cell, std::expected<T, Message> read) {
    if (read) return std::move(*read);
    fault(line.number, line.cells[cell].column, std::move(read.error()));
    return {};
  }

  void one(const Line& line) {
    if (line.count < 3 || line.count > line.cells.size())
      return fault(line.number, 1,
                   fmt::format("{} cells with tabs between, instead of IOD, attribute, type, condition, values, VM and "
                               "otherwise, of which the last four may be left out",
                               line.count));
    const auto& cells = line.cells;
    const auto before = faults_.size();
    auto target = taken(line, 0, target_named(cells[0].text));
    auto attribute = taken(line, 1, attribute_named(cells[1].text));
    const auto type = type_named(cells[2].text);
    if (!type)
      fault(line.number, cells[2].column, fmt::format("'{}' is no type: 1, 1C, 2, 2C or 3", shown(cells[2].text)));
    const auto bounds = cells[5].text.empty() ? Bounds{} : taken(line, 5, bounds_of(cells[5].text));
    auto condition = compiled(line, type);
    if (!cells[6].text.empty() && (cells[6].text != "otherwise" || cells[3].text.empty()))
      fault(
          line.number, cells[6].column,
          "only 'otherwise' may stand here, behind a condition: the attribute may be present though it does not hold");
    if (faults_.size() != before) return;
    unique(line, target, attribute);
    Row row{attribute.tag,
            ConditionId::None,
            ListId{},
            ModuleId::None,
            0,
            RowKind::element,
            type.value_or(Type::t3),
            bounds.least,
            bounds.most,
            !cells[6].text.empty(),
            Tested::none,
            any};
    if (condition) {
      row.condition = static_cast<ConditionId>(named_conditions().size() + result_.conditions_.size());
      result_.conditions_.push_back({std::string(cells[3].text), std::move(*condition)});
    }
    if (!cells[4].text.empty()) {
      row.tested = Tested::enumerated;
      row.list = static_cast<ListId>(value_lists().size() + result_.values_.size());
      result_.values_.push_back({std::string(cells[4].text), as_numbers(cells[4].text)});
    }
    auto words = fmt::format("line {} of the extension", line.number);
    if (!attribute.creator.empty())
      words += fmt::format(", ({:04X},xx{:02X},\"{}\")", attribute.tag.group, attribute.tag.element, attribute.creator);
    result_.rows_.push_back({target, std::move(attribute.creator), row, std::move(words)});
  }

  std::optional<Condition> compiled(const Line& line, std::optional<Type> type) {
    const auto& cell = line.cells[3];
    const bool wanted = type == Type::t1C || type == Type::t2C;
    if (cell.text.empty()) {
      if (wanted)
        fault(line.number, line.cells[2].column,
              fmt::format("type {} needs a condition, such as Modality == 'CT'", name(*type)));
      return std::nullopt;
    }
    if (type && !wanted)
      fault(line.number, cell.column, fmt::format("type {} has no condition; 1C and 2C have", name(*type)));
    auto parsed = Condition::parse(cell.text);
    if (parsed) return std::move(*parsed);
    fault(line.number, cell.column + parsed.error().position, std::move(parsed.error().message));
    return std::nullopt;
  }

  void unique(const Line& line, const Extension::Target& target, const Attribute& attribute) {
    const auto [at, added] = lines_.emplace(std::tuple(target, attribute.creator, attribute.tag), line.number);
    if (!added)
      fault(line.number, line.cells[1].column,
            fmt::format("{} of {} stands in line {} already", shown(line.cells[1].text), shown(line.cells[0].text),
                        at->second));
  }

  Extension result_;
  std::vector<ExtensionFault> faults_;
  std::map<std::tuple<Extension::Target, std::string, Tag>, std::size_t> lines_;
};

std::expected<Extension, std::vector<ExtensionFault>> Extension::parse(std::string_view text) {
  return ExtensionParser().run(text);
}

Values Extension::values(std::size_t number, Vr vr) const {
  const auto& own = values_[number];
  if (vr == Vr::AT) return {"", ListKind::tag, own.texts};
  const bool text = is_text(vr) && vr != Vr::DS && vr != Vr::IS;
  return text ? Values{"", ListKind::string, own.texts} : Values{"", ListKind::numbers, own.numbers};
}

}  // namespace assay::conformance::iod
