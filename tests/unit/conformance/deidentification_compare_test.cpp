// conformance/deidentification/compare.hpp: what only the original tells, each fault once at its place and not without
// it.
#include "conformance/deidentification/compare.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/deidentification/check.hpp"
#include "deidentification_objects.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::deidentification {
namespace {

using dataset::DataSet;
using test::cleaned_ct;
using test::dcm_code;
using test::original_ct;
using test::stored;
using test::told;
using Change = std::function<void(DataSet&)>;

struct Held {
  std::string_view options = "basic";
  test::FileChanges cleaned = {};
  test::FileChanges original = {};
};

/// All that is found of an object with its original.
Problems held(Comparison& set, const DataSet& cleaned, const DataSet& original, const Held& how = {}) {
  const auto now = stored(cleaned, how.cleaned);
  const auto then = stored(original, how.original);
  IodNeeds needs;
  auto judged = check_deidentified({now->file.data_set, &now->file.meta, ByteView(now->bytes).first(128)},
                                   parse_options(how.options).value(), needs, true);
  auto all = std::move(judged.findings.problems);
  auto compared = set.add("cleaned.dcm", now->file, then->file, all);
  all.insert(all.end(), compared.findings.problems.begin(), compared.findings.problems.end());
  return all;
}

Problems held(const DataSet& cleaned, const DataSet& original, const Held& how = {}) {
  Comparison set(parse_options(how.options).value());
  return held(set, cleaned, original, how);
}

DataSet with(DataSet data, const Change& change) {
  change(data);
  return data;
}

void expect_one(const Problems& problems, std::string_view rule, std::string_view path) {
  ASSERT_EQ(problems.size(), 1U) << rule << ' ' << path << '\n' << told(problems);
  EXPECT_EQ(problems[0].rule, rule) << told(problems);
  EXPECT_EQ(problems[0].field, path) << told(problems);
}

Change text(Tag tag, std::string_view value) {
  return [tag, value](DataSet& data) { data.set_text(tag, value); };
}

TEST(DeidentifiedPair, An_object_cleaned_by_the_table_is_silent) {
  EXPECT_EQ(told(held(cleaned_ct(), original_ct())), "");
}

TEST(DeidentifiedPair, Values_of_the_original_in_their_attribute_are_told_there_once) {
  for (const auto& [tag, value] : {std::pair<Tag, std::string_view>{tags::PatientName, "Fictional^Frida"},
                                   {tags::PatientID, "PID-4711"},
                                   {tags::StudyDate, "20240501"},
                                   {tags::SOPInstanceUID, "1.2.3.4.1"},
                                   {tags::PatientSex, "O"}}) {
    const auto problems = held(with(cleaned_ct(), text(tag, value)), original_ct());
    if (tag == tags::SOPInstanceUID) {  // the same in File Meta Information
      ASSERT_EQ(problems.size(), 2U) << told(problems);
      EXPECT_EQ(problems[0].rule, "ps3.15/E.1.1/value-kept");
      EXPECT_EQ(problems[1].rule, "ps3.15/E.1.1/value-kept");
      EXPECT_EQ(problems[1].field, "(0002,0003)");
    } else {
      expect_one(problems, "ps3.15/E.1.1/value-kept", to_string(tag));
    }
  }
  // A dummy is none: the original settles what is only doubtful without it.
  EXPECT_EQ(told(held(with(cleaned_ct(), text(tags::PatientName, "Subject")), original_ct())), "");
  // What is removed is not told again for what it holds.
  expect_one(held(with(cleaned_ct(), text(tags::StationName, "CTROOM77")), original_ct()),
             "ps3.15/E.1.1/attribute-left", "(0008,1010)");
}

TEST(DeidentifiedPair, Values_of_the_original_are_found_in_any_other_byte) {
  const std::pair<std::string_view, Change> cases[] = {
      {"(0008,0070)", text(tags::Manufacturer, "Frida Fictional")},
      {"(0008,0070)", text(tags::Manufacturer, "for FICTIONAL, FRIDA only")},
      {"(0018,0015)", text(tags::BodyPartExamined, "PID-4711")},
      {"(0010,0020)", text(tags::PatientID, "born 1961-07-04")},
      {"(0008,0070)", text(tags::Manufacturer, "ACC007788")},
      {"(0054,0220)[1]/(0008,0104)",
       [](DataSet& data) {
         auto item = dcm_code("1");
         item.set_text(tags::CodeMeaning, "Fictional_Frida");
         data.set_sequence(tags::ViewCodeSequence, {item});
       }},
      {"(7FE0,0010)", [](DataSet& data) { data.set_bytes(tags::PixelData, Vr::OW, as_bytes("..FICTIONAL^FRIDA.")); }},
      {"(0018,0015)", text(tags::BodyPartExamined, "1.2.3.4.0.9")},
  };
  for (const auto& [path, change] : cases) {
    const auto problems = held(with(cleaned_ct(), change), original_ct());
    const bool found = std::ranges::any_of(problems, [&, where = path](const Problem& problem) {
      return problem.rule == "ps3.15/E.1.1/original-value" && problem.field == where;
    });
    EXPECT_TRUE(found) << path << '\n' << told(problems);
    for (const auto& problem : problems)
      EXPECT_EQ(told({problem}).find("Frida"), std::string::npos) << "the value itself is not repeated";
  }
}

TEST(DeidentifiedPair, A_name_moved_to_a_private_attribute_is_found_there) {
  const auto problems = held(with(cleaned_ct(),
                                  [](DataSet& data) {
                                    data.set_text(Tag(0x0099, 0x0010), "MAKER");
                                    data.set_text(Tag(0x0099, 0x1010), Vr::LO, "Fictional^Frida");
                                  }),
                             original_ct());
  EXPECT_NE(told(problems).find("original-value (0099,1010): the value of (0010,0010) PatientName"), std::string::npos)
      << told(problems);
}

TEST(DeidentifiedPair, Bytes_around_the_data_set_and_deflated_ones_are_searched) {
  const auto where = [](const Problems& problems) {
    std::string all;
    for (const auto& problem : problems)
      if (problem.rule == "ps3.15/E.1.1/original-value") all += problem.field + ';';
    return all;
  };
  EXPECT_EQ(where(held(cleaned_ct(), original_ct(), {.cleaned = {.preamble = "Fictional^Frida"}})), "preamble;");
  EXPECT_EQ(where(held(cleaned_ct(), original_ct(), {.cleaned = {.tail = "\x01\x02 Frida Fictional"}})),
            "behind the Data Set;");
  EXPECT_EQ(where(held(cleaned_ct(), original_ct(), {.cleaned = {.private_information = "Fictional^Frida"}})),
            "(0002,0102);");
  const auto deflated = std::string(uids::DeflatedExplicitVRLittleEndian);
  EXPECT_EQ(where(held(with(cleaned_ct(), text(tags::Manufacturer, "Frida Fictional")), original_ct(),
                       {.cleaned = {.transfer_syntax = deflated}})),
            "(0008,0070);");
  EXPECT_EQ(told(held(cleaned_ct(), original_ct(), {.cleaned = {.transfer_syntax = deflated}})), "");
}

TEST(DeidentifiedPair, Parts_of_names_and_words_are_only_likely) {
  const auto found = [](std::string_view value) {
    return told(held(with(cleaned_ct(), text(tags::Manufacturer, value)), original_ct()));
  };
  EXPECT_NE(found("Frida's own").find("original-value-likely (0008,0070): words of (0010,0010)"), std::string::npos);
  EXPECT_NE(found("see ctroom77").find("original-value-likely (0008,0070): words of (0008,1010)"), std::string::npos);
  EXPECT_EQ(found("Fridays only").find("original-value"), std::string::npos);
}

TEST(DeidentifiedPair, Digits_are_not_found_among_other_digits) {
  const auto found = [](std::string_view id, Tag tag, std::string_view value) {
    const auto original = with(original_ct(), text(tags::PatientID, id));
    return told(held(with(cleaned_ct(), text(tag, value)), original)).find("original-value " + to_string(tag)) !=
           std::string::npos;
  };
  EXPECT_FALSE(found("471100", tags::SliceThickness, "0.471100"));
  EXPECT_FALSE(found("471100", tags::SOPInstanceUID, "1.2.9.471100.1"));
  EXPECT_FALSE(found("4711", tags::Manufacturer, "4711"));
  EXPECT_TRUE(found("471100", tags::Manufacturer, "No. 471100"));
  EXPECT_TRUE(found("47110099", tags::SOPInstanceUID, "1.2.9.47110099.1"));
  EXPECT_TRUE(found("A4711", tags::Manufacturer, "A4711"));
}

TEST(DeidentifiedPair, File_meta_information_of_the_original_must_go) {
  const Held same{
      .options = "basic", .cleaned = {.source_ae_title = "WARD7"}, .original = {.source_ae_title = "WARD7"}};
  expect_one(held(cleaned_ct(), original_ct(), same), "ps3.15/E.1.1/file-meta-kept", "(0002,0016)");
  const Held other{
      .options = "basic", .cleaned = {.source_ae_title = "CLEANER"}, .original = {.source_ae_title = "WARD7"}};
  EXPECT_EQ(told(held(cleaned_ct(), original_ct(), other)), "");
  const Held preamble{.options = "basic", .cleaned = {.preamble = "MAKER 7"}, .original = {.preamble = "MAKER 7"}};
  expect_one(held(cleaned_ct(), original_ct(), preamble), "ps3.15/E.1.1/file-meta-kept", "preamble");
}

TEST(DeidentifiedPair, What_the_IOD_asks_for_must_stay) {
  const auto problems = held(with(cleaned_ct(), [](DataSet& data) { data.erase(tags::PatientID); }), original_ct());
  expect_one(problems, "ps3.15/E.1.1/iod-broken", "(0010,0020)");
  // A gap that the original had is not the cleaning's.
  EXPECT_EQ(told(held(with(cleaned_ct(), [](DataSet& data) { data.erase(tags::KVP); }),
                      with(original_ct(), [](DataSet& data) { data.erase(tags::KVP); }))),
            "");
}

TEST(DeidentifiedPair, What_goes_beyond_the_profile_is_noted) {
  expect_one(held(with(cleaned_ct(), text(tags::Manufacturer, "Other")), original_ct()), "ps3.15/E.1.1/changed-beyond",
             "(0008,0070)");
  expect_one(held(with(cleaned_ct(), [](DataSet& data) { data.erase(tags::BodyPartExamined); }), original_ct()),
             "ps3.15/E.1.1/removed-beyond", "(0018,0015)");
  expect_one(held(with(cleaned_ct(), text(tags::ScanOptions, "FAST")), original_ct()), "ps3.15/E.1.1/added-beyond",
             "(0018,0022)");
  for (const auto& problem : held(with(cleaned_ct(), text(tags::Manufacturer, "Other")), original_ct()))
    EXPECT_EQ(problem.gravity, Gravity::note);
}

TEST(DeidentifiedPair, Registered_UIDs_stay) {
  const auto coded = [](std::string_view uid) {
    auto item = dcm_code("1");
    item.set_text(tags::CodingSchemeUID, uid);
    return [item](DataSet& data) { data.set_sequence(tags::ViewCodeSequence, {item}); };
  };
  const auto original = with(original_ct(), coded("1.2.840.10008.2.16.4"));
  EXPECT_EQ(told(held(with(cleaned_ct(), coded("1.2.840.10008.2.16.4")), original)), "");
  expect_one(held(with(cleaned_ct(), coded("1.2.9.55")), original), "ps3.15/E.1.1/well-known-uid",
             "(0054,0220)[1]/(0008,010C)");
}

DataSet optioned(std::string_view code, std::string_view temporal, const Change& change) {
  return with(cleaned_ct(), [&](DataSet& data) {
    data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code(code)});
    data.set_text(tags::LongitudinalTemporalInformationModified, temporal);
    change(data);
  });
}

