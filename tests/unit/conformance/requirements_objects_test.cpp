// Facts about objects that older texts have wrong or that change from edition to edition, as the tables and the
// dictionary of today have them (conformance/requirements.tsv names the tests).
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "conformance/iod/object_checks.hpp"
#include "conformance/iod/tables.hpp"
#include "conformance/iod/validate.hpp"
#include "iod_object_samples.hpp"

namespace assay::conformance::iod {
namespace {

using namespace test;

const IodModule* module_in(const Iod& iod, std::string_view name) {
  for (const auto& module : iod.modules) {
    if (module_of(module.module).name == name) return &module;
  }
  return nullptr;
}

bool misses(const Problems& problems, Tag tag) {
  return std::ranges::any_of(problems, [&](const Problem& problem) {
    return problem.rule.starts_with("ps3.5/7.4.") && problem.field.starts_with(to_string(tag));
  });
}

TEST(RequirementsObjects, A_clinical_trial_subject_has_one_of_two_ids) {
  auto data = image();
  data.set_text(tags::ClinicalTrialSponsorName, "SPONSOR");
  data.set_text(tags::ClinicalTrialProtocolID, "P1");
  data.set_text(tags::ClinicalTrialProtocolName, "");
  data.set_text(tags::ClinicalTrialSiteID, "");
  data.set_text(tags::ClinicalTrialSiteName, "");
  EXPECT_TRUE(misses(check_iod(data).problems, tags::ClinicalTrialSubjectID));
  EXPECT_TRUE(misses(check_iod(data).problems, tags::ClinicalTrialSubjectReadingID));
  data.set_text(tags::ClinicalTrialSubjectReadingID, "R1");
  EXPECT_FALSE(misses(check_iod(data).problems, tags::ClinicalTrialSubjectID));
  EXPECT_FALSE(misses(check_iod(data).problems, tags::ClinicalTrialSubjectReadingID));
}

TEST(RequirementsObjects, Of_two_modules_with_one_attribute_the_stricter_counts) {
  // Image Type is Type 3 in the General Image Module and Type 1 in the CT Image Module.
  const auto* ct = iod_of(uids::CTImageStorage);
  ASSERT_NE(ct, nullptr);
  std::set<Type> types;
  for (const auto& module : ct->modules) {
    for (const auto& row : module_of(module.module).rows) {
      if (row.tag == tags::ImageType && row.depth == 0 && row.kind == RowKind::element) types.insert(row.type);
    }
  }
  EXPECT_TRUE(types.contains(Type::t1));
  EXPECT_GE(types.size(), 2U);
  auto data = image();
  EXPECT_FALSE(misses(check_iod(data).problems, tags::ImageType));
  data.erase(tags::ImageType);
  EXPECT_TRUE(misses(check_iod(data).problems, tags::ImageType));
}

TEST(RequirementsObjects, Cine_rate_is_the_inverse_of_frame_time) {
  const auto told_of = [](std::string_view rate, std::string_view time) {
    auto data = image();
    data.set_text(tags::CineRate, rate);
    data.set_text(tags::FrameTime, time);
    return told(check_object(data));
  };
  const std::vector<std::string> finding{"ps3.3/C.7.6.5/cine-rate (0018,0040)"};
  EXPECT_EQ(told_of("30", "40"), finding);
  EXPECT_EQ(told_of("60", "33.33"), finding);
  for (const auto& [rate, time] : {std::pair{"30", "33.33"},
                                   {"60", "16.67"},
                                   {"60", "16.666666"},
                                   {"25", "40"},
                                   {"7", "133"},
                                   {"15", "66"},
                                   {"30", "33"}})
    EXPECT_EQ(told_of(rate, time), std::vector<std::string>{}) << rate << " and " << time;
}

TEST(RequirementsObjects, Sixty_hertz_are_16_67_milliseconds) {
  auto data = image();
  data.set_text(tags::CineRate, "60");
  data.set_text(tags::FrameTime, "16.67");
  EXPECT_TRUE(check_object(data).empty());
  data.set_text(tags::FrameTime, "17.5");
  EXPECT_FALSE(check_object(data).empty());
}

TEST(RequirementsObjects, The_CT_image_has_the_modules_of_today) {
  const auto* ct = iod_of(uids::CTImageStorage);
  ASSERT_NE(ct, nullptr);
  for (const std::string_view name :
       {"Patient", "GeneralStudy", "GeneralSeries", "FrameOfReference", "GeneralEquipment", "GeneralImage",
        "ImagePlane", "ImagePixel", "CTImage", "SOPCommon"}) {
    const auto* module = module_in(*ct, name);
    ASSERT_NE(module, nullptr) << name;
    EXPECT_EQ(module->usage, Usage::M) << name;
  }
  for (const std::string_view name : {"Device", "Specimen", "CommonInstanceReference", "ContrastBolus"})
    EXPECT_NE(module_in(*ct, name), nullptr) << name;
  EXPECT_EQ(module_in(*ct, "Cine"), nullptr);
}

TEST(RequirementsObjects, Specimens_are_described_with_the_image_and_not_with_the_patient) {
  std::size_t seen = 0;
  for (const auto& iod : iods()) {
    const auto* specimen = module_in(iod, "Specimen");
    if (specimen == nullptr) continue;
    ++seen;
    EXPECT_NE(specimen->entity, "Patient") << iod.name;
  }
  EXPECT_GT(seen, 20U);
}

TEST(RequirementsObjects, The_cine_module_depends_on_frame_times_in_any_modality) {
  // Not on the kind of device: enhanced CT and MR images are multi-frame, a multi-frame secondary capture may play.
  std::size_t conditional = 0;
  for (const auto& iod : iods()) {
    const auto* cine = module_in(iod, "Cine");
    if (cine == nullptr || cine->usage != Usage::C) continue;
    ++conditional;
    const auto expression = named_conditions()[static_cast<std::size_t>(cine->condition)].expression;
    EXPECT_NE(expression.find("Frame"), std::string_view::npos) << iod.name << ": " << expression;
  }
  EXPECT_GT(conditional, 2U);
}

TEST(RequirementsObjects, UIDs_of_references_stand_inside_sequences) {
  std::size_t nested = 0;
  for (const auto& module : modules()) {
    for (const auto& row : module.rows) {
      const auto* entry = row.depth > 0 && row.kind == RowKind::element ? dict::find(row.tag) : nullptr;
      nested += entry != nullptr && entry->vr == Vr::UI ? 1 : 0;
    }
  }
  EXPECT_GT(nested, 20U);
  // Its own are at the top, where a nested one does not stand in for it.
  auto data = image();
  data.erase(tags::SOPInstanceUID);
  DataSet item;
  item.set_text(tags::SOPInstanceUID, "1.2.3.4");
  data.set_sequence(tags::ReferencedStudySequence, std::vector<DataSet>{item});
  EXPECT_TRUE(misses(check_iod(data).problems, tags::SOPInstanceUID));
}

TEST(RequirementsObjects, Attributes_have_the_names_of_today) {
  const auto name = [](Tag tag) { return dict::find(tag)->name; };
  EXPECT_EQ(name(tags::PatientName), "Patient's Name");
  EXPECT_EQ(name(tags::LossyImageCompression), "Lossy Image Compression");
  EXPECT_EQ(name(tags::CineRate), "Cine Rate");
  EXPECT_EQ(name(tags::ImagePositionPatient), "Image Position (Patient)");
  EXPECT_EQ(name(tags::ImageOrientationPatient), "Image Orientation (Patient)");
  EXPECT_TRUE(dict::find(tags::MedicalRecordLocator)->retired);
}

TEST(RequirementsObjects, Other_patient_ids_are_a_sequence_and_the_list_is_retired) {
  EXPECT_EQ(tags::OtherPatientNames, Tag(0x0010, 0x1001));
  EXPECT_EQ(tags::OtherPatientIDs, Tag(0x0010, 0x1000));
  EXPECT_TRUE(dict::find(tags::OtherPatientIDs)->retired);
  EXPECT_EQ(dict::find(Tag(0x0010, 0x1002))->vr, Vr::SQ);
  EXPECT_FALSE(dict::find(Tag(0x0010, 0x1002))->retired);
}

TEST(RequirementsObjects, Ages_are_the_VR_of_two_attributes) {
  EXPECT_EQ(dict::find(tags::PatientAge)->vr, Vr::AS);
  EXPECT_EQ(dict::find(Tag(0x0072, 0x005F))->vr, Vr::AS);
}

TEST(RequirementsObjects, A_service_class_is_no_abstract_syntax) {
  EXPECT_EQ(dict::find_uid("1.2.840.10008.4.2")->kind, dict::UidKind::service_class);
  EXPECT_EQ(dict::find_uid(uids::CTImageStorage)->kind, dict::UidKind::sop_class);
  EXPECT_EQ(dict::find_uid("1.2.840.10008.5.1.1.9")->kind, dict::UidKind::meta_sop_class);
}

TEST(RequirementsObjects, SOP_classes_that_were_withdrawn_are_known_as_such) {
  for (const auto* uid : {"1.2.840.10008.5.1.4.34.4.1", "1.2.840.10008.5.1.4.32.1"}) {
    const auto* entry = dict::find_uid(uid);
    ASSERT_NE(entry, nullptr) << uid;
    EXPECT_TRUE(entry->retired) << uid;
  }
  EXPECT_FALSE(dict::find_uid("1.2.840.10008.5.1.4.34.6.1")->retired);
}

TEST(RequirementsObjects, Tables_are_of_a_size_that_no_text_of_old_has) {
  EXPECT_GT(modules().size(), 400U);
  EXPECT_GT(iods().size(), 100U);
  std::size_t rows = 0;
  for (const auto& module : modules()) rows += module.rows.size();
  EXPECT_GT(rows, 4000U);
}

}  // namespace
}  // namespace assay::conformance::iod
