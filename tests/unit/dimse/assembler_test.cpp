// Assembly: each broken sequence of PDVs is reported at the PDV that shows it, and the next message still works.
#include <gtest/gtest.h>

#include "harness/dimse/pdv.hpp"

namespace assay::dimse {
namespace {

constexpr std::uint8_t command_part = 1;
constexpr std::uint8_t command_last = 3;
constexpr std::uint8_t data_part = 0;
constexpr std::uint8_t data_last = 2;

struct Pdv {
  std::uint8_t context;
  std::uint8_t header;
  Bytes bytes;
};

struct Result {
  std::vector<Message> messages;
  std::vector<Problem> problems;  // offset = 100 * index of the PDV
  std::vector<Problem> command_problems;
};

Result run(const std::vector<Pdv>& values, AssemblerOptions options = {}) {
  Assembler assembler(options);
  Result result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto out = assembler.push({values[i].context, values[i].header, values[i].bytes, 100 * i});
    if (out.message) result.messages.push_back(std::move(*out.message));
    for (auto& p : out.problems) result.problems.push_back(p);
    for (auto& p : out.command_problems) result.command_problems.push_back(p);
  }
  return result;
}

Bytes echo() { return encode(c_echo_rq(2)); }
Bytes store_rq() { return encode(c_store_rq(4, uids::CTImageStorage, "2.25.1")); }
Bytes head(const Bytes& bytes) { return {bytes.begin(), bytes.begin() + 20}; }
Bytes tail(const Bytes& bytes) { return {bytes.begin() + 20, bytes.end()}; }
const Bytes data{8, 0, 5, 0, 2, 0, 0, 0, 'X', 'Y'};

TEST(Assembler, Broken_sequences_are_reported_at_the_value_that_shows_it) {
  const struct {
    std::string name;
    std::vector<Pdv> values;
    std::string rule;
    std::uint64_t offset;
    std::size_t messages;  // that come through all the same, the echo at the end included
  } rows[] = {
      {"data first", {{1, data_last, data}, {1, command_last, echo()}}, "ps3.8/E.2/data-before-command", 0, 1},
      {"data first, in pieces",
       {{1, data_part, data}, {1, data_part, data}, {1, data_last, data}, {1, command_last, echo()}},
       "ps3.8/E.2/data-before-command",
       0,
       1},
      {"data not announced",
       {{1, command_last, echo()}, {1, data_part, data}, {1, data_last, data}, {1, command_last, echo()}},
       "ps3.8/E.2/data-set-not-announced",
       100,
       2},
      {"data missing",
       {{1, command_last, store_rq()}, {1, command_last, echo()}},
       "ps3.8/E.2/data-set-missing",
       100,
       1},
      {"command inside data",
       {{1, command_last, store_rq()}, {1, data_part, data}, {1, command_last, echo()}},
       "ps3.8/E.2/command-inside-data-set",
       200,
       1},
      {"data inside command",
       {{1, command_part, head(store_rq())}, {1, data_last, data}, {1, command_last, echo()}},
       "ps3.8/E.2/data-inside-command-set",
       100,
       1},
      {"last bit of the command missing, data follows",
       {{1, command_part, store_rq()}, {1, data_last, data}, {1, command_last, echo()}},
       "ps3.8/E.2/last-fragment-missing",
       100,
       1},
      {"last bit of the command missing, command follows",
       {{1, command_part, echo()}, {1, command_last, echo()}},
       "ps3.8/E.2/last-fragment-missing",
       100,
       1},
      {"context changes inside the data",
       {{1, command_last, store_rq()}, {3, data_last, data}, {1, command_last, echo()}},
       "ps3.8/E.2/context-changed",
       100,
       2},
      {"context changes inside the command",
       {{1, command_part, head(echo())}, {5, command_last, tail(echo())}},
       "ps3.8/E.2/context-changed",
       100,
       1},
  };
  for (const auto& row : rows) {
    const auto result = run(row.values);
    ASSERT_EQ(result.problems.size(), 1U) << row.name;
    EXPECT_EQ(result.problems[0].rule, row.rule) << row.name;
    EXPECT_EQ(result.problems[0].offset, row.offset) << row.name;
    EXPECT_EQ(result.problems[0].clause, "PS3.8 E.2") << row.name;
    ASSERT_EQ(result.messages.size(), row.messages) << row.name;
    EXPECT_EQ(encode(result.messages.back().command), echo()) << row.name;
    EXPECT_TRUE(result.command_problems.empty()) << row.name;
  }
}

TEST(Assembler, Clean_twins_have_no_problem) {
  const std::vector<std::vector<Pdv>> rows{
      {{1, command_last, echo()}},
      {{1, command_part, head(echo())}, {1, command_last, tail(echo())}},
      {{1, command_last, store_rq()}, {1, data_last, data}, {3, command_last, echo()}},
      {{1, command_part, head(store_rq())},
       {1, command_last, tail(store_rq())},
       {1, data_part, data},
       {1, data_part, {}},
       {1, data_last, data}},
      {{1, command_part, echo()}, {1, command_last, {}}},
  };
  for (const auto& row : rows) {
    const auto result = run(row);
    EXPECT_TRUE(result.problems.empty());
    EXPECT_TRUE(result.command_problems.empty());
    EXPECT_FALSE(result.messages.empty());
  }
}

TEST(Assembler, Problems_of_the_command_count_from_its_first_byte) {
  auto bytes = echo();
  bytes[8] = 1;
  const auto result = run({{1, command_part, head(bytes)}, {1, command_last, tail(bytes)}});
  ASSERT_EQ(result.command_problems.size(), 1U);
  EXPECT_EQ(result.command_problems[0].offset, 8U);
  EXPECT_EQ(result.messages.size(), 1U);
}

TEST(Assembler, A_command_set_past_its_limit_is_given_up_and_the_next_one_read) {
  const Bytes big(limits::max_command_set_length / 2, 0);
  const auto result = run({{1, command_part, big},
                           {1, command_part, big},
                           {1, command_part, {0, 0}},
                           {1, command_part, big},
                           {1, command_last, {0, 0}},
                           {1, data_part, data},
                           {1, data_last, data},
                           {1, command_last, echo()}});
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].rule, "ps3.8/E.2/command-set-too-long");
  EXPECT_EQ(result.problems[0].offset, 200U);
  EXPECT_EQ(result.problems[0].gravity, Gravity::error);
  EXPECT_EQ(result.messages.size(), 1U);
}

