// The table of transfer syntaxes against the registry (PS3.6 A) and the facts of PS3.5 8.2 and Annex A.
#include <gtest/gtest.h>

#include <set>

#include "harness/dataset/transfer_syntax.hpp"
#include "harness/dict/dict.hpp"

namespace assay::dataset {
namespace {

struct Registered {
  std::string_view uid;
  dict::UidKind kind;
};

const std::vector<Registered>& registry() {
  using enum dict::UidKind;
  static const std::vector<Registered> all{
#define ASSAY_UID(uid, keyword, name, kind, retired) {uid, kind},
#include "harness/dict/generated_uids.inc"
#undef ASSAY_UID
  };
  return all;
}

TEST(TransferSyntax, Every_registered_one_is_in_the_table_once_and_no_other) {
  std::set<std::string_view> registered;
  for (const auto& [uid, kind] : registry())
    if (kind == dict::UidKind::transfer_syntax) registered.insert(uid);
  std::set<std::string_view> listed;
  for (const auto& row : transfer_syntaxes()) EXPECT_TRUE(listed.insert(row.uid).second) << row.uid;
  EXPECT_EQ(listed, registered);
  EXPECT_EQ(find_transfer_syntax("1.2.3.4"), nullptr);
  EXPECT_EQ(find_transfer_syntax(uids::CTImageStorage), nullptr);
  EXPECT_NE(find_transfer_syntax(std::string_view("1.2.840.10008.1.2\0", 18)), nullptr);
}

TEST(TransferSyntax, Properties_are_those_of_the_standard) {
  struct Fact {
    std::string_view uid;
    bool deflated;
    bool encapsulated;
    Codec codec;
    Loss loss;
    bool retired;
  };
  for (const auto& f : {
           Fact{"1.2.840.10008.1.2.2", false, false, Codec::none, Loss::none, true},
           Fact{"1.2.840.10008.1.2.1.98", false, true, Codec::uncompressed, Loss::none, false},
           Fact{"1.2.840.10008.1.2.1.99", true, false, Codec::none, Loss::none, false},
           Fact{"1.2.840.10008.1.2.4.51", false, true, Codec::jpeg, Loss::always, false},
           Fact{"1.2.840.10008.1.2.4.57", false, true, Codec::jpeg, Loss::none, false},
           Fact{"1.2.840.10008.1.2.4.70", false, true, Codec::jpeg, Loss::none, false},
           Fact{"1.2.840.10008.1.2.4.81", false, true, Codec::jpeg_ls, Loss::possible, false},
           Fact{"1.2.840.10008.1.2.4.91", false, true, Codec::jpeg_2000, Loss::possible, false},
           Fact{"1.2.840.10008.1.2.4.94", false, false, Codec::jpip, Loss::possible, false},
           Fact{"1.2.840.10008.1.2.4.95", true, false, Codec::jpip, Loss::possible, false},
           Fact{"1.2.840.10008.1.2.4.101", false, true, Codec::mpeg2, Loss::always, false},
           Fact{"1.2.840.10008.1.2.4.107", false, true, Codec::hevc, Loss::always, false},
           Fact{"1.2.840.10008.1.2.4.110", false, true, Codec::jpeg_xl, Loss::none, false},
           Fact{"1.2.840.10008.1.2.4.203", false, true, Codec::htj2k, Loss::possible, false},
           Fact{"1.2.840.10008.1.2.4.205", true, false, Codec::jpip, Loss::possible, false},
           Fact{"1.2.840.10008.1.2.5", false, true, Codec::rle, Loss::none, false},
           Fact{"1.2.840.10008.1.2.6.1", false, false, Codec::not_a_data_set, Loss::none, true},
           Fact{"1.2.840.10008.1.2.7.1", false, false, Codec::smpte_2110, Loss::none, false},
           Fact{"1.2.840.10008.1.2.8.1", false, true, Codec::deflated_frame, Loss::none, false},
       }) {
    const auto* row = find_transfer_syntax(f.uid);
    ASSERT_NE(row, nullptr) << f.uid;
    const bool right = row->encoding.deflated == f.deflated && row->encoding.encapsulated == f.encapsulated &&
                       row->codec == f.codec && row->loss == f.loss && row->retired() == f.retired;
    EXPECT_TRUE(right) << f.uid;
  }
  EXPECT_TRUE(find_transfer_syntax("1.2.840.10008.1.2.4.102.1")->fragmentable_video());
  EXPECT_FALSE(find_transfer_syntax("1.2.840.10008.1.2.4.102")->fragmentable_video());
  EXPECT_EQ(encoding_name(encoding_of(uids::DeflatedExplicitVRLittleEndian)), "Explicit VR Little Endian, deflated");
}

TEST(TransferSyntax, Codec_families_have_the_defaults_of_the_standard) {
  EXPECT_EQ(family_default("1.2.840.10008.1.2.4.57"), "1.2.840.10008.1.2.4.70");
  EXPECT_EQ(family_default("1.2.840.10008.1.2.4.50"), "1.2.840.10008.1.2.4.50");
  EXPECT_EQ(family_default("1.2.840.10008.1.2.4.51"), "1.2.840.10008.1.2.4.51");
  EXPECT_EQ(family_default("1.2.840.10008.1.2.4.80"), "");
  EXPECT_EQ(family_default(uids::ExplicitVRLittleEndian), "");
}

}  // namespace
}  // namespace assay::dataset
