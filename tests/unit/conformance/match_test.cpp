// What two profiles make of each other: each rule with a pair that breaks it and a twin that does not.
#include "conformance/match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/dict/dict.hpp"

namespace assay::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view implicit_le = "ImplicitVRLittleEndian";

Profile product(std::string_view name, std::string_view inside_ae, std::string_view behind_ae = "",
                std::string_view title = "") {
  const auto text = "<profile product=\"" + std::string(name) + "\" version=\"1\"><ae title=\"" +
                    std::string(title.empty() ? name : title) + "\">" + std::string(inside_ae) + "</ae>" +
                    std::string(behind_ae) + "</profile>";
  auto out = load_profile(text, std::string(name) + ".xml");
  EXPECT_TRUE(out) << (out ? "" : out.error());
  return out ? std::move(*out) : Profile();
}

std::string service(std::string_view sop_class, std::string_view role, std::string_view transfer = implicit_le) {
  return "<service " +
         (sop_class == "storage" ? std::string("storage=\"yes\"") : "sop-class=\"" + std::string(sop_class) + "\"") +
         " " + std::string(role) + "=\"yes\" transfer=\"" + std::string(transfer) + "\"/>";
}

std::string policy(std::string_view name, std::string_view value) {
  return "<policy name=\"" + std::string(name) + "\" value=\"" + std::string(value) + "\"/>";
}

/// USER asks PROVIDER.
Direction ask(const Profile& user, const Profile& provider) {
  const std::vector<Profile> both{user, provider};
  const auto all = match(both);
  EXPECT_EQ(all.directions.size(), 2u);
  return all.directions.front();
}

UseCaseMatch of(const Direction& direction, UseCase use_case) {
  return *std::ranges::find(direction.use_cases, use_case, &UseCaseMatch::use_case);
}

std::string reasons(const std::vector<Reason>& all, bool fatal) {
  std::string out;
  for (const auto& one : all)
    if (one.fatal == fatal) out += one.text + " [" + one.clause + "] " + one.change + "\n";
  return out;
}

TEST(Match, A_class_needs_an_scu_and_an_scp) {
  const auto ct = product("CT", service("CTImageStorage", "scu") + service("MRImageStorage", "scu"));
  const auto mr = product("STORE", service("MRImageStorage", "scp"));
  const auto direction = ask(ct, mr);
  const auto store = of(direction, UseCase::store);
  EXPECT_EQ(store.outcome, Outcome::partly);
  EXPECT_FALSE(store.red());
  EXPECT_THAT(reasons(store.reasons, false),
              HasSubstr("CT sends CT Image Storage; STORE does not take it [PS3.4 6] Switch it on in STORE"));
  EXPECT_EQ(of(direction, UseCase::query).outcome, Outcome::absent);
  EXPECT_EQ(of(ask(mr, ct), UseCase::store).outcome, Outcome::absent);
}

TEST(Match, Two_that_both_ask_do_not_meet) {
  const auto one = product("ONE", service("CTImageStorage", "scu"));
  const auto two = product("TWO", service("CTImageStorage", "scu"));
  const auto store = of(ask(one, two), UseCase::store);
  EXPECT_EQ(store.outcome, Outcome::one_sided);
  EXPECT_THAT(reasons(store.reasons, false), HasSubstr("(both ask for it)"));
  EXPECT_FALSE(store.red());
}

TEST(Match, No_common_class_on_both_sides_is_red) {
  const auto ct = product("CT", service("CTImageStorage", "scu"));
  const auto mr = product("STORE", service("MRImageStorage", "scp"));
  const auto store = of(ask(ct, mr), UseCase::store);
  EXPECT_EQ(store.outcome, Outcome::fails);
  EXPECT_TRUE(store.red());
  EXPECT_THAT(reasons(store.reasons, true), HasSubstr("no SOP Class is the same: CT asks for CT Image Storage; STORE "
                                                      "serves MR Image Storage"));
}

