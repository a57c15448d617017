// Synthetic composite objects as a modality makes them for a scheduled procedure step: the patient, the request and the
// study come unchanged from the worklist item (PS3.3 C.7, C.7.3; PS3.4 K.6), the rest is small and right by its IOD.
// Deterministic but for the UIDs. Tests: tests/unit/service/modality_objects_test.cpp, tests/interop/modality_test.py
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/service/mpps_user.hpp"

namespace assay::service {

struct ObjectSource {
  const dataset::DataSet* item = nullptr;  // as the worklist answered it
  std::string station_name;
  std::string date;           // DA of the acquisition
  std::string time;           // TM
  std::string step_id;        // Performed Procedure Step ID; empty: none is told of
  std::string step_uid;       // SOP Instance UID of the MPPS; empty: there is none
  std::size_t instances = 3;  // of a series of slices
  std::function<std::string()> new_uid;
};

struct MadeSeries {
  PerformedSeries performed;  // as the N-SET reports it
  std::vector<dataset::DataSet> instances;
};

/// The series of a step by the modality it is scheduled for; of one we do not make, a secondary capture. Never empty.
std::vector<MadeSeries> make_objects(const ObjectSource& source);

/// Modalities that are made as what they are: "CT", "MR", ...
std::vector<std::string_view> made_modalities();

}  // namespace assay::service
