// From a captured packet to the TCP segment in it: link layers (Ethernet with VLAN tags, Linux cooked v1 and v2, raw
// IP, NULL and LOOP), IPv4 with options, IPv6 with extension headers, reassembly of IP fragments, TCP. Tests:
// tests/unit/capture/segment_test.cpp; fuzz target: fuzz_capture
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "harness/base/bytes.hpp"
#include "harness/capture/capture_file.hpp"
#include "harness/capture/endpoint.hpp"

namespace assay::capture {

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t ack = 0x10;
}  // namespace tcp_flag

struct Segment {
  Endpoint from;
  Endpoint to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = 0;
  ByteView payload;          // what was captured of it
  std::uint64_t length = 0;  // on the wire
  Duration unix_time{0};
  std::uint64_t packet = 0;

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

/// What the packets of a capture were, for the report.
struct PacketCounts {
  std::uint64_t packets = 0;
  std::uint64_t segments = 0;             // TCP
  std::uint64_t other = 0;                // not TCP over IP: ARP, UDP, ...
  std::uint64_t broken = 0;               // IP or TCP headers that are cut short or contradict themselves
  std::uint64_t cut = 0;                  // TCP segments of which the capture kept only a part (snap length)
  std::uint64_t fragments = 0;            // of IP packets
  std::uint64_t fragments_lost = 0;       // IP packets whose other fragments are not in the capture
  std::set<std::uint32_t> unknown_links;  // link types that cannot be read; bounded
};

class SegmentReader {
 public:
  /// The TCP segment of this packet, if there is one. Its payload is valid until the next call.
  std::optional<Segment> read(const Packet& packet);
  /// Counts fragments that never became a whole. Called once, at the end.
  void finish();
  [[nodiscard]] const PacketCounts& counts() const { return counts_; }

 private:
  struct Datagram {
    std::map<std::uint32_t, Bytes> parts;  // by offset; never overlapping
    std::size_t kept = 0;
    std::optional<std::uint32_t> length;  // known with the last fragment
    Duration first{0};
  };
  using FragmentKey =
      std::tuple<bool, std::array<std::uint8_t, 16>, std::array<std::uint8_t, 16>, std::uint32_t, std::uint8_t>;

  std::optional<Segment> broken();
  std::optional<Segment> other();
  std::optional<Segment> ip(ByteView bytes, std::uint64_t length);
  std::optional<Segment> ipv4(ByteView bytes, std::uint64_t length);
  std::optional<Segment> ipv6(ByteView bytes, std::uint64_t length);
  std::optional<Segment> tcp(ByteView bytes, std::uint64_t length);
  std::optional<Segment> fragment(const FragmentKey& key, std::uint32_t offset, bool more, ByteView bytes);

  PacketCounts counts_;
  std::map<FragmentKey, Datagram> datagrams_;
  Bytes whole_;
  Segment now_;
};

}  // namespace assay::capture
