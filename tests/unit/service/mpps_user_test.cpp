// What a modality reports, held against what an SCP asks for.
#include "harness/service/mpps_user.hpp"

#include <gtest/gtest.h>

#include "harness/service/synthetic_schedule.hpp"

namespace assay::service {
namespace {

StepStart start() { return {"PPS1", "CT1", "CT1", "", "20260705", "0900"}; }

TEST(MppsUser, Every_scheduled_step_begins_as_the_table_wants) {
  for (const auto& item : synthetic_schedule("20260705")) {
    const auto list = start_of_step(item, start());
    const auto fault = fault_at_creation(list);
    EXPECT_FALSE(fault) << fault->comment;
    EXPECT_EQ(list.text(tags::PatientName), item.text(tags::PatientName));
    EXPECT_EQ(list.text(tags::SpecificCharacterSet), item.text(tags::SpecificCharacterSet));
    const auto scheduled = list.items(tags::ScheduledStepAttributesSequence);
    ASSERT_EQ(scheduled.size(), 1U);
    EXPECT_EQ(scheduled[0].text(tags::StudyInstanceUID), item.text(tags::StudyInstanceUID));
    EXPECT_EQ(scheduled[0].text(tags::AccessionNumber), item.text(tags::AccessionNumber));
    const auto step = item.items(tags::ScheduledProcedureStepSequence)[0];
    EXPECT_EQ(scheduled[0].text(tags::ScheduledProcedureStepID), step.text(tags::ScheduledProcedureStepID));
    EXPECT_EQ(list.text(tags::Modality), step.text(tags::Modality));
    EXPECT_EQ(list.items(tags::ProcedureCodeSequence).size(), 1U);
  }
}

TEST(MppsUser, It_ends_as_the_table_wants_with_images_and_others_apart) {
  const auto step = start_of_step(synthetic_schedule("20260705")[0], start());
  PerformedSeries series;
  series.uid = "2.25.8";
  series.protocol = "HEAD";
  series.instances = {{std::string(uids::CTImageStorage), "2.25.9"}, {"1.2.840.10008.5.1.4.1.1.88.11", "2.25.10"}};
  for (const auto state : {StepState::completed, StepState::discontinued}) {
    const auto change = change_of_step(state, "20260705", "0930", {series});
    EXPECT_FALSE(fault_in_change(change));
    auto ended = step;
    for (const auto tag : {tags::PerformedProcedureStepEndDate, tags::PerformedProcedureStepEndTime})
      ended.set_text(tag, change.text(tag));
    EXPECT_TRUE(fault_at_the_end(ended)) << "no series yet";
    const auto one = change.items(tags::PerformedSeriesSequence)[0];
    EXPECT_EQ(one.items(tags::ReferencedImageSequence).size(), 1U);
    EXPECT_EQ(one.items(tags::ReferencedNonImageCompositeSOPInstanceSequence)[0].text(tags::ReferencedSOPInstanceUID),
              "2.25.10");
  }
  const auto running = change_of_step(StepState::in_progress, "20260705", "0930", {});
  EXPECT_FALSE(running.has(tags::PerformedProcedureStepEndDate));
  EXPECT_FALSE(running.has(tags::PerformedSeriesSequence));
}

TEST(MppsUser, Images_are_told_from_other_objects) {
  EXPECT_TRUE(is_image_class(uids::CTImageStorage));
  EXPECT_TRUE(is_image_class("1.2.840.10008.5.1.4.1.1.3.1"));
  EXPECT_FALSE(is_image_class("1.2.840.10008.5.1.4.1.1.104.1")) << "encapsulated PDF";
  EXPECT_FALSE(is_image_class("1.2.840.10008.5.1.4.1.1.11.1")) << "presentation state";
  EXPECT_FALSE(is_image_class("1.2.840.10008.5.1.4.1.1.9.1.1")) << "ECG";
}

}  // namespace
}  // namespace assay::service