TEST(Match, Transfer_syntaxes_are_common_second_choice_or_missing) {
  const auto store_in = [](std::string_view user, std::string_view provider) {
    return of(ask(product("U", service("CTImageStorage", "scu", user)),
                  product("P", service("CTImageStorage", "scp", provider))),
              UseCase::store);
  };
  const auto same =
      store_in("ExplicitVRLittleEndian ImplicitVRLittleEndian", "ImplicitVRLittleEndian ExplicitVRLittleEndian");
  EXPECT_EQ(same.outcome, Outcome::works);
  EXPECT_TRUE(same.reasons.empty());
  EXPECT_EQ(short_name(same.classes.front().chosen), "ImplicitVRLittleEndian");  // in the order of who accepts
  const auto second = store_in("JPEG2000Lossless ImplicitVRLittleEndian", "ImplicitVRLittleEndian");
  EXPECT_EQ(second.outcome, Outcome::fallback);
  EXPECT_THAT(reasons(second.reasons, false), HasSubstr("Implicit VR Little Endian is agreed on"));
  EXPECT_FALSE(second.red());
  const auto none = store_in("RLELossless", "ExplicitVRLittleEndian");
  EXPECT_EQ(none.outcome, Outcome::fails);
  EXPECT_TRUE(none.red());
  EXPECT_THAT(reasons(none.reasons, true), HasSubstr("[PS3.5 10.1] P has to accept Implicit VR Little Endian"));
  const auto compressed = store_in("RLELossless", "ImplicitVRLittleEndian");
  EXPECT_THAT(reasons(compressed.reasons, true),
              HasSubstr("U has to propose Implicit VR Little Endian, too, and to decompress"));
}

TEST(Match, Every_storage_class_stands_for_each) {
  const auto all = product("ALL", service("storage", "scp") + service("CTImageStorage", "scp", "RLELossless"));
  const auto few = product("FEW", service("CTImageStorage", "scu") + service("MRImageStorage", "scu"));
  const auto one = of(ask(few, all), UseCase::store);
  EXPECT_EQ(one.outcome, Outcome::partly);
  EXPECT_TRUE(one.red());  // CT is claimed by both
  const auto any = product("ANY", service("storage", "scu"));
  const auto ct = product("CT", service("CTImageStorage", "scp"));
  const auto other = of(ask(any, ct), UseCase::store);
  EXPECT_EQ(other.outcome, Outcome::works);
  EXPECT_THAT(reasons(other.reasons, false), HasSubstr("ANY sends any Storage SOP Class, CT takes 1 of them"));
}

TEST(Match, Needed_keys_must_be_known_and_optional_ones_may_be_missing) {
  const std::string find = "StudyRootQueryRetrieveInformationModelFind";
  const auto user = [&](std::string_view key) {
    return product("U", service(find, "scu") + "<keys level=\"study\" role=\"scu\">" + std::string(key) + "</keys>");
  };
  const auto provider =
      product("P", service(find, "scp") +
                       "<keys level=\"study\"><key tag=\"PatientName\" matching=\"single\"/><key tag=\"StudyDate\" "
                       "matching=\"single range\" returned=\"no\"/></keys>");
  const auto query = [&](std::string_view key) { return of(ask(user(key), provider), UseCase::query); };
  EXPECT_FALSE(query("<key tag=\"PatientName\" matching=\"single\" needed=\"yes\"/>").red());
  const auto wild = query("<key tag=\"PatientName\" matching=\"wildcard\" needed=\"yes\"/>");
  EXPECT_TRUE(wild.red());
  EXPECT_THAT(
      reasons(wild.reasons, true),
      HasSubstr("U asks for PatientName at the level study with wildcard matching, P does not match it so [PS3.4 "
                "C.6] P has to support it: it is a required key."));
  const auto unknown = query("<key tag=\"PatientAge\" matching=\"single\" needed=\"yes\"/>");
  EXPECT_TRUE(unknown.red());
  EXPECT_THAT(reasons(unknown.reasons, true),
              HasSubstr("P does not know that key [PS3.4 C.2.2.1.3] U has to do without it, or P to learn it"));
  const auto optional = query("<key tag=\"PatientAge\" matching=\"single\"/>");
  EXPECT_FALSE(optional.red());
  EXPECT_EQ(optional.outcome, Outcome::works);
  EXPECT_THAT(reasons(optional.reasons, false), HasSubstr("must not fail the query"));
  EXPECT_TRUE(query("<key tag=\"StudyDate\" matching=\"range\" needed=\"yes\"/>").red());  // it does not come back
  EXPECT_FALSE(query("<key tag=\"StudyDate\" matching=\"range\" returned=\"no\" needed=\"yes\"/>").red());
  const auto silent =
      of(ask(user("<key tag=\"PatientAge\" needed=\"yes\"/>"), product("P", service(find, "scp"))), UseCase::query);
  EXPECT_FALSE(silent.red());
  EXPECT_THAT(reasons(silent.reasons, false), HasSubstr("P says nothing about some keys"));
}

