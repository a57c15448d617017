// Encapsulated frames: fragments, basic offset table (PS3.5 A.4), RLE (PS3.5 G).
#include <algorithm>

#include "file.hpp"

namespace planted {
namespace {

std::uint32_t word(View bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16) |
         static_cast<std::uint32_t>(bytes[at + 3]) << 24;
}

// Frames cut by the basic offset table; an offset counts from the first byte of the item behind the table.
std::vector<Bytes> by_offset_table(const Element& pixels, const Image& image) {
  const View table = pixels.fragments.front();
  require(table.size() == 4 * image.frames);
  // What the offsets count in: each fragment with the eight bytes of its item header.
  Bytes stream;
  for (std::size_t i = 1; i < pixels.fragments.size(); ++i) {
    stream.insert(stream.end(), 8, 0);
    stream.insert(stream.end(), pixels.fragments[i].begin(), pixels.fragments[i].end());
  }
  stream.shrink_to_fit();
  std::vector<Bytes> frames;
  for (std::size_t frame = 0; frame < image.frames; ++frame) {
    const std::size_t from = word(table, 4 * frame);
    const std::size_t to = frame + 1 < image.frames ? word(table, 4 * frame + 4) : stream.size();
    if (!PLANT(29)) require(from + 8 <= to);
    if (!PLANT(28)) require(to <= stream.size());
    const std::size_t length = to - from - 8;
    Bytes bytes;
    bytes.reserve(length);
    std::copy_n(stream.data() + from + 8, length, std::back_inserter(bytes));
    frames.push_back(std::move(bytes));
  }
  return frames;
}

// Without a table: a frame of several fragments if there is one frame only, else one fragment for each.
std::vector<Bytes> by_fragments(const Element& pixels, const Image& image) {
  std::vector<Bytes> frames;
  if (image.frames == 1) {
    Bytes& all = frames.emplace_back();
    for (std::size_t i = 1; i < pixels.fragments.size(); ++i) {
      all.insert(all.end(), pixels.fragments[i].begin(), pixels.fragments[i].end());
    }
    return frames;
  }
  if (!PLANT(30)) require(pixels.fragments.size() - 1 >= image.frames);
  for (std::size_t frame = 0; frame < image.frames; ++frame) {
    const Bytes& fragment = pixels.fragments[frame + 1];
    frames.emplace_back(fragment.begin(), fragment.end());
  }
  return frames;
}

// Unpacks one segment into every `step`-th byte from `to` on; stops after `count` bytes.
void unpack(View packed, Bytes& out, std::size_t to, std::size_t step, std::size_t count) {
  std::size_t at = 0;
  std::size_t done = 0;
  while (done < count) {
    require(at < packed.size());
    const std::uint8_t control = packed[at++];
    if (control == 128) continue;
    const std::size_t run = control < 128 ? control + 1U : 257U - control;
    if (!PLANT(33)) require(run <= count - done);
    if (control < 128) {
      if (!PLANT(34)) require(run <= packed.size() - at);
      for (std::size_t i = 0; i < run; ++i) out[to + step * done++] = packed.data()[at++];
    } else {
      require(at < packed.size());
      for (std::size_t i = 0; i < run; ++i) out[to + step * done++] = packed[at];
      ++at;
    }
  }
}

}  // namespace

std::vector<Bytes> frames_of(const Element& pixels, const Image& image, bool rle) {
  require(!pixels.fragments.empty());
  std::vector<Bytes> frames =
      pixels.fragments.front().empty() ? by_fragments(pixels, image) : by_offset_table(pixels, image);
  if (rle) return frames;
  for (Bytes& frame : frames) {  // a codestream of odd length has got a byte behind it
    if (!PLANT(27) && frame.empty()) continue;
    if (frame.data()[frame.size() - 1] == 0) frame.pop_back();
  }
  return frames;
}

Bytes decode_rle(View data, const Image& image) {
  require(data.size() >= 64);
  require(image.frame_bytes <= max_frame && !image.subsampled);
  const std::size_t pixels = std::size_t{image.rows} * image.columns;
  const std::size_t width = image.allocated / 8;
  const std::uint32_t count = word(data, 0);
  std::uint32_t offsets[15] = {};
  if (!PLANT(32)) require(count <= 15);
  for (std::size_t i = 0; i < count && 4 * i + 8 <= data.size(); ++i) offsets[i] = word(data, 4 + 4 * i);
  require(count == image.samples * width);
  Bytes out(image.frame_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = offsets[i];
    const std::size_t to = i + 1 < count ? offsets[i + 1] : data.size();
    if (!PLANT(31)) require(from >= 64 && from <= to && to <= data.size());
    const Bytes segment(data.begin() + static_cast<std::ptrdiff_t>(from),
                        data.begin() + static_cast<std::ptrdiff_t>(to));
    const std::size_t plane = i / width;
    const std::size_t byte = width - 1 - i % width;  // the most significant byte comes first
    const std::size_t start = image.planar ? plane * pixels * width + byte : plane * width + byte;
    const std::size_t step = image.planar ? width : image.samples * width;
    unpack(segment, out, start, step, pixels);
  }
  return out;
}

}  // namespace planted
