// What the standard says of single entries: kinds of matching by VR, statuses by SOP Class.
// Tests: tests/unit/conformance/profile_load_test.cpp
#include <algorithm>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"

namespace assay::conformance {
namespace {

/// Responses of the operations that a SOP Class may have; an unknown one has all.
std::vector<std::uint16_t> responses_of(std::string_view sop_class) {
  using dimse::CommandField;
  const auto kind = kind_of(sop_class);
  const auto number = [](CommandField field) { return static_cast<std::uint16_t>(field); };
  if (kind == "storage") return {number(CommandField::c_store_rsp)};
  if (kind == "find") return {number(CommandField::c_find_rsp)};
  if (kind == "retrieve") return {number(CommandField::c_move_rsp), number(CommandField::c_get_rsp)};
  if (sop_class == uids::Verification) return {number(CommandField::c_echo_rsp)};
  return {number(CommandField::n_create_rsp), number(CommandField::n_set_rsp),
          number(CommandField::n_get_rsp),    number(CommandField::n_action_rsp),
          number(CommandField::n_delete_rsp), number(CommandField::n_event_report_rsp),
          number(CommandField::c_find_rsp)};
}

}  // namespace

/// Kinds of matching that a VR has (PS3.4 C.2.2.2).
std::optional<std::string> problem_with_matching(Matching kind, Tag tag) {
  const auto* entry = dict::find(tag);
  const auto vr = entry == nullptr ? Vr::UN : entry->vr;
  const auto one_of = [vr](std::initializer_list<Vr> list) { return std::ranges::find(list, vr) != list.end(); };
  switch (kind) {
    case Matching::uid_list:
      if (vr != Vr::UI) return "list of UID matching is for UIDs (PS3.4 C.2.2.2.2)";
      break;
    case Matching::wildcard:
      if (!one_of({Vr::AE, Vr::CS, Vr::LO, Vr::LT, Vr::PN, Vr::SH, Vr::ST, Vr::UC, Vr::UR, Vr::UT}))
        return "wild card matching is for texts (PS3.4 C.2.2.2.4)";
      break;
    case Matching::range:
      if (!one_of({Vr::DA, Vr::TM, Vr::DT})) return "range matching is for dates and times (PS3.4 C.2.2.2.5)";
      break;
    case Matching::sequence:
      if (vr != Vr::SQ) return "sequence matching is for sequences (PS3.4 C.2.2.2.6)";
      break;
    case Matching::single:
      if (vr == Vr::SQ) return "a sequence has sequence matching (PS3.4 C.2.2.2.6)";
      break;
    case Matching::universal:
    case Matching::empty:
    case Matching::multiple: break;
  }
  return std::nullopt;
}

bool has_status(std::string_view sop_class, std::uint16_t status) {
  return std::ranges::any_of(responses_of(sop_class), [&](std::uint16_t response) {
    return dimse::is_allowed_status(response, sop_class, status);
  });
}

}  // namespace assay::conformance
