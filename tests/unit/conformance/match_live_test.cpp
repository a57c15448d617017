// A forecast held against devices that exist in memory only: each line with a device that is as foretold, and one that
// is not.
#include "conformance/match_live.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/service/negotiation.hpp"

namespace assay::conformance {
namespace {

Profile product(std::string_view name, const std::string& inside) {
  auto out = load_profile("<profile product=\"" + std::string(name) + "\" version=\"1\"><ae title=\"" +
                              std::string(name) + "\">" + inside + "</ae></profile>",
                          std::string(name) + ".xml");
  EXPECT_TRUE(out) << (out ? "" : out.error());
  return out ? std::move(*out) : Profile();
}

std::string service(const std::string& sop_class, const std::string& role,
                    const std::string& transfer = "ImplicitVRLittleEndian") {
  return "<service sop-class=\"" + sop_class + "\" " + role + "=\"yes\" transfer=\"" + transfer + "\"/>";
}

const std::string asked = "<policy name=\"maximum-length\" value=\"32768\"/>" + service("Verification", "scu") +
                          service("CTImageStorage", "scu") + service("MRImageStorage", "scu");

/// A device in memory that takes these, and says how it was called.
struct Device {
  service::Policy policy;
  bool listens = true;
  std::vector<std::string> calls;  // "CALLED by CALLING, maximum length, contexts"

  Device() {
    policy.maximum_length = 16384;
    for (const auto uid : {uids::Verification, uids::CTImageStorage})
      policy.supported.push_back({std::string(uid), {std::string(uids::ImplicitVRLittleEndian)}, false, true});
  }

  learn::Associate associate() {
    return [this](const pdu::AAssociateRq& rq, const std::string&, bool) -> learn::Reply {
      if (!listens) return {learn::Outcome::unreachable, {}, {}, "no connection"};
      calls.push_back(rq.called_ae_title + " by " + rq.calling_ae_title);
      auto answer = service::negotiate(rq, policy, 0);
      if (auto* rj = std::get_if<pdu::AAssociateRj>(&answer))
        return {learn::Outcome::rejected, {}, *rj, "A-ASSOCIATE-RJ"};
      return {learn::Outcome::accepted, std::move(std::get<pdu::AAssociateAc>(answer)), {}, ""};
    };
  }
};

struct Held {
  LiveDirection out;

  Held(const std::string& offered, Device device, std::string_view called = "") {
    const std::vector<Profile> both{product("USER", asked), product("PROVIDER", offered)};
    const auto all = match(both);
    const auto& direction = all.directions.front();
    const auto settings = settings_of(both[0], direction, called);
    EXPECT_EQ(settings.maximum_length, 32768u);
    out = hold(both[1], direction, settings, device.associate());
    EXPECT_EQ(out.calling, "USER");
    for (const auto& one : device.calls) EXPECT_EQ(one, out.called + " by USER");
  }

  [[nodiscard]] std::string of(std::string_view about) const {
    const auto found = std::ranges::find(out.lines, about, &LiveLine::about);
    return found == out.lines.end() ? "no line" : std::string(name(found->standing));
  }
};

const std::string offered = "<policy name=\"maximum-length\" value=\"16384\"/>" + service("Verification", "scp") +
                            service("CTImageStorage", "scp");

TEST(MatchLive, What_is_as_foretold_is_confirmed_in_every_line) {
  const Held held(offered, Device());
  ASSERT_EQ(held.out.lines.size(), 4u);
  for (const auto& one : held.out.lines) EXPECT_EQ(one.standing, LiveStanding::confirmed) << one.about << one.seen;
  EXPECT_EQ(held.out.called, "PROVIDER");
  EXPECT_EQ(Held(offered, Device(), "OTHER").out.called, "OTHER");
}

TEST(MatchLive, What_is_claimed_and_not_there_differs_in_its_line) {
  const Held held(offered + service("MRImageStorage", "scp"), Device());
  EXPECT_EQ(held.of("store"), "differs");
  EXPECT_EQ(held.of("verify"), "confirmed");
  EXPECT_EQ(held.of("association"), "confirmed");
  EXPECT_EQ(held.of("maximum-length"), "confirmed");
  const auto store = std::ranges::find(held.out.lines, std::string("store"), &LiveLine::about);
  ASSERT_EQ(store->other.size(), 1u);
  EXPECT_EQ(store->other.front().result, 3);
}

TEST(MatchLive, A_maximum_length_that_is_not_the_one_of_the_statement_differs) {
  auto device = Device();
  device.policy.maximum_length = 4096;
  const Held held(offered, device);
  EXPECT_EQ(held.of("maximum-length"), "differs");
  EXPECT_EQ(held.of("store"), "confirmed");
}

TEST(MatchLive, A_refusal_differs_and_what_it_hides_is_not_seen) {
  auto device = Device();
  device.policy.calling_ae_titles = {"FRIEND"};
  const Held held(offered, device);
  EXPECT_EQ(held.of("association"), "differs");
  EXPECT_EQ(held.of("maximum-length"), "not seen");
  EXPECT_EQ(held.of("store"), "not seen");
}

TEST(MatchLive, A_refusal_that_was_foretold_is_confirmed_and_one_that_does_not_come_differs) {
  const auto strict =
      "<policy name=\"checks-calling-ae-title\" value=\"yes\"/><policy name=\"calling-ae-titles\" "
      "value=\"FRIEND\"/>" +
      offered;
  auto device = Device();
  EXPECT_EQ(Held(strict, device).of("association"), "differs");
  device.policy.calling_ae_titles = {"FRIEND"};
  EXPECT_EQ(Held(strict, device).of("association"), "confirmed");
}

TEST(MatchLive, Nobody_there_is_seen_by_no_line) {
  auto device = Device();
  device.listens = false;
  const Held held(offered, device);
  EXPECT_FALSE(held.out.reached);
  EXPECT_EQ(held.out.count(LiveStanding::not_seen), held.out.lines.size());
}

}  // namespace
}  // namespace assay::conformance
