// The synthetic schedule. Tests: tests/unit/service/worklist_test.cpp
#include "harness/service/synthetic_schedule.hpp"

#include <fmt/format.h>

namespace assay::service {

namespace {

struct Patient {
  int number;
  std::string_view character_set, name, id, birth_date, sex;
};
#define ASSAY_STUDY(...)
#define ASSAY_SERIES(...)
#define ASSAY_PATIENT(...) {__VA_ARGS__},
constexpr Patient patients[] = {
#include "harness/service/synthetic_table.inc"
};
#undef ASSAY_PATIENT
#undef ASSAY_STUDY
#undef ASSAY_SERIES

struct Scheduled {
  int number;
  int patient;
  std::string_view modality, station, time, body_part, description, code;
};
constexpr Scheduled all[] = {
#define ASSAY_SCHEDULED(...) {__VA_ARGS__},
#include "harness/service/synthetic_schedule.inc"
#undef ASSAY_SCHEDULED
};

dataset::DataSet code(std::string_view value, std::string_view meaning) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::CodeValue, value);
  out.set_text(tags::CodingSchemeDesignator, "99ASSAY");
  out.set_text(tags::CodeMeaning, meaning);
  return out;
}

dataset::DataSet step(const Scheduled& s, std::string_view day) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::Modality, s.modality);
  out.set_text(tags::ScheduledStationAETitle, s.station);
  out.set_text(tags::ScheduledProcedureStepStartDate, day);
  out.set_text(tags::ScheduledProcedureStepStartTime, s.time);
  out.set_text(tags::ScheduledPerformingPhysicianName, "PERFORMER^PAT");
  out.set_text(tags::ScheduledProcedureStepDescription, s.description);
  out.set_sequence(tags::ScheduledProtocolCodeSequence, {code(s.code, s.description)});
  out.set_text(tags::ScheduledProcedureStepID, fmt::format("SPS{:03}", s.number));
  out.set_text(tags::ScheduledStationName, s.station);
  out.set_text(tags::ScheduledProcedureStepLocation, fmt::format("ROOM {}", s.number));
  out.set_text(tags::ScheduledProcedureStepStatus, "SCHEDULED");
  return out;
}

}  // namespace

std::vector<dataset::DataSet> synthetic_schedule(std::string_view day) {
  std::vector<dataset::DataSet> out;
  for (const auto& s : all) {
    const auto& patient = patients[s.patient - 1];
    auto& item = out.emplace_back(dataset::explicit_le);
    if (!patient.character_set.empty()) item.set_text(tags::SpecificCharacterSet, patient.character_set);
    item.set_text(tags::AccessionNumber, fmt::format("W{:04}", 1000 + s.number));
    item.set_text(tags::ReferringPhysicianName, "REFERRER^RITA");
    item.set_text(tags::PatientName, patient.name);
    item.set_text(tags::PatientID, patient.id);
    item.set_text(tags::PatientBirthDate, patient.birth_date);
    item.set_text(tags::PatientSex, patient.sex);
    item.set_text(tags::PatientWeight, fmt::format("{}", 60 + s.patient));
    // 2.25 and a number below 2^128 that no UUID generator makes, other than those of the synthetic studies.
    item.set_text(tags::StudyInstanceUID, fmt::format("2.25.314159265358979{}{:03}", day, 500 + s.number));
    item.set_text(tags::RequestingPhysician, "REQUESTER^RON");
    item.set_text(tags::RequestedProcedureDescription, s.description);
    item.set_sequence(tags::RequestedProcedureCodeSequence, {code(s.code, s.description)});
    item.set_text(tags::RequestedProcedureID, fmt::format("RP{:03}", s.number));
    item.set_text(tags::RequestedProcedurePriority, "ROUTINE");
    item.set_sequence(tags::ScheduledProcedureStepSequence, {step(s, day)});
  }
  return out;
}

}  // namespace assay::service
