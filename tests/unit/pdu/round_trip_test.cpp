// decode(encode(x)) == x for well-formed values, encode(decode(b)) == b for clean bytes, layout and encoder agree.
#include <gtest/gtest.h>

#include "tests/unit/pdu/samples.hpp"

namespace assay::pdu {
namespace {

std::string problems_of(const PduDecode& decoded) {
  std::string out;
  for (const auto& p : decoded.problems) out += p.rule + " at " + std::to_string(p.offset) + " " + p.field + "\n";
  return out;
}

void expect_round_trip(const Pdu& pdu) {
  const auto bytes = encode(pdu);
  const auto decoded = decode(bytes);
  EXPECT_EQ(problems_of(decoded), "");
  ASSERT_TRUE(decoded.pdu) << to_hex(bytes);
  EXPECT_EQ(*decoded.pdu, pdu) << to_hex(bytes);
  EXPECT_EQ(layout::serialise(to_layout(pdu)), bytes);
}

TEST(PduRoundTrip, Every_type_with_every_item) {
  for (const auto& pdu : samples::every_type()) expect_round_trip(pdu);
}

TEST(PduRoundTrip, Three_thousand_generated_pdus) {
  samples::Generator generator(20'100);
  for (int i = 0; i < 3000 && !HasFailure(); ++i) expect_round_trip(generator.next());
}

TEST(PduRoundTrip, Unknown_items_at_every_level_are_kept_with_a_note_only) {
  auto rq = samples::full_rq();
  rq.items.emplace_back(UnknownItem{0x99, {1, 2, 3}});
  std::get<PresentationContextItemRq>(rq.items[1]).sub_items.emplace_back(UnknownItem{0x51, {4}});
  std::get<UserInformationItem>(rq.items[3]).sub_items.emplace_back(UnknownItem{0x5a, {}});
  const auto bytes = encode(rq);
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded.pdu);
  EXPECT_EQ(*decoded.pdu, Pdu(rq));
  EXPECT_EQ(encode(*decoded.pdu), bytes);
  EXPECT_TRUE(clean(decoded.problems));
  EXPECT_EQ(decoded.problems.size(), 3U);
}

TEST(PduRoundTrip, Titles_lose_their_padding_and_get_it_back) {
  AAssociateRq rq = samples::full_rq();
  rq.called_ae_title = "  LEADING";
  const auto bytes = encode(rq);
  EXPECT_EQ(as_text(ByteView(bytes).subspan(10, 16)), "  LEADING       ");
  EXPECT_EQ(std::get<AAssociateRq>(*decode(bytes).pdu).called_ae_title, "  LEADING");
  EXPECT_EQ(trimmed_ae_title("  LEADING  "), "LEADING");
  EXPECT_EQ(trimmed_ae_title("    "), "");
}

TEST(PduRoundTrip, Titles_longer_than_their_field_are_cut_by_the_encoder) {
  AAssociateRq rq = samples::full_rq();
  rq.called_ae_title = "SEVENTEEN-LETTERS";
  const auto bytes = encode(rq);
  EXPECT_EQ(as_text(ByteView(bytes).subspan(10, 32)), "SEVENTEEN-LETTERASSAY           ");
  EXPECT_EQ(layout::serialise(to_layout(rq)), bytes);
}

TEST(PduRoundTrip, One_fragment_is_encoded_without_a_copy_to_the_same_bytes) {
  Bytes out{0xee};
  encode_p_data(out, 3, 2, Bytes{9, 8});
  out.erase(out.begin());
  EXPECT_EQ(out, encode(PDataTf{{{3, 2, {9, 8}}}}));
}

TEST(PduRoundTrip, Views_of_p_data_agree_with_the_decoded_values) {
  const auto bytes = encode(samples::full_p_data());
  std::vector<PdvView> views;
  Problems problems;
  ASSERT_TRUE(decode_p_data(bytes, 1000, views, problems));
  ASSERT_EQ(views.size(), 3U);
  EXPECT_EQ(views[0].offset, 1006U);
  EXPECT_EQ(views[1].offset, 1016U);
  EXPECT_EQ(to_bytes(views[1].fragment), (Bytes{5, 6}));
  EXPECT_TRUE(views[0].is_command());
  EXPECT_TRUE(views[0].is_last());
  EXPECT_FALSE(views[1].is_command());
  EXPECT_EQ(views[1].fragment.data(), bytes.data() + 22);  // a view, not a copy
}

TEST(PduRoundTrip, A_request_with_128_contexts_is_one_pdu_without_problems) {
  AAssociateRq rq = samples::full_rq();
  const auto context = std::get<PresentationContextItemRq>(rq.items[1]);
  rq.items.erase(rq.items.begin() + 1, rq.items.begin() + 3);
  for (int i = 0; i < 128; ++i) {
    auto next = context;
    next.id = static_cast<std::uint8_t>(255 - 2 * i);
    rq.items.insert(rq.items.begin() + 1, next);
  }
  expect_round_trip(rq);
  EXPECT_EQ(rq.contexts().size(), 128U);
}

}  // namespace
}  // namespace assay::pdu
