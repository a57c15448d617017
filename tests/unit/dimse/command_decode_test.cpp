// Each departure of a Command Set is reported at its byte; its clean twin is not.
#include <gtest/gtest.h>

#include <functional>

#include "harness/dimse/message.hpp"

namespace assay::dimse {
namespace {

struct El {
  std::uint16_t group;
  std::uint16_t element;
  Bytes value;
};

Bytes u16(std::uint16_t value) { return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8)}; }
Bytes text(std::string_view value) { return to_bytes(value); }
Bytes uid(std::string_view value) {
  auto bytes = to_bytes(value);
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  return bytes;
}

Bytes implicit(const std::vector<El>& elements) {
  Bytes out;
  for (const auto& e : elements) {
    store(out, e.group, Endian::little);
    store(out, e.element, Endian::little);
    store(out, static_cast<std::uint32_t>(e.value.size()), Endian::little);
    append(out, e.value);
  }
  return out;
}

Bytes with_length(const std::vector<El>& elements) {
  const auto rest = implicit(elements);
  Bytes length;
  store(length, static_cast<std::uint32_t>(rest.size()), Endian::little);
  auto out = implicit({{0, 0, length}});
  append(out, rest);
  return out;
}

// Offsets in a C-ECHO-RQ: 0 group length (value 8), 12 class UID (value 20), 38 field (46), 48 id (56), 58 type (66).
std::vector<El> echo() {
  return {
      {0, 0x0002, uid("1.2.840.10008.1.1")}, {0, 0x0100, u16(0x0030)}, {0, 0x0110, u16(2)}, {0, 0x0800, u16(0x0101)}};
}

// Offsets in this C-STORE-RQ: 12 class (20..46), 46 field, 56 id, 66 priority (74), 76 type (84), 86 instance (94).
std::vector<El> store_rq() {
  return {{0, 0x0002, uid(uids::CTImageStorage)},
          {0, 0x0100, u16(0x0001)},
          {0, 0x0110, u16(2)},
          {0, 0x0700, u16(0)},
          {0, 0x0800, u16(1)},
          {0, 0x1000, uid("2.25.5")}};
}

std::vector<El> find_rsp(std::uint16_t type, std::uint16_t status) {
  return {{0, 0x0100, u16(0x8020)}, {0, 0x0120, u16(2)}, {0, 0x0800, u16(type)}, {0, 0x0900, u16(status)}};
}

struct Case {
  std::string name;
  Bytes bytes;
  std::string rule;
  std::uint64_t offset;
  Gravity gravity = Gravity::deviation;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  const auto changed = [&](std::string name, std::vector<El> base, const std::function<void(std::vector<El>&)>& change,
                           std::string rule, std::uint64_t offset, Gravity gravity = Gravity::deviation) {
    change(base);
    out.push_back({std::move(name), with_length(base), std::move(rule), offset, gravity});
  };
  const auto patched = [&](std::string name, Bytes bytes, std::size_t at, std::uint8_t value, std::string rule,
                           std::uint64_t offset, Gravity gravity = Gravity::deviation) {
    bytes[at] = value;
    out.push_back({std::move(name), std::move(bytes), std::move(rule), offset, gravity});
  };

