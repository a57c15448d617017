#include <algorithm>

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
  if (at_ == buffer_.size()) {
    if (buffer_.capacity() > kept_capacity) Bytes().swap(buffer_);
    buffer_.clear();
    at_ = 0;
  } else if (at_ > buffer_.size() / 2) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  append(buffer_, bytes);
}

Framer::Frame Framer::next() {
  Frame frame;
  frame.offset = offset_;
  const auto rest = pending_bytes();
  if (rest.empty() || lost_) return frame;
  frame.type = rest[0];
  const bool has_header = rest.size() >= pdu_header_length;
  if (has_header) frame.length = load<std::uint32_t>(rest.data() + 2, Endian::big);
  if (!is_pdu_type(frame.type) || (has_header && frame.length > longest(frame.type))) {
    lost_ = true;
    frame.status = Status::unrecognized;
    frame.bytes = rest;
    return frame;
  }
  if (!has_header || rest.size() - pdu_header_length < frame.length) return frame;
  const auto whole = pdu_header_length + frame.length;
  frame.status = Status::pdu;
  frame.bytes = rest.first(whole);
  at_ += whole;
  offset_ += whole;
  return frame;
}

}  // namespace assay::pdu
