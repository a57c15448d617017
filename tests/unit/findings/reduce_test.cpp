#include "fuzz/findings/reduce.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace assay::fuzz {
namespace {

TEST(ReduceIndices, FindsTheOnesThatMatter) {
  ReduceBudget budget;
  const auto left = reduce_indices(
      1000,
      [](std::span<const std::size_t> kept) {
        return std::ranges::includes(kept, std::vector<std::size_t>{3, 500, 501, 999});
      },
      budget);
  EXPECT_EQ(left, (std::vector<std::size_t>{3, 500, 501, 999}));
  EXPECT_FALSE(budget.spent);
  EXPECT_LT(budget.tried, 500U);
}

TEST(ReduceIndices, NoneOfWhatIsLeftCanGoAlone) {
  // Any three of a kind will do: which ones does not matter, that there are three does.
  ReduceBudget budget;
  const auto still = [](std::span<const std::size_t> kept) {
    return std::ranges::count_if(kept, [](std::size_t i) { return i % 7 == 0; }) >= 3;
  };
  EXPECT_EQ(reduce_indices(100, still, budget).size(), 3U);
}

TEST(ReduceIndices, NothingIsLeftWhereNothingMatters) {
  ReduceBudget budget;
  EXPECT_TRUE(reduce_indices(50, [](auto) { return true; }, budget).empty());
  EXPECT_TRUE(reduce_indices(0, [](auto) { return true; }, budget).empty());
  EXPECT_EQ(reduce_indices(1, [](auto kept) { return !kept.empty(); }, budget).size(), 1U);
}

TEST(ReduceIndices, EverythingIsLeftWhereAllMatters) {
  ReduceBudget budget;
  EXPECT_EQ(reduce_indices(33, [](auto kept) { return kept.size() == 33; }, budget).size(), 33U);
}

TEST(ReduceIndices, EndsWithinItsBudget) {
  ReduceBudget budget;
  budget.tries = 10;
  std::size_t asked = 0;
  const auto left = reduce_indices(
      1000,
      [&](auto kept) {
        ++asked;
        return kept.size() > 1 && kept.back() == 999;
      },
      budget);
  EXPECT_LE(asked, 10U);
  EXPECT_TRUE(budget.spent);
  EXPECT_EQ(left.back(), 999U);
}

TEST(ReduceUnits, GivesTheUnitsThemselves) {
  ReduceBudget budget;
  const std::vector<std::string> steps{"associate", "echo", "store", "echo", "abort"};
  const auto left = reduce_units<std::string>(
      steps,
      [](const std::vector<std::string>& kept) {
        const auto store = std::ranges::find(kept, "store");
        return store != kept.end() && std::find(store, kept.end(), "abort") != kept.end();
      },
      budget);
  EXPECT_EQ(left, (std::vector<std::string>{"store", "abort"}));
}

/// A file of elements in Explicit VR Little Endian.
Bytes element(std::uint16_t group, std::uint16_t number, std::string_view vr, std::string_view value) {
  Bytes out{static_cast<std::uint8_t>(group),        static_cast<std::uint8_t>(group >> 8U),
            static_cast<std::uint8_t>(number),       static_cast<std::uint8_t>(number >> 8U),
            static_cast<std::uint8_t>(vr[0]),        static_cast<std::uint8_t>(vr[1]),
            static_cast<std::uint8_t>(value.size()), static_cast<std::uint8_t>(value.size() >> 8U)};
  append(out, as_bytes(value));
  return out;
}

TEST(ReduceInput, FindsTheFewBytesThatMatterOfManyThousand) {
  Bytes input(4096, 0x41);
  input[1000] = 'X';
  input[3000] = 'Y';
  ReduceBudget budget;
  const auto left = reduce_input(
      input, {InputForm::Kind::instructions, ASSAY_FORMAT_ANY, 0},
      [](ByteView bytes) {
        const auto x = std::ranges::find(bytes, 'X');
        return x != bytes.end() && std::find(x, bytes.end(), 'Y') != bytes.end();
      },
      budget);
  EXPECT_EQ(left, (Bytes{'X', 'Y'}));
}

TEST(ReduceInput, ElementsGoAsAWholeAndTheOthersStayReadable) {
  Bytes input;
  for (std::uint16_t i = 0; i < 50; ++i)
    append(input, element(0x0010, static_cast<std::uint16_t>(0x10 + i), "LO", "value "));
  append(input, element(0x0020, 0x0010, "SH", "broken"));
  // It must be readable to its end: bytes alone cannot go without lengths set right.
  const auto still = [](ByteView bytes) {
    bool found = false;
    std::size_t at = 0;
    while (at + 8 <= bytes.size()) {
      const std::size_t length = bytes[at + 6] | bytes[at + 7] << 8U;
      if (length > bytes.size() - at - 8) return false;
      found = found || (bytes[at] == 0x20 && as_text(bytes.subspan(at + 8, length)).contains("rok"));
      at += 8 + length;
    }
    return found && at == bytes.size();
  };
  ASSERT_TRUE(still(input));
  ReduceBudget budget;
  const auto left = reduce_input(input, {InputForm::Kind::binary, ASSAY_FORMAT_EXPLICIT_LITTLE, 0}, still, budget);
  EXPECT_EQ(left.size(), 8U + 3U);
  EXPECT_TRUE(still(left));
}

TEST(ReduceInput, PdusGoFirst) {
  Bytes input;
  const auto pdu = [&input](std::uint8_t type, std::size_t size) {
    append(input, Bytes{type, 0, 0, 0, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)});
    input.resize(input.size() + size, 0x20);
  };
  for (int i = 0; i < 20; ++i) pdu(4, 300);
  pdu(7, 4);
  ReduceBudget budget;
  const auto still = [](ByteView bytes) {  // whole PDUs, one of them an abort
    bool abort = false;
    while (!bytes.empty()) {
      if (bytes.size() < 6) return false;
      const std::size_t size = 6 + (std::size_t{bytes[4]} << 8U | bytes[5]);
      if (size > bytes.size()) return false;
      abort = abort || bytes[0] == 7;
      bytes = bytes.subspan(size);
    }
    return abort;
  };
  const auto left = reduce_input(input, {InputForm::Kind::binary, ASSAY_FORMAT_WIRE, 0}, still, budget);
  EXPECT_EQ(left, (Bytes{7, 0, 0, 0, 0, 0}));
  EXPECT_LT(budget.tried, 200U);
}

