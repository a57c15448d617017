// Command table, builders and encoding.
#include "harness/dimse/message.hpp"

#include <gtest/gtest.h>

#include "harness/base/hex.hpp"
#include "harness/base/layout.hpp"

namespace assay::dimse {
namespace {

// The vectors of a C-ECHO exchange and a C-CANCEL, computed from PS3.7 9.3.5 and 9.3.2.3.
constexpr std::string_view echo_rq_hex =
    "0000000004000000380000000000020012000000312e322e3834302e31303030382e312e31000000000102000000300000001001020000"
    "00020000000008020000000101";
constexpr std::string_view echo_rsp_hex =
    "0000000004000000420000000000020012000000312e322e3834302e31303030382e312e31000000000102000000308000002001020000"
    "0002000000000802000000010100000009020000000000";
constexpr std::string_view cancel_hex =
    "00000000040000001e0000000000000102000000ff0f0000200102000000070000000008020000000101";

Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

/// A command whose UIDs and titles are filled, so that it is clean.
CommandSet filled(CommandField field, std::uint16_t message_id) {
  auto made = command(field, message_id);
  for (const Tag tag : {tags::AffectedSOPClassUID, tags::RequestedSOPClassUID})
    if (made.elements().has(tag) && field != CommandField::c_echo_rq)
      made.elements().set_text(tag, uids::CTImageStorage);
  for (const Tag tag : {tags::AffectedSOPInstanceUID, tags::RequestedSOPInstanceUID})
    if (made.elements().has(tag)) made.elements().set_text(tag, "2.25.17");
  if (made.elements().has(tags::MoveDestination)) made.elements().set_text(tags::MoveDestination, "DEST");
  return made;
}

TEST(Message, Echo_request_equals_its_vector) {
  EXPECT_EQ(encode(c_echo_rq(2)), hex(echo_rq_hex));
  EXPECT_EQ(encode(c_echo_rq(2)).size(), 68U);
}

TEST(Message, Echo_response_equals_its_vector) {
  EXPECT_EQ(encode(response_to(c_echo_rq(2), 0)), hex(echo_rsp_hex));
  EXPECT_EQ(encode(response_to(c_echo_rq(2), 0)).size(), 78U);
}

TEST(Message, Cancel_equals_its_vector) { EXPECT_EQ(encode(c_cancel_rq(7)), hex(cancel_hex)); }

TEST(Message, Vectors_decode_clean_and_encode_to_themselves) {
  for (const auto text : {echo_rq_hex, echo_rsp_hex, cancel_hex}) {
    const auto bytes = hex(text);
    const auto decoded = decode_command(bytes);
    EXPECT_TRUE(decoded.problems.empty()) << decoded.problems[0].rule;
    EXPECT_EQ(encode(decoded.command), bytes);
  }
}

TEST(Message, Find_request_equals_the_bytes_of_a_real_exchange) {
  // PS3.7 9.3.2.1 with message ID 4; the Data Set Type differs, any value but 0101H will do.
  auto made = c_find_rq(4, uids::StudyRootQueryRetrieveInformationModelFind);
  made.elements().set_u16(tags::CommandDataSetType, 0x0102);
  EXPECT_EQ(encode(made),
            hex("00000000040000004c000000000002001c000000312e322e3834302e31303030382e352e312e342e312e322e322e3100000000"
                "010200000020000000100102000000040000000007020000000000000000080200000002"
                "01"));
}

TEST(Message, There_are_23_commands_with_ascending_fields) {
  EXPECT_EQ(all_commands().size(), 23U);
  for (const auto& info : all_commands()) {
    EXPECT_EQ(command_info(static_cast<std::uint16_t>(info.field)), &info);
    for (std::size_t i = 1; i < info.fields.size(); ++i)
      EXPECT_LT(info.fields[i - 1].tag, info.fields[i].tag) << info.name;
    EXPECT_EQ(is_response(static_cast<std::uint16_t>(info.field)), info.name.ends_with("-RSP")) << info.name;
  }
  EXPECT_EQ(command_info(0x0002), nullptr);
  EXPECT_EQ(command_info(0x8fff), nullptr);
}

TEST(Message, Names_say_the_command_or_its_value) {
  EXPECT_EQ(command_name(0x8020), "C-FIND-RSP");
  EXPECT_EQ(command_name(0x0fff), "C-CANCEL-RQ");
  EXPECT_EQ(command_name(0x12ab), "command 12ABH");
}

TEST(Message, Every_command_builds_encodes_and_decodes_clean) {
  for (const auto& info : all_commands()) {
    const auto made = filled(info.field, 77);
    const auto bytes = encode(made);
    const auto decoded = decode_command(bytes);
    EXPECT_TRUE(decoded.problems.empty())
        << info.name << ": " << decoded.problems[0].rule << " " << decoded.problems[0].field;
    EXPECT_EQ(decoded.command.field(), static_cast<std::uint16_t>(info.field));
    EXPECT_EQ(decoded.command.name(), info.name);
    EXPECT_EQ(encode(decoded.command), bytes) << info.name;
    const auto id = is_response(static_cast<std::uint16_t>(info.field)) || info.field == CommandField::c_cancel_rq
                        ? decoded.command.responded_to()
                        : decoded.command.message_id();
    EXPECT_EQ(id, 77) << info.name;
  }
}

TEST(Message, Every_request_is_answered_clean) {
  for (const auto& info : all_commands()) {
    const auto field = static_cast<std::uint16_t>(info.field);
    if (is_response(field) || info.field == CommandField::c_cancel_rq) continue;
    const auto response = response_to(filled(info.field, 300), 0);
    const auto decoded = decode_command(encode(response));
    EXPECT_TRUE(decoded.problems.empty()) << info.name << ": " << decoded.problems[0].rule;
    EXPECT_EQ(decoded.command.field(), field | 0x8000);
    EXPECT_EQ(decoded.command.responded_to(), 300);
    EXPECT_EQ(decoded.command.status(), 0);
    EXPECT_FALSE(decoded.command.has_data_set());
    EXPECT_EQ(decoded.command.sop_class_uid(),
              info.field == CommandField::c_echo_rq ? uids::Verification : uids::CTImageStorage);
  }
}

TEST(Message, A_response_repeats_instance_and_types_only_where_they_belong) {
  const auto store = response_to(c_store_rq(1, uids::CTImageStorage, "2.25.5"), 0xa700);
  EXPECT_EQ(store.sop_instance_uid(), "2.25.5");
  auto action = filled(CommandField::n_action_rq, 1);
  action.elements().set_u16(tags::ActionTypeID, 3);
  const auto response = response_to(action, 0);
  EXPECT_EQ(response.elements().u16(tags::ActionTypeID), 3);
  EXPECT_TRUE(response.elements().has(tags::AffectedSOPClassUID));
  EXPECT_FALSE(response.elements().has(tags::RequestedSOPClassUID));
  EXPECT_FALSE(response_to(c_find_rq(1, uids::CTImageStorage), 0).elements().has(tags::AffectedSOPInstanceUID));
}

TEST(Message, Answering_an_empty_command_does_no_harm) {
  const auto response = response_to(CommandSet{}, 0x0211);
  EXPECT_EQ(response.field(), 0x8000);
  EXPECT_EQ(response.responded_to(), 0);
  EXPECT_EQ(response.status(), 0x0211);
}

TEST(Message, Data_set_type_0101H_alone_means_none) {
  auto made = c_find_rq(1, uids::CTImageStorage);
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0x0000, 0x0001, 0x0102, 0xffff}) {
    made.elements().set_u16(tags::CommandDataSetType, type);
    EXPECT_TRUE(made.has_data_set()) << type;
    EXPECT_TRUE(decode_command(encode(made)).problems.empty()) << type;
  }
  made.elements().set_u16(tags::CommandDataSetType, no_data_set);
  EXPECT_FALSE(made.has_data_set());
}

