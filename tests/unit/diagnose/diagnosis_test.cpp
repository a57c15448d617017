#include "harness/diagnose/diagnosis.hpp"

#include <gmock/gmock.h>

#include <set>

#include "harness/diagnose/services.hpp"
#include "harness/dict/dict.hpp"

namespace assay::diagnose {
namespace {

TEST(Causes, Each_has_a_code_of_its_own_and_words_for_a_person) {
  std::set<std::string_view> codes;
  for (const auto& cause : all_causes()) {
    EXPECT_TRUE(codes.insert(cause.code).second) << cause.code;
    EXPECT_EQ(cause.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos)
        << cause.code;
    EXPECT_FALSE(cause.title.empty()) << cause.code;
    EXPECT_FALSE(cause.meaning.empty()) << cause.code;
    EXPECT_FALSE(cause.at_device.empty() && cause.at_caller.empty()) << cause.code << " says nothing of what to change";
    EXPECT_TRUE(cause.exit_code == 1 || cause.exit_code == 3) << cause.code;
    EXPECT_EQ(find_cause(cause.code), &cause);
  }
  EXPECT_GE(codes.size(), 60U);
  EXPECT_EQ(find_cause("no-such-cause"), nullptr);
}

TEST(Causes, Words_in_braces_are_filled_in_and_others_left_alone) {
  EXPECT_EQ(fill("called '{called}' on {port}", {{"called", "A{port}"}, {"port", "104"}}), "called 'A{port}' on 104");
  EXPECT_EQ(fill("{unknown} {", {}), "{unknown} {");
  EXPECT_EQ(fill("", {}), "");
}

TEST(Services, Every_SOP_Class_and_transfer_syntax_is_in_the_registry_and_asked_for_once) {
  std::set<std::string_view> seen;
  for (const auto uid : survey_sop_classes()) {
    const auto* entry = dict::find_uid(uid);
    ASSERT_NE(entry, nullptr) << uid;
    EXPECT_TRUE(entry->kind == dict::UidKind::sop_class || entry->kind == dict::UidKind::meta_sop_class) << uid;
    EXPECT_TRUE(seen.insert(uid).second) << uid;
  }
  for (const auto uid : survey_transfer_syntaxes()) {
    const auto* entry = dict::find_uid(uid);
    ASSERT_NE(entry, nullptr) << uid;
    EXPECT_EQ(entry->kind, dict::UidKind::transfer_syntax) << uid;
    EXPECT_TRUE(seen.insert(uid).second) << uid;
  }
  const std::pair<const char*, const char*> samples[] = {
      {"store", "CT Image Storage"}, {"find", "FIND"},      {"move", "MOVE"},         {"get", "GET"},
      {"worklist", "Worklist"},      {"mpps", "Performed"}, {"commit", "Commitment"}, {"print", "Print"}};
  for (const auto& [service, name] : samples) {
    const auto* found = find_service(service);
    ASSERT_NE(found, nullptr) << service;
    for (const auto uid : found->sop_classes) EXPECT_EQ(service_of(uid), found) << uid;
    EXPECT_THAT(uid_words(found->sop_classes.front()), ::testing::HasSubstr(name));
  }
  EXPECT_EQ(find_service("tea"), nullptr);
}

}  // namespace
}  // namespace assay::diagnose
