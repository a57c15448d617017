#include "conformance/rules/support.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"

namespace assay::conformance {
namespace {

constexpr std::size_t items_at = 74;  // PDU header and the fixed fields of Tables 9-11 and 9-17
constexpr std::size_t item_header_length = 4;
constexpr std::size_t implicit_header_length = 8;

/// Starts of the items between `from` and `to`; stops where an item does not fit.
std::vector<std::size_t> walk(ByteView bytes, std::size_t from, std::size_t to) {
  std::vector<std::size_t> starts;
  while (from + item_header_length <= to) {
    const std::size_t length = load<std::uint16_t>(bytes.data() + from + 2, Endian::big);
    if (length > to - from - item_header_length) break;
    starts.push_back(from);
    from += item_header_length + length;
  }
  return starts;
}

}  // namespace

trace::Finding finding(const trace::RuleInfo& info, StreamPlace place, std::string field, std::string found,
                       std::string expected) {
  trace::Finding out;
  out.rule = info.id;
  out.clause = info.clause;
  out.severity = info.severity;
  out.side = place.side;
  out.pdu_number = place.pdu;
  out.offset = place.offset;
  out.field = std::move(field);
  out.found = std::move(found);
  out.expected = std::move(expected);
  out.advice = info.advice;
  return out;
}

StreamPlace place_of(const trace::MessageSeen& seen, Tag tag) {
  const auto* node = seen.message->command.elements().find(tag);
  if (node == nullptr) return begin_of(seen);
  const auto position = node->value.empty() ? node->offset : node->offset + implicit_header_length;
  const auto* run = seen.command_at.find(position);
  return {seen.from, run == nullptr ? seen.first_pdu : run->pdu, seen.command_at.offset_of(position, seen.offset)};
}

StreamPlace place_in_data(const trace::MessageSeen& seen, std::uint64_t position) {
  const auto* run = seen.data_at.find(position);
  return {seen.from, run == nullptr ? seen.last_pdu : run->pdu, seen.data_at.offset_of(position, seen.offset)};
}

std::vector<std::size_t> item_positions(ByteView pdu) { return walk(pdu, items_at, pdu.size()); }

std::vector<std::size_t> sub_item_positions(ByteView pdu) {
  for (const auto at : item_positions(pdu)) {
    if (pdu[at] != pdu::item_type::user_information) continue;
    const std::size_t length = load<std::uint16_t>(pdu.data() + at + 2, Endian::big);
    return walk(pdu, at + item_header_length, at + item_header_length + length);
  }
  return {};
}

std::string_view trimmed_uid(std::string_view uid) {
  const auto last = uid.find_last_not_of(std::string_view("\0 ", 2));
  return last == std::string_view::npos ? std::string_view{} : uid.substr(0, last + 1);
}

std::string label(Tag tag) {
  const auto keyword = dict::keyword(tag);
  return keyword.empty() ? to_string(tag) : fmt::format("{} {}", to_string(tag), keyword);
}

std::string quoted(std::string_view text) { return '"' + printable(text.substr(0, 80)) + '"'; }

Roles roles_of(const trace::Negotiated& negotiated, std::string_view abstract_syntax) {
  if (negotiated.rq == nullptr || negotiated.ac == nullptr) return {};
  const auto item_of = [&](const pdu::AssociateBody& body) -> const pdu::RoleSelectionSubItem* {
    const auto* information = body.user_information();
    if (information == nullptr) return nullptr;
    for (const auto& item : information->sub_items) {
      const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item);
      if (role != nullptr && trimmed_uid(role->sop_class_uid) == trimmed_uid(abstract_syntax)) return role;
    }
    return nullptr;
  };
  const auto* asked = item_of(*negotiated.rq);
  const auto* answered = item_of(*negotiated.ac);
  if (asked == nullptr || answered == nullptr) return {};
  return {answered->scu_role != 0, answered->scp_role != 0};
}

const trace::Negotiated::Context* accepted_context(const trace::Negotiated& negotiated, std::uint8_t id) {
  const auto* context = negotiated.context(id);
  return context != nullptr && context->result == 0 ? context : nullptr;
}

bool has_problem(const trace::PduSeen& seen, std::string_view rule) {
  return std::any_of(seen.problems.begin(), seen.problems.end(), [&](const Problem& p) { return p.rule == rule; });
}

bool breaks_messages(const trace::PduSeen& seen) {
  if (!seen.recognized) return true;
  if (seen.type != static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) return false;
  return has_error(seen.problems) ||
         std::any_of(seen.problems.begin(), seen.problems.end(), [](const Problem& problem) {
           return problem.rule.starts_with("ps3.8/E.2/") && problem.rule != "ps3.8/E.2/control-header-bits";
         });
}

}  // namespace assay::conformance
