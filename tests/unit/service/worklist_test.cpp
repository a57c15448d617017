// The Modality Worklist SCP: keys, matching, return keys, statuses, edits between and during queries.
#include "harness/service/worklist.hpp"

#include <gtest/gtest.h>

#include <set>

#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

using dataset::DataSet;

struct Step {
  std::string id;
  std::string modality;
  std::string station;
  std::string date;
  std::string time;
  std::string name = "DOE^JANE";
  std::string patient = "P1";
};

DataSet scheduled(const Step& s, std::string_view character_set = {}) {
  DataSet step(dataset::explicit_le);
  step.set_text(tags::Modality, s.modality);
  step.set_text(tags::ScheduledStationAETitle, s.station);
  step.set_text(tags::ScheduledProcedureStepStartDate, s.date);
  step.set_text(tags::ScheduledProcedureStepStartTime, s.time);
  step.set_text(tags::ScheduledPerformingPhysicianName, "DOC^" + s.modality);
  step.set_text(tags::ScheduledProcedureStepID, s.id);
  DataSet item(dataset::explicit_le);
  if (!character_set.empty()) item.set_text(tags::SpecificCharacterSet, character_set);
  item.set_text(tags::PatientName, s.name);
  item.set_text(tags::PatientID, s.patient);
  item.set_text(tags::StudyInstanceUID, "2.25.1" + s.id);
  item.set_text(tags::RequestedProcedureID, "R" + s.id);
  item.set_text(tags::AccessionNumber, "A" + s.id);
  item.set_sequence(tags::ScheduledProcedureStepSequence, {step});
  return item;
}

std::vector<DataSet> day() {
  return {scheduled({"1", "CT", "CT1", "20260705", "0900"}),
          scheduled({"2", "CT", "CT2", "20260705", "1100", "DOE^JOHN", "P2"}),
          scheduled({"3", "MR", "MR1", "20260706", "0900", "ROE^RITA", "P3"}),
          scheduled({"4", "US", "US1", "20260707", "1700", "doe^jim", "P4"}),
          scheduled({"5", "CR", "CR1", "20260707", "1900", "M\xFCller^Eva", "P5"}, "ISO_IR 100")};
}

DataSet keys(const std::vector<std::pair<Tag, std::string>>& of_step,
             const std::vector<std::pair<Tag, std::string>>& others = {}) {
  DataSet step(dataset::explicit_le);
  for (const auto& [tag, value] : of_step) step.set_text(tag, value);
  DataSet out(dataset::explicit_le);
  for (const auto& [tag, value] : others) out.set_text(tag, value);
  out.set_sequence(tags::ScheduledProcedureStepSequence, {step});
  return out;
}

std::string found(const DataSet& identifier) {
  const auto query = WorklistQuery::parse(identifier);
  if (!query) return "refused";
  std::string out;
  for (const auto& item : day())
    if (query->matches(item)) out += item.text(tags::AccessionNumber);
  return out;
}

TEST(Worklist, Required_keys_match_as_the_table_says) {
  using namespace tags;
  EXPECT_EQ(found(keys({})), "A1A2A3A4A5");
  EXPECT_EQ(found(keys({{Modality, "CT"}})), "A1A2");
  EXPECT_EQ(found(keys({{ScheduledStationAETitle, "CT2"}})), "A2");
  EXPECT_EQ(found(keys({{Modality, "CT"}, {ScheduledStationAETitle, "MR1"}})), "") << "both in one item";
  EXPECT_EQ(found(keys({{ScheduledProcedureStepStartDate, "20260705"}})), "A1A2");
  EXPECT_EQ(found(keys({{ScheduledProcedureStepStartDate, "20260706-"}})), "A3A4A5");
  EXPECT_EQ(found(keys({{ScheduledProcedureStepStartDate, "20260705-20260706"}})), "A1A2A3");
  EXPECT_EQ(found(keys({{ScheduledProcedureStepStartTime, "0900-1200"}})), "A1A2A3");
  EXPECT_EQ(found(keys({{ScheduledPerformingPhysicianName, "doc^m*"}})), "A3");
  EXPECT_EQ(found(keys({}, {{PatientName, "DOE*"}})), "A1A2A4");
  EXPECT_EQ(found(keys({}, {{PatientID, "P3"}})), "A3");
  EXPECT_EQ(found(keys({}, {{PatientID, "p3"}})), "") << "case counts everywhere but in names";
  EXPECT_EQ(found(keys({}, {{StudyInstanceUID, "2.25.11\\2.25.14"}})), "A1A4");
}