TEST(DeidentifiedPair, What_an_option_retains_has_its_value) {
  const auto device = [](std::string_view name) {
    return held(optioned("113109", "REMOVED", text(tags::StationName, name)), original_ct(),
                {.options = "basic,retain-device"});
  };
  EXPECT_EQ(told(device("CTROOM77")), "");
  expect_one(device("OTHER"), "ps3.15/E.3/retained-changed", "(0008,1010)");
  expect_one(held(optioned("113109", "REMOVED", [](DataSet&) {}), original_ct(), {.options = "basic,retain-device"}),
             "ps3.15/E.3/retained-changed", "(0008,1010)");
}

TEST(DeidentifiedPair, A_replaced_sequence_is_replaced_with_all_of_its_contents) {
  const auto report = [](DataSet data, std::string_view words, std::string_view date) {
    auto item = dcm_code("1");
    item.set_text(tags::TextValue, words);
    item.set_text(tags::Date, date);
    data.set_sequence(tags::ContentSequence, {item});
    return data;
  };
  const auto original = report(original_ct(), "A finding", "20240501");
  EXPECT_EQ(told(held(report(cleaned_ct(), "Dummy", "19000101"), original)), "");
  expect_one(held(report(cleaned_ct(), "A finding", "19000101"), original), "ps3.15/E.1.1/value-kept",
             "(0040,A730)[1]/(0040,A160)");
  expect_one(held(report(cleaned_ct(), "A finding", "20240501"), original), "ps3.15/E.1.1/value-kept", "(0040,A730)");
  const Held how{.options = "basic,clean-structured-content"};
  EXPECT_EQ(told(held(report(optioned("113104", "REMOVED", [](DataSet&) {}), "A finding", "19000101"), original, how)),
            "");
}

