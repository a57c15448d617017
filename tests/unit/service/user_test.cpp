// The SCU brains: what they send, and how they judge a faulty SCP.
#include "harness/service/user.hpp"

#include <gtest/gtest.h>

#include "harness/service/synthetic.hpp"

namespace assay::service {
namespace {

session::AcceptedContext context(std::string_view abstract_syntax,
                                 std::string_view transfer_syntax = uids::ImplicitVRLittleEndian) {
  return {3, std::string(abstract_syntax), std::string(transfer_syntax), true, false};
}

dimse::Message reply(const dimse::Message& request, std::uint16_t status) {
  dimse::Message out;
  out.context_id = request.context_id;
  out.command = dimse::response_to(request.command, status);
  return out;
}

TEST(User, Echo_is_judged_by_its_status) {
  const std::pair<std::uint16_t, bool> rows[] = {{0x0000, true}, {0x0122, false}, {0x0110, false},
                                                 {0xb000, true}, {0xfe00, false}, {0xd000, false}};
  for (const auto& [status, succeeded] : rows) {
    EchoUser user(context(uids::Verification));
    const auto step = user.consume(reply(user.request(5), status));
    EXPECT_EQ(step.kind, UserStep::Kind::final);
    EXPECT_EQ(step.succeeded(), succeeded) << status;
    EXPECT_EQ(step.status, status);
    EXPECT_TRUE(user.done());
  }
}

TEST(User, Answers_to_something_else_leave_the_operation_open) {
  EchoUser user(context(uids::Verification));
  const auto request = user.request(5);
  EXPECT_EQ(encode(request.command), encode(dimse::c_echo_rq(5)));
  auto wrong_id = reply(request, 0);
  wrong_id.command.elements().set_u16(tags::MessageIDBeingRespondedTo, 6);
  auto no_id = reply(request, 0);
  no_id.command.elements().erase(tags::MessageIDBeingRespondedTo);
  auto wrong_field = reply(request, 0);
  wrong_field.command.elements().set_u16(tags::CommandField, 0x8001);
  auto wrong_context = reply(request, 0);
  wrong_context.context_id = 9;
  auto no_status = reply(request, 0);
  no_status.command.elements().erase(tags::Status);
  for (const auto& message :
       {wrong_id, no_id, wrong_field, wrong_context, no_status, request, reply(request, 0xff00)}) {
    const auto step = user.consume(message);
    EXPECT_EQ(step.kind, UserStep::Kind::unexpected);
    EXPECT_FALSE(step.why.empty());
    EXPECT_FALSE(user.done());
  }
  EXPECT_TRUE(user.consume(reply(request, 0)).succeeded());
  EXPECT_EQ(user.consume(reply(request, 0)).kind, UserStep::Kind::unexpected) << "answered twice";
}

TEST(User, Store_sends_the_bytes_or_re_encodes_them) {
  const auto instance = *make_instance(synthetic_instances()[0], uids::ExplicitVRLittleEndian);
  StoreUser same(context(uids::CTImageStorage, uids::ExplicitVRLittleEndian));
  EXPECT_EQ(same.request(1, instance)->data_set, instance.data_set);
  StoreUser other(context(uids::CTImageStorage, uids::ExplicitVRBigEndian));
  const auto request = other.request(1, instance, 1);
  ASSERT_TRUE(request);
  const auto decoded = dataset::decode(request->data_set, dataset::explicit_be);
  EXPECT_TRUE(clean(decoded.problems));
  EXPECT_EQ(decoded.data_set.u16(tags::Rows), 8);
  EXPECT_EQ(request->command.elements().u16(tags::Priority), 1);
  EXPECT_EQ(request->command.sop_instance_uid(), instance.sop_instance_uid);
  StoreUser compressed(context(uids::CTImageStorage, "1.2.840.10008.1.2.4.50"));
  EXPECT_FALSE(compressed.request(1, instance));
  EXPECT_TRUE(compressed.done());
}

TEST(User, Store_takes_no_pending_for_success) {
  const auto instance = *make_instance(synthetic_instances()[0], uids::ExplicitVRLittleEndian);
  StoreUser user(context(uids::CTImageStorage, uids::ExplicitVRLittleEndian));
  const auto request = *user.request(1, instance);
  EXPECT_EQ(user.consume(reply(request, 0xff00)).kind, UserStep::Kind::unexpected);
  const auto warned = user.consume(reply(request, 0xb007));
  EXPECT_TRUE(warned.succeeded());
  EXPECT_EQ(warned.status_class, dimse::StatusClass::warning);
}

TEST(User, Find_notes_identifiers_where_none_may_be_and_the_reverse) {
  FindUser user(context(uids::StudyRootQueryRetrieveInformationModelFind));
  dataset::DataSet identifier(dataset::explicit_le);
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  const auto request = user.request(8, identifier);
  EXPECT_EQ(request.data_set, dataset::encode(identifier, dataset::implicit_le));
  EXPECT_EQ(user.consume(reply(request, 0xff00)).why, "a pending response without Identifier");
  auto pending = reply(request, 0xff01);
  pending.command = dimse::response_to(request.command, 0xff01, true);
  pending.data_set = request.data_set;
  pending.data_set_length = pending.data_set.size();
  const auto step = user.consume(pending);
  EXPECT_EQ(step.kind, UserStep::Kind::pending);
  EXPECT_TRUE(step.why.empty());
  EXPECT_EQ(step.identifier->text(tags::QueryRetrieveLevel), "STUDY");
  auto cut = pending;
  cut.data_set.pop_back();
  cut.data_set_length = cut.data_set.size();
  EXPECT_EQ(user.consume(cut).why, "an Identifier that cannot be read");
  auto final = pending;
  final.command = dimse::response_to(request.command, 0x0000, true);
  const auto last = user.consume(final);
  EXPECT_TRUE(last.succeeded());
  EXPECT_EQ(last.why, "a final response with a Data Set");
}

TEST(User, Cancel_names_the_query) {
  FindUser user(context(uids::StudyRootQueryRetrieveInformationModelFind));
  dataset::DataSet identifier(dataset::explicit_le);
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  const auto request = user.request(8, identifier);
  EXPECT_EQ(encode(user.cancel().command), encode(dimse::c_cancel_rq(8)));
  EXPECT_EQ(user.cancel().context_id, 3);
  const auto step = user.consume(reply(request, 0xfe00));
  EXPECT_EQ(step.kind, UserStep::Kind::final);
  EXPECT_EQ(step.status_class, dimse::StatusClass::cancel);
  EXPECT_FALSE(step.succeeded());
}

TEST(User, An_error_comment_is_handed_on) {
  EchoUser user(context(uids::Verification));
  auto response = reply(user.request(1), 0x0122);
  response.command.elements().set_text(tags::ErrorComment, "not here");
  EXPECT_EQ(user.consume(response).why, "not here");
}

TEST(User, Offending_elements_are_named) {
  EchoUser user(context(uids::Verification));
  auto response = reply(user.request(1), 0x0122);
  const Bytes two{0x10, 0x00, 0x20, 0x00, 0x09, 0x00, 0x01, 0x10, 0xff};  // and a byte too many
  response.command.elements().set_bytes(tags::OffendingElement, Vr::AT, two);
  EXPECT_EQ(user.consume(response).why, "because of (0010,0020) PatientID, (0009,1001)");
  auto both = reply(user.request(2), 0xa900);
  both.command.elements().set_text(tags::ErrorComment, "no such level");
  both.command.elements().set_bytes(tags::OffendingElement, Vr::AT, Bytes{0x08, 0x00, 0x52, 0x00});
  EXPECT_EQ(user.consume(both).why, "no such level, because of (0008,0052) QueryRetrieveLevel");
  auto many = reply(user.request(3), 0xa900);
  many.command.elements().set_bytes(tags::OffendingElement, Vr::AT, Bytes(60000));
  EXPECT_LT(user.consume(many).why.size(), 300U);
}

TEST(User, An_instance_lends_its_data_set_where_it_goes_out_as_it_stands) {
  auto ct = context(uids::CTImageStorage);
  Instance instance;
  instance.sop_class_uid = uids::CTImageStorage;
  instance.sop_instance_uid = "1.2.3";
  instance.transfer_syntax = "1.2.840.10008.1.2.4.50";
  instance.data_set = Bytes{1, 2, 3, 4};
  StoreUser user(ct);
  EXPECT_FALSE(user.request(1, std::make_shared<const Instance>(instance))) << "compressed, and the context is not";
  instance.transfer_syntax = ct.transfer_syntax;
  auto owner = std::make_shared<const Instance>(std::move(instance));
  const auto* bytes = owner->data_set.data();
  const auto sent = user.request(1, owner);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->data().data(), bytes) << "not copied";
  EXPECT_TRUE(sent->data_set_kept());
  owner.reset();
  EXPECT_EQ(to_bytes(sent->data()), (Bytes{1, 2, 3, 4})) << "and kept for as long as the message needs it";
}

}  // namespace
}  // namespace assay::service
