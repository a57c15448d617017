// harness/scenario/loader.hpp and what it is made of: every mistake is reported with its exact place.
#include "harness/scenario/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "harness/scenario/checks.hpp"
#include "harness/version.hpp"
#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

using testing::HasSubstr;

std::vector<LoadError> errors_of(std::string_view text, const IncludeResolver& include = {}) {
  auto loaded = load(text, "f.xml", include);
  return loaded ? std::vector<LoadError>{} : loaded.error();
}

/// Steps stand from line 5 on.
std::vector<LoadError> errors_in(std::string_view steps, std::string_view attributes = R"(role="requestor")",
                                 std::string_view more = "") {
  return errors_of(head(attributes, more) + std::string(steps) + "</scenario>");
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Loader, Loads_the_head_and_the_steps) {
  const auto loaded = load(R"(<scenario id="ps3.8/9.3.4/x" role="requestor" tags="a b" aliases="ps3.8/9.3/old">
    <title> T </title><clause part="PS3.8" section="9.3.4" level="should">D</clause><requirement id="net:1"/>
    <advice>A</advice><needs claim="verification-scp"/><needs claim="p" is="no"/><observe name="o"/>
    <ignore-finding rule="ps3.8/*" reason="r"/>
    <send><a-release-rq/></send><expect><closed/></expect></scenario>)",
                           "f.xml");
  ASSERT_TRUE(loaded);
  const auto& scenario = loaded->front();
  EXPECT_EQ(scenario.title, "T");
  ASSERT_EQ(scenario.clauses.size(), 1u);
  EXPECT_EQ(scenario.clauses[0].level, trace::Level::should);
  EXPECT_EQ(scenario.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(scenario.aliases, (std::vector<std::string>{"ps3.8/9.3/old"}));
  EXPECT_EQ(scenario.requirements, (std::vector<std::string>{"net:1"}));
  ASSERT_EQ(scenario.needs.size(), 2u);
  EXPECT_FALSE(scenario.needs[1].claimed);
  EXPECT_EQ(scenario.ignored_findings[0].rule, "ps3.8/*");
  EXPECT_EQ(scenario.steps.size(), 2u);
  const auto result = cases_of(std::make_shared<const Scenario>(scenario)).front().blank_result();
  EXPECT_EQ(result.id, "ps3.8/9.3.4/x");
  EXPECT_EQ(result.advice, "A");
}

TEST(Loader, Takes_a_native_model_as_the_bytes_it_stands_for) {
  const auto loaded = load(head(R"(role="requestor")", "") + R"(<send><c-store-rq><data-set>
    <NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xmlns:assay="urn:assay:exact:1"
        xml:space="preserve" assay:encoding="implicit-le"><assay:preamble/>
      <assay:meta><DicomAttribute tag="00020010" vr="UI"><Value number="1">1.2</Value></DicomAttribute></assay:meta>
      <DicomAttribute tag="00080060" vr="CS" assay:length="100"><Value number="1">CT</Value></DicomAttribute>
    </NativeDicomModel></data-set></c-store-rq></send></scenario>)",
                           "f.xml");
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  const auto& data_set = loaded->front().steps.at(0).children.at(0).children.at(0);
  ASSERT_NE(data_set.child("NativeDicomModel"), nullptr);
  EXPECT_EQ(data_set.child("NativeDicomModel")->value("hex"), "08006000640000004354");
}

struct Mistake {
  const char* name;
  const char* steps;
  int line;
  int column;
  const char* message;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, is_reported_at_its_place) {
  const auto& mistake = GetParam();
  const auto errors = errors_in(mistake.steps);
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors.front().line, mistake.line) << to_string(errors.front());
  EXPECT_EQ(errors.front().column, mistake.column) << to_string(errors.front());
  EXPECT_THAT(errors.front().message, HasSubstr(mistake.message));
  EXPECT_EQ(errors.size(), 1u) << to_string(errors.back());
}