TEST(Message, Group_length_follows_what_was_changed) {
  auto made = c_store_rq(1, uids::CTImageStorage, "2.25.5");
  made.elements().set_text(tags::MoveOriginatorApplicationEntityTitle, "ASSAY");
  made.elements().set_u16(tags::MoveOriginatorMessageID, 9);
  made.elements().set_u32(tags::CommandGroupLength, 1);
  const auto bytes = encode(made);
  EXPECT_EQ(load<std::uint32_t>(bytes.data() + 8, Endian::little), bytes.size() - 12);
  EXPECT_TRUE(decode_command(bytes).problems.empty());
}

TEST(Message, A_command_kept_in_another_encoding_is_written_in_implicit_vr) {
  dataset::DataSet elements(dataset::explicit_be);
  elements.set_text(tags::AffectedSOPClassUID, uids::Verification);
  elements.set_u16(tags::CommandField, 0x0030);
  elements.set_u16(tags::MessageID, 2);
  elements.set_u16(tags::CommandDataSetType, no_data_set);
  EXPECT_EQ(encode(CommandSet(std::move(elements))), hex(echo_rq_hex));
}

TEST(Message, Layout_serialises_to_the_encoding_and_can_lie) {
  for (const auto& info : all_commands()) {
    const auto made = filled(info.field, 5);
    EXPECT_EQ(layout::serialise(to_layout(made)), encode(made)) << info.name;
  }
  auto tree = to_layout(c_echo_rq(2));
  ASSERT_TRUE(layout::apply(tree, {layout::Operation::erase, "(0000,0110)", {}, {}, 0}));
  const auto shorter = layout::serialise(tree);
  EXPECT_EQ(shorter.size(), 58U);
  EXPECT_EQ(shorter[8], 46);  // the length part follows
  ASSERT_TRUE(layout::apply(tree, {layout::Operation::set, "(0000,0000)", {}, 1000, 0}));
  EXPECT_EQ(load<std::uint32_t>(layout::serialise(tree).data() + 8, Endian::little), 1000U);
}

}  // namespace
}  // namespace assay::dimse
