// The upper layer: PDUs out of the stream, and the states of an association (PS3.8 9.2, as far as an acceptor needs).
#include "server.hpp"

#include <algorithm>
#include <iterator>

namespace planted {
namespace {

constexpr std::size_t header_length = 6;

const char* const names[] = {"none",      "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ",
                             "P-DATA-TF", "A-RELEASE-RQ",   "A-RELEASE-RP",   "A-ABORT"};

std::uint32_t length_of(const Bytes& input) {
  return static_cast<std::uint32_t>(input[2]) << 24 |
         static_cast<std::uint32_t>(input[3] << 16 | input[4] << 8 | input[5]);
}

// The length of a PDU's name, as a line of a log would need it.
std::size_t logged(std::uint8_t type) {
  if (!PLANT(49) && type >= std::size(names)) return 0;
  return std::string_view(names[type]).size();
}

}  // namespace

Bytes Server::feed(View bytes) {
  output_.clear();
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  while (!closed() && input_.size() >= header_length) {
    const std::uint32_t length = length_of(input_);
    if (!PLANT(47) && !PLANT(48) && length > max_pdu) {
      abort(6);
      break;
    }
    Bytes body;
    if (PLANT(47)) body.reserve(length);  // 47: room for what is to come
    if (PLANT(48)) {
      const std::uint32_t whole = length + static_cast<std::uint32_t>(header_length);
      if (input_.size() < whole) break;
    } else if (input_.size() - header_length < length) {
      break;
    }
    const std::uint8_t type = input_[0];
    body.assign(input_.begin() + header_length, input_.begin() + header_length + length);
    input_.erase(input_.begin(), input_.begin() + header_length + length);
    try {
      handle(type, body);
    } catch (const Malformed&) {
      abort(6);
    }
  }
  return output_;
}

void Server::handle(std::uint8_t type, View body) {
  logged(type);
  switch (type) {
    case 1: return associate(body);
    case 4:
      if (!PLANT(53) && state_ != State::established) return abort(2);
      return p_data(body);
    case 5:
      if (state_ != State::established) return abort(2);
      send(6, Bytes(4));
      state_ = State::closed;
      return;
    case 7:
      if (PLANT(51)) delete message_;
      state_ = State::closed;
      return;
    default: return abort(type <= 7 ? 2 : 1);
  }
}

void Server::associate(View body) {
  if (!PLANT(50) && state_ != State::idle) return abort(2);
  auto offered = std::make_unique<Association>(read_associate_rq(body));
  if ((offered->version & 1) == 0 || offered->application_context != "1.2.840.10008.3.1.1.1") {
    if (PLANT(52)) static_cast<void>(offered.release());
    send(3, Bytes{0, 1, 1, 2});
    state_ = State::closed;
    return;
  }
  association_ = std::move(offered);
  send(2, negotiate(*association_));
  state_ = State::established;
}

void Server::abort(std::uint8_t reason) {
  send(7, Bytes{0, 0, 2, reason});
  refused_ = true;
  state_ = State::closed;
}

void Server::send(std::uint8_t type, View body) {
  const std::uint32_t length = static_cast<std::uint32_t>(body.size());
  const std::uint8_t header[] = {type,
                                 0,
                                 static_cast<std::uint8_t>(length >> 24),
                                 static_cast<std::uint8_t>(length >> 16),
                                 static_cast<std::uint8_t>(length >> 8),
                                 static_cast<std::uint8_t>(length)};
  output_.insert(output_.end(), header, header + header_length);
  output_.insert(output_.end(), body.begin(), body.end());
}

// P-DATA-TF PDUs with one fragment each, no longer than the peer takes.
void Server::send_data(const Context& context, bool is_command, View bytes) {
  const std::size_t most = association_->max_length == 0 ? max_pdu : association_->max_length;
  std::size_t at = 0;
  do {
    const std::size_t count = std::min(most - 6, bytes.size() - at);
    const std::uint32_t length = static_cast<std::uint32_t>(count + 2);
    Bytes body{static_cast<std::uint8_t>(length >> 24),
               static_cast<std::uint8_t>(length >> 16),
               static_cast<std::uint8_t>(length >> 8),
               static_cast<std::uint8_t>(length),
               context.id,
               static_cast<std::uint8_t>((is_command ? 1 : 0) | (at + count == bytes.size() ? 2 : 0))};
    const View piece = bytes.subspan(at, count);
    body.insert(body.end(), piece.begin(), piece.end());
    send(4, body);
    at += count;
  } while (at < bytes.size());
}

}  // namespace planted