constexpr Mistake mistakes[] = {
    {"unknown_element", "<sned/>", 5, 1, "<sned> is not allowed in <scenario>; allowed there: title"},
    {"unknown_attribute", "<wait fro=\"1s\" for=\"1s\"/>", 5, 7, "<wait> has no attribute fro; it may have: for"},
    {"missing_attribute", "<wait/>", 5, 1, "<wait> needs the attribute for"},
    {"attribute_twice", "<wait for=\"1s\" for=\"2s\"/>", 5, 16, "stands twice"},
    {"bad_duration", "<wait for=\"1 week\"/>", 5, 12, "for: '1 week' is not a time"},
    {"bad_number", "<send><a-abort source=\"two\"/></send>", 5, 24, "is not a number"},
    {"bad_keyword", "<send><a-associate-rq>\n  <context abstract=\"Verificatoin\"/></a-associate-rq></send>", 6, 22,
     "'Verificatoin' is not a UID or a keyword"},
    {"bad_yes_no", "<close half=\"maybe\"/>", 5, 14, "yes or no"},
    {"bad_hex", "<send><raw hex=\"0g\"/></send>", 5, 17, "hex digits"},
    {"bad_status", "<expect><c-echo-rsp status=\"A7000\"/></expect>", 5, 29, "a status in hex"},
    {"text_not_allowed", "<close>now</close>", 5, 8, "text is not allowed in <close>"},
    {"title_after_steps", "<close/><title>again</title>", 5, 9, "must stand before <close>"},
    {"undefined_variable", "<send><c-echo-rq message-id=\"${mid}\"/></send>", 5, 30, "no variable mid is defined"},
    {"open_variable", "<note>${mid</note>", 5, 7, "needs a name and a '}'"},
    {"unused_variable", "<let name=\"x\" value=\"1\"/><close/>", 5, 12, "the variable x is never used"},
    {"used_before_capture",
     "<send><c-echo-rq message-id=\"${m}\"/></send><expect><c-echo-rsp><capture field=\"message-id\" as=\"m\"/>"
     "</c-echo-rsp></expect>",
     5, 30, "no variable m is defined before this"},
    {"unknown_connection", "<close connection=\"c2\"/>", 5, 20, "there is no connection c2 here; open: c1"},
    {"unreachable", "<close/>\n<expect><closed/></expect>", 6, 1, "connection c1 was closed in line 5"},
    {"unknown_listener", "<accept listener=\"l9\" as=\"c2\"/>", 5, 19, "nothing listens under the name l9"},
    {"open_twice", "<connect as=\"c2\"/><connect as=\"c2\"/>", 5, 32, "a connection named c2 is open already"},
    {"expects_nothing", "<expect/>", 5, 1, "needs at least one alternative"},
    {"open_run", "<expect><optional><c-find-rsp/></optional></expect>", 5, 1, "must be closed by a mandatory one"},
    {"unreachable_alternative", "<expect><any/><a-abort/></expect>", 5, 15, "can never be reached"},
    {"undeclared_observation",
     "<expect><tolerate verdict=\"pass\" note=\"n\" observe=\"x=1\"><any/></tolerate></expect>", 5, 52,
     "no <observe name=\"x\"/>"},
    {"set_without_value", "<send><a-release-rq><set path=\"length\"/></a-release-rq></send>", 5, 21,
     "exactly one of text, hex, number"},
    {"unknown_path", "<send><a-release-rq>\n <erase path=\"called-ae\"/></a-release-rq></send>", 6, 15,
     "no 'called-ae' in the message; there are: pdu-type, reserved, length, reserved-2"},
    {"unknown_path_in_command",
     "<send><c-echo-rq><command-set><erase path=\"PatientID\"/></command-set></c-echo-rq></send>", 5, 44,
     "no '(0010,0020)'"},
    {"unknown_path_in_data_set",
     "<send><c-find-rq><data-set><element tag=\"PatientID\"/><erase "
     "path=\"PatientName\"/></data-set></c-find-rq></send>",
     5, 67, "no '(0010,0010)'"},
    {"unknown_pdu", "<send><c-echo-rq><erase path=\"pdu[9]\"/></c-echo-rq></send>", 5, 31, "no 'pdu[9]'"},
    {"bad_element_value",
     "<send><c-echo-rq><command-set><element tag=\"Priority\">high</element></command-set></c-echo-rq></send>", 5, 55,
     "no value of VR US"},
    {"native_model",
     "<send><c-store-rq><data-set>\n<NativeDicomModel>\n<Study/></NativeDicomModel></data-set></c-store-rq></send>", 7,
     1, "expected DicomAttribute"},
    {"empty_send", "<send/>", 5, 1, "<send> needs a message"},
    {"proposed_without_abstract", "<associate><context id=\"1\"/></associate>", 5, 12, "needs abstract"},
    {"endless_repeat", "<repeat count=\"1000000\"><close/></repeat>", 5, 16, "count goes from 1 to 100000"},
    {"split_beside_faults",
     "<connect as=\"c2\"><faults><drop on=\"any\"/></faults></connect>\n<send connection=\"c2\" split=\"1\"><a-abort/>"
     "</send>",
     6, 30, "split does nothing where the connection has faults: say it there, as <split>"},
    {"include_without_file", "<include href=\"x.xml\"/>", 5, 16, "the file x.xml cannot be read"},
};

