// Requirements about content and files that no rule alone shows: what is legal and must stay silent, what must be named
// by what it really is (PS3.5 8.2 and 9, PS3.10 7, PS3.3 C.7.2.2).
#include "harness/dataset/dicomdir.hpp"
#include "harness/dataset/json.hpp"
#include "harness/dataset/native_xml.hpp"
#include "harness/dataset/part10_meta.hpp"
#include "harness/dataset/probe.hpp"
#include "tests/unit/dataset/check_support.hpp"
#include "tests/unit/dataset/file_support.hpp"

namespace assay::dataset {
namespace {

constexpr Encoding encapsulating{true, Endian::little, false, true};

std::string judged(const Elements& elements) {
  const Bytes bytes = bytes_of(elements);
  const auto decoded = decode(bytes, explicit_le);
  return listed(decoded.problems) + listed(check(decoded.data_set));
}

TEST(Content, Units_no_patient_can_have_are_noted_and_others_are_not) {
  EXPECT_EQ(judged({{tags::PatientSize, Vr::DS, "1.75"}, {tags::PatientWeight, Vr::DS, "75.5"}}), "");
  EXPECT_EQ(judged({{tags::PatientSize, Vr::DS, "175"}}).substr(0, 51),
            "ps3.3/C.7.2.2/implausible-unit @8 (0010,1020): 175 ");
  EXPECT_EQ(judged({{tags::PatientWeight, Vr::DS, "75500"}}).substr(0, 53),
            "ps3.3/C.7.2.2/implausible-unit @8 (0010,1030): 75500 ");
}

TEST(Content, Wild_cards_and_delimiters_of_other_systems_are_plain_text_in_stored_text) {
  EXPECT_EQ(judged({{tags::StudyDescription, Vr::LO, "CHEST? *"},
                    {tags::PatientName, Vr::PN, "ABC Farms^Running on Water"},
                    {tags::PatientID, Vr::LO, "12/3-4.5 #7"},
                    {tags::PatientComments, Vr::LT, "C:\\scans\\*.dcm"}}),
            "");
  EXPECT_EQ(judged({{tags::StudyDescription, Vr::LO, "C:\\scans"}}).substr(0, 47),
            "ps3.5/6.4/backslash-split @10 (0008,1030): 2 va");
}

TEST(Content, Trailing_padding_may_stand_in_an_item) {
  const Bytes bytes = hex(R"(
    40000001 5351 0000 20000000
      feff00e0 18000000
        08006000 4353 0200 4d52
        fcfffcff 4f42 0000 02000000 ffff
    10002000 4c4f 0200 4944)");
  Bytes ascending(bytes.begin(), bytes.begin() + 44);
  const auto inside = decode(ascending, explicit_le);
  EXPECT_EQ(listed(inside.problems), "");
  EXPECT_TRUE(clean(check(inside.data_set))) << listed(check(inside.data_set));
  // What follows the item is out of order here, and that alone is said: the padding of an item ends nothing outside it.
  const auto whole = decode(bytes, explicit_le);
  ASSERT_EQ(whole.problems.size(), 1U) << listed(whole.problems);
  EXPECT_EQ(whole.problems[0].rule, "ps3.5/7.1/order");
  EXPECT_TRUE(clean(check(whole.data_set))) << listed(check(whole.data_set));
}

TEST(Content, Private_data_of_two_creators_keep_apart_with_one_and_the_same_tag) {
  // (0009,xx01) of one vendor and of another: resolved by creator, an element of no creator named.
  const Elements both{{{0x0009, 0x0010}, Vr::LO, "ASSAY ONE"},
                      {{0x0009, 0x0011}, Vr::LO, "ASSAY TWO"},
                      {{0x0009, 0x1001}, Vr::LO, "a"},
                      {{0x0009, 0x1101}, Vr::LO, "b"}};
  EXPECT_EQ(judged(both), "");
  auto third = both;
  third.push_back({{0x0009, 0x1201}, Vr::LO, "c"});
  EXPECT_EQ(judged(third).substr(0, 39), "ps3.5/7.8.1/no-creator @56 (0009,1201):");
}

Bytes compressed(std::uint16_t allocated, std::uint16_t stored, std::uint16_t rows, std::uint16_t columns,
                 std::string lossy, std::string frames = "1") {
  Bytes bytes = bytes_of({{tags::SamplesPerPixel, Vr::US, us(1)},
                          {tags::PhotometricInterpretation, Vr::CS, "MONOCHROME2"},
                          {tags::NumberOfFrames, Vr::IS, std::move(frames)},
                          {tags::Rows, Vr::US, us(rows)},
                          {tags::Columns, Vr::US, us(columns)},
                          {tags::BitsAllocated, Vr::US, us(allocated)},
                          {tags::BitsStored, Vr::US, us(stored)},
                          {tags::HighBit, Vr::US, us(static_cast<std::uint16_t>(stored - 1))},
                          {tags::PixelRepresentation, Vr::US, us(0)},
                          {tags::LossyImageCompression, Vr::CS, std::move(lossy)}});
  append(bytes, hex("e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 04000000 ffd8ffe0 feffdde0 00000000"));
  return bytes;
}

std::string judged(const Bytes& bytes, std::string_view transfer_syntax) {
  CheckOptions options;
  options.transfer_syntax_uid = transfer_syntax;
  std::string rules;
  for (const auto& problem : check(decode(bytes, encapsulating).data_set, options)) rules += problem.rule;
  return rules;
}

TEST(Content, JPEG_processes_carry_the_depths_that_they_have) {
  EXPECT_EQ(judged(compressed(8, 8, 4, 4, "01"), "1.2.840.10008.1.2.4.50"), "");
  EXPECT_EQ(judged(compressed(16, 12, 4, 4, "01"), "1.2.840.10008.1.2.4.50"), "ps3.5/8.2.1/jpeg-baseline-depth");
  EXPECT_EQ(judged(compressed(16, 12, 4, 4, "01"), "1.2.840.10008.1.2.4.51"), "");
  EXPECT_EQ(judged(compressed(16, 16, 4, 4, "00"), "1.2.840.10008.1.2.4.57"), "");
  EXPECT_EQ(judged(compressed(16, 16, 4, 4, "00"), "1.2.840.10008.1.2.4.70"), "");
}

TEST(Content, MPEG2_has_the_sizes_of_its_profiles) {
  struct Size {
    std::string_view syntax;
    std::uint16_t rows;
    std::uint16_t columns;
    bool right;
  };
  const std::string_view main_level = "1.2.840.10008.1.2.4.100";
  const std::string_view high_level = "1.2.840.10008.1.2.4.101";
  for (const auto& [syntax, rows, columns, right] :
       {Size{main_level, 480, 720, true}, Size{main_level, 576, 720, true}, Size{high_level, 1080, 1920, true},
        Size{high_level, 720, 1280, true}, Size{main_level, 1080, 1920, false}, Size{main_level, 577, 720, false},
        Size{high_level, 1081, 1920, false}}) {
    EXPECT_EQ(judged(compressed(8, 8, rows, columns, "01", "25"), syntax), right ? "" : "ps3.5/8.2.5/mpeg2-size")
        << syntax << " " << rows << " x " << columns;
  }
}

TEST(Content, An_envelope_is_named_and_not_read) {
  const Bytes identifier = hex("06092a864886f70d010703");
  for (const std::string head : {"3080", "3055", "3082ffff", "308400010000"}) {
    Bytes bytes = hex(head);
    append(bytes, identifier);
    for (unsigned i = 0; i < 4000; ++i) bytes.push_back(static_cast<std::uint8_t>(i * i * 7 >> 3));  // as if encrypted
    const auto found = probe(bytes);
    EXPECT_EQ(found.usability, Usability::unusable) << head;
    EXPECT_EQ(found.what, "a CMS envelope (a Secure DICOM File, PS3.15)") << head;
    EXPECT_FALSE(read_file(bytes).has_value());
  }
  // Another object of ASN.1 is none, nor is one that is cut.
  Bytes other = hex("3080 06092a864886f70d010901");
  other.resize(400, 1);
  EXPECT_NE(probe(other).what, "a CMS envelope (a Secure DICOM File, PS3.15)");
  EXPECT_NE(probe(hex("3080 06092a864886f7")).what, "a CMS envelope (a Secure DICOM File, PS3.15)");
}

TEST(Content, UIDs_that_are_made_up_here_say_nothing_about_a_patient) {
  // The same instances of another patient give the same File-set UID; it has a root that needs no registration.
  std::string first;
  for (const std::string patient : {"12345678", "87654321"}) {
    auto data = sample();
    data.set_text(tags::PatientID, patient);
    const auto& bytes = kept(build_part10(sample_meta(), data));
    DirectoryOptions options;
    options.implementation_class_uid = "1.2.826.0.1.3680043.10.999.9";
    const auto build = build_directory({entry_of(*read_file(bytes), components_of("A"))}, options);
    const auto file = read_file(build.file);
    ASSERT_TRUE(file.has_value());
    const std::string uid(file->meta.text(tags::MediaStorageSOPInstanceUID));
    EXPECT_TRUE(uid.starts_with("2.25.")) << uid;
    EXPECT_EQ(uid.find(patient), std::string::npos);
    EXPECT_EQ(listed(file->problems), "");
    if (first.empty()) first = uid;
    EXPECT_EQ(uid, first);
  }
}

TEST(Content, What_is_no_DICOM_file_is_refused_at_its_first_byte_by_what_it_is) {
  const auto refused = read_file(as_bytes("%PDF-1.7\nthis is a document and not an image of any kind"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().rule, "ps3.10/7.1/not-dicom");
  EXPECT_EQ(refused.error().offset, 0U);
  EXPECT_EQ(refused.error().found, "a PDF document");
  EXPECT_TRUE(read_file(kept(sample_file())).has_value());
}

TEST(Content, A_file_whose_name_differs_in_case_is_noted_and_found) {
  const auto& object = kept(sample_file());
  DirectoryOptions options;
  options.implementation_class_uid = "1.2.826.0.1.3680043.10.999.9";
  const auto& directory = kept(build_directory({entry_of(*read_file(object), components_of("IM/A1"))}, options).file);
  for (const bool other_case : {false, true}) {
    SetMember member;
    member.file = "IM/A1";
    member.dicom = true;
    member.other_case = other_case;
    member.sop_class = sample_meta().sop_class_uid;
    member.sop_instance = sample_meta().sop_instance_uid;
    member.transfer_syntax = sample_meta().transfer_syntax_uid;
    const auto checked = check_directory(*read_file(directory), [&](const std::string&) { return member; });
    EXPECT_EQ(checked.problems.size(), other_case ? 1U : 0U) << listed(checked.problems);
    const auto* found = find_rule(checked.problems, "ps3.10/8.6/file-case");
    ASSERT_EQ(found != nullptr, other_case);
    if (found != nullptr) {
      EXPECT_EQ(as_text(ByteView(directory).subspan(static_cast<std::size_t>(found->offset), 5)), "IM\\A1");
    }
  }
}

TEST(Content, Native_pixels_that_look_like_fragments_are_told_when_a_form_cannot_tell_them_apart) {
  for (const std::string value : {"feff00e0 00000000 feff00e0 02000000 0102 feffdde0 00000000", "feff00e0 0102 0304"}) {
    const bool confusing = value.size() > 20;
    Bytes bytes = hex("08006000 4353 0200 4d52 e07f1000 4f42 0000");
    const auto pixels = hex(value);
    append(bytes, ul(static_cast<std::uint32_t>(pixels.size())));
    append(bytes, pixels);
    const auto data_set = decode(bytes, explicit_le).data_set;
    for (const auto& [losses, rule] :
         {std::pair{to_json(data_set).losses.problems, "ps3.18/F.2.7/fragments-confused"},
          std::pair{to_native_xml(data_set).losses.problems, "ps3.19/A.1/fragments-confused"}}) {
      const auto* found = find_rule(losses, rule);
      ASSERT_EQ(found != nullptr, confusing) << listed(losses);
      if (found != nullptr) {
        EXPECT_EQ(found->offset, 10U);
      }
    }
  }
}

TEST(Content, Meta_information_of_later_editions_is_known) {
  auto parts = parse_part10(kept(sample_file()));
  parts.meta.set_text(tags::SendingApplicationEntityTitle, "SENDER");
  parts.meta.set_text(tags::ReceivingApplicationEntityTitle, "RECEIVER");
  parts.meta.set_text(tags::SourcePresentationAddress, "dicom://source:104");
  parts.meta.set_text(tags::SendingPresentationAddress, "dicom://sender:104");
  parts.meta.set_text(tags::ReceivingPresentationAddress, "dicom://receiver:104");
  update_group_length(parts.meta);
  Bytes bytes(128, 0);
  append(bytes, "DICM");
  append(bytes, rewrite(parts.meta));
  append(bytes, parts.data_set);
  const auto file = read_file(bytes);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(listed(file->problems), "");
  EXPECT_EQ(file->meta.find(tags::SourcePresentationAddress)->vr, Vr::UR);
}

}  // namespace
}  // namespace assay::dataset
