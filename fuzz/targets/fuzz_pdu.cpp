// Any bytes as one PDU and as a stream of PDUs. What must hold:
//  - decode() returns: a value, or an error among the problems; problems lie inside the input and are bounded;
//  - without any problem, encode() gives the input back;
//  - whatever was decoded, encode() and the layout tree give the same bytes, and decoding those changes nothing more;
//  - decode_p_data() sees what decode() sees;
//  - the framer yields the same frames from one piece, from pieces of seven bytes and from single bytes.
// In a fuzzing build what costs more than decoding is asked of some inputs: the bound of memory, and the length of what
// a value with problems is encoded to, of every fourth; each of the rest of every sixteenth; the framer byte by byte of
// every eightieth.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/base/limits.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/pdu/describe.hpp"

namespace {

using namespace assay;       // NOLINT(google-build-using-namespace)
using namespace assay::pdu;  // NOLINT(google-build-using-namespace)
using fuzz::require;

void check_problems(const PduDecode& decoded, std::size_t size, std::uint64_t base) {
  require(decoded.pdu.has_value() != has_error(decoded.problems), "a value or an error, never both, never neither");
  require(decoded.problems.size() <= limits::max_problems + 1, "problems are bounded");
  for (const auto& p : decoded.problems) {
    require(p.offset >= base && p.offset <= base + size, "offsets lie inside the input");
    require(p.rule.starts_with("ps3.8/") || p.rule.starts_with("ps3.7/"), "rules are addresses of the standard");
  }
}

void check_value(const Pdu& pdu, const PduDecode& decoded, ByteView input, bool thoroughly) {
  if (!decoded.problems.empty() && !thoroughly && !fuzz::one_in(4, input)) return;
  const auto encoded = encode(pdu);
  require(encoded.size() <= input.size(), "a decoded value encodes to no more than it was decoded from");
  if (decoded.problems.empty()) require(fuzz::same(encoded, input), "no problem: the same bytes again");
  if (!thoroughly) return;
  const auto tree = to_layout(pdu);
  require(layout::serialise(tree) == encoded, "encoder and layout agree");
  const auto again = decode(encoded);
  require(again.pdu.has_value(), "what was decoded can be decoded again");
  require(*again.pdu == pdu, "decoding again changes nothing");
  require(!one_line(pdu).empty() && !to_text(pdu).empty(), "every value can be described");
}

void check_p_data(ByteView input, const PduDecode& decoded) {
  std::vector<PdvView> views;
  Problems problems;
  const bool whole = decode_p_data(input, 0, views, problems);
  if (input.empty() || input[0] != static_cast<std::uint8_t>(PduType::p_data_tf)) {
    require(!whole, "no other PDU is P-DATA");
    return;
  }
  require(problems == decoded.problems, "both decoders report the same");
  require(whole == decoded.pdu.has_value(), "both decoders succeed or fail");
  if (!whole) return;
  const auto& values = std::get<PDataTf>(*decoded.pdu).values;
  require(values.size() == views.size(), "both decoders see the same values");
  for (std::size_t i = 0; i < views.size(); ++i) {
    require(values[i].context_id == views[i].context_id && values[i].control_header == views[i].control_header &&
                values[i].fragment == to_bytes(views[i].fragment),
            "both decoders see the same values");
  }
}

/// Every frame in few words, so that two runs can be compared.
std::vector<std::string> frames(ByteView input, std::size_t piece) {
  Framer framer(7);
  std::vector<std::string> out;
  while (!input.empty()) {
    const auto part = input.first(std::min(piece, input.size()));
    input = input.subspan(part.size());
    framer.push(part);
    for (auto frame = framer.next(); frame.status != Framer::Status::need_more; frame = framer.next()) {
      const bool whole = frame.status == Framer::Status::pdu;
      out.push_back(std::to_string(frame.type) + "@" + std::to_string(frame.offset));
      if (whole) out.back().append(as_text(frame.bytes));
      if (!whole) out.back().append(" lost");
    }
  }
  return out;
}

}  // namespace

ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_WIRE)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const fuzz::MemoryBound memory(size, 512, std::size_t{256} << 10U, fuzz::one_in(4, input));
  const auto decoded = decode(input);
  check_problems(decoded, size, 0);
  constexpr std::size_t groups = 16;
  if (decoded.pdu) check_value(*decoded.pdu, decoded, input, fuzz::wanted(0, groups, input));
  if (fuzz::wanted(1, groups, input)) check_problems(decode(input, 1'000'000), size, 1'000'000);
  if (fuzz::wanted(2, groups, input) || fuzz::wanted(3, groups, input)) check_p_data(input, decoded);
  if (!fuzz::wanted(4, groups, input)) return 0;
  const auto whole = frames(input, size + 1);
  if (fuzz::seldom(input)) require(frames(input, 1) == whole, "the framer does not depend on the split");
  require(frames(input, 7) == whole, "the framer does not depend on the split");
  return 0;
}
