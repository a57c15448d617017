// conformance/iod/extension.hpp: what a user's table adds is judged by the rules of the built-in rows, and every
// mistake in it has its line and column.
#include "conformance/iod/extension.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "conformance/iod/validate.hpp"

namespace assay::conformance::iod {
namespace {

using dataset::DataSet;

constexpr Tag creator{0x0029, 0x0010};
constexpr Tag own{0x0029, 0x1010};

DataSet object(std::string_view sop_class = uids::CTImageStorage) {
  DataSet data;
  data.set_text(tags::SOPClassUID, sop_class);
  data.set_text(tags::Modality, "CT");
  return data;
}

/// "rule path" of what the extension's lines say.
std::set<std::string> told(std::string_view table, const DataSet& data) {
  const auto extension = Extension::parse(table);
  std::set<std::string> found;
  if (!extension) {
    ADD_FAILURE() << table << ": " << extension.error().front().message;
    return found;
  }
  const auto judgement = check_iod(data, {.extension = &*extension});
  for (const auto& problem : judgement.problems)
    if (problem.expected.find("of the extension") != std::string::npos)
      found.insert(problem.rule + ' ' + problem.field);
  return found;
}

using Told = std::set<std::string>;

TEST(IodExtension, A_private_attribute_is_judged_as_its_type_says) {
  constexpr std::string_view one = "CT Image\t(0029,xx10,\"ACME\")\t1\n";
  constexpr std::string_view two = "CT Image\t(0029,xx10,ACME)\t2\n";
  constexpr std::string_view three = "CT Image\t(0029,xx10,\"ACME\")\t3\n";
  auto data = object();
  EXPECT_EQ(told(one, data), Told{"ps3.5/7.4.1/type-1-missing (0029,1010)"});
  EXPECT_EQ(told(two, data), Told{"ps3.5/7.4.3/type-2-missing (0029,1010)"});
  EXPECT_EQ(told(three, data), Told());
  data.set_bytes(creator, Vr::LO, as_bytes("ACME"));
  data.set_bytes(own, Vr::LO, {});
  EXPECT_EQ(told(one, data), Told{"ps3.5/7.4.1/type-1-empty (0029,1010)"});
  EXPECT_EQ(told(two, data), Told());
  data.set_bytes(own, Vr::LO, as_bytes("LOW "));
  EXPECT_EQ(told(one, data), Told());
}

TEST(IodExtension, A_private_attribute_is_found_in_the_block_of_its_creator) {
  constexpr std::string_view one = "*\t(0029,xx10,\"ACME\")\t1\n";
  auto data = object();
  data.set_bytes(creator, Vr::LO, as_bytes("OTHER "));
  data.set_bytes(own, Vr::LO, as_bytes("X "));
  EXPECT_EQ(told(one, data), Told{"ps3.5/7.4.1/type-1-missing (0029,1110)"}) << "the block of another is not ours";
  data.set_bytes({0x0029, 0x0020}, Vr::LO, as_bytes("ACME"));
  EXPECT_EQ(told(one, data), Told{"ps3.5/7.4.1/type-1-missing (0029,2010)"});
  data.set_bytes({0x0029, 0x0030}, Vr::LO, as_bytes("ACME"));
  data.set_bytes({0x0029, 0x3010}, Vr::LO, as_bytes("X "));
  EXPECT_EQ(told(one, data), Told()) << "a creator may have two blocks";
}

TEST(IodExtension, Conditions_demand_and_forbid_as_in_the_tables) {
  constexpr std::string_view table = "*\t(0029,xx10,\"ACME\")\t1C\tModality == 'CT'\n";
  constexpr std::string_view lax = "*\t(0029,xx10,\"ACME\")\t2C\tModality == 'CT'\t\t\totherwise\n";
  auto data = object();
  EXPECT_EQ(told(table, data), Told{"ps3.5/7.4.2/type-1c-missing (0029,1010)"});
  EXPECT_EQ(told(lax, data), Told{"ps3.5/7.4.4/type-2c-missing (0029,1010)"});
  data.set_bytes(creator, Vr::LO, as_bytes("ACME"));
  data.set_bytes(own, Vr::LO, as_bytes("X "));
  EXPECT_EQ(told(table, data), Told());
  data.set_text(tags::Modality, "OT");
  EXPECT_EQ(told(table, data), Told{"ps3.5/7.4.2/type-1c-unwanted (0029,1010)"});
  EXPECT_EQ(told(lax, data), Told());
  data.erase(own);
  EXPECT_EQ(told(table, data), Told());
}

TEST(IodExtension, Values_are_compared_as_their_vr_says) {
  constexpr std::string_view table = "*\t(0029,xx10,\"ACME\")\t3\t\t007\\-1\\2.50\\LOW\t1-2\n";
  const auto of = [&](Vr vr, std::string_view bytes) {
    auto data = object();
    data.set_bytes(creator, Vr::LO, as_bytes("ACME"));
    data.set_bytes(own, vr, as_bytes(bytes));
    return told(table, data);
  };
  const Told wrong{"ps3.5/6.3/enumerated-value (0029,1010)"};
  EXPECT_EQ(of(Vr::LO, "007 "), Told());
  EXPECT_EQ(of(Vr::LO, "LOW "), Told());
  EXPECT_EQ(of(Vr::LO, "7 "), wrong);
  EXPECT_EQ(of(Vr::LO, "LOW\\HIGH"), wrong);
  EXPECT_EQ(of(Vr::IS, "7 "), Told());
  EXPECT_EQ(of(Vr::IS, "8 "), wrong);
  EXPECT_EQ(of(Vr::DS, "2.5\\-1.0"), Told());
  EXPECT_EQ(of(Vr::US, std::string_view("\x07\0", 2)), Told());
  EXPECT_EQ(of(Vr::US, std::string_view("\x08\0", 2)), wrong);
  EXPECT_EQ(of(Vr::SS, "\xff\xff"), Told());
  EXPECT_EQ(of(Vr::SS, "\xfe\xff"), wrong);
  EXPECT_EQ(of(Vr::LO, "LOW\\LOW\\LOW "), Told{"ps3.5/6.4/module-vm (0029,1010)"});
  EXPECT_EQ(of(Vr::UN, "HIGH"), Told()) << "nobody knows what stands in it";
}

TEST(IodExtension, A_standard_attribute_that_is_added_is_no_longer_noted_and_is_judged) {
  constexpr std::string_view table = "CTImageStorage\tDiffusionDirectionality\t3\t\tNONE\n";
  auto data = object();
  data.set_text(tags::DiffusionDirectionality, "NONE");
  const auto noted = [&](const Extension* extension) {
    const auto judgement = check_iod(data, {.extension = extension});
    return std::ranges::count_if(judgement.problems, [](const Problem& problem) {
      return problem.rule == "ps3.2/7.3/not-in-iod" && problem.field == to_string(tags::DiffusionDirectionality);
    });
  };
  const auto extension = Extension::parse(table);
  ASSERT_TRUE(extension);
  EXPECT_EQ(noted(nullptr), 1);
  EXPECT_EQ(noted(&*extension), 0);
  EXPECT_EQ(told(table, data), Told());
  data.set_text(tags::DiffusionDirectionality, "ISOTROPIC");
  EXPECT_EQ(told(table, data), Told{"ps3.5/6.3/enumerated-value (0018,9075)"});
}

TEST(IodExtension, It_is_judged_only_where_it_was_added) {
  const Told missing{"ps3.5/7.4.1/type-1-missing (0010,4000)"};
  const auto ct = object();
  const auto mr = object(uids::MRImageStorage);
  for (const auto* word : {"CT Image", "CTImage", "CTImageStorage", "1.2.840.10008.5.1.4.1.1.2", "module:CT Image"}) {
    const auto table = std::string(word) + "\tPatientComments\t1\n";
    EXPECT_EQ(told(table, ct), missing) << word;
    EXPECT_EQ(told(table, mr), Told()) << word;
  }
  for (const auto* word : {"*", "module:Patient"}) {
    const auto table = std::string(word) + "\tPatientComments\t1\n";
    EXPECT_EQ(told(table, ct), missing) << word;
    EXPECT_EQ(told(table, mr), missing) << word;
  }
  // A module of usage U asks for nothing while it is not there.
  constexpr std::string_view trial = "module:Clinical Trial Subject\tPatientComments\t1\n";
  auto data = object();
  EXPECT_EQ(told(trial, data), Told());
  data.set_text(tags::ClinicalTrialSponsorName, "S");
  EXPECT_EQ(told(trial, data), missing);
}

TEST(IodExtension, Every_mistake_has_its_line_and_column) {
  struct Mistake {
    std::string_view text;
    std::size_t line;
    std::size_t column;
    std::string_view part;
  };
  const Mistake mistakes[] = {
      {"", 1, 1, "no line adds"},
      {"# nothing\niod\ttag\ttype\n", 2, 1, "no line adds"},
      {"CT Image\tPatientComments\n", 1, 1, "2 cells"},
      {"*\tPatientComments\t3\t\t\t\t\t\n", 1, 1, "8 cells"},
      {"\n  CT Imige\tPatientComments\t1\n", 2, 3, "no IOD of"},
      {"\tPatientComments\t1\n", 1, 1, "no IOD of"},
      {"Verification\tPatientComments\t1\n", 1, 1, "no table for Verification"},
      {"module:Nothing\tPatientComments\t1\n", 1, 1, "no module 'Nothing'"},
      {"module:Code Sequence Macro\tPatientComments\t1\n", 1, 1, "is a macro"},
      {"*\tPatientComment\t1\n", 1, 3, "did you mean PatientComments?"},
      {"*\t(0010,40)\t1\n", 1, 3, "no tag"},
      {"*\t(0009,1010)\t1\n", 1, 3, "(0009,xx10,\"CREATOR\")"},
      {"*\t(0008,7777)\t1\n", 1, 3, "no attribute of PS3.6"},
      {"*\tTransferSyntaxUID\t1\n", 1, 3, "no attribute of a Data Set"},
      {"*\t(0028,xx10,\"A\")\t1\n", 1, 3, "no private group"},
      {"*\t(0029,xx10)\t1\n", 1, 3, "is not like"},
      {"*\t(0029,xxG0,\"A\")\t1\n", 1, 3, "is not like"},
      {"*\t(0029,xx10,\"\")\t1\n", 1, 3, "1 to 64 characters"},
      {"*\tPatientComments\t4\n", 1, 19, "'4' is no type"},
      {"*\tPatientComments\t1C\n", 1, 19, "needs a condition"},
      {"*\tPatientComments\t2C\t  \n", 1, 19, "needs a condition"},
      {"*\tPatientComments\t1\ttrue\n", 1, 21, "has no condition"},
      {"*\tPatientComments\t1C\tModality = 'CT'\n", 1, 31, "one of == !="},
      {"*\tPatientComments\t3\t\tA\t0\n", 1, 24, "no number of values"},
      {"*\tPatientComments\t3\t\t\t3-2\n", 1, 23, "no number of values"},
      {"*\tPatientComments\t3\t\t\t\totherwise\n", 1, 24, "behind a condition"},
      {"*\tPatientComments\t1\n*\t(0010,4000)\t3\n", 2, 3, "line 1 already"},
      {"*\t(0029,xx10,\"A\")\t1\n*\t(0029,xx10,A)\t3\n", 2, 3, "line 1 already"},
  };
  for (const auto& mistake : mistakes) {
    const auto parsed = Extension::parse(mistake.text);
    ASSERT_FALSE(parsed) << mistake.text;
    ASSERT_EQ(parsed.error().size(), 1U) << mistake.text << parsed.error()[1].message;
    const auto& fault = parsed.error().front();
    EXPECT_EQ(fault.line, mistake.line) << mistake.text << fault.message;
    EXPECT_EQ(fault.column, mistake.column) << mistake.text << fault.message;
    EXPECT_NE(fault.message.find(mistake.part), std::string::npos) << mistake.text << fault.message;
  }
  EXPECT_TRUE(
      Extension::parse("*\tPatientComments\t1\nCT Image\tPatientComments\t3\n*\t(0029,xx10,\"A\")\t1\n"
                       "*\t(0029,xx10,\"B\")\t1\r\n"));
}

TEST(IodExtension, Size_lines_and_faults_are_limited) {
  EXPECT_FALSE(Extension::parse(std::string(Extension::max_size + 1, '#')));
  std::string many;
  for (std::size_t i = 0; i < 300; ++i) many += "?\t?\t?\n";
  const auto wrong = Extension::parse(many);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().size(), Extension::max_faults);
  const auto table = [](std::size_t rows) {
    std::string text;
    for (std::size_t i = 0; i < rows; ++i) text += "*\t(0029,xx10,\"" + std::to_string(i) + "\")\t3\n";
    return text;
  };
  EXPECT_TRUE(Extension::parse(table(Extension::max_rows)));
  const auto long_one = Extension::parse(table(Extension::max_rows + 1));
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().front().line, Extension::max_rows + 1);
}

}  // namespace
}  // namespace assay::conformance::iod