TEST(Worklist, Date_and_time_ranges_together_are_one_period) {
  using namespace tags;
  const auto in = [](const std::string& dates, const std::string& times) {
    return found(keys({{ScheduledProcedureStepStartDate, dates}, {ScheduledProcedureStepStartTime, times}}));
  };
  EXPECT_EQ(in("20260705-20260707", "1000-1800"), "A2A3A4") << "July 5, 10:00 to July 7, 18:00";
  EXPECT_EQ(in("20260705-20260707", "10:00-18:00"), "A2A3A4");
  EXPECT_EQ(in("20260705-", "1000-"), "A2A3A4A5");
  EXPECT_EQ(in("-20260707", "-1800"), "A1A2A3A4");
  EXPECT_EQ(in("20260705-20260706", "-0900"), "A1A2A3");
  EXPECT_EQ(in("20260705", "1000-1800"), "A2") << "a single day is no range: each key on its own";
  EXPECT_EQ(in("20260705-20260707", "0900"), "A1A3");
}

TEST(Worklist, Names_in_other_character_sets_are_found) {
  auto identifier = keys({}, {{tags::PatientName, "M\xC3\xBCller*"}});
  identifier.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  EXPECT_EQ(found(identifier), "A5");
}

TEST(Worklist, A_response_has_every_key_asked_for_and_no_other) {
  using namespace tags;
  auto identifier = keys({{Modality, "CR"}, {ScheduledStationName, ""}}, {{PatientName, ""}, {PatientWeight, ""}});
  identifier.set_sequence(RequestedProcedureCodeSequence, {});
  const auto query = WorklistQuery::parse(identifier);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->pending_status(), 0xff00);
  const auto out = query->response(day()[4]);
  std::set<Tag> there;
  for (const auto* node : out.root().elements()) there.insert(node->tag);
  EXPECT_EQ(there, (std::set<Tag>{SpecificCharacterSet, PatientName, PatientWeight, RequestedProcedureCodeSequence,
                                  ScheduledProcedureStepSequence}));
  EXPECT_EQ(out.text(SpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(out.find(RequestedProcedureCodeSequence)->vr, Vr::SQ);
  const auto steps = out.items(ScheduledProcedureStepSequence);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].text(Modality), "CR");
  EXPECT_TRUE(steps[0].has(ScheduledStationName));
  EXPECT_FALSE(steps[0].has(ScheduledProcedureStepID));
  EXPECT_FALSE(query->response(day()[0]).has(SpecificCharacterSet)) << "nothing there needs it";

  // Without an item in the key the whole step comes back (PS3.4 K.2.2.1.2).
  DataSet whole(dataset::explicit_le);
  whole.set_sequence(ScheduledProcedureStepSequence, {});
  EXPECT_EQ(WorklistQuery::parse(whole)->response(day()[0]).items(ScheduledProcedureStepSequence)[0].elements().size(),
            6U);
}

TEST(Worklist, Keys_that_are_not_supported_are_told) {
  auto identifier = keys({});
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_bytes(Tag(0x0009, 0x1001), Vr::LO, as_bytes("x "));
  const auto query = WorklistQuery::parse(identifier);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->pending_status(), 0xff01);
  EXPECT_EQ(query->unsupported(), (std::vector<Tag>{tags::QueryRetrieveLevel, Tag(0x0009, 0x1001)}));
  EXPECT_TRUE(query->matches(day()[0])) << "they do not narrow";
  EXPECT_FALSE(query->response(day()[0]).has(tags::QueryRetrieveLevel));
}

