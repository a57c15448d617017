// Rows of XML and CSV schedules. Tests: tests/unit/scenario/schedule_test.cpp
#include "harness/scenario/schedule_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <utility>

#include "harness/scenario/schedule.hpp"

namespace assay::scenario {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Cells of CSV (RFC 4180), line by line.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  struct Cell {
    std::string text;
    SchedulePlace at;
  };

  /// False at the end. `at` is where the row begins.
  bool row(std::vector<Cell>& cells, SchedulePlace& at) {
    cells.clear();
    while (at_ < text_.size() && (text_[at_] == '#' || blank_line())) skip_line();
    if (at_ >= text_.size()) return false;
    at = place();
    if (separator_ == 0) find_separator();
    while (true) {
      while (at_ < text_.size() && text_[at_] == ' ') ++at_;
      const auto begun = place();
      cells.push_back({cell(), begun});
      if (at_ < text_.size() && text_[at_] == separator_) {
        ++at_;
        continue;
      }
      skip_line();
      return true;
    }
  }
  [[nodiscard]] bool open_quotation() const { return open_; }

 private:
  [[nodiscard]] bool blank_line() const {
    const auto end = std::min(text_.find('\n', at_), text_.size());
    return trimmed(text_.substr(at_, end - at_)).empty();
  }
  void skip_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ < text_.size()) next_line();
  }
  void next_line() {
    line_start_ = ++at_;
    ++line_;
  }
  [[nodiscard]] SchedulePlace place() const { return {line_, at_ - line_start_ + 1}; }
  /// The header has no quotation marks around separators: keywords have none.
  void find_separator() {
    const auto header = text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_);
    separator_ = ',';
    for (const char one : {';', '\t'})
      if (std::ranges::count(header, one) > std::ranges::count(header, separator_)) separator_ = one;
  }
  std::string cell() {
    std::string out;
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      while (at_ < text_.size()) {
        if (text_[at_] == '"') {
          if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
          ++at_;
        }
        out += text_[at_];
        if (text_[at_] == '\n')
          next_line();
        else
          ++at_;
      }
      if (at_ >= text_.size())
        open_ = true;
      else
        ++at_;
      while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') out += text_[at_++];
      return std::string(trimmed(out));
    }
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') out += text_[at_++];
    return std::string(trimmed(out));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  char separator_ = 0;
  bool open_ = false;
};

class XmlReader {
 public:
  XmlReader(std::string_view text, ScheduleErrors& errors) : text_(text), errors_(errors) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') line_starts_.push_back(i + 1);
  }

  void read(const pugi::xml_node& node, const std::string& prefix, ScheduleRow& row, std::size_t depth) {
    constexpr std::size_t deepest = 16;
    for (const auto& attribute : node.attributes())
      row.values.push_back({prefix + attribute.name(), attribute.value(), place_of(node, attribute.name())});
    std::map<std::string, std::size_t> items;
    for (const auto& child : node.children()) {
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
        errors_.add(place_of(child),
                    fmt::format("text stands where none belongs: values are attributes of <{}>", node.name()));
        continue;
      }
      if (child.type() != pugi::node_element) continue;
      if (depth == deepest) {
        errors_.add(place_of(child), "sequences are nested too deep");
        continue;
      }
      const auto number = ++items[child.name()];
      read(child, fmt::format("{}{}[{}].", prefix, child.name(), number), row, depth + 1);
    }
  }
  [[nodiscard]] SchedulePlace place_of(const pugi::xml_node& node, std::string_view attribute = {}) const {
    auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    if (!attribute.empty())
      offset = std::min(text_.find(attribute, offset), text_.size());
    else if (node.type() == pugi::node_element && offset > 0)
      --offset;  // of the '<'
    return place_at(offset);
  }
  [[nodiscard]] SchedulePlace place_at(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto next = std::ranges::upper_bound(line_starts_, offset);
    return {static_cast<std::size_t>(next - line_starts_.begin()), offset - *(next - 1) + 1};
  }

 private:
  std::string_view text_;
  ScheduleErrors& errors_;
  std::vector<std::size_t> line_starts_{0};  // every value is asked for its place
};

}  // namespace

void ScheduleErrors::add(SchedulePlace at, std::string_view what) {
  if (errors_.size() < max_schedule_errors)
    errors_.push_back(fmt::format("{}:{}:{}: {}", file_, at.line, at.column, what));
  else
    ++more_;
}

std::vector<std::string> ScheduleErrors::take() {
  if (more_ != 0) errors_.push_back(fmt::format("{}: and {} more", file_, more_));
  return std::move(errors_);
}

std::vector<ScheduleRow> csv_rows(std::string_view text, ScheduleErrors& errors) {
  std::vector<ScheduleRow> out;
  CsvReader reader(text);
  std::vector<CsvReader::Cell> header;
  SchedulePlace at;
  if (!reader.row(header, at)) {
    errors.add(
        {}, "there is nothing in it: the first line has keywords such as PatientName, each line after it is an item");
    return out;
  }
  const auto header_line = at.line;
  std::map<std::string_view, std::size_t> columns;  // how often a keyword is there
  for (const auto& [keyword, place] : header) ++columns[keyword];
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& [keyword, place] = header[i];
    if (keyword.empty()) errors.add(place, fmt::format("column {} has no keyword", i + 1));
    if (std::exchange(columns[keyword], 0) > 1)
      errors.add(place, fmt::format("the column {} is there more than once", keyword));
  }
  std::vector<CsvReader::Cell> cells;
  while (reader.row(cells, at)) {
    if (cells.size() > header.size()) {
      errors.add(at, fmt::format("has {} values, the header on line {} has {} columns", cells.size(), header_line,
                                 header.size()));
      continue;
    }
    auto& row = out.emplace_back();
    row.at = at;
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (!cells[i].text.empty()) row.values.push_back({header[i].text, std::move(cells[i].text), cells[i].at});
  }
  if (reader.open_quotation()) errors.add(at, "a quotation mark is not closed");
  return out;
}

std::vector<ScheduleRow> xml_rows(std::string_view text, ScheduleErrors& errors) {
  std::vector<ScheduleRow> out;
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  XmlReader reader(text, errors);
  if (!parsed) {
    errors.add(reader.place_at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0))),
               fmt::format("is no XML: {}", parsed.description()));
    return out;
  }
  const auto root = document.document_element();
  if (std::string_view(root.name()) != "schedule") {
    errors.add(reader.place_of(root), fmt::format("<{}> stands where <schedule> belongs", root.name()));
    return out;
  }
  for (const auto& item : root.children()) {
    if (item.type() != pugi::node_element) continue;
    if (std::string_view(item.name()) != "item") {
      errors.add(reader.place_of(item), fmt::format("<{}> stands where <item> belongs", item.name()));
      continue;
    }
    auto& row = out.emplace_back();
    row.at = reader.place_of(item);
    reader.read(item, "", row, 0);
  }
  return out;
}

}  // namespace assay::scenario
