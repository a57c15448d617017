// harness/scenario/fault_file.hpp: files of faults and their mistakes; scenarios whose own side misbehaves.
#include "harness/scenario/fault_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "harness/version.hpp"
#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

using testing::HasSubstr;
using trace::Verdict;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

faults::Fault only(std::string_view inside) {
  const auto loaded = load_faults("<faults>" + std::string(inside) + "</faults>", "f.xml");
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error().front());
    return {};
  }
  EXPECT_EQ(loaded->faults.size(), 1U);
  return loaded->faults.front();
}

TEST(FaultFile, Every_attribute_reaches_the_fault) {
  const auto abort =
      only(R"(<abort at="data-sent" source="2" reason="6" nth="1|3..4" connection="2" probability="12.5%"/>)");
  EXPECT_EQ(abort.kind, faults::Kind::abort);
  EXPECT_EQ(faults::describe(abort),
            "abort with source 2 reason 6 at data-sent number 1|3..4, connections 2, probability 0.125");
  const auto split = only(R"(<split on="p-data-tf" sizes="1,5" pause="10ms"/>)");
  EXPECT_EQ(split.pieces, (std::vector<std::size_t>{1, 5}));
  EXPECT_EQ(split.pause, std::chrono::milliseconds(10));
  const auto corrupt = only(R"(<corrupt byte="5" xor="0f f0"/>)");
  EXPECT_EQ(corrupt.byte, 5U);
  EXPECT_EQ(corrupt.bytes, (Bytes{0x0f, 0xf0}));
  const auto context = only(R"(<answer-context context="Verification" transfer="JPEG2000" result="0" as-id="7"/>)");
  EXPECT_EQ(context.context, uids::Verification);
  EXPECT_EQ(context.transfer, "1.2.840.10008.1.2.4.91");
  EXPECT_EQ(context.other_id, 7);
  const auto freeze = only(R"(<freeze at="associated" what="writing" for="2s"/>)");
  EXPECT_FALSE(freeze.stop_reading);
  EXPECT_EQ(freeze.time, std::chrono::seconds(2));
  const auto lie = only(R"(<lie on="p-data-tf" path="pdv[1]/length" to="0"/>)");
  EXPECT_EQ(lie.lies.at(0).number, 0);
  const auto answer = only(R"x(<answer on="c-find-rsp" status="A700" comment="no room" data-set="no">)x"
                           R"x(<element tag="PatientName">Roe</element><remove tag="(0010,0020)"/></answer>)x");
  EXPECT_EQ(answer.status, 0xa700);
  EXPECT_TRUE(answer.without_data_set);
  ASSERT_EQ(answer.edits.size(), 3U);
  EXPECT_EQ(answer.edits[0].path.steps.front().tag, tags::ErrorComment);
  EXPECT_EQ(answer.edits[1].text, "Roe");
  EXPECT_EQ(answer.edits[2].kind, dataset::EditKind::erase);
  EXPECT_EQ(faults::describe(answer),
            "change C-FIND-RSP, status A700H, without its Data Set, (0000,0902), (0010,0010), (0010,0020)");
  EXPECT_TRUE(only(R"(<answer missing="yes"/>)").missing);
  EXPECT_EQ(only(R"(<cut after="0" how="silence"/>)").ending, faults::Ending::silence);
  EXPECT_EQ(only(R"(<refuse result="2" source="3" reason="2"/>)").reason, 2);
}

struct Mistake {
  std::string name;
  std::string text;
  int line;
  int column;
  std::string message;
};

class FaultMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(FaultMistakes, Is_told_with_its_place) {
  const auto& m = GetParam();
  const auto loaded = load_faults(m.text, "f.xml");
  ASSERT_FALSE(loaded);
  const auto& error = loaded.error().front();
  EXPECT_EQ(error.file, "f.xml");
  EXPECT_EQ(error.line, m.line) << to_string(error);
  EXPECT_EQ(error.column, m.column) << to_string(error);
  EXPECT_THAT(error.message, HasSubstr(m.message));
}

