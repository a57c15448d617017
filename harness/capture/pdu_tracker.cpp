#include "harness/capture/pdu_tracker.hpp"

#include <algorithm>

#include "harness/base/limits.hpp"
#include "harness/dimse/message.hpp"

namespace assay::capture {
namespace {

constexpr std::size_t pdu_header = 6;
constexpr std::size_t pdv_header = 6;  // length, context ID, message control header
constexpr std::uint8_t rq = 1;
constexpr std::uint8_t ac = 2;
constexpr std::uint8_t rj = 3;
constexpr std::uint8_t p_data = 4;
constexpr std::uint8_t release_rq = 5;
constexpr std::uint8_t release_rp = 6;
constexpr std::uint8_t abort = 7;
constexpr std::size_t command_kept = 4096;  // Command Field and Data Set Type stand at the beginning

std::uint32_t n32(ByteView bytes, std::size_t at) { return load<std::uint32_t>(bytes.data() + at, Endian::big); }

/// Whether the PDVs of a P-DATA-TF fill it exactly, as far as can be seen; one whole PDV at least must bear it out.
bool plausible_p_data(ByteView all, std::uint32_t length) {
  std::uint64_t left = length;
  auto rest = all.subspan(pdu_header);
  bool proven = false;
  while (left > 0) {
    if (rest.size() < pdv_header) return proven;
    const std::uint64_t pdv = n32(rest, 0);
    if (pdv < 2 || pdv + 4 > left || (rest[4] & 1U) == 0 || rest[5] > 3) return false;
    left -= pdv + 4;
    proven = true;
    if (left > 0 && rest.size() < pdv + 4) return false;  // where the next one begins cannot be seen
    rest = rest.subspan(std::min<std::uint64_t>(rest.size(), pdv + 4));
  }
  return proven;
}

}  // namespace

bool begins_pdu(ByteView all) {
  if (all.size() < 10 || all[0] < rq || all[0] > abort || all[1] != 0) return false;
  const auto length = n32(all, 2);
  switch (all[0]) {
    case rq:
    case ac:
      // Protocol version 1, then the application context item behind the two titles.
      return length >= 68 && length <= limits::max_association_pdu_length && (all[7] & 1U) != 0 && all[6] == 0 &&
             (all.size() < 75 || all[74] == 0x10);
    case rj: return length == 4 && all[6] == 0 && (all[7] == 1 || all[7] == 2) && all[8] >= 1 && all[8] <= 3;
    case release_rq:
    case release_rp: return length == 4 && n32(all, 6) == 0;
    case abort: return length == 4 && all[6] == 0 && all[7] == 0 && all[8] <= 2 && all[9] <= 6;
    default: return length <= limits::max_p_data_length && plausible_p_data(all, length);
  }
}

std::optional<std::uint16_t> first_command(ByteView all) {
  if (all.size() < pdu_header + pdv_header || all[0] != p_data || (all[11] & 1U) == 0) return std::nullopt;
  const std::uint64_t length = n32(all, 6);
  if (length < 2) return std::nullopt;
  const auto value = all.subspan(12);
  return dimse::command_element(value.first(std::min<std::uint64_t>(value.size(), length - 2)), 0x0100);
}

PduTracker PduTracker::lost_copy() const {
  PduTracker out;
  out.state_ = State::lost;
  out.message_ = Message::unknown;
  out.position_ = position_;
  out.counts_ = counts_;
  out.association_ = association_;
  out.ending_ = ending_;
  out.broken_ = broken_;
  out.messages_ended_ = messages_ended_;
  out.last_message_end_ = last_message_end_;
  return out;
}

void PduTracker::sync() {
  lose();
  state_ = State::header;
}

void PduTracker::break_off() {
  lose();
  broken_ = true;
}

void PduTracker::begin_pdu() {
  type_ = header_[0];
  pdu_left_ = n32(header_, 2);
  ++counts_[type_ <= abort ? type_ : 0];
  const auto longest = type_ == p_data ? limits::max_p_data_length : limits::max_association_pdu_length;
  if (type_ < rq || type_ > abort || pdu_left_ > longest) return break_off();
  keep_body_ = (type_ == rq || type_ == ac) && association_.empty() && pdu_left_ + pdu_header <= max_kept;
  if (keep_body_) kept_ = header_;
  header_.clear();
  ending_ = ending_ || (type_ != rq && type_ != ac && type_ != p_data);
  state_ = type_ == p_data && pdu_left_ >= pdv_header ? State::pdv_header : State::body;
  if (pdu_left_ == 0) state_ = State::header;
}

void PduTracker::begin_pdv() {
  const std::uint64_t length = n32(header_, 0);
  control_ = header_[5];
  const auto context = header_[4];
  header_.clear();
  const bool sound = length >= 2 && length + 4 <= pdu_left_ && context != 0;
  pdu_left_ -= pdv_header;
  if (!sound) {  // the rest of this PDU is passed over; what it did to the message nobody knows
    message_ = Message::unknown;
    state_ = pdu_left_ == 0 ? State::header : State::body;
    return;
  }
  value_left_ = length - 2;
  const bool is_command = (control_ & 1U) != 0;
  if (is_command && message_ != Message::command) {
    message_ = Message::command;
    command_bytes_.clear();
    command_.reset();
    message_begins_ = position_ - pdv_header;
  }
  state_ = State::value;
  if (value_left_ == 0) end_pdv();
}

void PduTracker::end_pdv() {
  const bool last = (control_ & 2U) != 0;
  if ((control_ & 1U) != 0 && last) {
    command_ = dimse::command_element(command_bytes_, 0x0100);
    const auto data = dimse::command_element(command_bytes_, 0x0800);
    message_ = data && *data != 0x0101 ? Message::data : Message::none;
    command_bytes_.clear();
  } else if ((control_ & 1U) == 0 && last) {
    message_ = Message::none;
  }
  if (last && message_ == Message::none) {
    ++messages_ended_;
    last_message_end_ = position_;
  }
  state_ = pdu_left_ == 0 ? State::header : pdu_left_ < pdv_header ? State::body : State::pdv_header;
}

void PduTracker::advance(std::uint64_t count) {
  position_ += count;
  pdu_left_ -= count;
  if (state_ == State::value) {
    value_left_ -= count;
    if (value_left_ == 0) end_pdv();
  } else if (pdu_left_ == 0) {
    if (keep_body_) association_ = std::move(kept_);
    keep_body_ = false;
    state_ = State::header;
  }
}

void PduTracker::feed(ByteView bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::lost: position_ += bytes.size(); return;
      case State::header:
      case State::pdv_header: {
        const auto part = bytes.first(std::min(bytes.size(), pdu_header - header_.size()));
        append(header_, part);
        position_ += part.size();
        bytes = bytes.subspan(part.size());
        if (header_.size() < pdu_header) return;
        if (state_ == State::header) {
          begin_pdu();
        } else {
          begin_pdv();
        }
        break;
      }
      case State::body:
      case State::value: {
        const auto left = state_ == State::body ? pdu_left_ : value_left_;
        const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), left));
        if (keep_body_) append(kept_, part);
        if (state_ == State::value && (control_ & 1U) != 0 && command_bytes_.size() < command_kept)
          append(command_bytes_, part.first(std::min(part.size(), command_kept - command_bytes_.size())));
        bytes = bytes.subspan(part.size());
        advance(part.size());
        break;
      }
    }
  }
}

bool PduTracker::can_skip(std::uint64_t count) const {
  return state_ == State::value && (control_ & 1U) == 0 && count <= value_left_;
}

bool PduTracker::skip(std::uint64_t count) {
  if (can_skip(count)) {
    advance(count);
    return true;
  }
  position_ += count;
  lose();
  return false;
}

}  // namespace assay::capture
