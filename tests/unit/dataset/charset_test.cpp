#include "harness/dataset/charset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace assay::dataset {
namespace {

using namespace std::string_literals;

std::string rules_of(const Problems& problems) {
  std::string all;
  for (const auto& problem : problems) {
    all += all.empty() ? "" : " ";
    all += problem.rule.substr(problem.rule.rfind('/') + 1) + "@" + std::to_string(problem.offset);
  }
  return all;
}

struct Example {
  const char* title;
  std::string declared;
  Vr vr;
  std::string bytes;
  std::string text;
};

// Names of the annexes H, I, J and K of PS3.5, and one for each single-byte set.
const std::vector<Example> examples{
    {"default", "", Vr::PN, "Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "Adams^John Robert Quincy^^Rev.^B.A. M.Div."},
    {"H.3.1", "\\ISO 2022 IR 87", Vr::PN,
     "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
     "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    {"H.3.2", "ISO 2022 IR 13\\ISO 2022 IR 87", Vr::PN,
     "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
     "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
    {"I.2", "\\ISO 2022 IR 149", Vr::PN,
     "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
     "Hong^Gildong=洪^吉洞=홍^길동"},
    {"I.3", "\\ISO 2022 IR 149", Vr::LT, "\x1b$)C\xc8\xab\r\n\x1b$)C\xb1\xe6\xb5\xbf 1\t2", "홍\r\n길동 1\t2"},
    {"J.1", "ISO_IR 192", Vr::PN, "Wang^XiaoDong=王^小東=", "Wang^XiaoDong=王^小東="},
    {"J.2", "GB18030", Vr::PN, "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="},
    {"J.4", "GBK", Vr::PN, "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="},
    {"K.2", "\\ISO 2022 IR 58", Vr::PN,
     "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东="},
    {"K.3", "\\ISO 2022 IR 58", Vr::LT, "1. \x1b$)A\xb5\xda\xd2\xbb\r\n2. \x1b$)A\xb5\xda\xb6\xfe",
     "1. 第一\r\n2. 第二"},
    {"IR 159", "\\ISO 2022 IR 87\\ISO 2022 IR 159", Vr::LO, "\x1b$(D0!\x1b$B0!\x1b(B", "丂亜"},
    {"German", "ISO_IR 100", Vr::PN,
     "\xc4neas^R\xfc"
     "diger",
     "Äneas^Rüdiger"},
    {"French", "ISO_IR 100", Vr::PN, "Buc^J\xe9r\xf4me", "Buc^Jérôme"},
    {"Latin 2", "ISO_IR 101", Vr::LO, "Wa\xb3\xeasa \xa3\xf3\xbc", "Wałęsa Łóź"},
    {"Latin 3", "ISO_IR 109", Vr::LO, "\xc6\xe6 \xa1", "Ĉĉ Ħ"},
    {"Latin 4", "ISO_IR 110", Vr::LO, "\xe0\xba", "āē"},
    {"Cyrillic", "ISO_IR 144", Vr::PN,
     "\xbb\xee\xda"
     "ce\xdc\xd1yp\xd3",
     "Люкceмбypг"},
    {"Arabic", "ISO_IR 127", Vr::PN, "\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"},
    {"Greek", "ISO_IR 126", Vr::PN, "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"},
    {"Hebrew", "ISO_IR 138", Vr::PN, "\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"},
    {"Latin 5", "ISO_IR 148", Vr::PN,
     "\xc7"
     "avu\xfeo\xf0lu",
     "Çavuşoğlu"},
    {"Thai", "ISO_IR 166", Vr::PN, "\xb9\xd2\xc1\xca\xa1\xd8\xc5", "นามสกุล"},
    {"Latin 9", "ISO_IR 203", Vr::LO, "\xa4 \xbc\xbd", "€ Œœ"},
    {"Katakana", "ISO_IR 13", Vr::PN, "\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"},
    {"yen and overline", "ISO_IR 13", Vr::LT, "\\100~", "¥100‾"},
    {"yen is the delimiter", "ISO_IR 13", Vr::LO, "\xd4\\\xcf", "ﾔ\\ﾏ"},
    {"Greek beside Latin", "ISO 2022 IR 100\\ISO 2022 IR 126", Vr::PN,
     "\xc4neas=\x1b-F\xc4\xe9\xef\x1b-A^R\xfc"
     "d",
     "Äneas=Διο^Rüd"},
    {"GB18030 with four bytes", "GB18030", Vr::LO, "\x81\x35\xf4\x36\x90\x30\x81\x30\xa8\xbc",
     "\u1e3e\U00010000\u1e3f"},
    {"trailing NUL", "ISO_IR 100", Vr::LO, "\xe9\0"s, "é"},
};

TEST(CharacterSets, Decode_the_examples_of_the_standard_without_complaint) {
  for (const auto& example : examples) {
    Problems problems;
    const CharacterSets sets(example.declared, &problems);
    EXPECT_EQ(rules_of(problems), "") << example.title;
    const auto decoded = sets.decode(as_bytes(example.bytes), example.vr);
    EXPECT_EQ(decoded.text, example.text) << example.title;
    EXPECT_EQ(rules_of(decoded.problems), "") << example.title;
    EXPECT_EQ(sets.text(as_bytes(example.bytes), example.vr), example.text) << example.title;
  }
}

TEST(CharacterSets, Encode_what_they_decode_to_the_same_text) {
  for (const auto& example : examples) {
    const CharacterSets sets(example.declared);
    const auto encoded = sets.encode(example.text, example.vr);
    ASSERT_TRUE(encoded) << example.title << ": " << encoded.error().message;
    const auto again = sets.decode(*encoded, example.vr);
    EXPECT_EQ(again.text, example.text) << example.title;
    EXPECT_EQ(rules_of(again.problems), "") << example.title;
    const bool without_padding = example.bytes.find('\0') == std::string::npos;
    if (example.declared.find('\\') == std::string::npos && without_padding) {
      EXPECT_EQ(as_text(*encoded), example.bytes) << example.title;
    }
  }
}

TEST(CharacterSets, Encode_with_the_escape_sequences_of_the_standard) {
  for (const auto& example : examples) {
    if (!std::string_view(example.title).starts_with("H.") && !std::string_view(example.title).starts_with("I.") &&
        !std::string_view(example.title).starts_with("K."))
      continue;
    const auto encoded = CharacterSets(example.declared).encode(example.text, example.vr);
    ASSERT_TRUE(encoded) << example.title;
    EXPECT_EQ(as_text(*encoded), example.bytes) << example.title;
  }
}

struct Broken {
  const char* title;
  std::string declared;
  Vr vr;
  std::string bytes;
  std::string rules;  // slug@offset
  std::string text;
};

TEST(CharacterSets, Say_what_is_wrong_with_a_value_and_where) {
  const std::vector<Broken> rows{
      {"no set declared", "", Vr::LO, "B\xe9r\xf4", "undeclared-character@1", "B\ufffdr\ufffd"},
      {"no G1 set in value 1", "\\ISO 2022 IR 149", Vr::LO, "ab\xe9", "undeclared-character@2", "ab\ufffd"},
      {"CS has no other repertoire", "ISO_IR 100", Vr::CS, "AB\xe9", "repertoire@2", "AB\ufffd"},
      {"UI has no other repertoire", "ISO_IR 192", Vr::UI, "1.2\xc3\xa9", "repertoire@3", "1.2\ufffd\ufffd"},
      {"open position", "ISO_IR 127", Vr::LO, "a\xa1", "invalid-character@1", "a\ufffd"},
      {"C1 control", "ISO_IR 100", Vr::LO, "a\x93z\x94", "invalid-character@1", "a\ufffdz\ufffd"},
      {"UTF-8 overlong", "ISO_IR 192", Vr::LO, "a\xc0\xaf", "invalid-character@1", "a\ufffd\ufffd"},
      {"UTF-8 surrogate", "ISO_IR 192", Vr::LO, "\xed\xa0\x80", "invalid-character@0", "\ufffd\ufffd\ufffd"},
      {"UTF-8 beyond Unicode", "ISO_IR 192", Vr::LO, "\xf4\x90\x80\x80", "invalid-character@0",
       "\ufffd\ufffd\ufffd\ufffd"},
      {"UTF-8 cut", "ISO_IR 192", Vr::LO, "ab\xe5\xb1", "invalid-character@2", "ab\ufffd"},
      {"UTF-8 cut by a delimiter", "ISO_IR 192", Vr::LO, "\xe5\xb1\\b", "invalid-character@0", "\ufffd\\b"},
      {"Latin 1 as UTF-8", "ISO_IR 192", Vr::PN, "Buc^J\xe9r\xf4me", "invalid-character@5", "Buc^J\ufffdr\ufffdme"},
      {"escape in UTF-8", "ISO_IR 192", Vr::LO, "a\x1b$B;3", "escape-undeclared@1", "a;3"},
      {"control in UTF-8", "ISO_IR 192", Vr::LO, "\xc2\x85", "control-character@0", "\u0085"},
      {"GB18030 cut", "GB18030", Vr::LO, "a\xcd", "invalid-character@1", "a\ufffd"},
      {"GB18030 four bytes open", "GB18030", Vr::LO, "\x84\x31\xa4\x40", "invalid-character@0", "\ufffd1\ue5e6"},
      {"GB18030 number without character", "GB18030", Vr::LO, "\xfe\x39\xfe\x39", "invalid-character@0", "\ufffd"},
      {"GBK has no four bytes", "GBK", Vr::LO, "\x81\x35\xf4\x37", "invalid-character@0", "\ufffd5\ufffd7"},
      {"GBK 80H", "GBK", Vr::LO, "\x80", "invalid-character@0", "\ufffd"},
      {"set not declared", "\\ISO 2022 IR 87", Vr::LO, "\x1b$)C\xc8\xab", "escape-undeclared@0", "홍"},
      {"escape without code extensions", "ISO_IR 100", Vr::LO, "\xe9 \x1b$B;3\x1b(B", "escape-undeclared@2", "é 山"},
      {"unknown escape", "\\ISO 2022 IR 87", Vr::LO, "a\x1b$Az", "escape-unknown@1", "az"},
      {"escape cut at the end", "\\ISO 2022 IR 87", Vr::LO, "a\x1b$", "escape-cut@1", "a"},
      {"escape cut by a character", "\\ISO 2022 IR 87", Vr::LO, "a\x1b\xe9", "escape-cut@1 undeclared-character@2",
       "a\ufffd"},
      {"kanji cut", "\\ISO 2022 IR 87", Vr::LO, "\x1b$B;\x1b(B", "invalid-character@3", "\ufffd"},
      {"open kanji position", "\\ISO 2022 IR 87", Vr::LO, "\x1b$B)!\x1b(B", "invalid-character@3", "\ufffd"},
      {"kanji at the end", "\\ISO 2022 IR 87", Vr::LO, "\x1b$B;3", "not-reset@5", "山"},
      {"kanji before a delimiter", "\\ISO 2022 IR 87", Vr::PN, "a=\x1b$B;3ED^\x1b$BB@O:\x1b(B", "not-reset@9",
       "a=山田^太郎"},
      {"kanji before a line end", "\\ISO 2022 IR 87", Vr::LT, "\x1b$B;3\r\n;3", "not-reset@5", "山\r\n;3"},
      {"romaji at the end", "\\ISO 2022 IR 13", Vr::LO, "\x1b(Jab", "not-reset@5", "ab"},
      {"Greek before a delimiter", "ISO 2022 IR 100\\ISO 2022 IR 126", Vr::LO, "\x1b-F\xe1\\\xe1", "not-reset@4",
       "α\\á"},
      {"half a hangul", "\\ISO 2022 IR 149", Vr::LO, "\x1b$)C\xc8 a", "invalid-character@4", "\ufffd a"},
      {"control characters", "", Vr::LO, "a\x07\x01", "control-character@1", "a\x07\x01"},
      {"line end in LO", "", Vr::LO, "a\nb", "control-character@1", "a\nb"},
      {"DEL", "", Vr::LT, "a\x7f", "control-character@1", "a\x7f"},
      {"NUL inside", "", Vr::LO, "a\0b"s, "control-character@1", "a\0b"s},
  };
  for (const auto& row : rows) {
    const CharacterSets sets(row.declared);
    const auto decoded = sets.decode(as_bytes(row.bytes), row.vr);
    EXPECT_EQ(rules_of(decoded.problems), row.rules) << row.title;
    EXPECT_EQ(decoded.text, row.text) << row.title;
    EXPECT_EQ(sets.check(as_bytes(row.bytes), row.vr), decoded.problems) << row.title;
    const auto far = sets.check(as_bytes(row.bytes), row.vr, 1000);
    EXPECT_EQ(far.at(0).offset, decoded.problems.at(0).offset + 1000) << row.title;
  }
}

TEST(CharacterSets, Report_a_rule_once_for_a_value_and_count_the_rest) {
  const auto problems = CharacterSets().check(as_bytes("\xe9\xe9 \xe9"), Vr::LT);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].rule, "ps3.5/6.1.2.3/undeclared-character");
  EXPECT_EQ(problems[0].found, "E9H (and 2 more)");
  EXPECT_EQ(CharacterSets("\\ISO 2022 IR 87").check(as_bytes("\x1b$B;3"), Vr::LO).at(0).found,
            "JIS X 0208 (kanji) in force at the end of the value");
}

TEST(CharacterSets, Allow_layout_in_long_texts_only) {
  for (const Vr vr : {Vr::ST, Vr::LT, Vr::UT})
    EXPECT_TRUE(CharacterSets().check(as_bytes("a\r\n\tb\fc\\d"), vr).empty());
  for (const Vr vr : {Vr::SH, Vr::LO, Vr::PN, Vr::UC, Vr::CS})
    EXPECT_EQ(rules_of(CharacterSets().check(as_bytes("a\r\nb"), vr)), "control-character@1");
}

struct Declaration {
  std::string value;
  std::string rules;
};

TEST(CharacterSets, Judge_the_value_of_Specific_Character_Set) {
  const std::vector<Declaration> rows{
      {"", ""},
      {"ISO_IR 100 ", ""},
      {"ISO_IR 6", ""},
      {"ISO_IR 192", ""},
      {"GB18030 ", ""},
      {"GBK ", ""},
      {"\\ISO 2022 IR 87", ""},
      {"ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", ""},
      {"ISO 2022 IR 13\\ISO 2022 IR 87", ""},
      {"ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126 ", ""},
      {"ISO_IR 999", "unknown-term@0"},
      {"ISO 2022 IR 100\\XYZ", "unknown-term@16"},
      {"ISO IR 100", "misspelled-term@0"},
      {"ISO-IR 100", "misspelled-term@0"},
      {"ISO_IR_100", "misspelled-term@0"},
      {"iso_ir 192", "misspelled-term@0"},
      {"UTF-8", "misspelled-term@0"},
      {"ISO_IR 87", "misspelled-term@0 multi-byte-first@0"},
      {"\\ISO2022 IR 87", "misspelled-term@1"},
      {"ISO_IR 100\\ISO 2022 IR 87", "code-extension-term@0"},
      {"ISO 2022 IR 100\\ISO_IR 126", "code-extension-term@16"},
      {"ISO_IR 100\\ISO_IR 126", "code-extension-term@0"},
      {"ISO_IR 192\\ISO 2022 IR 87", "stand-alone-term@0"},
      {"\\GB18030", "stand-alone-term@1"},
      {"ISO 2022 IR 100\\GBK", "stand-alone-term@16"},
      {"ISO 2022 IR 100", "single-code-extension-term@0"},
      {"ISO 2022 IR 149", "multi-byte-first@0"},
      {"ISO 2022 IR 87\\ISO 2022 IR 100", "multi-byte-first@0"},
      {"ISO 2022 IR 100\\", "empty-term@16"},
      {"ISO 2022 IR 100\\ISO 2022 IR 100", "repeated-term@16"},
  };
  for (const auto& row : rows) {
    Problems problems;
    const CharacterSets sets(row.value, &problems);
    EXPECT_EQ(rules_of(problems), row.rules) << row.value;
    Problems later;
    const CharacterSets again(row.value, &later, 50);
    EXPECT_EQ(again, sets);
    if (!later.empty()) {
      EXPECT_EQ(later[0].offset, problems[0].offset + 50) << row.value;
    }
  }
}

TEST(CharacterSets, Know_every_defined_term) {
  for (const auto& info : code_sets()) {
    for (const auto term : {info.term, info.extension}) {
      if (term.empty()) continue;
      Problems problems;
      const bool two_bytes = info.bytes == 2;
      const CharacterSets sets(two_bytes ? "\\" + std::string(term) : std::string(term), &problems);
      EXPECT_TRUE(clean(problems)) << term;
      EXPECT_TRUE(sets.declares(info.set) || sets.multi_byte() == info.set) << term;
    }
  }
}

TEST(CharacterSets, Follow_what_a_wrong_declaration_most_likely_means) {
  EXPECT_EQ(CharacterSets("ISO-IR 100").text(as_bytes("\xe9"), Vr::LO), "é");
  EXPECT_EQ(CharacterSets("utf8").text(as_bytes("é"), Vr::LO), "é");
  EXPECT_EQ(CharacterSets("ISO_IR 192\\ISO 2022 IR 87").text(as_bytes("山"), Vr::LO), "山");
  EXPECT_EQ(CharacterSets("ISO 2022 IR 149").text(as_bytes("\xc8\xab"), Vr::LO), "홍");
  EXPECT_EQ(CharacterSets("ISO_IR 100\\ISO 2022 IR 87").text(as_bytes("\xe9\x1b$B;3\x1b(B"), Vr::LO), "é山");
}

std::vector<std::string> split(const std::string& declared, const std::string& bytes, Vr vr = Vr::LO) {
  std::vector<std::string> values;
  for (const auto value : CharacterSets(declared).split_values(as_bytes(bytes), vr))
    values.emplace_back(as_text(value));
  return values;
}

TEST(CharacterSets, Split_at_backslashes_that_are_no_half_of_a_character) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(split("", "a\\b\\"), (Values{"a", "b", ""}));
  EXPECT_EQ(split("", ""), (Values{""}));
  EXPECT_EQ(split("", "a\\b", Vr::LT), (Values{"a\\b"}));
  EXPECT_EQ(split("", "a\\b", Vr::UC), (Values{"a", "b"}));
  EXPECT_EQ(split("GB18030", "\x81\x5c\\\x95\x5c"), (Values{"\x81\x5c", "\x95\x5c"}));
  EXPECT_EQ(split("GBK", "\x81\x5c\\b"), (Values{"\x81\x5c", "b"}));
  EXPECT_EQ(split("ISO_IR 13", "\xd4\\\xcf"), (Values{"\xd4", "\xcf"}));
  EXPECT_EQ(split("\\ISO 2022 IR 87", "\x1b$B;\\\x1b(B\\a"), (Values{"\x1b$B;\\\x1b(B", "a"}));
  EXPECT_EQ(split("ISO_IR 192", "山\\田"), (Values{"山", "田"}));
  EXPECT_EQ(split("GB18030", "\x81\x5c\\b", Vr::CS), (Values{"\x81", "", "b"}));  // CS has no character set
}

