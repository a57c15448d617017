// What must hold for the preamble and the File Meta Information: a broken file reported at its byte, a right one
// silent.
#include "harness/dataset/part10_meta.hpp"

#include "tests/unit/dataset/file_support.hpp"

namespace assay::dataset {
namespace {

// A file whose group 0002 was changed by `change` and counted anew.
template <typename Change>
const Bytes& with_meta(Change change) {
  const auto right = sample_file();
  auto parts = parse_part10(right);
  change(parts.meta);
  update_group_length(parts.meta);
  Bytes bytes(right.begin(), right.begin() + 132);
  append(bytes, rewrite(parts.meta));
  append(bytes, parts.data_set);
  return kept(std::move(bytes));
}

struct Case {
  std::string name;
  Tag tag;
  Vr vr;
  std::string broken;
  std::string correct;
  std::string_view rule;
  Gravity gravity = Gravity::deviation;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"transfer_syntax_is_a_sop_class", tags::TransferSyntaxUID, Vr::UI, "1.2.840.10008.1.1",
       std::string(uids::ExplicitVRLittleEndian), "ps3.10/7.1/uid-kind"},
      {"sop_class_is_a_transfer_syntax", tags::MediaStorageSOPClassUID, Vr::UI, "1.2.840.10008.1.2.1",
       "1.2.840.10008.5.1.4.1.1.7", "ps3.10/7.1/uid-kind"},
      {"implementation_is_a_sop_class", tags::ImplementationClassUID, Vr::UI, "1.2.840.10008.5.1.4.1.1.2",
       "1.2.826.0.1.3680043.10.999.9", "ps3.10/7.1/uid-kind"},
      {"private_transfer_syntax", tags::TransferSyntaxUID, Vr::UI, "1.2.840.113619.5.2",
       std::string(uids::ExplicitVRLittleEndian), "ps3.10/7.1/transfer-syntax-private", Gravity::note},
      {"unregistered_transfer_syntax", tags::TransferSyntaxUID, Vr::UI, "1.2.840.10008.1.2.999",
       std::string(uids::ExplicitVRLittleEndian), "ps3.10/7.1/transfer-syntax-private"},
      {"retired_transfer_syntax", tags::TransferSyntaxUID, Vr::UI, "1.2.840.10008.1.2.4.52", "1.2.840.10008.1.2.4.50",
       "ps3.10/7.1/transfer-syntax-retired", Gravity::note},
      {"version_name_too_long", tags::ImplementationVersionName, Vr::SH, "ASSAY_12345678901", "ASSAY_1234567890",
       "ps3.10/7.1/version-name"},
      {"ae_title_blank", tags::SourceApplicationEntityTitle, Vr::AE, "    ", " STORER ", "ps3.10/7.1/ae-title"},
      {"ae_title_backslash", tags::SourceApplicationEntityTitle, Vr::AE, "A\\B", "A/B", "ps3.10/7.1/ae-title"},
      {"ae_title_long", tags::ReceivingApplicationEntityTitle, Vr::AE, "ABCDEFGHIJKLMNOPQ", "ABCDEFGHIJKLMNOP",
       "ps3.10/7.1/ae-title"},
      {"other_class_than_inside", tags::MediaStorageSOPClassUID, Vr::UI, "1.2.840.10008.5.1.4.1.1.2",
       "1.2.840.10008.5.1.4.1.1.7", "ps3.10/7.1/sop-class"},
      {"other_instance_than_inside", tags::MediaStorageSOPInstanceUID, Vr::UI, "1.2.3", "1.2.826.0.1.3680043.10.999.1",
       "ps3.10/7.1/sop-instance"},
  };
  return all;
}

TEST(Part10Meta, Each_departure_is_named_at_its_byte_and_its_right_twin_is_not) {
  for (const auto& c : cases()) {
    const auto& broken = with_meta([&](DataSet& meta) { meta.set_text(c.tag, c.vr, c.broken); });
    const auto file = read_file(broken);
    ASSERT_TRUE(file.has_value()) << c.name;
    const auto* found = find_rule(file->problems, c.rule);
    ASSERT_NE(found, nullptr) << c.name << "\n" << listed(file->problems);
    const Node* node = file->meta.find(c.tag);
    EXPECT_EQ(found->offset, node->end_offset - node->value.size()) << c.name;
    EXPECT_EQ(found->field, to_string(c.tag)) << c.name;
    EXPECT_EQ(found->gravity, c.gravity) << c.name;
    const auto& correct = with_meta([&](DataSet& meta) { meta.set_text(c.tag, c.vr, c.correct); });
    EXPECT_TRUE(clean(read_file(correct)->problems)) << c.name << "\n" << listed(read_file(correct)->problems);
  }
}

