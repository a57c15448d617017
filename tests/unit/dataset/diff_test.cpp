// Two Data Sets compared: values, presence, and on request the encoding.
#include "harness/dataset/diff.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

using List = std::vector<std::string>;

List differences(const DataSet& a, const DataSet& b, const DiffOptions& options = {}) {
  List found;
  std::size_t counted = 0;
  const auto count = diff(a, b, options, [&](const Difference& d) {
    if (d.kind != DifferenceKind::same && d.kind != DifferenceKind::encoding) ++counted;
    found.push_back(std::string(name(d.kind)) + " " + d.path + " " + d.first + "|" + d.second +
                    (d.what.empty() ? "" : " " + d.what));
  });
  EXPECT_EQ(count, counted);
  return found;
}

DataSet read(std::string_view bytes, Encoding encoding = explicit_le) {
  return decode_owned(hex(bytes), encoding).data_set;
}

DataSet sample(std::string_view name, std::string_view modality) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, modality);
  DataSet data_set(explicit_le);
  data_set.set_text(tags::PatientName, name);
  data_set.set_u16(tags::Rows, 512);
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item, item});
  return data_set;
}

TEST(Diff, Finds_nothing_in_equal_sets_in_whatever_encoding) {
  const auto a = sample("Doe", "CT");
  EXPECT_EQ(differences(a, a), List{});
  for (const auto encoding : {implicit_le, explicit_be}) {
    const auto b = decode_owned(encode(a, encoding), encoding).data_set;
    EXPECT_EQ(differences(a, b), List{});
    EXPECT_EQ(differences(b, a), List{});
  }
}

TEST(Diff, Names_what_changed_and_what_only_one_has_down_in_the_items) {
  auto a = sample("Doe", "CT");
  auto b = sample("Smith", "MR");
  a.set_text(tags::PatientID, "1");
  b.set_text(tags::PatientSex, "M");
  EXPECT_EQ(differences(a, b),
            (List{"changed (0010,0010) Doe|Smith", "only-first (0010,0020) 1|", "only-second (0010,0040) |M",
                  "changed (0040,0100)[1]/(0008,0060) CT|MR", "changed (0040,0100)[2]/(0008,0060) CT|MR"}));
  b.set_sequence(tags::ScheduledProcedureStepSequence, {});
  EXPECT_EQ(differences(a, b).back(), "only-first (0040,0100)[2] item|");
}

TEST(Diff, Names_elements_private_ones_by_their_creator) {
  DataSet first(explicit_le);
  DataSet second(explicit_le);
  for (auto* set : {&first, &second}) set->set_text(Tag(0x0009, 0x0010), Vr::LO, "GEMS_IDEN_01");
  first.set_text(Tag(0x0009, 0x1001), Vr::LO, "a");
  second.set_text(Tag(0x0009, 0x1001), Vr::LO, "b");
  second.set_text(tags::PatientName, Vr::PN, "Doe");
  const auto own = dict::PrivateDictionary::parse("GEMS_IDEN_01\t0009\txx01\tLO\t1\tOwn Name\n");
  ASSERT_TRUE(own);
  DiffOptions options;
  options.private_names = &*own;
  std::vector<std::string> names;
  diff(first, second, options, [&](const Difference& difference) { names.push_back(difference.name); });
  EXPECT_EQ(names, (std::vector<std::string>{"[GEMS_IDEN_01] Own Name", "PatientName"}));
}

TEST(Diff, Pairs_repeated_and_unordered_elements_by_tag) {
  const auto a = read("08006000 4353 0200 4354  10001000 504e 0200 4141  08006000 4353 0200 4d52");
  const auto b = read("08006000 4353 0200 4354  08006000 4353 0200 5553  10001000 504e 0200 4141");
  EXPECT_EQ(differences(a, b), List{"changed (0008,0060) MR|US"});
  DiffOptions encoding;
  encoding.encoding = true;
  EXPECT_EQ(differences(a, b, encoding).front(), "encoding (top level) not ascending|ascending order");
}

