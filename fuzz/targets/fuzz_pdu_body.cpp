// The body of each PDU by itself: byte 0 chooses the type, the PDU length is right, so that every input is one whole
// PDU and each mutation changes items. What must hold: that of fuzz_pdu (decode and encode lead back, problems lie in
// the input, memory is bounded), and the body cut into a stream with its neighbours gives the same frame. In a fuzzing
// build the bound of memory, and the length of what a value with problems is encoded to, are asked of every fourth
// input; the stream, and what follows from decoding again, of every eighth.
#include <array>

#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/base/limits.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/pdu/describe.hpp"

namespace {

using namespace assay;       // NOLINT(google-build-using-namespace)
using namespace assay::pdu;  // NOLINT(google-build-using-namespace)
using fuzz::require;

void check(ByteView whole, ByteView choice) {
  const auto decoded = decode(whole);
  require(decoded.pdu.has_value() != has_error(decoded.problems), "a value or an error, never both, never neither");
  require(decoded.problems.size() <= limits::max_problems + 1, "problems are bounded");
  for (const auto& problem : decoded.problems) require(problem.offset <= whole.size(), "a problem lies in the input");
  if (!decoded.pdu) return;
  if (!decoded.problems.empty() && !fuzz::wanted(0, 8, choice) && !fuzz::one_in(4, choice)) return;
  const auto encoded = encode(*decoded.pdu);
  require(encoded.size() <= whole.size(), "a decoded value encodes to no more than it was decoded from");
  if (decoded.problems.empty()) require(fuzz::same(encoded, whole), "no problem: the same bytes again");
  if (!fuzz::wanted(0, 8, choice)) return;
  const auto again = decode(encoded);
  require(again.pdu.has_value() && *again.pdu == *decoded.pdu, "decoding again changes nothing");
  require(layout::serialise(to_layout(*decoded.pdu)) == encoded, "encoder and layout agree");
  require(!one_line(*decoded.pdu).empty() && !to_text(*decoded.pdu).empty(), "every value can be described");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView body(data + 1, size - 1);
  const fuzz::MemoryBound memory(size, 512, std::size_t{256} << 10U, fuzz::one_in(4, body));
  Bytes whole{static_cast<std::uint8_t>(1 + data[0] % 7), 0};
  store(whole, static_cast<std::uint32_t>(body.size()), Endian::big);
  append(whole, body);
  check(whole, body);
  if (!fuzz::wanted(1, 8, body)) return 0;
  Framer framer;
  const auto release = encode(AReleaseRq{});
  framer.push(release);
  framer.push(ByteView(whole).first(whole.size() / 2));
  require(framer.next().length == 4, "the PDU before it is whole");
  require(framer.next().status == Framer::Status::need_more, "half a PDU is none");
  framer.push(ByteView(whole).subspan(whole.size() / 2));
  framer.push(release);
  const auto frame = framer.next();
  require(frame.status == Framer::Status::pdu && fuzz::same(frame.bytes, whole), "pieces make the PDU again");
  require(framer.next().length == 4 && framer.pending() == 0, "the PDU behind it is whole");
  return 0;
}