INSTANTIATE_TEST_SUITE_P(Loader, Mistakes, testing::ValuesIn(mistakes),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Loader, The_head_must_be_complete) {
  const auto errors = errors_of("<scenario id=\"ps3.8/9/x\" role=\"requestor\">\n<close/></scenario>");
  ASSERT_EQ(errors.size(), 3u);
  for (const auto& error : errors) EXPECT_EQ(error.line, 1);
  EXPECT_THAT(errors[0].message, HasSubstr("needs a <advice>"));
  EXPECT_THAT(errors[1].message, HasSubstr("needs a <clause>"));
  EXPECT_THAT(errors[2].message, HasSubstr("needs a <title>"));
}

TEST(Loader, What_is_no_scenario_is_said_in_one_line) {
  EXPECT_THAT(to_string(errors_of("").at(0)), HasSubstr("f.xml:1:1: this is no XML"));
  EXPECT_THAT(to_string(errors_of("<scenario>\n  <title>x</titel></scenario>").at(0)), HasSubstr("f.xml:2:"));
  EXPECT_THAT(errors_of("<html/>").at(0).message, HasSubstr("the root <html> is none of: <scenario>, <scenarios>"));
  EXPECT_THAT(errors_of("<steps/>").at(0).message, HasSubstr("for <include>"));
}

TEST(Loader, Reports_all_mistakes_at_once_in_document_order) {
  const auto errors = errors_in("<wait for=\"x\"/>\n<wait for=\"y\"/>\n<foo/>");
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].line, 5);
  EXPECT_EQ(errors[1].line, 6);
  EXPECT_EQ(errors[2].line, 7);
}

TEST(Loader, Ids_occur_once) {
  const auto one = head() + "<close/></scenario>";
  const auto errors = errors_of("<scenarios>" + one + "\n" + one + "</scenarios>");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("the id ps3.8/9.3/test stands already in f.xml:1"));
}

TEST(Loader, An_acceptor_says_how_the_device_comes_to_act) {
  EXPECT_THAT(errors_in("<associate/>", R"(role="acceptor")").at(0).message, HasSubstr("needs operate"));
  EXPECT_TRUE(errors_in("<associate/>", R"(role="acceptor" operate="echo")").empty());
  EXPECT_TRUE(errors_in("<listen/><operate action=\"echo\"/><accept/><associate/>", R"(role="acceptor")").empty());
}

TEST(Loader, Includes_bring_their_own_lines) {
  const IncludeResolver include = [](std::string_view href, std::string_view from) -> std::optional<IncludedText> {
    EXPECT_EQ(from, "f.xml");
    if (href == "good.xml") return IncludedText{"dir/good.xml", "<steps><close/></steps>"};
    return IncludedText{"dir/bad.xml", "<steps>\n <close hwo=\"fin\"/></steps>"};
  };
  const auto loaded = load(head() + "<include href=\"good.xml\"/></scenario>", "f.xml", include);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->front().steps.front().name, "close");
  const auto errors = errors_of(head() + "<include href=\"bad.xml\"/></scenario>", include);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(to_string(errors[0]), HasSubstr("dir/bad.xml:2:9: "));
}

TEST(Loader, A_file_that_includes_itself_ends) {
  const IncludeResolver include = [](std::string_view, std::string_view) {
    return IncludedText{"self.xml", "<steps><include href=\"self.xml\"/><include href=\"self.xml\"/></steps>"};
  };
  const auto errors = errors_of(head() + "<include href=\"self.xml\"/></scenario>", include);
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors.front().message, HasSubstr("nested deeper than"));
}

