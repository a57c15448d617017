// The MPPS SCP: state machine, attributes by PS3.4 Table F.7.2-1, statuses, retrieval, edits.
#include "harness/service/mpps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

using dataset::DataSet;
using dimse::CommandField;
using testing::ElementsAre;

session::AcceptedContext context(std::uint8_t id = 1) {
  const auto sop_class = id == 1 ? uids::ModalityPerformedProcedureStep : uids::ModalityPerformedProcedureStepRetrieve;
  const auto syntax = id == 1 ? uids::ImplicitVRLittleEndian : uids::ExplicitVRBigEndian;
  return {id, std::string(sop_class), std::string(syntax), true, false};
}

/// The least that F.7.2-1 lets an N-CREATE bring.
DataSet started() {
  DataSet scheduled(dataset::explicit_le);
  scheduled.set_text(tags::StudyInstanceUID, "2.25.7");
  for (const auto& rule : step_item_attributes())
    if (rule.sequence == tags::ScheduledStepAttributesSequence && !scheduled.has(rule.tag))
      scheduled.set_empty(rule.tag);
  DataSet out(dataset::explicit_le);
  for (const auto& one : step_attributes())
    if (one.at_creation != StepType::three) out.set_empty(one.tag);
  out.set_sequence(tags::ScheduledStepAttributesSequence, {scheduled});
  out.set_text(tags::PatientName, "DOE^JANE");
  out.set_text(tags::PerformedProcedureStepID, "PPS1");
  out.set_text(tags::PerformedStationAETitle, "CT1");
  out.set_text(tags::PerformedProcedureStepStartDate, "20260705");
  out.set_text(tags::PerformedProcedureStepStartTime, "0900");
  out.set_text(tags::PerformedProcedureStepStatus, "IN PROGRESS");
  out.set_text(tags::Modality, "CT");
  return out;
}

DataSet series() {
  DataSet out(dataset::explicit_le);
  for (const auto& rule : step_item_attributes())
    if (rule.sequence == tags::PerformedSeriesSequence) out.set_empty(rule.tag);
  out.set_text(tags::ProtocolName, "HEAD");
  out.set_text(tags::SeriesInstanceUID, "2.25.8");
  return out;
}

DataSet ended(std::string_view state = "COMPLETED") {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::PerformedProcedureStepStatus, state);
  out.set_text(tags::PerformedProcedureStepEndDate, "20260705");
  out.set_text(tags::PerformedProcedureStepEndTime, "0930");
  out.set_sequence(tags::PerformedSeriesSequence, {series()});
  return out;
}

std::string state_text(const PerformedSteps& steps, std::string_view uid) {
  return std::string(steps.find(uid)->text(tags::PerformedProcedureStepStatus));
}

struct Bench {
  PerformedSteps steps;
  std::vector<std::string> changes;
  Provider provider;
  std::uint16_t message_id = 0;
  dimse::Message answered;

  explicit Bench(MppsOptions options = {})
      : provider(AssociationView{{{1, context(1)}, {3, context(3)}}, "CT1", "RIS", {}},
                 {std::make_shared<MppsService>(steps, std::move(options))}) {
    steps.on_change = [this](const StepChange& c) {
      changes.push_back(c.sop_instance_uid + " " + (c.before ? std::string(name(*c.before)) : "-") + " > " +
                        std::string(name(c.after)) + " by " + c.who);
    };
  }
  std::uint16_t ask(CommandField field, const std::string& uid, const DataSet* data_set, std::uint8_t on = 1,
                    std::vector<Tag> list = {}) {
    NormalizedUser user(context(on), field);
    auto request = user.request(++message_id, {{}, uid, 0}, data_set);
    if (!list.empty()) {
      Bytes bytes;
      for (const auto tag : list) {
        store(bytes, tag.group, Endian::little);
        store(bytes, tag.element, Endian::little);
      }
      request.command.elements().set_bytes(tags::AttributeIdentifierList, Vr::AT, bytes);
    }
    provider.receive(std::move(request));
    answered = *provider.next_message();
    EXPECT_TRUE(provider.idle());
    const auto step = user.consume(answered);
    EXPECT_EQ(step.kind, UserStep::Kind::final);
    const auto decoded = dimse::decode_command(encode(answered.command));
    EXPECT_TRUE(decoded.problems.empty()) << decoded.problems[0].rule << " " << decoded.problems[0].field;
    EXPECT_TRUE(dimse::is_allowed_status(*answered.command.field(), context(on).abstract_syntax, step.status))
        << step.status;
    return step.status;
  }
  std::uint16_t create(const std::string& uid, const DataSet& list) {
    return ask(CommandField::n_create_rq, uid, &list);
  }
  std::uint16_t set(const std::string& uid, const DataSet& list) { return ask(CommandField::n_set_rq, uid, &list); }
  [[nodiscard]] std::vector<std::uint16_t> blamed() const {
    std::vector<std::uint16_t> out;
    const auto* node = answered.command.elements().find(tags::AttributeIdentifierList);
    for (std::size_t i = 0; node != nullptr && i < node->value.size(); i += 4)
      out.push_back(load<std::uint16_t>(node->value.data() + i + 2, Endian::little));
    return out;
  }
};

