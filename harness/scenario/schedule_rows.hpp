// What XML and CSV schedules have in common: assignments with their places, made into an item. Internal to schedule.
// Tests: tests/unit/scenario/schedule_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/dataset/tag_path.hpp"

namespace assay::scenario {

/// Counted from 1.
struct SchedulePlace {
  std::size_t line = 1;
  std::size_t column = 1;
};
struct ScheduleValue {
  std::string path;  // "ScheduledProcedureStepSequence[1].Modality"
  std::string value;
  SchedulePlace at;
};
struct ScheduleRow {
  std::vector<ScheduleValue> values;
  SchedulePlace at;
};

/// Collects mistakes up to a limit.
class ScheduleErrors {
 public:
  explicit ScheduleErrors(std::string file) : file_(std::move(file)) {}
  void add(SchedulePlace at, std::string_view what);
  [[nodiscard]] bool empty() const { return errors_.empty(); }
  /// With a last line that counts what was left out.
  std::vector<std::string> take();

 private:
  std::string file_;
  std::vector<std::string> errors_;
  std::size_t more_ = 0;
};

/// Rows of one kind of text.
std::vector<ScheduleRow> csv_rows(std::string_view text, ScheduleErrors& errors);
std::vector<ScheduleRow> xml_rows(std::string_view text, ScheduleErrors& errors);

}  // namespace assay::scenario