  patched("group length one more", with_length(echo()), 8, 57, "ps3.7/6.3.1/group-length", 8);
  patched("group length one less", with_length(echo()), 8, 55, "ps3.7/6.3.1/group-length", 8);
  patched("group length huge", with_length(echo()), 11, 0xff, "ps3.7/6.3.1/group-length", 8);
  out.push_back({"group length missing", implicit(echo()), "ps3.7/6.3.1/group-length-missing", 0});
  changed("order", echo(), [](auto& e) { std::swap(e[1], e[2]); }, "ps3.7/6.3.1/element-order", 48);
  changed("duplicate", echo(), [](auto& e) { e.insert(e.begin() + 2, e[1]); }, "ps3.7/6.3.1/duplicate-element", 48);
  changed("duplicate far away", echo(), [](auto& e) { e.push_back(e[1]); }, "ps3.7/6.3.1/duplicate-element", 68);
  changed(
      "foreign group", echo(), [](auto& e) { e.push_back({0x0008, 0x0018, uid("2.25.1")}); },
      "ps3.7/6.3.1/foreign-group", 68);
  changed("odd length", store_rq(), [](auto& e) { e[5].value = text("2.25.17"); }, "ps3.7/6.3.1/odd-length", 90);
  patched("length past the end", with_length(echo()), 62, 9, "ps3.7/6.3.1/truncated-element", 58, Gravity::error);
  changed("missing message id", echo(), [](auto& e) { e.erase(e.begin() + 2); }, "ps3.7/9.3.5.1/missing-field", 48);
  changed("missing class", echo(), [](auto& e) { e.erase(e.begin()); }, "ps3.7/9.3.5.1/missing-field", 12);
  changed("missing data set type", echo(), [](auto& e) { e.pop_back(); }, "ps3.7/9.3.5.1/missing-field", 58);
  changed("missing instance", store_rq(), [](auto& e) { e.pop_back(); }, "ps3.7/9.3.1.1/missing-field", 86);
  changed("missing priority", store_rq(), [](auto& e) { e.erase(e.begin() + 3); }, "ps3.7/9.3.1.1/missing-field", 66);
  changed(
      "missing command field", echo(), [](auto& e) { e.erase(e.begin() + 1); }, "ps3.7/E.1/command-field-missing", 38);
  patched("unknown command", with_length(echo()), 46, 0x31, "ps3.7/E.1/unknown-command-field", 46);
  changed(
      "priority in an echo", echo(), [](auto& e) { e.insert(e.begin() + 3, {0, 0x0700, u16(0)}); },
      "ps3.7/9.3.5.1/unexpected-field", 58);
  changed(
      "status in a request", echo(), [](auto& e) { e.push_back({0, 0x0900, u16(0)}); },
      "ps3.7/9.3.5.1/unexpected-field", 68);
  changed(
      "instance UID in a find response", find_rsp(0x0101, 0), [](auto& e) { e.push_back({0, 0x1000, uid("2.25.5")}); },
      "ps3.7/9.3.2.2/unexpected-field", 52);
  changed(
      "unknown element of group 0000", echo(), [](auto& e) { e.push_back({0, 0x0999, u16(0)}); },
      "ps3.7/9.3.5.1/unexpected-field", 68);
  changed(
      "retired element", echo(), [](auto& e) { e.insert(e.begin() + 1, {0, 0x0010, text("XX")}); },
      "ps3.7/E.2/retired-field", 38, Gravity::note);
  patched("echo announces a data set", with_length(echo()), 66, 0x02, "ps3.7/9.3.5.1/data-set-type", 66);
  changed(
      "store without data set", store_rq(), [](auto& e) { e[4].value = u16(0x0101); }, "ps3.7/9.3.1.1/data-set-type",
      84);
  changed(
      "pending without identifier", find_rsp(1, 0xff00), [](auto& e) { e[2].value = u16(0x0101); },
      "ps3.7/9.3.2.2/data-set-type", 40);
  changed(
      "final with identifier", find_rsp(0x0101, 0), [](auto& e) { e[2].value = u16(1); }, "ps3.7/9.3.2.2/data-set-type",
      40);
  changed("priority 3", store_rq(), [](auto& e) { e[3].value = u16(3); }, "ps3.7/9.3.1.1/priority", 74);
  changed("UID padded by a space", echo(), [](auto& e) { e[0].value.back() = ' '; }, "ps3.5/9.1/uid-padding", 37);
  changed(
      "UID with two NULs", echo(), [](auto& e) { e[0].value = text(std::string_view("1.2.840.10008\0\0\0", 16)); },
      "ps3.5/9.1/uid-padding", 33);
  changed("UID with a letter", echo(), [](auto& e) { e[0].value[4] = 'x'; }, "ps3.5/9.1/uid", 24);
  changed(
      "UID of 66 characters", store_rq(), [](auto& e) { e[5].value = text("2.25." + std::string(61, '1')); },
      "ps3.5/9.1/uid", 94 + 64);
  changed("message id of 4 bytes", echo(), [](auto& e) { e[2].value = {2, 0, 0, 0}; }, "ps3.7/E.1/value-length", 56);
  changed("empty message id", echo(), [](auto& e) { e[2].value = {}; }, "ps3.7/9.3.5.1/empty-field", 56);
  changed("empty class UID", echo(), [](auto& e) { e[0].value = {}; }, "ps3.7/9.3.5.1/empty-field", 20);
  changed(
      "offending element of 2 bytes", find_rsp(0x0101, 0xa900), [](auto& e) { e.push_back({0, 0x0901, u16(8)}); },
      "ps3.7/E.1/value-length", 60);
  changed(
      "move originator of 18 characters", store_rq(),
      [](auto& e) { e.push_back({0, 0x1030, text("ABCDEFGHIJKLMNOPQR")}); }, "ps3.5/6.2/ae-length", 100 + 8 + 16);
  return out;
}

