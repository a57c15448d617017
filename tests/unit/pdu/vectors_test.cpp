// PDUs written by hand from the tables of PS3.8 9.3 and PS3.7 D.3.3, independent of our encoder, against the values
// they stand for: decoded without a problem and encoded to the same bytes.
#include <gtest/gtest.h>

#include "harness/base/hex.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::pdu {
namespace {

void expect_vector(std::string_view annotated, const Pdu& value) {
  const auto bytes = from_hex(annotated);
  ASSERT_TRUE(bytes);
  const auto decoded = decode(*bytes);
  for (const auto& p : decoded.problems) ADD_FAILURE() << p.rule << " at " << p.offset << ": " << p.found;
  ASSERT_TRUE(decoded.pdu);
  EXPECT_EQ(*decoded.pdu, value);
  EXPECT_EQ(to_hex(encode(value)), to_hex(*bytes));
  EXPECT_EQ(to_hex(layout::serialise(to_layout(value))), to_hex(*bytes));
}

constexpr std::string_view minimal_rq = R"(
  01 00 000000ab            # A-ASSOCIATE-RQ, 171 bytes follow
  0001 0000                 # protocol version 1
  41 4e 59 2d 53 43 50 20 20 20 20 20 20 20 20 20   # called "ANY-SCP"
  41 53 53 41 59 20 20 20 20 20 20 20 20 20 20 20   # calling "ASSAY"
  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
  10 00 0015 312e322e3834302e31303030382e332e312e312e31     # 1.2.840.10008.3.1.1.1
  20 00 002e 01 00 00 00                                    # presentation context 1
    30 00 0011 312e322e3834302e31303030382e312e31           # 1.2.840.10008.1.1
    40 00 0011 312e322e3834302e31303030382e312e32           # 1.2.840.10008.1.2
  50 00 0018                                                # user information
    51 00 0004 00004000                                     # maximum length 16384
    52 00 0007 312e322e332e34                               # implementation class 1.2.3.4
    55 00 0001 41                                           # implementation version "A"
)";

TEST(PduVectors, A_associate_rq_minimal) {
  AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items = {ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
              PresentationContextItemRq{
                  1, {AbstractSyntaxSubItem{"1.2.840.10008.1.1"}, TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
              UserInformationItem{{MaximumLengthSubItem{16384}, ImplementationClassUidSubItem{"1.2.3.4"},
                                   ImplementationVersionNameSubItem{"A"}}}};
  expect_vector(minimal_rq, rq);
}

TEST(PduVectors, A_associate_rq_with_every_negotiation_item) {
  AAssociateRq rq;
  rq.called_ae_title = "B";
  rq.calling_ae_title = "A";
  rq.items = {ApplicationContextItem{"1.2"},
              PresentationContextItemRq{
                  255, {AbstractSyntaxSubItem{"1.3"}, TransferSyntaxSubItem{"1.4"}, TransferSyntaxSubItem{"1.5"}}},
              UserInformationItem{{MaximumLengthSubItem{0}, ImplementationClassUidSubItem{"1.6"},
                                   AsynchronousOperationsWindowSubItem{3, 0}, RoleSelectionSubItem{"1.3", 0, 1},
                                   SopClassExtendedNegotiationSubItem{"1.3", {1, 2}},
                                   SopClassCommonExtendedNegotiationSubItem{"1.3", "1.7", {"1.8", "1.9.0"}, {}},
                                   UserIdentitySubItemRq{2, 1, {'m', 'e'}, {'p', 'w', 'd'}}}}};
  expect_vector(R"(
    01 00 000000c4 0001 0000
    42 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20
    41 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20
    00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
    10 00 0003 312e32
    20 00 0019 ff 00 00 00
      30 00 0003 312e33
      40 00 0003 312e34
      40 00 0003 312e35
    50 00 0058
      51 00 0004 00000000
      52 00 0003 312e36
      53 00 0004 0003 0000                                     # invoked 3, performed unlimited
      54 00 0007 0003 312e33 00 01                             # SCP role for 1.3
      56 00 0007 0003 312e33 01 02                             # application information 01 02
      57 00 0018 0003 312e33 0003 312e37 000c 0003 312e38 0005 312e392e30
      58 00 000b 02 01 0002 6d65 0003 707764                   # user name "me", passcode "pwd"
  )",
                rq);
}

TEST(PduVectors, A_associate_ac_with_titles_returned_and_a_rejected_context) {
  AAssociateAc ac;
  ac.called_ae_title = "B";
  ac.calling_ae_title = "A";
  ac.reserved[0] = 0xff;  // whatever the RQ had: not tested
  ac.items = {ApplicationContextItem{"1.2"}, PresentationContextItemAc{1, 0, {TransferSyntaxSubItem{"1.4"}}},
              PresentationContextItemAc{3, 4, {TransferSyntaxSubItem{""}}}, PresentationContextItemAc{5, 3, {}},
              UserInformationItem{{MaximumLengthSubItem{0x01020304}, ImplementationClassUidSubItem{"1.6"},
                                   UserIdentitySubItemAc{{0xaa, 0xbb}}}}};
  expect_vector(R"(
    02 00 00000089 0001 0000
    42 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20
    41 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20
    ff000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
    10 00 0003 312e32
    21 00 000b 01 00 00 00 40 00 0003 312e34      # accepted with 1.4
    21 00 0008 03 00 04 00 40 00 0000             # transfer syntaxes not supported, item left empty
    21 00 0004 05 00 03 00                        # abstract syntax not supported
    50 00 0017
      51 00 0004 01020304
      52 00 0003 312e36
      59 00 0004 0002 aabb                        # server response
  )",
                ac);
}