TEST(DeidentifiedPair, A_private_creator_is_not_masked_while_its_elements_stay) {
  const auto holding = [](DataSet data, std::string_view creator) {
    DataSet block;
    block.set_u16(tags::PrivateGroupReference, 0x0019);
    block.set_text(tags::PrivateCreatorReference, creator);
    block.set_text(tags::BlockIdentifyingInformationStatus, "SAFE");
    data.set_sequence(tags::PrivateDataElementCharacteristicsSequence, {block});
    auto item = dcm_code("1");
    for (auto* level : {&data, &item}) {
      level->set_text(Tag(0x0019, 0x0010), creator);
      level->set_text(Tag(0x0019, 0x1001), Vr::LO, "Value");
    }
    data.set_sequence(tags::ViewCodeSequence, {item});
    return data;
  };
  const Held how{.options = "basic,retain-safe-private"};
  const auto original = holding(original_ct(), "MAKER 1");
  const auto safe = optioned("113111", "REMOVED", [](DataSet&) {});
  EXPECT_EQ(told(held(holding(safe, "MAKER 1"), original, how)), "");
  const auto masked = held(holding(safe, "XXXXXXX"), original, how);
  ASSERT_EQ(masked.size(), 2U) << told(masked);
  for (const auto& problem : masked) EXPECT_EQ(problem.rule, "ps3.15/E.3.10/creator-masked");
  EXPECT_EQ(masked[0].field, "(0019,0010)");
  EXPECT_EQ(masked[1].field, "(0054,0220)[1]/(0019,0010)");
}

