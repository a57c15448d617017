// Golden answers for every kind of matching (PS3.4 C.2.2.2), and what must not be treated as matching at all.
#include "harness/service/matching.hpp"

#include <gtest/gtest.h>

namespace assay::service {
namespace {

struct Row {
  Vr vr;
  std::string_view key;
  std::string_view value;
  bool expected;
};

void check(std::initializer_list<Row> rows) {
  for (const auto& row : rows)
    EXPECT_EQ(match_value(row.vr, row.key, row.value), row.expected)
        << name(row.vr) << " key '" << row.key << "' value '" << row.value << "'";
}

TEST(Matching, Kind_follows_from_VR_and_value) {
  const struct {
    Vr vr;
    std::string_view key;
    MatchType expected;
  } rows[] = {
      {Vr::LO, "", MatchType::universal},
      {Vr::DA, " ", MatchType::universal},
      {Vr::UI, "", MatchType::universal},
      {Vr::LO, "ABC", MatchType::single},
      {Vr::LO, "A*", MatchType::wildcard},
      {Vr::PN, "A?", MatchType::wildcard},
      {Vr::UI, "1.2*", MatchType::single},
      {Vr::UI, "1.2\\1.3", MatchType::uid_list},
      {Vr::DA, "2004*", MatchType::single},
      {Vr::DA, "20040101", MatchType::single},
      {Vr::DA, "20040101-", MatchType::range},
      {Vr::DA, "-20040101", MatchType::range},
      {Vr::DA, "20040101-20040102", MatchType::range},
      {Vr::DA, "-", MatchType::single},
      {Vr::DA, "20040101--20040102", MatchType::single},
      {Vr::DA,
       "20040101\xE2\x80\x93"
       "20040102",
       MatchType::single},  // an en dash is no hyphen
      {Vr::TM, "10-12", MatchType::range},
      {Vr::TM, "1000", MatchType::single},
      {Vr::DT, "20040101-0500", MatchType::single},  // an offset from UTC
      {Vr::DT, "20040101-20050101", MatchType::range},
      {Vr::IS, "1*", MatchType::single},
      {Vr::SQ, "", MatchType::sequence},
      {Vr::AS, "0?0Y", MatchType::single},
      {Vr::LO, "20040101-20050101", MatchType::single},
  };
  for (const auto& row : rows) EXPECT_EQ(match_type(row.vr, row.key), row.expected) << name(row.vr) << " " << row.key;
}

TEST(Matching, Single_value_is_exact_and_case_sensitive) {
  check({
      {Vr::LO, "ASY-0001", "ASY-0001", true},
      {Vr::LO, "ASY-0001", "asy-0001", false},
      {Vr::LO, "ASY-0001", "ASY-00011", false},
      {Vr::LO, "ASY-0001 ", "ASY-0001", true},
      {Vr::CS, "CT", "ct", false},
      {Vr::CS, "CT", "MR\\CT", true},
      {Vr::CS, "C", "CT", false},
      {Vr::LO, "X", "", false},
      {Vr::SH, "A1", " A1", true},
      {Vr::IS, "1", "1", true},
      {Vr::IS, "1", "01", true},
      {Vr::IS, "1", "+1", true},
      {Vr::IS, "1", "10", false},
      {Vr::DS, "5", "5.0", true},
      {Vr::DS, "5e0", "5", true},
      {Vr::IS, "x", "1", false},
  });
}

TEST(Matching, Several_values_are_an_or_for_UIDs_only) {
  check({
      {Vr::UI, "1.2\\1.3", "1.3", true},
      {Vr::UI, "1.2\\1.3", "1.4", false},
      {Vr::UI, "1.2\\1.3", "1.33", false},
      {Vr::UI, "1.2\\", "1.2", true},
      {Vr::UI, "1.2\\", "", false},
      {Vr::CS, "CT\\MR", "CT", false},
      {Vr::CS, "CT\\MR", "CT\\MR", true},
      {Vr::LO, "A\\B", "B", false},
  });
}

TEST(Matching, Universal_matches_also_what_is_not_there) {
  check({{Vr::LO, "", "", true}, {Vr::LO, "", "X", true}, {Vr::DA, "", "", true}, {Vr::UI, "", "1.2", true}});
}

TEST(Matching, Wildcards_star_takes_any_run_and_question_mark_one_character) {
  check({
      {Vr::LO, "CT*", "CT", true},
      {Vr::LO, "CT*", "CT HEAD", true},
      {Vr::LO, "CT*", "XCT", false},
      {Vr::LO, "*HEAD*", "CT HEAD", true},
      {Vr::LO, "*HEAD*", "HEAD", true},
      {Vr::LO, "*HEAD*", "HAED", false},
      {Vr::LO, "?T", "CT", true},
      {Vr::LO, "?T", "T", false},
      {Vr::LO, "?T", "XCT", false},
      {Vr::LO, "C?", "C", false},
      {Vr::LO, "*", "", true},
      {Vr::LO, "*", "ANY", true},
      {Vr::LO, "?", "", false},
      {Vr::LO, "**", "X", true},
      {Vr::LO, "A*B*C", "AxxBxxC", true},
      {Vr::LO, "A*B*C", "AxxCxxB", false},
      {Vr::LO, "*?", "", false},
      {Vr::LO, "*?", "X", true},
      {Vr::LO, "ct*", "CT HEAD", false},
      {Vr::LO, "A[BC]", "AB", false},
      {Vr::LO, "A.*", "ABC", false},
      {Vr::CS, "C*", "MR\\CT", true},
      {Vr::UT, "*back\\slash*", "a back\\slash b", true},
      {Vr::LO, "M?ller", "M\xC3\xBCller", true},  // one character of two bytes
  });
}

TEST(Matching, Wildcards_mean_nothing_in_dates_times_UIDs_and_numbers) {
  check({
      {Vr::DA, "2004*", "20040101", false},
      {Vr::DA, "????0101", "20040101", false},
      {Vr::TM, "10*", "1000", false},
      {Vr::UI, "1.2.*", "1.2.3", false},
      {Vr::UI, "*", "1.2.3", false},
      {Vr::IS, "*", "1", false},
      {Vr::DS, "1*", "1", false},
      {Vr::AS, "*", "001Y", false},
      {Vr::DA, "*", "20040101", false},
  });
}

TEST(Matching, Names_may_ignore_case_and_empty_components) {
  check({
      {Vr::PN, "Smith^John", "SMITH^JOHN", true},
      {Vr::PN, "smith*", "SMITH^JOHN", true},
      {Vr::PN, "SMITH", "SMITH^JOHN", false},
      {Vr::PN, "SMITH^JOHN^^^", "SMITH^JOHN", true},
      {Vr::PN, "SMITH^JOHN", "SMITH^JOHN^^", true},
      {Vr::PN, "SMITH^JOHN=X", "SMITH^JOHN^^=X^==", true},
      {Vr::PN, "SMITH^JOHN=X", "SMITH^^JOHN=X", false},
      {Vr::PN, "O'Neill^*", "O'NEILL^SEAN", true},
      {Vr::PN, "ONeill*", "O'Neill^Sean", false},
      {Vr::PN, "*^John", "SMITH^JOHN", true},
      {Vr::PN, "M\xC3\x9CLLER", "m\xC3\xBCller", true},
      {Vr::PN, "Muller", "M\xC3\xBCller", false},
      {Vr::PN, "Yamada*", "Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E", true},
      {Vr::PN, "\xE5\xB1\xB1\xE7\x94\xB0*", "Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E", true},
      {Vr::PN, "Suzuki*", "Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E", false},
  });
  MatchOptions strict;
  strict.names_ignore_case = false;
  EXPECT_FALSE(match_value(Vr::PN, "smith*", "SMITH^JOHN", strict));
  EXPECT_TRUE(match_value(Vr::PN, "SMITH*", "SMITH^JOHN", strict));
}

TEST(Matching, Ranges_include_their_ends) {
  check({
      {Vr::DA, "20040101-20040131", "20040101", true},
      {Vr::DA, "20040101-20040131", "20040131", true},
      {Vr::DA, "20040101-20040131", "20040201", false},
      {Vr::DA, "20040101-20040131", "20031231", false},
      {Vr::DA, "20040101-", "20991231", true},
      {Vr::DA, "20040101-", "20031231", false},
      {Vr::DA, "-20040101", "19000101", true},
      {Vr::DA, "-20040101", "20040102", false},
      {Vr::DA, "20040131-20040101", "20040115", false},  // reversed ends hold nothing
      {Vr::DA, "20040101-20040131", "", false},
      {Vr::DA, "20040101-20040131", "garbage", false},
      {Vr::DA, "20040101-20040131", "2004.01.15", true},
      {Vr::DA, "20040101 - 20040131", "20040115", true},
      {Vr::DA, "2004-2005", "20040601", false},  // no DA without month and day
      {Vr::DA, "-", "20040101", false},
      {Vr::DA, "20040230", "20040301", false},
      {Vr::TM, "10-12", "100000", true},
      {Vr::TM, "10-12", "125959.999999", true},
      {Vr::TM, "10-12", "130000", false},
      {Vr::TM, "1000-1030", "103059", true},
      {Vr::TM, "1000-", "0959", false},
      {Vr::TM, "-1000", "100059", true},
      {Vr::TM, "-1000", "1001", false},
      {Vr::TM, "100000.5-100000.6", "100000.55", true},
      {Vr::TM, "100000.5-100000.6", "100000.7", false},
      {Vr::DT, "20040101-20040102", "20040102235959.9", true},
      {Vr::DT, "20040101-20040102", "20040103", false},
      {Vr::DT, "200401-", "20040101120000", true},
      {Vr::DT, "-2003", "20031231", true},
  });
}

TEST(Matching, Moments_match_by_the_precision_of_the_key) {
  check({
      {Vr::TM, "1000", "100000", true},
      {Vr::TM, "1000", "100059.5", true},
      {Vr::TM, "1000", "1001", false},
      {Vr::TM, "100000", "100000.000", true},
      {Vr::TM, "100000.1", "100000", false},
      {Vr::TM, "10", "105959", true},
      {Vr::TM, "10:30", "1030", true},
      {Vr::DA, "20040101", "20040101", true},
      {Vr::DA, "2004.01.01", "20040101", true},
      {Vr::DT, "2004", "20040615", true},
      {Vr::DT, "2004", "2005", false},
      {Vr::TM, "2500", "2500", true},  // no time; equal texts all the same
      {Vr::TM, "2500", "0100", false},
  });
}

TEST(Matching, Offsets_from_UTC_are_taken_into_account_and_without_one_it_is_UTC) {
  check({
      {Vr::DT, "20040101120000+0000", "20040101130000+0100", true},
      {Vr::DT, "20040101120000+0000", "20040101120000+0100", false},
      {Vr::DT, "20040101003000+0100", "20031231233000+0000", true},  // over midnight and the year
      {Vr::DT, "20040301003000+0100", "20040229233000+0000", true},  // leap day
      {Vr::DT, "19980128103000", "19980128073000-0300", true},       // the example of PS3.4 C.2.2.2.1.3
      {Vr::DT, "20040101120000", "20040101120000+0100", false},
      {Vr::DT, "20040101120000", "20040101120000", true},
      {Vr::DT, "2004-20050101", "20031231233000-0100", true},
      {Vr::DT, "2004-20050101", "20040101003000+0100", false},
      {Vr::DT, "20040101-0500", "20040101120000-0500", true},
      {Vr::DT, "20040101000000+0000-20040101235959+0000", "20040102003000+0100", true},
      {Vr::DT, "20040101000000+0000-20040101235959+0000", "20040102013000+0100", false},
  });
}

TEST(Matching, Blanks_in_front_belong_to_texts_only) {
  check({
      {Vr::LT, "note", " note", false},
      {Vr::LT, " note", " note", true},
      {Vr::ST, "?note", " note ", true},
      {Vr::UT, "note", "note  ", true},
      {Vr::UC, "b", "a\\ b", false},
      {Vr::LO, "note", " note", true},
      {Vr::SH, "?note", " note", false},
  });
}

TEST(Matching, An_unknown_value_matches_every_key_where_the_service_says_so) {
  const MatchOptions query{.unknown_matches = true};
  const struct {
    Vr vr;
    std::string_view key;
  } rows[] = {{Vr::LO, "A"},  {Vr::LO, "A?"},       {Vr::PN, "Doe^*"}, {Vr::DA, "20040101-"},
              {Vr::TM, "10"}, {Vr::UI, "1.2\\1.3"}, {Vr::IS, "1"},     {Vr::AS, "001Y"}};
  for (const auto& row : rows) {
    for (const auto value : {"", "  "}) {
      EXPECT_TRUE(match_value(row.vr, row.key, value, query)) << name(row.vr);
      EXPECT_FALSE(match_value(row.vr, row.key, value)) << name(row.vr);
    }
    EXPECT_FALSE(match_value(row.vr, row.key, "9", query)) << name(row.vr);
  }
}

TEST(Matching, Intervals_fill_in_what_is_missing) {
  const struct {
    Vr vr;
    std::string_view text;
    std::string_view low;
    std::string_view high;
  } rows[] = {
      {Vr::DA, "20040229", "20040229", "20040229"},
      {Vr::TM, "10", "100000000000", "105959999999"},
      {Vr::TM, "1030", "103000000000", "103059999999"},
      {Vr::TM, "103015.25", "103015250000", "103015259999"},
      {Vr::DT, "2004", "20040101000000000000", "20041231235959999999"},
      {Vr::DT, "200402", "20040201000000000000", "20040229235959999999"},
      {Vr::DT, "20040101120000+0100", "20040101110000000000", "20040101110000999999"},
      {Vr::DT, "19991231233000-0100", "20000101003000000000", "20000101003000999999"},
  };
  for (const auto& row : rows) {
    const auto got = interval_of(row.vr, row.text);
    ASSERT_TRUE(got) << row.text;
    EXPECT_EQ(got->low, row.low) << row.text;
    EXPECT_EQ(got->high, row.high) << row.text;
  }
  for (const auto text : {"20040230", "20041301", "2004", "200401", "2004010a", "", "20040101-"})
    EXPECT_FALSE(interval_of(Vr::DA, text)) << text;
  for (const auto text : {"24", "1060", "1", "101", "10.5", "101010.", "101010.1234567", "ab"})
    EXPECT_FALSE(interval_of(Vr::TM, text)) << text;
  for (const auto text : {"20040101+1500", "20040101-1300", "20040101+01", "+0100", "200", "2004010125"})
    EXPECT_FALSE(interval_of(Vr::DT, text)) << text;
}

TEST(Matching, A_pattern_made_to_be_slow_is_not) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(wildcard_match(pattern + "b", std::string(5000, 'a')));
}

TEST(Matching, Latin_1_and_UTF_8_compare_as_characters) {
  EXPECT_EQ(to_utf8("M\xFCller", "ISO_IR 100"), "M\xC3\xBCller");
  EXPECT_EQ(to_utf8("M\xC3\xBCller", "ISO_IR 192"), "M\xC3\xBCller");
  EXPECT_EQ(to_utf8("Muller", ""), "Muller");
  EXPECT_EQ(to_utf8("M\xFCller", ""), "M\xFCller");
}

TEST(Matching, A_question_mark_is_one_character_of_any_set) {
  dataset::DataSet keys(dataset::explicit_le);
  keys.set_text(tags::PatientComments, "??");
  dataset::DataSet attributes(dataset::explicit_le);
  attributes.set_text(tags::PatientComments, "\x1b$BJ\"It\x1b(B");  // two characters of ISO 2022 IR 87
  const auto& key = *keys.find(tags::PatientComments);
  const std::string_view japanese = "\\ISO 2022 IR 87";
  EXPECT_TRUE(match_key(keys.root(), key, attributes.root(), {"", japanese}));
  keys.set_text(tags::PatientComments, "???");
  EXPECT_FALSE(match_key(keys.root(), *keys.find(tags::PatientComments), attributes.root(), {"", japanese}));
  keys.set_text(tags::PatientComments, "\xE8\x85\xB9\xE9\x83\xA8");  // the same in UTF-8
  EXPECT_TRUE(match_key(keys.root(), *keys.find(tags::PatientComments), attributes.root(), {"ISO_IR 192", japanese}));
}

dataset::DataSet item(std::initializer_list<std::pair<Tag, std::string_view>> values) {
  dataset::DataSet out(dataset::explicit_le);
  for (const auto& [tag, value] : values) out.set_text(tag, value);
  return out;
}

bool match_sequence(const std::vector<dataset::DataSet>& key_items, const std::vector<dataset::DataSet>& items,
                    bool present = true, const MatchOptions& options = {}) {
  dataset::DataSet keys(dataset::explicit_le);
  keys.set_sequence(tags::ProcedureCodeSequence, key_items);
  dataset::DataSet attributes(dataset::explicit_le);
  if (present) attributes.set_sequence(tags::ProcedureCodeSequence, items);
  return match_key(keys.root(), *keys.find(tags::ProcedureCodeSequence), attributes.root(), {}, options);
}

TEST(Matching, A_sequence_matches_when_one_item_holds_every_key) {
  const auto a1 = item({{tags::CodeValue, "A"}, {tags::CodingSchemeDesignator, "ONE"}});
  const auto b2 = item({{tags::CodeValue, "B"}, {tags::CodingSchemeDesignator, "TWO"}});
  const auto a2 = item({{tags::CodeValue, "A"}, {tags::CodingSchemeDesignator, "TWO"}});
  EXPECT_TRUE(match_sequence({a1}, {a1, b2}));
  EXPECT_TRUE(match_sequence({a1}, {b2, a1}));
  EXPECT_FALSE(match_sequence({a2}, {a1, b2})) << "keys met only across two items";
  EXPECT_TRUE(match_sequence({item({{tags::CodeValue, "*"}})}, {b2}));
  EXPECT_FALSE(match_sequence({a1}, {}));
  EXPECT_FALSE(match_sequence({a1}, {}, false));
  EXPECT_TRUE(match_sequence({}, {}, false)) << "no item is universal";
  EXPECT_TRUE(match_sequence({item({{tags::CodeValue, ""}})}, {}, false)) << "an item of empty keys is universal";
  const MatchOptions query{.unknown_matches = true};
  EXPECT_TRUE(match_sequence({a1}, {}, true, query));
  EXPECT_TRUE(match_sequence({a1}, {}, false, query));
  EXPECT_FALSE(match_sequence({a1}, {b2}, true, query));
  EXPECT_TRUE(match_sequence({a1}, {item({{tags::CodeValue, "A"}})}, true, query)) << "its scheme is unknown";
}

TEST(Matching, Binary_values_match_as_a_whole) {
  dataset::DataSet keys(dataset::explicit_le);
  keys.set_u16(tags::Rows, 512);
  dataset::DataSet same(dataset::explicit_le);
  same.set_u16(tags::Rows, 512);
  dataset::DataSet other(dataset::explicit_le);
  other.set_u16(tags::Rows, 256);
  const dataset::DataSet none;
  const auto& key = *keys.find(tags::Rows);
  EXPECT_TRUE(match_key(keys.root(), key, same.root(), {}));
  EXPECT_FALSE(match_key(keys.root(), key, other.root(), {}));
  EXPECT_FALSE(match_key(keys.root(), key, none.root(), {}));
  EXPECT_TRUE(match_key(keys.root(), key, none.root(), {}, {.unknown_matches = true}));
}

}  // namespace
}  // namespace assay::service