TEST(Match, Retrieval_needs_storage_the_other_way_round) {
  const std::string get = "StudyRootQueryRetrieveInformationModelGet";
  const std::string move = "StudyRootQueryRetrieveInformationModelMove";
  const auto outcome = [&](const std::string& what, const std::string& user, const std::string& provider) {
    const auto direction =
        ask(product("U", service(what, "scu") + user), product("P", service(what, "scp") + provider));
    return of(direction, what == get ? UseCase::get : UseCase::move);
  };
  const auto ct_scp = service("CTImageStorage", "scp");
  const auto ct_scu = service("CTImageStorage", "scu");
  EXPECT_FALSE(outcome(get, ct_scp, ct_scu).red());
  EXPECT_TRUE(outcome(get, "", ct_scu).red());
  EXPECT_TRUE(outcome(get, ct_scp, "").red());
  EXPECT_TRUE(outcome(get, service("MRImageStorage", "scp"), ct_scu).red());
  EXPECT_TRUE(outcome(move, ct_scp, "").red());
  EXPECT_FALSE(outcome(move, "", ct_scu).red());  // somebody else may be the destination
  EXPECT_THAT(reasons(outcome(move, "", ct_scu).reasons, false), HasSubstr("a third device has to be the destination"));
  EXPECT_THAT(reasons(outcome(move, ct_scp, ct_scu).reasons, false), HasSubstr("Enter U with its host and port"));
  EXPECT_THAT(reasons(outcome(get, ct_scp, service("storage", "scu")).reasons, false),
              HasSubstr("P may send any Storage SOP Class, U takes 1 of them"));
}

TEST(Match, Commitment_is_reported_where_it_is_expected_and_in_time) {
  const std::string push = "StorageCommitmentPushModel";
  const auto commitment = [&](const std::string& user, const std::string& provider) {
    return of(ask(product("U", service(push, "scu") + user), product("P", service(push, "scp") + provider)),
              UseCase::commitment);
  };
  EXPECT_FALSE(commitment(policy("commitment-accepts", "same"), policy("commitment-reports", "same")).red());
  EXPECT_FALSE(commitment("", policy("commitment-reports", "new")).red());
  const auto wrong = commitment(policy("commitment-accepts", "same"), policy("commitment-reports", "new"));
  EXPECT_TRUE(wrong.red());
  EXPECT_THAT(reasons(wrong.reasons, true), HasSubstr("Set P to report on the same association"));
  EXPECT_TRUE(commitment(policy("commitment-waits", "10s"), policy("commitment-report-within", "1m")).red());
  EXPECT_FALSE(commitment(policy("commitment-waits", "1m"), policy("commitment-report-within", "10s")).red());
}

struct Collision {
  std::string user, provider;
  std::string words;  // of the fatal reason; "" = none
};

TEST(Match, Policies_that_collide_stop_everything) {
  const std::vector<Collision> collisions{
      {policy("least-peer-maximum-length", "16384"), policy("maximum-length", "4096"),
       "U needs a maximum length of at least 16384 bytes, P announces 4096 [PS3.8 D.1] Set the maximum length of P"},
      {policy("least-peer-maximum-length", "16384"), policy("maximum-length", "0"), ""},
      {policy("maximum-length", "4096"), policy("least-peer-maximum-length", "16384"), "P needs a maximum length"},
      {policy("needs-associations", "3"), policy("maximum-associations", "2"), "U needs 3 associations"},
      {policy("opens-associations", "3"), policy("maximum-associations", "2"), ""},
      {"", policy("calling-ae-titles", "A\\B"), "P takes no calls from U-title: it takes A\\B [PS3.8 9.3.4] Enter"},
      {"", policy("calling-ae-titles", "A\\U-title"), ""},
      {"", policy("checks-calling-ae-title", "yes"), ""},
      {"", policy("longest-ae-title", "4"), "the AE title U-title of U has 7 characters, P takes 4"},
      {"", policy("longest-ae-title", "7"), ""},
      {"", policy("ae-title-characters", "upper-case"), "has characters that P does not take"},
      {"", policy("user-identity-required", "username passcode"), "Let U send one of username passcode"},
      {policy("user-identity-sent", "kerberos"), policy("user-identity-required", "username"), "U sends kerberos"},
      {policy("user-identity-sent", "passcode"), policy("user-identity-required", "username passcode"), ""},
  };
  const auto echo = [](std::string_view role) { return service("Verification", role); };
  for (const auto& [user, provider, words] : collisions) {
    const auto direction = ask(product("U", echo("scu") + user, "", "U-title"), product("P", echo("scp") + provider));
    const auto verify = of(direction, UseCase::verify);
    EXPECT_EQ(verify.red(), !words.empty()) << user << provider;
    EXPECT_THAT(reasons(direction.policies, true), HasSubstr(words));
    EXPECT_EQ(reasons(direction.policies, true).empty(), words.empty()) << user << provider;
  }
}