TEST(Assembler, A_data_set_past_what_is_kept_is_counted) {
  AssemblerOptions options;
  options.keep_data_set_bytes = 15;
  const auto result = run({{1, command_last, store_rq()}, {1, data_part, data}, {1, data_last, data}}, options);
  ASSERT_EQ(result.messages.size(), 1U);
  EXPECT_TRUE(result.messages[0].data_set.empty());
  EXPECT_FALSE(result.messages[0].data_set_kept());
  EXPECT_EQ(result.messages[0].data_set_length, 20U);
}

TEST(Assembler, The_sink_sees_each_fragment_with_its_command) {
  Assembler assembler;
  Bytes seen;
  std::string instance;
  assembler.on_data([&](const CommandSet& command, ByteView fragment) {
    instance = command.sop_instance_uid();
    append(seen, fragment);
  });
  EXPECT_TRUE(assembler.push({1, command_last, store_rq(), 0}).command_completed);
  ASSERT_NE(assembler.current_command(), nullptr);
  EXPECT_FALSE(assembler.idle());
  (void)assembler.push({1, data_part, data, 0});
  (void)assembler.push({1, data_last, data, 0});
  EXPECT_EQ(seen.size(), 20U);
  EXPECT_EQ(instance, "2.25.1");
  EXPECT_EQ(assembler.current_command(), nullptr);
  EXPECT_TRUE(assembler.idle());
}