TEST(ReduceInput, LengthsThatLieStayAsTheyAre) {
  // An item that says FFFF: taking bytes before it away must not mend it.
  Bytes input{1, 0, 0, 0, 0, 78};
  input.resize(6 + 68, 0x41);
  append(input, Bytes{0x50, 0, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6});
  const InputForm form{InputForm::Kind::binary, ASSAY_FORMAT_WIRE, 0};
  const std::pair<std::size_t, std::size_t> last{input.size() - 2, input.size()};
  const auto shorter = without(input, form, std::span(&last, 1));
  EXPECT_EQ(shorter.size(), input.size() - 2);
  EXPECT_EQ(shorter[5], 76);  // the PDU's was right, and is
  EXPECT_EQ(shorter[6 + 68 + 2], 0xFF);
  EXPECT_EQ(shorter[6 + 68 + 3], 0xFF);
}

TEST(ReduceInput, BytesThatDoNotMatterBecomeZero) {
  ReduceBudget budget;
  const auto left = reduce_input(
      Bytes{9, 9, 9, 7}, {InputForm::Kind::instructions, ASSAY_FORMAT_ANY, 0},
      [](ByteView bytes) { return bytes.size() == 4 && bytes[3] == 7; }, budget);
  EXPECT_EQ(left, (Bytes{0, 0, 0, 7}));
}

TEST(ReduceInput, BytesThatChooseSomethingStay) {
  ReduceBudget budget;
  const auto left = reduce_input(
      Bytes{5, 1, 1, 1, 1, 1}, {InputForm::Kind::binary, ASSAY_FORMAT_ANY, 1}, [](ByteView) { return true; }, budget);
  EXPECT_EQ(left, Bytes{5});
}

TEST(ReduceInput, TextsLoseLines) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "<line number=\"" + std::to_string(i) + "\"/>\n";
  text.insert(text.size() / 2, "<trouble/>\n");
  ReduceBudget budget;
  const auto left = reduce_input(
      as_bytes(text), {InputForm::Kind::text, ASSAY_FORMAT_ANY, 0},
      [](ByteView bytes) { return as_text(bytes).contains("<trouble/>"); }, budget);
  EXPECT_EQ(as_text(left), "<trouble/>");
}

TEST(ReduceInput, IsTheSameEachTime) {
  Bytes input(2000);
  std::iota(input.begin(), input.end(), std::uint8_t{0});
  const auto run = [&] {
    ReduceBudget budget;
    auto left = reduce_input(input, {}, [](ByteView bytes) { return std::ranges::count(bytes, 200) >= 3; }, budget);
    return std::pair(left, budget.tried);
  };
  EXPECT_EQ(run(), run());
}

TEST(ReduceInput, KeepsWhatHoldsWhenTheBudgetIsSpent) {
  for (const std::size_t tries : {0, 1, 5, 20}) {
    ReduceBudget budget;
    budget.tries = tries;
    Bytes input(500, 1);
    input[250] = 2;
    const auto still = [](ByteView bytes) { return std::ranges::count(bytes, 2) == 1; };
    const auto left = reduce_input(input, {}, still, budget);
    EXPECT_TRUE(still(left));
    EXPECT_LE(budget.tried, tries);
  }
}

TEST(FormOf, TellsTextFromBytes) {
  EXPECT_EQ(form_of(as_bytes("<profile>\n</profile>\n")).kind, InputForm::Kind::text);
  EXPECT_EQ(form_of(Bytes{1, 0, 0, 0, 0, 4, 0, 1, 0, 0}).kind, InputForm::Kind::binary);
  EXPECT_EQ(form_of(Bytes{}).kind, InputForm::Kind::binary);
}

}  // namespace
}  // namespace assay::fuzz
