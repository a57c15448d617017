// Objects of C-STOREs held to their IOD where they pass: rule, side, PDU, byte and tag path of what each lacks, once
// for each object or each kind; the objects that scenarios send lack nothing.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "conformance/rules/objects.hpp"
#include "conversation.hpp"
#include "harness/scenario/builder.hpp"

namespace assay::test {
namespace {

using conformance::ObjectsJudged;
using trace::Severity;

dataset::DataSet synthetic(std::string_view kind, std::string_view instance = instance_uid, std::uint64_t seed = 1) {
  scenario::UidSource uids(seed);
  return scenario::synthetic_image(kind, 512, dataset::explicit_le, instance, uids);
}

/// Stores the objects one after the other. `relayed`: as the sub-operations of somebody's C-MOVE.
Conversation stores(const std::vector<dataset::DataSet>& objects, bool relayed = false) {
  Conversation talk;
  auto rq = associate_rq();
  auto ac = associate_ac();
  const auto syntax = uids::ExplicitVRLittleEndian;
  std::uint8_t id = 21;
  std::map<std::string, std::uint8_t, std::less<>> contexts{{std::string(uids::CTImageStorage), context::store}};
  std::vector<std::string> classes{"1.2.840.10008.5.1.4.1.1.88.11"};
  for (const auto* kind : {"MR", "US", "CR", "SC"}) classes.emplace_back(scenario::synthetic_sop_class(kind));
  for (const auto& sop_class : classes) {
    rq.items.insert(rq.items.end() - 1, proposal(id, sop_class, {syntax, uids::ImplicitVRLittleEndian}));
    ac.items.insert(ac.items.end() - 1, answer(id, 0, syntax));
    contexts.emplace(sop_class, id);
    id = static_cast<std::uint8_t>(id + 2);
  }
  talk.associate(rq, ac);
  std::uint16_t number = 0;
  for (const auto& object : objects) {
    const auto sop_class = std::string(object.text(tags::SOPClassUID));
    auto command = dimse::c_store_rq(++number, sop_class, object.text(tags::SOPInstanceUID));
    if (relayed) {
      command.elements().set_text(tags::MoveOriginatorApplicationEntityTitle, "VIEWER");
      command.elements().set_u16(tags::MoveOriginatorMessageID, 7);
    }
    talk.send(Side::requestor, message(contexts.at(sop_class), command, encoded(object)));
    talk.send(Side::acceptor, message(contexts.at(sop_class), dimse::response_to(command, 0)));
  }
  talk.release();
  return talk;
}

trace::Trace judged(const Conversation& talk, ObjectsJudged which, observe::Options options = {}) {
  observe::Observer observer(conformance::standard_rules(which), options);
  Instant now;
  observer.opened(now);
  for (const auto& step : talk.steps()) {
    now = now + std::chrono::milliseconds(1);
    if (step.kind == Conversation::Step::Kind::bytes) observer.bytes(step.side, step.bytes, now);
    if (step.kind == Conversation::Step::Kind::close) observer.closed(step.side, step.how, now);
  }
  observer.finish(now);
  return observer.trace();
}

std::string lines(const trace::Trace& trace) {
  std::string text;
  for (const auto& finding : trace.findings) text += to_line(finding) + '\n';
  return text;
}

TEST(Objects, That_scenarios_send_lack_nothing) {
  std::vector<dataset::DataSet> all;
  for (const auto* kind : {"CT", "MR", "US", "CR", "SC"}) {
    for (const auto bytes : {1U, 512U, 100'000U}) {
      scenario::UidSource uids(all.size());
      const auto instance = uids.next();
      all.push_back(scenario::synthetic_image(kind, bytes, dataset::explicit_le, instance, uids));
    }
  }
  const auto trace = judged(stores(all), ObjectsJudged::each);
  EXPECT_TRUE(trace.findings.empty()) << lines(trace);
}

TEST(Objects, Are_told_with_side_PDU_byte_and_path) {
  auto object = synthetic("CT");
  object.set_text(tags::PatientSex, "MALE");
  const auto bytes = encoded(object);
  const auto trace = judged(stores({object}), ObjectsJudged::each);
  ASSERT_EQ(trace.findings.size(), 1U) << lines(trace);
  const auto& finding = trace.findings.front();
  EXPECT_EQ(finding.rule, "ps3.5/6.3/enumerated-value");
  EXPECT_EQ(finding.severity, Severity::error);
  EXPECT_EQ(finding.side, Side::requestor);
  EXPECT_EQ(finding.field, "(0010,0040)");
  EXPECT_EQ(finding.pdu_number, 4U);  // behind the association and the command
  EXPECT_FALSE(finding.advice.empty());
  std::uint64_t begin = 0;
  for (const auto& entry : trace.entries) {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen != nullptr && seen->number == 4) begin = seen->offset;
  }
  const auto decoded = dataset::decode(bytes, dataset::explicit_le);
  constexpr std::size_t heads = 12;  // of PDU, PDV and message control
  EXPECT_EQ(finding.offset, begin + heads + decoded.data_set.find(tags::PatientSex)->offset);
}

TEST(Objects, That_nest_deeper_than_is_read_are_nobodys_fault) {
  const auto object = synthetic("CT");
  auto bytes = encoded(object);
  for (std::size_t depth = 0; depth < limits::max_nesting_depth + 6; ++depth)  // Digital Signatures Sequences
    append(bytes, Bytes{0xfa, 0xff, 0xfa, 0xff, 'S',  'Q',  0,    0,    0xff, 0xff,
                        0xff, 0xff, 0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff});
  Conversation talk;
  auto rq = associate_rq();
  auto ac = associate_ac();
  rq.items.insert(rq.items.end() - 1, proposal(21, uids::CTImageStorage, {uids::ExplicitVRLittleEndian}));
  ac.items.insert(ac.items.end() - 1, answer(21, 0, uids::ExplicitVRLittleEndian));
  talk.associate(rq, ac);
  const auto command = dimse::c_store_rq(1, uids::CTImageStorage, instance_uid);
  talk.send(Side::requestor, message(21, command, bytes));
  talk.send(Side::acceptor, message(21, dimse::response_to(command, 0)));
  talk.release();
  const auto trace = judged(talk, ObjectsJudged::none);
  ASSERT_EQ(trace.findings.size(), 1U) << lines(trace);
  EXPECT_EQ(trace.findings.front().rule, "limits/nesting");
  EXPECT_EQ(trace.findings.front().severity, Severity::note);
  EXPECT_FALSE(trace.findings.front().advice.empty());
}

/// A basic text report with one text in it, in this relationship.
dataset::DataSet report(std::string_view relationship) {
  dataset::DataSet item;
  item.set_text(tags::RelationshipType, relationship);
  item.set_text(tags::ValueType, "TEXT");
  item.set_text(tags::TextValue, "A shadow");
  dataset::DataSet out;
  out.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.88.11");
  out.set_text(tags::SOPInstanceUID, instance_uid);
  out.set_text(tags::ValueType, "CONTAINER");
  out.set_text(tags::ContinuityOfContent, "SEPARATE");
  out.set_sequence(tags::ContentSequence, std::vector<dataset::DataSet>{item});
  return out;
}

TEST(Objects, Reports_are_held_to_the_relationships_of_their_IOD) {
  const auto told = [](std::string_view relationship) {
    std::set<std::string> fields;
    const auto trace = judged(stores({report(relationship)}), ObjectsJudged::each);
    for (const auto& finding : trace.findings) {
      if (finding.rule.starts_with("ps3.3/A.35") || finding.rule.starts_with("ps3.3/C.17.3"))
        fields.insert(finding.field);
    }
    return fields;
  };
  EXPECT_EQ(told("CONTAINS"), std::set<std::string>{});
  EXPECT_EQ(told("INFERRED FROM"), std::set<std::string>{"(0040,A730)[1]/(0040,A010)"});
}

TEST(Objects, Are_told_where_what_is_missing_would_stand) {
  auto object = synthetic("CT");
  object.erase(tags::PatientID);
  auto trace = judged(stores({object}), ObjectsJudged::each);
  ASSERT_EQ(trace.findings.size(), 1U) << lines(trace);
  EXPECT_EQ(trace.findings[0].rule, "ps3.5/7.4.3/type-2-missing");
  EXPECT_EQ(trace.findings[0].field, "(0010,0020)");
  object = synthetic("CT");
  object.erase(tags::PixelData);
  trace = judged(stores({object}), ObjectsJudged::each);
  ASSERT_EQ(trace.findings.size(), 1U) << lines(trace);
  EXPECT_EQ(trace.findings[0].field, "(7FE0,0010)");
  EXPECT_EQ(trace.findings[0].pdu_number, 4U);  // at the last byte of the Data Set
}

TEST(Objects, Are_told_once_each_or_once_a_kind) {
  std::vector<dataset::DataSet> series;
  for (const auto* uid : {"1.2.3.1", "1.2.3.2", "1.2.3.3"}) {
    series.push_back(synthetic("CT", uid));
    series.back().erase(tags::KVP);
    series.back().set_text(tags::InstanceNumber, std::to_string(series.size()));
  }
  EXPECT_EQ(judged(stores(series), ObjectsJudged::each).findings.size(), 3U);
  EXPECT_EQ(judged(stores(series), ObjectsJudged::new_kinds).findings.size(), 1U);
  EXPECT_EQ(judged(stores(series), ObjectsJudged::none).findings.size(), 0U);
  series[2].erase(tags::AcquisitionNumber);  // another kind: lacks two
  EXPECT_EQ(judged(stores(series), ObjectsJudged::new_kinds).findings.size(), 3U);
}

TEST(Objects, Passed_on_are_told_without_blame) {
  auto object = synthetic("CT");
  object.erase(tags::PatientID);
  const auto trace = judged(stores({object}, true), ObjectsJudged::each);
  ASSERT_EQ(trace.findings.size(), 1U) << lines(trace);
  EXPECT_EQ(trace.findings[0].severity, Severity::note);
}

TEST(Objects, Of_a_scenario_that_provokes_are_nobodys_fault) {
  auto object = synthetic("CT");
  object.erase(tags::PatientID);
  observe::Options options;
  options.ours = Side::requestor;
  observe::Observer observer(conformance::standard_rules(ObjectsJudged::each), options);
  observer.opened({});
  observer.provoke(true);
  Instant now;
  for (const auto& step : stores({object}).steps()) {
    now = now + std::chrono::milliseconds(1);
    if (step.kind == Conversation::Step::Kind::bytes) observer.bytes(step.side, step.bytes, now);
  }
  ASSERT_EQ(observer.trace().findings.size(), 1U);
  EXPECT_TRUE(observer.trace().findings[0].provoked);
}

TEST(KindOfObject, Changes_with_what_an_IOD_asks_about_and_not_with_names_dates_and_numbers) {
  const auto first = synthetic("CT");
  const auto kind = conformance::kind_of(first);
  auto same = synthetic("CT", "1.2.3.4.99", 77);
  same.set_text(tags::PatientName, "Somebody^Else");
  same.set_text(tags::StudyDate, "20260304");
  same.set_text(tags::InstanceNumber, "12");
  same.set_text(tags::SliceThickness, "2.5");
  EXPECT_EQ(conformance::kind_of(same), kind);
  const auto differs = [&](auto change) {
    auto other = synthetic("CT");
    change(other);
    return conformance::kind_of(other) != kind;
  };
  EXPECT_TRUE(differs([](auto& o) { o.erase(tags::KVP); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_text(tags::PatientID, ""); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_text(tags::ImageType, "DERIVED\\SECONDARY"); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_text(tags::RescaleSlope, "0"); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_text(tags::PixelSpacing, "1"); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_u16(tags::BitsStored, 12); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_text(tags::SOPClassUID, uids::MRImageStorage); }));
  EXPECT_TRUE(differs([](auto& o) { o.set_text(tags::ImageComments, "more"); }));
}

}  // namespace
}  // namespace assay::test
