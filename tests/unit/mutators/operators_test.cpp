// Mutators of conversations, packed pixels and agreeing values: each where it fits, and nothing where it does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/mutators/bench.hpp"
#include "harness/base/hex.hpp"

namespace assay::fuzz {
namespace {

using namespace std::string_view_literals;

Bytes element(std::uint32_t tag, std::string_view vr, std::string_view value) {
  Bytes out;
  store(out, static_cast<std::uint16_t>(tag >> 16U), Endian::little);
  store(out, static_cast<std::uint16_t>(tag), Endian::little);
  put_header(out, true, vr, value.size(), Endian::little);
  append(out, value);
  return out;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const auto& part : parts) append(out, ByteView(part));
  return out;
}

Bytes pdu(std::uint8_t type, const Bytes& body) {
  Bytes out{type, 0};
  store(out, static_cast<std::uint32_t>(body.size()), Endian::big);
  append(out, ByteView(body));
  return out;
}

Bytes pdv(std::uint8_t control, const Bytes& content) {
  Bytes out;
  store(out, static_cast<std::uint32_t>(content.size() + 2), Endian::big);
  out.push_back(1);
  out.push_back(control);
  append(out, ByteView(content));
  return out;
}

/// The Affected SOP Instance UID of a command, and the same in a Data Set.
Bytes storing() {
  Bytes command{0x00, 0x00, 0x00, 0x10};
  store(command, std::uint32_t{6}, Endian::little);
  append(command, "1.2.3\0"sv);
  return pdu(4, joined({pdv(3, command), pdv(2, element(0x00080018, "UI", "1.2.3\0"sv))}));
}

Bytes conversation() { return joined({pdu(5, Bytes(4)), storing(), pdu(7, Bytes(4))}); }

/// What a mutator makes of an input with these seeds; those that changed nothing are left out.
std::set<Bytes> made(const char* name, assay_format format, const Bytes& input, unsigned seeds = 200) {
  std::set<Bytes> out;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    auto bytes = input;
    bytes.resize(input.size() + 4000);
    bytes.resize(assay_mutate_with(name, format, bytes.data(), input.size(), bytes.size(), seed, nullptr));
    if (!bytes.empty()) out.insert(bytes);
  }
  return out;
}

std::size_t count(const Bytes& in, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = as_text(in).find(what); at != std::string_view::npos; at = as_text(in).find(what, at + 1)) {
    ++found;
  }
  return found;
}

void expect_no_lies(assay_format format, const Bytes& bytes) {
  Parts parts;
  dissect(format, bytes, parts);
  for (const auto& part : parts) EXPECT_FALSE(part.lies) << part.name << " in " << to_hex(bytes);
  for (const auto& part : parts) EXPECT_FALSE(part.depth == 1 && part.name == "raw") << to_hex(bytes);
}

TEST(Operators, PDUs_come_twice_and_in_another_order_and_stay_whole) {
  const auto all = made("pdu-order", ASSAY_FORMAT_WIRE, conversation());
  EXPECT_TRUE(all.contains(joined({storing(), pdu(5, Bytes(4)), pdu(7, Bytes(4))})));
  EXPECT_TRUE(all.contains(joined({pdu(5, Bytes(4)), storing(), storing(), pdu(7, Bytes(4))})) ||
              all.contains(joined({pdu(5, Bytes(4)), storing(), pdu(7, Bytes(4)), storing()})));
  for (const auto& one : all) expect_no_lies(ASSAY_FORMAT_WIRE, one);
  EXPECT_TRUE(made("pdu-order", ASSAY_FORMAT_WIRE, storing()).empty()) << "one PDU has no order";
  EXPECT_TRUE(made("pdu-order", ASSAY_FORMAT_EXPLICIT_LITTLE, element(0x00100010, "PN", "DOE ")).empty());
}

TEST(Operators, An_exchange_is_repeated_with_other_identifiers_that_still_agree) {
  const auto all = made("series", ASSAY_FORMAT_WIRE, conversation());
  ASSERT_FALSE(all.empty());
  std::size_t longest = 0;
  for (const auto& one : all) {
    expect_no_lies(ASSAY_FORMAT_WIRE, one);
    EXPECT_EQ(count(one, "1.2.3\0"sv), 2U);
    EXPECT_EQ(count(one, "1.2.4\0"sv), 2U) << "in Command Set and Data Set";
    longest = std::max(longest, count(one, "1.2."sv) / 2);
  }
  EXPECT_GE(longest, 5U);
  EXPECT_TRUE(made("series", ASSAY_FORMAT_WIRE, pdu(5, Bytes(4))).empty());
}

