#include <algorithm>
#include <utility>

#include "harness/base/limits.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::pdu {
namespace {

/// An emptied buffer larger than this is given back, so that one huge PDU does not pin its memory for good.
constexpr std::size_t kept_capacity = std::size_t{4} << 20;

std::uint32_t longest(std::uint8_t type) {
  return type == static_cast<std::uint8_t>(PduType::p_data_tf) ? limits::max_p_data_length
                                                               : limits::max_association_pdu_length;
}

bool is_pdu_type(std::uint8_t type) { return type >= 0x01 && type <= 0x07; }

}  // namespace

void Framer::push(ByteView bytes) {
  if (lost_) return;  // nobody can say where the next PDU begins, so nothing more is collected
  keep();
  fresh_ = bytes;
}

void Framer::keep() {
  if (at_ == buffer_.size()) {
    if (buffer_.capacity() > kept_capacity) Bytes().swap(buffer_);
    buffer_.clear();
    at_ = 0;
  }
  append(buffer_, std::exchange(fresh_, {}));
}

/// Moves fresh bytes behind the PDU that has begun, until it is this long.
void Framer::top_up(std::size_t wanted) {
  const auto held = buffer_.size() - at_;
  if (wanted <= held) return;
  const auto part = fresh_.first(std::min(wanted - held, fresh_.size()));
  append(buffer_, part);
  fresh_ = fresh_.subspan(part.size());
}

Framer::Frame Framer::next() {
  Frame frame;
  frame.offset = offset_;
  if (lost_ || pending() == 0) return frame;
  const bool begun = at_ < buffer_.size();
  if (begun) top_up(pdu_header_length);
  auto rest = pending_bytes();
  frame.type = rest[0];
  const bool has_header = rest.size() >= pdu_header_length;
  if (has_header) frame.length = load<std::uint32_t>(rest.data() + 2, Endian::big);
  if (!is_pdu_type(frame.type) || (has_header && frame.length > longest(frame.type))) {
    lost_ = true;
    keep();
    frame.status = Status::unrecognized;
    frame.bytes = pending_bytes();
    return frame;
  }
  const auto whole = std::size_t{pdu_header_length} + frame.length;
  if (has_header && begun) {
    top_up(whole);
    rest = pending_bytes();
  }
  if (!has_header || rest.size() < whole) {
    keep();
    return frame;
  }
  frame.status = Status::pdu;
  frame.bytes = rest.first(whole);
  if (begun)
    at_ += whole;
  else
    fresh_ = fresh_.subspan(whole);
  offset_ += whole;
  return frame;
}

}  // namespace assay::pdu
