// The tables of PS3.4, row by row: a Data Set that has all of a table is not told of; with one row absent or without a
// value it is told of once, by the rule, on the side and at the element, where its type asks for that, and not
// elsewhere.
#include "conformance/rules/service_tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "agreement.hpp"
#include "service_data.hpp"

namespace assay::test {
namespace {

using conformance::Need;
using conformance::ServiceRow;
using conformance::ServiceTable;
using dataset::DataSet;
using dimse::CommandField;

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr auto implicit = uids::ImplicitVRLittleEndian;

enum class Break : std::uint8_t { nothing, absent, empty };

std::string_view text_of(Tag tag) {
  if (tag == tags::PerformedProcedureStepStatus) return "IN PROGRESS";
  if (tag == tags::ImageDisplayFormat) return "STANDARD\\1,1";
  if (tag == tags::ReferencedSOPClassUID) return uids::CTImageStorage;
  if (tag == tags::PhotometricInterpretation) return "MONOCHROME2";
  if (tag == tags::InstanceAvailability) return "ONLINE";
  if (tag == tags::PixelAspectRatio) return "1\\1";
  switch (dict::implicit_vr(tag)) {
    case Vr::UI: return "1.2.3";
    case Vr::DA: return "20240105";
    case Vr::TM: return "081500";
    case Vr::DT: return "20240105081500";
    case Vr::DS:
    case Vr::IS: return "1";
    default: return "ISO_IR 100";
  }
}

void set_number(DataSet& data, Tag tag) {
  if (tag == tags::FailureReason) return data.set_u16(tag, 0x0112);
  const bool bits = tag == tags::BitsAllocated || tag == tags::BitsStored;
  data.set_u16(tag, bits ? 8 : tag == tags::HighBit ? 7 : tag == tags::PixelRepresentation ? 0 : 1);
}

/// All that the rows ask for, with one row broken; `blank`: every element without a value, as a query has it.
DataSet whole(std::span<const ServiceRow> rows, const ServiceRow* broken = nullptr, Break how = Break::nothing,
              bool blank = false) {
  DataSet out(dataset::implicit_le);
  for (const auto& row : rows) {
    if (row.depth != rows.front().depth || row.need == Need::not_allowed) continue;
    const bool here = &row == broken;
    if (here && how == Break::absent) continue;
    const auto vr = dict::implicit_vr(row.tag);
    if (vr == Vr::SQ) {
      const auto inner = conformance::rows_inside(rows, row.tag);
      std::vector<DataSet> items;
      if (!here && !inner.empty()) items.push_back(whole(inner, broken, how, blank));
      out.set_sequence(row.tag, items);
    } else if (here || blank) {
      out.set_empty(row.tag);
    } else if (row.tag == tags::PixelData) {
      out.set_bytes(row.tag, Vr::OW, Bytes{1, 0});
    } else if (vr == Vr::US) {
      set_number(out, row.tag);
    } else {
      out.set_text(row.tag, text_of(row.tag));
    }
  }
  return out;
}

/// A table and a conversation in which one message carries its Data Set.
struct Held {
  std::string_view name;
  ServiceTable table;
  Side side;
  std::string_view rule;
  std::string_view inside;  // of items, when it is another one
  Conversation (*say)(const DataSet& data);
  bool of_what_is_there = false;
  struct Special {
    Tag tag;
    Break how;
    std::string_view rule;  // empty: nothing is told
    std::uint8_t depth = 0;
  };
  std::vector<Special> special;
};

void PrintTo(const Held& held, std::ostream* out) { *out << held.name; }

dimse::CommandSet step_rq(CommandField field, std::uint16_t id) {
  return normalized(field, id, performed_step_uid, "1.2.3.7", true);
}

Conversation create_step(const DataSet& data) {
  const auto rq = step_rq(CommandField::n_create_rq, 1);
  return Talk({{performed_step_uid, {implicit}}}).say(R, 1, rq, data).answer(1, rq).release();
}

Conversation set_step(const DataSet& data) {
  const auto create = step_rq(CommandField::n_create_rq, 1);
  const auto set = step_rq(CommandField::n_set_rq, 2);
  Talk talk({{performed_step_uid, {implicit}}});
  talk.say(R, 1, create, step_created()).answer(1, create);
  return talk.say(R, 1, set, data).answer(1, set).release();
}

/// The elements of an item that has no sequences.
DataSet copy_of(const dataset::Level& item) {
  DataSet out(dataset::implicit_le);
  for (const auto* node : item.elements()) out.set_bytes(node->tag, dict::implicit_vr(node->tag), node->value);
  return out;
}

/// The table of the final state says nothing of the objects of a series, that of the N-SET does.
Conversation end_step(const DataSet& data) {
  auto end = data;
  end.set_text(tags::PerformedProcedureStepStatus, "COMPLETED");
  if (const auto items = data.items(tags::PerformedSeriesSequence); !items.empty()) {
    auto series = copy_of(items.front());
    series.set_sequence(tags::ReferencedImageSequence, {});
    series.set_sequence(tags::ReferencedNonImageCompositeSOPInstanceSequence, {});
    end.set_sequence(tags::PerformedSeriesSequence, {series});
  }
  return set_step(end);
}

Conversation retrieve_step(const DataSet& data) {
  const auto rq = normalized(CommandField::n_get_rq, 1, step_retrieve_uid, "1.2.3.7");
  return Talk({{step_retrieve_uid, {implicit}}}).say(R, 1, rq).say(A, 1, dimse::response_to(rq, 0), data).release();
}

Conversation ask_commitment(const DataSet& data) {
  const auto rq = normalized(CommandField::n_action_rq, 1, commitment_uid, commitment_instance, true, 1);
  return Talk({{commitment_uid, {implicit}}}).say(R, 1, rq, data).answer(1, rq).release();
}

Conversation report(const DataSet& data, std::uint16_t type) {
  const auto rq = normalized(CommandField::n_event_report_rq, 1, commitment_uid, commitment_instance, true, type);
  return Talk({{commitment_uid, {implicit}}}).say(A, 1, rq, data).answer(1, rq).release();
}

/// A failed instance is another one than a committed one.
Conversation report_failures(const DataSet& data) {
  auto items = data.items(tags::FailedSOPSequence);
  auto out = data;
  if (!items.empty() && items.front().text(tags::ReferencedSOPInstanceUID) == "1.2.3") {
    auto failed = reference(items.front().text(tags::ReferencedSOPClassUID), "1.2.3.99");
    if (!items.front().has(tags::ReferencedSOPClassUID)) failed.erase(tags::ReferencedSOPClassUID);
    if (const auto* reason = items.front().find(tags::FailureReason); reason != nullptr)
      failed.set_bytes(tags::FailureReason, Vr::US, reason->value);
    out.set_sequence(tags::FailedSOPSequence, {failed});
  }
  return report(out, 2);
}

/// A film of one box; `box` null: without it.
Conversation film(const DataSet& request, const DataSet& response, const DataSet* box, std::string_view box_class) {
  const bool gray = box_class == gray_box_uid;
  Talk talk({{gray ? gray_print_uid : std::string_view("1.2.840.10008.5.1.1.18"), {implicit}}});
  const auto session = normalized(CommandField::n_create_rq, 1, film_session_uid, "1.2.3");
  talk.say(R, 1, session).answer(1, session);
  const auto create = normalized(CommandField::n_create_rq, 2, film_box_uid, "1.2.3.9", true);
  talk.say(R, 1, create, request).say(A, 1, dimse::response_to(create, 0), response);
  if (box != nullptr) {
    const auto set = normalized(CommandField::n_set_rq, 3, box_class, "1.2.3", true);
    talk.say(R, 1, set, *box).answer(1, set);
  }
  return talk.release();
}

DataSet right(ServiceTable table) { return whole(conformance::rows_of(table)); }

Conversation create_film(const DataSet& data) {
  return film(data, right(ServiceTable::film_box_created), nullptr, gray_box_uid);
}
Conversation film_created(const DataSet& data) {
  return film(right(ServiceTable::film_box_create), data, nullptr, gray_box_uid);
}
Conversation set_gray(const DataSet& data) {
  return film(right(ServiceTable::film_box_create), right(ServiceTable::film_box_created), &data, gray_box_uid);
}
Conversation set_color(const DataSet& data) {
  auto image = data;
  auto items = data.items(tags::BasicColorImageSequence);
  if (!items.empty()) {
    auto picture = copy_of(items.front());
    if (items.front().u16(tags::SamplesPerPixel)) picture.set_u16(tags::SamplesPerPixel, 3);
    if (!items.front().text(tags::PhotometricInterpretation).empty())
      picture.set_text(tags::PhotometricInterpretation, "RGB");
    if (const auto* pixels = picture.find(tags::PixelData); pixels != nullptr && !pixels->value.empty())
      picture.set_bytes(tags::PixelData, Vr::OW, Bytes{1, 2, 3, 0});
    image.set_sequence(tags::BasicColorImageSequence, {picture});
  }
  return film(right(ServiceTable::film_box_create), right(ServiceTable::film_box_created), &image,
              "1.2.840.10008.5.1.1.4.1");
}

Conversation printer_says(const DataSet& data, std::string_view sop_class, std::string_view instance) {
  const auto rq = normalized(CommandField::n_event_report_rq, 1, sop_class, instance, true, 2);
  auto said = data;
  said.set_text(tags::PrinterName, "FILM1");
  return Talk({{gray_print_uid, {implicit}}, {sop_class, {implicit}}}).say(A, 3, rq, said).answer(3, rq).release();
}

Conversation notify(const DataSet& data) {
  constexpr std::string_view notification = "1.2.840.10008.5.1.4.33";
  const auto rq = normalized(CommandField::n_create_rq, 1, notification, "1.2.3.7", true);
  return Talk({{notification, {implicit}}}).say(R, 1, rq, data).answer(1, rq).release();
}

Conversation match(const DataSet& data) {
  const auto rq = dimse::c_find_rq(1, worklist_uid);
  const auto query = whole(conformance::rows_of(ServiceTable::worklist_match), nullptr, Break::nothing, true);
  Talk talk({{worklist_uid, {implicit}}});
  talk.say(R, 1, rq, query).say(A, 1, dimse::response_to(rq, 0xff00), data);
  return talk.say(A, 1, dimse::response_to(rq, 0)).release();
}

const std::vector<Held>& all_held() {
  constexpr auto series = "ps3.4/F.7.2.2/series-attribute-missing";
  constexpr auto print = "ps3.4/H.4/attribute-missing";
  static const std::vector<Held> all{
      {"StepCreate", ServiceTable::step_create, R, "ps3.4/F.7.2.1/attribute-missing", {}, create_step, false, {}},
      {"StepSet", ServiceTable::step_set, R, "ps3.4/F.7.2.2/attribute-missing", {}, set_step, false, {}},
      {"StepEnd", ServiceTable::step_end, R, "ps3.4/F.7.2.2/final-attribute-missing", series, end_step, false, {}},
      {"StepRetrieved",
       ServiceTable::step_retrieved,
       A,
       "ps3.4/F.8.2.1/attribute-missing",
       {},
       retrieve_step,
       true,
       {}},
      {"CommitmentRequest",
       ServiceTable::commitment_request,
       R,
       "ps3.4/J.3/attribute-missing",
       {},
       ask_commitment,
       false,
       {}},
      {"CommitmentSuccess",
       ServiceTable::commitment_success,
       A,
       "ps3.4/J.3/attribute-missing",
       {},
       [](const DataSet& data) { return report(data, 1); },
       false,
       {}},
      {"CommitmentFailures",
       ServiceTable::commitment_failures,
       A,
       "ps3.4/J.3/attribute-missing",
       {},
       report_failures,
       false,
       {{tags::FailedSOPSequence, Break::absent, "ps3.4/J.3.3/type-against-failures"},
        {tags::FailedSOPSequence, Break::empty, "ps3.4/J.3.3/type-against-failures"}}},
      {"FilmBoxCreate", ServiceTable::film_box_create, R, print, {}, create_film, false, {}},
      {"FilmBoxCreated",
       ServiceTable::film_box_created,
       A,
       "ps3.4/H.4.2/image-boxes-missing",
       {},
       film_created,
       false,
       {}},
      {"GrayImageBox",
       ServiceTable::gray_image_box,
       R,
       print,
       {},
       set_gray,
       false,
       {{tags::BasicGrayscaleImageSequence, Break::empty, ""}}},
      {"ColorImageBox",
       ServiceTable::color_image_box,
       R,
       print,
       {},
       set_color,
       false,
       {{tags::BasicColorImageSequence, Break::empty, ""}}},
      {"AnnotationBox",
       ServiceTable::annotation_box,
       R,
       print,
       {},
       [](const DataSet& data) {
         const auto rq = normalized(CommandField::n_set_rq, 1, "1.2.840.10008.5.1.1.15", "1.2.3.9.7", true);
         auto said = data;
         said.set_text(tags::TextString, "HEAD");
         return Talk({{gray_print_uid, {implicit}}, {"1.2.840.10008.5.1.1.15", {implicit}}})
             .say(R, 3, rq, said)
             .answer(3, rq)
             .release();
       },
       false,
       {}},
      {"PrintJobEvent",
       ServiceTable::print_job_event,
       A,
       "ps3.4/H.4/event-incomplete",
       {},
       [](const DataSet& data) { return printer_says(data, "1.2.840.10008.5.1.1.14", "1.2.3.9.8"); },
       false,
       {}},
      {"PrinterEvent",
       ServiceTable::printer_event,
       A,
       "ps3.4/H.4/event-incomplete",
       {},
       [](const DataSet& data) { return printer_says(data, printer_uid, printer_instance); },
       false,
       {}},
      {"Availability", ServiceTable::availability, R, "ps3.4/R.3.2.1/attribute-missing", {}, notify, false, {}},
      {"WorklistMatch",
       ServiceTable::worklist_match,
       A,
       "ps3.4/K.6.1.2/return-key-missing",
       "ps3.4/K.6.1.2/item-incomplete",
       match,
       false,
       {{tags::ScheduledProcedureStepSequence, Break::absent, "ps3.4/K.6.1.2/return-key-missing"}}},
  };
  return all;
}

class ServiceTables : public testing::TestWithParam<Held> {
 protected:
  static std::string lines(const trace::Trace& trace) {
    std::string text;
    for (const auto& finding : trace.findings) text += to_line(finding) + '\n';
    return text;
  }

