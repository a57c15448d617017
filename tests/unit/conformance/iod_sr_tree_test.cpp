// conformance/iod/sr_tree.hpp: a report whose Content Items stand where they may is silent; each relationship,
// reference and root that its IOD forbids is one finding at its place.
#include "conformance/iod/sr_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/iod/validate.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "iod_object_samples.hpp"

namespace assay::conformance::iod {
namespace {

using namespace test;
using Children = std::vector<DataSet>;

// SOP Classes
constexpr std::string_view basic_text = "1.2.840.10008.5.1.4.1.1.88.11";
constexpr std::string_view enhanced = "1.2.840.10008.5.1.4.1.1.88.22";
constexpr std::string_view comprehensive = "1.2.840.10008.5.1.4.1.1.88.33";
constexpr std::string_view comprehensive_3d = "1.2.840.10008.5.1.4.1.1.88.34";
constexpr std::string_view mammography_cad = "1.2.840.10008.5.1.4.1.1.88.50";
constexpr std::string_view key_objects = "1.2.840.10008.5.1.4.1.1.88.59";
constexpr std::string_view chest_cad = "1.2.840.10008.5.1.4.1.1.88.65";
constexpr std::string_view x_ray_dose = "1.2.840.10008.5.1.4.1.1.88.67";

/// A Content Item with a value; the relationship that it stands in comes first.
DataSet content(std::string_view relationship, std::string_view type, const Children& children = {}) {
  DataSet item;
  if (!relationship.empty()) item.set_text(tags::RelationshipType, relationship);
  item.set_text(tags::ValueType, type);
  item.set_sequence(tags::ConceptNameCodeSequence, {code("121071", "Finding")});
  if (type == "TEXT") item.set_text(tags::TextValue, "A shadow");
  if (type == "CODE") item.set_sequence(tags::ConceptCodeSequence, {code("111208", "Density")});
  if (type == "CONTAINER") item.set_text(tags::ContinuityOfContent, "SEPARATE");
  if (type == "TCOORD") {
    item.set_text(tags::TemporalRangeType, "POINT");
    item.set_text(tags::ReferencedTimeOffsets, "1.5");
  }
  if (!children.empty()) item.set_sequence(tags::ContentSequence, children);
  return item;
}

/// A Content Item that refers to the one at a position.
DataSet reference(std::string_view relationship, const std::vector<std::uint8_t>& position) {
  DataSet item;
  item.set_text(tags::RelationshipType, relationship);
  Bytes bytes;
  for (const auto number : position) {
    bytes.push_back(number);
    bytes.insert(bytes.end(), 3, 0);
  }
  item.set_bytes(tags::ReferencedContentItemIdentifier, Vr::UL, bytes);
  return item;
}

DataSet report(std::string_view sop_class, const Children& children, std::string_view root = "CONTAINER") {
  auto data = content("", root, children);
  data.set_text(tags::SOPClassUID, sop_class);
  return data;
}

void is_told(const DataSet& data, const std::vector<std::string>& lines) {
  const auto problems = check_object(data);
  EXPECT_EQ(told(problems), lines) << words(problems);
  for (const auto& problem : problems) {
    const auto* info = standard_rules()->find(problem.rule);
    ASSERT_NE(info, nullptr) << problem.rule;
    EXPECT_EQ(info->clause, problem.clause);
    EXPECT_FALSE(problem.found.empty());
    EXPECT_FALSE(problem.expected.empty());
  }
}

void is_silent(const DataSet& data) { is_told(data, {}); }

TEST(IodSrTree, What_stands_where_it_may_is_silent) {
  is_silent(report(basic_text, {content("HAS CONCEPT MOD", "CODE"), content("HAS OBS CONTEXT", "PNAME"),
                                content("CONTAINS", "CONTAINER",
                                        {content("CONTAINS", "TEXT", {content("INFERRED FROM", "IMAGE")}),
                                         content("CONTAINS", "IMAGE", {content("HAS ACQ CONTEXT", "DATE")})})}));
  is_silent(report(
      enhanced, {content("CONTAINS", "NUM", {content("INFERRED FROM", "SCOORD", {content("SELECTED FROM", "IMAGE")})}),
                 content("CONTAINS", "TCOORD", {content("SELECTED FROM", "WAVEFORM")})}));
  is_silent(report(comprehensive_3d, {content("CONTAINS", "SCOORD3D")}));
  is_silent(report(key_objects,
                   {content("HAS CONCEPT MOD", "CODE"), content("CONTAINS", "TEXT"), content("CONTAINS", "IMAGE")}));
  is_silent(report(x_ray_dose, {content("CONTAINS", "CONTAINER",
                                        {content("CONTAINS", "NUM", {content("HAS PROPERTIES", "CODE")})})}));
}

TEST(IodSrTree, A_relationship_that_the_IOD_does_not_have_is_told_at_its_type) {
  is_told(report(basic_text, {content("CONTAINS", "CODE", {content("INFERRED FROM", "TEXT")})}),
          {"ps3.3/A.35.1/relationship (0040,A730)[1]/(0040,A730)[1]/(0040,A010)"});
  is_told(report(enhanced, {content("CONTAINS", "TEXT"), content("HAS PROPERTIES", "NUM")}),
          {"ps3.3/A.35.2/relationship (0040,A730)[2]/(0040,A010)"});
  is_told(report(enhanced, {content("CONTAINS", "NUM", {content("INFERRED FROM", "CONTAINER")})}),
          {"ps3.3/A.35.2/relationship (0040,A730)[1]/(0040,A730)[1]/(0040,A010)"});
  is_silent(report(comprehensive, {content("CONTAINS", "NUM", {content("INFERRED FROM", "CONTAINER")})}));
  is_told(report(comprehensive, {content("CONTAINS", "SCOORD", {content("SELECTED FROM", "WAVEFORM")})}),
          {"ps3.3/A.35.3/relationship (0040,A730)[1]/(0040,A730)[1]/(0040,A010)"});
  is_told(report(key_objects, {content("CONTAINS", "CONTAINER")}),
          {"ps3.3/A.35.4/relationship (0040,A730)[1]/(0040,A010)"});
  is_told(report(mammography_cad, {content("CONTAINS", "UIDREF")}),
          {"ps3.3/A.35.5/relationship (0040,A730)[1]/(0040,A010)"});
  is_told(report(chest_cad, {content("CONTAINS", "TEXT")}), {"ps3.3/A.35.6/relationship (0040,A730)[1]/(0040,A010)"});
  is_silent(report(mammography_cad, {content("CONTAINS", "TEXT")}));
  is_told(report(x_ray_dose, {content("HAS OBS CONTEXT", "NUM")}),
          {"ps3.3/A.35.8/relationship (0040,A730)[1]/(0040,A010)"});
  is_told(report(comprehensive_3d, {content("CONTAINS", "TEXT", {content("CONTAINS", "TEXT")})}),
          {"ps3.3/A.35.13/relationship (0040,A730)[1]/(0040,A730)[1]/(0040,A010)"});
}

TEST(IodSrTree, What_is_told_names_the_relationship_and_what_may_stand_there) {
  const auto found = [](const DataSet& data) {
    const auto problems = check_object(data);
    return problems.size() == 1 ? problems[0].found + " / " + problems[0].expected : words(problems);
  };
  EXPECT_EQ(found(report(key_objects, {content("CONTAINS", "CODE")})),
            "CONTAINER CONTAINS CODE / CONTAINER CONTAINS one of TEXT, COMPOSITE, IMAGE, WAVEFORM");
  EXPECT_EQ(
      found(report(basic_text, {content("SELECTED FROM", "IMAGE")})),
      "CONTAINER SELECTED FROM IMAGE / CONTAINER has only CONTAINS, HAS OBS CONTEXT, HAS ACQ CONTEXT, HAS CONCEPT MOD");
  EXPECT_EQ(found(report(key_objects, {content("CONTAINS", "TEXT", {content("HAS CONCEPT MOD", "CODE")})})),
            "TEXT HAS CONCEPT MOD CODE / no relationship from TEXT");
}

TEST(IodSrTree, What_the_walk_tells_is_not_told_twice) {
  is_silent(report(basic_text, {content("CONTAINS", "NUM")}));   // no value type of this IOD
  is_silent(report(basic_text, {content("CONTAINZ", "TEXT")}));  // no relationship type
  is_silent(report(basic_text, {content("", "TEXT")}));
  // As the walk says it: a value type, and a reference by CONTAINS.
  const auto walked = [](const DataSet& data, std::string_view line) {
    const auto lines = told(check_iod(data).problems);
    EXPECT_NE(std::ranges::find(lines, line), lines.end()) << words(check_iod(data).problems);
  };
  walked(report(basic_text, {content("CONTAINS", "NUM")}), "ps3.5/6.3/enumerated-value (0040,A730)[1]/(0040,A040)");
  walked(report(basic_text, {content("CONTAINS", "TEXT"), reference("CONTAINS", {1, 1})}),
         "ps3.5/7.4.2/type-1c-unwanted (0040,A730)[2]/(0040,DB73)");
  is_silent(report(basic_text, {content("CONTAINS", "TEXT"), reference("CONTAINS", {1, 1})}));
}

TEST(IodSrTree, References_are_for_IODs_and_relationships_that_have_them) {
  const auto with = [](std::string_view sop_class, std::string_view relationship, std::string_view to) {
    return report(sop_class, {content("CONTAINS", "CODE", {reference(relationship, {1, 2})}), content("CONTAINS", to)});
  };
  const std::string place = " (0040,A730)[1]/(0040,A730)[1]/(0040,DB73)";
  is_silent(with(comprehensive, "INFERRED FROM", "IMAGE"));
  is_silent(with(comprehensive_3d, "HAS PROPERTIES", "NUM"));
  is_silent(with(mammography_cad, "INFERRED FROM", "IMAGE"));
  is_silent(with(chest_cad, "HAS PROPERTIES", "IMAGE"));
  is_told(with(enhanced, "INFERRED FROM", "IMAGE"), {"ps3.3/A.35.2/by-reference" + place});
  is_told(with(x_ray_dose, "INFERRED FROM", "IMAGE"), {"ps3.3/A.35.8/by-reference" + place});
  is_told(with(comprehensive, "HAS CONCEPT MOD", "TEXT"), {"ps3.3/A.35.3/by-reference" + place});
  is_told(with(mammography_cad, "HAS OBS CONTEXT", "NUM"), {"ps3.3/A.35.5/by-reference" + place});
  is_told(with(comprehensive, "SELECTED FROM", "IMAGE"), {"ps3.3/A.35.3/relationship" + place});
}

TEST(IodSrTree, A_reference_leads_to_a_Content_Item_and_not_back) {
  const auto to = [](const std::vector<std::uint8_t>& position) {
    return report(comprehensive, {content("CONTAINS", "CONTAINER",
                                          {content("CONTAINS", "NUM", {reference("INFERRED FROM", position)})}),
                                  content("CONTAINS", "CONTAINER", {content("CONTAINS", "TEXT")})});
  };
  const std::string place = " (0040,A730)[1]/(0040,A730)[1]/(0040,A730)[1]/(0040,DB73)";
  is_silent(to({1, 2, 1}));
  is_silent(to({1, 2}));
  for (const auto& nowhere : std::vector<std::vector<std::uint8_t>>{
           {1, 3}, {1, 2, 2}, {1, 2, 1, 1}, {1, 0}, {2}, {0}, {2, 2, 1}, {1, 1, 1, 1}})
    is_told(to(nowhere), {"ps3.3/C.17.3.2.5/reference-without-target" + place});
  for (const auto& back : std::vector<std::vector<std::uint8_t>>{{1}, {1, 1}, {1, 1, 1}})
    is_told(to(back), {"ps3.3/C.17.3.2.5/reference-to-ancestor" + place});
  is_silent(to({}));  // an empty value is the walk's
}

TEST(IodSrTree, The_root_is_a_container_and_each_item_has_a_value_or_a_reference) {
  is_told(report(comprehensive, {content("HAS PROPERTIES", "TEXT")}, "TEXT"),
          {"ps3.3/C.17.3.1/root-not-a-container (0040,A040)"});
  is_told(report("1.2.840.10008.5.1.4.1.1.88.71", {}, "TEXT"), {"ps3.3/C.17.3.1/root-not-a-container (0040,A040)"});
  auto item = content("CONTAINS", "TEXT");
  item.erase(tags::ValueType);
  const auto data = report(comprehensive, {content("CONTAINS", "TEXT"), item});
  is_told(data, {"ps3.3/C.17.3.2/content-item-without-value (0040,A730)[2]/(0040,A040)"});
  ObjectOptions options;
  options.cut = true;
  EXPECT_TRUE(check_object(data, options).empty());
  is_silent(report(uids::CTImageStorage, {item}, "TEXT"));  // no report
}

TEST(IodSrTree, Temporal_coordinates_have_their_range_and_their_points) {
  auto item = content("CONTAINS", "TCOORD");
  item.erase(tags::TemporalRangeType);
  is_told(report(comprehensive, {item}), {"ps3.3/C.18.7/temporal-range-type-missing (0040,A730)[1]/(0040,A130)"});
  item = content("CONTAINS", "TCOORD");
  item.erase(tags::ReferencedTimeOffsets);
  is_told(report(comprehensive, {item}), {"ps3.3/C.18.7/temporal-coordinates-missing (0040,A730)[1]/(0040,A132)"});
}

TEST(IodSrTree, Places_are_those_of_the_input) {
  const auto data = report(comprehensive, {content("SELECTED FROM", "TEXT"), reference("INFERRED FROM", {1, 9})});
  const auto bytes = dataset::encode(data, dataset::explicit_be);
  const auto decoded = dataset::decode(bytes, dataset::explicit_be);
  const auto problems = check_object(decoded.data_set);
  ASSERT_EQ(problems.size(), 2U) << words(problems);
  for (const auto& problem : problems) {
    const auto element = ByteView(bytes).subspan(problem.offset, 4);
    const Tag tag(static_cast<std::uint16_t>((element[0] << 8) | element[1]),
                  static_cast<std::uint16_t>((element[2] << 8) | element[3]));
    EXPECT_TRUE(problem.field.ends_with(to_string(tag))) << problem.field << ' ' << problem.offset;
  }
}

TEST(IodSrTree, A_wide_and_a_deep_tree_take_linear_time) {
  Children references(50'000, reference("INFERRED FROM", {1, 1, 9}));
  std::size_t more = 0;
  auto problems = check_object(report(comprehensive, {content("CONTAINS", "NUM", references)}), {}, &more);
  EXPECT_EQ(problems.size() + more, 50'000U);
  auto deep = content("CONTAINS", "TEXT");
  for (int i = 0; i < 60; ++i) deep = content("CONTAINS", "CONTAINER", {deep});
  is_silent(report(comprehensive, {deep}));
}

}  // namespace
}  // namespace assay::conformance::iod
