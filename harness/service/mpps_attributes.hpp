// What PS3.4 Table F.7.2-1 asks of the attributes of a Modality Performed Procedure Step, as functions over Data Sets.
// Tests: tests/unit/service/mpps_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::service {

enum class StepType : std::uint8_t { one, two, three };

struct StepAttribute {
  Tag tag;
  StepType at_creation = StepType::three;
  bool settable = true;  // by N-SET
  StepType at_the_end = StepType::three;
};
std::span<const StepAttribute> step_attributes();

struct StepItemAttribute {
  Tag sequence;
  Tag tag;
  StepType type = StepType::three;
};
std::span<const StepItemAttribute> step_item_attributes();

/// Values of Performed Procedure Step Status (PS3.3 C.4.14).
enum class StepState : std::uint8_t { in_progress, completed, discontinued };
/// "IN PROGRESS", "COMPLETED", "DISCONTINUED".
std::string_view name(StepState state);
std::optional<StepState> step_state_from(std::string_view text);

/// Why a request is refused: a status of PS3.7 Annex C, what is to blame, and a comment.
struct StepFault {
  std::uint16_t status = 0;
  std::vector<Tag> attributes;  // never empty but for Data Sets that cannot be read
  std::string comment;
};

/// Of the Attribute List of an N-CREATE: 0120H missing attribute, 0121H missing value, 0106H for a status other than
/// IN PROGRESS (F.7.2.1.3) and for dates, times and UIDs that are none.
std::optional<StepFault> fault_at_creation(const dataset::DataSet& attributes);
/// Of the Modification List of an N-SET: 0105H for what may not be set, 0106H as above, and for a status that is none;
/// 0121H for what the items of a series lack.
std::optional<StepFault> fault_in_change(const dataset::DataSet& modifications);
/// Of the step as it would be in its final state (last column of the table): 0121H.
std::optional<StepFault> fault_at_the_end(const dataset::DataSet& step);

}  // namespace assay::service
