#include "harness/capture/pcapng_writer.hpp"

#include <algorithm>
#include <utility>

namespace assay::capture {
namespace {

using trace::Side;

constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t rst = 0x04;
constexpr std::uint8_t psh = 0x08;
constexpr std::uint8_t ack = 0x10;

constexpr std::size_t ethernet_header = 14;
constexpr std::size_t most_segment = 65'475;
constexpr std::size_t comment_length = 4'000;  // an option's length is 16 bits; people read the beginning
constexpr std::size_t comments_per_packet = 32;

// Everything of pcapng is little endian here: the section header tells the reader.
void u16(Bytes& out, std::uint16_t value) { store(out, value, Endian::little); }
void u32(Bytes& out, std::uint32_t value) { store(out, value, Endian::little); }
void n16(Bytes& out, std::uint16_t value) { store(out, value, Endian::big); }
void n32(Bytes& out, std::uint32_t value) { store(out, value, Endian::big); }

void put16(Bytes& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

void pad(Bytes& out) {
  while (out.size() % 4 != 0) out.push_back(0);
}

void option(Bytes& body, std::uint16_t code, std::string_view value) {
  u16(body, code);
  u16(body, static_cast<std::uint16_t>(value.size()));
  append(body, value);
  pad(body);
}

void end_of_options(Bytes& body) { u32(body, 0); }

/// Type, total length, body (of a multiple of four bytes), total length again.
void block(Bytes& out, std::uint32_t type, const Bytes& body) {
  const auto total = static_cast<std::uint32_t>(body.size() + 12);
  u32(out, type);
  u32(out, total);
  append(out, body);
  u32(out, total);
}

/// Cut at a character, since comments are UTF-8.
std::string_view cut(std::string_view text) {
  if (text.size() <= comment_length) return text;
  auto end = comment_length;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

/// RFC 1071, continued over several parts of even length.
struct Checksum {
  std::uint32_t sum = 0;
  void add(ByteView bytes) {
    std::uint64_t wide = sum;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
      wide += static_cast<std::uint32_t>((bytes[i] << 8) | bytes[i + 1]);
    if (bytes.size() % 2 != 0) wide += static_cast<std::uint32_t>(bytes.back() << 8);
    while ((wide >> 16) != 0) wide = (wide & 0xffffU) + (wide >> 16);
    sum = static_cast<std::uint32_t>(wide);
  }
  [[nodiscard]] std::uint16_t value() const { return static_cast<std::uint16_t>(~sum); }
};

ByteView address_of(const Endpoint& e) { return ByteView(e.address).first(e.ipv6 ? 16U : 4U); }

}  // namespace

PcapngWriter::PcapngWriter(WriterOptions options) : options_(std::move(options)) {
  options_.segment = std::clamp<std::size_t>(options_.segment, 1, most_segment);
  if (options_.comment.empty())
    options_.comment =
        "Written by Assay from the bytes of each connection. The payload, its order, its times and who closed are as "
        "seen; Ethernet, IP and TCP around it are made up.";
  write_header();
}

void PcapngWriter::write_header() {
  Bytes section;
  u32(section, 0x1a2b3c4d);
  u16(section, 1);
  u16(section, 0);
  store<std::uint64_t>(section, UINT64_MAX, Endian::little);  // length of the section: not known
  option(section, 1, cut(options_.comment));
  option(section, 4, cut(options_.application));
  end_of_options(section);
  block(out_, 0x0a0d0d0a, section);

  Bytes interface;
  u16(interface, 1);  // Ethernet
  u16(interface, 0);
  u32(interface, 0);  // no snap length
  option(interface, 2, "assay");
  option(interface, 9, std::string_view("\x09", 1));  // if_tsresol: nanoseconds
  end_of_options(interface);
  block(out_, 1, interface);
}

std::size_t PcapngWriter::add_connection(const Endpoint& requestor, const Endpoint& acceptor) {
  Connection c;
  const bool mixed = requestor.ipv6 != acceptor.ipv6;
  c.ends[0].endpoint = mixed ? as_ipv6(requestor) : requestor;
  c.ends[1].endpoint = mixed ? as_ipv6(acceptor) : acceptor;
  // The same bytes give the same file: the initial sequence numbers are not random.
  const auto number = static_cast<std::uint32_t>(connections_.size());
  c.ends[0].sequence = 0x10000000U + number * 0x10001U;
  c.ends[1].sequence = 0x90000000U + number * 0x10001U;
  connections_.push_back(std::move(c));
  return connections_.size() - 1;
}

void PcapngWriter::opened(std::size_t connection, Instant now) {
  auto& c = connections_[connection];
  if (c.open) return;
  c.open = true;
  packet(connection, Side::requestor, syn, {}, now);
  packet(connection, Side::acceptor, syn | ack, {}, now);
  packet(connection, Side::requestor, ack, {}, now);
}

void PcapngWriter::bytes(std::size_t connection, Side from, ByteView payload, Instant now) {
  if (payload.empty()) return;
  opened(connection, now);
  while (!payload.empty()) {
    const auto part = payload.first(std::min(payload.size(), options_.segment));
    payload = payload.subspan(part.size());
    packet(connection, from, static_cast<std::uint8_t>(ack | (payload.empty() ? psh : 0)), part, now);
  }
}

void PcapngWriter::closed(std::size_t connection, Side by, trace::Closing how, Instant now) {
  opened(connection, now);
  auto& end = connections_[connection].ends[static_cast<std::size_t>(by)];
  if (end.closed) return;
  end.closed = true;
  if (how == trace::Closing::rst) {
    packet(connection, by, rst | ack, {}, now);
    return;
  }
  packet(connection, by, fin | ack, {}, now);
  packet(connection, trace::other(by), ack, {}, now);
}

void PcapngWriter::comment(std::size_t connection, std::string_view text) {
  const bool here = held_ && held_->connection == connection;
  auto& comments = here ? held_->comments : connections_[connection].comments;
  if (comments.size() < comments_per_packet && !text.empty()) comments.emplace_back(cut(text));
}

Bytes PcapngWriter::take() { return std::exchange(out_, {}); }

Bytes PcapngWriter::finish() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i].comments.empty() && connections_[i].open)
      packet(i, Side::requestor, ack, {}, latest_);
  }
  flush();
  return take();
}