TEST(CharacterSets, Take_person_names_apart) {
  const std::string name = "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
  const CharacterSets sets("\\ISO 2022 IR 87");
  const auto parts = sets.split_person_name(as_bytes(name));
  ASSERT_EQ(parts.count, 3U);
  for (const auto& group : parts.groups) EXPECT_EQ(group.count, 2U);
  EXPECT_EQ(as_text(parts.groups[0].components[1]), "Tarou");
  EXPECT_EQ(sets.text(parts.groups[1].components[0], Vr::PN), "山田");
  EXPECT_EQ(sets.text(parts.groups[2].bytes, Vr::PN), "やまだ^たろう");
  EXPECT_EQ(sets.character_count(parts.groups[2].bytes, Vr::PN), 7U);
}

TEST(CharacterSets, Take_person_names_apart_with_empty_groups_and_too_many_parts) {
  const CharacterSets sets;
  const auto padded = "a^b==c\0"s;
  const auto empty_middle = sets.split_person_name(as_bytes(padded));
  EXPECT_EQ(empty_middle.count, 3U);
  EXPECT_EQ(empty_middle.groups[1].count, 1U);
  EXPECT_TRUE(empty_middle.groups[1].bytes.empty());
  EXPECT_EQ(as_text(empty_middle.groups[2].bytes), "c");
  const auto many = sets.split_person_name(as_bytes("1^2^3^4^5^6^7=b=c=d^e=f"));
  EXPECT_EQ(many.count, 5U);
  EXPECT_EQ(many.groups[0].count, 7U);
  EXPECT_EQ(as_text(many.groups[0].components[4]), "5^6^7");
  EXPECT_EQ(as_text(many.groups[2].bytes), "c=d^e=f");
  const auto nothing = sets.split_person_name({});
  EXPECT_EQ(nothing.count, 1U);
  EXPECT_EQ(nothing.groups[0].count, 1U);
}

