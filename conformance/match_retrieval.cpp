// What C-MOVE, C-GET and Storage Commitment need beside their own SOP Class.
// Tests: tests/unit/conformance/match_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/match_parts.hpp"
#include "harness/scenario/values.hpp"

namespace assay::conformance {
namespace {

bool claims_every(const std::vector<Offer>& offers) {
  return std::ranges::any_of(offers, [](const Offer& one) { return one.service->sop_class == every_storage; });
}

}  // namespace

void match_retrieval(const Parties& parties, UseCaseMatch& match) {
  const bool move = match.use_case == UseCase::move;
  const auto sends = offers_of(parties.provider, Role::scu, UseCase::store);
  const auto takes = offers_of(parties.user, Role::scp, UseCase::store);
  const auto& user = parties.user.product;
  const auto& provider = parties.provider.product;
  Reason why;
  why.clause = move ? "PS3.4 C.4.2" : "PS3.4 C.4.3";
  if (sends.empty()) {
    why.text = fmt::format("{} serves {} but is no SCU of any Storage SOP Class: it can send nothing", provider,
                           move ? "C-MOVE" : "C-GET");
    why.change = fmt::format("Ask the vendor of {} which Storage SOP Classes it sends.", provider);
    why.fatal = true;
  } else if (takes.empty() && !move) {
    why.text =
        fmt::format("{} asks by C-GET but is no SCP of any Storage SOP Class: it cannot take what it gets", user);
    why.change = fmt::format("Ask the vendor of {} which Storage SOP Classes it takes.", user);
    why.fatal = true;
  } else if (takes.empty()) {
    why.text = fmt::format("{} takes no images itself: a third device has to be the destination", user);
    why.change = fmt::format("Name a destination that is a Storage SCP and that {} knows.", provider);
  } else {
    const Parties back{parties.provider, parties.user};
    std::vector<const Offer*> lonely;
    const auto common = common_classes(sends, takes, lonely);
    const auto good = std::ranges::count_if(
        common, [](const Common& one) { return match_syntaxes(one.user, one.provider).outcome != Outcome::fails; });
    if (good == 0) {
      why.text = fmt::format(
          "nothing that {} sends can be taken by {}: no common Storage SOP Class and transfer syntax", provider, user);
      why.change =
          common.empty()
              ? fmt::format("{} has to take a Storage SOP Class that {} sends.", user, provider)
              : no_common_syntax(back, common.front().user, common.front().provider, common.front().sop_class).change;
      why.fatal = true;
    } else if (static_cast<std::size_t>(good) < common.size() || !lonely.empty()) {
      why.text = fmt::format("{} of {} kinds of objects that {} sends can be taken by {}", good,
                             common.size() + lonely.size(), provider, user);
      why.change =
          fmt::format("Objects of the other kinds fail as sub-operations: see what {} stores to {}.", provider, user);
    } else if (claims_every(sends) && !claims_every(takes)) {
      why.text = fmt::format("{} may send any Storage SOP Class, {} takes {} of them", provider, user, takes.size());
      why.change = "Objects of the other kinds fail as sub-operations: let another device be their destination.";
    } else if (!move) {
      return;
    }
    if (why.text.empty()) why.clause = "PS3.2 A.4.4.1";
    if (why.text.empty()) why.text = fmt::format("{} has to know the address of {} by its AE title", provider, user);
    if (move && why.change.empty())
      why.change = fmt::format("Enter {} with its host and port into the configuration of {}.", takes.front().ae->title,
                               provider);
    why.user = takes.front().service->at;
  }
  if (!sends.empty()) why.provider = sends.front().service->at;
  if (why.fatal) match.outcome = Outcome::fails;
  match.reasons.push_back(std::move(why));
}

void match_commitment(const Parties& parties, UseCaseMatch& match) {
  const auto asks = offers_of(parties.user, Role::scu, UseCase::commitment);
  const auto serves = offers_of(parties.provider, Role::scp, UseCase::commitment);
  if (asks.empty() || serves.empty()) return;
  const auto& user = *asks.front().ae;
  const auto& provider = *serves.front().ae;
  const auto reports = provider.policy("commitment-reports").value_or("either");
  const auto accepts = user.policy("commitment-accepts").value_or("either");
  Reason why;
  why.clause = "PS3.4 J.3.3";
  why.user = asks.front().service->at;
  why.provider = serves.front().service->at;
  if (reports != "either" && accepts != "either" && reports != accepts) {
    why.fatal = true;
    why.text = fmt::format("{} reports on {} association, {} takes reports on {} association only",
                           parties.provider.product, reports == "same" ? "the same" : "a new", parties.user.product,
                           accepts == "same" ? "the same" : "a new");
    why.change = fmt::format("Set {} to report on {} association, or {} to take it on {}.", parties.provider.product,
                             accepts == "same" ? "the same" : "a new", parties.user.product,
                             reports == "same" ? "the same" : "a new one");
    match.outcome = Outcome::fails;
    match.reasons.push_back(why);
  } else if (reports == "new") {
    why.text = fmt::format("{} reports on an association of its own", parties.provider.product);
    why.change = fmt::format("Enter {} with its host and port into the configuration of {}.", user.title,
                             parties.provider.product);
    match.reasons.push_back(why);
  }
  const auto within = provider.policy("commitment-report-within");
  const auto waits = user.policy("commitment-waits");
  if (within && waits && scenario::duration_from(*waits) < scenario::duration_from(*within)) {
    why.fatal = true;
    why.text = fmt::format("{} reports within {}, {} waits {} only", parties.provider.product, *within,
                           parties.user.product, *waits);
    why.change = fmt::format("Let {} wait for at least {}.", parties.user.product, *within);
    match.outcome = Outcome::fails;
    match.reasons.push_back(why);
  }
}

}  // namespace assay::conformance
