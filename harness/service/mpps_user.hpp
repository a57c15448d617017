// What a modality says about its performed procedure steps: the Attribute List of the N-CREATE and the Modification
// List of the N-SET (PS3.4 Table F.7.2-1), from the worklist item it works on. Tests:
// tests/unit/service/mpps_user_test.cpp
#pragma once

#include <string>
#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/service/mpps_attributes.hpp"

namespace assay::service {

struct StepStart {
  std::string id;  // Performed Procedure Step ID
  std::string station_ae_title;
  std::string station_name;
  std::string modality;  // empty: that of the scheduled step
  std::string date;      // DA
  std::string time;      // TM
};

/// `item` is an answer of a worklist; with an empty one the step is unscheduled, and its Study Instance UID has to be
/// there all the same.
dataset::DataSet start_of_step(const dataset::DataSet& item, const StepStart& start);

struct PerformedInstance {
  std::string sop_class_uid;
  std::string sop_instance_uid;
};
struct PerformedSeries {
  std::string uid;
  std::string protocol;
  std::string description;
  std::string retrieve_ae_title;
  std::string performing_physician;
  std::string operators;
  std::string character_set;  // of the names
  std::vector<PerformedInstance> instances;
};

/// Whether a SOP Class is listed in Referenced Image Sequence, and not among the non-image instances (PS3.3 C.4.15).
bool is_image_class(std::string_view sop_class_uid);

/// A step that is still IN PROGRESS has no end.
dataset::DataSet change_of_step(StepState state, std::string_view date, std::string_view time,
                                const std::vector<PerformedSeries>& series);

}  // namespace assay::service