TEST(Worklist, Wrong_identifiers_are_refused) {
  DataSet two(dataset::explicit_le);
  two.set_sequence(tags::ScheduledProcedureStepSequence,
                   {DataSet(dataset::explicit_le), DataSet(dataset::explicit_le)});
  EXPECT_EQ(WorklistQuery::parse(two).error().status, 0xa900);
  EXPECT_EQ(WorklistQuery::parse(two).error().offending, tags::ScheduledProcedureStepSequence);
  EXPECT_EQ(WorklistQuery::parse(DataSet(dataset::explicit_le)).error().status, 0xa900);
  const Bytes cut{0x10, 0x00, 0x20, 0x00, 'L', 'O', 0x10, 0x00, 'x'};
  EXPECT_EQ(WorklistQuery::parse(cut, uids::ExplicitVRLittleEndian).error().status, 0xc000);
}

TEST(Worklist, Items_without_a_mandatory_value_are_named) {
  EXPECT_TRUE(missing_in_worklist_item(day()[0]).empty());
  auto item = day()[0];
  item.set_text(tags::PatientID, "");
  item.erase(tags::StudyInstanceUID);
  EXPECT_EQ(missing_in_worklist_item(item), (std::vector<Tag>{tags::StudyInstanceUID, tags::PatientID}));
  item = day()[0];
  item.set_sequence(tags::ScheduledProcedureStepSequence, {});
  EXPECT_EQ(missing_in_worklist_item(item), (std::vector<Tag>{tags::ScheduledProcedureStepSequence}));
}

TEST(Worklist, Items_can_be_changed) {
  Worklist list(day());
  const auto third = list.find("2.25.13", "3");
  ASSERT_TRUE(third);
  EXPECT_FALSE(list.find("2.25.13", "4"));
  auto changed = *third;
  changed.set_text(tags::PatientName, "NEW^NAME");
  EXPECT_TRUE(list.replace(third, changed));
  EXPECT_FALSE(list.replace(third, changed)) << "it is not there any more";
  EXPECT_EQ(list.find("2.25.13", "3")->text(tags::PatientName), "NEW^NAME");
  EXPECT_TRUE(list.remove(list.find("2.25.13", "3")));
  EXPECT_FALSE(list.remove(third));
  list.add(day()[0]);
  EXPECT_EQ(list.size(), 5U);
}

// The whole operation -------------------------------------------------------------------------------------------------
session::AcceptedContext context() {
  return {1, std::string(uids::ModalityWorklistInformationModelFind), std::string(uids::ImplicitVRLittleEndian), true,
          false};
}

struct Bench {
  Worklist list{day()};
  Provider provider;
  FindUser user{context()};
  explicit Bench(WorklistOptions options = {})
      : provider(AssociationView{{{1, context()}}, "CT1", "RIS", {}},
                 {std::make_shared<WorklistService>(list, options)}) {}
  /// Statuses of all responses, each judged as SCU.
  std::vector<std::uint16_t> drain() {
    std::vector<std::uint16_t> out;
    while (!provider.idle()) {
      const auto response = provider.next_message();
      if (!response) continue;
      EXPECT_TRUE(dimse::decode_command(encode(response->command)).problems.empty());
      EXPECT_TRUE(
          dimse::is_allowed_status(*response->command.field(), context().abstract_syntax, *response->command.status()));
      const auto step = user.consume(*response);
      if (step.status != 0xa700 && step.status != 0xa900) {
        EXPECT_EQ(step.why, "");
      }
      out.push_back(step.status);
    }
    return out;
  }
};

TEST(WorklistService, Every_match_is_pending_and_then_comes_success) {
  Bench bench;
  bench.provider.receive(bench.user.request(1, keys({{tags::Modality, "CT"}})));
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0xff00, 0xff00, 0x0000}));
}

