// SOP Classes, roles, transfer syntaxes and keys of two products. Tests: tests/unit/conformance/match_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conformance/match_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance {
namespace {

std::string names_of(const std::vector<std::string>& syntaxes) {
  std::string out;
  for (const auto& one : syntaxes) out.append(out.empty() ? "" : ", ").append(title_of(one));
  return out;
}

/// Pixel data stays as it is in these: an object may be turned from one to the other (PS3.5 10.1).
bool is_uncompressed(std::string_view syntax) {
  return syntax == uids::ImplicitVRLittleEndian || syntax == uids::ExplicitVRLittleEndian ||
         syntax == uids::ExplicitVRBigEndian || syntax == uids::DeflatedExplicitVRLittleEndian;
}

bool claims_all(const std::vector<Offer>& offers) {
  return std::ranges::any_of(offers, [](const Offer& one) { return one.service->sop_class == every_storage; });
}

/// What one side asks for and the other does not serve, in one reason.
Reason lonely_classes(const Parties& parties, const std::vector<const Offer*>& lonely, UseCase use_case) {
  Reason out;
  std::string names;
  for (const auto* one : lonely) names.append(names.empty() ? "" : ", ").append(title_of(one->service->sop_class));
  const auto* it = lonely.size() == 1 ? "it" : "them";
  if (use_case == UseCase::store) {
    out.text =
        fmt::format("{} sends {}; {} does not take {}", parties.user.product, names, parties.provider.product, it);
  } else {
    out.text =
        fmt::format("{} asks for {}; {} is no SCP of {}", parties.user.product, names, parties.provider.product, it);
  }
  out.clause = "PS3.4 6";
  out.change = fmt::format("Switch {} on in {}, or do without.", it, parties.provider.product);
  out.user = lonely.front()->service->at;
  return out;
}

/// What the asking side likes most is not taken: the same for several SOP Classes is said once.
class SecondChoices {
 public:
  explicit SecondChoices(const Parties& parties) : parties_(parties) {}

  void add(const Offer& user, const Offer& provider, std::string_view sop_class, const std::string& chosen) {
    auto& one = found_[{user.service->transfer_syntaxes.front(), chosen}];
    one.classes.append(one.classes.empty() ? "" : ", ").append(title_of(sop_class));
    if (one.user.line == 0) {
      one.user = user.service->at;
      one.provider = provider.service->at;
    }
  }

  [[nodiscard]] bool any() const { return !found_.empty(); }

  void tell(std::vector<Reason>& out) const {
    for (const auto& [syntaxes, one] : found_)
      out.push_back(
          {fmt::format("{} would like {} most for {}; {} does not take that: {} is agreed on", parties_.user.product,
                       title_of(syntaxes.first), one.classes, parties_.provider.product, title_of(syntaxes.second)),
           "PS3.5 10.1",
           {},
           false,
           one.user,
           one.provider});
  }

 private:
  struct Choice {
    std::string classes;
    Place user, provider;
  };
  const Parties& parties_;
  std::map<std::pair<std::string, std::string>, Choice> found_;
};

}  // namespace

std::string title_of(std::string_view uid) {
  if (uid == every_storage) return "Storage of every kind";
  const auto* entry = dict::find_uid(uid);
  return entry == nullptr ? std::string(uid) : std::string(entry->name);
}

