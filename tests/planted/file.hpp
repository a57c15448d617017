// A DICOM file (PS3.10 7.1) read to the end: meta information, data set, texts, pixels, directory.
#pragma once

#include "dataset.hpp"

namespace planted {

// Reads a file and looks at everything in it; throws Malformed where it is none.
void read_file(View file);

// pixels.cpp: one image of a data set (PS3.3 C.7.6.3), of the data set itself or of an icon in it.
struct Image {
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t samples = 1;
  std::uint32_t allocated = 0;
  std::uint32_t stored = 0;
  std::uint32_t high_bit = 0;
  bool planar = false;
  bool is_signed = false;
  bool subsampled = false;  // YBR_FULL_422: two samples a pixel
  bool palette = false;
  std::size_t frames = 1;
  std::size_t frame_bytes = 0;
};

inline constexpr std::size_t max_frame = 65536;  // bytes of a frame that is decoded, and pixels of one with overlays

void look_at_pixels(const DataSet& set, const Syntax& syntax);
Image describe(const DataSet& set);
// One sample of `bytes` (pixel data), by its number: the stored bits of the cell.
std::uint32_t sample(const Image& image, View bytes, std::size_t which);

// frames.cpp: the bytes of each frame of encapsulated pixel data (PS3.5 A.4, G).
std::vector<Bytes> frames_of(const Element& pixels, const Image& image, bool rle);
Bytes decode_rle(View segment_data, const Image& image);

// tables.cpp: palettes (PS3.3 C.7.6.3.1.5), the modality LUT, overlays (PS3.3 C.9.2).
struct Palette {
  std::size_t entries = 0;
  int first = 0;
  std::size_t width = 1;  // bytes of an entry
  Bytes data;
};
Palette read_palette(const DataSet& set, std::uint32_t colour);
std::uint32_t look_up(const Palette& palette, int pixel);
void look_at_modality_lut(const DataSet& set);
void burn_overlays(const DataSet& set, const Image& image);

// dicomdir.cpp: the records of a DICOMDIR (PS3.3 F), followed from the first one.
void look_at_directory(const DataSet& set);

}  // namespace planted