TEST(Operators, A_value_changes_wherever_it_stands) {
  const auto all = made("same-everywhere", ASSAY_FORMAT_WIRE, storing());
  ASSERT_FALSE(all.empty());
  for (const auto& one : all) {
    EXPECT_EQ(count(one, "1.2.3\0"sv), 0U);
    expect_no_lies(ASSAY_FORMAT_WIRE, one);
  }
  EXPECT_TRUE(std::ranges::any_of(all, [](const Bytes& one) { return count(one, "../x"sv) == 2; }));
  EXPECT_TRUE(made("same-everywhere", ASSAY_FORMAT_EXPLICIT_LITTLE, element(0x00100010, "PN", "")).empty());
}

TEST(Operators, A_block_ends_early_and_all_lengths_know) {
  const auto all = made("end-block", ASSAY_FORMAT_WIRE, conversation());
  Bytes command{0x00, 0x00, 0x00, 0x10};
  store(command, std::uint32_t{6}, Endian::little);
  append(command, "1.2.3\0"sv);
  const auto without_data = pdu(4, pdv(3, command));
  EXPECT_TRUE(all.contains(joined({pdu(5, Bytes(4)), without_data, pdu(7, Bytes(4))})));
  EXPECT_TRUE(all.contains(joined({pdu(5, Bytes(4)), without_data}))) << "and in the block around";
  for (const auto& one : all) EXPECT_LT(one.size(), conversation().size());
  EXPECT_TRUE(made("end-block", ASSAY_FORMAT_WIRE, Bytes{1}).empty());
}

TEST(Operators, A_group_moves_as_a_whole_and_leaves_the_others) {
  const auto overlay = joined({element(0x00100010, "PN", "DOE "), element(0x60000010, "US", "\2\0"sv),
                               element(0x60000011, "US", "\2\0"sv), element(0x60003000, "OW", "\xf\0"sv)});
  const auto moved = joined({element(0x00100010, "PN", "DOE "), element(0x60800010, "US", "\2\0"sv),
                             element(0x60800011, "US", "\2\0"sv), element(0x60803000, "OW", "\xf\0"sv)});
  EXPECT_TRUE(made("regroup", ASSAY_FORMAT_EXPLICIT_LITTLE, overlay).contains(moved));
  EXPECT_TRUE(made("regroup", ASSAY_FORMAT_WIRE, pdu(5, Bytes(4))).empty());
}

