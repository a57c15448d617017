#include "fuzz/bring_your_own/library/clusters.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace assay::fuzz {
namespace {

class Clusters : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "assay-clusters-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(std::string_view text) const {
    const auto path = folder / "explained.tsv";
    std::ofstream(path) << text;
    return path.string();
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder;
};

const Cluster items{"items", "-", "SQ", "item", "explicit-le"};

TEST_F(Clusters, a_line_explains_what_its_patterns_match) {
  const auto lines =
      explanations(write("# a comment\n\nitems\t*\t??\titem\texplicit-*\tPS3.5 "
                         "7.5\tassay\tbecause\nvr\t*\tUN>*\t*\t*\tPS3.5 6.2\tboth\twhy\n"));
  ASSERT_TRUE(lines.has_value());
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ(explanation_of(*lines, items), lines->data());
  EXPECT_EQ(explanation_of(*lines, {"vr", "-", "UN>SQ", "private", "deflated"}), &lines->back());
  EXPECT_EQ(explanation_of(*lines, {"vr", "-", "US>UN", "private", "deflated"}), nullptr);
  EXPECT_EQ(explanation_of(*lines, {"items", "-", "SQ", "item", "implicit-le"}), nullptr);
}

TEST_F(Clusters, a_line_that_explains_nothing_is_named_with_its_number) {
  EXPECT_THAT(explanations(write("# x\nitems\t*\t*\n")).error(),
              testing::HasSubstr("explained.tsv:2: a line has 8 fields"));
  EXPECT_THAT(explanations(write("a\tb\tc\td\te\tf\tme\twhy\n")).error(), testing::HasSubstr(":1: who is right"));
  EXPECT_THAT(explanations("/nonexistent/x").error(), testing::HasSubstr("cannot be read"));
}

TEST_F(Clusters, several_processes_add_up_and_the_smallest_example_stays) {
  const Disagreement found{items, "(0008,1140)[2]", 4, "item", "nothing there"};
  Collection one(folder.string());
  Collection other(folder.string());
  const Bytes large(9, 1);
  const Bytes small(5, 2);
  one.count("inputs");
  EXPECT_TRUE(one.add(found, false, large, "story of nine"));
  EXPECT_TRUE(one.flush());
  other.count("inputs");
  EXPECT_TRUE(other.add(found, false, small, "story of five"));
  EXPECT_FALSE(other.add(found, false, large, "story of nine again"));
  EXPECT_TRUE(other.flush());
  EXPECT_TRUE(one.flush());
  const auto table = read("clusters.tsv");
  EXPECT_THAT(table, testing::HasSubstr("inputs\t2\n"));
  EXPECT_THAT(table, testing::HasSubstr("new\t3\t" + example_name(items) + "\titems\t-\tSQ\titem\texplicit-le\n"));
  EXPECT_EQ(read(example_name(items)), std::string(5, '\2'));
  EXPECT_EQ(read(example_name(items) + ".txt"), "story of five");
}

}  // namespace
}  // namespace assay::fuzz
