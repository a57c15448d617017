// PDUs to bytes and back (PS3.8 9.3, PS3.7 D.3.3). Decoding is total: it yields structure plus problems with byte
// offsets and never throws on input. Encoding is right; to lie, take to_layout(), modify it and serialise it.
// Every Problem's rule is "ps3.8/<clause>/<slug>" or "ps3.7/<clause>/<slug>". A decode without any problem encodes
// again to the same bytes; what the standard sends as 00H and never tests is reported as a deviation when it is not.
// Tests: tests/unit/pdu/vectors_test.cpp (bytes), round_trip_test.cpp, deviations_test.cpp, framer_test.cpp,
// lies_test.cpp; fuzz target: fuzz_pdu
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/layout.hpp"
#include "harness/base/problem.hpp"
#include "harness/pdu/pdu.hpp"

namespace assay::pdu {

struct PduDecode {
  std::optional<Pdu> pdu;  // nothing when a problem of gravity error says why
  Problems problems;
};

/// Decodes one whole PDU, header included. `base_offset` is the offset of its first byte in the connection.
PduDecode decode(ByteView bytes, std::uint64_t base_offset = 0);

/// A PDV inside the PDU's bytes, without copying.
struct PdvView {
  std::uint8_t context_id = 0;
  std::uint8_t control_header = 0;
  ByteView fragment;
  std::uint64_t offset = 0;  // of the PDV's length field

  [[nodiscard]] bool is_command() const { return (control_header & 1) != 0; }
  [[nodiscard]] bool is_last() const { return (control_header & 2) != 0; }
};

/// The PDVs of a whole P-DATA-TF PDU as views; the fast path beside decode(). Appends to both.
/// False when an item was cut short or shorter than its header (the rest is not read).
bool decode_p_data(ByteView bytes, std::uint64_t base_offset, std::vector<PdvView>& values, Problems& problems);

/// Header of a P-DATA-TF PDU with one PDV: the PDU's own, and the length, context id and control header of the PDV.
inline constexpr std::size_t one_pdv_header_length = 12;
/// The PDV of such a PDU whose fragment stands elsewhere in memory, `base_offset` being the PDU's; nothing when the
/// header is another one, or anything about the PDU would be reported.
std::optional<PdvView> view_one_pdv(ByteView header, ByteView fragment, std::uint64_t base_offset);

/// The right bytes. AE titles are padded to 16 bytes and cut at 16.
Bytes encode(const Pdu& pdu);

/// Appends one P-DATA-TF PDU holding one PDV; no intermediate copy.
void encode_p_data(Bytes& out, std::uint8_t context_id, std::uint8_t control_header, ByteView fragment);

/// The PDU laid open for modification; serialise(to_layout(x)) == encode(x).
/// Names of the parts: part_names() lists them; tests/unit/pdu/lies_test.cpp shows each.
/// Problem::field of a decoded PDU is an address in this tree.
layout::Node to_layout(const Pdu& pdu);

/// Every address that a PDU of this type can have, in wire order, without indices:
/// "presentation-context/transfer-syntax/name".
std::vector<std::string> part_names(PduType type);

/// Cuts a byte stream into PDUs. The same bytes in any split give the same frames; only how many bytes (and whether
/// a length) stand behind an unrecognized type depends on what had come by then. Nothing is allocated for a claimed
/// length: memory grows with the bytes that arrive.
class Framer {
 public:
  explicit Framer(std::uint64_t first_offset = 0) : offset_(first_offset) {}

  enum class Status : std::uint8_t {
    need_more,     // not a whole PDU yet
    pdu,           // one whole PDU
    unrecognized,  // the next byte is no PDU type, or the length exceeds what is collected (PS3.8 9.2: Evt19);
                   // the stream cannot be followed any further: told once, then need_more for good
  };

  struct Frame {
    Status status = Status::need_more;
    ByteView bytes;            // pdu: header and body; unrecognized: what there is. Valid until the next call.
    std::uint64_t offset = 0;  // of the first byte in the connection
    std::uint8_t type = 0;
    std::uint32_t length = 0;  // as claimed by the header (unrecognized: 0 when the header is incomplete)
  };

  /// Takes bytes from the connection; dropped after `unrecognized`. They are looked at where they stand, so they must
  /// stay until next() has said need_more or unrecognized, or keep() was called.
  void push(ByteView bytes);
  Frame next();
  /// A whole PDU of so many bytes passed by and was looked at elsewhere; nothing may be pending.
  void pass(std::size_t whole) { offset_ += whole; }
  [[nodiscard]] bool lost() const { return lost_; }
  /// Of the next byte that comes when nothing is pending.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// Makes a copy of what was pushed and is not yet part of a frame. The last frame is no longer valid.
  void keep();

  /// Bytes held that do not yet make a whole PDU.
  [[nodiscard]] std::size_t pending() const { return buffer_.size() - at_ + fresh_.size(); }
  /// The same bytes; whole only after next() has said need_more or unrecognized.
  [[nodiscard]] ByteView pending_bytes() const {
    return at_ == buffer_.size() ? fresh_ : ByteView(buffer_).subspan(at_);
  }

 private:
  void top_up(std::size_t wanted);

  Bytes buffer_;  // a PDU that began in an earlier push()
  std::size_t at_ = 0;
  ByteView fresh_;            // of the last push(), behind buffer_
  std::uint64_t offset_ = 0;  // of the first pending byte
  bool lost_ = false;
};

}  // namespace assay::pdu
