#include <gmock/gmock.h>

#include "tests/unit/bring_your_own/views.hpp"

namespace assay::fuzz {
namespace {

const Bytes& explicit_bytes() {
  static const Bytes bytes = dataset::encode(sample(), dataset::explicit_le);
  return bytes;
}

std::string only(const Told& told) {
  EXPECT_EQ(told.mistake, "");
  if (told.found.size() != 1) return std::to_string(told.found.size()) + " disagreements";
  return told.found[0].path + " " + to_string(told.found[0].cluster);
}

Told changed(std::string_view step, const std::function<void(assay_view*)>& instead) {
  return told(ASSAY_FORMAT_EXPLICIT_LITTLE, explicit_bytes(), right_view([&](assay_view* view, std::string_view name) {
                if (name != step) return false;
                instead(view);
                return true;
              }));
}

TEST(Compare, a_view_that_is_right_agrees_in_every_encoding) {
  for (const auto& [format, encoding] : {std::pair{ASSAY_FORMAT_EXPLICIT_LITTLE, dataset::explicit_le},
                                         std::pair{ASSAY_FORMAT_IMPLICIT_LITTLE, dataset::implicit_le}})
    EXPECT_TRUE(told(format, dataset::encode(sample(), encoding), right_view()).found.empty());
}

TEST(Compare, an_item_that_is_left_out_is_named_with_its_place) {
  EXPECT_EQ(only(changed("second item", [](assay_view*) {})), "(0008,1140)[2] items|-|-|item|explicit-le");
}

TEST(Compare, a_wrong_vr_is_named_with_both) {
  const auto wrong = [](assay_view* view) { assay_view_element(view, 0x0028, 0x0010, "SS", "\x02\x01", 2); };
  EXPECT_EQ(only(changed("rows", wrong)), "(0028,0010) vr|-|US>SS|standard|explicit-le");
  const auto open = [](assay_view* view) { assay_view_element(view, 0x0028, 0x0010, "SS/US", "\x02\x01", 2); };
  EXPECT_EQ(changed("rows", open).found.size(), 0U);
  const auto untold = [](assay_view* view) { assay_view_element(view, 0x0028, 0x0010, nullptr, nullptr, 2); };
  EXPECT_EQ(changed("rows", untold).found.size(), 0U);
}

TEST(Compare, values_differ_by_length_and_by_content) {
  const auto shorter = [](assay_view* view) { assay_view_element(view, 0x0010, 0x0010, "PN", "A^B", 3); };
  EXPECT_EQ(only(changed("name", shorter)), "(0010,0010) size|-|PN|standard|explicit-le");
  const auto other = [](assay_view* view) { assay_view_element(view, 0x0010, 0x0010, "PN", "A^C ", 4); };
  EXPECT_EQ(only(changed("name", other)), "(0010,0010) value|-|PN|standard|explicit-le");
  const auto inside = [](assay_view* view) { assay_view_element(view, 0x0008, 0x1155, "UI", "1.3", 4); };
  EXPECT_EQ(only(changed("uid", inside)), "(0008,1140)[1]/(0008,1155) value|-|UI|standard|explicit-le");
}

TEST(Compare, an_element_of_one_side_only) {
  EXPECT_EQ(only(changed("name", [](assay_view*) {})), "(0010,0010) only-ours|-|PN|standard|explicit-le");
  const auto more = [](assay_view* view) {
    assay_view_element(view, 0x0010, 0x0010, "PN", "A^B ", 4);
    assay_view_element(view, 0x0011, 0x0010, "LO", "X ", 2);
  };
  EXPECT_EQ(only(changed("name", more)), "(0011,0010) only-theirs|-|LO|private-creator|explicit-le");
}

TEST(Compare, a_sequence_told_as_bytes_is_another_kind) {
  const auto flat = told(ASSAY_FORMAT_EXPLICIT_LITTLE, explicit_bytes(), [](assay_view* view) {
    assay_view_element(view, 0x0008, 0x1140, "SQ", nullptr, 40);
    assay_view_element(view, 0x0010, 0x0010, "PN", "A^B ", 4);
    assay_view_element(view, 0x0028, 0x0010, "US", "\x02\x01", 2);
  });
  EXPECT_EQ(only(flat), "(0008,1140) kind|-|SQ sequence>SQ element|standard|explicit-le");
}

TEST(Compare, who_refuses_and_who_reads_on_is_one_cluster_with_the_cause) {
  const auto refuses = [](assay_view* view) {
    assay_view_begin_sequence(view, 8, 0x1140, "SQ");
    assay_view_reject(view, "no such thing");
  };
  EXPECT_EQ(only(told(ASSAY_FORMAT_EXPLICIT_LITTLE, explicit_bytes(), refuses)),
            " refuses|-|no such thing|-|explicit-le");
  auto odd = explicit_bytes();
  odd.insert(odd.end(), {0x40, 0, 0, 1, 'L', 'O', 1, 0, 'x'});
  EXPECT_EQ(only(told(ASSAY_FORMAT_EXPLICIT_LITTLE, odd, refuses)),
            " refuses|ps3.5/7.1.1/odd-length|no such thing|-|explicit-le");
  auto cut = explicit_bytes();
  cut.pop_back();
  EXPECT_EQ(only(told(ASSAY_FORMAT_EXPLICIT_LITTLE, cut, right_view())),
            " accepts|ps3.5/7.1/length-past-end|-|-|explicit-le");
  EXPECT_EQ(told(ASSAY_FORMAT_EXPLICIT_LITTLE, cut, refuses).found.size(), 0U);
}

TEST(Compare, sorting_and_dropping_do_not_hide_what_else_differs) {
  Bytes twice = explicit_bytes();
  append(twice, ByteView(explicit_bytes()).subspan(explicit_bytes().size() - 22, 12));  // the name again, out of order
  const auto found = told(ASSAY_FORMAT_EXPLICIT_LITTLE, twice, right_view([](assay_view* view, std::string_view step) {
                            if (step == "rows") assay_view_element(view, 0x0028, 0x0010, "SS", "\x02\x01", 2);
                            return step == "rows";
                          }))
                         .found;
  std::vector<std::string> kinds;
  for (const auto& one : found) kinds.push_back(one.cluster.what);
  EXPECT_THAT(kinds, testing::ElementsAre("vr", "duplicate"));
}

TEST(Compare, a_file_is_compared_when_its_meta_information_is_sound) {
  dataset::FileMeta meta;
  meta.sop_class_uid = uids::CTImageStorage;
  meta.sop_instance_uid = "1.2.3";
  meta.transfer_syntax_uid = uids::ExplicitVRBigEndian;
  meta.implementation_class_uid = "1.2.3.4";
  auto file = dataset::build_part10(meta, sample());
  const auto view = our_view(ASSAY_FORMAT_FILE, file, ASSAY_WITHOUT_META);
  EXPECT_TRUE(view.compared);
  EXPECT_EQ(view.syntax, "explicit-be");
  // Numbers of a big endian file: as they stand, or in this machine's order.
  const auto native = told(ASSAY_FORMAT_FILE, file, right_view(), ASSAY_WITHOUT_META | ASSAY_NATIVE_NUMBERS);
  EXPECT_EQ(native.found.size(), 0U);
  EXPECT_EQ(only(told(ASSAY_FORMAT_FILE, file, right_view(), ASSAY_WITHOUT_META)),
            "(0008,1140)[2]/(0028,0010) value|-|US|standard|explicit-be");
  file[130] = 'X';
  EXPECT_FALSE(our_view(ASSAY_FORMAT_FILE, file, 0).compared);
  EXPECT_FALSE(our_view(ASSAY_FORMAT_FILE, Bytes{}, 0).compared);
}

TEST(Compare, padding_is_left_out_when_the_parser_leaves_it_out) {
  const auto trimmed = right_view([](assay_view* view, std::string_view step) {
    if (step == "name") assay_view_element(view, 0x0010, 0x0010, "PN", "A^B", 3);
    return step == "name";
  });
  EXPECT_EQ(told(ASSAY_FORMAT_EXPLICIT_LITTLE, explicit_bytes(), trimmed, ASSAY_WITHOUT_PADDING).found.size(), 0U);
  EXPECT_EQ(told(ASSAY_FORMAT_EXPLICIT_LITTLE, explicit_bytes(), trimmed).found.size(), 1U);
}

TEST(Compare, an_adapter_that_tells_what_no_data_set_can_be_is_told_so) {
  EXPECT_EQ(told(ASSAY_FORMAT_EXPLICIT_LITTLE, {}, [](assay_view* view) { assay_view_end(view); }).mistake,
            "an end was told with nothing open");
  EXPECT_THAT(told(ASSAY_FORMAT_EXPLICIT_LITTLE, {}, [](assay_view* view) { assay_view_begin_item(view); }).mistake,
              testing::HasSubstr("a item (FFFE,E000) was told inside a stray"));
}

}  // namespace
}  // namespace assay::fuzz
