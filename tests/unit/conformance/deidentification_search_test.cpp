// conformance/deidentification/search.hpp: what is looked for, in which forms, and what is left out.
#include "conformance/deidentification/search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "deidentification_objects.hpp"

namespace assay::conformance::deidentification {
namespace {

using dataset::DataSet;

std::vector<std::size_t> places(const std::vector<Sought>& values, std::string_view bytes) {
  std::vector<std::size_t> all;
  Searcher(values).run(as_bytes(bytes), [&](std::size_t offset, const Sought&) { all.push_back(offset); });
  return all;
}

Sought word(std::string_view bytes) { return {std::string(bytes), tags::PatientName, true, false}; }
Sought uid(std::string_view bytes) { return {std::string(bytes), tags::SOPInstanceUID, true, true}; }

TEST(DeidentifiedSearch, Finds_values_in_any_case_and_not_within_words) {
  const std::vector<Sought> values{word("Doe^John"), word("PID-4711")};
  EXPECT_EQ(places(values, "xx doe^JOHN yy PID-4711"), (std::vector<std::size_t>{3, 15}));
  EXPECT_EQ(places(values, "Doe^Johnson"), (std::vector<std::size_t>{}));
  EXPECT_EQ(places(values, "XPID-4711"), (std::vector<std::size_t>{}));
  EXPECT_EQ(places(values, "PID-47110"), (std::vector<std::size_t>{}));
  EXPECT_EQ(places(values, "_PID-4711_"), (std::vector<std::size_t>{1}));
  EXPECT_EQ(places(values, "PID-471"), (std::vector<std::size_t>{}));
  EXPECT_EQ(places(values, ""), (std::vector<std::size_t>{}));
}

TEST(DeidentifiedSearch, A_UID_is_not_found_in_a_longer_one) {
  const std::vector<Sought> values{uid("1.2.3.4")};
  EXPECT_EQ(places(values, "x1.2.3.4\\1.2.3.4"), (std::vector<std::size_t>{1, 9}));
  for (const std::string_view other : {"1.2.3.41", "1.2.3.4.1", "11.2.3.4", "9.1.2.3.4"})
    EXPECT_EQ(places(values, other), (std::vector<std::size_t>{})) << other;
}

TEST(DeidentifiedSearch, Agrees_with_a_plain_search_on_random_bytes) {
  std::mt19937 random(20260105);
  const std::vector<Sought> values{word("abca"), word("b^^b"), word("cabbac")};
  for (int round = 0; round < 200; ++round) {
    std::string bytes(300, ' ');
    for (auto& c : bytes) c = "abcABC^ "[random() % 8];
    std::vector<std::size_t> expected;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto letter = [&](std::size_t i) {
      return i < bytes.size() && lower(bytes[i]) >= 'a' && lower(bytes[i]) <= 'z';
    };
    for (std::size_t i = 0; i < bytes.size(); ++i)
      for (const auto& value : values) {
        if (bytes.size() - i < value.bytes.size()) continue;
        bool same = true;
        for (std::size_t k = 0; k < value.bytes.size(); ++k) same = same && lower(bytes[i + k]) == value.bytes[k];
        if (same && !(i > 0 && letter(i - 1)) && !letter(i + value.bytes.size())) expected.push_back(i);
      }
    EXPECT_EQ(places(values, bytes), expected) << bytes;
  }
}

std::vector<std::string> sought(const DataSet& data, std::string_view options = "basic") {
  std::vector<std::string> all;
  for (const auto& value : values_of_original(data, parse_options(options).value()).values) all.push_back(value.bytes);
  return all;
}

bool has(const std::vector<std::string>& all, std::string_view value) {
  return std::ranges::find(all, value) != all.end();
}

TEST(DeidentifiedSearch, Names_are_looked_for_in_all_orders_and_encodings) {
  DataSet data;
  data.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data.set_text(tags::PatientName, "M\xfcller^J\xf6rg");
  const auto latin = sought(data);
  for (const std::string_view form : {"M\xfcller^J\xf6rg", "J\xf6rg M\xfcller", "M\xfcller, J\xf6rg",
                                      "M\u00fcller^J\u00f6rg", "J\u00f6rg M\u00fcller", "M\xfcller"})
    EXPECT_TRUE(has(latin, form)) << form;
  data.set_text(tags::PatientName, "Fictional^Frida");
  const auto plain = sought(data);
  for (const std::string_view form :
       {"Fictional^Frida", "Frida Fictional", "Fictional, Frida", "Fictional_Frida", "Fictional"})
    EXPECT_TRUE(has(plain, form)) << form;
  std::string wide;
  for (const char c : std::string_view("Fictional^Frida")) (wide += c) += '\0';
  EXPECT_TRUE(has(plain, wide));
}

TEST(DeidentifiedSearch, Short_and_common_values_and_what_options_keep_are_left_out) {
  DataSet data;
  data.set_text(tags::PatientName, "Li^X");
  data.set_text(tags::PatientID, "12");
  data.set_text(tags::StudyID, "1");
  data.set_text(tags::Manufacturer, "Synthetic Works");
  data.set_text(tags::InstitutionName, "Synthetic Works");
  data.set_text(tags::StationName, "CTROOM77");
  data.set_text(tags::SOPInstanceUID, "1.2.3.4.5");
  data.set_text(tags::FrameOfReferenceUID, "1.2.840.10008.1.4.1.1");  // Talairach, registered
  const auto all = values_of_original(data, parse_options("basic").value());
  EXPECT_GE(all.left_out, 3U);
  const auto values = sought(data);
  EXPECT_TRUE(has(values, "Li^X"));
  EXPECT_FALSE(has(values, "12"));
  EXPECT_FALSE(has(values, "1"));
  EXPECT_FALSE(has(values, "Synthetic Works"));
  EXPECT_TRUE(has(values, "CTROOM77"));
  EXPECT_TRUE(has(values, "1.2.3.4.5"));
  EXPECT_FALSE(has(values, "1.2.840.10008.1.4.1.1"));
  EXPECT_FALSE(has(sought(data, "basic,retain-device"), "CTROOM77"));
  EXPECT_FALSE(has(sought(data, "basic,retain-uids"), "1.2.3.4.5"));
}

TEST(DeidentifiedSearch, Dates_of_birth_are_looked_for_as_people_write_them) {
  DataSet data;
  data.set_text(tags::PatientBirthDate, "19610704");
  const auto values = sought(data);
  for (const std::string_view form : {"19610704", "1961-07-04", "04.07.1961", "07/04/1961", "04/07/1961"})
    EXPECT_TRUE(has(values, form)) << form;
}

}  // namespace
}  // namespace assay::conformance::deidentification