TEST(Parameters, Rows_name_the_same_parameters) {
  const auto errors =
      errors_in("<send><a-abort source=\"${s}\"/></send>", R"(role="requestor")",
                "<parameters><row name=\"a\" s=\"1\"/>\n<row name=\"b\"/>\n<row name=\"a\" s=\"2\"/></parameters>");
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_THAT(errors[0].message, HasSubstr("this row has no s"));
  EXPECT_EQ(errors[0].line, 6);
  EXPECT_THAT(errors[1].message, HasSubstr("a row named a stands above"));
}

TEST(Parameters, A_value_that_does_not_fit_is_reported_with_its_row) {
  const auto errors = errors_in("<send><a-abort source=\"${s}\"/></send>", R"(role="requestor")",
                                "<parameters><row name=\"a\" s=\"1\"/><row name=\"b\" s=\"x\"/></parameters>");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("(row b)"));
}

TEST(Parameters, Combinations_full_and_pairwise) {
  const auto count = [](std::string_view combine) {
    const auto all =
        cases("<note>${a}${b}${c}</note><close/>", R"(role="requestor")",
              "<parameters combine=\"" + std::string(combine) +
                  "\"><parameter name=\"a\" values=\"1 2 3\"/><parameter name=\"b\" values=\"x y z\"/>"
                  "<parameter name=\"c\"><value name=\"blank\"> </value><value>w</value></parameter></parameters>");
    std::set<std::string> ids;
    std::set<std::pair<std::string, std::string>> pairs;
    for (const auto& one : all) {
      ids.insert(one.id());
      const auto& p = one.parameters();
      pairs.emplace("ab" + p[0].second, p[1].second);
      pairs.emplace("ac" + p[0].second, p[2].second);
      pairs.emplace("bc" + p[1].second, p[2].second);
    }
    EXPECT_EQ(ids.size(), all.size());
    EXPECT_EQ(pairs.size(), 9u + 6u + 6u);  // every pair is there
    return all.size();
  };
  EXPECT_EQ(count("full"), 18u);
  EXPECT_LE(count("pairwise"), 11u);
  EXPECT_GE(count("pairwise"), 9u);
}

TEST(Xsd, The_committed_schema_is_the_generated_one) {
  const auto path = std::filesystem::path(ASSAY_SOURCE_DIR) / "scenarios" / "scenario.xsd";
  if (std::getenv("ASSAY_WRITE_XSD") != nullptr) std::ofstream(path, std::ios::binary) << scenario_xsd();
  EXPECT_TRUE(read(path) == scenario_xsd()) << "run this test once with ASSAY_WRITE_XSD=1 in the environment";
}

TEST(Xsd, Every_type_that_an_element_names_exists_and_is_used) {
  const auto& grammar = language();
  std::set<std::string> used;
  for (const auto& root : grammar.roots) used.insert(root.type);
  for (const auto& [name, type] : grammar.types) {
    EXPECT_FALSE(type.doc.empty()) << name;
    for (const auto& child : type.children) {
      EXPECT_NE(grammar.find(child.type), nullptr) << name << "/" << child.element;
      used.insert(child.type);
    }
  }
  for (const auto& [name, type] : grammar.types) EXPECT_TRUE(used.contains(name)) << name;
}

TEST(Catalogue, Every_shipped_scenario_loads) {
  const std::filesystem::path root = std::filesystem::path(ASSAY_SOURCE_DIR) / "scenarios";
  const IncludeResolver include = [](std::string_view href, std::string_view from) -> std::optional<IncludedText> {
    const auto path = std::filesystem::path(from).parent_path() / href;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return IncludedText{path.string(), read(path)};
  };
  std::vector<Scenario> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".xml") continue;
    const auto text = read(entry.path());
    if (text.find("<steps") != std::string::npos && text.find("<scenario") == std::string::npos) continue;
    auto loaded = load(text, entry.path().string(), include);
    if (!loaded) {
      for (const auto& error : loaded.error()) ADD_FAILURE() << to_string(error);
      continue;
    }
    for (auto& scenario : *loaded) all.push_back(std::move(scenario));
  }
  for (const auto& error : duplicate_ids(all)) ADD_FAILURE() << to_string(error);
}

}  // namespace
}  // namespace assay::scenario::test