Bytes encapsulated(const std::vector<Bytes>& fragments) {
  Bytes out{0xE0, 0x7F, 0x10, 0x00, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
  for (const auto& fragment : fragments) {
    append(out, "\xfe\xff\x00\xe0"sv);
    store(out, static_cast<std::uint32_t>(fragment.size()), Endian::little);
    append(out, ByteView(fragment));
  }
  append(out, "\xfe\xff\xdd\xe0\0\0\0\0"sv);
  return out;
}

Bytes rle_frame() {
  Bytes out(64);
  out[0] = 1;
  out[4] = 64;
  append(out, "\3\1\2\3\4\0"sv);
  return out;
}

TEST(Operators, Of_an_RLE_frame_counts_offsets_and_runs_change_and_nothing_around_it) {
  const auto input = encapsulated({{}, rle_frame()});
  const auto all = made("rle", ASSAY_FORMAT_EXPLICIT_LITTLE, input);
  std::set<std::size_t> places;
  for (const auto& one : all) {
    ASSERT_EQ(one.size(), input.size());
    const auto at = static_cast<std::size_t>(std::ranges::mismatch(one, input).in1 - one.begin());
    constexpr std::size_t frame = 12 + 8 + 8;
    ASSERT_GE(at, frame);
    places.insert((at - frame) / 4 * 4);
    expect_no_lies(ASSAY_FORMAT_EXPLICIT_LITTLE, one);
  }
  EXPECT_TRUE(places.contains(0)) << "number of segments";
  EXPECT_TRUE(places.contains(4)) << "offset of the first";
  EXPECT_TRUE(places.contains(64)) << "how long the first run is";
  EXPECT_TRUE(made("rle", ASSAY_FORMAT_EXPLICIT_LITTLE, encapsulated({{}, Bytes(70, 0xFF)})).empty());
  EXPECT_TRUE(made("rle", ASSAY_FORMAT_EXPLICIT_LITTLE, element(0x00091001, "OB", as_text(rle_frame()))).empty());
}

TEST(Operators, An_offset_table_changes_and_the_fragments_stay) {
  const Bytes table{0, 0, 0, 0, 12, 0, 0, 0};
  const Bytes fragment{0xFF, 0xD8, 0xFF, 0xD9};
  const auto all = made("offset-table", ASSAY_FORMAT_EXPLICIT_LITTLE, encapsulated({table, fragment, fragment}));
  EXPECT_TRUE(all.contains(encapsulated({{12, 0, 0, 0, 0, 0, 0, 0}, fragment, fragment}))) << "backwards";
  EXPECT_TRUE(all.contains(encapsulated({{0, 0, 0, 0}, fragment, fragment}))) << "one too few";
  for (const auto& one : all) EXPECT_EQ(count(one, as_text(fragment)), 2U);
  EXPECT_FALSE(made("offset-table", ASSAY_FORMAT_EXPLICIT_LITTLE, encapsulated({{}, fragment})).empty());
  EXPECT_TRUE(made("offset-table", ASSAY_FORMAT_EXPLICIT_LITTLE, element(0x7FE00010, "OB", "\1\2"sv)).empty());
}

TEST(Operators, A_deflated_Data_Set_inflates_to_megabytes_and_others_do_not) {
  const auto plain = element(0x00100010, "PN", "DOE ");
  const auto all = made("inflate", ASSAY_FORMAT_DEFLATED, deflated(plain), 40);
  ASSERT_FALSE(all.empty());
  for (const auto& one : all) {
    EXPECT_LT(one.size(), 8000U);
    EXPECT_FALSE(inflated(one).has_value()) << "more than inflated() takes";
  }
  EXPECT_TRUE(made("inflate", ASSAY_FORMAT_EXPLICIT_LITTLE, plain, 40).empty());
}

TEST(Operators, A_deflate_stream_holds_the_bytes_and_the_zeros_asked_for) {
  const Bytes some{1, 2, 3};
  EXPECT_EQ(inflated(deflated(some)), some);
  const auto longer = inflated(deflated(some, 200'000));
  ASSERT_TRUE(longer.has_value());
  EXPECT_EQ(longer->size(), 200'003U);
  EXPECT_EQ(longer->back(), 0);
  EXPECT_EQ(deflated(some, 200'000).size() % 2, 0U);
}

TEST(Operators, Rows_become_a_long_number_above_16_bits) {
  const auto all = made("vr-whole", ASSAY_FORMAT_EXPLICIT_LITTLE, element(0x00280010, "US", "\2\0"sv));
  EXPECT_TRUE(all.contains(element(0x00280010, "UL", "\2\0\1\0"sv)));
}

TEST(Operators, The_maximum_length_becomes_one_with_no_room_for_a_value) {
  Bytes body(68);
  append(body, "\x50\0\0\x08\x51\0\0\x04\0\0\x40\0"sv);
  auto small = body;
  small[small.size() - 2] = 0;
  small.back() = 6;
  EXPECT_TRUE(made("maximum-length", ASSAY_FORMAT_WIRE, pdu(1, body)).contains(pdu(1, small)));
  EXPECT_TRUE(made("maximum-length", ASSAY_FORMAT_WIRE, pdu(5, Bytes(4))).empty());
}

std::size_t untouched(std::uint8_t* /*data*/, std::size_t size, std::size_t /*most*/) { return size; }

TEST(Operators, What_the_engine_calls_leaves_the_first_bytes_alone_and_is_the_same_for_the_same_seed) {
  auto input = conversation();
  input.insert(input.begin(), 0x77);
  std::size_t ours = 0;
  std::size_t crossed = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const auto once = [&] {
      auto bytes = input;
      bytes.resize(input.size() + 1000);
      bytes.resize(
          assay_custom_mutator(ASSAY_FORMAT_WIRE, 1, bytes.data(), input.size(), bytes.size(), seed, untouched));
      return bytes;
    };
    const auto one = once();
    EXPECT_EQ(one, once());
    ASSERT_FALSE(one.empty());
    EXPECT_EQ(one[0], 0x77);
    ours += one != input ? 1U : 0U;
    Bytes both(2000);
    crossed += assay_custom_cross_over(ASSAY_FORMAT_WIRE, 1, input.data(), input.size(), input.data(), input.size(),
                                       both.data(), both.size(), seed) != 0
                   ? 1U
                   : 0U;
  }
  EXPECT_GT(ours, 150U);
  EXPECT_LE(ours, 200U) << "half of the calls are the engine's";
  EXPECT_GT(crossed, 0U);
  EXPECT_LE(crossed, 25U) << "one in sixteen";
}

}  // namespace
}  // namespace assay::fuzz