TEST(Diff, Tells_differences_of_encoding_only_when_asked) {
  const struct {
    std::string_view a;
    std::string_view b;
    std::string_view found;
  } rows[] = {
      {"10001000 504e 0400 446f6520", "10001000 504e 0300 446f65", "encoding (0010,0010) Doe|Doe padding"},
      {"08006000 4353 0200 4354", "08006000 4c4f 0200 4354", "encoding (0008,0060) CT|CT VR"},
      {"08006000 4353 0200 4354", "08006000 554e 0000 02000000 4354", "encoding (0008,0060) CT|4354 VR"},
      {"40000001 5351 0000 00000000", "40000001 5351 0000 ffffffff feffdde0 00000000",
       "encoding (0040,0100) 0 items|0 items length form"},
      {"08000000 554c 0400 00000000", "", "only-first (0008,0000) 0|"},
  };
  DiffOptions encoding;
  encoding.encoding = true;
  for (const auto& row : rows) {
    const auto a = read(row.a);
    const auto b = read(row.b);
    EXPECT_EQ(differences(a, b), List{}) << row.found;
    const auto found = differences(a, b, encoding);
    ASSERT_FALSE(found.empty()) << row.found;
    EXPECT_EQ(found.front(), row.found);
  }
}

TEST(Diff, Leaves_out_what_is_to_be_ignored) {
  const auto a = sample("Doe", "CT");
  auto b = sample("Smith", "MR");
  b.set_text(tags::SOPInstanceUID, "1.2.3");
  const struct {
    std::string_view ignore;
    std::size_t left;
  } rows[] = {
      {"PatientName", 3}, {"Modality", 2},        {"(0040,0100)[1]/Modality", 3},       {"(0040,0100)[*]/Modality", 2},
      {"(0008,*)", 1},    {"(0040,0100)[1]*", 3}, {"ScheduledProcedureStepSequence", 2}};
  for (const auto& row : rows) {
    IgnoreList ignore;
    ASSERT_TRUE(ignore.add(row.ignore).has_value());
    DiffOptions options;
    options.ignore = &ignore;
    EXPECT_EQ(differences(a, b, options).size(), row.left) << row.ignore;
  }
  IgnoreList uids;
  uids.all_uids();
  DiffOptions options;
  options.ignore = &uids;
  EXPECT_EQ(differences(a, b, options).size(), 3U);
  IgnoreList wrong;
  EXPECT_FALSE(wrong.add("PatientNam").has_value());
}

TEST(Diff, Lists_what_is_the_same_on_request_and_digests_bulk) {
  DataSet a(explicit_le);
  a.set_text(tags::PatientName, "Doe");
  a.set_bytes(tags::PixelData, Vr::OW, Bytes(10000, 1));
  DataSet b = a;
  b.set_bytes(tags::PixelData, Vr::OW, Bytes(10000, 2));
  DiffOptions options;
  options.same = true;
  EXPECT_EQ(differences(a, b, options),
            (List{"same (0010,0010) Doe|Doe", "changed (7FE0,0010) 10000 bytes|10000 bytes"}));
  options.digest_bulk = true;
  EXPECT_NE(differences(a, b, options).back().find("10000 bytes, digest "), std::string::npos);
}

TEST(Diff, Fragments_and_kinds) {
  DataSet a(explicit_le);
  a.set_fragments(tags::PixelData, {Bytes{}, Bytes{1, 2}});
  DataSet b(explicit_le);
  b.set_fragments(tags::PixelData, {Bytes{}, Bytes{1, 3}, Bytes{4, 4}});
  EXPECT_EQ(differences(a, b), (List{"changed (7FE0,0010)[2] 0102|0103", "only-second (7FE0,0010)[3] |0404"}));
  DataSet native(explicit_le);
  native.set_bytes(tags::PixelData, Vr::OW, Bytes(2, 1));
  EXPECT_EQ(differences(a, native), (List{"changed (7FE0,0010) 2 fragments|2 bytes"}));
}

TEST(Diff, Goes_as_deep_as_the_data_sets) {
  const Bytes level = hex("40000001 ffffffff feff00e0 ffffffff");
  Bytes bytes;
  for (int i = 0; i < 20'000; ++i) append(bytes, level);
  DecodeOptions deep;
  deep.max_depth = 30'000;
  const auto a = decode(bytes, implicit_le, deep).data_set;
  EXPECT_EQ(differences(a, a), List{});
}

TEST(Glob, Stars_and_question_marks) {
  EXPECT_TRUE(glob_matches("(0008,*)", "(0008,0018)"));
  EXPECT_TRUE(glob_matches("*a*b*", "xxaxxbxx"));
  EXPECT_TRUE(glob_matches("a?c", "abc"));
  EXPECT_FALSE(glob_matches("a?c", "ac"));
  EXPECT_FALSE(glob_matches("*a*b", "xbxa"));
  EXPECT_TRUE(glob_matches("", ""));
}

}  // namespace
}  // namespace assay::dataset