TEST(Part10Meta, The_version_is_compared_byte_by_byte_and_a_swapped_one_is_called_so) {
  struct Row {
    std::string bytes;
    std::string found;
  };
  for (const auto& [bytes, found] : {Row{"0001", ""}, Row{"0100", "the bytes 01H, 00H: swapped"},
                                     Row{"0002", "another version"}, Row{"00010000", "another version"}}) {
    const auto file =
        with_meta([&](DataSet& meta) { meta.set_bytes(tags::FileMetaInformationVersion, Vr::OB, hex(bytes)); });
    const auto read = read_file(file);
    const auto* problem = find_rule(read->problems, "ps3.10/7.1/version");
    EXPECT_EQ(problem != nullptr ? problem->found : "", found) << bytes;
    if (problem != nullptr) {
      EXPECT_EQ(problem->offset, 156U);
    }
  }
}

TEST(Part10Meta, Private_information_comes_with_its_creator) {
  const Tag creator = tags::PrivateInformationCreatorUID;
  const Tag information = tags::PrivateInformation;
  for (const bool has_creator : {false, true}) {
    for (const bool has_information : {false, true}) {
      const auto& bytes = with_meta([&](DataSet& meta) {
        if (has_creator) meta.set_text(creator, "1.2.3");
        if (has_information) meta.set_bytes(information, Vr::OB, hex("0102"));
      });
      const auto file = read_file(bytes);
      const auto* problem = find_rule(file->problems, "ps3.10/7.1/private-information");
      ASSERT_EQ(problem != nullptr, has_creator != has_information);
      if (problem != nullptr) {
        EXPECT_EQ(problem->field, to_string(has_creator ? creator : information));
      }
    }
  }
}

TEST(Part10Meta, A_missing_or_empty_element_of_type_1_is_named) {
  for (const Tag tag : {tags::FileMetaInformationVersion, tags::MediaStorageSOPClassUID,
                        tags::MediaStorageSOPInstanceUID, tags::TransferSyntaxUID, tags::ImplementationClassUID}) {
    const auto missing = read_file(with_meta([&](DataSet& meta) { meta.erase(tag); }));
    ASSERT_NE(find_rule(missing->problems, "ps3.10/7.1/required-element"), nullptr) << to_string(tag);
    EXPECT_EQ(find_rule(missing->problems, "ps3.10/7.1/required-element")->field, to_string(tag));
    EXPECT_TRUE(missing->data_set.equal_in_value(sample())) << to_string(tag) << missing->guess;
    const auto empty = read_file(with_meta([&](DataSet& meta) { meta.set_empty(tag); }));
    EXPECT_NE(find_rule(empty->problems, "ps3.10/7.1/required-element"), nullptr) << to_string(tag);
  }
}

TEST(Part10Meta, A_preamble_changes_nothing_but_is_named_when_it_is_not_zero) {
  struct Row {
    std::string start;
    std::string_view rule;
    Gravity gravity;
  };
  const auto right = sample_file();
  for (const auto& [start, rule, gravity] : {Row{"49492a00", "ps3.10/7.1/preamble-tiff", Gravity::note},
                                             Row{"4d4d002a", "ps3.10/7.1/preamble-tiff", Gravity::note},
                                             Row{"4d5a9000", "ps3.10/7.1/preamble-executable", Gravity::deviation},
                                             Row{"7f454c46", "ps3.10/7.1/preamble-executable", Gravity::deviation},
                                             Row{"23212f62", "ps3.10/7.1/preamble-executable", Gravity::deviation},
                                             Row{"00000041", "ps3.10/7.1/preamble", Gravity::note}}) {
    auto bytes = right;
    const auto head = hex(start);
    std::copy(head.begin(), head.end(), bytes.begin());
    const auto file = read_file(bytes);
    ASSERT_EQ(file->problems.size(), 1U) << start << listed(file->problems);
    EXPECT_EQ(file->problems[0].rule, rule);
    EXPECT_EQ(file->problems[0].gravity, gravity);
    EXPECT_EQ(file->problems[0].offset, start.starts_with("0000") ? 3U : 0U);
    EXPECT_TRUE(file->data_set.equal_in_value(sample()));
    EXPECT_EQ(rewrite(*file), bytes);
  }
}

TEST(Part10Meta, A_DICOMDIR_needs_no_SOP_UIDs_inside) {
  auto meta = sample_meta();
  meta.sop_class_uid = std::string(media_storage_directory);
  DataSet data(explicit_le);
  data.set_text(tags::FileSetID, "SET");
  EXPECT_EQ(listed(read_file(build_part10(meta, data))->problems), "");
}

}  // namespace
}  // namespace assay::dataset
