#include "fuzz/campaign/campaign_file.hpp"

#include <gmock/gmock.h>

#include <random>

namespace assay::fuzz {
namespace {

using testing::HasSubstr;

constexpr std::string_view sound = R"(<campaign time="8h">
  <title>Nightly</title>
  <limits timeout="5s" memory-mb="1024"/>
  <targets match="fuzz_dataset_*" share="2" max-len="8192"><option>-use_counters=0</option></targets>
  <target program="build/my_parser" share="0.5" dictionary="my.dict">
    <seeds folder="seeds"/>
    <corpus folder="/data/old"/>
  </target>
</campaign>
)";

/// The mistakes of a text, a line each.
std::string mistakes(std::string_view xml) {
  const auto campaign = load_campaign(xml, "c.xml", "in");
  std::string out;
  if (!campaign) {
    for (const auto& error : campaign.error()) out += scenario::to_string(error) + "\n";
  }
  return out;
}

TEST(CampaignFile, SaysWhatIsFuzzed) {
  const auto campaign = load_campaign(sound, "in/c.xml", "in");
  ASSERT_TRUE(campaign) << mistakes(sound);
  EXPECT_EQ(campaign->title, "Nightly");
  EXPECT_EQ(campaign->time, std::chrono::hours(8));
  EXPECT_EQ(campaign->limits.timeout, std::chrono::seconds(5));
  EXPECT_EQ(campaign->limits.memory_mb, 1024U);
  ASSERT_EQ(campaign->targets.size(), 2U);
  const auto& all = campaign->targets[0];
  EXPECT_EQ(all.match, "fuzz_dataset_*");
  EXPECT_EQ(all.share, 2);
  EXPECT_EQ(all.limits.max_len, 8192U);
  EXPECT_EQ(all.options, std::vector<std::string>{"-use_counters=0"});
  const auto& own = campaign->targets[1];
  EXPECT_EQ(own.program, "in/build/my_parser");
  EXPECT_EQ(own.name, "my_parser");
  EXPECT_EQ(own.share, 0.5);
  EXPECT_EQ(own.dictionary, "in/my.dict");
  EXPECT_EQ(own.seeds, std::vector<std::string>{"in/seeds"});
  EXPECT_EQ(own.corpora, std::vector<std::string>{"/data/old"});
}

TEST(CampaignFile, EachMistakeHasItsPlace) {
  EXPECT_THAT(mistakes("<campaign/>"), HasSubstr("c.xml:1:1: <campaign> without targets"));
  EXPECT_THAT(mistakes("<campaign>\n<targets share='0'/></campaign>"), HasSubstr("c.xml:2:"));
  EXPECT_THAT(mistakes("<campaign>\n<targets share='1e9'/></campaign>"), HasSubstr("0.1 to 100"));
  EXPECT_THAT(mistakes("<campaign time='0s'><targets/></campaign>"), HasSubstr("no time here"));
  EXPECT_THAT(mistakes("<campaign time='99999999999999999999h'><targets/></campaign>"), HasSubstr("no time here"));
  EXPECT_THAT(mistakes("<campaign><limits memory-mb='1'/><targets/></campaign>"), HasSubstr("memory-mb goes from 64"));
  EXPECT_THAT(mistakes("<campaign><target program='a/x'/><target program='b/x'/></campaign>"),
              HasSubstr("a second target is called 'x'"));
  EXPECT_THAT(mistakes("<campaign><target program='..'/></campaign>"), HasSubstr("c.xml:1:"));
  EXPECT_THAT(mistakes("<campaign><target program='in/'/></campaign>"), HasSubstr("cannot name a target"));
  EXPECT_THAT(mistakes("<campaign><target name='x'/></campaign>"), HasSubstr("program"));
  EXPECT_THAT(mistakes("<campaign><targets match='${x}'/></campaign>"), HasSubstr("no variables"));
  EXPECT_THAT(mistakes("<campaign><targets><option>-fork=4</option></targets></campaign>"), HasSubstr("-fork is the"));
  EXPECT_THAT(mistakes("<campaign><targets><option>rm -rf</option></targets></campaign>"), HasSubstr("no option"));
  EXPECT_THAT(mistakes("<campagne/>"), HasSubstr("c.xml:1:"));
  EXPECT_THAT(mistakes("no XML"), HasSubstr("c.xml:"));
}

TEST(CampaignFile, OptionsThatTheCampaignSetsAreItsOwn) {
  EXPECT_EQ(option_problem("-use_counters=0"), "");
  EXPECT_EQ(option_problem("-detect_leaks=0"), "");
  for (const auto* option : {"-runs=1", "-jobs=2", "-artifact_prefix=/", "-merge=1", "-dict=x", "use=1", "-", "", "-x",
                             "-Use=1", "-a=1\n-b=2"})
    EXPECT_NE(option_problem(option), "") << option;
}

TEST(CampaignFile, AnyTextIsACampaignOrHasMistakesWithAPlace) {
  std::mt19937 dice(5);
  for (int i = 0; i < 3000; ++i) {
    std::string text(sound);
    for (int n = 0; n < 3; ++n) {
      const auto at = dice() % text.size();
      switch (dice() % 3) {
        case 0: text[at] = static_cast<char>(dice()); break;
        case 1: text.erase(at, dice() % 20); break;
        default: text.insert(at, text.substr(dice() % text.size(), dice() % 20)); break;
      }
      if (text.empty()) text = " ";
    }
    const auto campaign = load_campaign(text, "c.xml", "");
    if (!campaign) {
      EXPECT_FALSE(campaign.error().empty()) << text;
      for (const auto& error : campaign.error()) EXPECT_GE(error.line, 1) << text;
    } else {
      EXPECT_FALSE(campaign->targets.empty()) << text;
    }
  }
}

}  // namespace
}  // namespace assay::fuzz