  /// The sequences around a row, outermost first.
  static std::vector<Tag> around(std::span<const ServiceRow> rows, const ServiceRow& row) {
    std::vector<Tag> out(row.depth);
    for (const auto& one : rows.first(static_cast<std::size_t>(&row - rows.data())))
      if (one.depth < row.depth) out[one.depth] = one.tag;
    return out;
  }

  /// The rule that has to tell, empty for none.
  static std::string_view expected(const Held& held, const std::vector<Tag>& path, const ServiceRow& row, Break how) {
    for (const auto& one : held.special)
      if (one.tag == row.tag && one.how == how && one.depth == row.depth) return one.rule;
    const bool worklist = held.table == ServiceTable::worklist_match;
    const bool in_step = worklist && !path.empty() && path.front() == tags::ScheduledProcedureStepSequence;
    if (how == Break::absent && row.need != Need::t1 && row.need != Need::t2) return {};
    if (how == Break::absent && held.of_what_is_there && row.depth == 0) return {};
    if (how == Break::empty && row.need != Need::t1 && (row.need != Need::t1C || worklist)) return {};
    if (!path.empty() && path.front() == tags::PerformedSeriesSequence && !held.of_what_is_there)
      return "ps3.4/F.7.2.2/series-attribute-missing";
    const std::size_t own = in_step ? 1 : 0;  // the step is as near as the order
    return path.size() > own && !held.inside.empty() ? held.inside : held.rule;
  }
};

TEST_P(ServiceTables, A_Data_Set_with_all_rows_is_right) {
  const auto& held = GetParam();
  const auto trace = held.say(right(held.table)).observe();
  EXPECT_TRUE(trace.findings.empty()) << lines(trace);
}

TEST_P(ServiceTables, Each_row_is_asked_for_by_its_type) {
  const auto& held = GetParam();
  const auto rows = conformance::rows_of(held.table);
  std::size_t told = 0;
  for (const auto& row : rows) {
    const auto path = around(rows, row);
    if (row.need == Need::not_allowed ||
        conformance::find_row(rows, path.empty() ? row.tag : path.front()) == nullptr ||
        conformance::find_row(rows, path.empty() ? row.tag : path.front())->need == Need::not_allowed)
      continue;
    for (const auto how : {Break::absent, Break::empty}) {
      const auto trace = held.say(whole(rows, &row, how)).observe();
      const auto rule = expected(held, path, row, how);
      const auto what = conformance::label(row.tag) + " at depth " + std::to_string(row.depth) +
                        (how == Break::absent ? " absent\n" : " empty\n") + lines(trace);
      if (rule.empty()) {
        EXPECT_TRUE(trace.findings.empty()) << what;
        continue;
      }
      ++told;
      ASSERT_EQ(trace.findings.size(), 1U) << what;
      EXPECT_EQ(trace.findings[0].rule, rule) << what;
      EXPECT_EQ(trace.findings[0].side, held.side) << what;
      if (rule.find("type-against") == std::string_view::npos) {
        EXPECT_TRUE(trace.findings[0].field.ends_with(conformance::label(row.tag))) << what;
      }
    }
  }
  EXPECT_GT(told, 0U);
}

INSTANTIATE_TEST_SUITE_P(Services, ServiceTables, testing::ValuesIn(all_held()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(ServiceTable, Nothing_that_is_fixed_when_a_step_is_created_may_be_set) {
  std::size_t fixed = 0;
  for (const auto& row : conformance::rows_of(ServiceTable::step_set)) {
    if (row.need != Need::not_allowed) continue;
    ++fixed;
    auto data = right(ServiceTable::step_set);
    data.set_empty(row.tag);
    const auto trace = set_step(data).observe();
    ASSERT_EQ(trace.findings.size(), 1U) << conformance::label(row.tag);
    EXPECT_EQ(trace.findings[0].rule, "ps3.4/F.7.2.2/attribute-not-allowed");
    EXPECT_EQ(trace.findings[0].field, conformance::label(row.tag));
  }
  EXPECT_GE(fixed, 18U);
}

TEST(ServiceTable, A_code_is_its_value_its_long_value_or_its_URN) {
  const auto with = [](Tag value, bool scheme) {
    auto code = data_of({{tags::CodeMeaning, "Head"}});
    code.set_text(value, value == tags::URNCodeValue ? "urn:lex:us:1" : "HEAD");
    if (scheme) code.set_text(tags::CodingSchemeDesignator, "99TEST");
    auto data = right(ServiceTable::step_set);
    data.set_sequence(tags::ProcedureCodeSequence, {code});
    return set_step(data).observe().findings.size();
  };
  EXPECT_EQ(with(tags::CodeValue, true), 0U);
  EXPECT_EQ(with(tags::LongCodeValue, true), 0U);
  EXPECT_EQ(with(tags::URNCodeValue, false), 0U);
  EXPECT_EQ(with(tags::LongCodeValue, false), 1U);
  EXPECT_EQ(with(tags::CodeMeaning, true), 1U);
}

TEST(ServiceTable, A_worklist_match_describes_step_and_procedure_in_words_or_by_code) {
  const auto rows = conformance::rows_of(ServiceTable::worklist_match);
  const auto without = [&](bool words, bool code) {
    auto data = whole(rows);
    if (!words) data.set_empty(tags::RequestedProcedureDescription);
    if (!code) data.set_sequence(tags::RequestedProcedureCodeSequence, {});
    return match(data).observe();
  };
  EXPECT_TRUE(without(false, true).findings.empty());
  EXPECT_TRUE(without(true, false).findings.empty());
  const auto trace = without(false, false);
  ASSERT_EQ(trace.findings.size(), 1U);
  EXPECT_EQ(trace.findings[0].rule, "ps3.4/K.6.1.2/not-described");
  EXPECT_EQ(trace.findings[0].side, A);
}

TEST(ServiceTable, An_instance_has_one_of_four_availabilities) {
  const auto said = [](std::string_view state) {
    auto instance = reference(uids::CTImageStorage, "1.2.3.1.1");
    instance.set_text(tags::InstanceAvailability, state);
    instance.set_text(tags::RetrieveAETitle, "ARCHIVE");
    auto series = data_of({{tags::SeriesInstanceUID, "1.2.3.1"}});
    series.set_sequence(tags::ReferencedSOPSequence, {instance});
    auto data = right(ServiceTable::availability);
    data.set_sequence(tags::ReferencedSeriesSequence, {series});
    return notify(data).observe().findings;
  };
  for (const auto* state : {"ONLINE", "NEARLINE", "OFFLINE", "UNAVAILABLE"}) EXPECT_TRUE(said(state).empty()) << state;
  const auto findings = said("ON TAPE");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "ps3.4/R.3.2.1/availability-state");
}

}  // namespace
}  // namespace assay::test
