// Pixel Data: size by arithmetic, frames without copying, and each rule with a broken and a correct input.
#include "harness/dataset/pixel.hpp"

#include "tests/unit/dataset/check_support.hpp"

namespace assay::dataset {
namespace {

constexpr auto deviation = Gravity::deviation;
constexpr auto note = Gravity::note;
constexpr Encoding encapsulating{true, Endian::little, false, true};

/// What describes an image; each test changes what it is about.
struct Image {
  std::uint16_t rows = 4;
  std::uint16_t columns = 6;
  std::uint16_t samples = 1;
  std::string photometric = "MONOCHROME2";
  std::uint16_t allocated = 16;
  std::uint16_t stored = 12;
  std::uint16_t high = 11;
  std::string frames;
  int planar = -1;
  std::string lossy;

  [[nodiscard]] Elements elements() const {
    using namespace tags;
    Elements all{{SamplesPerPixel, Vr::US, us(samples)}, {PhotometricInterpretation, Vr::CS, photometric}};
    if (planar >= 0) all.push_back({PlanarConfiguration, Vr::US, us(static_cast<std::uint16_t>(planar))});
    if (!frames.empty()) all.push_back({NumberOfFrames, Vr::IS, frames});
    for (const auto& [tag, number] :
         {std::pair{Rows, rows}, std::pair{Columns, columns}, std::pair{BitsAllocated, allocated},
          std::pair{BitsStored, stored}, std::pair{HighBit, high}, std::pair{PixelRepresentation, std::uint16_t{0}}})
      all.push_back({tag, Vr::US, us(number)});
    if (!lossy.empty()) all.push_back({LossyImageCompression, Vr::CS, lossy});
    return all;
  }
  [[nodiscard]] Elements with(std::size_t bytes, Vr vr = Vr::OW) const {
    auto all = elements();
    all.push_back({tags::PixelData, vr, std::string(bytes, '\0')});
    return all;
  }
  /// With Pixel Data of these items, the offset table first.
  [[nodiscard]] Bytes fragments(const std::vector<std::string>& items, const Elements& more = {},
                                Vr vr = Vr::OB) const {
    auto all = elements();
    all.insert(all.end(), more.begin(), more.end());
    Bytes out = bytes_of(all);
    append(out, hex("e07f1000"));
    append(out, name(vr));
    append(out, hex("0000 ffffffff"));
    for (const auto& item : items) {
      append(out, hex("feff00e0"));
      append(out, ul(static_cast<std::uint32_t>(item.size())));
      append(out, item);
    }
    append(out, hex("feffdde0 00000000"));
    return out;
  }
};

Image changed(void (*change)(Image&)) {
  Image image;
  change(image);
  return image;
}

const std::vector<CheckCase>& native_cases() {
  using namespace tags;
  const Image plain;
  const Image color = changed([](Image& i) {
    i.samples = 3;
    i.photometric = "RGB";
    i.allocated = i.stored = 8;
    i.high = 7;
    i.planar = 0;
  });
  const Image chroma = changed([](Image& i) {
    i.samples = 3;
    i.photometric = "YBR_FULL_422";
    i.allocated = i.stored = 8;
    i.high = 7;
    i.planar = 0;
  });
  const Image bits = changed([](Image& i) {
    i.rows = i.columns = 3;
    i.allocated = i.stored = 1;
    i.high = 0;
    i.frames = "3";
  });
  const Image odd = changed([](Image& i) {
    i.rows = i.columns = 3;
    i.allocated = i.stored = 8;
    i.high = 7;
  });
  auto no_rows = plain.with(48);
  std::erase_if(no_rows, [](const Written& element) { return element.tag == Rows; });
  auto no_planar = color.with(72, Vr::OB);
  std::erase_if(no_planar, [](const Written& element) { return element.tag == PlanarConfiguration; });
  auto two_pixels = plain.with(48);
  two_pixels.insert(two_pixels.end() - 1, {FloatPixelData, Vr::OF, std::string(96, '\0')});
  auto unused = plain.with(48);
  unused.back().value[7] = '\x10';
  auto used = plain.with(48);
  used.back().value[7] = '\x0f';
  const auto big = [&](std::uint16_t rows, std::uint16_t columns) {
    auto image = plain;
    image.rows = rows;
    image.columns = columns;
    return image.with(std::size_t{2} * 512 * 512);
  };
  static const std::vector<CheckCase> all{
      {"too_short", plain.with(46), "ps3.5/8.1.1/pixel-length", PixelData, 46, deviation, plain.with(48)},
      {"too_long", plain.with(60), "ps3.5/8.1.1/pixel-length", PixelData, 48, deviation, plain.with(48)},
      {"frames", changed([](Image& i) { i.frames = "3"; }).with(96), "ps3.5/8.1.1/pixel-length", PixelData, 96,
       deviation, changed([](Image& i) { i.frames = "2"; }).with(96)},
      {"odd_size_is_padded", odd.with(8, Vr::OB), "ps3.5/8.1.1/pixel-length", PixelData, 8, deviation,
       odd.with(10, Vr::OB)},
      {"chroma_of_pairs", chroma.with(72, Vr::OB), "ps3.5/8.1.1/pixel-length", PixelData, 48, deviation,
       chroma.with(48, Vr::OB)},
      {"one_bit", bits.with(6, Vr::OB), "ps3.5/8.1.1/pixel-length", PixelData, 4, deviation, bits.with(4, Vr::OB)},
      {"claims_more_than_can_be_counted", changed([](Image& i) {
                                            i.rows = i.columns = 0xffff;
                                            i.allocated = 65528;
                                            i.stored = 65528;
                                            i.high = 65527;
                                            i.frames = "2147483647";
                                          }).with(48),
       "ps3.5/8.1.1/pixel-length", PixelData, 48, deviation, plain.with(48)},
      {"byte_swapped", big(2, 2), "ps3.5/7.3/byte-swapped", Rows, 0, deviation, big(512, 512)},
      {"stored_0", changed([](Image& i) { i.stored = 0; }).with(48), "ps3.5/8.1.1/bits-stored", BitsStored, 0,
       deviation, plain.with(48)},
      {"stored_17", changed([](Image& i) { i.stored = 17; }).with(48), "ps3.5/8.1.1/bits-stored", BitsStored, 0,
       deviation, changed([](Image& i) { i.stored = 16, i.high = 15; }).with(48)},
      {"allocated_12", changed([](Image& i) { i.allocated = 12; }).with(36), "ps3.5/8.1.1/bits-allocated",
       BitsAllocated, 0, deviation, plain.with(48)},
      {"high_bit_of_old", changed([](Image& i) { i.stored = 10; }).with(48), "ps3.5/8.1.1/high-bit", HighBit, 0,
       deviation, plain.with(48)},
      {"high_bit_16", changed([](Image& i) { i.high = 16; }).with(48), "ps3.5/8.1.1/high-bit-range", HighBit, 0,
       deviation, plain.with(48)},
      {"high_bit_too_low", changed([](Image& i) { i.high = 5; }).with(48), "ps3.5/8.1.1/high-bit-range", HighBit, 0,
       deviation, plain.with(48)},
      {"unused_bits", unused, "ps3.5/8.1.1/unused-bits", PixelData, 6, note, used},
      {"vr_of_16_bits", plain.with(48, Vr::OB), "ps3.5/A.2/pixel-vr", PixelData, 0, deviation, plain.with(48)},
      {"attributes_missing", no_rows, "ps3.3/C.7.6.3/attributes-missing", PixelData, 0, deviation, plain.with(48)},
      {"samples", changed([](Image& i) { i.photometric = "RGB"; }).with(48), "ps3.3/C.7.6.3/samples", SamplesPerPixel,
       0, deviation, color.with(72, Vr::OB)},
      {"photometric", changed([](Image& i) { i.photometric = "GREY"; }).with(48), "ps3.3/C.7.6.3/photometric",
       PhotometricInterpretation, 0, deviation, plain.with(48)},
      {"no_planar_configuration", no_planar, "ps3.3/C.7.6.3/planar-configuration", PixelData, 0, deviation,
       color.with(72, Vr::OB)},
      {"number_of_frames_0", changed([](Image& i) { i.frames = "0"; }).with(48), "ps3.3/C.7.6.6/number-of-frames",
       NumberOfFrames, 0, deviation, changed([](Image& i) { i.frames = "1"; }).with(48)},
      {"two_pixel_elements", two_pixels, "ps3.3/C.7.6.24/one-pixel-element", FloatPixelData, 0, deviation,
       plain.with(48)},
  };
  return all;
}

class NativePixels : public testing::TestWithParam<CheckCase> {};
TEST_P(NativePixels, Is_reported_at_its_byte_and_only_when_it_is_there) { expect_reported(GetParam(), explicit_le); }
INSTANTIATE_TEST_SUITE_P(Pixel, NativePixels, testing::ValuesIn(native_cases()),
                         [](const auto& one) { return one.param.name; });

Elements overlay(std::uint16_t group, std::size_t bytes, std::uint16_t bits = 1, std::uint16_t position = 0,
                 std::uint16_t row = 1, std::string frames = "") {
  auto all = Image{}.elements();
  const auto tag = [&](std::uint16_t element) { return Tag{group, element}; };
  all.push_back({tag(0x0010), Vr::US, us(5)});
  all.push_back({tag(0x0011), Vr::US, us(7)});
  if (!frames.empty()) all.push_back({tag(0x0015), Vr::IS, frames});
  all.push_back({tag(0x0040), Vr::CS, "G"});
  all.push_back({tag(0x0050), Vr::SS, us(row) + us(1)});
  all.push_back({tag(0x0100), Vr::US, us(bits)});
  all.push_back({tag(0x0102), Vr::US, us(position)});
  if (bytes > 0) all.push_back({tag(0x3000), Vr::OW, std::string(bytes, '\0')});
  all.push_back({tags::PixelData, Vr::OW, std::string(48, '\0')});
  return all;
}

const std::vector<CheckCase>& overlay_cases() {
  static const std::vector<CheckCase> all{
      {"group_beyond",
       overlay(0x6020, 6),
       "ps3.5/7.6/overlay-group",
       {0x6020, 0x0010},
       at_tag,
       deviation,
       overlay(0x601e, 6)},
      {"length", overlay(0x6000, 4), "ps3.5/8.1.2/overlay-length", {0x6000, 0x3000}, 4, deviation, overlay(0x6000, 6)},
      {"length_of_frames",
       overlay(0x6002, 6, 1, 0, 1, "2"),
       "ps3.5/8.1.2/overlay-length",
       {0x6002, 0x3000},
       6,
       deviation,
       overlay(0x6002, 10, 1, 0, 1, "2")},
      {"bits", overlay(0x6000, 6, 8), "ps3.3/C.9.2/overlay-bits", {0x6000, 0x0100}, 0, deviation, overlay(0x6000, 6)},
      {"position",
       overlay(0x6000, 6, 1, 12),
       "ps3.3/C.9.2/overlay-bits",
       {0x6000, 0x0102},
       0,
       deviation,
       overlay(0x6000, 6)},
      {"embedded",
       overlay(0x6000, 0, 16, 12),
       "ps3.3/C.9.2/embedded-overlay",
       {0x6000, 0x0100},
       0,
       note,
       overlay(0x6000, 6)},
      {"far_outside",
       overlay(0x6000, 6, 1, 0, 99),
       "ps3.3/C.9.2/overlay-origin",
       {0x6000, 0x0050},
       0,
       note,
       overlay(0x6000, 6, 1, 0, 0xfffe)},
      {"above",
       overlay(0x6000, 6, 1, 0, 0xfff0),
       "ps3.3/C.9.2/overlay-origin",
       {0x6000, 0x0050},
       0,
       note,
       overlay(0x6000, 6, 1, 0, 4)},
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(Overlay, NativePixels, testing::ValuesIn(overlay_cases()),
                         [](const auto& one) { return one.param.name; });

// What JPEG begins with, so that frames can be told by it.
const std::string begin{"\xff\xd8\xff\xe0", 4};
const std::string more = "more";

/// Two segments of 24 equal bytes; padding between them as far as `second` is further away.
std::string rle(std::uint32_t segments, std::uint32_t second) {
  const std::string run{"\xe9\0", 2};
  const std::size_t gap = second > 66 && second < 80 ? second - 66 : 0;
  return ul(segments) + ul(64) + ul(second) + std::string(52, '\0') + run + std::string(gap, '\0') + run;
}

struct Compressed {
  std::string name;
  std::string uid;
  Bytes broken;
  std::string rule;
  std::string field;
  std::string_view at;  // what stands at the offset, as hex
  Bytes correct;
};

const std::vector<Compressed>& compressed_cases() {
  const Image one;
  const Image two = changed([](Image& i) { i.frames = "2"; });
  const Image lossy = changed([](Image& i) {
    i.allocated = i.stored = 8;
    i.high = 7;
    i.lossy = "01";
  });
  const Image deep = changed([](Image& i) { i.lossy = "01"; });
  auto unlabelled = lossy;
  unlabelled.lossy = "00";
  auto video = lossy;
  video.rows = 576;
  video.columns = 720;
  video.frames = "100";
  auto large_video = video;
  large_video.columns = 722;
  const auto extended = [&](std::vector<std::uint64_t> offsets, std::vector<std::uint64_t> lengths) {
    std::string of;
    std::string le;
    for (const auto offset : offsets) of += uv(offset);
    for (const auto length : lengths) le += uv(length);
    Elements elements;
    if (!of.empty()) elements.push_back({tags::ExtendedOffsetTable, Vr::OV, of});
    if (!le.empty()) elements.push_back({tags::ExtendedOffsetTableLengths, Vr::OV, le});
    return elements;
  };
  const std::string jpeg_lossless = "1.2.840.10008.1.2.4.70";
  const std::string run_length = "1.2.840.10008.1.2.5";
  static const std::vector<Compressed> all{
      {"vr", jpeg_lossless, one.fragments({"", begin}, {}, Vr::OW), "ps3.5/A.4/encapsulated-vr", "(7FE0,0010)",
       "e07f1000", one.fragments({"", begin})},
      {"no_table", jpeg_lossless, one.fragments({begin + "x."}), "ps3.5/A.4/offset-table-missing", "(7FE0,0010)[1]",
       "ffd8ffe0", one.fragments({"", begin + "x."})},
      {"no_item", jpeg_lossless, one.fragments({}), "ps3.5/A.4/offset-table-missing", "(7FE0,0010)", "e07f1000",
       one.fragments({"", begin})},
      {"no_fragment", jpeg_lossless, one.fragments({""}), "ps3.5/A.4/no-fragment", "(7FE0,0010)", "e07f1000",
       one.fragments({"", begin})},
      {"empty_fragment", jpeg_lossless, one.fragments({"", "", begin}), "ps3.5/A.4/empty-fragment", "(7FE0,0010)[2]",
       "feff00e0", one.fragments({"", begin})},
      {"first_offset", jpeg_lossless, one.fragments({ul(8), begin}), "ps3.5/A.4/offset-table-entry", "(7FE0,0010)[1]",
       "08000000", one.fragments({ul(0), begin})},
      {"second_offset", jpeg_lossless, two.fragments({ul(0) + ul(10), begin, begin}), "ps3.5/A.4/offset-table-entry",
       "(7FE0,0010)[1]", "0a000000", two.fragments({ul(0) + ul(12), begin, begin})},
      {"offset_of_a_later_fragment", jpeg_lossless, two.fragments({ul(0) + ul(0), begin, more, begin}),
       "ps3.5/A.4/offset-table-entry", "(7FE0,0010)[1]", "00000000",
       two.fragments({ul(0) + ul(24), begin, more, begin})},
      {"offset_count", jpeg_lossless, two.fragments({ul(0), begin, begin}), "ps3.5/A.4/offset-table-count",
       "(7FE0,0010)[1]", "00000000", two.fragments({"", begin, begin})},
      {"fewer_fragments", jpeg_lossless, two.fragments({"", begin}), "ps3.5/A.4/fewer-fragments", "(7FE0,0010)",
       "e07f1000", two.fragments({"", begin, more, begin})},
      {"rle_fragments", run_length, one.fragments({"", rle(2, 66), rle(2, 66)}), "ps3.5/A.4.2/rle-fragments",
       "(7FE0,0010)", "e07f1000", one.fragments({"", rle(2, 66)})},
      {"rle_segments", run_length, one.fragments({"", rle(3, 66)}), "ps3.5/G.5/rle-header", "(7FE0,0010)[2]",
       "03000000", one.fragments({"", rle(2, 66)})},
      {"rle_segment_outside", run_length, one.fragments({"", rle(2, 99)}), "ps3.5/G.5/rle-header", "(7FE0,0010)[2]",
       "63000000", one.fragments({"", rle(2, 68)})},
      {"rle_segment_short", run_length,
       one.fragments({"", ul(2) + ul(64) + ul(66) + std::string(52, '\0') + std::string{"\xe9\0\xea\0", 4}}),
       "ps3.5/G.3.2/rle-length", "(7FE0,0010)[2]", "ea00", one.fragments({"", rle(2, 66)})},
      {"rle_segment_long", run_length,
       one.fragments({"", ul(2) + ul(64) + ul(66) + std::string(52, '\0') + std::string{"\xe8\0\xe9\0", 4}}),
       "ps3.5/G.3.2/rle-length", "(7FE0,0010)[2]", "e800", one.fragments({"", rle(2, 66)})},
      {"rle_header_cut", run_length, one.fragments({"", "ab"}), "ps3.5/G.5/rle-header", "(7FE0,0010)[2]", "6162",
       one.fragments({"", rle(2, 66)})},
      {"extended_offset", jpeg_lossless, two.fragments({"", begin, more}, extended({0, 13}, {4, 4})),
       "ps3.3/C.7.6.3.1.8/extended-offset-table", "(7FE0,0001)", "0d00000000000000",
       two.fragments({"", begin, more}, extended({0, 12}, {4, 3}))},
      {"extended_length", jpeg_lossless, two.fragments({"", begin, more}, extended({0, 12}, {4, 5})),
       "ps3.3/C.7.6.3.1.8/extended-offset-table", "(7FE0,0002)", "0500000000000000",
       two.fragments({"", begin, more}, extended({0, 12}, {4, 4}))},
      {"extended_count", jpeg_lossless, two.fragments({"", begin, more}, extended({0}, {4})),
       "ps3.3/C.7.6.3.1.8/extended-offset-table", "(7FE0,0001)", "00000000",
       two.fragments({"", begin, more}, extended({0, 12}, {4, 4}))},
      {"extended_without_lengths", jpeg_lossless, two.fragments({"", begin, more}, extended({0, 12}, {})),
       "ps3.3/C.7.6.3.1.8/extended-offset-table", "(7FE0,0001)", "00000000",
       two.fragments({"", begin, more}, extended({0, 12}, {4, 4}))},
      {"extended_without_offsets", jpeg_lossless, two.fragments({"", begin, more}, extended({}, {4, 4})),
       "ps3.3/C.7.6.3.1.8/extended-offset-table", "(7FE0,0002)", "04000000",
       two.fragments({"", begin, more}, extended({0, 12}, {4, 4}))},
      {"both_tables", jpeg_lossless, two.fragments({ul(0) + ul(12), begin, more}, extended({0, 12}, {4, 4})),
       "ps3.3/C.7.6.3.1.8/extended-offset-table", "(7FE0,0001)", "00000000",
       two.fragments({"", begin, more}, extended({0, 12}, {4, 4}))},
      {"native", jpeg_lossless, bytes_of(one.with(48)), "ps3.5/A.4/native-in-encapsulated", "(7FE0,0010)", "00000000",
       one.fragments({"", begin})},
      {"baseline_depth", "1.2.840.10008.1.2.4.50", deep.fragments({"", begin}), "ps3.5/8.2.1/jpeg-baseline-depth",
       "(0028,0101)", "0c00", lossy.fragments({"", begin})},
      {"lossy_flag", "1.2.840.10008.1.2.4.50", unlabelled.fragments({"", begin}), "ps3.3/C.7.6.1.1.5/lossy-flag",
       "(0028,2110)", "3030", lossy.fragments({"", begin})},
      {"mpeg2_size", "1.2.840.10008.1.2.4.100", large_video.fragments({"", more}), "ps3.5/8.2.5/mpeg2-size",
       "(0028,0010)", "4002", video.fragments({"", more})},
  };
  return all;
}

class CompressedPixels : public testing::TestWithParam<Compressed> {};

TEST_P(CompressedPixels, Is_reported_at_its_byte_and_only_when_it_is_there) {
  const auto& example = GetParam();
  CheckOptions options;
  options.transfer_syntax_uid = example.uid;
  const auto decoded = decode(example.broken, encapsulating);
  const auto problems = check(decoded.data_set, options);
  ASSERT_EQ(problems.size(), 1U) << listed(problems);
  EXPECT_EQ(problems[0].rule, example.rule);
  EXPECT_EQ(problems[0].clause, clause_of(example.rule));
  EXPECT_EQ(problems[0].field, example.field);
  const Bytes expected = hex(example.at);
  const auto there = ByteView(example.broken).subspan(static_cast<std::size_t>(problems[0].offset), expected.size());
  EXPECT_TRUE(std::ranges::equal(there, expected)) << to_hex(there) << " at " << problems[0].offset;
  const auto twin = decode(example.correct, encapsulating);
  EXPECT_EQ(listed(check(twin.data_set, options)), "");
  EXPECT_EQ(listed(twin.problems), "");
}

INSTANTIATE_TEST_SUITE_P(Pixel, CompressedPixels, testing::ValuesIn(compressed_cases()),
                         [](const auto& one) { return one.param.name; });

std::string shown(const std::expected<PixelFrames, std::string>& found) {
  if (!found) return found.error();
  std::string text;
  for (std::uint64_t i = 0; i < found->size(); ++i) {
    text += '[';
    for (const auto part : found->frame(i).parts) text += to_hex(part) + ' ';
    text += ']';
  }
  return text;
}

TEST(PixelFrames, Native_frames_are_cut_by_arithmetic) {
  Image image = changed([](Image& i) {
    i.rows = 1;
    i.columns = 3;
    i.allocated = i.stored = 8;
    i.high = 7;
    i.frames = "2";
  });
  auto elements = image.with(0, Vr::OB);
  elements.back().value = "abcdef";
  const Bytes bytes = bytes_of(elements);
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(shown(frames(decoded.data_set)), "[616263 ][646566 ]");
  EXPECT_EQ(frames(decoded.data_set)->frame(1).parts[0].data(),
            decoded.data_set.find(tags::PixelData)->value.data() + 3);
}

/// Who counts back from the end of the file takes what follows for pixels.
TEST(PixelFrames, Do_not_depend_on_what_stands_behind_the_pixels) {
  Image image = changed([](Image& i) {
    i.rows = 1;
    i.columns = 6;
    i.allocated = i.stored = 8;
    i.high = 7;
  });
  auto elements = image.with(0, Vr::OB);
  elements.back().value = "abcdef";
  const auto alone = decode_owned(bytes_of(elements), explicit_le);
  elements.push_back({tags::DataSetTrailingPadding, Vr::OB, std::string(40, 'z')});
  const Bytes bytes = bytes_of(elements);
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_TRUE(decoded.problems.empty());
  EXPECT_EQ(shown(frames(decoded.data_set)), "[616263646566 ]");
  EXPECT_EQ(shown(frames(decoded.data_set)), shown(frames(alone.data_set)));
  EXPECT_NE(as_text(bytes).substr(bytes.size() - 6), "abcdef");
}

TEST(PixelFrames, One_bit_frames_may_begin_inside_a_byte) {
  Image image = changed([](Image& i) {
    i.rows = i.columns = 3;
    i.allocated = i.stored = 1;
    i.high = 0;
    i.frames = "3";
  });
  const Bytes bytes = bytes_of(image.with(4, Vr::OB));
  const auto decoded = decode(bytes, explicit_le);
  const auto found = frames(decoded.data_set);
  ASSERT_TRUE(found) << found.error();
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ(found->frame(0).first_bit, 0);
  EXPECT_EQ(found->frame(1).first_bit, 1);
  EXPECT_EQ(found->frame(2).first_bit, 2);
  EXPECT_EQ(found->frame(2).parts[0].size(), 2U);
}

TEST(PixelFrames, Fragments_are_told_apart_by_tables_numbers_or_markers) {
  const Image one;
  const Image two = changed([](Image& i) { i.frames = "2"; });
  const auto of = [](const Bytes& bytes) {
    const auto decoded = decode(bytes, encapsulating);
    return shown(frames(decoded.data_set));
  };
  EXPECT_EQ(of(one.fragments({"", "ab", "cd"})), "[6162 6364 ]");
  EXPECT_EQ(of(two.fragments({"", "ab", "cd"})), "[6162 ][6364 ]");
  EXPECT_EQ(of(two.fragments({ul(0) + ul(20), "ab", "cd", "ef"})), "[6162 6364 ][6566 ]");
  EXPECT_EQ(of(two.fragments({"", begin, more, begin})), "[ffd8ffe0 6d6f7265 ][ffd8ffe0 ]");
  EXPECT_EQ(of(two.fragments({"", "ab", "cd"}, {{tags::ExtendedOffsetTable, Vr::OV, uv(0) + uv(10)},
                                                {tags::ExtendedOffsetTableLengths, Vr::OV, uv(1) + uv(2)}})),
            "[61 ][6364 ]");
  EXPECT_EQ(of(two.fragments({"", "ab", "cd", "ef"})),
            "3 fragments cannot be told apart into 2 frames: no offset table fits");
  EXPECT_EQ(of(one.fragments({""})), "the encapsulated Pixel Data has no fragment");
}

TEST(PixelFrames, A_claim_of_many_frames_costs_nothing) {
  const Image huge = changed([](Image& i) { i.frames = "2147483647"; });
  const Bytes native = bytes_of(huge.with(48));
  EXPECT_EQ(shown(frames(decode(native, explicit_le).data_set)),
            "2147483647 frames of 48 bytes do not fit into 48 bytes of Pixel Data");
  const Bytes compressed = huge.fragments({"", begin});
  EXPECT_FALSE(frames(decode(compressed, encapsulating).data_set));
  EXPECT_FALSE(frames(DataSet{}));
  const Bytes no_size = bytes_of({{tags::PixelData, Vr::OB, "ab"}});
  EXPECT_FALSE(frames(decode(no_size, explicit_le).data_set));
}

TEST(PixelFrames, The_size_of_the_book_is_half_a_mebibyte) {
  const Bytes bytes = bytes_of(changed([](Image& i) { i.rows = i.columns = 512; }).elements());
  EXPECT_EQ(pixel_attributes(decode(bytes, explicit_le).data_set).total_bytes(), 524288U);
  const Bytes cine = bytes_of(changed([](Image& i) {
                                i.rows = 480;
                                i.columns = 640;
                                i.samples = 3;
                                i.photometric = "RGB";
                                i.allocated = 8;
                                i.frames = "409";
                              }).elements());
  EXPECT_EQ(pixel_attributes(decode(cine, explicit_le).data_set).total_bytes(), 376'934'400U);
}

TEST(PixelFrames, Big_endian_attributes_are_read_as_such) {
  const auto little = decode_owned(bytes_of(Image{}.with(48)), explicit_le);
  const auto big = decode_owned(encode(little.data_set, explicit_be), explicit_be);
  EXPECT_EQ(listed(check(big.data_set)), "");
  EXPECT_EQ(pixel_attributes(big.data_set).total_bytes(), 48U);
}

TEST(PixelFrames, An_icon_may_stand_uncompressed_in_a_compressed_image) {
  DataSet icon(explicit_le);
  for (const auto& [tag, number] :
       {std::pair{tags::SamplesPerPixel, 1}, std::pair{tags::Rows, 2}, std::pair{tags::Columns, 2},
        std::pair{tags::BitsAllocated, 8}, std::pair{tags::BitsStored, 8}, std::pair{tags::HighBit, 7},
        std::pair{tags::PixelRepresentation, 0}})
    icon.set_u16(tag, static_cast<std::uint16_t>(number));
  icon.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  icon.set_bytes(tags::PixelData, Vr::OB, hex("00010203"));
  DataSet image(encapsulating);
  image.set_sequence(tags::IconImageSequence, {icon});
  CheckOptions options;
  options.transfer_syntax_uid = "1.2.840.10008.1.2.4.70";
  EXPECT_EQ(listed(check(image, options)), "");
  icon.set_u16(tags::Rows, 3);
  image.set_sequence(tags::IconImageSequence, {icon});
  const auto problems = check(image, options);
  ASSERT_EQ(problems.size(), 1U) << listed(problems);
  EXPECT_EQ(problems[0].field, "(0088,0200)[1]/(7FE0,0010)");
}

TEST(PixelFrames, Float_pixels_have_32_bits) {
  auto elements = changed([](Image& i) { i.allocated = 32; }).elements();
  std::erase_if(elements, [](const Written& one) {
    return one.tag == tags::BitsStored || one.tag == tags::HighBit || one.tag == tags::PixelRepresentation;
  });
  elements.push_back({tags::FloatPixelData, Vr::OF, std::string(96, '\0')});
  const Bytes right = bytes_of(elements);
  EXPECT_EQ(listed(check(decode(right, explicit_le).data_set)), "");
  EXPECT_EQ(frames(decode(right, explicit_le).data_set)->frame(0).parts[0].size(), 96U);
  for (auto& one : elements)
    if (one.tag == tags::BitsAllocated) one.value = us(64);
  const Bytes wrong = bytes_of(elements);
  const auto problems = check(decode(wrong, explicit_le).data_set);
  ASSERT_EQ(problems.size(), 1U) << listed(problems);
  EXPECT_EQ(problems[0].rule, "ps3.3/C.7.6.24/float-bits");
}

}  // namespace
}  // namespace assay::dataset
