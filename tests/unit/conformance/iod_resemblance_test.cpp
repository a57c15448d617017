// conformance/iod/resemblance.hpp: what is suspiciously alike is noted with both files, and its harmless twin is not.
#include "conformance/iod/resemblance.hpp"

#include <gtest/gtest.h>

#include "harness/dict/dict.hpp"

namespace assay::conformance::iod {
namespace {

using dataset::DataSet;

Bytes pixels(std::uint8_t first) {
  Bytes out(512);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(first + i);
  return out;
}

DataSet object(std::string_view number) {
  DataSet data;
  data.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
  data.set_text(tags::SOPInstanceUID, std::string("1.2.3.").append(number));
  data.set_text(tags::StudyInstanceUID, "1.2.3.100");
  data.set_text(tags::SeriesInstanceUID, std::string("1.2.3.200.").append(number));
  data.set_text(tags::PatientID, "123");
  data.set_text(tags::PatientName, "DOE^JANE");
  data.set_text(tags::PatientBirthDate, "19700101");
  data.set_text(tags::ImageType, "ORIGINAL\\PRIMARY");
  data.set_bytes(tags::PixelData, Vr::OW, pixels(static_cast<std::uint8_t>(number.front())));
  return data;
}

std::vector<std::string> rules(const Resemblance& all) {
  std::vector<std::string> out;
  for (const auto& one : all.told()) out.push_back(one.problem.rule);
  return out;
}

using List = std::vector<std::string>;

TEST(IodResemblance, An_id_with_a_note_behind_it_is_noted_for_the_same_person_alone) {
  struct Case {
    std::string_view id;
    std::string_view name;
    bool noted;
  };
  for (const auto& [id, name, noted] :
       {Case{"123.Followup", "DOE^JANE", true}, Case{"123 for Dr Smith", "DOE^JANE", true},
        Case{"123-2", "DOE^JANE", true}, Case{"1234", "DOE^JANE", false}, Case{"124.Followup", "DOE^JANE", false},
        Case{"123.Followup", "ROE^JANE", false}, Case{"123", "DOE^JANE", false}, Case{"", "DOE^JANE", false}}) {
    for (const bool reversed : {false, true}) {
      auto other = object("2");
      other.set_text(tags::PatientID, id);
      other.set_text(tags::PatientName, name);
      Resemblance all;
      all.add("a", reversed ? other : object("1"));
      all.add("b", reversed ? object("1") : other);
      EXPECT_EQ(rules(all), noted ? List{"ps3.3/C.7.1.1/id-with-suffix"} : List{}) << id << ' ' << name;
      if (!noted) continue;
      EXPECT_EQ(all.told()[0].file, "b");
      EXPECT_EQ(all.told()[0].before, "a");
      EXPECT_EQ(all.told()[0].problem.gravity, Gravity::note);
    }
  }
}

TEST(IodResemblance, The_same_pixels_in_two_series_are_noted_once_with_what_is_recorded) {
  auto copy = object("2");
  copy.set_bytes(tags::PixelData, Vr::OW, pixels('1'));
  auto derived = copy;
  derived.set_text(tags::ImageType, "DERIVED\\SECONDARY");
  for (const bool recorded : {false, true}) {
    Resemblance all;
    all.add("a", object("1"));
    all.add("b", recorded ? derived : copy);
    all.add("c", recorded ? derived : copy);  // the second of the pair of series
    ASSERT_EQ(rules(all), List{"ps3.3/C.7.6.1/same-pixels"});
    EXPECT_EQ(all.told()[0].problem.found, recorded
                                               ? "the same pixels in another series, and a record of a derivation"
                                               : "the same pixels in another series, and no record of a derivation");
  }
  auto same_series = copy;
  same_series.set_text(tags::SeriesInstanceUID, "1.2.3.200.1");
  auto blank = object("3");
  blank.set_bytes(tags::PixelData, Vr::OW, Bytes(512));
  auto blank_too = object("4");
  blank_too.set_bytes(tags::PixelData, Vr::OW, Bytes(512));
  Resemblance none;
  none.add("a", object("1"));
  none.add("b", same_series);
  none.add("c", blank);
  none.add("d", blank_too);
  none.add("e", object("5"));
  none.add("f", DataSet());
  EXPECT_EQ(rules(none), List{});
}

TEST(IodResemblance, Images_of_one_place_that_only_private_elements_tell_apart_are_noted_once) {
  const auto image = [](std::string_view number, Tag tag, std::string_view different) {
    auto out = object(number);
    out.set_text(tags::SeriesInstanceUID, "1.2.3.200");
    out.set_text(tags::ImagePositionPatient, "0\\0\\10");
    out.set_text(tags::AcquisitionTime, "101500");
    out.set_text(Tag(0x0019, 0x0010), Vr::LO, "MAKER");
    out.set_text(Tag(0x0019, 0x1001), Vr::LO, number);
    if (!different.empty()) out.set_text(tag, different);
    return out;
  };
  const auto rules_of = [&](Tag tag, std::string_view different) {
    Resemblance all;
    all.add("a", image("1", tag, ""));
    all.add("a again", image("1", tag, ""));
    all.add("b", image("2", tag, different));
    all.add("c", image("3", tag, different));
    return rules(all);
  };
  EXPECT_EQ(rules_of(tags::AcquisitionTime, "101500"), List{"ps3.3/C.7.6.2/same-place-and-time"});
  // With three times there is nothing to note; here b and c still share one.
  for (const auto tag : {tags::AcquisitionTime, tags::TriggerTime, tags::EchoTime, tags::AcquisitionNumber}) {
    Resemblance all;
    all.add("a", image("1", tag, "1"));
    all.add("b", image("2", tag, "2"));
    EXPECT_EQ(rules(all), List{}) << to_string(tag);
  }
  EXPECT_EQ(rules_of(tags::AcquisitionTime, "101501"), List{"ps3.3/C.7.6.2/same-place-and-time"});
  // Without private elements nothing claims to know more.
  Resemblance plain;
  for (const auto* number : {"1", "2"}) {
    auto one = image(number, tags::AcquisitionTime, "");
    one.erase(Tag(0x0019, 0x1001));
    plain.add(number, one);
  }
  EXPECT_EQ(rules(plain), List{});
  Resemblance apart;
  apart.add("a", image("1", tags::ImagePositionPatient, "0\\0\\10"));
  apart.add("b", image("2", tags::ImagePositionPatient, "0\\0\\20"));
  auto other_series = image("3", tags::ImagePositionPatient, "0\\0\\10");
  other_series.set_text(tags::SeriesInstanceUID, "1.2.3.201");
  apart.add("c", other_series);
  auto frames = image("4", tags::NumberOfFrames, "10");
  apart.add("d", frames);
  EXPECT_EQ(rules(apart), List{});
}

TEST(IodResemblance, A_dose_that_is_a_picture_alone_is_noted_and_beside_a_report_it_is_not) {
  auto picture = object("1");
  picture.set_text(tags::SeriesDescription, "Dose Report");
  DataSet report;
  report.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.88.67");
  report.set_text(tags::SOPInstanceUID, "1.2.3.9");
  report.set_text(tags::StudyInstanceUID, "1.2.3.100");
  Resemblance alone;
  alone.add("a", picture);
  alone.add("b", picture);
  ASSERT_EQ(rules(alone), List{"ps3.3/A.35.8/dose-as-picture"});
  EXPECT_EQ(alone.told()[0].file, "a");
  EXPECT_EQ(alone.told()[0].before, "");
  // Whichever of the two comes first.
  for (const bool reversed : {false, true}) {
    Resemblance both;
    both.add("a", reversed ? report : picture);
    both.add("b", reversed ? picture : report);
    EXPECT_EQ(rules(both), List{});
  }
  // A report of another study, and a series that is no dose.
  report.set_text(tags::StudyInstanceUID, "1.2.3.101");
  Resemblance apart;
  apart.add("a", picture);
  apart.add("b", report);
  EXPECT_EQ(apart.told().size(), 1U);
  picture.set_text(tags::SeriesDescription, "Low dose chest");
  Resemblance other;
  other.add("a", picture);
  EXPECT_EQ(rules(other), List{});
}

}  // namespace
}  // namespace assay::conformance::iod
