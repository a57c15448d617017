// Which kind of input it is; files (PS3.10 7), deflate streams (PS3.5 A.5), addresses.
#include "fuzz/mutators/dissect.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "fuzz/mutators/part_writer.hpp"

namespace assay::fuzz {
namespace {

constexpr std::size_t largest_inflated = 1U << 20U;
constexpr std::string_view implicit_little = "1.2.840.10008.1.2";
constexpr std::string_view explicit_big = "1.2.840.10008.1.2.2";
constexpr std::string_view deflated_little = "1.2.840.10008.1.2.1.99";

/// Where File Meta Information lies, and the Transfer Syntax that it names.
struct Meta {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view transfer_syntax;
};

Meta meta_of(ByteView bytes) {
  Meta out;
  if (bytes.size() >= 132 && as_text(bytes.subspan(128, 4)) == "DICM") out.begin = 132;
  auto at = out.begin;
  while (at + 8 <= bytes.size() && load<std::uint16_t>(bytes.data() + at, Endian::little) == 2 &&
         looks_explicit(bytes.subspan(at))) {
    const bool long_form = has_long_length(as_text(bytes.subspan(at + 4, 2)));
    if (long_form && at + 12 > bytes.size()) break;
    const std::size_t length = long_form ? load<std::uint32_t>(bytes.data() + at + 8, Endian::little)
                                         : load<std::uint16_t>(bytes.data() + at + 6, Endian::little);
    const std::size_t header = long_form ? 12 : 8;
    if (length > bytes.size() - at - header) break;
    if (load<std::uint16_t>(bytes.data() + at + 2, Endian::little) == 0x0010) {
      out.transfer_syntax = as_text(bytes.subspan(at + header, length));
    }
    at += header + length;
  }
  out.end = at;
  while (out.transfer_syntax.ends_with('\0') || out.transfer_syntax.ends_with(' '))
    out.transfer_syntax.remove_suffix(1);
  return out;
}

Syntax syntax_of(const Meta& meta, ByteView data_set) {
  if (meta.transfer_syntax.empty()) return {looks_explicit(data_set), Endian::little};
  return {meta.transfer_syntax != implicit_little, meta.transfer_syntax == explicit_big ? Endian::big : Endian::little};
}

void read_file(PartWriter& in, ByteView bytes) {
  const auto meta = meta_of(bytes);
  if (meta.begin > 0) {
    in.field("preamble", 128);
    in.field("prefix", 4);
  }
  if (meta.end > meta.begin) {
    const auto limit = in.limit_to(meta.end);
    read_group(in, "meta", {});
    in.limit_to(limit);
  }
  read_data_set(in, "data-set", syntax_of(meta, bytes.subspan(meta.end)));
}

/// A PDU type and a reserved zero where a file has its preamble or a group (PS3.8 9.3.1).
bool looks_like_pdu(ByteView bytes) {
  if (bytes.size() >= 132 && as_text(bytes.subspan(128, 4)) == "DICM") return false;
  return bytes.size() >= 6 && bytes[0] >= 1 && bytes[0] <= 7 && bytes[1] == 0 && !looks_explicit(bytes) &&
         load<std::uint32_t>(bytes.data() + 2, Endian::big) < 0x01000000U;
}

}  // namespace

void dissect(assay_format format, ByteView bytes, Parts& out) {
  out.clear();
  bytes = bytes.first(std::min<std::size_t>(bytes.size(), std::numeric_limits<std::uint32_t>::max() / 2));
  if (format == ASSAY_FORMAT_ANY) format = looks_like_pdu(bytes) ? ASSAY_FORMAT_WIRE : ASSAY_FORMAT_FILE;
  PartWriter in(bytes, out);
  const auto root = in.open(format == ASSAY_FORMAT_WIRE ? "stream" : "file");
  switch (format) {
    case ASSAY_FORMAT_WIRE: read_pdus(in); break;
    case ASSAY_FORMAT_IMPLICIT_LITTLE: read_data_set(in, "data-set", {false, Endian::little}); break;
    case ASSAY_FORMAT_EXPLICIT_BIG: read_data_set(in, "data-set", {true, Endian::big}); break;
    case ASSAY_FORMAT_EXPLICIT_LITTLE:
    case ASSAY_FORMAT_DEFLATED: read_data_set(in, "data-set", {true, Endian::little}); break;
    case ASSAY_FORMAT_FILE:
    case ASSAY_FORMAT_ANY: read_file(in, bytes); break;
  }
  in.close(root);
}

std::optional<std::size_t> deflated_from(assay_format format, ByteView bytes) {
  if (format == ASSAY_FORMAT_DEFLATED) return 0;
  if (format != ASSAY_FORMAT_FILE && format != ASSAY_FORMAT_ANY) return std::nullopt;
  const auto meta = meta_of(bytes);
  if (meta.transfer_syntax != deflated_little) return std::nullopt;
  return meta.end;
}

namespace {

/// A stream of zlib that is used again, since making one costs far more than a small input.
class Stream {
 public:
  Stream(int (*end)(z_stream*)) : end_(end) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { end_(&state); }
  z_stream state{};