TEST(CommandDecode, Each_departure_is_the_only_problem_and_at_its_byte) {
  for (const auto& c : cases()) {
    const auto decoded = decode_command(c.bytes);
    bool found = false;
    for (const auto& p : decoded.problems) {
      if (p.rule == c.rule && p.offset == c.offset && p.gravity == c.gravity) found = true;
      EXPECT_FALSE(p.clause.empty()) << c.name;
      EXPECT_FALSE(p.found.empty()) << c.name;
      EXPECT_FALSE(p.expected.empty()) << c.name;
    }
    EXPECT_TRUE(found) << c.name << " gave " << decoded.problems.size() << " problems"
                       << (decoded.problems.empty() ? std::string()
                                                    : ", first " + decoded.problems[0].rule + " @" +
                                                          std::to_string(decoded.problems[0].offset));
    EXPECT_LE(decoded.problems.size(), c.rule.ends_with("truncated-element") ? 2U : 1U)
        << c.name << " also " << (decoded.problems.size() > 1 ? decoded.problems[1].rule : "");
  }
}

TEST(CommandDecode, Base_offset_moves_every_problem) {
  for (const auto& c : cases()) {
    const auto here = decode_command(c.bytes);
    const auto there = decode_command(c.bytes, 1000);
    ASSERT_EQ(here.problems.size(), there.problems.size()) << c.name;
    for (std::size_t i = 0; i < here.problems.size(); ++i)
      EXPECT_EQ(here.problems[i].offset + 1000, there.problems[i].offset) << c.name;
  }
}

TEST(CommandDecode, Clean_twins_have_no_problem) {
  auto with_originator = store_rq();
  with_originator.push_back({0, 0x1030, text("ABCDEFGHIJKLMNOP")});
  with_originator.push_back({0, 0x1031, u16(3)});
  auto failed = find_rsp(0x0101, 0xa900);
  failed.push_back({0, 0x0901, {0x08, 0, 0x52, 0}});
  failed.push_back({0, 0x0902, text("no such level ")});
  auto longest = store_rq();
  longest[5].value = text("2.25." + std::string(59, '1'));
  for (const auto& elements : {echo(), store_rq(), with_originator, failed, longest, find_rsp(0x0101, 0),
                               find_rsp(0x0101, 0xfe00), find_rsp(1, 0xff00), find_rsp(0, 0xff01)}) {
    const auto decoded = decode_command(with_length(elements));
    EXPECT_TRUE(decoded.problems.empty()) << decoded.problems[0].rule << " @" << decoded.problems[0].offset;
  }
}

TEST(CommandDecode, Explicit_vr_is_told_and_read) {
  Bytes bytes;
  const auto put = [&](std::uint16_t element, std::string_view vr, const Bytes& value) {
    store<std::uint16_t>(bytes, 0, Endian::little);
    store(bytes, element, Endian::little);
    append(bytes, vr);
    store(bytes, static_cast<std::uint16_t>(value.size()), Endian::little);
    append(bytes, value);
  };
  put(0x0000, "UL", {56, 0, 0, 0});
  put(0x0002, "UI", uid("1.2.840.10008.1.1"));
  put(0x0100, "US", u16(0x0030));
  put(0x0110, "US", u16(2));
  put(0x0800, "US", u16(0x0101));
  const auto decoded = decode_command(bytes);
  ASSERT_EQ(decoded.problems.size(), 1U);
  EXPECT_EQ(decoded.problems[0].rule, "ps3.7/6.3.1/explicit-vr");
  EXPECT_EQ(decoded.problems[0].offset, 4U);
  EXPECT_EQ(decoded.command.message_id(), 2);
  EXPECT_EQ(encode(decoded.command), encode(c_echo_rq(2)));
}

