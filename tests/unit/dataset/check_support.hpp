// Data Sets written by hand for the checker's tests: elements with their values as they stand, nothing corrected.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/dataset/check.hpp"
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {

struct Written {
  Tag tag;
  Vr vr;
  std::string value;
};
using Elements = std::vector<Written>;

/// Explicit VR, values byte by byte, odd ones padded as their VR demands. Numbers are written in little endian.
inline Bytes bytes_of(const Elements& elements) {
  Bytes out;
  for (const auto& element : elements) {
    std::string value = element.value;
    if (value.size() % 2 != 0) value += static_cast<char>(padding(element.vr));
    store(out, element.tag.group, Endian::little);
    store(out, element.tag.element, Endian::little);
    append(out, name(element.vr));
    if (has_long_length(element.vr)) {
      store(out, std::uint16_t{0}, Endian::little);
      store(out, static_cast<std::uint32_t>(value.size()), Endian::little);
    } else {
      store(out, static_cast<std::uint16_t>(value.size()), Endian::little);
    }
    append(out, value);
  }
  return out;
}

inline std::string us(std::uint16_t number) {
  return {static_cast<char>(number & 0xff), static_cast<char>(number >> 8)};
}
inline std::string ul(std::uint32_t number) {
  return us(static_cast<std::uint16_t>(number)) + us(static_cast<std::uint16_t>(number >> 16));
}
inline std::string uv(std::uint64_t number) {
  return ul(static_cast<std::uint32_t>(number)) + ul(static_cast<std::uint32_t>(number >> 32));
}

/// A broken and a correct input for one rule. `index` is that of the offending byte in the value of `tag`; at_tag means
/// the element itself.
struct CheckCase {
  std::string name;
  Elements broken;
  std::string rule;
  Tag tag;
  std::size_t index;
  Gravity gravity;
  Elements correct;
  CheckOptions options = {};
};
inline constexpr std::size_t at_tag = ~std::size_t{0};

/// "ps3.5/6.2/date" belongs to "PS3.5 6.2".
inline std::string clause_of(const std::string& rule) {
  std::string clause = rule.substr(0, rule.rfind('/'));
  clause[0] = 'P';
  clause[1] = 'S';
  clause[clause.find('/')] = ' ';
  return clause;
}

inline void expect_reported(const CheckCase& example, Encoding encoding) {
  const Bytes broken = bytes_of(example.broken);
  const auto decoded = decode(broken, encoding);
  const auto problems = check(decoded.data_set, example.options);
  const auto found = std::find_if(problems.begin(), problems.end(),
                                  [&](const Problem& problem) { return problem.rule == example.rule; });
  ASSERT_NE(found, problems.end()) << listed(problems) << listed(decoded.problems);
  const Node* node = decoded.data_set.find(example.tag);
  ASSERT_NE(node, nullptr);
  const auto offset = example.index == at_tag ? node->offset : node->end_offset - node->value.size() + example.index;
  EXPECT_EQ(found->offset, offset) << listed(problems);
  EXPECT_EQ(found->field, to_string(example.tag));
  EXPECT_EQ(found->gravity, example.gravity);
  EXPECT_EQ(found->clause, clause_of(example.rule));
  EXPECT_FALSE(found->found.empty());
  EXPECT_FALSE(found->expected.empty());
  EXPECT_EQ(std::count_if(problems.begin(), problems.end(), [](const auto& p) { return p.gravity != Gravity::note; }),
            example.gravity == Gravity::note ? 0 : 1)
      << listed(problems);

  const Bytes correct = bytes_of(example.correct);
  const auto twin = decode(correct, encoding);
  EXPECT_EQ(listed(check(twin.data_set, example.options)), "");
  EXPECT_TRUE(clean(twin.problems)) << listed(twin.problems);
}

}  // namespace assay::dataset
