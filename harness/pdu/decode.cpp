// The PDU header, the four PDUs of fixed length, and the choice of decoder.
#include <array>
#include <string>

#include "harness/pdu/codec.hpp"
#include "harness/pdu/decode_parts.hpp"

namespace assay::pdu {
namespace detail {
namespace {

constexpr std::size_t fixed_body_length = 4;  // RJ, RELEASE-RQ, RELEASE-RP, ABORT

bool is_fixed(std::uint8_t type) {
  return type == static_cast<std::uint8_t>(PduType::a_associate_rj) ||
         type >= static_cast<std::uint8_t>(PduType::a_release_rq);
}

AAssociateRj decode_reject(ByteView bytes, Report& report) {
  const auto clause = pdu_clause(bytes[0]);
  report.reserved(clause, bytes.subspan(6, 1), 6, "reserved-2");
  const AAssociateRj rj{bytes[7], bytes[8], bytes[9]};
  if (rj.result < 1 || rj.result > 2) {
    report.deviation(clause, "result", 7, "result", std::to_string(rj.result), "1 (permanent) or 2 (transient)");
  }
  if (rj.source < 1 || rj.source > 3) {
    report.deviation(clause, "source", 8, "source", std::to_string(rj.source),
                     "1 (user), 2 (provider, ACSE) or 3 (provider, presentation)");
  } else if (!is_defined_reject(1, rj.source, rj.reason)) {
    report.deviation(clause, "reason", 9, "reason", std::to_string(rj.reason),
                     "a reason that Table 9-21 defines for source " + std::to_string(rj.source));
  }
  return rj;
}

template <typename Release>
Release decode_release(ByteView bytes, Report& report) {
  report.reserved(pdu_clause(bytes[0]), bytes.subspan(6, 4), 6, "reserved-2");
  return {};
}

AAbort decode_abort(ByteView bytes, Report& report) {
  const auto clause = pdu_clause(bytes[0]);
  report.reserved(clause, bytes.subspan(6, 1), 6, "reserved-2");
  report.reserved(clause, bytes.subspan(7, 1), 7, "reserved-3");
  const AAbort abort{bytes[8], bytes[9]};
  if (abort.source == 1 || abort.source > 2) {
    report.deviation(clause, "source", 8, "source", std::to_string(abort.source), "0 (service-user) or 2 (provider)");
  } else if (abort.source == 0 && abort.reason != 0) {
    report.deviation(clause, "reason-of-user", 9, "reason", std::to_string(abort.reason),
                     "00H, since the reason of a service-user abort is not significant; receivers do not test it");
  } else if (abort.source == 2 && (abort.reason == 3 || abort.reason > 6)) {
    report.deviation(clause, "reason", 9, "reason", std::to_string(abort.reason), "0, 1, 2, 4, 5 or 6");
  }
  return abort;
}

}  // namespace

std::string_view pdu_clause(std::uint8_t type) {
  static constexpr std::array<std::string_view, 8> clauses{"PS3.8 9.3.1", "PS3.8 9.3.2", "PS3.8 9.3.3", "PS3.8 9.3.4",
                                                           "PS3.8 9.3.5", "PS3.8 9.3.6", "PS3.8 9.3.7", "PS3.8 9.3.8"};
  return type < clauses.size() ? clauses[type] : clauses[0];
}

std::optional<ByteView> decode_header(ByteView bytes, Report& report) {
  if (bytes.size() < pdu_header_length) {
    report.error("PS3.8 9.3.1", "pdu-header", bytes.size(), {}, byte_count(bytes.size()), "a PDU header of 6 bytes");
    return std::nullopt;
  }
  const auto type = bytes[0];
  if (type == 0 || type > static_cast<std::uint8_t>(PduType::a_abort)) {
    report.error("PS3.8 9.3.1", "pdu-type", 0, "pdu-type", hex8(type), "01H to 07H");
    return std::nullopt;
  }
  const auto clause = pdu_clause(type);
  report.reserved(clause, bytes.subspan(1, 1), 1, "reserved");
  const std::size_t length = load<std::uint32_t>(bytes.data() + 2, Endian::big);
  const auto present = bytes.size() - pdu_header_length;
  if (length > present) {
    report.error(clause, "pdu-length", 2, "length", std::to_string(length),
                 std::to_string(present) + ", the bytes that follow");
    return std::nullopt;
  }
  if (is_fixed(type) && length < fixed_body_length) {
    report.error(clause, "pdu-length", 2, "length", std::to_string(length), "4");
    return std::nullopt;
  }
  if (length < present) {
    report.deviation(clause, "pdu-length", 2, "length", std::to_string(length),
                     std::to_string(present) + ", the bytes that follow");
  } else if (is_fixed(type) && length > fixed_body_length) {
    report.deviation(clause, "pdu-length", 2, "length", std::to_string(length), "4");
  }
  return bytes.first(pdu_header_length + length);
}

}  // namespace detail

PduDecode decode(ByteView bytes, std::uint64_t base_offset) {
  PduDecode out;
  detail::Report report(out.problems, base_offset);
  if (!bytes.empty() && bytes[0] == static_cast<std::uint8_t>(PduType::p_data_tf)) {
    std::vector<PdvView> views;
    if (!decode_p_data(bytes, base_offset, views, out.problems)) return out;
    auto& values = std::get<PDataTf>(out.pdu.emplace(PDataTf{})).values;
    values.reserve(views.size());
    for (const auto& view : views) values.push_back({view.context_id, view.control_header, to_bytes(view.fragment)});
    return out;
  }
  const auto whole = detail::decode_header(bytes, report);
  if (!whole) return out;
  switch (static_cast<PduType>(bytes[0])) {
    case PduType::a_associate_rq:
      out.pdu.emplace(std::in_place_type<AAssociateRq>);
      if (!detail::decode_associate(*whole, detail::Side::rq, std::get<AAssociateRq>(*out.pdu), report))
        out.pdu.reset();
      break;
    case PduType::a_associate_ac:
      out.pdu.emplace(std::in_place_type<AAssociateAc>);
      if (!detail::decode_associate(*whole, detail::Side::ac, std::get<AAssociateAc>(*out.pdu), report))
        out.pdu.reset();
      break;
    case PduType::a_associate_rj: out.pdu = detail::decode_reject(*whole, report); break;
    case PduType::a_release_rq: out.pdu = detail::decode_release<AReleaseRq>(*whole, report); break;
    case PduType::a_release_rp: out.pdu = detail::decode_release<AReleaseRp>(*whole, report); break;
    case PduType::a_abort: out.pdu = detail::decode_abort(*whole, report); break;
    case PduType::p_data_tf: break;  // above
  }
  return out;
}

}  // namespace assay::pdu
