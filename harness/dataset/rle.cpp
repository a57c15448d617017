#include "harness/dataset/rle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace assay::dataset {
namespace {

constexpr std::size_t header_length = 64;
constexpr std::uint32_t most_segments = 15;
constexpr std::size_t longest_run = 128;

/// Hands over each run as (bytes, repeated how often) until the segment ends or `take` wants no more.
template <typename Take>
void for_each_run(ByteView segment, Take take) {
  for (std::size_t at = 0; at < segment.size();) {
    const auto code = static_cast<std::int8_t>(segment[at++]);
    if (code == -128) continue;
    if (code >= 0) {
      const auto count = std::min<std::size_t>(static_cast<std::size_t>(code) + 1, segment.size() - at);
      if (!take(segment.subspan(at, count), std::size_t{1})) return;
      at += count;
    } else if (at < segment.size()) {
      if (!take(segment.subspan(at++, 1), static_cast<std::size_t>(1 - code))) return;
    }
  }
}

Bytes decode_segment(ByteView segment, std::uint64_t enough) {
  Bytes out;
  for_each_run(segment, [&](ByteView bytes, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) append(out, bytes);
    return out.size() < enough;
  });
  return out;
}

/// Where byte `b` (the most significant first) of sample `s` of a pixel stands in native pixels.
std::uint64_t place(const RleFrame& frame, std::uint64_t pixel, unsigned s, unsigned b) {
  const auto sample = frame.by_plane ? s * frame.pixels + pixel : pixel * frame.samples + s;
  return sample * frame.bytes + (frame.endian == Endian::little ? frame.bytes - 1 - b : b);
}

std::size_t run_at(ByteView row, std::size_t at) {
  std::size_t end = at + 1;
  while (end < row.size() && row[end] == row[at] && end - at < longest_run) ++end;
  return end - at;
}

void encode_row(Bytes& out, ByteView row) {
  for (std::size_t at = 0; at < row.size();) {
    if (const auto run = run_at(row, at); run > 1) {
      out.push_back(static_cast<std::uint8_t>(257 - run));
      out.push_back(row[at]);
      at += run;
      continue;
    }
    auto end = at + 1;
    while (end < row.size() && end - at < longest_run && run_at(row, end) < 3) ++end;
    out.push_back(static_cast<std::uint8_t>(end - at - 1));
    append(out, row.subspan(at, end - at));
    at = end;
  }
}

}  // namespace

std::uint64_t rle_length(ByteView segment, std::uint64_t enough) {
  std::uint64_t length = 0;
  for_each_run(segment, [&](ByteView bytes, std::size_t times) {
    length += bytes.size() * times;
    return length < enough;
  });
  return length;
}

std::expected<Bytes, std::string> decode_rle(ByteView fragment, const RleFrame& frame) {
  if (fragment.size() < header_length) return std::unexpected("the header is cut off");
  const auto number = [&](std::size_t i) { return load<std::uint32_t>(fragment.data() + 4 * i, Endian::little); };
  const auto segments = number(0);
  if (segments == 0 || segments > most_segments || segments != frame.samples * frame.bytes)
    return std::unexpected(fmt::format("{} segments for {} bytes a pixel", segments, frame.samples * frame.bytes));
  std::vector<Bytes> planes;
  for (std::uint32_t i = 1; i <= segments; ++i) {
    const std::size_t begin = number(i);
    const std::size_t end = i < segments ? number(i + 1) : fragment.size();
    if (begin < header_length || end < begin || end > fragment.size())
      return std::unexpected(fmt::format("segment {} lies outside", i));
    planes.push_back(decode_segment(fragment.subspan(begin, end - begin), frame.pixels));
    if (planes.back().size() != frame.pixels)
      return std::unexpected(
          fmt::format("segment {} has {} bytes for {} pixels", i, planes.back().size(), frame.pixels));
  }
  Bytes out(static_cast<std::size_t>(frame.pixels) * segments);
  for (unsigned s = 0; s < frame.samples; ++s)
    for (unsigned b = 0; b < frame.bytes; ++b)
      for (std::uint64_t pixel = 0; pixel < frame.pixels; ++pixel)
        out[place(frame, pixel, s, b)] = planes[s * frame.bytes + b][pixel];
  return out;
}

Bytes encode_rle(ByteView native, const RleFrame& frame, std::uint64_t row) {
  Bytes out(header_length);
  const auto put = [&](std::size_t i, std::size_t value) {
    for (unsigned byte = 0; byte < 4; ++byte) out[4 * i + byte] = static_cast<std::uint8_t>(value >> (8 * byte));
  };
  put(0, std::size_t{frame.samples} * frame.bytes);
  Bytes plane(static_cast<std::size_t>(frame.pixels));
  for (unsigned s = 0; s < frame.samples; ++s)
    for (unsigned b = 0; b < frame.bytes; ++b) {
      for (std::uint64_t pixel = 0; pixel < frame.pixels; ++pixel) plane[pixel] = native[place(frame, pixel, s, b)];
      put(1 + s * frame.bytes + b, out.size());
      for (std::size_t at = 0; at < plane.size(); at += row)
        encode_row(out, ByteView(plane).subspan(at, std::min<std::size_t>(row, plane.size() - at)));
      if (out.size() % 2 != 0) out.push_back(0);
    }
  return out;
}

}  // namespace assay::dataset
