// Every part of every PDU has an address, and every operation of the layout tree reaches it at every level.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/pdu/samples.hpp"

namespace assay::pdu {
namespace {

using layout::Operation;

/// The first problem of the changed PDU as "rule field @offset", or "" when it decodes without one.
struct Outcome {
  Bytes bytes;
  std::string first;
};

Outcome changed(const Pdu& pdu, const layout::Modification& change) {
  auto tree = to_layout(pdu);
  const auto applied = layout::apply(tree, change);
  if (!applied) return {{}, "local error: " + applied.error().message};
  auto bytes = layout::serialise(tree);
  const auto problems = decode(bytes).problems;
  if (problems.empty()) return {bytes, ""};
  return {bytes, problems[0].rule + " " + problems[0].field + " @" + std::to_string(problems[0].offset)};
}

TEST(PduLies, Every_operation_at_pdu_level) {
  const Pdu rq = samples::full_rq();
  const auto size = encode(rq).size();
  EXPECT_EQ(changed(rq, {Operation::set, "pdu-type", {0x09}, {}, 0}).first, "ps3.8/9.3.1/pdu-type pdu-type @0");
  EXPECT_EQ(changed(rq, {Operation::set, "protocol-version", {}, 2, 0}).first,
            "ps3.8/9.3.2/protocol-version protocol-version @6");
  EXPECT_EQ(changed(rq, {Operation::add, "length", {}, 1, 0}).first, "ps3.8/9.3.2/pdu-length length @2");
  EXPECT_EQ(changed(rq, {Operation::xor_bytes, "reserved", {0xff}, {}, 0}).first, "ps3.8/9.3.2/reserved reserved @1");
  EXPECT_EQ(changed(rq, {Operation::insert, "called-ae-title", {'\\'}, {}, 16}).bytes.size(), size + 1);
  EXPECT_EQ(changed(rq, {Operation::append, "", {0xaa}, {}, 0}).first,
            "ps3.8/9.3.2/item-header  @" + std::to_string(size));
  EXPECT_EQ(changed(rq, {Operation::erase, "application-context", {}, {}, 0}).first,
            "ps3.8/9.3.2/application-context-missing  @" + std::to_string(size - 25));
  EXPECT_EQ(changed(rq, {Operation::duplicate, "application-context", {}, {}, 0}).first,
            "ps3.8/9.3.2/application-context-count application-context[2] @99");
  EXPECT_EQ(changed(rq, {Operation::move, "user-information", {}, {}, 8}).first,
            "ps3.8/9.3.2/item-order application-context @" + std::to_string(74 + 198));
  const auto cut = changed(rq, {Operation::truncate, "", {}, 7, 0});
  EXPECT_EQ(cut.bytes.size(), 7U);
  EXPECT_EQ(cut.first, "ps3.8/9.3.2/pdu-length length @2");
}

TEST(PduLies, Every_operation_at_item_level) {
  const Pdu rq = samples::full_rq();
  const std::string item = "presentation-context[2]/";
  EXPECT_EQ(changed(rq, {Operation::set, item + "id", {}, 2, 0}).first,
            "ps3.8/9.3.2.2/presentation-context-id presentation-context[2]/id @176");
  EXPECT_EQ(changed(rq, {Operation::add, item + "length", {}, 300, 0}).first,
            "ps3.8/9.3.2.2/item-length presentation-context[2]/length @174");
  EXPECT_EQ(changed(rq, {Operation::xor_bytes, item + "reserved-3", {1}, {}, 0}).first,
            "ps3.8/9.3.2.2/reserved presentation-context[2]/reserved-3 @178");
  EXPECT_EQ(changed(rq, {Operation::insert, "presentation-context[2]", {0xab}, {}, 7}).first,
            "ps3.8/9.3.1/reserved presentation-context[2]/unknown[1]/reserved @181");
  EXPECT_EQ(changed(rq, {Operation::append, "presentation-context[2]", {0xab}, {}, 0}).first,
            "ps3.8/9.3.2.2/item-header presentation-context[2] @230");
  EXPECT_EQ(changed(rq, {Operation::erase, item + "abstract-syntax", {}, {}, 0}).first,
            "ps3.8/9.3.2.2/abstract-syntax-count presentation-context[2] @201");
  EXPECT_EQ(changed(rq, {Operation::duplicate, "presentation-context", {}, {}, 0}).first,
            "ps3.8/9.3.2.2/presentation-context-id-twice presentation-context[2]/id @176");
  EXPECT_EQ(changed(rq, {Operation::move, "presentation-context", {}, {}, 99}).first,
            "ps3.8/9.3.2/item-order presentation-context[2] @" + std::to_string(encode(rq).size() - 73));
  EXPECT_EQ(changed(rq, {Operation::truncate, "presentation-context[2]", {}, 6, 0}).first,
            "ps3.8/9.3.2.2/reserved presentation-context[2]/reserved-3 @178");
}

TEST(PduLies, Every_operation_at_sub_item_level) {
  AAssociateRq rq = samples::full_rq();
  rq.items.erase(rq.items.begin() + 1, rq.items.begin() + 3);  // user information at 99, its sub-items from 103
  const std::string role = "user-information/role-selection/";
  // 51H at 103, 52H at 111, 55H at 122, 53H at 133, 54H at 141: UID length at 145, UID at 147, roles at 172, 173
  const auto first = [&](const layout::Modification& change) {
    auto outcome = changed(rq, change).first;
    return outcome.starts_with("ps3.8/9.3.2/presentation-context-missing") ? std::string() : outcome;
  };
  EXPECT_EQ(first({Operation::set, role + "scp-role", {}, 2, 0}),
            "ps3.7/D.3.3.4.1/scp-role user-information/role-selection[1]/scp-role @173");
  EXPECT_EQ(first({Operation::add, role + "uid-length", {}, 9, 0}),
            "ps3.7/D.3.3.4.1/inner-length user-information/role-selection[1]/uid-length @145");
  EXPECT_EQ(first({Operation::xor_bytes, role + "uid", {0x01}, {}, 0}),
            "ps3.7/D.3.3.4.1/uid-character user-information/role-selection[1]/uid @148");
  EXPECT_EQ(first({Operation::insert, role + "uid", {'9'}, {}, 25}), "");  // the lengths follow: still right
  EXPECT_EQ(first({Operation::append, "user-information/role-selection", {0}, {}, 0}),
            "ps3.7/D.3.3.4.1/item-length user-information/role-selection[1]/length @143");
  EXPECT_EQ(first({Operation::erase, "user-information/maximum-length", {}, {}, 0}).substr(0, 32),
            "ps3.8/D.1/maximum-length-missing");
  EXPECT_EQ(first({Operation::duplicate, "user-information/role-selection", {}, {}, 0}),
            "ps3.7/D.3.3.4.1/sop-class-twice user-information/role-selection[2]/uid @180");
  EXPECT_EQ(first({Operation::move, "user-information/role-selection", {}, {}, 3}), "");  // their order is free
  EXPECT_EQ(first({Operation::truncate, role + "uid", {}, 0, 0}),
            "ps3.7/D.3.3.4.1/uid-empty user-information/role-selection[1]/uid @147");
}

TEST(PduLies, Every_operation_at_pdv_level) {
  const Pdu pdu = samples::full_p_data();  // PDVs at 6, 16 and 24
  const auto first = [&](const layout::Modification& change) { return changed(pdu, change).first; };
  EXPECT_EQ(first({Operation::set, "pdv[2]/context-id", {}, 0, 0}),
            "ps3.8/9.3.5.1/presentation-context-id pdv[2]/context-id @20");
  EXPECT_EQ(first({Operation::set, "pdv[3]/length", {}, 1, 0}), "ps3.8/9.3.5.1/pdv-length pdv[3]/length @24");
  EXPECT_EQ(first({Operation::add, "pdv[3]/length", {}, 1, 0}), "ps3.8/9.3.5.1/pdv-length pdv[3]/length @24");
  EXPECT_EQ(first({Operation::xor_bytes, "pdv/control-header", {0x80}, {}, 0}),
            "ps3.8/E.2/control-header-bits pdv[1]/control-header @11");
  EXPECT_EQ(first({Operation::insert, "pdv/fragment", {1}, {}, 0}), "ps3.8/E.1/fragment-odd pdv[1]/fragment @12");
  EXPECT_EQ(first({Operation::append, "pdv[3]/fragment", {1}, {}, 0}), "ps3.8/E.1/fragment-odd pdv[3]/fragment @30");
  EXPECT_EQ(first({Operation::erase, "pdv[3]/control-header", {}, {}, 0}),
            "ps3.8/9.3.5.1/pdv-length pdv[3]/length @24");
  EXPECT_EQ(first({Operation::duplicate, "pdv", {}, {}, 0}), "");
  EXPECT_EQ(first({Operation::move, "pdv[3]", {}, {}, 3}), "");
  EXPECT_EQ(first({Operation::truncate, "pdv[3]", {}, 3, 0}), "ps3.8/9.3.5/pdv-header  @24");
}

TEST(PduLies, Every_counted_field_takes_its_length_along) {
  const Pdu rq = samples::full_rq();
  const std::string user = "user-information/";
  for (const std::string path :
       {"role-selection/uid", "sop-class-extended-negotiation/uid",
        "sop-class-extended-negotiation/service-class-application-information",
        "sop-class-common-extended-negotiation/uid", "sop-class-common-extended-negotiation/service-class-uid",
        "sop-class-common-extended-negotiation/related-general-sop-classes/related-general-sop-class[2]/uid",
        "user-identity/primary-field", "user-identity/secondary-field", "implementation-class-uid/uid",
        "implementation-version-name/name"}) {
    EXPECT_EQ(changed(rq, {Operation::append, user + path, {'1'}, {}, 0}).first, "") << path;
  }
}

TEST(PduLies, Every_listed_part_is_found_in_a_full_pdu_and_no_other_exists) {
  const auto unknown = [](const std::string& path) { return path.find("unknown") != std::string::npos; };
  for (const auto& pdu : samples::every_type()) {
    const auto tree = to_layout(pdu);
    std::size_t known = 0;
    for (const auto& path : part_names(type_of(pdu))) {
      if (unknown(path)) continue;
      ++known;
      EXPECT_NE(layout::find(tree, path), nullptr) << tree.name << ": " << path;
    }
    EXPECT_GE(known, 4U) << tree.name;
  }
  const auto names = part_names(PduType::a_associate_rq);
  EXPECT_EQ(names[5], "called-ae-title");
  EXPECT_EQ(std::ranges::count(names, "presentation-context/transfer-syntax/name"), 1);
  EXPECT_EQ(std::ranges::count(names, "unknown/value"), 1);
}

TEST(PduLies, Values_too_long_for_their_length_field_are_written_modulo_and_found_out) {
  AAssociateRq rq = samples::full_rq();
  std::get<ApplicationContextItem>(rq.items[0]).name = std::string(65536 + 3, '1');
  const auto bytes = encode(rq);
  EXPECT_EQ(bytes, layout::serialise(to_layout(rq)));
  EXPECT_FALSE(decode(bytes).problems.empty());
}

}  // namespace
}  // namespace assay::pdu
