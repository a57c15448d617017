// conformance/deidentification/check.hpp: one fault, one finding of its rule at its place; the object without it is
// silent.
#include "conformance/deidentification/check.hpp"

#include <gtest/gtest.h>

#include "deidentification_objects.hpp"

namespace assay::conformance::deidentification {
namespace {

using dataset::DataSet;
using test::cleaned_ct;
using test::dcm_code;
using test::stored;
using test::told;
using Change = std::function<void(DataSet&)>;

Judged judged(const DataSet& data, std::string_view options = "basic", const test::FileChanges& changes = {},
              bool with_original = false) {
  const auto file = stored(data, changes);
  IodNeeds needs;
  return check_deidentified({file->file.data_set, &file->file.meta, ByteView(file->bytes).first(128)},
                            parse_options(options).value(), needs, with_original);
}

void expect_one(const Judged& result, std::string_view rule, std::string_view path) {
  const auto& problems = result.findings.problems;
  ASSERT_EQ(problems.size(), 1U) << rule << ' ' << path << '\n' << told(problems);
  EXPECT_EQ(problems[0].rule, rule) << told(problems);
  EXPECT_EQ(problems[0].field, path) << told(problems);
}

DataSet with(const Change& change) {
  DataSet data = cleaned_ct();
  change(data);
  return data;
}

Change text(Tag tag, std::string_view value) {
  return [tag, value](DataSet& data) { data.set_text(tag, value); };
}

TEST(Deidentified, An_object_cleaned_by_the_table_is_silent) {
  const auto result = judged(cleaned_ct());
  EXPECT_EQ(told(result.findings.problems), "");
  EXPECT_EQ(result.unproven, 6U);  // four UIDs of the Data Set, that of the file, the Patient ID
}

struct Broken {
  std::string_view rule;
  std::string_view path;
  Change change;
};

TEST(Deidentified, Each_fault_of_an_attribute_is_one_finding_at_its_path) {
  const std::uint8_t zero[] = {0, 0};
  const Broken cases[] = {
      {"attribute-left", "(0010,1010)", text(tags::PatientAge, "062Y")},
      {"attribute-left", "(0008,0080)", text(tags::InstitutionName, "Hospital")},  // X/Z/D, Type 3 here
      {"attribute-left", "(0008,0021)", text(tags::SeriesDate, "20240501")},       // X/D, Type 3 here
      {"attribute-left", "(0010,21C0)", [&](DataSet& data) { data.set_bytes(tags::PregnancyStatus, Vr::US, zero); }},
      {"attribute-left", "(0400,0550)",
       [](DataSet& data) { data.set_sequence(tags::ModifiedAttributesSequence, {cleaned_ct()}); }},
      {"attribute-left", "(6000,4000)", text(Tag(0x6000, 0x4000), "Frida")},
      {"attribute-left", "(6000,3000)", [&](DataSet& data) { data.set_bytes(Tag(0x6000, 0x3000), Vr::OW, zero); }},
      {"attribute-left", "(5000,3000)", [&](DataSet& data) { data.set_bytes(Tag(0x5000, 0x3000), Vr::OW, zero); }},
      {"attribute-left-empty", "(0010,4000)", text(tags::PatientComments, "")},
      {"replacement-missing", "(0020,000D)", text(tags::StudyInstanceUID, "")},
      {"replacement-missing", "(0012,0040)", text(tags::ClinicalTrialSubjectID, "")},
      {"dummy-unproven", "(0010,0010)", text(tags::PatientName, "Fictional^Frida")},
      {"private-left", "(0029,0010)", text(Tag(0x0029, 0x0010), "MAKER")},
  };
  for (const auto& one : cases) expect_one(judged(with(one.change)), "ps3.15/E.1.1/" + std::string(one.rule), one.path);
}

TEST(Deidentified, Attributes_in_items_are_judged_and_those_of_a_removed_sequence_told_once) {
  const auto nested = with([](DataSet& data) {
    DataSet deep;
    deep.set_text(tags::PatientBirthName, "Maiden");
    DataSet item;
    item.set_sequence(tags::AnatomicRegionSequence, {deep});
    data.set_sequence(tags::ViewCodeSequence, {dcm_code("1"), item});
  });
  expect_one(judged(nested), "ps3.15/E.1.1/attribute-left", "(0054,0220)[2]/(0008,2218)[1]/(0010,1005)");
  const auto whole = with([](DataSet& data) {
    DataSet item;
    item.set_text(tags::PatientComments, "Comment");
    data.set_sequence(tags::OtherPatientIDsSequence, {item});
  });
  expect_one(judged(whole), "ps3.15/E.1.1/attribute-left", "(0010,1002)");
}

TEST(Deidentified, Options_keep_what_they_name) {
  const auto keeps = [](std::string_view option, std::string_view code, const Change& change) {
    const auto data = with([&](DataSet& cleaned) {
      change(cleaned);
      cleaned.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code(code)});
      if (option == "retain-full-dates") cleaned.set_text(tags::LongitudinalTemporalInformationModified, "UNMODIFIED");
      if (option == "retain-modified-dates")
        cleaned.set_text(tags::LongitudinalTemporalInformationModified, "MODIFIED");
      if (option == "clean-pixel-data") cleaned.set_text(tags::BurnedInAnnotation, "NO");
    });
    EXPECT_EQ(told(judged(data, "basic," + std::string(option)).findings.problems), "") << option;
    EXPECT_NE(told(judged(data).findings.problems), "") << option << " is not asked for";
  };
  keeps("retain-full-dates", "113106", text(tags::SeriesDate, "20240501"));
  keeps("retain-modified-dates", "113107", text(tags::SeriesDate, "20240501"));
  keeps("retain-patient-characteristics", "113108", text(tags::PatientAge, "062Y"));
  keeps("retain-device", "113109", text(tags::DeviceSerialNumber, "1234"));
  keeps("retain-uids", "113110",
        [](DataSet& data) { data.set_sequence(tags::ReferencedPatientSequence, {test::reference("1.2.3")}); });
  keeps("retain-institution", "113112", text(tags::InstitutionName, "Hospital"));
  keeps("clean-descriptors", "113105", text(tags::StudyDescription, "Head"));
  keeps("clean-graphics", "113103", text(Tag(0x6000, 0x4000), "Overlay"));
  keeps("clean-pixel-data", "113101", [](DataSet&) {});
}