TEST(Assembler, Every_split_of_command_and_data_gives_the_same_message) {
  const auto command = store_rq();
  for (std::size_t a = 0; a <= command.size(); ++a) {
    for (std::size_t b = 0; b <= data.size(); ++b) {
      const auto result = run({{1, command_part, {command.begin(), command.begin() + static_cast<std::ptrdiff_t>(a)}},
                               {1, command_last, {command.begin() + static_cast<std::ptrdiff_t>(a), command.end()}},
                               {1, data_part, {data.begin(), data.begin() + static_cast<std::ptrdiff_t>(b)}},
                               {1, data_last, {data.begin() + static_cast<std::ptrdiff_t>(b), data.end()}}});
      ASSERT_TRUE(result.problems.empty()) << a << " " << b;
      ASSERT_EQ(result.messages.size(), 1U);
      ASSERT_EQ(encode(result.messages[0].command), command);
      ASSERT_EQ(result.messages[0].data_set, data);
    }
  }
}

TEST(Assembler, Reset_forgets_the_message_in_hand) {
  Assembler assembler;
  (void)assembler.push({1, command_last, store_rq(), 0});
  assembler.reset();
  EXPECT_TRUE(assembler.idle());
  const auto out = assembler.push({1, command_last, echo(), 0});
  EXPECT_TRUE(out.message);
  EXPECT_TRUE(out.problems.empty());
}

TEST(Assembler, A_data_set_is_borrowed_only_while_it_goes_on_in_its_owners_memory) {
  const auto owner = std::make_shared<const Bytes>(Bytes{1, 2, 3, 4, 5, 6});
  const auto other = std::make_shared<const Bytes>(Bytes{7, 8});
  const ByteView all(*owner);
  struct Part {
    ByteView bytes;
    std::shared_ptr<const Bytes> by;
  };
  const Bytes strange{3, 4};
  const struct {
    const char* what;
    std::vector<Part> parts;
    Bytes expected;
    bool lent;
  } cases[] = {
      {"in one", {{all, owner}}, {1, 2, 3, 4, 5, 6}, true},
      {"in parts",
       {{all.first(2), owner}, {all.subspan(2, 2), owner}, {all.subspan(4), owner}},
       {1, 2, 3, 4, 5, 6},
       true},
      {"not to the end", {{all.first(4), owner}}, {1, 2, 3, 4}, false},
      {"not from the beginning", {{all.subspan(2), owner}}, {3, 4, 5, 6}, false},
      {"not in order",
       {{all.first(2), owner}, {all.subspan(4), owner}, {all.subspan(2, 2), owner}},
       {1, 2, 5, 6, 3, 4},
       false},
      {"another's between",
       {{all.first(2), owner}, {ByteView(*other), other}, {all.subspan(2), owner}},
       {1, 2, 7, 8, 3, 4, 5, 6},
       false},
      {"nobody's between",
       {{all.first(2), owner}, {strange, nullptr}, {all.subspan(4), owner}},
       {1, 2, 3, 4, 5, 6},
       false},
      {"nobody's first", {{strange, nullptr}, {all, owner}}, {3, 4, 1, 2, 3, 4, 5, 6}, false},
  };
  Assembler assembler;
  for (const auto& one : cases) {
    (void)assembler.push({1, command_last, store_rq(), 0});
    std::optional<Message> message;
    for (std::size_t i = 0; i < one.parts.size(); ++i) {
      const auto header = i + 1 == one.parts.size() ? data_last : data_part;
      message = assembler.push({1, header, one.parts[i].bytes, 0}, one.parts[i].by).message;
    }
    ASSERT_TRUE(message) << one.what;
    EXPECT_EQ(to_bytes(message->data()), one.expected) << one.what;
    EXPECT_EQ(message->lent_data_set != nullptr, one.lent) << one.what;
    EXPECT_TRUE(message->data_set_kept()) << one.what;
  }
}

TEST(Assembler, A_borrowed_data_set_past_what_is_kept_is_counted) {
  const auto owner = std::make_shared<const Bytes>(Bytes(100));
  AssemblerOptions options;
  options.keep_data_set_bytes = 60;
  Assembler assembler(options);
  (void)assembler.push({1, command_last, store_rq(), 0});
  (void)assembler.push({1, data_part, ByteView(*owner).first(50), 0}, owner);
  const auto out = assembler.push({1, data_last, ByteView(*owner).subspan(50), 0}, owner);
  ASSERT_TRUE(out.message);
  EXPECT_FALSE(out.message->data_set_kept());
  EXPECT_EQ(out.message->data_set_length, 100U);
}

}  // namespace
}  // namespace assay::dimse