TEST(Mpps, A_step_is_created_changed_and_completed) {
  Bench bench;
  EXPECT_EQ(bench.create("2.25.1", started()), 0x0000);
  DataSet more(dataset::explicit_le);
  more.set_text(tags::PerformedProcedureStepDescription, "HEAD");
  EXPECT_EQ(bench.set("2.25.1", more), 0x0000);
  EXPECT_EQ(bench.set("2.25.1", ended()), 0x0000);
  EXPECT_THAT(bench.changes, ElementsAre("2.25.1 - > IN PROGRESS by CT1", "2.25.1 IN PROGRESS > IN PROGRESS by CT1",
                                         "2.25.1 IN PROGRESS > COMPLETED by CT1"));
  const auto step = bench.steps.find("2.25.1");
  EXPECT_EQ(step->text(tags::PerformedProcedureStepDescription), "HEAD");
  EXPECT_EQ(step->text(tags::PatientName), "DOE^JANE");
  EXPECT_EQ(step->items(tags::PerformedSeriesSequence)[0].text(tags::SeriesInstanceUID), "2.25.8");
}

TEST(Mpps, A_final_state_is_final) {
  for (const std::string state : {"COMPLETED", "DISCONTINUED"}) {
    Bench bench;
    bench.create("2.25.1", started());
    EXPECT_EQ(bench.set("2.25.1", ended(state)), 0x0000);
    const auto before = bench.steps.find("2.25.1");
    for (const auto& again : {ended(), ended("DISCONTINUED"), ended("IN PROGRESS"), DataSet(dataset::explicit_le)}) {
      EXPECT_EQ(bench.set("2.25.1", again), 0x0110);
      EXPECT_EQ(bench.answered.command.elements().u16(tags::ErrorID), 0xa710);
      EXPECT_EQ(bench.answered.command.elements().text(tags::ErrorComment),
                "Performed Procedure Step Object may no longer be updated");
    }
    EXPECT_EQ(bench.steps.find("2.25.1"), before);
  }
}

TEST(Mpps, Every_mandatory_attribute_is_missed_at_creation) {
  std::size_t rules = 0;
  for (const auto& one : step_attributes()) {
    if (one.at_creation == StepType::three) continue;
    ++rules;
    Bench bench;
    auto list = started();
    list.erase(one.tag);
    EXPECT_EQ(bench.create("2.25.1", list), 0x0120) << to_string(one.tag);
    EXPECT_THAT(bench.blamed(), ElementsAre(one.tag.element));
    list.set_empty(one.tag);
    if (one.at_creation == StepType::one) {
      EXPECT_EQ(bench.create("2.25.1", list), 0x0121) << to_string(one.tag);
      EXPECT_THAT(bench.blamed(), ElementsAre(one.tag.element));
    } else {
      EXPECT_EQ(bench.create("2.25.1", list), 0x0000) << to_string(one.tag);
    }
  }
  EXPECT_EQ(rules, 22U);
}

TEST(Mpps, Every_mandatory_attribute_of_an_item_is_missed) {
  for (const auto& rule : step_item_attributes()) {
    auto item = rule.sequence == tags::PerformedSeriesSequence ? series() : DataSet(dataset::explicit_le);
    if (rule.sequence == tags::ScheduledStepAttributesSequence) {
      for (const auto& other : step_item_attributes())
        if (other.sequence == rule.sequence) item.set_empty(other.tag);
      item.set_text(tags::StudyInstanceUID, "2.25.7");
    }
    auto without = item;
    without.erase(rule.tag);
    auto empty = item;
    empty.set_empty(rule.tag);
    const bool one = rule.type == StepType::one;
    auto list = started();
    list.set_sequence(rule.sequence, {item, without});
    EXPECT_EQ(Bench().create("2.25.1", list), 0x0120) << to_string(rule.tag);
    list.set_sequence(rule.sequence, {empty});
    EXPECT_EQ(Bench().create("2.25.1", list), one ? 0x0121 : 0) << to_string(rule.tag);
    list.set_sequence(rule.sequence, {item});
    EXPECT_EQ(Bench().create("2.25.1", list), 0) << to_string(rule.tag);
  }
}

