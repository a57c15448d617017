#include "harness/capture/capture_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::capture {
namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t byte_order = 0x1a2b3c4d;
constexpr std::size_t classic_header = 24;
constexpr std::size_t classic_record = 16;
/// Interfaces of one section; real captures have a few.
constexpr std::size_t max_interfaces = 4096;

struct Magic {
  Endian endian;
  bool nanoseconds;
};

std::optional<Magic> classic_magic(ByteView file) {
  if (file.size() < 4) return std::nullopt;
  for (const auto endian : {Endian::little, Endian::big}) {
    const auto magic = load<std::uint32_t>(file.data(), endian);
    if (magic == 0xa1b2c3d4) return Magic{endian, false};
    if (magic == 0xa1b23c4d) return Magic{endian, true};
  }
  return std::nullopt;
}

bool is_pcapng(ByteView file) {
  return file.size() >= 4 && load<std::uint32_t>(file.data(), Endian::big) == section_header;
}

/// Ticks of an interface's clock to nanoseconds (if_tsresol: a power of 10, or of 2 with the highest bit).
Duration time_of(std::uint64_t ticks, std::uint8_t resolution, std::int64_t offset) {
  const auto exponent = resolution & 0x7fU;
  std::uint64_t seconds = 0;
  std::uint64_t nanoseconds = 0;
  if ((resolution & 0x80U) != 0) {
    if (exponent < 64) {
      seconds = ticks >> exponent;
      const auto fraction = exponent == 0 ? 0 : ticks & ((std::uint64_t{1} << exponent) - 1);
      nanoseconds =
          exponent > 34 ? (fraction >> (exponent - 34)) * 1'000'000'000 >> 34 : fraction * 1'000'000'000 >> exponent;
    }
  } else {
    std::uint64_t per_second = 1;
    for (unsigned i = 0; i < exponent && i < 19; ++i) per_second *= 10;
    seconds = exponent > 19 ? 0 : ticks / per_second;
    const auto fraction = exponent > 19 ? 0 : ticks % per_second;
    nanoseconds = exponent <= 9 ? fraction * (1'000'000'000 / per_second) : fraction / (per_second / 1'000'000'000);
  }
  // Beyond the year 2200 is nonsense, and must not overflow the count of nanoseconds.
  constexpr std::int64_t latest = 7'258'118'400;
  const auto whole = static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, latest));
  const auto shifted = std::clamp<std::int64_t>(whole + std::clamp<std::int64_t>(offset, -latest, latest), 0, latest);
  return std::chrono::seconds(shifted) + Duration(static_cast<std::int64_t>(nanoseconds));
}

}  // namespace

bool CaptureFile::recognises(ByteView file) { return is_pcapng(file) || classic_magic(file).has_value(); }

std::expected<CaptureFile, std::string> CaptureFile::open(ByteView file) {
  CaptureFile out(file);
  if (const auto magic = classic_magic(file)) {
    if (file.size() < classic_header)
      return std::unexpected(fmt::format("a pcap file that ends inside its header, at byte {}", file.size()));
    out.classic_ = true;
    out.endian_ = magic->endian;
    out.nanoseconds_ = magic->nanoseconds;
    // The upper bits tell the length of a frame check sequence.
    out.link_type_ = out.u32(file, 20) & 0xffffU;
    out.at_ = classic_header;
    return out;
  }
  if (is_pcapng(file)) {
    // The first section is read here, so that a broken beginning is an error and not an empty capture.
    const auto block = out.read_block();
    if (!block || !out.section(*block)) return std::unexpected("a pcapng file, but " + out.trouble_);
    return out;
  }
  if (file.size() >= 2 && file[0] == 0x1f && file[1] == 0x8b)
    return std::unexpected("compressed with gzip: unpack it first (gunzip FILE)");
  if (file.size() >= 4 && load<std::uint32_t>(file.data(), Endian::big) == 0x28b52ffd)
    return std::unexpected("compressed with zstd: unpack it first (unzstd FILE)");
  return std::unexpected("no packet capture: neither pcap nor pcapng by its first bytes");
}

std::optional<Packet> CaptureFile::next() {
  if (!trouble_.empty()) return std::nullopt;
  return classic_ ? next_classic() : next_block();
}