TEST(Deidentified, The_IOD_decides_which_of_several_actions_is_meant) {
  const auto need = [](std::string_view sop_class, std::initializer_list<Tag> path) {
    IodNeeds needs;
    return needs.of(iod::iod_of(sop_class), std::vector<Tag>(path));
  };
  constexpr auto ct = uids::CTImageStorage;
  constexpr std::string_view text_sr = "1.2.840.10008.5.1.4.1.1.88.11";
  EXPECT_EQ(need(ct, {tags::SOPInstanceUID}), Need::value);
  EXPECT_EQ(need(ct, {tags::PatientID}), Need::present);
  EXPECT_EQ(need(ct, {tags::OtherPatientIDsSequence, tags::PatientID}), Need::value);
  EXPECT_EQ(need(ct, {tags::InstitutionName}), Need::optional);
  EXPECT_EQ(need(ct, {tags::ReferencedPatientPhotoSequence, tags::PatientID}), Need::optional);
  EXPECT_EQ(need(text_sr, {tags::VerifyingObserverSequence, tags::VerifyingObserverIdentificationCodeSequence}),
            Need::present);
  EXPECT_EQ(need(text_sr, {tags::VerifyingObserverSequence, tags::VerifyingObserverName}), Need::value);
  EXPECT_EQ(need(text_sr, {tags::ContentSequence, tags::ContentSequence, tags::RelationshipType}), Need::value);
  EXPECT_EQ(need("1.2.3", {tags::PatientID}), Need::unknown);
  // What an Overlay Plane demands goes with it; a presentation state has a date of creation.
  IodNeeds needs;
  const auto* state = iod::iod_of("1.2.840.10008.5.1.4.1.1.11.1");
  const Tag overlay[] = {Tag(0x6000, 0x3000)};
  const Tag created[] = {tags::PresentationCreationDate};
  EXPECT_EQ(needs.of(iod::iod_of(ct), overlay, true), Need::optional);
  EXPECT_EQ(needs.of(state, created, true), Need::value);
  // A Patient ID may be empty at the top and not among the other ones (PS3.3 C.7.1.1).
  EXPECT_EQ(told(judged(with(text(tags::PatientID, ""))).findings.problems), "");
  // Of an object without a table nobody knows whether an X/Z/D may stay.
  EXPECT_EQ(told(judged(with([](DataSet& data) {
                   data.set_text(tags::SOPClassUID, "1.2.3.4.5");
                   data.set_text(tags::InstitutionName, "Hospital");
                 })).findings.problems),
            "");
}

