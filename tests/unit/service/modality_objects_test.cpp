// Synthetic objects of a modality: made of what the worklist says, one set of identifiers throughout.
#include "harness/service/modality_objects.hpp"

#include <gtest/gtest.h>

#include <set>

#include "harness/service/store.hpp"
#include "harness/service/synthetic_schedule.hpp"
#include "harness/service/worklist.hpp"

namespace assay::service {
namespace {

struct Source {
  int made = 0;
  ObjectSource source;
  explicit Source(const dataset::DataSet& item) {
    source.item = &item;
    source.station_name = "CT1";
    source.date = "20260705";
    source.time = "093000";
    source.step_id = "PPS1";
    source.step_uid = "2.25.42";
    source.new_uid = [this] { return "2.25.1000" + std::to_string(++made); };
  }
};

TEST(SyntheticSchedule, Has_what_a_worklist_has_to_have) {
  const auto items = synthetic_schedule("20260705");
  EXPECT_EQ(items.size(), 12U);
  std::set<std::string> modalities;
  for (const auto& item : items) {
    EXPECT_TRUE(missing_in_worklist_item(item).empty());
    modalities.emplace(item.items(tags::ScheduledProcedureStepSequence)[0].text(tags::Modality));
  }
  for (const auto modality : made_modalities()) EXPECT_TRUE(modalities.contains(std::string(modality))) << modality;
}

TEST(ModalityObjects, Patient_request_and_study_come_unchanged_from_the_worklist) {
  for (const auto& item : synthetic_schedule("20260705")) {
    Source from(item);
    const auto step = item.items(tags::ScheduledProcedureStepSequence)[0];
    std::set<std::string> uids;
    const auto all = make_objects(from.source);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().instances.back().text(tags::Modality), step.text(tags::Modality));
    for (const auto& series : all) {
      ASSERT_EQ(series.instances.size(), series.performed.instances.size());
      for (std::size_t i = 0; i < series.instances.size(); ++i) {
        const auto& object = series.instances[i];
        for (const auto tag : {tags::PatientName, tags::PatientID, tags::PatientBirthDate, tags::PatientSex,
                               tags::AccessionNumber, tags::StudyInstanceUID, tags::SpecificCharacterSet})
          EXPECT_EQ(object.text(tag), item.text(tag)) << to_string(tag);
        EXPECT_EQ(object.text(tags::StudyID), item.text(tags::RequestedProcedureID));
        EXPECT_EQ(object.text(tags::SeriesInstanceUID), series.performed.uid);
        EXPECT_EQ(object.text(tags::SOPInstanceUID), series.performed.instances[i].sop_instance_uid);
        EXPECT_EQ(object.text(tags::SOPClassUID), series.performed.instances[i].sop_class_uid);
        EXPECT_TRUE(uids.emplace(object.text(tags::SOPInstanceUID)).second);
        const bool document = object.text(tags::Modality) == "SR";
        const auto request = object.items(document ? tags::ReferencedRequestSequence : tags::RequestAttributesSequence);
        ASSERT_EQ(request.size(), 1U);
        EXPECT_EQ(request[0].text(tags::RequestedProcedureID), item.text(tags::RequestedProcedureID));
        if (!document) {
          EXPECT_EQ(request[0].text(tags::ScheduledProcedureStepID), step.text(tags::ScheduledProcedureStepID));
        }
        const auto performed = object.items(tags::ReferencedPerformedProcedureStepSequence);
        ASSERT_EQ(performed.size(), 1U);
        EXPECT_EQ(performed[0].text(tags::ReferencedSOPInstanceUID), "2.25.42");
        EXPECT_TRUE(make_instance(object, uids::ExplicitVRLittleEndian));
      }
    }
  }
}

TEST(ModalityObjects, A_modality_that_is_not_made_becomes_a_capture) {
  auto item = synthetic_schedule("20260705")[0];
  dataset::DataSet step(dataset::explicit_le);
  step.set_text(tags::Modality, "PT");
  item.set_sequence(tags::ScheduledProcedureStepSequence, {step});
  Source from(item);
  const auto all = make_objects(from.source);
  EXPECT_EQ(all[0].instances[0].text(tags::SOPClassUID), uids::SecondaryCaptureImageStorage);
}

TEST(ModalityObjects, A_poor_worklist_item_still_gives_whole_objects) {
  dataset::DataSet item(dataset::explicit_le);
  item.set_text(tags::StudyInstanceUID, "2.25.7");
  Source from(item);
  from.source.step_id.clear();
  from.source.step_uid.clear();
  const auto all = make_objects(from.source);
  const auto& object = all[0].instances[0];
  EXPECT_TRUE(object.has(tags::PatientName));
  EXPECT_FALSE(object.has(tags::RequestAttributesSequence));
  EXPECT_FALSE(object.has(tags::ReferencedPerformedProcedureStepSequence));
  EXPECT_FALSE(all[0].performed.protocol.empty());
}

}  // namespace
}  // namespace assay::service