std::optional<Packet> CaptureFile::stop(std::string why) {
  trouble_ = std::move(why);
  return std::nullopt;
}

std::optional<Packet> CaptureFile::next_classic() {
  const auto left = file_.size() - at_;
  if (left == 0) return std::nullopt;
  if (left < classic_record)
    return stop(fmt::format("the file ends inside the header of packet {}, at byte {}", packets_ + 1, file_.size()));
  const auto record = file_.subspan(at_);
  const std::uint64_t seconds = u32(record, 0);
  const std::uint64_t fraction = u32(record, 4);
  const auto captured = u32(record, 8);
  const auto length = u32(record, 12);
  if (captured > left - classic_record)
    return stop(fmt::format("packet {} at byte {} claims {} bytes, the file has {} more", packets_ + 1, at_, captured,
                            left - classic_record));
  Packet out;
  out.number = ++packets_;
  out.unix_time =
      std::chrono::seconds(seconds) + Duration(static_cast<std::int64_t>(fraction * (nanoseconds_ ? 1U : 1000U)));
  out.link_type = link_type_;
  out.bytes = record.subspan(classic_record, captured);
  out.length = std::max(captured, length);
  at_ += classic_record + captured;
  return out;
}

std::optional<CaptureFile::Block> CaptureFile::read_block() {
  const auto left = file_.size() - at_;
  if (left == 0) return std::nullopt;
  if (left < 12) {
    stop(fmt::format("the file ends inside a block, at byte {}", file_.size()));
    return std::nullopt;
  }
  const auto rest = file_.subspan(at_);
  if (load<std::uint32_t>(rest.data(), Endian::big) == section_header) {
    // The byte order may change with each section; its type reads the same in both.
    const auto magic = rest.size() < 16 ? 0U : load<std::uint32_t>(rest.data() + 8, Endian::little);
    if (magic != byte_order && magic != 0x4d3c2b1a) {
      stop(fmt::format("the section header at byte {} has no byte-order magic", at_));
      return std::nullopt;
    }
    endian_ = magic == byte_order ? Endian::little : Endian::big;
  }
  const auto total = u32(rest, 4);
  if (total < 12 || total % 4 != 0) {
    stop(fmt::format("the block at byte {} has the impossible length {}", at_, total));
    return std::nullopt;
  }
  if (total > left) {
    stop(fmt::format("the block at byte {} claims {} bytes, the file has {} more", at_, total, left));
    return std::nullopt;
  }
  if (u32(rest, total - 4) != total) {
    stop(fmt::format("the block at byte {} says two different lengths, {} and {}", at_, total, u32(rest, total - 4)));
    return std::nullopt;
  }
  Block block{u32(rest, 0), at_, rest.subspan(8, total - 12)};
  at_ += total;
  return block;
}

std::optional<Packet> CaptureFile::next_block() {
  for (;;) {
    const auto block = read_block();
    if (!block) return std::nullopt;
    std::optional<Packet> found;
    switch (block->type) {
      case section_header:
        if (!section(*block)) return std::nullopt;
        break;
      case 1: interface(block->body); break;
      case 2: found = obsolete(*block); break;
      case 3: found = simple(*block); break;
      case 5: statistics(block->body); break;
      case 6: found = enhanced(*block); break;
      default: break;  // names, secrets, journals, what others invent: skipped by their length
    }
    if (found || !trouble_.empty()) return found;
  }
}

namespace {
/// Calls `see(code, value)` for every option; ends at what does not fit.
template <typename See>
void options(ByteView body, Endian endian, See see) {
  while (body.size() >= 4) {
    const auto code = load<std::uint16_t>(body.data(), endian);
    const std::size_t length = load<std::uint16_t>(body.data() + 2, endian);
    if (code == 0 || length > body.size() - 4) return;
    see(code, body.subspan(4, length));
    body = body.subspan(std::min(body.size(), 4 + (length + 3) / 4 * 4));
  }
}
}  // namespace

bool CaptureFile::section(const Block& block) {
  if (block.body.size() < 16 || u16(block.body, 4) != 1) {
    stop(block.body.size() < 16
             ? fmt::format("the section header at byte {} is cut short", block.at)
             : fmt::format("the section at byte {} has version {}, which is unknown", block.at, u16(block.body, 4)));
    return false;
  }
  interfaces_.clear();
  dropped_before_ += std::exchange(dropped_, 0);
  application_.clear();
  options(block.body.subspan(16), endian_, [&](std::uint16_t code, ByteView value) {
    if (code == 4) application_ = as_text(value);
  });
  return true;
}

