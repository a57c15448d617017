// Keys wanted against keys supported, and what a product by itself does not claim.
// Tests: tests/unit/conformance/match_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "conformance/match_parts.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/worklist.hpp"

namespace assay::conformance {
namespace {

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

namespace {

/// A full node asks and answers in each of four: what an entity that does some of it on both sides lacks.
std::optional<Reason> lacks_of_a_full_node(const Profile& product, const ApplicationEntity& ae) {
  struct Part {
    std::string_view name;
    std::array<std::string_view, 2> classes;
  };
  static constexpr Part parts[] = {
      {"Verification", {uids::Verification, uids::Verification}},
      {"query", {uids::PatientRootQueryRetrieveInformationModelFind, uids::StudyRootQueryRetrieveInformationModelFind}},
      {"C-MOVE",
       {uids::PatientRootQueryRetrieveInformationModelMove, uids::StudyRootQueryRetrieveInformationModelMove}},
  };
  std::string missing;
  std::size_t there = 0;
  const auto count = [&](bool is_there, std::string_view what, Role role) {
    if (is_there)
      ++there;
    else
      missing += fmt::format("{}{} as {}", missing.empty() ? "" : ", ", what, name(role));
    return is_there;
  };
  bool both = false;
  for (const auto& part : parts) {
    const auto plays = [&](Role role) {
      return count(std::ranges::any_of(part.classes, [&](auto uid) { return ae.service(uid, role) != nullptr; }),
                   part.name, role);
    };
    const bool asks = plays(Role::scu);
    both |= plays(Role::scp) && asks && part.name != "Verification";
  }
  const auto stores = [&](Role role) {
    return count(std::ranges::any_of(ae.services,
                                     [&](const auto& one) { return one.role == role && is_storage(one.sop_class); }),
                 "storage", role);
  };
  const bool sends = stores(Role::scu);
  both |= stores(Role::scp) && sends;
  if (!both || missing.empty()) return std::nullopt;
  Reason why;
  why.text = fmt::format("{} is a node on both sides and does not claim {} of the 8 parts of a full one: {}",
                         product.product, 8 - there, missing);
  why.clause = "PS3.2 A.4.2.1.3";
  why.change = "Nothing, if another device of the site does that part.";
  why.provider = ae.at;
  return why;
}

}  // namespace

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
    if (auto lacks = lacks_of_a_full_node(product, ae)) out.push_back(std::move(*lacks));
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
