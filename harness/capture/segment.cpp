#include "harness/capture/segment.hpp"

#include <algorithm>

namespace assay::capture {
namespace {

constexpr std::size_t max_datagrams = 256;  // being put together at one time; 64 KiB each at the most
constexpr std::size_t max_parts = 512;      // of one datagram
constexpr Duration fragment_patience = std::chrono::seconds(60);
constexpr std::size_t max_unknown_links = 16;
constexpr std::uint8_t tcp_protocol = 6;

std::uint16_t n16(ByteView bytes, std::size_t at) { return load<std::uint16_t>(bytes.data() + at, Endian::big); }
std::uint32_t n32(ByteView bytes, std::size_t at) { return load<std::uint32_t>(bytes.data() + at, Endian::big); }

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

/// Where IP begins behind an EtherType at `at` (VLAN tags and PPPoE skipped); nothing when it is not IP.
std::optional<std::size_t> behind_ethertype(ByteView bytes, std::size_t at) {
  for (int tags = 0; tags < 4 && bytes.size() >= at + 2; ++tags) {
    const auto type = n16(bytes, at);
    at += 2;
    if (type == ethertype_ipv4 || type == ethertype_ipv6) return at;
    if (type == 0x8864) {  // PPPoE session: six bytes, then the PPP protocol
      if (bytes.size() < at + 8) return std::nullopt;
      const auto protocol = n16(bytes, at + 6);
      return protocol == 0x0021 || protocol == 0x0057 ? std::optional(at + 8) : std::nullopt;
    }
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100) return std::nullopt;
    at += 2;  // the tag; another EtherType follows
  }
  return std::nullopt;
}

enum class Link : std::uint8_t { ip, not_ip, unknown };

/// Where IP begins in a frame of this link type.
Link find_ip(const Packet& packet, std::size_t& at) {
  std::optional<std::size_t> found;
  switch (packet.link_type) {
    case 1: found = behind_ethertype(packet.bytes, 12); break;
    case 113: found = behind_ethertype(packet.bytes, 14); break;  // Linux cooked: the EtherType stands last
    case 276:                                                     // Linux cooked v2: it stands first, 20 bytes in all
      if (packet.bytes.size() >= 20) {
        const auto type = n16(packet.bytes, 0);
        if (type == ethertype_ipv4 || type == ethertype_ipv6) {
          found = 20;
        } else if ((type == 0x8100 || type == 0x88a8) && packet.bytes.size() >= 24) {
          found = behind_ethertype(packet.bytes, 22);
        }
      }
      break;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229: found = 0; break;
    case 0:
    case 108: {  // an address family, for NULL in the byte order of the machine that captured
      if (packet.bytes.size() < 4) break;
      for (const auto endian : {Endian::little, Endian::big}) {
        const auto family = load<std::uint32_t>(packet.bytes.data(), endian);
        if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30) found = 4;
      }
      break;
    }
    default: return Link::unknown;
  }
  at = found.value_or(0);
  return found ? Link::ip : Link::not_ip;
}

}  // namespace

std::optional<Segment> SegmentReader::broken() {
  ++counts_.broken;
  return std::nullopt;
}

std::optional<Segment> SegmentReader::other() {
  ++counts_.other;
  return std::nullopt;
}

std::optional<Segment> SegmentReader::read(const Packet& packet) {
  ++counts_.packets;
  now_ = {};
  now_.unix_time = packet.unix_time;
  now_.packet = packet.number;
  std::size_t at = 0;
  switch (find_ip(packet, at)) {
    case Link::unknown:
      if (counts_.unknown_links.size() < max_unknown_links) counts_.unknown_links.insert(packet.link_type);
      return other();
    case Link::not_ip: return other();
    case Link::ip: break;
  }
  return ip(packet.bytes.subspan(at), packet.length - at);
}

std::optional<Segment> SegmentReader::ip(ByteView bytes, std::uint64_t length) {
  if (bytes.empty()) return broken();
  switch (bytes[0] >> 4) {
    case 4: return ipv4(bytes, length);
    case 6: return ipv6(bytes, length);
    default: return other();
  }
}

std::optional<Segment> SegmentReader::ipv4(ByteView bytes, std::uint64_t length) {
  if (bytes.size() < 20) return broken();
  const std::size_t header = (bytes[0] & 0x0fU) * 4U;
  if (header < 20 || bytes.size() < header) return broken();
  if (bytes[9] != tcp_protocol) return other();
  // Cards that segment by themselves hand up packets whose total length is 0: then the frame tells.
  if (const std::uint64_t total = n16(bytes, 2); total != 0) {
    if (total < header) return broken();
    length = std::min(length, total);
  }
  std::copy_n(bytes.begin() + 12, 4, now_.from.address.begin());
  std::copy_n(bytes.begin() + 16, 4, now_.to.address.begin());
  const auto body = bytes.first(std::min<std::size_t>(bytes.size(), length)).subspan(header);
  const auto flags = n16(bytes, 6);
  const auto offset = (flags & 0x1fffU) * 8U;
  const bool more = (flags & 0x2000U) != 0;
  if (more || offset != 0) {
    if (body.size() < length - header) return broken();  // cut: cannot be put together
    return fragment({false, now_.from.address, now_.to.address, n16(bytes, 4), tcp_protocol}, offset, more, body);
  }
  return tcp(body, length - header);
}