TEST(Deidentified, Marks_must_say_what_was_done) {
  expect_one(judged(with(text(tags::PatientIdentityRemoved, "NO"))), "ps3.15/E.1.1/identity-removed", "(0012,0062)");
  expect_one(judged(with([](DataSet& data) { data.erase(tags::PatientIdentityRemoved); })),
             "ps3.15/E.1.1/identity-removed", "(0012,0062)");
  expect_one(judged(with([](DataSet& data) { data.erase(tags::DeidentificationMethodCodeSequence); })),
             "ps3.15/E.1.1/method-codes", "(0012,0064)");
  expect_one(judged(with([](DataSet& data) {
               data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100", "99OTHER")});
             })),
             "ps3.15/E.1.1/method-codes", "(0012,0064)");
  expect_one(judged(cleaned_ct(), "basic,retain-institution"), "ps3.15/E.1.1/method-codes", "(0012,0064)");
  expect_one(judged(with([](DataSet& data) {
               data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code("113110")});
             })),
             "ps3.15/E.1.1/method-undeclared", "(0012,0064)");
  expect_one(judged(with(text(tags::LongitudinalTemporalInformationModified, "MODIFIED"))),
             "ps3.15/E.2/temporal-information", "(0028,0303)");
}

TEST(Deidentified, Date_options_have_a_word_of_their_own) {
  const auto dates = [](std::string_view code, std::string_view word) {
    return with([&](DataSet& data) {
      data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code(code)});
      data.set_text(tags::LongitudinalTemporalInformationModified, word);
    });
  };
  expect_one(judged(dates("113106", "REMOVED"), "basic,retain-full-dates"), "ps3.15/E.3.6/temporal-information",
             "(0028,0303)");
  expect_one(judged(dates("113107", "UNMODIFIED"), "basic,retain-modified-dates"), "ps3.15/E.3.6/temporal-information",
             "(0028,0303)");
  EXPECT_EQ(told(judged(dates("113106", "UNMODIFIED"), "basic,retain-full-dates").findings.problems), "");
  EXPECT_EQ(told(judged(dates("113107", "MODIFIED"), "basic,retain-modified-dates").findings.problems), "");
}

TEST(Deidentified, Pixels_and_faces_are_declared) {
  const auto coded = [](std::string_view code, Tag tag, std::string_view word) {
    return with([&](DataSet& data) {
      data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code(code)});
      if (!word.empty()) data.set_text(tag, word);
    });
  };
  for (const std::string_view word : {"", "YES"})
    expect_one(judged(coded("113101", tags::BurnedInAnnotation, word), "basic,clean-pixel-data"),
               "ps3.15/E.3.1/burned-in", "(0028,0301)");
  EXPECT_EQ(told(judged(coded("113101", tags::BurnedInAnnotation, "NO"), "basic,clean-pixel-data").findings.problems),
            "");
  expect_one(
      judged(coded("113102", tags::RecognizableVisualFeatures, "YES"), "basic,clean-recognizable-visual-features"),
      "ps3.15/E.3.2/visual-features", "(0028,0302)");
  EXPECT_EQ(
      told(judged(coded("113102", tags::RecognizableVisualFeatures, "NO"), "basic,clean-recognizable-visual-features")
               .findings.problems),
      "");
  expect_one(judged(with(text(tags::BurnedInAnnotation, "YES"))), "ps3.15/E.2/burned-in-left", "(0028,0301)");
  expect_one(judged(with(text(tags::Modality, "US"))), "ps3.15/E.2/burned-in-unknown", "(0028,0301)");
  EXPECT_EQ(told(judged(with([](DataSet& data) {
                   data.set_text(tags::Modality, "US");
                   data.set_text(tags::BurnedInAnnotation, "NO");
                 })).findings.problems),
            "");
}

TEST(Deidentified, Ages_fit_the_dates) {
  const auto aged = [](std::string_view age) {
    return judged(with([&](DataSet& data) {
                    data.set_text(tags::PatientAge, age);
                    data.set_text(tags::PatientBirthDate, "19610704");
                    data.set_text(tags::StudyDate, "20240501");
                    data.set_text(tags::LongitudinalTemporalInformationModified, "UNMODIFIED");
                    data.set_sequence(tags::DeidentificationMethodCodeSequence,
                                      {dcm_code("113100"), dcm_code("113106"), dcm_code("113108")});
                  }),
                  "basic,retain-full-dates,retain-patient-characteristics", {}, true);
  };
  for (const std::string_view age : {"062Y", "063Y", "753M"}) EXPECT_EQ(told(aged(age).findings.problems), "") << age;
  for (const std::string_view age : {"040Y", "065Y", "700M", "001D"})
    expect_one(aged(age), "ps3.15/E.1.1/age-disagrees", "(0010,1010)");
}

