// Requirements about the encoding that no rule alone shows: what must not matter, what must be skipped, what must be
// named when layouts are mixed (PS3.5 6.2, 7.1, 7.2, 7.5).
#include <limits>

#include "harness/dataset/scan.hpp"
#include "tests/unit/dataset/check_support.hpp"

namespace assay::dataset {
namespace {

constexpr Encoding all_encodings[] = {implicit_le, explicit_le, explicit_be};

const Problem* of_rule(const Problems& problems, std::string_view rule) {
  const auto found = std::find_if(problems.begin(), problems.end(), [&](const auto& one) { return one.rule == rule; });
  return found == problems.end() ? nullptr : &*found;
}

const Problem* first_objection(const Problems& problems) {
  const auto found = std::find_if(problems.begin(), problems.end(),
                                  [](const auto& problem) { return problem.gravity != Gravity::note; });
  return found == problems.end() ? nullptr : &*found;
}

TEST(Encoding, Numbers_as_text_are_the_same_bytes_in_both_byte_orders) {
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SeriesNumber, "-1234567");
  data_set.set_text(tags::PixelSpacing, "0.5\\-5.0e3");
  data_set.set_u16(tags::Rows, 0x1234);
  for (const auto encoding : all_encodings) {
    const Bytes bytes = encode(data_set, encoding);
    const auto text = as_text(bytes);
    EXPECT_NE(text.find("-1234567"), std::string_view::npos);
    EXPECT_NE(text.find("0.5\\-5.0e3"), std::string_view::npos);
    EXPECT_NE(text.find(encoding.endian == Endian::big ? "\x12\x34" : "\x34\x12"), std::string_view::npos);
  }
}

TEST(Encoding, Binary_values_come_in_whole_units) {
  struct Row {
    std::string_view tag;
    std::string_view vr;
    std::size_t size;
    std::size_t unit;
  };
  for (const auto& [tag, vr, size, unit] :
       {Row{"28001000", "US", 4, 2}, Row{"28000601", "SS", 6, 2}, Row{"18001860", "UL", 8, 4},
        Row{"18002060", "SL", 8, 4}, Row{"28000900", "AT", 8, 4}, Row{"18004093", "FL", 4, 4},
        Row{"18007390", "FD", 16, 8}, Row{"66001600", "OF", 8, 4}, Row{"66002200", "OD", 16, 8},
        Row{"66004000", "OL", 8, 4}, Row{"e07f0100", "OV", 16, 8}, Row{"08003100", "SV", 16, 8},
        Row{"e07f1000", "OW", 4, 2}}) {
    for (std::size_t length = 1; length <= size; ++length) {
      Bytes bytes = hex(tag);
      append(bytes, vr);
      const bool is_long = has_long_length(vr_from(vr));
      append(bytes, is_long ? us(0) + ul(static_cast<std::uint32_t>(length)) : us(static_cast<std::uint16_t>(length)));
      bytes.resize(bytes.size() + length, 1);
      const auto decoded = decode(bytes, explicit_le);
      const auto* found = of_rule(decoded.problems, "ps3.5/6.2/number-size");
      const bool odd_only = unit == 2 && of_rule(decoded.problems, "ps3.5/7.1.1/odd-length") != nullptr;
      EXPECT_EQ(found != nullptr || odd_only, length % unit != 0) << vr << length << listed(decoded.problems);
      if (found != nullptr) {
        EXPECT_EQ(found->offset, is_long ? 8U : 6U) << vr << length;
      }
    }
  }
}

TEST(Encoding, Group_lengths_right_wrong_or_absent_change_nothing_that_is_read) {
  const Elements plain{
      {tags::Modality, Vr::CS, "MR"}, {tags::PatientName, Vr::PN, "Doe^Jane"}, {tags::Rows, Vr::US, us(4)}};
  const Bytes bare = bytes_of(plain);
  const auto expected = decode(bare, explicit_le).data_set;
  // Right; 0; into the middle of the element; past the end; 4 GiB.
  for (const std::uint32_t length : {16U, 0U, 5U, 1000U, 0xfffffffeU}) {
    auto elements = plain;
    elements.insert(elements.begin() + 1, {{0x0010, 0x0000}, Vr::UL, ul(length)});
    const Bytes bytes = bytes_of(elements);
    auto decoded = decode(bytes, explicit_le);
    EXPECT_TRUE(clean(decoded.problems)) << listed(decoded.problems);
    const auto judged = check(decoded.data_set);
    const auto* wrong = of_rule(judged, "ps3.5/7.2/group-length-wrong");
    EXPECT_EQ(wrong == nullptr, length == 16) << length;
    if (wrong != nullptr) {
      EXPECT_EQ(wrong->offset, 18U);
    }
    EXPECT_EQ(rewrite(decoded.data_set), bytes);
    EXPECT_TRUE(decoded.data_set.erase({0x0010, 0x0000}));
    EXPECT_TRUE(decoded.data_set.equal_in_value(expected)) << length;
    EXPECT_EQ(rewrite(decoded.data_set), bare);
    // Stopping before a tag goes by elements, whatever the group length says.
    DecodeOptions stop;
    stop.stop_before = tags::Rows;
    EXPECT_EQ(decode(bytes, explicit_le, stop).consumed, bytes.size() - 10);
  }
}

TEST(Encoding, Ten_thousand_unknown_elements_are_skipped_by_their_lengths) {
  Elements elements{{tags::Modality, Vr::CS, "MR"}};
  for (const std::uint16_t group : {std::uint16_t{0x0009}, std::uint16_t{0x000a}})
    for (std::uint16_t i = 0; i < 5000; ++i)
      elements.push_back({{group, static_cast<std::uint16_t>(0x1000 + i)}, Vr::UN, std::string(2U * (i % 50U), 'x')});
  elements.push_back({tags::PatientName, Vr::PN, "Doe^Jane"});
  const auto first = decode_owned(bytes_of(elements), explicit_le);
  for (const auto encoding : all_encodings) {
    const Bytes bytes = encode(first.data_set, encoding);
    const auto decoded = decode(bytes, encoding);
    EXPECT_EQ(listed(decoded.problems).substr(0, 300), "");
    EXPECT_EQ(decoded.data_set.nodes().size(), 10'002U);
    EXPECT_EQ(decoded.data_set.text(tags::PatientName), "Doe^Jane");
    EXPECT_EQ(rewrite(decoded.data_set), bytes);
  }
}

TEST(Encoding, A_file_of_private_data_costs_its_headers_and_no_copy) {
  // 19 of 20 bytes are private values; a reader of the rest touches headers only.
  DataSet data_set(explicit_le);
  data_set.set_text(tags::Modality, "MR");
  data_set.set_text(Tag(0x0009, 0x0010), Vr::LO, "ASSAY TEST");
  for (std::uint16_t i = 0; i < 64; ++i)
    data_set.set_bytes(Tag(0x0009, static_cast<std::uint16_t>(0x1000 + i)), Vr::OB, Bytes(1U << 16, 0x11));
  data_set.set_text(tags::PatientName, "Doe^Jane");
  const Bytes bytes = encode(data_set, explicit_le);
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_LT(decoded.data_set.nodes().capacity() * sizeof(Node), bytes.size() / 100);
  for (const auto& node : decoded.data_set.nodes())
    EXPECT_TRUE(node.value.data() >= bytes.data() && node.value.data() <= bytes.data() + bytes.size());
  EXPECT_EQ(decoded.data_set.text(tags::PatientName), "Doe^Jane");
  std::size_t tokens = 0;
  scan(bytes, explicit_le, {}, [&](const Token&) {
    ++tokens;
    return Next::go_on;
  });
  EXPECT_EQ(tokens, decoded.data_set.nodes().size());
}

TEST(Encoding, The_short_layout_for_a_long_VR_and_the_long_one_for_a_short_VR_are_named) {
  struct Row {
    std::string_view bytes;
    std::uint64_t offset;
    std::string_view rule;
  };
  for (const auto& [bytes, offset, rule] :
       {Row{"e07f1000 4f42 0400 01020304", 6, "ps3.5/7.1.2/reserved"},
        Row{"40006001 5554 0400 41424344", 6, "ps3.5/7.1.2/reserved"},
        Row{"40000001 5351 0800 feff00e0 00000000", 6, "ps3.5/7.1.2/reserved"},
        Row{"28001000 5553 0000 02000000 0400 28001100 5553 0200 0400", 12, "ps3.5/7.1.2/vr-missing"}}) {
    const auto decoded = decode_owned(hex(bytes), explicit_le);
    const auto* found = first_objection(decoded.problems);
    ASSERT_NE(found, nullptr) << bytes;
    EXPECT_EQ(found->rule, rule) << listed(decoded.problems);
    EXPECT_EQ(found->offset, offset) << listed(decoded.problems);
  }
}

TEST(Encoding, A_change_between_implicit_and_explicit_VR_is_named_where_it_happens) {
  struct Row {
    Encoding encoding;
    std::string_view bytes;
    std::uint64_t offset;
    std::string_view rule;
    std::string_view field;
  };
  for (const auto& row : {
           Row{explicit_le, "08006000 4353 0200 4d52 10002000 02000000 3120", 14, "ps3.5/7.1.2/vr-missing",
               "(0010,0020)"},
           Row{explicit_le,
               "40000001 5351 0000 ffffffff feff00e0 ffffffff 08006000 02000000 4d52 feff0de0 00000000"
               "feffdde0 00000000",
               24, "ps3.5/7.1.2/vr-missing", "(0040,0100)[1]/(0008,0060)"},
           Row{implicit_le, "08006000 02000000 4d52 10002000 4c4f 0200 3120", 14, "ps3.5/7.1/length-past-end",
               "(0010,0020)"},
           Row{implicit_le,
               "40000001 ffffffff feff00e0 ffffffff 08006000 4353 0200 4d52 feff0de0 00000000 feffdde0 00000000", 20,
               "ps3.5/7.1/length-past-end", "(0040,0100)[1]/(0008,0060)"},
       }) {
    const auto decoded = decode_owned(hex(row.bytes), row.encoding);
    const auto* found = of_rule(decoded.problems, row.rule);
    ASSERT_NE(found, nullptr) << row.bytes << listed(decoded.problems);
    EXPECT_EQ(found->offset, row.offset) << listed(decoded.problems);
    EXPECT_EQ(found->field, row.field);
  }
}

TEST(Encoding, An_item_tag_has_no_VR_not_even_in_explicit_VR) {
  const auto right = decode_owned(hex("40000001 5351 0000 08000000 feff00e0 00000000"), explicit_le);
  EXPECT_EQ(listed(right.problems), "");
  EXPECT_EQ(right.data_set.nodes()[1].vr, Vr::none);
  const auto wrong =
      decode_owned(hex("40000001 5351 0000 0c000000 feff00e0 5351 0000 00000000 08006000 4353 0000"), explicit_le);
  const auto* found = first_objection(wrong.problems);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->offset, 16U) << listed(wrong.problems);
}

TEST(Encoding, Pixel_Data_before_what_explains_it_is_out_of_order_and_still_understood) {
  const Elements header{{tags::SamplesPerPixel, Vr::US, us(1)},
                        {tags::PhotometricInterpretation, Vr::CS, "MONOCHROME2"},
                        {tags::Rows, Vr::US, us(2)},
                        {tags::Columns, Vr::US, us(2)},
                        {tags::BitsAllocated, Vr::US, us(8)},
                        {tags::BitsStored, Vr::US, us(8)},
                        {tags::HighBit, Vr::US, us(7)},
                        {tags::PixelRepresentation, Vr::US, us(0)}};
  const Written pixels{tags::PixelData, Vr::OB, "abcd"};
  auto right = header;
  right.push_back(pixels);
  auto wrong = header;
  wrong.insert(wrong.begin(), pixels);
  const auto first = decode_owned(bytes_of(right), explicit_le);
  EXPECT_EQ(listed(first.problems) + listed(check(first.data_set)), "");
  const auto second = decode_owned(bytes_of(wrong), explicit_le);
  ASSERT_NE(of_rule(second.problems, "ps3.5/7.1/order"), nullptr);
  EXPECT_EQ(of_rule(second.problems, "ps3.5/7.1/order")->offset, 16U);
  EXPECT_FALSE(has_error(second.problems));
  EXPECT_EQ(listed(check(second.data_set)), "") << "the attributes are found all the same";
}

TEST(Encoding, Lengths_around_2_and_4_gigabytes_do_not_wrap) {
  for (const std::uint32_t length : {0x7ffffffeU, 0x80000000U, 0x80000002U, 0xfffffff0U, 0xfffffffeU}) {
    for (const auto vr : {Vr::OW, Vr::OB, Vr::UT, Vr::UN}) {
      Bytes bytes = hex("e07f1000");
      append(bytes, name(vr));
      append(bytes, us(0) + ul(length));
      append(bytes, hex("0102"));
      const auto decoded = decode(bytes, explicit_le);
      const auto* found = of_rule(decoded.problems, "ps3.5/7.1/length-past-end");
      ASSERT_NE(found, nullptr) << length;
      EXPECT_EQ(found->offset, 8U);
      EXPECT_NE(found->found.find(std::to_string(length)), std::string::npos) << found->found;
      EXPECT_EQ(rewrite(decoded.data_set), Bytes(bytes.begin(), bytes.begin() + static_cast<long>(decoded.consumed)));
    }
  }
}

TEST(Encoding, Lengths_that_add_up_say_nothing_about_the_values) {
  // Integrity is for signatures and TLS (PS3.15): a changed value of the same length is as right as the first.
  const Elements one{{{0x0010, 0x0000}, Vr::UL, ul(16)}, {tags::PatientName, Vr::PN, "Doe^Jane"}};
  auto two = one;
  two[1].value = "Doe^John";
  const auto first = decode_owned(bytes_of(one), explicit_le);
  const auto second = decode_owned(bytes_of(two), explicit_le);
  EXPECT_EQ(listed(first.problems), listed(second.problems));
  EXPECT_EQ(listed(check(first.data_set)), listed(check(second.data_set)));
  EXPECT_FALSE(first.data_set.equal_in_value(second.data_set));
}

TEST(Encoding, A_private_element_goes_to_implicit_VR_and_comes_back_as_UN) {
  DataSet data_set(explicit_le);
  data_set.set_text(Tag(0x0009, 0x0010), Vr::LO, "ASSAY TEST");
  data_set.set_text(Tag(0x0009, 0x1001), Vr::SH, "private");
  data_set.set_text(tags::PatientName, "Doe^Jane");
  const auto there = decode_owned(encode(data_set, implicit_le), implicit_le);
  const auto back = decode_owned(encode(there.data_set, explicit_le), explicit_le);
  EXPECT_EQ(listed(back.problems), "");
  EXPECT_EQ(back.data_set.find(Tag(0x0009, 0x0010))->vr, Vr::LO);
  EXPECT_EQ(back.data_set.find(Tag(0x0009, 0x1001))->vr, Vr::UN);
  EXPECT_EQ(back.data_set.find(tags::PatientName)->vr, Vr::PN);
  EXPECT_TRUE(back.data_set.equal_in_value(data_set));
}

}  // namespace
}  // namespace assay::dataset