TEST(Mpps, A_step_is_created_in_progress_or_not_at_all) {
  for (const std::string state : {"COMPLETED", "DISCONTINUED", "RUNNING", "in progress"}) {
    Bench bench;
    auto list = started();
    list.set_text(tags::PerformedProcedureStepStatus, state);
    EXPECT_EQ(bench.create("2.25.1", list), 0x0106) << state;
    EXPECT_TRUE(bench.steps.all().empty());
  }
}

TEST(Mpps, Impossible_dates_are_invalid_values) {
  auto list = started();
  list.set_text(tags::PerformedProcedureStepStartDate, "20260230");
  EXPECT_EQ(Bench().create("2.25.1", list), 0x0106);
  Bench bench;
  bench.create("2.25.1", started());
  auto end = ended();
  end.set_text(tags::PerformedProcedureStepEndTime, "2560");
  EXPECT_EQ(bench.set("2.25.1", end), 0x0106);
  EXPECT_THAT(bench.blamed(), ElementsAre(tags::PerformedProcedureStepEndTime.element));
}

TEST(Mpps, Duplicates_and_unknown_instances_are_told) {
  Bench bench;
  EXPECT_EQ(bench.set("2.25.1", ended()), 0x0112);
  EXPECT_EQ(bench.create("2.25.1", started()), 0x0000);
  EXPECT_EQ(bench.create("2.25.1", started()), 0x0111);
  EXPECT_EQ(bench.create("not a uid", started()), 0x0117);
  EXPECT_EQ(bench.steps.all().size(), 1U);
}

TEST(Mpps, Without_a_UID_the_SCP_chooses_one) {
  Bench bench;
  EXPECT_EQ(bench.create("", started()), 0x0000);
  const std::string first(bench.answered.command.elements().text(tags::AffectedSOPInstanceUID));
  EXPECT_TRUE(bench.steps.find(first)) << first;
  EXPECT_EQ(bench.create("", started()), 0x0000);
  EXPECT_EQ(bench.steps.all().size(), 2U);
  EXPECT_EQ(bench.set(first, ended()), 0x0000);
}

TEST(Mpps, What_the_table_forbids_is_not_set) {
  for (const auto& one : step_attributes()) {
    Bench bench;
    bench.create("2.25.1", started());
    auto list = ended();
    if (!list.has(one.tag)) list.set_empty(one.tag);
    EXPECT_EQ(bench.set("2.25.1", list), one.settable ? 0x0000 : 0x0105) << to_string(one.tag);
    if (!one.settable) {
      EXPECT_THAT(bench.blamed(), ElementsAre(one.tag.element));
    }
  }
  Bench bench;
  bench.create("2.25.1", started());
  EXPECT_EQ(bench.set("2.25.1", ended("DONE")), 0x0106);
  EXPECT_EQ(state_text(bench.steps, "2.25.1"), "IN PROGRESS");
}

TEST(Mpps, A_final_state_wants_what_the_table_wants) {
  for (const auto tag :
       {tags::PerformedProcedureStepEndDate, tags::PerformedProcedureStepEndTime, tags::PerformedSeriesSequence}) {
    for (const std::string state : {"COMPLETED", "DISCONTINUED"}) {
      Bench bench;
      bench.create("2.25.1", started());
      auto list = ended(state);
      list.erase(tag);
      EXPECT_EQ(bench.set("2.25.1", list), 0x0121) << to_string(tag);
      EXPECT_THAT(bench.blamed(), ElementsAre(tag.element));
      EXPECT_EQ(state_text(bench.steps, "2.25.1"), "IN PROGRESS") << "nothing of it is kept";
      EXPECT_EQ(bench.set("2.25.1", ended(state)), 0x0000);
    }
  }
}

TEST(Mpps, Attributes_that_were_not_created_may_be_refused) {
  DataSet comment(dataset::explicit_le);
  comment.set_text(tags::CommentsOnThePerformedProcedureStep, "none");
  Bench lenient;
  lenient.create("2.25.1", started());
  EXPECT_EQ(lenient.set("2.25.1", comment), 0x0000);
  MppsOptions options;
  options.created_attributes_only = true;
  Bench strict(options);
  strict.create("2.25.1", started());
  EXPECT_EQ(strict.set("2.25.1", comment), 0x0105);
  EXPECT_EQ(strict.set("2.25.1", ended()), 0x0000);
}

