// Files made by DCMTK and pydicom, held against what DCMTK's dcmdump says of them.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "harness/dataset/part10.hpp"
#include "harness/version.hpp"
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

const std::filesystem::path folder = std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/dataset";

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Fact {
  Tag tag;
  std::string vr;
  std::string value;
  std::string length;  // decimal, or "u/l"
};

std::vector<Fact> read_facts(const std::filesystem::path& path) {
  // "  (0008,0060) CS [OT]     #   2, 1 Modality"; the delimiters of dcmdump are no facts, it makes them up.
  static const std::regex line_form(R"(^\s*\((\w{4}),(\w{4})\) (\S\S) (.*?)\s*#\s*(\d+|u/l),.*$)");
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<Fact> facts;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, line_form)) continue;
    const auto tag = tag_from(match[1].str() + "," + match[2].str());
    if (*tag == Tag(0xfffe, 0xe00d) || *tag == Tag(0xfffe, 0xe0dd)) continue;
    facts.push_back({*tag, match[3], match[4], match[5]});
  }
  return facts;
}

// A value in the words of dcmdump, for the VRs whose words are simple.
std::string dumped(const Node& node, const Level& level) {
  if (is_text(node.vr)) {
    auto text = as_text(node.value);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    return '[' + std::string(text) + ']';
  }
  if (node.vr == Vr::US && node.value.size() == 2) return std::to_string(*level.u16(node.tag));
  if (node.vr == Vr::SS && node.value.size() == 2)
    return std::to_string(static_cast<std::int16_t>(*level.u16(node.tag)));
  if (node.vr == Vr::UL && node.value.size() == 4) return std::to_string(*level.u32(node.tag));
  if (node.vr == Vr::SL && node.value.size() == 4)
    return std::to_string(static_cast<std::int32_t>(*level.u32(node.tag)));
  if (node.vr == Vr::AT && node.value.size() == 4) {
    std::string text = to_string(Tag(*level.u32(node.tag)));
    for (auto& c : text) c = static_cast<char>(std::tolower(c));
    return text;
  }
  if (node.kind == NodeKind::fragment) {
    std::string text;
    for (const auto byte : node.value) text += (text.empty() ? "" : "\\") + to_hex(ByteView(&byte, 1));
    return text;
  }
  return {};
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, Reads_as_dcmdump_says_and_is_written_as_it_came) {
  const Bytes file = read_file(folder / (GetParam() + ".dcm"));
  const auto facts = read_facts(folder / (GetParam() + ".txt"));
  ASSERT_GT(facts.size(), 8U);
  const auto part10 = parse_part10(file);
  EXPECT_TRUE(clean(part10.problems)) << listed(part10.problems);
  const Encoding encoding = part10.encoding();
  DecodeOptions options;
  options.base_offset = part10.data_set_offset;
  const auto decoded = decode(part10.data_set, encoding, options);
  EXPECT_TRUE(clean(decoded.problems)) << listed(decoded.problems);
  EXPECT_EQ(rewrite(decoded.data_set), to_bytes(part10.data_set));
  EXPECT_EQ(encode(decoded.data_set, encoding), to_bytes(part10.data_set));

  std::size_t at = 0;
  int values = 0;
  for (const auto* set : {&part10.meta, &decoded.data_set}) {
    for (std::uint32_t i = 0; i < set->nodes().size(); ++i) {
      const auto& node = set->nodes()[i];
      ASSERT_LT(at, facts.size());
      const auto& fact = facts[at++];
      const std::string where = to_string(node.tag) + " at " + std::to_string(node.offset);
      EXPECT_EQ(node.tag, fact.tag) << where;
      EXPECT_EQ(node.length == undefined_length ? "u/l" : std::to_string(node.length), fact.length) << where;
      const bool is_item = node.kind == NodeKind::item || node.kind == NodeKind::fragment;
      const bool unknown = encoding.explicit_vr ? node.vr == Vr::UN : node.tag.is_private();
      if (!is_item && !unknown) {
        EXPECT_EQ(name(node.vr), fact.vr) << where;
      }
      const auto value = dumped(node, Level(*set, i, i + 1));
      if (value.empty() || value == "[]" || unknown) continue;
      ++values;
      EXPECT_EQ(value, fact.value) << where;
    }
  }
  EXPECT_EQ(at, facts.size());
  EXPECT_GT(values, 8);
}

INSTANTIATE_TEST_SUITE_P(Dataset, Golden,
                         testing::Values("explicit_le_defined", "explicit_le_undefined", "implicit_le_defined",
                                         "implicit_le_undefined", "explicit_be_defined", "explicit_be_undefined",
                                         "fragments", "nested_mixed", "implicit_worklist", "big_endian_numbers",
                                         "un_undefined"),
                         [](const auto& one) { return one.param; });

TEST(DatasetGolden, DCMTKs_six_conversions_of_one_data_set_are_our_conversions_too) {
  const std::vector<std::string> names{"explicit_le_defined",   "explicit_le_undefined", "implicit_le_defined",
                                       "implicit_le_undefined", "explicit_be_defined",   "explicit_be_undefined"};
  for (const auto& from_name : names) {
    const Bytes from_file = read_file(folder / (from_name + ".dcm"));
    const auto from = parse_part10(from_file);
    const auto decoded = decode(from.data_set, from.encoding());
    for (const auto& to_name : names) {
      const bool same_lengths = from_name.ends_with("_defined") == to_name.ends_with("_defined");
      const Bytes to_file = read_file(folder / (to_name + ".dcm"));
      const auto to = parse_part10(to_file);
      const auto wanted = decode(to.data_set, to.encoding());
      EXPECT_TRUE(decoded.data_set.equal_in_value(wanted.data_set)) << from_name << " and " << to_name;
      // From implicit VR a private element comes out as UN, which DCMTK knew to be LO.
      if (same_lengths && (from.encoding().explicit_vr || !to.encoding().explicit_vr)) {
        EXPECT_EQ(encode(decoded.data_set, to.encoding()), to_bytes(to.data_set)) << from_name << " to " << to_name;
      }
    }
  }
}

}  // namespace
}  // namespace assay::dataset
