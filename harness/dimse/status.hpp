// DIMSE statuses and their class (PS3.7 Annex C; service ranges of PS3.4). Tests: tests/unit/dimse/
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::dimse {

enum class StatusClass : std::uint8_t { success, warning, failure, cancel, pending, unknown };

std::string_view name(StatusClass status_class);

/// By the ranges of PS3.7 Annex C, so that codes no table lists still have their class.
StatusClass status_class(std::uint16_t status);

/// True when `status` may answer this command for this SOP class (PS3.7 9.1.x/10.1.x and PS3.4). `command_field`
/// is the response's. An empty SOP class means the rules of the DIMSE service alone.
bool is_allowed_status(std::uint16_t command_field, std::string_view sop_class_uid, std::uint16_t status);

/// "0xA700 failure: Refused: Out of resources"; the meaning comes from the service when the SOP class tells it.
std::string describe_status(std::uint16_t status, std::uint16_t command_field = 0, std::string_view sop_class_uid = {});

}  // namespace assay::dimse
