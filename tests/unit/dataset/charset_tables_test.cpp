// The code tables against the C library's converters, an independent source of the same facts, and against themselves.
#include "harness/dataset/charset_tables.hpp"

#include <gtest/gtest.h>
#include <iconv.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace assay::dataset {
namespace {

/// One character by iconv; 0 when it is none (or several), nullopt-like -1 when the converter does not exist here.
class Oracle {
 public:
  explicit Oracle(const char* name) : converter_(iconv_open("UTF-32LE", name)) {}
  ~Oracle() {
    if (exists()) iconv_close(converter_);
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  [[nodiscard]] bool exists() const { return converter_ != reinterpret_cast<iconv_t>(-1); }
  char32_t operator()(std::string bytes) {
    iconv(converter_, nullptr, nullptr, nullptr, nullptr);
    unsigned char out[16] = {};
    char* from = bytes.data();
    char* to = reinterpret_cast<char*>(out);
    std::size_t left = bytes.size();
    std::size_t room = sizeof out;
    if (iconv(converter_, &from, &left, &to, &room) == static_cast<std::size_t>(-1) || left != 0 || room != 12)
      return 0;
    return static_cast<char32_t>(out[0]) | static_cast<char32_t>(out[1]) << 8 | static_cast<char32_t>(out[2]) << 16;
  }

 private:
  iconv_t converter_;
};

std::string bytes(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values) text += static_cast<char>(value);
  return text;
}

/// Positions where the two differ, as "2140: FF3C 5C".
template <typename Ask>
std::string differences(CodeSet set, unsigned first, unsigned last, const std::set<unsigned>& known, Ask ask) {
  std::string all;
  for (unsigned position = first; position <= last; ++position) {
    const unsigned low = position & 0xffU;
    if (last > 0xff && (low < 0x21 || low > 0x7e)) continue;
    const char32_t ours = character_at(set, position);
    const char32_t theirs = ask(position);
    if (ours == theirs || known.contains(position)) continue;
    char line[64];
    std::snprintf(line, sizeof line, "%X: %X %X\n", position, static_cast<unsigned>(ours),
                  static_cast<unsigned>(theirs));
    all += line;
  }
  return all;
}

TEST(CodeTables, Agree_with_the_system_on_single_bytes) {
  const std::map<CodeSet, const char*> names{
      {CodeSet::ir_100, "ISO-8859-1"},  {CodeSet::ir_101, "ISO-8859-2"}, {CodeSet::ir_109, "ISO-8859-3"},
      {CodeSet::ir_110, "ISO-8859-4"},  {CodeSet::ir_144, "ISO-8859-5"}, {CodeSet::ir_127, "ISO-8859-6"},
      {CodeSet::ir_126, "ISO-8859-7"},  {CodeSet::ir_138, "ISO-8859-8"}, {CodeSet::ir_148, "ISO-8859-9"},
      {CodeSet::ir_203, "ISO-8859-15"}, {CodeSet::ir_166, "TIS-620"}};
  for (const auto& [set, name] : names) {
    Oracle oracle(name);
    ASSERT_TRUE(oracle.exists()) << "the C library has no converter " << name;
    EXPECT_EQ(differences(set, 0xa0, 0xff, {}, [&](unsigned position) { return oracle(bytes({position})); }), "")
        << name;
  }
}

TEST(CodeTables, Agree_with_the_system_on_double_bytes) {
  Oracle japanese("EUC-JP");
  Oracle korean("EUC-KR");
  Oracle chinese("EUC-CN");
  ASSERT_TRUE(japanese.exists() && korean.exists() && chinese.exists()) << "the C library lacks a converter";
  const auto euc = [](Oracle& oracle) {
    return [&oracle](unsigned position) { return oracle(bytes({position >> 8 | 0x80U, (position & 0xffU) | 0x80U})); };
  };
  EXPECT_EQ(differences(CodeSet::ir_87, 0x2121, 0x7e7e, {0x2140}, euc(japanese)), "");
  EXPECT_EQ(differences(CodeSet::ir_159, 0x2121, 0x7e7e, {0x2237},
                        [&](unsigned position) {
                          return japanese(bytes({0x8f, position >> 8 | 0x80U, (position & 0xffU) | 0x80U}));
                        }),
            "");
  EXPECT_EQ(differences(CodeSet::ir_149, 0x2121, 0x7e7e, {}, euc(korean)), "");
  // The middle dot of names and the dash: what GBK and GB18030 have at these positions.
  EXPECT_EQ(differences(CodeSet::ir_58, 0x2121, 0x7e7e, {0x2124, 0x212a}, euc(chinese)), "");
}

TEST(CodeTables, Agree_with_the_system_on_GB18030) {
  Oracle oracle("GB18030");
  ASSERT_TRUE(oracle.exists()) << "the C library has no converter GB18030";
  std::string all;
  const auto compare = [&](char32_t character) {
    const auto coded = bytes_of(CodeSet::gb18030, character);
    const std::string text(coded.bytes.begin(), coded.bytes.begin() + coded.size);
    const bool private_use = character >= 0xe000 && character <= 0xf8ff;
    const char32_t theirs = oracle(text);
    // Newer editions give characters to what were positions for private use, 18 of which had four bytes before.
    const bool moved = (character >= 0x9fb4 && character <= 0x9fbb) || (character >= 0xfe10 && character <= 0xfe19);
    if (theirs != character && !private_use && !moved) all += std::to_string(static_cast<unsigned>(character)) + "\n";
  };
  for (char32_t character = 0x20; character <= 0xffff; ++character)
    if (character < 0xd800 || character > 0xdfff) compare(character);
  for (char32_t character = 0x10000; character <= 0x10ffff; character += 97) compare(character);
  EXPECT_EQ(all, "");
}

TEST(CodeTables, Lead_from_each_character_to_its_bytes_and_back) {
  for (const auto& info : code_sets()) {
    int failed = 0;
    int found = 0;
    for (char32_t character = 1; character <= 0x10ffff; character += character < 0x10000 ? 1 : 251) {
      const auto coded = bytes_of(info.set, character);
      if (coded.size == 0) continue;
      ++found;
      char32_t back = 0;
      if (info.bytes == 0) {
        const auto read = read_character(info.set, std::span(coded.bytes).first(coded.size));
        back = read.length == coded.size ? read.character : 0;
      } else if (info.bytes == 1) {
        back = character_at(info.set, coded.bytes[0]);
      } else {
        back = character_at(info.set, (coded.bytes[0] & 0x7fU) << 8 | (coded.bytes[1] & 0x7fU));
      }
      failed += back == character ? 0 : 1;
    }
    EXPECT_EQ(failed, 0) << info.name;
    if (info.set != CodeSet::none) {
      EXPECT_GT(found, 40) << info.name;
    }
  }
}

TEST(CodeTables, Have_as_many_characters_as_the_standards_say) {
  const auto count = [](CodeSet set) {
    int found = 0;
    for (unsigned position = 0x2121; position <= 0x7e7e; ++position) found += character_at(set, position) != 0 ? 1 : 0;
    return found;
  };
  EXPECT_EQ(count(CodeSet::ir_87), 6879);
  EXPECT_EQ(count(CodeSet::ir_159), 6067);
  EXPECT_EQ(count(CodeSet::ir_58), 7445);
  EXPECT_GE(count(CodeSet::ir_149), 8224);
}

TEST(CodeTables, Leave_nothing_open_in_GB18030_below_the_end_of_the_plane) {
  const std::uint8_t first[] = {0x81, 0x30, 0x81, 0x30};
  const std::uint8_t last[] = {0x84, 0x31, 0xa4, 0x39};
  const std::uint8_t behind[] = {0x84, 0x31, 0xa5, 0x30};
  const std::uint8_t highest[] = {0xe3, 0x32, 0x9a, 0x35};
  EXPECT_EQ(read_character(CodeSet::gb18030, first).character, 0x80U);
  EXPECT_EQ(read_character(CodeSet::gb18030, last).character, 0xffffU);
  EXPECT_EQ(read_character(CodeSet::gb18030, behind).character, 0U);
  EXPECT_EQ(read_character(CodeSet::gb18030, highest).character, 0x10ffffU);
}

}  // namespace
}  // namespace assay::dataset
