// The catalogue of rules: every id that a decoder or the observer can report is described, every description belongs to
// something that exists, and every text is one an integrator can use.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "conversation.hpp"
#include "harness/version.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

const fs::path root = ASSAY_SOURCE_DIR;

std::string sources_of(const std::string& folder) {
  std::ostringstream all;
  for (const auto& entry : fs::directory_iterator(root / folder)) {
    if (entry.path().extension() == ".cpp") all << std::ifstream(entry.path()).rdbuf();
  }
  return all.str();
}

/// The slugs of all decoders: second argument of the reporting calls, or the end of a literal id.
std::set<std::string> slugs_in_sources() {
  std::set<std::string> slugs;
  const auto collect = [&](const std::string& text, const std::regex& pattern) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) slugs.insert((*it)[1]);
  };
  const auto pdu = sources_of("harness/pdu");
  collect(
      pdu,
      std::regex(
          R"re((?:deviation|note|error)\([A-Za-z_:."0-9 ]+,\s*(?:leaf|std::string\([^"]*\) \+\s*)?"([a-z0-9-]+)")re"));
  const auto dimse = sources_of("harness/dimse");
  collect(dimse, std::regex(R"re(encoding_problem\("([a-z-]+)")re"));
  collect(dimse, std::regex(R"re(command_problem\(\*?info, "([a-z-]+)")re"));
  collect(dimse, std::regex(R"re(problem\(value, "([a-z-]+)")re"));
  collect(dimse, std::regex(R"re("ps3\.[0-9]/[^"/ ]+/([a-z-]+)")re"));
  collect(sources_of("harness/dataset"), std::regex(R"re("ps3\.[56]/[^"/ ]+/([a-z-]+)")re"));
  return slugs;
}

std::string slug_of(std::string_view id) { return std::string(id.substr(id.rfind('/') + 1)); }

TEST(RuleCatalogue, Describes_every_slug_that_a_decoder_reports) {
  std::set<std::string> described;
  for (const auto& info : conformance::standard_rules()->infos()) described.insert(slug_of(info.id));
  const auto slugs = slugs_in_sources();
  EXPECT_GE(slugs.size(), 70U);
  for (const auto& slug : slugs) {
    // "-count", "-missing", "-character", "-blank" follow a name that the code puts together.
    const bool described_as_end =
        slug.starts_with('-') &&
        std::any_of(described.begin(), described.end(), [&](const std::string& one) { return one.ends_with(slug); });
    EXPECT_TRUE(described.contains(slug) || described_as_end) << slug << " is reported and not described";
  }
}

TEST(RuleCatalogue, Describes_no_slug_that_no_decoder_reports) {
  const auto slugs = slugs_in_sources();
  std::ifstream lines(root / "conformance/rules/decoder_rules.inc");
  const std::regex pattern(R"re(^ASSAY_DECODED\("([a-z-]+)")re");
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, pattern)) continue;
    ++count;
    const std::string slug = match[1];
    // Slugs put together from a field's or item's name, or passed through a helper that takes the slug as its leaf.
    const bool put_together = std::any_of(slugs.begin(), slugs.end(), [&](const std::string& one) {
      return one.starts_with('-') && slug.ends_with(one);
    });
    const bool is_leaf = slug == "scu-role" || slug == "scp-role";
    EXPECT_TRUE(slugs.contains(slug) || put_together || is_leaf) << slug << " is described and not reported";
  }
  EXPECT_GE(count, 80U);
}

/// Whole ids as they stand in the sources of the data layer, or in the tables of rules about objects.
std::set<std::string> ids_in(const std::string& folder, bool tables) {
  static const std::regex pattern(R"re("((?:ps3\.[0-9]+/[A-Z0-9.]+|limits)/[a-z0-9-]+)")re");
  std::set<std::string> ids;
  for (const auto& entry : fs::directory_iterator(root / folder)) {
    const bool table = entry.path().filename().string().ends_with("_rules.inc");
    if (tables ? !table : entry.path().extension() != ".cpp") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto all = text.str();
    for (std::sregex_iterator it(all.begin(), all.end(), pattern), end; it != end; ++it) ids.insert((*it)[1]);
  }
  return ids;
}

TEST(RuleCatalogue, Describes_every_rule_about_objects_and_no_other) {
  auto reported = ids_in("harness/dataset", false);
  reported.merge(ids_in("conformance/iod", false));
  reported.merge(ids_in("conformance/deidentification", false));
  reported.merge(ids_in("conformance", false));
  for (const auto& id : reported) EXPECT_NE(conformance::standard_rules()->find(id), nullptr) << id;
  for (const auto& id : ids_in("conformance/rules", true))
    EXPECT_TRUE(reported.contains(id)) << id << " is described and not reported";
}

TEST(RuleCatalogue, Describes_what_the_observer_finds_itself) {
  for (const auto id : observe::rule_ids()) EXPECT_NE(conformance::standard_rules()->find(id), nullptr) << id;
}

TEST(RuleCatalogue, Has_every_id_that_any_mutated_PDU_or_command_brings_out) {
  std::mt19937 random(4711);
  const std::vector<Bytes> seeds{pdu::encode(pdu::Pdu(associate_rq())),      pdu::encode(pdu::Pdu(associate_ac())),
                                 pdu::encode(pdu::Pdu(pdu::AAssociateRj{})), pdu::encode(pdu::Pdu(pdu::AAbort{})),
                                 pdu::encode(pdu::Pdu(pdu::AReleaseRq{})),   packed(message(1, dimse::c_echo_rq(1)))};
  const auto book = conformance::standard_rules();
  std::set<std::string> unknown;
  std::set<std::string> seen;
  const auto take = [&](const Problems& problems) {
    for (const auto& problem : problems) {
      seen.insert(problem.rule);
      const auto* info = book->find(problem.rule);
      if (info == nullptr || info->clause != problem.clause) unknown.insert(problem.rule + " [" + problem.clause + "]");
    }
  };
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = seeds[random() % seeds.size()];
    for (unsigned i = 0; i <= random() % 3; ++i) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    take(pdu::decode(bytes).problems);
    if (bytes.size() > 12 && bytes[0] == 4) take(dimse::decode_command(ByteView(bytes).subspan(12)).problems);
  }
  EXPECT_TRUE(unknown.empty()) << testing::PrintToString(unknown);
  EXPECT_GE(seen.size(), 60U);
}

TEST(RuleCatalogue, Has_texts_that_can_be_read) {
  const auto& infos = conformance::standard_rules()->infos();
  EXPECT_GE(infos.size(), 40U);
  for (const auto& info : infos) {
    EXPECT_TRUE(std::regex_match(std::string(info.id), std::regex(R"re((ps3\.[0-9]+/[A-Z0-9.]+|limits)/[a-z0-9-]+)re")))
        << info.id;
    EXPECT_TRUE(info.clause.starts_with("PS3.")) << info.id;
    EXPECT_TRUE(info.title.ends_with('.')) << info.id;
    EXPECT_TRUE(info.advice.ends_with('.')) << info.id;
    EXPECT_GE(info.advice.size(), 20U) << info.id;
  }
}

TEST(RuleCatalogue, Has_no_rule_twice_among_the_running_ones) {
  std::set<std::string_view> ids;
  for (const auto& rule : conformance::standard_rules()->rules()) {
    EXPECT_FALSE(rule.infos.empty());
    for (const auto& info : rule.infos) EXPECT_TRUE(ids.insert(info.id).second) << info.id;
  }
  EXPECT_GE(ids.size(), 40U);
}

}  // namespace
}  // namespace assay::test
