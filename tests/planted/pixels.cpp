// The image pixel module (PS3.3 C.7.6.3) and what refers to it: icon, palette, overlays, functional groups.
#include "file.hpp"

namespace planted {
namespace {

std::uint32_t number_or(const DataSet& set, std::uint32_t tag, std::uint32_t otherwise) {
  const Element* element = set.find(tag);
  return element == nullptr ? otherwise : number(*element);
}

std::string text_or_empty(const DataSet& set, std::uint32_t tag) {
  const Element* element = set.find(tag);
  return element == nullptr ? std::string() : text(*element);
}

// Bytes of one frame; all factors are of 16 bits.
std::size_t bytes_of(std::uint16_t rows, std::uint16_t columns, std::uint16_t samples, std::uint16_t allocated) {
  const std::size_t pixels = PLANT(26) ? static_cast<std::size_t>(rows * columns) : std::size_t{rows} * columns;
  return (pixels * samples * allocated + 7) / 8;
}

// Every sample of native pixel data once, through the palette where there is one.
std::uint64_t sum_of(const Image& image, View bytes, const Palette* palette) {
  std::uint64_t sum = 0;
  const std::size_t pixels = std::size_t{image.rows} * image.columns;
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::size_t plane = 0; plane < (image.subsampled && !image.planar ? 2 : image.samples); ++plane) {
      const std::size_t which =
          image.planar ? plane * pixels + pixel : pixel * (image.subsampled ? 2 : image.samples) + plane;
      std::uint32_t value = sample(image, bytes, which);
      if (palette != nullptr) {
        value = look_up(*palette, image.is_signed ? static_cast<std::int16_t>(value) : static_cast<int>(value));
      }
      sum += value;
    }
  }
  return sum;
}

void look_at_icon(const DataSet& set) {
  const Element* sequence = set.find(0x00880200);
  if (sequence == nullptr) return;
  require(sequence->vr == vr("SQ") && sequence->items.size() == 1);
  const DataSet& icon = *sequence->items.front();
  const Image image = describe(icon);
  const Element* pixels = icon.find(0x7FE00010);
  require(pixels != nullptr && image.frames == 1);
  if (!PLANT(25)) require(pixels->value.size() >= image.frame_bytes);
  sum_of(image, pixels->value, nullptr);
}

// Each frame of an enhanced image has an item of its own (PS3.3 C.7.6.16).
void look_at_functional_groups(const DataSet& set, const Image& image) {
  const Element* groups = set.find(0x52009230);
  if (groups == nullptr) return;
  require(groups->vr == vr("SQ"));
  if (!PLANT(23)) require(groups->items.size() >= image.frames);
  std::size_t count = 0;
  for (std::size_t frame = 0; frame < image.frames; ++frame) count += groups->items[frame]->elements.size();
  invariant(count <= max_frame * 64, "more elements in functional groups than the file has bytes");
}

}  // namespace

Image describe(const DataSet& set) {
  Image image;
  const Element* rows = set.find(0x00280010);
  const Element* columns = set.find(0x00280011);
  require(rows != nullptr && columns != nullptr);
  if (!PLANT(21)) require(rows->vr == vr("US") && columns->vr == vr("US"));
  image.rows = number(*rows);
  image.columns = number(*columns);
  image.samples = number_or(set, 0x00280002, 1);
  image.allocated = number_or(set, 0x00280100, 8);
  image.stored = number_or(set, 0x00280101, image.allocated);
  image.high_bit = number_or(set, 0x00280102, image.stored - 1);
  image.is_signed = number_or(set, 0x00280103, 0) == 1;
  image.planar = number_or(set, 0x00280006, 0) == 1;
  const std::string photometric = text_or_empty(set, 0x00280004);
  image.palette = photometric == "PALETTE COLOR";
  image.subsampled = photometric == "YBR_FULL_422";
  require(image.samples == 1 || image.samples == 3);
  require(image.samples == 3 || !(image.planar || image.subsampled));
  require(image.samples == 1 || !image.palette);
  if (!PLANT(24)) require(!(image.subsampled && image.planar));
  require(image.allocated == 8 || image.allocated == 16);
  require(image.stored >= 1 && image.stored <= image.allocated);
  if (!PLANT(22)) require(image.high_bit < image.allocated && image.high_bit + 1 >= image.stored);
  if (const Element* frames = set.find(0x00280008)) {
    const long count = integer(*frames);
    require(count >= 1 && count <= 65535);
    image.frames = static_cast<std::size_t>(count);
  }
  image.frame_bytes = bytes_of(static_cast<std::uint16_t>(image.rows), static_cast<std::uint16_t>(image.columns),
                               image.subsampled ? 2 : static_cast<std::uint16_t>(image.samples),
                               static_cast<std::uint16_t>(image.allocated));
  return image;
}

std::uint32_t sample(const Image& image, View bytes, std::size_t which) {
  const std::uint8_t* at = bytes.data();
  const std::uint32_t cell =
      image.allocated == 8 ? at[which] : static_cast<std::uint32_t>(at[2 * which] | at[2 * which + 1] << 8);
  const std::uint32_t mask = (1U << image.stored) - 1;
  return cell >> (image.high_bit + 1 - image.stored) & mask;
}

void look_at_pixels(const DataSet& set, const Syntax& syntax) {
  const Element* pixels = set.find(0x7FE00010);
  look_at_icon(set);
  look_at_modality_lut(set);
  if (pixels == nullptr) return;
  const Image image = describe(set);
  look_at_functional_groups(set, image);
  Palette palettes[3];
  if (image.palette) {
    for (std::uint32_t colour = 0; colour < 3; ++colour) palettes[colour] = read_palette(set, colour);
  }
  const Palette* palette = image.palette ? palettes : nullptr;
  if (!syntax.encapsulated) {
    const View all = pixels->value;
    require(image.frame_bytes > 0 && all.size() / image.frame_bytes >= image.frames);
    for (std::size_t frame = 0; frame < image.frames; ++frame) {
      sum_of(image, all.subspan(frame * image.frame_bytes, image.frame_bytes), palette);
    }
  } else {
    for (const Bytes& frame : frames_of(*pixels, image, syntax.rle)) {
      if (syntax.rle) sum_of(image, decode_rle(frame, image), palette);
    }
  }
  burn_overlays(set, image);
}

}  // namespace planted