 private:
  int (*end_)(z_stream*);
};

void give(z_stream& stream, ByteView bytes) {
  stream.next_in = const_cast<Bytef*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib reads only
  stream.avail_in = static_cast<uInt>(bytes.size());
}

/// Appends what deflate() makes of the bytes.
void deflate_into(Bytes& out, z_stream& stream, ByteView bytes, int flush) {
  give(stream, bytes);
  std::array<std::uint8_t, 4096> piece{};
  do {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    deflate(&stream, flush);
    append(out, ByteView(piece).first(piece.size() - stream.avail_out));
  } while (stream.avail_out == 0);
}

}  // namespace

std::optional<Bytes> inflated(ByteView bytes) {
  static thread_local Stream kept(inflateEnd);
  auto& stream = kept.state;
  const bool ready =
      stream.state != nullptr ? inflateReset(&stream) == Z_OK : inflateInit2(&stream, -MAX_WBITS) == Z_OK;
  if (!ready) return std::nullopt;
  Bytes plain;
  std::array<std::uint8_t, 4096> piece{};
  give(stream, bytes);
  int state = Z_OK;
  while (state == Z_OK && plain.size() < largest_inflated) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    append(plain, ByteView(piece).first(piece.size() - stream.avail_out));
  }
  if (state != Z_STREAM_END) return std::nullopt;
  return plain;
}

Bytes deflated(ByteView bytes, std::size_t zeros) {
  constexpr int memory = 5;  // of 1 to 9: inputs are short
  static thread_local Stream kept(deflateEnd);
  auto& stream = kept.state;
  const bool ready = stream.state != nullptr
                         ? deflateReset(&stream) == Z_OK
                         : deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, memory, Z_DEFAULT_STRATEGY) == Z_OK;
  if (!ready) return {};
  static const Bytes nothing(1U << 16U);
  Bytes out;
  deflate_into(out, stream, bytes, zeros == 0 ? Z_FINISH : Z_NO_FLUSH);
  while (zeros > 0) {
    const auto some = std::min(zeros, nothing.size());
    zeros -= some;
    deflate_into(out, stream, ByteView(nothing).first(some), zeros == 0 ? Z_FINISH : Z_NO_FLUSH);
  }
  if (out.size() % 2 != 0) out.push_back(0);  // PS3.5 A.5
  return out;
}

std::optional<std::size_t> child(const Parts& parts, std::size_t block, std::string_view name) {
  for (auto i = block + 1; i < parts.size() && parts[i].begin <= parts[block].end; ++i) {
    if (parts[i].up == block && parts[i].name == name) return i;
  }
  return std::nullopt;
}

std::string path(const Parts& parts, std::size_t part) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  while (part != 0) {
    const auto& here = parts[part];
    std::size_t count = 1;
    for (std::size_t i = here.up + 1; i < part; ++i) {
      count += parts[i].up == here.up && parts[i].name == here.name && parts[i].tag == here.tag ? 1 : 0;
    }
    std::string step(here.name);
    if (here.name == element_name) {
      step = "(0000,0000)";
      for (std::size_t i = 0; i < 8; ++i) step[i < 4 ? 1 + i : 2 + i] = digits[(here.tag >> (28 - 4 * i)) & 15U];
    }
    if (count > 1) step.append("[").append(std::to_string(count)).append("]");
    if (!out.empty()) step.append("/").append(out);
    out = std::move(step);
    part = here.up;
  }
  return out;
}

}  // namespace assay::fuzz