TEST(PduVectors, A_associate_rj) { expect_vector("03 00 00000004 00 01 01 07", AAssociateRj{1, 1, 7}); }
TEST(PduVectors, A_release_rq) { expect_vector("05 00 00000004 00000000", AReleaseRq{}); }
TEST(PduVectors, A_release_rp) { expect_vector("06 00 00000004 00000000", AReleaseRp{}); }
TEST(PduVectors, A_abort_by_the_provider) { expect_vector("07 00 00000004 00 00 02 06", AAbort{2, 6}); }
TEST(PduVectors, A_abort_by_the_user) { expect_vector("07 00 00000004 00 00 00 00", AAbort{0, 0}); }

TEST(PduVectors, P_data_tf_with_two_values) {
  expect_vector(R"(
    04 00 00000010
    00000004 01 03 aabb   # context 1, command, last
    00000004 01 02 ccdd   # context 1, data, last
  )",
                PDataTf{{{1, 3, {0xaa, 0xbb}}, {1, 2, {0xcc, 0xdd}}}});
}

TEST(PduVectors, Finders_answer_from_the_decoded_value) {
  const auto decoded = decode(*from_hex(minimal_rq));
  ASSERT_TRUE(decoded.pdu);
  const auto& rq = std::get<AAssociateRq>(*decoded.pdu);
  EXPECT_EQ(type_of(*decoded.pdu), PduType::a_associate_rq);
  EXPECT_EQ(rq.application_context(), "1.2.840.10008.3.1.1.1");
  EXPECT_EQ(rq.maximum_length(), 16384U);
  ASSERT_EQ(rq.contexts().size(), 1U);
  EXPECT_EQ(rq.contexts()[0]->abstract_syntax(), "1.2.840.10008.1.1");
  EXPECT_EQ(rq.contexts()[0]->transfer_syntaxes(), std::vector<std::string_view>{"1.2.840.10008.1.2"});
  ASSERT_NE(rq.user_information(), nullptr);
  EXPECT_EQ(rq.user_information()->find<RoleSelectionSubItem>(), nullptr);
  EXPECT_EQ(AAssociateRq{}.maximum_length(), 0U);
  EXPECT_EQ(AAssociateRq{}.application_context(), "");
}

}  // namespace
}  // namespace assay::pdu