TEST(DeidentifiedSet, Dates_of_a_patient_shift_by_one_constant) {
  const Held how{.options = "basic,retain-modified-dates"};
  const auto dated = [](std::string_view study, std::string_view series) {
    return optioned("113107", "MODIFIED", [&](DataSet& data) {
      data.set_text(tags::StudyDate, study);
      data.set_text(tags::StudyTime, "101500");
      data.set_text(tags::SeriesDate, series);
      data.set_text(tags::AcquisitionDateTime, std::string(series) + "101500");
    });
  };
  const auto original = with(original_ct(), [](DataSet& data) {
    data.set_text(tags::SeriesDate, "20240502");
    data.set_text(tags::AcquisitionDateTime, "20240502101500");
  });
  EXPECT_EQ(told(held(dated("20200501", "20200502"), original, how)), "");
  const auto apart = held(dated("20200501", "20200503"), original, how);
  ASSERT_EQ(apart.size(), 2U) << told(apart);
  EXPECT_EQ(apart[0].rule, "ps3.15/E.3.6/shifts-differ");
  EXPECT_EQ(apart[0].field, "(0008,0021)");
  EXPECT_EQ(apart[1].field, "(0008,002A)");
  const auto same = held(dated("20240501", "20200502"), original, how);
  EXPECT_EQ(same[0].rule, "ps3.15/E.3.6/date-not-modified") << told(same);
  EXPECT_EQ(same[0].field, "(0008,0020)");
  // Another patient may have another shift.
  Comparison set(parse_options(how.options).value());
  EXPECT_EQ(told(held(set, dated("20200501", "20200502"), original, how)), "");
  const auto other = [](DataSet data, std::string_view id) {
    data.set_text(tags::PatientID, id);
    for (const Tag tag :
         {tags::SOPInstanceUID, tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::FrameOfReferenceUID})
      data.set_text(tag, std::string(dataset::without_padding(data.text(tag))) + ".77");
    return data;
  };
  EXPECT_EQ(told(held(set, other(dated("20210501", "20210502"), "SUBJECT2"), other(original, "PID-9999"), how)), "");
}

