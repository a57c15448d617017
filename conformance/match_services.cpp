// SOP Classes, roles, transfer syntaxes and keys of two products. Tests: tests/unit/conformance/match_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conformance/match_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/worklist.hpp"

namespace assay::conformance {
namespace {

std::string title_of(std::string_view uid) {
  if (uid == every_storage) return "Storage of every kind";
  const auto* entry = dict::find_uid(uid);
  return entry == nullptr ? std::string(uid) : std::string(entry->name);
}

std::string names_of(const std::vector<std::string>& syntaxes) {
  std::string out;
  for (const auto& one : syntaxes) out.append(out.empty() ? "" : ", ").append(title_of(one));
  return out;
}

bool has(const std::vector<std::string>& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

/// Pixel data stays as it is in these: an object may be turned from one to the other (PS3.5 10.1).
bool is_uncompressed(std::string_view syntax) {
  return syntax == uids::ImplicitVRLittleEndian || syntax == uids::ExplicitVRLittleEndian ||
         syntax == uids::ExplicitVRBigEndian || syntax == uids::DeflatedExplicitVRLittleEndian;
}

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

/// The offers of one SOP Class on both sides, "every storage" taken for what it stands for.
struct Common {
  std::string sop_class;
  Offer user, provider;
};

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

struct RequiredKey {
  KeyLevel level;
  Tag tag;
};
/// Unique and required keys: PS3.4 C.6.1.1.2 to C.6.1.1.5, C.6.2.1.2.
const RequiredKey required_keys[] = {
    {KeyLevel::patient, tags::PatientName},    {KeyLevel::patient, tags::PatientID},
    {KeyLevel::study, tags::StudyDate},        {KeyLevel::study, tags::StudyTime},
    {KeyLevel::study, tags::AccessionNumber},  {KeyLevel::study, tags::StudyID},
    {KeyLevel::study, tags::StudyInstanceUID}, {KeyLevel::series, tags::Modality},
    {KeyLevel::series, tags::SeriesNumber},    {KeyLevel::series, tags::SeriesInstanceUID},
    {KeyLevel::image, tags::InstanceNumber},   {KeyLevel::image, tags::SOPInstanceUID},
};

bool is_required(KeyLevel level, Tag tag) {
  if (level == KeyLevel::worklist)
    return std::ranges::any_of(service::worklist_keys(),
                               [&](const service::WorklistKey& one) { return one.tag == tag && one.required; });
  return std::ranges::any_of(required_keys, [&](const RequiredKey& one) {
    return one.tag == tag && (one.level == level || (level == KeyLevel::study && one.level == KeyLevel::patient));
  });
}

std::string key_name(Tag tag) {
  const auto keyword = dict::keyword(tag);
  return keyword.empty() ? to_string(tag) : std::string(keyword);
}

}  // namespace

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

void match_keys(const Parties& parties, UseCaseMatch& match) {
  const bool worklist = match.use_case == UseCase::worklist;
  const auto fits = [&](const KeyClaim& one) { return (one.level == KeyLevel::worklist) == worklist; };
  const auto of_role = [&](const Profile& profile, Role role) {
    std::vector<const KeyClaim*> out;
    for (const auto& ae : profile.aes)
      for (const auto& one : ae.keys)
        if (one.role == role && fits(one)) out.push_back(&one);
    return out;
  };
  const auto wanted = of_role(parties.user, Role::scu);
  const auto offered = of_role(parties.provider, Role::scp);
  for (const auto* want : wanted) {
    KeyMatch one;
    one.level = want->level;
    one.tag = want->tag;
    one.wanted = want->matching;
    one.needed = want->needed;
    // The patient's keys of Study Root stand at the study level (PS3.4 C.6.2.1).
    const auto at_level = [&](const KeyClaim* have) {
      return have->level == want->level || (want->level == KeyLevel::study && have->level == KeyLevel::patient);
    };
    one.stated = std::ranges::any_of(offered, at_level);
    const auto found = std::ranges::find_if(
        offered, [&](const auto* have) { return at_level(have) && have->tag == want->tag && have->supported; });
    const KeyClaim* have = found == offered.end() ? nullptr : *found;
    if (one.stated) {
      for (const auto kind : want->matching)
        if (kind != Matching::universal &&
            (have == nullptr || std::ranges::find(have->matching, kind) == have->matching.end()))
          one.lacking.push_back(kind);
      one.returned = !want->returned || (have != nullptr && have->returned);
      if (!one.good()) {
        Reason why;
        std::string kinds;
        for (const auto kind : one.lacking) kinds.append(kinds.empty() ? "" : ", ").append(name(kind));
        const auto key = fmt::format("{} at the level {}", key_name(want->tag), name(want->level));
        const bool known = have != nullptr;
        why.text = !known           ? fmt::format("{} wants {}, {} does not know that key", parties.user.product, key,
                                                  parties.provider.product)
                   : !kinds.empty() ? fmt::format("{} asks for {} with {} matching, {} does not match it so",
                                                  parties.user.product, key, kinds, parties.provider.product)
                                    : fmt::format("{} wants {} in responses, {} does not return it",
                                                  parties.user.product, key, parties.provider.product);
        const bool required = is_required(want->level, want->tag);
        why.clause = worklist ? "PS3.4 K.6.1.2.2" : required ? "PS3.4 C.6" : "PS3.4 C.2.2.1.3";
        why.fatal = want->needed;
        why.change = required ? fmt::format("{} has to support it: it is a required key.", parties.provider.product)
                     : want->needed
                         ? fmt::format("{} has to do without it, or {} to learn it.", parties.user.product,
                                       parties.provider.product)
                         : "An optional key that is not supported must not fail the query: expect more matches, and no "
                           "value for it.";
        why.user = want->at;
        if (have != nullptr) why.provider = have->at;
        if (why.fatal) match.outcome = Outcome::fails;
        match.reasons.push_back(std::move(why));
      }
    }
    match.keys.push_back(std::move(one));
  }
  if (!wanted.empty() && std::ranges::any_of(match.keys, [](const KeyMatch& one) { return !one.stated; })) {
    Reason why;
    why.text =
        fmt::format("{} says nothing about some keys that {} asks for", parties.provider.product, parties.user.product);
    why.clause = "PS3.2 A.4.2.1.3";
    why.change = fmt::format("Try them: assay find AE@HOST:PORT, or ask the vendor of {}.", parties.provider.product);
    match.reasons.push_back(std::move(why));
  }
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

std::vector<Reason> remarks_on(const Profile& product) {
  std::vector<Reason> out;
  for (const auto& ae : product.aes) {
    for (const auto& one : ae.services)
      if (!has(one.transfer_syntaxes, uids::ImplicitVRLittleEndian) && !is_storage(one.sop_class)) {
        Reason why;
        why.text = fmt::format("{} does not claim Implicit VR Little Endian for {} as {}", product.product,
                               title_of(one.sop_class), name(one.role));
        why.clause = "PS3.5 10.1";
        why.change = "Ask the vendor: it is the default transfer syntax, which nobody may leave out.";
        (one.role == Role::scu ? why.user : why.provider) = one.at;
        out.push_back(std::move(why));
      }
    const bool study_root = ae.service(uids::StudyRootQueryRetrieveInformationModelFind, Role::scp) != nullptr;
    for (const auto level : {KeyLevel::patient, KeyLevel::study, KeyLevel::series, KeyLevel::image}) {
      const auto states = [&](KeyLevel one) {
        return std::ranges::any_of(ae.keys,
                                   [&](const KeyClaim& key) { return key.role == Role::scp && key.level == one; });
      };
      if (!states(level)) continue;
      std::string missing;
      for (const auto& [at, tag] : required_keys) {
        if (at != level && !(study_root && level == KeyLevel::study && at == KeyLevel::patient)) continue;
        const auto* key = ae.key(Role::scp, level, tag);
        if (key == nullptr && level == KeyLevel::study && at == KeyLevel::patient)
          key = ae.key(Role::scp, KeyLevel::patient, tag);
        if (key == nullptr || !key->supported || key->matching.empty())
          missing.append(missing.empty() ? "" : ", ").append(key_name(tag));
      }
      if (missing.empty()) continue;
      Reason why;
      why.text = fmt::format("{} does not claim to match {} at the level {}", product.product, missing, name(level));
      why.clause = study_root && level == KeyLevel::study ? "PS3.4 C.6.2.1.2" : "PS3.4 C.6.1.1";
      why.change = "Ask the vendor: these keys are unique or required.";
      why.provider = ae.at;
      out.push_back(std::move(why));
    }
  }
  return out;
}

}  // namespace assay::conformance