TEST(Match, Tls_needs_a_common_version_suite_and_certificate) {
  const std::vector<Collision> collisions{
      {"", "<security plain=\"no\"><tls profile=\"bcp195\"/></security>", "P speaks nothing but TLS, U speaks none"},
      {"", "<security plain=\"yes\"><tls profile=\"bcp195\"/></security>", ""},
      {"<security plain=\"no\"><tls profile=\"aes\"/></security>", "", "U speaks nothing but TLS, P speaks none"},
      {"<security plain=\"no\"><tls profile=\"aes\"/></security>",
       "<security plain=\"no\"><tls profile=\"bcp195-rfc8996\" minimum=\"1.3\"/></security>",
       "no common TLS: TLS 1.0 to 1.2 against 1.3 to 1.3 [PS3.15 B]"},
      {"<security plain=\"no\"><tls profile=\"bcp195-rfc8996\" mutual=\"no\"/></security>",
       "<security plain=\"no\"><tls profile=\"bcp195-rfc8996\" mutual=\"required\"/></security>",
       "a certificate is wanted"},
      {"<security plain=\"no\"><tls profile=\"bcp195\" suites=\"TLS_AES_128_GCM_SHA256\"/></security>",
       "<security><tls profile=\"bcp195\" suites=\"TLS_AES_256_GCM_SHA384\"/></security>",
       "no cipher suite is the same"},
      {"<security plain=\"no\"><tls profile=\"bcp195-rfc8996\"/></security>",
       "<security plain=\"no\"><tls profile=\"bcp195\"/></security>", ""},
      {"<security><tls profile=\"aes\"/></security>", "<security><tls profile=\"bcp195\" minimum=\"1.3\"/></security>",
       ""},  // in the clear they can
  };
  for (const auto& [user, provider, words] : collisions) {
    const auto direction =
        ask(product("U", service("Verification", "scu"), user), product("P", service("Verification", "scp"), provider));
    EXPECT_EQ(direction.red(), !words.empty()) << user << provider << reasons(direction.policies, true);
    EXPECT_THAT(reasons(direction.policies, true), HasSubstr(words));
  }
}

TEST(Match, Character_sets_and_equal_titles_are_told_and_not_red) {
  const auto one = product("ONE", service("Verification", "scu"), "<character-set term=\"ISO 2022 IR 87\"/>", "SAME");
  const auto two = product("TWO", service("Verification", "scp"), "<character-set term=\"ISO_IR 100\"/>", "SAME");
  const std::vector<Profile> both{one, two};
  const auto all = match(both);
  EXPECT_FALSE(all.red());
  EXPECT_THAT(reasons(all.directions.front().policies, false),
              HasSubstr("texts of ONE in ISO 2022 IR 87 cannot be read by TWO"));
  EXPECT_THAT(reasons(all.remarks, false), HasSubstr("ONE and TWO have the same AE title SAME"));
}

TEST(Match, Media_need_a_writer_and_a_reader_of_one_profile) {
  const auto media = [](std::string_view user, std::string_view provider) {
    const auto with = [](std::string_view id, std::string_view roles) {
      return "<media><application-profile id=\"" + std::string(id) + "\" roles=\"" + std::string(roles) +
             "\"/></media>";
    };
    return of(ask(product("U", service("Verification", "scu"), with(user, "FSC")),
                  product("P", service("Verification", "scp"), with(provider, "FSR FSU"))),
              UseCase::media);
  };
  EXPECT_EQ(media("STD-GEN-CD", "STD-GEN-CD").outcome, Outcome::works);
  EXPECT_TRUE(media("STD-US-SC-MF-CDR", "STD-GEN-CD").red());
}

TEST(Match, What_a_single_product_lacks_is_remarked) {
  const auto odd =
      product("ODD", service("Verification", "scp", "ExplicitVRLittleEndian") +
                         service("StudyRootQueryRetrieveInformationModelFind", "scp") +
                         "<keys level=\"study\"><key tag=\"StudyInstanceUID\" matching=\"single\"/></keys>");
  const std::vector<Profile> both{odd, product("X", service("Verification", "scu"))};
  const auto all = match(both);
  EXPECT_THAT(reasons(all.remarks, false),
              HasSubstr("ODD does not claim Implicit VR Little Endian for Verification SOP Class as scp"));
  EXPECT_THAT(reasons(all.remarks, false),
              HasSubstr("ODD does not claim to match PatientName, PatientID, StudyDate, StudyTime, AccessionNumber, "
                        "StudyID at the level study [PS3.4 C.6.2.1.2]"));
}

