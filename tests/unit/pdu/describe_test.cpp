#include "harness/pdu/describe.hpp"

#include <gtest/gtest.h>

#include "tests/unit/pdu/samples.hpp"

namespace assay::pdu {
namespace {

std::string_view name_of(std::string_view uid) { return uid == samples::verification ? "Verification" : ""; }

TEST(PduDescribe, A_request_item_by_item) {
  EXPECT_EQ(
      to_text(samples::full_rq(), name_of),
      "A-ASSOCIATE-RQ\n"
      "  protocol version 1\n"
      "  called \"ANY-SCP\", calling \"ASSAY\"\n"
      "  application context 1.2.840.10008.3.1.1.1\n"
      "  presentation context 1 proposed\n"
      "    abstract syntax 1.2.840.10008.1.1 (Verification)\n"
      "    transfer syntax 1.2.840.10008.1.2\n"
      "    transfer syntax 1.2.840.10008.1.2.1\n"
      "  presentation context 3 proposed\n"
      "    abstract syntax 1.2.840.10008.5.1.4.1.1.2\n"
      "    transfer syntax 1.2.840.10008.1.2\n"
      "  user information\n"
      "    maximum length 16384\n"
      "    implementation class UID 1.2.3.4\n"
      "    implementation version name \"ASSAY_1\"\n"
      "    asynchronous operations window: invoked 5, performed 0 (0 = unlimited)\n"
      "    role selection 1.2.840.10008.5.1.4.1.1.2: SCU 1, SCP 0\n"
      "    extended negotiation 1.2.840.10008.5.1.4.1.1.2: 010001\n"
      "    common extended negotiation 1.2.840.10008.5.1.4.1.1.2, service class 1.2.840.10008.4.2\n"
      "      related general 1.2.3\n"
      "      related general 1.2.34\n"
      "    user identity: user name and passcode (2) \"user\", passcode of 8 bytes, positive response requested\n");
}

TEST(PduDescribe, An_acceptance_with_results) {
  auto ac = samples::full_ac();
  ac.items.emplace_back(UnknownItem{0x77, {1}});
  const auto text = to_text(ac);
  EXPECT_NE(text.find("  presentation context 1: acceptance (0)\n    transfer syntax 1.2.840.10008.1.2\n"),
            std::string::npos);
  EXPECT_NE(text.find("  presentation context 3: abstract-syntax-not-supported (3)\n"), std::string::npos);
  EXPECT_NE(text.find("    maximum length 0 (no limit)\n"), std::string::npos);
  EXPECT_NE(text.find("\n  item of type 77H, not read, 1 byte: 01\n"), std::string::npos);
}

TEST(PduDescribe, Secrets_of_a_user_identity_are_not_shown) {
  AAssociateRq rq;
  rq.items = {UserInformationItem{{UserIdentitySubItemRq{2, 0, to_bytes("joe"), to_bytes("sesame")},
                                   UserIdentitySubItemRq{5, 0, to_bytes("eyJhbGci"), {}}}}};
  const auto text = to_text(rq);
  EXPECT_NE(text.find("\"joe\""), std::string::npos);
  EXPECT_EQ(text.find("sesame"), std::string::npos);
  EXPECT_EQ(text.find("eyJ"), std::string::npos);
  EXPECT_NE(text.find("JSON Web Token (5), 8 bytes"), std::string::npos);
}

TEST(PduDescribe, Text_of_the_peer_is_escaped) {
  AAssociateRq rq;
  rq.called_ae_title = "A\x1b[2J";
  rq.items = {ApplicationContextItem{"1.\n2"}};
  EXPECT_NE(to_text(rq).find("called \"A\\x1b[2J\""), std::string::npos);
  EXPECT_NE(to_text(rq).find("application context 1.\\x0a2\n"), std::string::npos);
}

TEST(PduDescribe, One_line_for_each_type) {
  EXPECT_EQ(one_line(samples::full_rq()),
            "A-ASSOCIATE-RQ \"ASSAY\" -> \"ANY-SCP\", 2 presentation contexts, maximum length 16384");
  EXPECT_EQ(one_line(samples::full_ac()),
            "A-ASSOCIATE-AC \"ASSAY\" -> \"ANY-SCP\", accepted 1 of 2 presentation contexts, maximum length 0");
  EXPECT_EQ(one_line(AAssociateRq{}), "A-ASSOCIATE-RQ \"\" -> \"\", 0 presentation contexts, no maximum length");
  EXPECT_EQ(one_line(AAssociateRj{2, 3, 1}),
            "A-ASSOCIATE-RJ rejected-transient / service-provider (presentation) / temporary-congestion");
  EXPECT_EQ(one_line(samples::full_p_data()), "P-DATA-TF command 4 bytes last, 2 x data 2 bytes last");
  EXPECT_EQ(one_line(PDataTf{}), "P-DATA-TF without a PDV");
  EXPECT_EQ(one_line(AReleaseRq{}), "A-RELEASE-RQ");
  EXPECT_EQ(one_line(AReleaseRp{}), "A-RELEASE-RP");
  EXPECT_EQ(one_line(AAbort{2, 2}), "A-ABORT service-provider / unexpected-PDU");
}

TEST(PduDescribe, Short_pdus_in_words) {
  EXPECT_EQ(to_text(AAbort{0, 5}), "A-ABORT\n  service-user (0/5)\n");
  EXPECT_EQ(to_text(AAssociateRj{1, 1, 7}),
            "A-ASSOCIATE-RJ\n  rejected-permanent / service-user / called-AE-title-not-recognized (1/1/7)\n");
  EXPECT_EQ(to_text(PDataTf{{{1, 3, {0xab}}}}), "P-DATA-TF\n  PDV context 1 command last, 1 byte: ab\n");
}

TEST(PduNames, Types_rejects_and_aborts) {
  EXPECT_EQ(pdu_name(1), "A-ASSOCIATE-RQ");
  EXPECT_EQ(pdu_name(7), "A-ABORT");
  EXPECT_EQ(pdu_name(0), "unknown PDU type 00H");
  EXPECT_EQ(pdu_name(0xfe), "unknown PDU type FEH");
  EXPECT_EQ(describe_reject(0, 9, 9), "undefined result 0 / undefined source 9 / undefined reason 9");
  EXPECT_EQ(describe_reject(1, 2, 2), "rejected-permanent / service-provider (ACSE) / protocol-version-not-supported");
  EXPECT_EQ(describe_abort(2, 3), "service-provider / undefined reason 3");
  EXPECT_EQ(describe_abort(1, 0), "undefined source 1 / reason-not-specified");
}

TEST(PduNames, Table_9_21_knows_eight_pairs_of_source_and_reason_with_either_result) {
  std::vector<std::string> defined;
  for (int result = 0; result < 256; ++result) {
    for (int source = 0; source < 5; ++source) {
      for (int reason = 0; reason < 256; ++reason) {
        if (is_defined_reject(static_cast<std::uint8_t>(result), static_cast<std::uint8_t>(source),
                              static_cast<std::uint8_t>(reason))) {
          defined.push_back(std::to_string(result) + std::to_string(source) + std::to_string(reason));
        }
      }
    }
  }
  EXPECT_EQ(defined, (std::vector<std::string>{"111", "112", "113", "117", "121", "122", "131", "132", "211", "212",
                                               "213", "217", "221", "222", "231", "232"}));
}

}  // namespace
}  // namespace assay::pdu
