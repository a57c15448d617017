// Status classes, allowed sets and texts. Tests: tests/unit/dimse/status_test.cpp
#include "harness/dimse/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"

namespace assay::dimse {

namespace {

enum class Service : std::uint8_t {
  any,         // nothing is known of it
  none_added,  // PS3.7 alone
  storage,
  find,
  move,
  get,
  worklist,
  relevant_patient,
  substance,
  non_patient,
  film_session,
  film_session_print,
  film_box,
  film_box_print,
  image_box,
  presentation_lut,
  event_logging,
  media_creation,
  ups,
  machine_verification,
};

struct GeneralStatus {
  std::uint16_t status;
  std::string_view meaning;
};

struct ServiceStatus {
  Service service;
  std::uint16_t from;
  std::uint16_t to;
  std::string_view meaning;
};

struct ServiceOf {
  std::string_view sop_class;  // or what it begins with, up to a dot
  std::uint16_t request;       // 0 = any
  Service service;
};

#define ASSAY_COMMAND_STATUSES(response, ...)
#define ASSAY_SERVICE_OF(sop_class, request, service)
#define ASSAY_GENERAL_STATUS(status, meaning)
#define ASSAY_SERVICE_STATUS(service, from, to, meaning)

#undef ASSAY_GENERAL_STATUS
#define ASSAY_GENERAL_STATUS(status, meaning) {status, meaning},
constexpr GeneralStatus general_statuses[] = {
#include "harness/dimse/statuses.inc"
};
#undef ASSAY_GENERAL_STATUS
#define ASSAY_GENERAL_STATUS(status, meaning)

#undef ASSAY_SERVICE_STATUS
#define ASSAY_SERVICE_STATUS(service, from, to, meaning) {Service::service, from, to, meaning},
constexpr ServiceStatus service_statuses[] = {
#include "harness/dimse/statuses.inc"
};
#undef ASSAY_SERVICE_STATUS
#define ASSAY_SERVICE_STATUS(service, from, to, meaning)

constexpr std::uint16_t number_of(CommandField field) { return static_cast<std::uint16_t>(field); }

#undef ASSAY_SERVICE_OF
#define ASSAY_SERVICE_OF(sop_class, request, service) {sop_class, of_request::request, Service::service},
namespace of_request {
constexpr std::uint16_t any = 0;
constexpr auto c_find_rq = number_of(CommandField::c_find_rq);
constexpr auto c_move_rq = number_of(CommandField::c_move_rq);
constexpr auto c_get_rq = number_of(CommandField::c_get_rq);
constexpr auto c_store_rq = number_of(CommandField::c_store_rq);
constexpr auto n_action_rq = number_of(CommandField::n_action_rq);
}  // namespace of_request
constexpr ServiceOf services_of[] = {
#include "harness/dimse/statuses.inc"
};
#undef ASSAY_SERVICE_OF
#define ASSAY_SERVICE_OF(sop_class, request, service)

/// True when the DIMSE service itself lets this response carry the status; nothing for a value that is no response.
bool command_allows(std::uint16_t response, std::uint16_t status) {
  const auto one_of = [status](std::initializer_list<std::uint16_t> statuses) {
    return std::ranges::find(statuses, status) != statuses.end();
  };
  switch (static_cast<CommandField>(response)) {
#undef ASSAY_COMMAND_STATUSES
#define ASSAY_COMMAND_STATUSES(field, ...) \
  case CommandField::field: return one_of({__VA_ARGS__});
#include "harness/dimse/statuses.inc"
    default: return false;
  }
#undef ASSAY_COMMAND_STATUSES
}
#undef ASSAY_GENERAL_STATUS
#undef ASSAY_SERVICE_STATUS
#undef ASSAY_SERVICE_OF

/// Which service of PS3.4 a SOP Class belongs to, as far as its statuses are concerned.
Service service_of(std::string_view uid, std::uint16_t command_field) {
  if (uid.empty()) return Service::any;
  const auto request = static_cast<std::uint16_t>(command_field & 0x7fffU);
  for (const auto& row : services_of) {
    const bool fits = row.sop_class.ends_with('.') ? uid.starts_with(row.sop_class) : uid == row.sop_class;
    if (fits && (row.request == 0 || row.request == request || (command_field == 0 && row.service == Service::storage)))
      return row.service;
  }
  // Further query and retrieve models (hanging protocols, implants, ...) have the statuses of PS3.4 C.4.
  const auto* entry = dict::find_uid(uid);
  if (entry == nullptr || entry->keyword.find("InformationModel") == std::string_view::npos) return Service::any;
  if (entry->keyword.ends_with("Find")) return Service::find;
  if (entry->keyword.ends_with("Move")) return Service::move;
  if (entry->keyword.ends_with("Get")) return Service::get;
  return Service::any;
}

/// By the DIMSE service when no SOP Class tells more: the texts of its usual service.
Service usual_service(std::uint16_t command_field) {
  switch (static_cast<CommandField>(command_field & 0x7fffU)) {
    case CommandField::c_store_rq: return Service::storage;
    case CommandField::c_find_rq: return Service::find;
    case CommandField::c_move_rq: return Service::move;
    case CommandField::c_get_rq: return Service::get;
    default: return Service::any;
  }
}

const ServiceStatus* find_service_status(Service service, std::uint16_t status) {
  const auto* found = std::ranges::find_if(service_statuses, [&](const ServiceStatus& row) {
    return row.service == service && row.from <= status && status <= row.to;
  });
  return found == std::end(service_statuses) ? nullptr : found;
}

std::string_view meaning_of(std::uint16_t status, std::uint16_t command_field, std::string_view sop_class_uid) {
  for (const auto service : {service_of(sop_class_uid, command_field), usual_service(command_field)})
    if (const auto* row = find_service_status(service, status)) return row->meaning;
  for (const auto& row : general_statuses)
    if (row.status == status) return row.meaning;
  return {};
}

}  // namespace

std::string_view name(StatusClass status_class) {
  switch (status_class) {
    case StatusClass::success: return "success";
    case StatusClass::warning: return "warning";
    case StatusClass::failure: return "failure";
    case StatusClass::cancel: return "cancel";
    case StatusClass::pending: return "pending";
    case StatusClass::unknown: break;
  }
  return "unknown";
}

StatusClass status_class(std::uint16_t status) {
  if (status == 0x0000) return StatusClass::success;
  if (status == 0xff00 || status == 0xff01) return StatusClass::pending;
  if (status == 0xfe00) return StatusClass::cancel;
  if (status == 0x0001 || status == 0x0107 || status == 0x0116) return StatusClass::warning;
  switch (status >> 12) {
    case 0xa:
    case 0xc: return StatusClass::failure;
    case 0xb: return StatusClass::warning;
    default: break;
  }
  if ((status >> 8) == 0x01 || (status >> 8) == 0x02) return StatusClass::failure;
  return StatusClass::unknown;
}

bool is_allowed_status(std::uint16_t command_field, std::string_view sop_class_uid, std::uint16_t status) {
  if (command_info(command_field) == nullptr || !is_response(command_field)) return false;
  if (command_allows(command_field, status)) return true;
  if (static_cast<CommandField>(command_field) == CommandField::c_echo_rsp) return false;
  const auto service = service_of(sop_class_uid, command_field);
  if (service != Service::any) return find_service_status(service, status) != nullptr;
  const auto nibble = status >> 12;
  return nibble == 0xa || nibble == 0xb || nibble == 0xc;
}

std::string describe_status(std::uint16_t status, std::uint16_t command_field, std::string_view sop_class_uid) {
  const auto meaning = meaning_of(status, command_field, sop_class_uid);
  const auto kind = name(status_class(status));
  return meaning.empty() ? fmt::format("0x{:04X} {}", status, kind)
                         : fmt::format("0x{:04X} {}: {}", status, kind, meaning);
}

}  // namespace assay::dimse