std::optional<Segment> SegmentReader::ipv6(ByteView bytes, std::uint64_t length) {
  if (bytes.size() < 40) return broken();
  if (const std::uint64_t payload = n16(bytes, 4); payload != 0) length = std::min(length, payload + 40);
  now_.from.ipv6 = now_.to.ipv6 = true;
  std::copy_n(bytes.begin() + 8, 16, now_.from.address.begin());
  std::copy_n(bytes.begin() + 24, 16, now_.to.address.begin());
  bytes = bytes.first(std::min<std::size_t>(bytes.size(), length));
  auto next = bytes[6];
  std::size_t at = 40;
  // Every extension header has at least eight bytes, so this ends.
  while (bytes.size() >= at + 8) {
    switch (next) {
      case tcp_protocol: return tcp(bytes.subspan(at), length - at);
      case 0:    // hop by hop
      case 43:   // routing
      case 60:   // destination
      case 135:  // mobility
        next = bytes[at];
        at += (std::size_t{bytes[at + 1]} + 1) * 8;
        break;
      case 51:  // authentication
        next = bytes[at];
        at += (std::size_t{bytes[at + 1]} + 2) * 4;
        break;
      case 44: {  // fragment
        const auto field = n16(bytes, at + 2);
        const auto inner = bytes[at];
        const auto id = n32(bytes, at + 4);
        at += 8;
        if ((field & 0xfff9U) == 0) {  // an atomic fragment is whole
          next = inner;
          break;
        }
        if (inner != tcp_protocol) return other();
        if (bytes.size() < length) return broken();
        return fragment({true, now_.from.address, now_.to.address, id, tcp_protocol}, field & 0xfff8U,
                        (field & 1U) != 0, bytes.subspan(at));
      }
      default: return other();
    }
  }
  return broken();
}

std::optional<Segment> SegmentReader::fragment(const FragmentKey& key, std::uint32_t offset, bool more,
                                               ByteView bytes) {
  ++counts_.fragments;
  if (bytes.empty() || std::uint64_t{offset} + bytes.size() > 65535) return broken();
  if (!datagrams_.contains(key)) {
    // The oldest makes room; what waits too long belongs to another packet with the same number.
    for (auto it = datagrams_.begin(); it != datagrams_.end();) {
      const bool old = now_.unix_time - it->second.first > fragment_patience;
      counts_.fragments_lost += old ? 1 : 0;
      it = old ? datagrams_.erase(it) : std::next(it);
    }
    if (datagrams_.size() >= max_datagrams) {
      datagrams_.erase(std::ranges::min_element(datagrams_, {}, [](const auto& one) { return one.second.first; }));
      ++counts_.fragments_lost;
    }
    datagrams_[key].first = now_.unix_time;
  }
  auto& d = datagrams_[key];
  const auto end = offset + static_cast<std::uint32_t>(bytes.size());
  if (!more && !d.length) d.length = end;
  // What came first counts: only the bytes that are not there yet are taken.
  auto at = offset;
  while (at < end && d.parts.size() < max_parts) {
    auto after = d.parts.upper_bound(at);
    if (after != d.parts.begin()) {
      const auto before = std::prev(after);
      at = std::max(at, before->first + static_cast<std::uint32_t>(before->second.size()));
    }
    const auto stop = after == d.parts.end() ? end : std::min(end, after->first);
    if (at < stop) {
      d.parts.emplace(at, to_bytes(bytes.subspan(at - offset, stop - at)));
      d.kept += stop - at;
    }
    at = std::max(at, stop);
  }
  if (!d.length || d.kept < *d.length) return std::nullopt;
  whole_.clear();
  for (const auto& [position, part] : d.parts) {
    if (position != whole_.size()) return std::nullopt;  // a hole, and something beyond the end
    append(whole_, part);
  }
  datagrams_.erase(key);
  return tcp(whole_, whole_.size());
}

std::optional<Segment> SegmentReader::tcp(ByteView bytes, std::uint64_t length) {
  if (bytes.size() < 20) return broken();
  const std::size_t header = (bytes[12] >> 4) * 4U;
  if (header < 20 || header > length) return broken();
  ++counts_.segments;
  now_.from.port = n16(bytes, 0);
  now_.to.port = n16(bytes, 2);
  now_.sequence = n32(bytes, 4);
  now_.acknowledged = n32(bytes, 8);
  now_.flags = bytes[13];
  now_.payload = bytes.subspan(std::min(header, bytes.size()));
  now_.length = length - header;
  if (now_.payload.size() < now_.length) ++counts_.cut;
  return now_;
}

void SegmentReader::finish() {
  counts_.fragments_lost += datagrams_.size();
  datagrams_.clear();
}

}  // namespace assay::capture
