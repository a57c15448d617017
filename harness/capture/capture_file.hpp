// Reads packet captures: classic pcap (micro- and nanoseconds, both byte orders) and pcapng (any number of sections and
// interfaces, both byte orders). The file is hostile input: nothing is allocated by a claimed length, a record that
// does not fit ends the reading with a sentence that names the byte. libpcap is the oracle in the tests, not used here.
// Tests: tests/unit/capture/capture_file_test.cpp; fuzz target: fuzz_capture
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"

namespace assay::capture {

/// One packet of the file. `bytes` points into the file.
struct Packet {
  std::uint64_t number = 0;     // from 1
  Duration unix_time{0};        // since 1970-01-01 UTC
  std::uint32_t link_type = 0;  // LINKTYPE_...
  ByteView bytes;               // what was captured
  std::uint64_t length = 0;     // on the wire; more than bytes.size() when the capture cut it
};

class CaptureFile {
 public:
  /// The bytes must live as long as this. The error is one sentence: what the file is instead.
  static std::expected<CaptureFile, std::string> open(ByteView file);
  /// Whether the first bytes are those of a capture.
  [[nodiscard]] static bool recognises(ByteView file);

  /// The next packet; nothing at the end or where the file is broken.
  std::optional<Packet> next();

  /// "pcap" or "pcapng".
  [[nodiscard]] std::string_view format() const { return classic_ ? "pcap" : "pcapng"; }
  /// Why reading ended early ("the file ends inside packet 12, at byte 3400"); empty when it did not.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Packets that the capturing system says it dropped (interface statistics, drop counts).
  [[nodiscard]] std::uint64_t dropped() const { return dropped_before_ + dropped_; }
  /// The program that wrote this section of a pcapng file (shb_userappl); empty when the file does not say.
  [[nodiscard]] const std::string& application() const { return application_; }
  /// Bytes of the file read so far.
  [[nodiscard]] std::uint64_t position() const { return at_; }

 private:
  struct Interface {
    std::uint32_t link_type = 0;
    std::uint32_t snap_length = 0;
    std::uint8_t resolution = 6;  // if_tsresol
    std::int64_t offset = 0;      // if_tsoffset, seconds
  };
  struct Block {
    std::uint32_t type = 0;
    std::uint64_t at = 0;
    ByteView body;
  };

  explicit CaptureFile(ByteView file) : file_(file) {}
  std::optional<Packet> next_classic();
  std::optional<Packet> next_block();
  std::optional<Block> read_block();
  bool section(const Block& block);
  void interface(ByteView body);
  void statistics(ByteView body);
  std::optional<Packet> enhanced(const Block& block);
  std::optional<Packet> obsolete(const Block& block);
  std::optional<Packet> simple(const Block& block);
  std::optional<Packet> packet(const Block& block, const Interface& interface, std::uint64_t ticks, std::size_t header,
                               std::uint32_t captured, std::uint32_t length);
  std::optional<Packet> stop(std::string why);
  [[nodiscard]] std::uint32_t u32(ByteView bytes, std::size_t at) const {
    return load<std::uint32_t>(bytes.data() + at, endian_);
  }
  [[nodiscard]] std::uint16_t u16(ByteView bytes, std::size_t at) const {
    return load<std::uint16_t>(bytes.data() + at, endian_);
  }

  ByteView file_;
  std::size_t at_ = 0;
  bool classic_ = false;
  bool nanoseconds_ = false;
  Endian endian_ = Endian::little;
  std::uint32_t link_type_ = 0;
  std::vector<Interface> interfaces_;
  std::uint64_t packets_ = 0;
  std::uint64_t dropped_ = 0;         // by the latest statistics of this section
  std::uint64_t dropped_before_ = 0;  // earlier sections, and drops noted at packets
  std::string application_;
  std::string trouble_;
};

}  // namespace assay::capture
