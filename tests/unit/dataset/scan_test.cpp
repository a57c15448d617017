// The token stream: the same nodes, offsets and problems as the tree, with nothing kept, and with a say in what comes.
#include "harness/dataset/scan.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

Bytes nested() {
  DataSet inner(explicit_le);
  inner.set_text(tags::ReferencedSOPInstanceUID, "1.2.3");
  DataSet item(explicit_le);
  item.set_sequence(tags::ReferencedImageSequence, {inner}, true);
  item.set_text(tags::SeriesInstanceUID, "1.2.4");
  DataSet data_set(explicit_le);
  data_set.set_text(tags::Modality, "CT");
  data_set.set_sequence(tags::ReferencedSeriesSequence, {item, item});
  data_set.set_text(tags::PatientID, "7");
  return encode(data_set, explicit_le);
}

std::string line(const Node& node, bool with_end) {
  return to_string(node.tag) + "/" + std::string(name(node.vr)) + "/" + std::to_string(node.depth) + "@" +
         std::to_string(node.offset) + (with_end ? "-" + std::to_string(node.end_offset) : "");
}

TEST(Scan, Tells_the_same_nodes_as_the_tree) {
  const auto bytes = nested();
  std::vector<std::string> told;
  std::vector<std::string> ends;
  DecodeOptions options;
  options.base_offset = 100;
  const auto result = scan(bytes, explicit_le, options, [&](const Token& token) {
    if (token.kind == TokenKind::end)
      ends.push_back(line(*token.node, true));
    else
      told.push_back(line(*token.node, token.kind == TokenKind::leaf));
    return Next::go_on;
  });
  EXPECT_EQ(result.consumed, bytes.size());
  EXPECT_TRUE(result.problems.empty()) << listed(result.problems);
  std::vector<std::string> expected;
  std::vector<std::string> expected_ends;
  const auto decoded = decode(bytes, explicit_le, options);
  for (const auto& node : decoded.data_set.nodes()) {
    const bool leaf = node.kind == NodeKind::element || node.kind == NodeKind::fragment;
    expected.push_back(line(node, leaf));
    if (!leaf) expected_ends.push_back(line(node, true));
  }
  EXPECT_EQ(told, expected);
  std::sort(ends.begin(), ends.end());
  std::sort(expected_ends.begin(), expected_ends.end());
  EXPECT_EQ(ends, expected_ends);
}

TEST(Scan, Skips_the_content_of_a_container_and_tells_its_end) {
  std::vector<std::string> told;
  scan(nested(), explicit_le, {}, [&](const Token& token) {
    told.push_back(to_string(token.node->tag) + (token.kind == TokenKind::end ? " end" : ""));
    return token.node->tag == tags::ReferencedSeriesSequence && token.kind == TokenKind::start ? Next::skip
                                                                                               : Next::go_on;
  });
  EXPECT_EQ(told, (std::vector<std::string>{"(0008,0060)", "(0008,1115)", "(0008,1115) end", "(0010,0020)"}));
}

TEST(Scan, Stops_where_the_visitor_wants) {
  const auto bytes = nested();
  std::size_t tokens = 0;
  const auto result = scan(bytes, explicit_le, {}, [&](const Token& token) {
    ++tokens;
    return token.node->tag == tags::ReferencedSOPInstanceUID ? Next::stop : Next::go_on;
  });
  EXPECT_EQ(tokens, 6U);
  EXPECT_LT(result.consumed, bytes.size());
}

TEST(Scan, Reports_the_same_problems_as_the_tree) {
  for (const auto* text :
       {"08006000 4353 0300 4d5220", "40000001 5351 0000 ffffffff feff00e0 ffffffff 08006000 4353 0200 4d52",
        "e07f1000 4f42 0000 ffffffff feff00e0 03000000 000000 feffdde0 00000000"}) {
    const auto bytes = hex(text);
    const auto tree = decode(bytes, explicit_le);
    const auto tokens = scan(bytes, explicit_le, {}, [](const Token&) { return Next::go_on; });
    EXPECT_FALSE(tree.problems.empty()) << text;
    EXPECT_EQ(tree.problems, tokens.problems) << text;
    EXPECT_EQ(tree.consumed, tokens.consumed) << text;
  }
}

TEST(Scan, Knows_the_byte_order_of_a_value) {
  const auto bytes = hex("00280010 5553 0002 0200");
  std::optional<std::uint16_t> rows;
  scan(bytes, explicit_be, {}, [&](const Token& token) {
    rows = load<std::uint16_t>(token.node->value.data(), token.endian);
    return Next::go_on;
  });
  EXPECT_EQ(rows, 512);
}

}  // namespace
}  // namespace assay::dataset