bool has(const std::vector<std::string>& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

Reason no_common_syntax(const Parties& parties, const Offer& user, const Offer& provider, std::string_view sop_class) {
  const auto& asks = *user.service;
  const auto& takes = *provider.service;
  Reason out;
  out.fatal = true;
  out.text = fmt::format("no common transfer syntax for {}: {} proposes {}; {} accepts {}", title_of(sop_class),
                         parties.user.product, names_of(asks.transfer_syntaxes), parties.provider.product,
                         names_of(takes.transfer_syntaxes));
  out.clause = "PS3.5 10.1";
  out.user = asks.at;
  out.provider = takes.at;
  const bool user_has = has(asks.transfer_syntaxes, uids::ImplicitVRLittleEndian);
  const bool provider_has = has(takes.transfer_syntaxes, uids::ImplicitVRLittleEndian);
  const bool compressed_alone = std::ranges::none_of(asks.transfer_syntaxes, is_uncompressed);
  if (!provider_has) {
    out.change = fmt::format("{} has to accept Implicit VR Little Endian, the default for uncompressed data",
                             parties.provider.product);
    if (!user_has) out.change += fmt::format(", and {} has to propose it", parties.user.product);
    if (compressed_alone)
      out.change += fmt::format("; or let it accept {}, which is all that {} sends",
                                title_of(asks.transfer_syntaxes[0]), parties.user.product);
    out.change += ".";
  } else {
    out.change = fmt::format(
        "{} has to propose Implicit VR Little Endian, too{}.", parties.user.product,
        compressed_alone ? ", and to decompress what it has compressed (only what exists compressed alone may be "
                           "proposed without it)"
                         : "");
  }
  return out;
}

std::vector<Common> common_classes(const std::vector<Offer>& asked, const std::vector<Offer>& offered,
                                   std::vector<const Offer*>& lonely) {
  std::vector<Common> out;
  const auto find = [](const std::vector<Offer>& in, std::string_view uid) -> const Offer* {
    const Offer* any = nullptr;
    for (const auto& one : in) {
      if (one.service->sop_class == uid) return &one;
      if (one.service->sop_class == every_storage && is_storage(uid)) any = &one;
    }
    return any;
  };
  for (const auto& one : asked) {
    const auto& uid = one.service->sop_class;
    if (const auto* other = find(offered, uid)) {
      out.push_back({uid, one, *other});
    } else if (uid != every_storage) {
      lonely.push_back(&one);
    }
  }
  // Whoever asks for every storage asks for each class that the other names.
  for (const auto& other : offered) {
    const auto& uid = other.service->sop_class;
    if (uid == every_storage) continue;
    const auto* one = find(asked, uid);
    if (one != nullptr && one->service->sop_class == every_storage) out.push_back({uid, *one, other});
  }
  return out;
}

UseCase use_case_of(std::string_view uid) {
  const auto kind = kind_of(uid);
  if (uid == uids::Verification) return UseCase::verify;
  if (kind == "storage") return UseCase::store;
  if (kind == "print") return UseCase::print;
  if (uid == uids::ModalityWorklistInformationModelFind) return UseCase::worklist;
  if (uid == uids::ModalityPerformedProcedureStep) return UseCase::mpps;
  if (uid == uids::StorageCommitmentPushModel) return UseCase::commitment;
  const auto name = short_name(uid);
  if (name.find("QueryRetrieveInformationModel") == std::string::npos || name.starts_with("ColorPalette"))
    return UseCase::other;
  return kind == "find" ? UseCase::query : name.ends_with("Move") ? UseCase::move : UseCase::get;
}

std::vector<Offer> offers_of(const Profile& profile, Role role, UseCase use_case) {
  std::vector<Offer> out;
  for (const auto& ae : profile.aes)
    for (const auto& one : ae.services)
      if (one.role == role && use_case_of(one.sop_class) == use_case) out.push_back({&ae, &one});
  return out;
}

ClassMatch match_syntaxes(const Offer& user, const Offer& provider) {
  ClassMatch out;
  const auto& asked = user.service->transfer_syntaxes;
  const auto& taken = provider.service->transfer_syntaxes;
  for (const auto& one : asked)
    if (has(taken, one)) out.syntaxes.push_back(one);
  if (out.syntaxes.empty()) {
    out.outcome = Outcome::fails;
    return out;
  }
  // In contexts of their own each is answered alone, and the asking side takes what it likes most.
  out.chosen = out.syntaxes.front();
  if (!user.ae->says("proposes", "separate") && !provider.ae->says("transfer-syntax-choice", "requestor-order"))
    out.chosen = *std::ranges::find_if(taken, [&](const auto& one) { return has(asked, one); });
  out.outcome = out.syntaxes.front() == asked.front() ? Outcome::works : Outcome::fallback;
  return out;
}

UseCaseMatch match_services(const Parties& parties, UseCase use_case) {
  UseCaseMatch out;
  out.use_case = use_case;
  const auto asked = offers_of(parties.user, Role::scu, use_case);
  const auto offered = offers_of(parties.provider, Role::scp, use_case);
  out.user_claims = !asked.empty();
  out.provider_claims = !offered.empty();
  if (asked.empty() && offered.empty()) return out;
  if (asked.empty() || offered.empty()) {
    out.outcome = Outcome::one_sided;
    Reason why;
    why.clause = "PS3.4 6";
    if (!asked.empty()) {
      why.user = asked.front().service->at;
      why.text = fmt::format("{} asks for {} as SCU, {} is no SCP of it", parties.user.product,
                             title_of(asked.front().service->sop_class), parties.provider.product);
      const bool turned = !offers_of(parties.provider, Role::scu, use_case).empty();
      if (turned) why.text += " (both ask for it)";
      why.change = fmt::format("Ask the vendor of {} for the service as SCP, or let another device serve {}.",
                               parties.provider.product, parties.user.product);
    } else {
      why.provider = offered.front().service->at;
      why.text = fmt::format("{} serves {} as SCP, {} does not ask for it", parties.provider.product,
                             title_of(offered.front().service->sop_class), parties.user.product);
    }
    out.reasons.push_back(std::move(why));
    return out;
  }
  std::vector<const Offer*> lonely;
  const auto common = common_classes(asked, offered, lonely);
  std::size_t good = 0;
  SecondChoices second(parties);
  for (const auto& [uid, user, provider] : common) {
    auto one = match_syntaxes(user, provider);
    one.sop_class = uid;
    if (one.outcome == Outcome::fails) {
      out.reasons.push_back(no_common_syntax(parties, user, provider, uid));
    } else {
      ++good;
    }
    if (one.outcome == Outcome::fallback) second.add(user, provider, uid, one.chosen);
    out.classes.push_back(std::move(one));
  }
  second.tell(out.reasons);
  for (const auto* one : lonely) out.classes.push_back({one->service->sop_class, Outcome::one_sided, {}, {}});
  if (!lonely.empty() && !common.empty()) out.reasons.push_back(lonely_classes(parties, lonely, use_case));
  if (claims_all(asked) && !claims_all(offered)) {
    Reason why;
    why.text = fmt::format("{} sends any Storage SOP Class, {} takes {} of them: the others are refused",
                           parties.user.product, parties.provider.product, offered.size());
    why.clause = "PS3.4 B.5";
    why.user = asked.front().service->at;
    why.provider = offered.front().service->at;
    out.reasons.push_back(std::move(why));
  }
  if (good == 0) {
    out.outcome = Outcome::fails;
    if (common.empty()) {
      Reason why;
      why.fatal = true;
      why.clause = "PS3.4 6";
      why.text = fmt::format("both claim to {}, but no SOP Class is the same: {} asks for {}; {} serves {}",
                             title(use_case), parties.user.product, title_of(asked.front().service->sop_class),
                             parties.provider.product, title_of(offered.front().service->sop_class));
      why.change =
          fmt::format("{} needs {} as SCP.", parties.provider.product, title_of(asked.front().service->sop_class));
      why.user = asked.front().service->at;
      why.provider = offered.front().service->at;
      // Optional additions beside the services that people name are nobody's failure.
      why.fatal = use_case != UseCase::other;
      if (use_case == UseCase::other) out.outcome = Outcome::one_sided;
      out.reasons.push_back(std::move(why));
    }
    return out;
  }
  out.outcome = good < out.classes.size() ? Outcome::partly : second.any() ? Outcome::fallback : Outcome::works;
  if (use_case == UseCase::query || use_case == UseCase::worklist) match_keys(parties, out);
  if (use_case == UseCase::move || use_case == UseCase::get) match_retrieval(parties, out);
  if (use_case == UseCase::commitment) match_commitment(parties, out);
  return out;
}

}  // namespace assay::conformance
