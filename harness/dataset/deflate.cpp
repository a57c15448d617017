#include "harness/dataset/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>

namespace assay::dataset {

namespace {

constexpr int raw_window = -MAX_WBITS;             // RFC 1951 without a wrapper
constexpr int wrapped_window = MAX_WBITS + 32;     // zlib or gzip, whichever the header says
constexpr std::size_t first_output = 64U << 10;    // then doubled
constexpr std::size_t largest_piece = 256U << 20;  // given to zlib at once: its counters may be 32 bits wide

enum class Outcome : std::uint8_t { whole, truncated, damaged, too_large };

struct Attempt {
  Outcome outcome = Outcome::damaged;
  std::size_t consumed = 0;
  Bytes bytes;
};

bool looks_gzip(ByteView bytes) { return bytes.size() >= 3 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8; }

bool looks_zlib(ByteView bytes) {
  return bytes.size() >= 2 && (bytes[0] & 0x0f) == 8 && (bytes[0] >> 4) <= 7 && (bytes[0] << 8 | bytes[1]) % 31 == 0;
}

Attempt attempt(ByteView in, int window, std::size_t max_size) {
  Attempt result;
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return result;
  std::size_t fed = 0;
  std::size_t made = 0;
  std::uint8_t beyond = 0;  // room for the byte that proves that the bound is passed
  for (;;) {
    if (stream.avail_in == 0 && fed < in.size()) {
      const auto piece = std::min(in.size() - fed, largest_piece);
      stream.next_in = const_cast<Bytef*>(in.data() + fed);
      stream.avail_in = static_cast<uInt>(piece);
      fed += piece;
    }
    if (made == result.bytes.size() && made < max_size) {
      const auto wanted = std::min(max_size, std::max(first_output, made * 2));
      result.bytes.reserve(wanted);
      result.bytes.resize(wanted);
    }
    const bool full = made == max_size;
    const auto room = full ? 1 : std::min(result.bytes.size() - made, largest_piece);
    stream.next_out = full ? &beyond : result.bytes.data() + made;
    stream.avail_out = static_cast<uInt>(room);
    const int code = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = room - stream.avail_out;
    if (full && got != 0) {
      result.outcome = Outcome::too_large;
      break;
    }
    made += got;
    if (code == Z_STREAM_END) {
      result.outcome = Outcome::whole;
      break;
    }
    if (code == Z_BUF_ERROR || (code == Z_OK && got == 0)) {
      if (fed < in.size() || stream.avail_in != 0) {
        if (code == Z_OK) continue;
      }
      result.outcome = Outcome::truncated;
      break;
    }
    if (code != Z_OK) break;
  }
  result.consumed = fed - stream.avail_in;
  result.bytes.resize(made);
  inflateEnd(&stream);
  return result;
}

}  // namespace

Inflated inflate(ByteView deflated, std::size_t max_size, std::uint64_t base_offset) {
  Inflated result;
  const auto report = [&](Gravity gravity, std::string rule, std::size_t at, std::string found, std::string expected) {
    result.problems.push_back({std::move(rule), "PS3.5 A.5", base_offset + at, "deflated Data Set", std::move(found),
                               std::move(expected), gravity});
  };
  auto best = attempt(deflated, raw_window, max_size);
  const bool gzip = looks_gzip(deflated);
  if (best.outcome == Outcome::damaged && (gzip || looks_zlib(deflated))) {
    auto wrapped = attempt(deflated, wrapped_window, max_size);
    if (wrapped.bytes.size() > best.bytes.size() || wrapped.outcome == Outcome::whole) {
      best = std::move(wrapped);
      report(Gravity::deviation, "ps3.5/A.5/deflate-wrapper", 0, gzip ? "a gzip header" : "a zlib header",
             "the raw stream of RFC 1951");
    }
  }
  result.bytes = std::move(best.bytes);
  result.consumed = best.consumed;
  switch (best.outcome) {
    case Outcome::whole: break;
    case Outcome::truncated:
      report(Gravity::error, "ps3.5/A.5/deflate-truncated", result.consumed,
             "the end of the stream after " + std::to_string(result.bytes.size()) + " inflated bytes",
             "the last block of the stream");
      return result;
    case Outcome::damaged:
      report(Gravity::error, "ps3.5/A.5/deflate-stream", result.consumed,
             "no valid block after " + std::to_string(result.bytes.size()) + " inflated bytes", "a stream of RFC 1951");
      return result;
    case Outcome::too_large:
      report(Gravity::error, "limits/inflated", result.consumed, "more inflated bytes",
             "at most " + std::to_string(max_size));
      return result;
  }
  const auto rest = deflated.subspan(result.consumed);
  if (rest.empty()) {
    if (result.consumed % 2 != 0)
      report(Gravity::deviation, "ps3.5/A.5/deflate-padding", result.consumed, "an odd number of bytes",
             "one NUL after them");
  } else if (rest.size() == 1 && rest[0] == 0) {
    ++result.consumed;
  } else {
    report(Gravity::deviation, "ps3.5/A.5/deflate-trailing", result.consumed,
           std::to_string(rest.size()) + " bytes after the last block", "at most one NUL, as padding");
  }
  return result;
}

bool starts_deflated(ByteView bytes) {
  const auto look = attempt(bytes.first(std::min<std::size_t>(bytes.size(), 4096)), raw_window, 4096);
  return look.outcome != Outcome::damaged && !look.bytes.empty();
}

Bytes deflate(ByteView bytes, int level) {
  Bytes out;
  z_stream stream{};
  if (deflateInit2(&stream, std::clamp(level, 0, 9), Z_DEFLATED, raw_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) return out;
  std::size_t fed = 0;
  std::size_t made = 0;
  out.resize(std::max<std::size_t>(256, bytes.size() / 4));
  for (;;) {
    if (stream.avail_in == 0 && fed < bytes.size()) {
      const auto piece = std::min(bytes.size() - fed, largest_piece);
      stream.next_in = const_cast<Bytef*>(bytes.data() + fed);
      stream.avail_in = static_cast<uInt>(piece);
      fed += piece;
    }
    if (made == out.size()) out.resize(made * 2);
    const auto room = std::min(out.size() - made, largest_piece);
    stream.next_out = out.data() + made;
    stream.avail_out = static_cast<uInt>(room);
    const int code = ::deflate(&stream, fed == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    made += room - stream.avail_out;
    if (code == Z_STREAM_END || code == Z_STREAM_ERROR) break;
  }
  deflateEnd(&stream);
  out.resize(made);
  if (made % 2 != 0) out.push_back(0);
  return out;
}

}  // namespace assay::dataset