TEST(CharacterSets, Count_characters_and_not_bytes) {
  EXPECT_EQ(CharacterSets("ISO_IR 192").character_count(as_bytes("Äé山"), Vr::LO), 3U);
  EXPECT_EQ(CharacterSets("\\ISO 2022 IR 87").character_count(as_bytes("\x1b$B;3ED\x1b(B"), Vr::LO), 2U);
  EXPECT_EQ(CharacterSets("GB18030").character_count(as_bytes("\xcd\xf5\x81\x35\xf4\x37"), Vr::LO), 2U);
  EXPECT_EQ(CharacterSets().character_count(as_bytes("ab \0"s), Vr::LO), 3U);
}

struct Refused {
  std::string declared;
  Vr vr;
  std::string text;
  std::size_t offset;
  char32_t character;
};

TEST(CharacterSets, Refuse_to_write_what_no_declared_set_has) {
  const std::vector<Refused> rows{
      {"", Vr::LO, "ab\u00e9", 2, 0xe9},
      {"ISO_IR 100", Vr::LO, "\u00e9\u20ac", 2, 0x20ac},
      {"ISO_IR 100", Vr::CS, "\u00e9", 0, 0xe9},
      {"\\ISO 2022 IR 87", Vr::PN, "山\u0416홍", 5, 0xd64d},
      {"GBK", Vr::LO, "\U00010000", 0, 0x10000},
      {"ISO_IR 13", Vr::LO, "a\u00a5", 1, 0xa5},
      {"ISO_IR 13", Vr::LT, "a\\", 1, '\\'},
      {"ISO_IR 192", Vr::LO, "a\nb", 1, '\n'},
      {"", Vr::LT, "a\x01", 1, 1},
      {"ISO_IR 192", Vr::LO, "a\xff", 1, 0},
  };
  for (const auto& row : rows) {
    const auto encoded = CharacterSets(row.declared).encode(row.text, row.vr);
    ASSERT_FALSE(encoded) << row.declared << " " << row.text;
    EXPECT_EQ(encoded.error().offset, row.offset) << row.text;
    EXPECT_EQ(encoded.error().character, row.character) << row.text;
    EXPECT_FALSE(encoded.error().message.empty());
  }
  EXPECT_EQ(CharacterSets("ISO_IR 100").encode("\u20ac", Vr::LO).error().message,
            "U+20AC (€) is in none of the declared character sets");
}

TEST(CharacterSets, Return_to_the_initial_state_before_each_delimiter) {
  const auto encoded = CharacterSets("\\ISO 2022 IR 87").encode("山\\田a\\b", Vr::LO);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(as_text(*encoded), "\x1b$B;3\x1b(B\\\x1b$BED\x1b(Ba\\b");
  const auto greek = CharacterSets("ISO 2022 IR 100\\ISO 2022 IR 126").encode("α\\é", Vr::LO);
  ASSERT_TRUE(greek);
  EXPECT_EQ(as_text(*greek), "\x1b-F\xe1\x1b-A\\\xe9");
}

}  // namespace
}  // namespace assay::dataset