TEST(Match, What_a_node_on_both_sides_lacks_of_a_full_one_is_remarked) {
  const auto remarks = [](const std::string& services) {
    const std::vector<Profile> both{product("NODE", services), product("X", service("Verification", "scu"))};
    return reasons(match(both).remarks, false);
  };
  std::string full;
  for (const auto* one : {"Verification", "CTImageStorage", "StudyRootQueryRetrieveInformationModelFind",
                          "StudyRootQueryRetrieveInformationModelMove"})
    for (const auto* role : {"scu", "scp"}) full += service(one, role);
  EXPECT_THAT(remarks(full), Not(HasSubstr("of a full one")));
  // A scanner and an archive are no nodes on both sides.
  EXPECT_THAT(
      remarks(service("CTImageStorage", "scu") + service("Verification", "scu") + service("Verification", "scp")),
      Not(HasSubstr("of a full one")));
  EXPECT_THAT(
      remarks(service("CTImageStorage", "scu") + service("CTImageStorage", "scp") + service("Verification", "scp") +
              service("StudyRootQueryRetrieveInformationModelFind", "scu")),
      HasSubstr("NODE is a node on both sides and does not claim 4 of the 8 parts of a full one: Verification as "
                "scu, query as scp, C-MOVE as scu, C-MOVE as scp"));
}

TEST(Match, Four_purchases_that_could_not_work_are_told_before_anyone_pays) {
  const auto archive =
      product("ARCHIVE", service("CTImageStorage", "scu", "JPEG2000Lossless") + service("Verification", "scu") +
                             service("StudyRootQueryRetrieveInformationModelFind", "scu"));
  const auto bought = product("BOUGHT", service("MRImageStorage", "scp") + service("CTImageStorage", "scp") +
                                            service("StudyRootQueryRetrieveInformationModelFind", "scu"));
  const auto direction = ask(archive, bought);
  EXPECT_EQ(of(direction, UseCase::verify).outcome, Outcome::one_sided);
  EXPECT_THAT(reasons(of(direction, UseCase::verify).reasons, false), HasSubstr("BOUGHT is no SCP of it"));
  EXPECT_EQ(of(direction, UseCase::query).outcome, Outcome::one_sided);
  EXPECT_THAT(reasons(of(direction, UseCase::query).reasons, false), HasSubstr("(both ask for it)"));
  EXPECT_EQ(of(direction, UseCase::store).outcome, Outcome::fails);
  EXPECT_THAT(reasons(of(direction, UseCase::store).reasons, true),
              HasSubstr("no common transfer syntax for CT Image"));
  const auto mr_alone = product("BOUGHT", service("MRImageStorage", "scp"));
  EXPECT_THAT(reasons(of(ask(archive, mr_alone), UseCase::store).reasons, true),
              HasSubstr("ARCHIVE asks for CT Image Storage; BOUGHT serves MR Image Storage"));
}

TEST(Match, Contexts_are_foretold_as_they_will_be_answered) {
  const std::string both = "ImplicitVRLittleEndian RLELossless";
  const auto user = [&](std::string_view how) {
    return product("U", policy("proposes", how) + service("CTImageStorage", "scu", both) +
                            service("MRImageStorage", "scu", "ExplicitVRBigEndian") + service("Verification", "scu"));
  };
  const auto provider = [&](std::string_view choice) {
    return product("P", policy("transfer-syntax-choice", choice) +
                            service("storage", "scp", "RLELossless " + std::string(implicit_le)));
  };
  const auto told = [&](std::string_view how, std::string_view choice) {
    std::string out;
    for (const auto& one : predict(user(how).aes.front(), provider(choice).aes.front()))
      out += std::to_string(one.result) + ":" + short_name(one.chosen) + " ";
    return out;
  };
  EXPECT_EQ(told("together", "own-order"), "0:RLELossless 4: 3: ");
  EXPECT_EQ(told("together", "requestor-order"), "0:ImplicitVRLittleEndian 4: 3: ");
  EXPECT_EQ(told("separate", "own-order"), "0:ImplicitVRLittleEndian 0:RLELossless 4: 3: ");
}

}  // namespace
}  // namespace assay::conformance
