// Writes conversations as pcapng, so that Wireshark opens the evidence: from the bytes of each side it makes Ethernet,
// IP and TCP with handshake, sequence numbers, acknowledgements and checksums. Payload, order, times and who closed are
// as seen; everything below the payload is made up, and the file's own comment says so. In memory: the caller writes
// what take() gives to a file. Tests: tests/unit/capture/pcapng_writer_test.cpp, tests/interop/capture_test.py
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"
#include "harness/capture/endpoint.hpp"
#include "harness/trace/trace.hpp"

namespace assay::capture {

struct WriterOptions {
  /// The moment of Instant{} since 1970-01-01 UTC, for the packets' times.
  Duration unix_time_of_origin{0};
  std::string application = "Assay";
  std::string comment;  // of the whole file; empty: the usual one, which says what is made up
  /// Payload of a TCP segment; at most 65,475 (an IPv4 packet of 65,535 bytes with 60 bytes of headers).
  std::size_t segment = 65'000;
  /// Payload kept over the whole file; segments beyond it are written without their payload, their length stays.
  std::uint64_t keep_bytes = UINT64_MAX;
};

class PcapngWriter {
 public:
  explicit PcapngWriter(WriterOptions options = {});

  /// A connection between these two; the number is for the calls below. Nothing is written yet. Addresses of different
  /// families are written as IPv6.
  std::size_t add_connection(const Endpoint& requestor, const Endpoint& acceptor);

  /// The handshake. Done by the first bytes() when it was left out.
  void opened(std::size_t connection, Instant now);
  void bytes(std::size_t connection, trace::Side from, ByteView payload, Instant now);
  /// FIN (acknowledged by the other side) or RST. A second closing of the same side is ignored.
  void closed(std::size_t connection, trace::Side by, trace::Closing how, Instant now);
  /// A packet comment (finding, mark) on the last packet written if it was of this connection, else on its next one.
  void comment(std::size_t connection, std::string_view text);

  /// Bytes of the file that are complete, since the last call; begins with the section header. The very last packet is
  /// held back for its comments until another follows or finish() is called.
  Bytes take();
  /// Nothing more will come: the rest of the file. Comments that found no packet get an empty acknowledgement.
  Bytes finish();

 private:
  struct End {
    Endpoint endpoint;
    std::uint32_t sequence = 0;
    bool closed = false;
    std::uint16_t ip_id = 1;
  };
  struct Connection {
    std::array<End, 2> ends;  // by trace::Side
    bool open = false;
    Instant last;
    std::vector<std::string> comments;
  };
  struct Held {
    std::size_t connection = 0;
    Instant at;
    Bytes packet;
    std::size_t length = 0;  // on the wire
    std::vector<std::string> comments;
  };

  void write_header();
  void packet(std::size_t connection, trace::Side from, std::uint8_t flags, ByteView payload, Instant now);
  void flush();

  WriterOptions options_;
  std::vector<Connection> connections_;
  std::optional<Held> held_;
  Bytes out_;
  std::uint64_t kept_ = 0;
  Instant latest_;
};

}  // namespace assay::capture