void CaptureFile::interface(ByteView body) {
  if (body.size() < 8 || interfaces_.size() >= max_interfaces) return;
  Interface out;
  out.link_type = u16(body, 0);
  out.snap_length = u32(body, 4);
  options(body.subspan(8), endian_, [&](std::uint16_t code, ByteView value) {
    if (code == 9 && value.size() == 1) out.resolution = value[0];
    if (code == 14 && value.size() == 8)
      out.offset = static_cast<std::int64_t>(load<std::uint64_t>(value.data(), endian_));
  });
  interfaces_.push_back(out);
}

void CaptureFile::statistics(ByteView body) {
  if (body.size() < 12) return;
  std::uint64_t dropped = 0;
  options(body.subspan(12), endian_, [&](std::uint16_t code, ByteView value) {
    if ((code == 5 || code == 7) && value.size() == 8)
      dropped = std::max(dropped, load<std::uint64_t>(value.data(), endian_));
  });
  dropped_ = std::max(dropped_, dropped);
}

std::optional<Packet> CaptureFile::packet(const Block& block, const Interface& interface, std::uint64_t ticks,
                                          std::size_t header, std::uint32_t captured, std::uint32_t length) {
  if (captured > block.body.size() - header)
    return stop(fmt::format("packet {} at byte {} claims {} bytes, its block has {}", packets_ + 1, block.at, captured,
                            block.body.size() - header));
  Packet out;
  out.number = ++packets_;
  out.unix_time = time_of(ticks, interface.resolution, interface.offset);
  out.link_type = interface.link_type;
  out.bytes = block.body.subspan(header, captured);
  out.length = std::max(captured, length);
  return out;
}

std::optional<Packet> CaptureFile::enhanced(const Block& block) {
  const auto& body = block.body;
  if (body.size() < 20) return stop(fmt::format("the packet block at byte {} is cut short", block.at));
  const auto id = u32(body, 0);
  if (id >= interfaces_.size())
    return stop(
        fmt::format("packet {} at byte {} is of interface {}, which is not described", packets_ + 1, block.at, id));
  const auto ticks = (std::uint64_t{u32(body, 4)} << 32) | u32(body, 8);
  const auto captured = u32(body, 12);
  auto out = packet(block, interfaces_[id], ticks, 20, captured, u32(body, 16));
  const auto after = 20 + (std::size_t{captured} + 3) / 4 * 4;
  if (out && after < body.size())
    options(body.subspan(after), endian_, [&](std::uint16_t code, ByteView value) {
      if (code == 4 && value.size() == 8)
        dropped_before_ += std::min<std::uint64_t>(load<std::uint64_t>(value.data(), endian_), UINT32_MAX);
    });
  return out;
}

std::optional<Packet> CaptureFile::obsolete(const Block& block) {
  const auto& body = block.body;
  if (body.size() < 20) return stop(fmt::format("the packet block at byte {} is cut short", block.at));
  const auto id = u16(body, 0);
  if (id >= interfaces_.size())
    return stop(
        fmt::format("packet {} at byte {} is of interface {}, which is not described", packets_ + 1, block.at, id));
  if (const auto drops = u16(body, 2); drops != 0xffff) dropped_before_ += drops;
  const auto ticks = (std::uint64_t{u32(body, 4)} << 32) | u32(body, 8);
  return packet(block, interfaces_[id], ticks, 20, u32(body, 12), u32(body, 16));
}

std::optional<Packet> CaptureFile::simple(const Block& block) {
  const auto& body = block.body;
  if (body.size() < 4) return stop(fmt::format("the packet block at byte {} is cut short", block.at));
  if (interfaces_.empty())
    return stop(fmt::format("packet {} at byte {} comes before any interface is described", packets_ + 1, block.at));
  const auto& interface = interfaces_.front();
  const auto length = u32(body, 0);
  const auto kept = interface.snap_length == 0 ? length : std::min(length, interface.snap_length);
  return packet(block, interface, 0, 4, kept, length);
}

}  // namespace assay::capture