TEST(CommandDecode, Big_endian_is_told_and_read) {
  Bytes bytes;
  const auto put = [&](std::uint16_t element, const Bytes& value) {
    store<std::uint16_t>(bytes, 0, Endian::big);
    store(bytes, element, Endian::big);
    store(bytes, static_cast<std::uint32_t>(value.size()), Endian::big);
    append(bytes, value);
  };
  put(0x0000, {0, 0, 0, 56});
  put(0x0002, uid("1.2.840.10008.1.1"));
  put(0x0100, {0x00, 0x30});
  put(0x0110, {0, 2});
  put(0x0800, {1, 1});
  const auto decoded = decode_command(bytes);
  ASSERT_EQ(decoded.problems.size(), 1U) << decoded.problems[1].rule;
  EXPECT_EQ(decoded.problems[0].rule, "ps3.7/6.3.1/byte-order");
  EXPECT_EQ(decoded.command.message_id(), 2);
}

TEST(CommandDecode, Nothing_at_all_is_reported_not_crashed_on) {
  const auto decoded = decode_command({});
  ASSERT_EQ(decoded.problems.size(), 2U);
  EXPECT_EQ(decoded.problems[0].rule, "ps3.7/6.3.1/group-length-missing");
  EXPECT_EQ(decoded.problems[1].rule, "ps3.7/E.1/command-field-missing");
  EXPECT_FALSE(decoded.command.field());
}

TEST(CommandDecode, Every_cut_and_every_changed_byte_is_survived) {
  const auto whole = with_length(store_rq());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto decoded = decode_command(ByteView(whole).first(size));
    EXPECT_FALSE(clean(decoded.problems)) << "cut at " << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const std::uint8_t value : std::initializer_list<std::uint8_t>{0x00, 0x01, 0x7f, 0x80, 0xff}) {
      auto bytes = whole;
      bytes[at] = value;
      const auto decoded = decode_command(bytes);
      EXPECT_LE(decoded.problems.size(), limits::max_problems);
      (void)encode(decoded.command);
    }
  }
}

TEST(CommandDecode, A_hostile_command_costs_bounded_work) {
  std::vector<El> elements(100'000, El{0, 0x0001, {}});
  for (std::size_t i = 0; i < elements.size(); ++i)
    elements[i].element = static_cast<std::uint16_t>(0xffff - i % 0xffff);
  const auto decoded = decode_command(implicit(elements));
  EXPECT_LE(decoded.problems.size(), limits::max_problems);
  EXPECT_FALSE(clean(decoded.problems));
}

TEST(CommandElement, Finds_a_US_value_and_stops_at_what_is_no_Command_Set) {
  const Bytes command{0, 0, 0, 1, 2, 0, 0, 0, 0x30, 0x80, 0, 0, 0, 8, 2, 0, 0, 0, 1, 1};
  EXPECT_EQ(command_element(command, 0x0100), 0x8030);
  EXPECT_EQ(command_element(command, 0x0800), 0x0101);
  EXPECT_EQ(command_element(command, 0x0900), std::nullopt);
  EXPECT_EQ(command_element(ByteView(command).first(19), 0x0800), std::nullopt) << "cut";
  auto long_one = command;
  long_one[6] = 0xff;  // claims more than is there
  EXPECT_EQ(command_element(long_one, 0x0800), std::nullopt);
  auto other_group = command;
  other_group[0] = 8;
  EXPECT_EQ(command_element(other_group, 0x0800), std::nullopt);
}

}  // namespace
}  // namespace assay::dimse