TEST(Deidentified, Safe_private_attributes_are_those_that_the_object_calls_safe) {
  const auto declared = [](std::string_view status, const std::vector<std::uint16_t>& numbers) {
    return with([&](DataSet& data) {
      data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code("113111")});
      data.set_text(Tag(0x0029, 0x0010), "MAKER");
      data.set_text(Tag(0x0029, 0x1001), Vr::LO, "Value");
      if (status.empty()) return;
      DataSet block;
      block.set_u16(tags::PrivateGroupReference, 0x0029);
      block.set_text(tags::PrivateCreatorReference, "MAKER");
      block.set_text(tags::BlockIdentifyingInformationStatus, status);
      Bytes list;
      for (const auto number : numbers) store(list, number, Endian::little);
      if (!list.empty()) block.set_bytes(tags::NonidentifyingPrivateElements, Vr::US, list);
      data.set_sequence(tags::PrivateDataElementCharacteristicsSequence, {block});
    });
  };
  constexpr std::string_view options = "basic,retain-safe-private";
  EXPECT_EQ(told(judged(declared("SAFE", {}), options).findings.problems), "");
  EXPECT_EQ(told(judged(declared("MIXED", {7, 1}), options).findings.problems), "");
  expect_one(judged(declared("MIXED", {7}), options), "ps3.15/E.3.10/private-unsafe", "(0029,1001)");
  expect_one(judged(declared("UNSAFE", {}), options), "ps3.15/E.3.10/private-unsafe", "(0029,1001)");
  expect_one(judged(declared("", {}), options), "ps3.15/E.3.10/private-unproven", "(0029,1001)");
}

TEST(Deidentified, Encrypted_originals_are_envelopes) {
  const auto holding = [](std::string_view content, std::string_view syntax) {
    return judged(with([&](DataSet& data) {
      DataSet item;
      item.set_text(tags::EncryptedContentTransferSyntaxUID, syntax);
      item.set_bytes(tags::EncryptedContent, Vr::OB, as_bytes(content));
      data.set_sequence(tags::EncryptedAttributesSequence, {item});
    }));
  };
  using namespace std::string_view_literals;
  const auto envelope = "\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0"sv;
  EXPECT_EQ(told(holding(envelope, uids::ExplicitVRLittleEndian).findings.problems), "");
  EXPECT_EQ(
      told(
          holding("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0"sv, "1.2.840.10008.1.2").findings.problems),
      "");
  expect_one(holding(envelope, ""), "ps3.15/E.1.1/encrypted-content", "(0400,0500)[1]/(0400,0510)");
  for (const auto plain :
       {"Fictional^Frida "sv, "\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0"sv, ""sv})
    expect_one(holding(plain, uids::ExplicitVRLittleEndian), "ps3.15/E.1.1/encrypted-content",
               "(0400,0500)[1]/(0400,0520)");
}

TEST(Deidentified, Preamble_and_private_information_of_the_file_are_looked_at) {
  expect_one(judged(cleaned_ct(), "basic", {.preamble = "Frida Fictional"}), "ps3.15/E.1.1/file-meta-left", "preamble");
  expect_one(judged(cleaned_ct(), "basic", {.private_information = "Frida Fictional"}), "ps3.15/E.1.1/file-meta-left",
             "(0002,0102)");
  EXPECT_EQ(told(judged(cleaned_ct(), "basic", {.preamble = std::string("II*\0", 4)}).findings.problems), "");
}

TEST(Deidentified, A_cleaned_sequence_may_hold_harmless_values) {
  const auto data = with([](DataSet& cleaned) {
    DataSet item;
    item.set_text(tags::RequestedProcedureID, "1");
    cleaned.set_sequence(tags::RequestAttributesSequence, {item});
    cleaned.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100"), dcm_code("113105")});
  });
  EXPECT_EQ(told(judged(data, "basic,clean-descriptors").findings.problems), "");
}

}  // namespace
}  // namespace assay::conformance::deidentification
