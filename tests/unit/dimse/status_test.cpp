// Statuses: classes of PS3.7 Annex C, allowed sets, texts.
#include "harness/dimse/status.hpp"

#include <gtest/gtest.h>

#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"

namespace assay::dimse {
namespace {

std::uint16_t code(CommandField field) { return static_cast<std::uint16_t>(field); }

TEST(Status, Class_follows_the_ranges_of_annex_C) {
  const struct {
    std::uint16_t status;
    StatusClass expected;
  } rows[] = {
      {0x0000, StatusClass::success}, {0x0001, StatusClass::warning}, {0x0002, StatusClass::unknown},
      {0x00ff, StatusClass::unknown}, {0x0100, StatusClass::failure}, {0x0105, StatusClass::failure},
      {0x0107, StatusClass::warning}, {0x0110, StatusClass::failure}, {0x0116, StatusClass::warning},
      {0x0117, StatusClass::failure}, {0x0122, StatusClass::failure}, {0x01ff, StatusClass::failure},
      {0x0210, StatusClass::failure}, {0x02ff, StatusClass::failure}, {0x0300, StatusClass::unknown},
      {0x9fff, StatusClass::unknown}, {0xa000, StatusClass::failure}, {0xa700, StatusClass::failure},
      {0xafff, StatusClass::failure}, {0xb000, StatusClass::warning}, {0xbfff, StatusClass::warning},
      {0xc000, StatusClass::failure}, {0xcfff, StatusClass::failure}, {0xd000, StatusClass::unknown},
      {0xfe00, StatusClass::cancel},  {0xfe01, StatusClass::unknown}, {0xff00, StatusClass::pending},
      {0xff01, StatusClass::pending}, {0xff02, StatusClass::unknown},
  };
  for (const auto& row : rows) EXPECT_EQ(status_class(row.status), row.expected) << std::hex << row.status;
}

TEST(Status, Every_value_has_exactly_one_class_and_a_name) {
  for (std::uint32_t status = 0; status <= 0xffff; ++status)
    ASSERT_FALSE(name(status_class(static_cast<std::uint16_t>(status))).empty());
}

TEST(Status, Echo_may_refuse_but_not_pend_or_warn) {
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{0x0000, 0x0122, 0x0210, 0x0211, 0x0212})
    EXPECT_TRUE(is_allowed_status(code(CommandField::c_echo_rsp), uids::Verification, status)) << std::hex << status;
  for (const std::uint16_t status :
       std::initializer_list<std::uint16_t>{0xff00, 0xfe00, 0xb000, 0xc000, 0xa700, 0x0110})
    EXPECT_FALSE(is_allowed_status(code(CommandField::c_echo_rsp), uids::Verification, status)) << std::hex << status;
}

TEST(Status, Store_has_no_pending_and_no_cancel) {
  const auto rsp = code(CommandField::c_store_rsp);
  for (const std::uint16_t status :
       std::initializer_list<std::uint16_t>{0x0000, 0xa700, 0xa7ff, 0xa900, 0xb000, 0xb006, 0xb007, 0xc000, 0xcfff,
                                            0x0117, 0x0122, 0x0124, 0x0210, 0x0211, 0x0212})
    EXPECT_TRUE(is_allowed_status(rsp, uids::CTImageStorage, status)) << std::hex << status;
  for (const std::uint16_t status :
       std::initializer_list<std::uint16_t>{0xff00, 0xff01, 0xfe00, 0xa800, 0xb001, 0x0107})
    EXPECT_FALSE(is_allowed_status(rsp, uids::CTImageStorage, status)) << std::hex << status;
}

TEST(Status, Find_pends_cancels_and_has_its_own_failures) {
  const auto rsp = code(CommandField::c_find_rsp);
  for (const std::uint16_t status :
       std::initializer_list<std::uint16_t>{0x0000, 0xff00, 0xff01, 0xfe00, 0xa700, 0xa900, 0xc000, 0xcfff, 0x0122})
    EXPECT_TRUE(is_allowed_status(rsp, uids::StudyRootQueryRetrieveInformationModelFind, status)) << std::hex << status;
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{0xa701, 0xb000, 0x0106})
    EXPECT_FALSE(is_allowed_status(rsp, uids::StudyRootQueryRetrieveInformationModelFind, status))
        << std::hex << status;
}

TEST(Status, Optional_key_warning_belongs_to_queries_only) {
  EXPECT_FALSE(is_allowed_status(code(CommandField::c_move_rsp), {}, 0xff01));
  EXPECT_FALSE(is_allowed_status(code(CommandField::c_get_rsp), {}, 0xff01));
  EXPECT_TRUE(is_allowed_status(code(CommandField::c_move_rsp), {}, 0xff00));
}

TEST(Status, Move_destination_unknown_belongs_to_move_not_get) {
  EXPECT_TRUE(is_allowed_status(code(CommandField::c_move_rsp), "1.2.840.10008.5.1.4.1.2.2.2", 0xa801));
  EXPECT_FALSE(is_allowed_status(code(CommandField::c_get_rsp), "1.2.840.10008.5.1.4.1.2.2.3", 0xa801));
}