TEST(WorklistService, A_query_goes_on_over_what_was_there_when_it_began) {
  Bench bench;
  bench.provider.receive(bench.user.request(1, keys({})));
  bench.user.consume(*bench.provider.next_message());
  while (bench.list.size() != 0) bench.list.remove(bench.list.items()->front());
  EXPECT_EQ(bench.drain().size(), 5U);
  bench.provider.receive(bench.user.request(2, keys({})));
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0x0000}));
}

TEST(WorklistService, A_cancel_ends_it) {
  Bench bench;
  bench.provider.receive(bench.user.request(1, keys({})));
  bench.user.consume(*bench.provider.next_message());
  bench.provider.receive(bench.user.cancel());
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0xfe00}));
}

TEST(WorklistService, Work_comes_in_slices) {
  WorklistOptions options;
  options.max_candidates_per_call = 2;
  Bench bench(options);
  bench.provider.receive(bench.user.request(1, keys({{tags::Modality, "CR"}})));
  EXPECT_FALSE(bench.provider.next_message());
  EXPECT_FALSE(bench.provider.next_message());
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0xff00, 0x0000}));
}

TEST(WorklistService, More_than_the_limit_is_refused_before_the_first) {
  WorklistOptions options;
  options.max_matches = 2;
  Bench bench(options);
  bench.provider.receive(bench.user.request(1, keys({})));
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0xa700}));
  bench.provider.receive(bench.user.request(2, keys({{tags::Modality, "CT"}})));
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0xff00, 0xff00, 0x0000}));
}

TEST(WorklistService, A_long_schedule_is_narrowed_by_date) {
  std::vector<DataSet> months;
  for (int i = 0; i < 2000; ++i)
    months.push_back(scheduled({std::to_string(i), "CT", "CT1", std::to_string(20260101 + i % 28), "0900"}));
  Bench bench;
  bench.list = Worklist(std::move(months));
  bench.provider.receive(
      bench.user.request(1, keys({{tags::ScheduledProcedureStepStartDate, "20260103"}, {tags::Modality, "CT"}})));
  const auto statuses = bench.drain();
  EXPECT_EQ(statuses.size(), 73U) << "72 items of that day, and the end";
  EXPECT_EQ(statuses.back(), 0x0000);
}

TEST(WorklistService, Any_identifier_gets_an_end) {
  Bench bench;
  auto identifier = keys({{tags::Modality, "CT"}}, {{tags::PatientName, "D*"}});
  const auto whole = bench.user.request(1, identifier);
  for (std::size_t length = 0; length <= whole.data_set.size(); ++length) {
    auto cut = whole;
    cut.data_set.resize(length);
    cut.data_set_length = length;
    bench.provider.receive(cut);
    std::uint16_t last = 0xff00;
    while (!bench.provider.idle())
      if (const auto response = bench.provider.next_message()) last = *response->command.status();
    EXPECT_TRUE(last == 0x0000 || last == 0xa900 || last == 0xc000) << length;
  }
}

TEST(WorklistService, A_request_without_identifier_is_refused) {
  Bench bench;
  auto request = bench.user.request(1, keys({}));
  request.command.elements().set_u16(tags::CommandDataSetType, dimse::no_data_set);
  request.data_set.clear();
  request.data_set_length = 0;
  bench.provider.receive(request);
  EXPECT_EQ(bench.drain(), (std::vector<std::uint16_t>{0xa900}));
}

TEST(WorklistService, The_table_has_every_level_once) {
  std::set<Tag> seen;
  std::size_t required = 0;
  for (const auto& key : worklist_keys()) {
    EXPECT_TRUE(seen.insert(key.tag).second) << to_string(key.tag);
    required += key.required ? 1 : 0;
  }
  EXPECT_EQ(required, 7U) << "station, date, time, modality, physician, name, ID (PS3.4 Table K.6-1)";
}

}  // namespace
}  // namespace assay::service