TEST(DeidentifiedSet, UIDs_names_and_numbers_are_replaced_alike_over_the_set) {
  const auto second = [](DataSet data, std::string_view uid) {
    data.set_text(tags::SOPInstanceUID, uid);
    return data;
  };
  const auto sound = [&](Comparison& set) {
    EXPECT_EQ(told(held(set, cleaned_ct(), original_ct())), "");
    EXPECT_EQ(told(held(set, second(cleaned_ct(), "1.2.9.10"), second(original_ct(), "1.2.3.4.2"))), "");
  };
  const auto third = [&](const Change& change, const Change& change_original) {
    Comparison set(parse_options("basic").value());
    sound(set);
    return held(set, with(second(cleaned_ct(), "1.2.9.11"), change),
                with(second(original_ct(), "1.2.3.4.3"), change_original));
  };
  const Change nothing = [](DataSet&) {};
  EXPECT_EQ(told(third(nothing, nothing)), "");
  expect_one(third(text(tags::StudyInstanceUID, "1.2.9.99"), nothing), "ps3.15/E.1.1/uid-inconsistent", "(0020,000D)");
  expect_one(third(nothing, text(tags::SeriesInstanceUID, "1.2.3.4.88")), "ps3.15/E.1.1/uids-merged", "(0020,000E)");
  expect_one(third(text(tags::PatientID, "SUBJECT9"), nothing), "ps3.15/E.1.1/replacement-differs", "(0010,0020)");
  expect_one(third(text(tags::PatientName, "Somebody"), nothing), "ps3.15/E.1.1/replacement-differs", "(0010,0010)");
  expect_one(third(nothing, text(tags::PatientID, "PID-9999")), "ps3.15/E.1.1/patients-merged", "(0010,0020)");
  // References follow, also those that lead out of the set.
  const auto referring = [](std::string_view uid) -> Change {
    return [uid](DataSet& data) { data.set_sequence(tags::ViewCodeSequence, {test::reference(uid)}); };
  };
  EXPECT_EQ(told(third(referring("1.2.9.10"), referring("1.2.3.4.2"))), "");
  expect_one(third(referring("1.2.9.77"), referring("1.2.3.4.2")), "ps3.15/E.1.1/uid-inconsistent",
             "(0054,0220)[1]/(0008,1155)");
  EXPECT_EQ(told(third(referring("1.2.9.66"), referring("1.2.3.7"))), "");
  expect_one(third(referring("1.2.3.7.5.5"), referring("1.2.3.7.5.5")), "ps3.15/E.1.1/value-kept",
             "(0054,0220)[1]/(0008,1155)");
}

}  // namespace
}  // namespace assay::conformance::deidentification
