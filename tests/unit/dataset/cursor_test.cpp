// What the place of a node implies: path, byte order, private creator, character set.
#include "harness/dataset/cursor.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

TEST(Cursor, Names_every_node_by_its_path) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, "MR");
  DataSet data_set(explicit_le);
  data_set.set_text(tags::Modality, "CT");
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item, item});
  data_set.set_text(tags::PatientID, "1");
  std::vector<std::string> paths;
  for (Cursor cursor(data_set); cursor.next();) paths.push_back(cursor.path());
  EXPECT_EQ(paths,
            (std::vector<std::string>{"(0008,0060)", "(0010,0020)", "(0040,0100)", "(0040,0100)[1]",
                                      "(0040,0100)[1]/(0008,0060)", "(0040,0100)[2]", "(0040,0100)[2]/(0008,0060)"}));
}

TEST(Cursor, Knows_the_private_creator_of_a_level_and_forgets_it_behind_it) {
  DataSet item(explicit_le);
  item.set_text(Tag(0x0029, 0x0010), Vr::LO, "INNER");
  item.set_text(Tag(0x0029, 0x1001), Vr::LO, "a");
  DataSet data_set(explicit_le);
  data_set.set_text(Tag(0x0029, 0x0010), Vr::LO, "OUTER ");
  data_set.set_sequence(Tag(0x0029, 0x1000), {item});
  data_set.set_text(Tag(0x0029, 0x1002), Vr::LO, "b");
  data_set.set_text(Tag(0x0029, 0x1102), Vr::LO, "c");
  std::vector<std::string> creators;
  for (Cursor cursor(data_set); cursor.next();)
    if (cursor.node().kind == NodeKind::element) creators.emplace_back(cursor.creator());
  EXPECT_EQ(creators, (std::vector<std::string>{"", "", "INNER", "OUTER", ""}));
}

TEST(Cursor, Hands_the_character_set_down_and_lets_an_item_have_its_own) {
  DataSet with(explicit_le);
  with.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  with.set_text(tags::PatientName, "a");
  DataSet without(explicit_le);
  without.set_text(tags::PatientName, "b");
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data_set.set_sequence(tags::ReferencedStudySequence, {with, without});
  data_set.set_text(tags::PatientName, "c");
  std::vector<std::string> sets;
  for (Cursor cursor(data_set); cursor.next();)
    if (cursor.node().tag == tags::PatientName) sets.emplace_back(cursor.character_set());
  EXPECT_EQ(sets, (std::vector<std::string>{"ISO_IR 192", "ISO_IR 100", "ISO_IR 100"}));
}

TEST(Cursor, Names_what_strayed_into_a_sequence) {
  const auto decoded = decode(hex("40000800 08000000 fcfffcff 00000000"), implicit_le);
  Cursor cursor(decoded.data_set);
  ASSERT_TRUE(cursor.next());
  ASSERT_TRUE(cursor.next());
  EXPECT_EQ(cursor.path(), "(0040,0008)/(FFFC,FFFC)");
}

TEST(Cursor, Tells_the_ends_of_a_very_long_path) {
  Bytes bytes;
  for (int i = 0; i < 200; ++i) append(bytes, hex("40000001 5351 0000 ffffffff feff00e0 ffffffff"));
  append(bytes, hex("08006000 4353 0000"));
  DecodeOptions options;
  options.max_depth = 1000;
  const auto decoded = decode(bytes, explicit_le, options);
  std::string last;
  for (Cursor cursor(decoded.data_set); cursor.next();)
    if (cursor.node().tag == tags::Modality) last = cursor.path();
  EXPECT_LT(last.size(), 1200U);
  EXPECT_TRUE(last.starts_with("(0040,0100)[1]/(0040,0100)[1]/")) << last;
  EXPECT_TRUE(last.ends_with("/(0040,0100)[1]/(0008,0060)")) << last;
  EXPECT_NE(last.find("[1]/...(0040,0100)[1]"), std::string::npos) << last;
}

TEST(Cursor, Skips_a_subtree) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, "MR");
  DataSet data_set(explicit_le);
  data_set.set_sequence(tags::ReferencedStudySequence, {item});
  data_set.set_text(tags::PatientName, "c");
  Cursor cursor(data_set);
  ASSERT_TRUE(cursor.next());
  ASSERT_TRUE(cursor.skip_subtree());
  EXPECT_EQ(cursor.node().tag, tags::PatientName);
  EXPECT_FALSE(cursor.skip_subtree());
  EXPECT_FALSE(cursor.next());
}

}  // namespace
}  // namespace assay::dataset
