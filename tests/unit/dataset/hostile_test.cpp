// Bytes made to hurt: lengths that lie, private blocks without end, files cut anywhere. The reader ends, says what is
// wrong, and takes memory in proportion to the bytes that are there (limits.hpp). Peak memory is watched by
// tests/interop/hostile_files_test.py. The decoder's share of deep nesting is in deep_nesting_test.cpp.
#include "harness/dataset/cursor.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dataset/scan.hpp"
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

std::size_t node_memory(const DataSet& data_set) { return data_set.nodes().capacity() * sizeof(Node); }

TEST(Hostile, Lengths_of_four_gigabytes_cost_nothing_and_are_named_at_their_byte) {
  struct Case {
    Encoding encoding;
    const char* bytes;
    std::uint64_t offset;
  };
  const Case cases[] = {
      {implicit_le, "10001000 feffffff 41", 4},
      {explicit_le, "e07f1000 4f42 0000 feffffff 41", 8},
      {explicit_be, "7fe00010 4f42 0000 fffffffe 41", 8},
      {explicit_le, "40000001 5351 0000 feffffff feff00e0 00000000", 8},
      {explicit_le, "40000001 5351 0000 ffffffff feff00e0 feffffff 00000000", 16},
      {Encoding{true, Endian::little, false, true},
       "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 feffffff 00", 24},
  };
  for (const auto& one : cases) {
    const auto decoded = decode(hex(one.bytes), one.encoding);
    ASSERT_EQ(decoded.problems.size(), 1U) << one.bytes << listed(decoded.problems);
    EXPECT_EQ(decoded.problems.front().rule, "ps3.5/7.1/length-past-end") << one.bytes;
    EXPECT_EQ(decoded.problems.front().offset, one.offset) << one.bytes;
    EXPECT_LT(node_memory(decoded.data_set), 4096U) << one.bytes;
  }
}

/// 100,000 private blocks, each with one element; `creators_last` puts the elements where no creator precedes them.
Bytes private_blocks(bool creators_first) {
  Bytes creators;
  Bytes elements;
  std::size_t count = 0;
  for (unsigned group = 0x0009; count < 100'000; group += 2) {
    for (unsigned block = 0x10; block <= 0xff && count < 100'000; ++block, ++count) {
      Bytes& creator = creators;
      store(creator, static_cast<std::uint16_t>(group), Endian::little);
      store(creator, static_cast<std::uint16_t>(block), Endian::little);
      append(creator, std::string_view("LO\x02\0X ", 6));
      Bytes& element = creators_first ? elements : creators;
      store(element, static_cast<std::uint16_t>(group), Endian::little);
      store(element, static_cast<std::uint16_t>(block << 8), Endian::little);
      append(element, std::string_view("LO\x02\0Y ", 6));
    }
  }
  append(creators, elements);
  return creators;
}

TEST(Hostile, A_hundred_thousand_private_blocks_resolve_in_either_order) {
  for (const bool creators_first : {false, true}) {
    const auto bytes = private_blocks(creators_first);
    const auto decoded = decode(bytes, explicit_le);
    ASSERT_EQ(decoded.data_set.nodes().size(), 200'000U);
    EXPECT_FALSE(has_error(decoded.problems));
    EXPECT_LE(decoded.problems.size(), limits::max_problems + 1);
    EXPECT_LT(node_memory(decoded.data_set), 16 * bytes.size());
    EXPECT_EQ(rewrite(decoded.data_set), bytes);
    std::size_t resolved = 0;
    for (Cursor cursor(decoded.data_set); cursor.next();)
      if (cursor.node().tag.element >= 0x1000) resolved += cursor.creator() == "X";
    EXPECT_EQ(resolved, 100'000U);
  }
}

/// About 4 KB with every structure: sequences in both length forms, private data, UN with items, fragments.
Bytes sample(Encoding encoding) {
  DataSet leaf(explicit_le);
  leaf.set_text(tags::CodeValue, "T-D3000");
  leaf.set_text(tags::CodeMeaning, std::string(100, 'c'));
  DataSet inner(explicit_le);
  inner.set_sequence(tags::ConceptNameCodeSequence, {leaf}, true);
  inner.set_text(tags::TextValue, std::string(400, 't'));
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data_set.set_text(tags::SOPInstanceUID, "1.2.3.4");
  data_set.set_text(tags::PatientName, "Test^Sample");
  data_set.set_text(Tag(0x0029, 0x0010), Vr::LO, "ASSAY TEST");
  data_set.set_bytes(Tag(0x0029, 0x1001), Vr::UN, Bytes(200, 7));
  data_set.set_u16(tags::Rows, 8);
  data_set.set_sequence(tags::ContentSequence, {inner, inner});
  data_set.set_sequence(tags::ReferencedStudySequence, {leaf, leaf}, true);
  if (encoding.encapsulated) {
    const Bytes fragment(700, 0x55);
    data_set.set_fragments(tags::PixelData, {ByteView{}, fragment, fragment});
  } else {
    data_set.set_bytes(tags::PixelData, Vr::OW, Bytes(1400, 3));
  }
  return encode(data_set, encoding);
}

TEST(Hostile, A_data_set_cut_at_any_byte_gives_back_what_was_there) {
  for (const auto encoding : {implicit_le, explicit_le, explicit_be, Encoding{true, Endian::little, false, true}}) {
    const auto whole = sample(encoding);
    ASSERT_GT(whole.size(), 3000U);
    ASSERT_LT(whole.size(), 5000U);
    const auto sound = decode(whole, encoding);
    ASSERT_TRUE(clean(sound.problems)) << listed(sound.problems);
    std::size_t silent = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto bytes = ByteView(whole).first(size);
      const auto cut = decode(bytes, encoding);
      silent += clean(cut.problems);
      ASSERT_EQ(rewrite(cut.data_set), to_bytes(bytes.first(cut.consumed))) << size;
      for (const auto& problem : cut.problems) ASSERT_LE(problem.offset, size);
      const auto tokens = scan(bytes, encoding, {}, [](const Token&) { return Next::go_on; });
      ASSERT_EQ(tokens.problems, cut.problems) << size;
    }
    // Only between two elements of the top level is a cut no fault of the structure.
    EXPECT_EQ(silent, sound.data_set.root().elements().size());
  }
}

TEST(Hostile, A_file_cut_at_any_byte_is_refused_or_read_in_part) {
  const auto whole = build_part10({.sop_class_uid = std::string(uids::SecondaryCaptureImageStorage),
                                   .sop_instance_uid = "1.2.3.4",
                                   .transfer_syntax_uid = std::string(uids::ExplicitVRLittleEndian),
                                   .implementation_class_uid = "1.2.3",
                                   .implementation_version_name = "TEST",
                                   .source_ae_title = ""},
                                  sample(explicit_le));
  ASSERT_TRUE(read_file(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto bytes = ByteView(whole).first(size);
    const auto file = read_file(bytes);
    if (file) {
      ASSERT_EQ(rewrite(*file), to_bytes(bytes)) << size;
    } else {
      EXPECT_FALSE(file.error().found.empty()) << size;
    }
  }
}

}  // namespace
}  // namespace assay::dataset