void PcapngWriter::packet(std::size_t connection, Side from, std::uint8_t flags, ByteView payload, Instant now) {
  flush();
  auto& c = connections_[connection];
  auto& sender = c.ends[static_cast<std::size_t>(from)];
  const auto& receiver = c.ends[static_cast<std::size_t>(trace::other(from))];
  const bool ipv6 = sender.endpoint.ipv6;
  const bool opening = (flags & syn) != 0;
  if (now < c.last) now = c.last;
  c.last = now;
  latest_ = std::max(latest_, now);

  Bytes p;
  p.reserve(ethernet_header + 60 + payload.size());
  // Locally administered addresses, the last byte tells the side.
  for (const auto side : {trace::other(from), from})
    append(p, Bytes{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(side == Side::requestor ? 1 : 2)});
  n16(p, ipv6 ? 0x86dd : 0x0800);

  const std::size_t tcp_header = opening ? 28 : 20;
  const auto tcp_length = tcp_header + payload.size();
  const auto ip_at = p.size();
  if (ipv6) {
    n32(p, 0x60000000);
    n16(p, static_cast<std::uint16_t>(tcp_length));
    append(p, Bytes{6, 64});
  } else {
    append(p, Bytes{0x45, 0});
    n16(p, static_cast<std::uint16_t>(20 + tcp_length));
    n16(p, sender.ip_id++);
    n16(p, 0x4000);  // do not fragment
    append(p, Bytes{64, 6, 0, 0});
  }
  append(p, address_of(sender.endpoint));
  append(p, address_of(receiver.endpoint));
  if (!ipv6) {
    Checksum header;
    header.add(ByteView(p).subspan(ip_at, 20));
    put16(p, ip_at + 10, header.value());
  }

  const auto tcp_at = p.size();
  n16(p, sender.endpoint.port);
  n16(p, receiver.endpoint.port);
  n32(p, sender.sequence);
  n32(p, (flags & ack) != 0 ? receiver.sequence : 0);
  append(p, Bytes{static_cast<std::uint8_t>(tcp_header / 4 << 4), flags});
  n16(p, 0xffff);
  n32(p, 0);                                                     // checksum, urgent pointer
  if (opening) append(p, Bytes{2, 4, 0xff, 0xc3, 1, 3, 3, 14});  // maximum segment 65,475; window scale 14
  Checksum sum;
  sum.add(address_of(sender.endpoint));
  sum.add(address_of(receiver.endpoint));
  Bytes pseudo;
  n32(pseudo, static_cast<std::uint32_t>(tcp_length));
  n32(pseudo, 6);
  sum.add(pseudo);
  sum.add(ByteView(p).subspan(tcp_at));
  sum.add(payload);
  put16(p, tcp_at + 16, sum.value());

  Held held;
  held.connection = connection;
  held.at = now;
  held.length = p.size() + payload.size();
  if (kept_ + payload.size() <= options_.keep_bytes) {
    append(p, payload);
    kept_ += payload.size();
  }
  held.packet = std::move(p);
  held.comments = std::exchange(c.comments, {});
  held_ = std::move(held);
  sender.sequence += static_cast<std::uint32_t>(payload.size() + ((flags & (syn | fin)) != 0 ? 1 : 0));
}

void PcapngWriter::flush() {
  if (!held_) return;
  Bytes body;
  body.reserve(held_->packet.size() + 64);
  const auto time = static_cast<std::uint64_t>((options_.unix_time_of_origin + held_->at.since_origin).count());
  u32(body, 0);
  u32(body, static_cast<std::uint32_t>(time >> 32));
  u32(body, static_cast<std::uint32_t>(time));
  u32(body, static_cast<std::uint32_t>(held_->packet.size()));
  u32(body, static_cast<std::uint32_t>(held_->length));
  append(body, held_->packet);
  pad(body);
  for (const auto& text : held_->comments) option(body, 1, text);
  if (!held_->comments.empty()) end_of_options(body);
  block(out_, 6, body);
  held_.reset();
}

}  // namespace assay::capture
