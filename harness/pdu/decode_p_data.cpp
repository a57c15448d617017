// P-DATA-TF: Presentation Data Value items (PS3.8 9.3.5.1) and their message control header (PS3.8 E.2).
#include <string>

#include "harness/base/limits.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/pdu/decode_parts.hpp"

namespace assay::pdu {
namespace {

constexpr std::size_t pdv_length_width = 4;
constexpr std::size_t pdv_header_length = 2;  // Presentation Context ID and message control header
constexpr std::string_view pdu_clause = "PS3.8 9.3.5";
constexpr std::string_view pdv_clause = "PS3.8 9.3.5.1";

bool nothing_wrong(const PdvView& value) {
  return (value.context_id & 1) != 0 && (value.control_header & 0xfc) == 0 && value.fragment.size() % 2 == 0;
}

/// What can be wrong with a PDV that could be read.
void check(const PdvView& value, std::size_t at, std::uint32_t index, detail::Report& report) {
  if (nothing_wrong(value)) [[likely]]
    return;
  const detail::Inside inside(report, "pdv", index, true);
  if ((value.context_id & 1) == 0) {
    report.deviation(pdv_clause, "presentation-context-id", at + 4, "context-id", std::to_string(value.context_id),
                     "an odd number from 1 to 255");
  }
  if ((value.control_header & 0xfc) != 0) {
    report.deviation("PS3.8 E.2", "control-header-bits", at + 5, "control-header", detail::hex8(value.control_header),
                     "bits 2 to 7 set to 0");
  }
  if (value.fragment.size() % 2 != 0) {
    report.deviation("PS3.8 E.1", "fragment-odd", at + 6, "fragment", detail::byte_count(value.fragment.size()),
                     "an even number of bytes");
  }
}

}  // namespace

bool decode_p_data(ByteView bytes, std::uint64_t base_offset, std::vector<PdvView>& values, Problems& problems) {
  detail::Report report(problems, base_offset);
  if (!bytes.empty() && bytes[0] != static_cast<std::uint8_t>(PduType::p_data_tf)) {
    report.error(pdu_clause, "pdu-type", 0, "pdu-type", detail::hex8(bytes[0]), "04H");
    return false;
  }
  const auto whole = detail::decode_header(bytes, report);
  if (!whole) return false;
  if (whole->size() == pdu_header_length) {
    report.deviation(pdu_clause, "pdv-missing", pdu_header_length, {}, "no Presentation Data Value Item",
                     "one or more");
  }
  std::uint32_t index = 0;
  for (std::size_t at = pdu_header_length; at < whole->size();) {
    const auto left = whole->size() - at;
    if (left < pdv_length_width) {
      report.error(pdu_clause, "pdv-header", at, {}, detail::byte_count(left) + " after the last item",
                   "no byte, or an item length of 4 bytes");
      return false;
    }
    ++index;
    const std::size_t length = load<std::uint32_t>(whole->data() + at, Endian::big);
    const auto room = left - pdv_length_width;
    if (length > room || length < pdv_header_length) {
      const detail::Inside inside(report, "pdv", index, true);
      report.error(pdv_clause, "pdv-length", at, "length", std::to_string(length),
                   length > room ? "at most " + std::to_string(room) + ", the bytes left in the PDU" : "at least 2");
      return false;
    }
    const auto* header = whole->data() + at + pdv_length_width;
    values.push_back({header[0], header[1],
                      whole->subspan(at + pdv_length_width + pdv_header_length, length - pdv_header_length),
                      base_offset + at});
    check(values.back(), at, index, report);
    at += pdv_length_width + length;
  }
  return true;
}

std::optional<PdvView> view_one_pdv(ByteView header, ByteView fragment, std::uint64_t base_offset) {
  if (header.size() != one_pdv_header_length || header[0] != static_cast<std::uint8_t>(PduType::p_data_tf) ||
      header[1] != 0 || fragment.size() > limits::max_p_data_length - pdv_length_width - pdv_header_length)
    return std::nullopt;
  const auto* pdv = header.data() + pdu_header_length;
  if (load<std::uint32_t>(header.data() + 2, Endian::big) != pdv_length_width + pdv_header_length + fragment.size() ||
      load<std::uint32_t>(pdv, Endian::big) != pdv_header_length + fragment.size())
    return std::nullopt;
  const PdvView value{pdv[pdv_length_width], pdv[pdv_length_width + 1], fragment, base_offset + pdu_header_length};
  return nothing_wrong(value) ? std::optional(value) : std::nullopt;
}

}  // namespace assay::pdu