TEST(Mpps, What_cannot_be_kept_is_not_acknowledged) {
  Bench bench;
  bench.steps.keep = [](const StepChange& change) -> std::expected<void, std::string> {
    if (change.after == StepState::completed) return std::unexpected("disk full");
    return {};
  };
  EXPECT_EQ(bench.create("2.25.1", started()), 0x0000);
  EXPECT_EQ(bench.set("2.25.1", ended()), 0x0110);
  EXPECT_FALSE(bench.answered.command.elements().u16(tags::ErrorID)) << "it may be tried again";
  EXPECT_EQ(state_text(bench.steps, "2.25.1"), "IN PROGRESS");
  EXPECT_EQ(bench.set("2.25.1", ended("DISCONTINUED")), 0x0000);
}

TEST(Mpps, There_is_a_limit) {
  Bench bench;
  bench.steps.max_steps = 1;
  EXPECT_EQ(bench.create("2.25.1", started()), 0x0000);
  EXPECT_EQ(bench.create("2.25.2", started()), 0x0213);
  Bench small;
  small.steps.max_bytes = 1;
  EXPECT_EQ(small.create("2.25.1", started()), 0x0000);
  EXPECT_EQ(small.create("2.25.3", started()), 0x0213);
  EXPECT_TRUE(small.steps.erase("2.25.1"));
  EXPECT_EQ(small.create("2.25.3", started()), 0x0000);
}

TEST(Mpps, The_SCP_may_edit_what_it_has) {
  Bench bench;
  bench.create("2.25.1", started());
  auto edited = *bench.steps.find("2.25.1");
  edited.set_text(tags::PerformedProcedureStepStatus, "DISCONTINUED");
  EXPECT_TRUE(bench.steps.put("2.25.1", edited));
  EXPECT_EQ(bench.changes.back(), "2.25.1 IN PROGRESS > DISCONTINUED by ");
  EXPECT_EQ(bench.set("2.25.1", ended()), 0x0110);
  EXPECT_TRUE(bench.steps.erase("2.25.1"));
  EXPECT_EQ(bench.set("2.25.1", ended()), 0x0112);
}

TEST(Mpps, Get_brings_all_or_what_was_asked_for) {
  Bench bench;
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, "2.25.1", nullptr, 3), 0x0112);
  bench.create("2.25.1", started());
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, "2.25.1", nullptr, 3), 0x0000);
  const auto read = [&] { return dataset::decode_owned(bench.answered.data_set, dataset::explicit_be).data_set; };
  EXPECT_TRUE(read().equal_in_value(*bench.steps.find("2.25.1")));
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, "2.25.1", nullptr, 3, {tags::Modality}), 0x0000);
  EXPECT_EQ(read().nodes().size(), 1U);
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, "2.25.1", nullptr, 3, {tags::Modality, tags::Rows}), 0x0001);
  EXPECT_THAT(bench.blamed(), ElementsAre(tags::Rows.element));
  EXPECT_EQ(read().text(tags::Modality), "CT");
}

TEST(Mpps, Each_SOP_class_has_its_operations) {
  Bench bench;
  bench.create("2.25.1", started());
  EXPECT_EQ(bench.ask(CommandField::n_get_rq, "2.25.1", nullptr, 1), 0x0211);
  const auto list = ended();
  EXPECT_EQ(bench.ask(CommandField::n_set_rq, "2.25.1", &list, 3), 0x0211);
  EXPECT_EQ(bench.ask(CommandField::n_delete_rq, "2.25.1", nullptr, 1), 0x0211);
}

TEST(Mpps, Character_sets_of_creation_and_change_are_combined) {
  Bench bench;
  auto list = started();
  list.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  list.set_text(tags::PatientName, "M\xFCller");
  ASSERT_EQ(bench.create("2.25.1", list), 0);
  DataSet more(dataset::explicit_le);
  more.set_text(tags::SpecificCharacterSet, "ISO_IR 144");
  more.set_text(tags::PerformedProcedureStepDescription, "\xB3\xDB");  // two Cyrillic letters
  ASSERT_EQ(bench.set("2.25.1", more), 0);
  const auto step = bench.steps.find("2.25.1");
  EXPECT_EQ(step->text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(step->text(tags::PatientName), "M\xC3\xBCller");
  EXPECT_EQ(step->text(tags::PerformedProcedureStepDescription), "\xD0\x93\xD0\xBB");
}

TEST(Mpps, Hostile_data_sets_are_refused) {
  Bench bench;
  NormalizedUser user(context(), CommandField::n_create_rq);
  const auto list = started();
  const auto whole = user.request(1, {{}, "2.25.1", 0}, &list);
  for (std::size_t length = 0; length < whole.data_set.size(); length += 7) {
    auto cut = whole;
    cut.data_set.resize(length);
    cut.data_set_length = length;
    bench.provider.receive(cut);
    EXPECT_NE(bench.provider.next_message()->command.status(), 0) << length;
  }
  EXPECT_TRUE(bench.steps.all().empty());
}

}  // namespace
}  // namespace assay::service
