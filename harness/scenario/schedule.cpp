// Items of a worklist from a schedule. Tests: tests/unit/scenario/schedule_test.cpp
#include "harness/scenario/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/dataset/edit.hpp"
#include "harness/dataset/form_text.hpp"
#include "harness/scenario/schedule_rows.hpp"
#include "harness/service/worklist.hpp"

namespace assay::scenario {

namespace {

constexpr std::string_view step_prefix = "ScheduledProcedureStepSequence[1]/";

/// "A.B" and "A[2].B" as a tag path; a key of the step that stands alone is put into it.
std::string as_tag_path(std::string_view written) {
  std::string out;
  std::size_t parts = 1;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '.') {
      out += written[i];
      continue;
    }
    if (!out.ends_with(']')) out += "[1]";
    out += '/';
    ++parts;
  }
  const auto first = std::string_view(out).substr(0, out.find_first_of("[/"));
  if (parts == 1 || first != "ScheduledProcedureStepSequence") {
    for (const auto& key : service::worklist_keys())
      if (key.of_step && first == dict::keyword(key.tag)) return std::string(step_prefix) + out;
  }
  return out;
}

class ItemBuilder {
 public:
  ItemBuilder(const ScheduleRow& row, ScheduleErrors& errors) : row_(row), errors_(errors) {}

  /// Nothing when something is wrong with it.
  std::optional<dataset::DataSet> build() {
    std::string_view set;
    for (const auto& value : row_.values) {
      if (value.path == "SpecificCharacterSet") set = value.value;
      if (!dataset::is_utf8(value.value)) fail(value, "is not UTF-8");
      if (set.empty() && !dataset::is_ascii(value.value)) set = "ISO_IR 192";
    }
    if (bad_) return std::nullopt;
    if (!set.empty()) item_.set_text(tags::SpecificCharacterSet, set);
    for (const auto& value : row_.values)
      if (value.path != "SpecificCharacterSet") put(value);
    if (!bad_) missing();
    return bad_ ? std::nullopt : std::optional(std::move(item_));
  }

 private:
  void fail(const ScheduleValue& value, std::string_view what) {
    errors_.add(value.at, fmt::format("{}: {}", value.path, what));
    bad_ = true;
  }
  void put(const ScheduleValue& value) {
    const auto path = dataset::parse_tag_path(as_tag_path(value.path));
    if (!path) {
      fail(value, path.error().message);
      return;
    }
    if (std::ranges::any_of(path->steps, [](const auto& step) {
          return step.items == dataset::ItemChoice::all || step.items == dataset::ItemChoice::behind;
        })) {
      fail(value, "an item is named by its number");
      return;
    }
    dataset::Edit edit;
    edit.path = *path;
    edit.text = value.value;
    dataset::EditOptions options;
    options.create_missing = true;
    if (const auto done = dataset::apply(item_, edit, options); !done) fail(value, done.error());
  }
  void missing() {
    if (item_.items(tags::ScheduledProcedureStepSequence).size() > 1) {
      errors_.add(row_.at, "has two scheduled steps: write an item for each");
      bad_ = true;
      return;
    }
    const auto lacking = service::missing_in_worklist_item(item_);
    if (lacking.empty()) return;
    std::string names;
    for (const auto tag : lacking) names += (names.empty() ? "" : ", ") + std::string(dict::keyword(tag));
    errors_.add(row_.at, fmt::format("lacks {} (PS3.4 Table K.6-1)", names));
    bad_ = true;
  }

  const ScheduleRow& row_;
  ScheduleErrors& errors_;
  dataset::DataSet item_{dataset::explicit_le};
  bool bad_ = false;
};

}  // namespace

std::expected<dataset::DataSet, std::string> schedule_item(const std::vector<std::string>& words) {
  ScheduleErrors errors("item");
  ScheduleRow row;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return std::unexpected(fmt::format("'{}' is no KEY=VALUE such as PatientID=P1", word));
    row.values.push_back({word.substr(0, equals), word.substr(equals + 1), row.at});
  }
  auto item = ItemBuilder(row, errors).build();
  if (item) return std::move(*item);
  return std::unexpected(errors.take().front());
}

std::expected<std::vector<dataset::DataSet>, std::vector<std::string>> read_schedule(std::string_view text,
                                                                                     const std::string& file_name) {
  ScheduleErrors errors(file_name);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool xml = first != std::string_view::npos && text[first] == '<';
  const auto rows = xml ? xml_rows(text, errors) : csv_rows(text, errors);
  std::vector<dataset::DataSet> out;
  std::map<std::pair<std::string, std::string>, std::size_t> seen;  // study and step: line
  for (const auto& row : rows) {
    auto item = ItemBuilder(row, errors).build();
    if (!item) continue;
    const auto steps = item->items(tags::ScheduledProcedureStepSequence);
    const auto [at, fresh] = seen.emplace(std::pair(std::string(item->text(tags::StudyInstanceUID)),
                                                    std::string(steps.front().text(tags::ScheduledProcedureStepID))),
                                          row.at.line);
    if (!fresh) {
      errors.add(row.at, fmt::format("has the StudyInstanceUID and ScheduledProcedureStepID of line {}", at->second));
      continue;
    }
    out.push_back(std::move(*item));
  }
  if (!errors.empty()) return std::unexpected(errors.take());
  return out;
}

}  // namespace assay::scenario