INSTANTIATE_TEST_SUITE_P(
    All, FaultMistakes,
    testing::Values(
        Mistake{"no_xml", "<faults", 1, 7, "this is no XML"}, Mistake{"another_root", "<scenario/>", 1, 1, "<faults>"},
        Mistake{"nothing_inside", "<faults/>", 1, 1, "without any fault"},
        Mistake{"unknown_fault", "<faults>\n <explode/></faults>", 2, 2, "limit-rate"},
        Mistake{"unknown_attribute", "<faults><drop time=\"1s\"/></faults>", 1, 15, "no attribute time"},
        Mistake{"unknown_pdu", "<faults>\n<drop on=\"a-assoc\"/></faults>", 2, 11, "a-associate-ac"},
        Mistake{"unknown_phase", "<faults><close at=\"never\"/></faults>", 1, 20, "message-received"},
        Mistake{"no_phase", "<faults><close/></faults>", 1, 9, "needs the attribute at"},
        Mistake{"bad_time", "<faults><delay time=\"long\"/></faults>", 1, 22, "time"},
        Mistake{"named_wait", "<faults><delay time=\"artim\"/></faults>", 1, 22, "is no time here"},
        Mistake{"number_from_one", "<faults><drop nth=\"0\"/></faults>", 1, 20, "from 1 on"},
        Mistake{"range_backwards", "<faults><drop nth=\"4..2\"/></faults>", 1, 20, "from 1 on"},
        Mistake{"bad_probability", "<faults><drop probability=\"2\"/></faults>", 1, 28, "0.25 or 25%"},
        Mistake{"both_forms", "<faults><corrupt byte=\"1\" xor=\"ff\" set=\"00\"/></faults>", 1, 9, "takes either"},
        Mistake{"neither_form", "<faults><corrupt on=\"any\"/></faults>", 1, 9, "takes either"},
        Mistake{"no_such_field", "<faults><corrupt on=\"a-abort\"><set path=\"title\" text=\"x\"/></corrupt></faults>",
                1, 42, "A-ABORT has no 'title'"},
        Mistake{"field_of_any", "<faults><corrupt><set path=\"length\" number=\"1\"/></corrupt></faults>", 1, 9,
                "in which PDU"},
        Mistake{"set_twice",
                "<faults><corrupt on=\"a-abort\"><set path=\"reason\" text=\"x\" number=\"1\"/></corrupt></faults>", 1,
                31, "exactly one"},
        Mistake{"answer_without_answer", "<faults><answer on=\"message\"/></faults>", 1, 9, "needs status"},
        Mistake{"answer_of_no_message", "<faults><answer on=\"a-abort\" status=\"A700\"/></faults>", 1, 21,
                "is no message"},
        Mistake{"answer_bad_status", "<faults><answer status=\"A7000\"/></faults>", 1, 25, "status"},
        Mistake{"answer_bad_tag", "<faults><answer><remove tag=\"PatientNam\"/></answer></faults>", 1, 30,
                "PatientName"},
        Mistake{"lie_about_no_length", "<faults><lie path=\"result\" by=\"1\"/></faults>", 1, 20, "is no length"},
        Mistake{"lie_without_lie", "<faults><lie/></faults>", 1, 9, "takes one of"},
        Mistake{"result_too_large", "<faults><refuse result=\"256\"/></faults>", 1, 25, "from 0 to 255"},
        Mistake{"context_right", "<faults><answer-context context=\"1\"/></faults>", 1, 9, "needs result"},
        Mistake{"rate_zero", "<faults><limit-rate bytes-per-second=\"0\"/></faults>", 1, 39, "from 1"},
        Mistake{"freeze_what", "<faults><freeze at=\"connected\" what=\"all\"/></faults>", 1, 38, "both"},
        Mistake{"cut_how", "<faults><cut after=\"1\" how=\"bang\"/></faults>", 1, 29, "silence"},
        Mistake{"variable", "<faults><cut after=\"${n}\"/></faults>", 1, 21, "no variables"}),
    [](const auto& chosen) { return chosen.param.name; });

TEST(FaultFile, Every_example_loads_and_there_is_one_of_each_kind) {
  const auto folder = std::filesystem::path(ASSAY_SOURCE_DIR) / "peers" / "faults" / "examples";
  std::set<std::string_view> kinds;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto loaded = load_faults(read(entry.path()), entry.path().filename().string());
    if (!loaded) {
      ADD_FAILURE() << to_string(loaded.error().front());
      continue;
    }
    for (const auto& fault : loaded->faults) kinds.insert(faults::name(fault.kind));
  }
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(faults::Kind::cut) + 1);
}

