// Every product against every other. Tests: tests/unit/conformance/match_test.cpp
#include "conformance/match.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/match_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance {
namespace {

bool works(Outcome outcome) {
  return outcome == Outcome::works || outcome == Outcome::fallback || outcome == Outcome::partly;
}

Direction match_direction(const Profile& user, const Profile& provider) {
  Direction out;
  const Parties parties{user, provider};
  for (const auto use_case : all_use_cases)
    out.use_cases.push_back(use_case == UseCase::media ? match_media(parties) : match_services(parties, use_case));
  const auto* asks = main_ae(user, Role::scu);
  const auto* serves = main_ae(provider, Role::scp);
  if (asks == nullptr || serves == nullptr) return out;
  out.user_ae = asks->title;
  out.provider_ae = serves->title;
  out.policies = match_policies(parties, *asks, *serves);
  out.contexts = predict(*asks, *serves);
  const bool stopped = std::ranges::any_of(out.policies, &Reason::fatal);
  for (auto& one : out.use_cases)
    if (stopped && one.use_case != UseCase::media && works(one.outcome)) {
      one.outcome = Outcome::fails;
      for (const auto& reason : out.policies)
        if (reason.fatal) one.reasons.push_back(reason);
    }
  return out;
}

void add_title_remarks(std::span<const Profile> products, std::vector<Reason>& out) {
  for (std::size_t i = 0; i < products.size(); ++i)
    for (std::size_t k = i + 1; k < products.size(); ++k)
      for (const auto& one : products[i].aes)
        if (const auto* other = products[k].ae(one.title))
          out.push_back(
              {fmt::format("{} and {} have the same AE title {}", products[i].product, products[k].product, one.title),
               "PS3.5 6.2", fmt::format("Give one of them another AE title than {}.", one.title), false, one.at,
               other->at});
}

}  // namespace

std::string_view name(UseCase use_case) {
  switch (use_case) {
    case UseCase::verify: return "verify";
    case UseCase::store: return "store";
    case UseCase::query: return "query";
    case UseCase::move: return "move";
    case UseCase::get: return "get";
    case UseCase::worklist: return "worklist";
    case UseCase::mpps: return "mpps";
    case UseCase::commitment: return "commitment";
    case UseCase::print: return "print";
    case UseCase::other: return "other";
    case UseCase::media: break;
  }
  return "media";
}

std::string_view title(UseCase use_case) {
  switch (use_case) {
    case UseCase::verify: return "verify";
    case UseCase::store: return "store images";
    case UseCase::query: return "query";
    case UseCase::move: return "retrieve by C-MOVE";
    case UseCase::get: return "retrieve by C-GET";
    case UseCase::worklist: return "worklist";
    case UseCase::mpps: return "performed steps (MPPS)";
    case UseCase::commitment: return "storage commitment";
    case UseCase::print: return "print";
    case UseCase::other: return "other services";
    case UseCase::media: break;
  }
  return "media";
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::absent: return "absent";
    case Outcome::one_sided: return "one-sided";
    case Outcome::works: return "works";
    case Outcome::fallback: return "fallback";
    case Outcome::partly: return "partly";
    case Outcome::fails: break;
  }
  return "fails";
}

bool UseCaseMatch::red() const {
  return user_claims && provider_claims && (outcome == Outcome::fails || std::ranges::any_of(reasons, &Reason::fatal));
}

bool Direction::red() const { return std::ranges::any_of(use_cases, &UseCaseMatch::red); }
bool Match::red() const { return std::ranges::any_of(directions, &Direction::red); }

const ApplicationEntity* main_ae(const Profile& profile, Role role) {
  const auto count = [&](const ApplicationEntity& ae) {
    return std::ranges::count(ae.services, role, &ServiceClaim::role);
  };
  const ApplicationEntity* best = nullptr;
  for (const auto& one : profile.aes)
    if (count(one) > (best == nullptr ? 0 : count(*best))) best = &one;
  return best;
}

Match match(std::span<const Profile> products) {
  Match out;
  for (std::size_t i = 0; i < products.size(); ++i)
    for (std::size_t k = i + 1; k < products.size(); ++k)
      for (const auto& [user, provider] : {std::pair(i, k), std::pair(k, i)}) {
        out.directions.push_back(match_direction(products[user], products[provider]));
        out.directions.back().user = user;
        out.directions.back().provider = provider;
      }
  add_title_remarks(products, out.remarks);
  for (const auto& one : products)
    for (auto& remark : remarks_on(one)) out.remarks.push_back(std::move(remark));
  return out;
}

std::vector<PredictedContext> predict(const ApplicationEntity& user, const ApplicationEntity& provider) {
  std::vector<PredictedContext> out;
  const bool separate = user.says("proposes", "separate");
  const bool their_order = provider.says("transfer-syntax-choice", "requestor-order");
  const auto propose = [&](std::string_view uid, std::vector<std::string> syntaxes) {
    PredictedContext context{std::string(uid), std::move(syntaxes), 0, {}};
    const auto* offered = provider.service(uid, Role::scp);
    if (offered == nullptr) {
      context.result = 3;
    } else {
      const auto& first = their_order ? context.proposed : offered->transfer_syntaxes;
      const auto& second = their_order ? offered->transfer_syntaxes : context.proposed;
      const auto found =
          std::ranges::find_if(first, [&](const auto& one) { return std::ranges::find(second, one) != second.end(); });
      if (found == first.end()) {
        context.result = 4;
      } else {
        context.chosen = *found;
      }
    }
    out.push_back(std::move(context));
  };
  const auto propose_all = [&](std::string_view uid, const ServiceClaim& service) {
    if (!separate) return propose(uid, service.transfer_syntaxes);
    for (const auto& one : service.transfer_syntaxes) propose(uid, {one});
  };
  for (const auto& service : user.services) {
    if (service.role != Role::scu) continue;
    if (service.sop_class != every_storage) {
      propose_all(service.sop_class, service);
      continue;
    }
    for (const auto uid : service::storage_sop_classes())
      if (user.service(uid, Role::scu) == &service) propose_all(uid, service);
  }
  return out;
}

}  // namespace assay::conformance