TEST(Status, Without_a_sop_class_any_service_specific_failure_may_come) {
  EXPECT_TRUE(is_allowed_status(code(CommandField::c_store_rsp), {}, 0xa801));
  EXPECT_TRUE(is_allowed_status(code(CommandField::n_action_rsp), {}, 0xc112));
  EXPECT_FALSE(is_allowed_status(code(CommandField::n_action_rsp), {}, 0xff00));
}

TEST(Status, Print_warnings_belong_to_the_operation_that_can_have_them) {
  constexpr std::string_view session = "1.2.840.10008.5.1.1.1";
  constexpr std::string_view film = "1.2.840.10008.5.1.1.2";
  constexpr std::string_view image = "1.2.840.10008.5.1.1.4";
  const auto create = code(CommandField::n_create_rsp);
  const auto set = code(CommandField::n_set_rsp);
  const auto action = code(CommandField::n_action_rsp);
  EXPECT_TRUE(is_allowed_status(create, session, 0xb600));
  EXPECT_FALSE(is_allowed_status(action, session, 0xb600));
  EXPECT_TRUE(is_allowed_status(action, session, 0xc600));
  EXPECT_TRUE(is_allowed_status(create, film, 0xc616));
  EXPECT_FALSE(is_allowed_status(create, film, 0xb603));
  EXPECT_TRUE(is_allowed_status(action, film, 0xb603));
  EXPECT_TRUE(is_allowed_status(set, image, 0xb604));
  EXPECT_FALSE(is_allowed_status(set, image, 0xb601));
  EXPECT_FALSE(is_allowed_status(code(CommandField::n_get_rsp), "1.2.840.10008.5.1.1.16", 0xb604));
}

TEST(Status, Services_add_theirs_and_no_others) {
  const auto create = code(CommandField::n_create_rsp);
  const auto set = code(CommandField::n_set_rsp);
  const auto action = code(CommandField::n_action_rsp);
  EXPECT_FALSE(is_allowed_status(create, "1.2.840.10008.3.1.2.3.3", 0xc000));  // MPPS
  EXPECT_TRUE(is_allowed_status(set, "1.2.840.10008.3.1.2.3.3", 0x0110));
  EXPECT_TRUE(is_allowed_status(action, "1.2.840.10008.5.1.1.33", 0xa510));  // media creation is no print service
  EXPECT_FALSE(is_allowed_status(action, "1.2.840.10008.5.1.1.33", 0xc600));
  EXPECT_TRUE(is_allowed_status(set, "1.2.840.10008.5.1.4.34.6.1", 0xc300));  // UPS
  EXPECT_FALSE(is_allowed_status(set, "1.2.840.10008.5.1.4.34.6.1", 0xb000));
  EXPECT_TRUE(is_allowed_status(code(CommandField::c_find_rsp), "1.2.840.10008.5.1.4.37.1", 0xc100));
  EXPECT_FALSE(is_allowed_status(code(CommandField::c_find_rsp), "1.2.840.10008.5.1.4.37.1", 0xb001));
  EXPECT_TRUE(is_allowed_status(code(CommandField::c_find_rsp), "1.2.840.10008.5.1.4.38.2", 0xb001));
  EXPECT_FALSE(is_allowed_status(code(CommandField::c_store_rsp), "1.2.840.10008.5.1.4.38.1", 0xb000));
  EXPECT_TRUE(is_allowed_status(set, "1.2.3.4", 0xc123));  // a private service may have any
}

TEST(Status, Requests_and_non_commands_carry_no_status) {
  EXPECT_FALSE(is_allowed_status(code(CommandField::c_echo_rq), {}, 0x0000));
  EXPECT_FALSE(is_allowed_status(0x9999, {}, 0x0000));
}

TEST(Status, Every_response_may_say_success) {
  for (const auto& info : all_commands()) {
    const auto field = code(info.field);
    EXPECT_EQ(is_allowed_status(field, {}, 0x0000), is_response(field)) << info.name;
  }
}

TEST(Status, Text_names_code_class_and_meaning_of_the_service) {
  EXPECT_EQ(describe_status(0), "0x0000 success: Success");
  EXPECT_EQ(describe_status(0xa700, code(CommandField::c_store_rsp), uids::CTImageStorage),
            "0xA700 failure: Refused: Out of Resources");
  EXPECT_EQ(describe_status(0xa900, code(CommandField::c_find_rsp)),
            "0xA900 failure: Error: Identifier does not match SOP Class");
  EXPECT_EQ(describe_status(0xb000, code(CommandField::c_store_rsp)), "0xB000 warning: Coercion of Data Elements");
  EXPECT_EQ(describe_status(0xb000, code(CommandField::c_get_rsp)),
            "0xB000 warning: Sub-operations complete, one or more failures or warnings");
  EXPECT_EQ(describe_status(0xd123), "0xD123 unknown");
}

}  // namespace
}  // namespace assay::dimse
