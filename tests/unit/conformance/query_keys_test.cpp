// Keys of Query/Retrieve Identifiers, row by row of the tables of PS3.4 C.6: values at their own level, unique keys
// above, one item in a sequence; UIDs and no patterns where objects are asked to be sent.
#include <gtest/gtest.h>

#include <algorithm>

#include "agreement.hpp"
#include "conformance/rules/service_tables.hpp"
#include "service_data.hpp"

namespace assay::test {
namespace {

using conformance::Need;
using conformance::ServiceTable;
using dataset::DataSet;

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr auto implicit = uids::ImplicitVRLittleEndian;

std::string_view text_of(Tag tag) {
  switch (dict::implicit_vr(tag)) {
    case Vr::UI: return "1.2.3";
    case Vr::DA: return "20240105";
    case Vr::TM: return "081500";
    case Vr::AS: return "030Y";
    default: return "1";
  }
}

struct ModelLevel {
  std::string_view name;
  std::string_view model;
  std::string_view level;
  std::vector<ServiceTable> tables;  // of all levels of the model, from the top
  std::size_t own;
};

const std::vector<ModelLevel>& model_levels() {
  constexpr auto patient = "1.2.840.10008.5.1.4.1.2.1.1";
  constexpr auto study = "1.2.840.10008.5.1.4.1.2.2.1";
  static const std::vector<ServiceTable> of_patient{ServiceTable::patient_keys, ServiceTable::study_keys,
                                                    ServiceTable::series_keys, ServiceTable::image_keys};
  static const std::vector<ServiceTable> of_study{ServiceTable::study_root_keys, ServiceTable::series_keys,
                                                  ServiceTable::image_keys};
  static const std::vector<ModelLevel> all{{"Patient", patient, "PATIENT", of_patient, 0},
                                           {"PatientStudy", patient, "STUDY", of_patient, 1},
                                           {"PatientSeries", patient, "SERIES", of_patient, 2},
                                           {"PatientImage", patient, "IMAGE", of_patient, 3},
                                           {"Study", study, "STUDY", of_study, 0},
                                           {"StudySeries", study, "SERIES", of_study, 1},
                                           {"StudyImage", study, "IMAGE", of_study, 2}};
  return all;
}

/// The unique keys down to the level, and `more`.
trace::Trace asked(const ModelLevel& at, const std::function<void(DataSet&)>& more) {
  DataSet query(dataset::implicit_le);
  query.set_text(tags::QueryRetrieveLevel, at.level);
  for (std::size_t i = 0; i <= at.own; ++i)
    for (const auto& row : conformance::rows_of(at.tables[i]))
      if (row.need == Need::unique) query.set_text(row.tag, text_of(row.tag));
  more(query);
  const auto rq = dimse::c_find_rq(1, at.model);
  return Talk({{at.model, {implicit}}}).say(R, 1, rq, query).answer(1, rq).release().observe();
}

TEST(QueryKeys, Have_values_at_their_own_level_and_above_only_when_unique) {
  for (const auto& at : model_levels()) {
    for (std::size_t level = 0; level < at.tables.size(); ++level) {
      for (const auto& row : conformance::rows_of(at.tables[level])) {
        if (row.depth != 0 || dict::implicit_vr(row.tag) == Vr::SQ) continue;
        const bool own = conformance::find_row(conformance::rows_of(at.tables[at.own]), row.tag) != nullptr;
        const bool right = own || (row.need == Need::unique && level < at.own);
        const auto trace = asked(at, [&](DataSet& query) {
          if (dict::implicit_vr(row.tag) == Vr::US)
            query.set_u16(row.tag, 1);
          else
            query.set_text(row.tag, text_of(row.tag));
        });
        const auto what = std::string(at.name) + ": " + conformance::label(row.tag);
        ASSERT_EQ(trace.findings.size(), right ? 0U : 1U) << what;
        if (right) continue;
        EXPECT_EQ(trace.findings[0].rule, "ps3.4/C.4.1.2/key-of-other-level") << what;
        EXPECT_EQ(trace.findings[0].field, conformance::label(row.tag)) << what;
        EXPECT_TRUE(asked(at, [&](DataSet& query) { query.set_empty(row.tag); }).findings.empty()) << what;
      }
    }
  }
}

TEST(QueryKeys, That_are_sequences_have_one_item) {
  const auto& study = model_levels()[4];
  for (const auto items : {0U, 1U, 2U}) {
    const auto trace = asked(study, [&](DataSet& query) {
      query.set_sequence(tags::ProcedureCodeSequence, std::vector<DataSet>(items, data_of({{tags::CodeValue, ""}})));
    });
    ASSERT_EQ(trace.findings.size(), items == 2 ? 1U : 0U);
    if (items == 2) {
      EXPECT_EQ(trace.findings[0].rule, "ps3.4/C.2.2.2.6/sequence-items");
    }
  }
}

TEST(RetrieveKeys, Are_UIDs_and_no_patterns) {
  constexpr std::string_view move = "1.2.840.10008.5.1.4.1.2.2.2";
  const auto moved = [&](std::string_view uids) {
    const auto rq = dimse::c_move_rq(1, move, "VIEWER");
    auto identifier = data_of({{tags::QueryRetrieveLevel, "STUDY"}, {tags::StudyInstanceUID, uids}});
    const auto answer = counted(dimse::response_to(rq, 0), {}, 0);
    return Talk({{move, {implicit}}}).say(R, 1, rq, identifier).say(A, 1, answer).release().observe().findings;
  };
  EXPECT_TRUE(moved("1.2.3").empty());
  EXPECT_TRUE(moved("1.2.3\\1.2.4").empty());
  for (const auto* pattern : {"1.2.*", "*", "1.2.3?"}) {
    const auto findings = moved(pattern);
    EXPECT_TRUE(std::ranges::any_of(findings, [](const auto& one) { return one.rule == "ps3.4/C.4.2.2/unique-key"; }))
        << pattern;
  }
}

}  // namespace
}  // namespace assay::test