TEST(FaultFile, The_committed_schema_is_the_generated_one) {
  const auto path = std::filesystem::path(ASSAY_SOURCE_DIR) / "peers" / "faults" / "faults.xsd";
  if (std::getenv("ASSAY_WRITE_XSD") != nullptr) std::ofstream(path, std::ios::binary) << faults_xsd();
  EXPECT_TRUE(read(path) == faults_xsd()) << "run this test once with ASSAY_WRITE_XSD=1 in the environment";
}

// --- scenarios ------------------------------------------------------------------------------------------------------

trace::CaseResult play(const std::string& steps) {
  service::MemoryStore store;
  MemoryHost host([&] { return std::make_unique<Archive>(store); });
  const auto all = cases(steps);
  if (all.empty()) {
    ADD_FAILURE() << "the scenario does not load";
    return {};
  }
  Interpreter interpreter(all.front(), environment());
  return host.run(interpreter);
}

constexpr std::string_view associate = R"(<associate><context abstract="Verification"/></associate>)";

TEST(FaultFile, A_scenario_misbehaves_as_said_and_its_own_side_is_not_blamed) {
  const auto result = play(R"(<connect><faults><duplicate on="a-associate-rq"/></faults></connect>
    <send><a-associate-rq><context abstract="Verification"/></a-associate-rq></send>
    <expect judge="yes"><a-abort source="2"/></expect>)");
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  ASSERT_EQ(result.traces.size(), 1U);
  bool provoked = false;
  for (const auto& finding : result.traces[0].findings)
    provoked = provoked || (finding.side == trace::Side::requestor && finding.provoked);
  EXPECT_TRUE(result.traces[0].findings.empty() || provoked);
}

TEST(FaultFile, A_delay_in_a_scenario_is_waited_for) {
  const auto result = play(R"(<connect><faults><delay on="c-echo-rq" time="2s"/></faults></connect>)" +
                           std::string(associate) + R"(<send><c-echo-rq/></send>
    <expect within="1s"><silence for="500ms"/></expect>
    <expect judge="yes" within="5s"><c-echo-rsp status="0000"/></expect><release/>)");
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
}

TEST(FaultFile, A_fault_that_closes_ends_the_connection_of_the_scenario) {
  const auto result = play(R"(<connect><faults><close at="associated" how="rst"/></faults></connect>)" +
                           std::string(associate) + "<check-health/>");
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  ASSERT_FALSE(result.traces.empty());
}

TEST(FaultFile, A_wrong_fault_in_a_scenario_is_told_before_anything_is_sent) {
  const auto errors = [](std::string_view steps, const IncludeResolver& include = {}) {
    const auto loaded = load(R"(<scenario id="ps3.8/9.3.4/x" role="requestor"><title>t</title>
      <clause part="PS3.8" section="9.3.4" level="shall">d</clause><advice>a</advice>
)" + std::string(steps) + "<send><a-release-rq/></send><expect><any/></expect></scenario>",
                             "f.xml", include);
    return loaded ? std::string() : to_string(loaded.error().front());
  };
  EXPECT_THAT(errors(R"(<connect><faults><drop on="x"/></faults></connect>)"), HasSubstr("f.xml:3:28: 'x' is nothing"));
  EXPECT_EQ(errors(R"(<connect><faults><delay time="artim"/></faults></connect>)"), "")
      << "waits of the run have names";
  EXPECT_THAT(errors(R"(<connect faults="no.xml"/>)"), HasSubstr("f.xml:3:18: the file no.xml cannot be read"));
  const IncludeResolver include = [](std::string_view href, std::string_view) {
    return IncludedText{std::string(href),
                        href == "good.xml" ? "<faults><drop/></faults>" : "<faults><drip/></faults>"};
  };
  EXPECT_EQ(errors(R"(<connect faults="good.xml"/>)", include), "");
  EXPECT_THAT(errors(R"(<connect faults="bad.xml"/>)", include), HasSubstr("bad.xml:1:9: <drip> is not allowed"));
  EXPECT_THAT(errors(R"(<connect faults="good.xml"><faults><drop/></faults></connect>)", include),
              HasSubstr("not in both"));
}

}  // namespace
}  // namespace assay::scenario::test
