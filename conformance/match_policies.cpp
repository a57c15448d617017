// What two products say about associations, titles, identity, TLS, character sets and media.
// Tests: tests/unit/conformance/match_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/match_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/scenario/values.hpp"

namespace assay::conformance {
namespace {

Place place_in(const ApplicationEntity& ae, std::string_view policy) {
  const auto found = ae.policies.find(policy);
  return found == ae.policies.end() ? Place() : found->second.at;
}

bool lists(std::string_view titles, std::string_view wanted) {
  for (;;) {
    const auto end = titles.find('\\');
    if (scenario::trimmed(titles.substr(0, end)) == wanted) return true;
    if (end == std::string_view::npos) return false;
    titles = titles.substr(end + 1);
  }
}

bool upper_case_only(std::string_view title) {
  return title.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-") == std::string_view::npos;
}

class Policies {
 public:
  Policies(const Parties& parties, const ApplicationEntity& user, const ApplicationEntity& provider)
      : user_name_(parties.user.product),
        provider_name_(parties.provider.product),
        parties_(parties),
        user_(user),
        provider_(provider) {}

  std::vector<Reason> all() {
    lengths(user_, user_name_, provider_, provider_name_, true);
    lengths(provider_, provider_name_, user_, user_name_, false);
    associations();
    title_fits(user_, user_name_, provider_, provider_name_, true);
    title_fits(provider_, provider_name_, user_, user_name_, false);
    title_checks();
    identity();
    security();
    character_sets();
    return std::move(out_);
  }

 private:
  Reason& add(std::string text, std::string_view clause, std::string change, bool fatal) {
    out_.push_back({std::move(text), std::string(clause), std::move(change), fatal, {}, {}});
    return out_.back();
  }

  void lengths(const ApplicationEntity& one, const std::string& name, const ApplicationEntity& other,
               const std::string& other_name, bool user_first) {
    const auto least = one.number("least-peer-maximum-length");
    const auto most = other.number("maximum-length");
    if (!least || !most || *most == 0 || *most >= *least) return;
    auto& why = add(
        fmt::format("{} needs a maximum length of at least {} bytes, {} announces {}", name, *least, other_name, *most),
        "PS3.8 D.1", fmt::format("Set the maximum length of {} to {} or more.", other_name, *least), true);
    (user_first ? why.user : why.provider) = place_in(one, "least-peer-maximum-length");
    (user_first ? why.provider : why.user) = place_in(other, "maximum-length");
  }

  void associations() {
    const auto most = provider_.number("maximum-associations");
    const auto needs = user_.number("needs-associations");
    const auto opens = user_.number("opens-associations");
    if (!most) return;
    if (needs && *needs > *most) {
      auto& why = add(fmt::format("{} needs {} associations at the same time, {} serves {}", user_name_, *needs,
                                  provider_name_, *most),
                      "PS3.2 A.4.2.1.2.2",
                      fmt::format("Raise the number of associations of {} to {}.", provider_name_, *needs), true);
      why.user = place_in(user_, "needs-associations");
      why.provider = place_in(provider_, "maximum-associations");
    } else if (opens && *opens > *most) {
      auto& why = add(
          fmt::format("{} opens up to {} associations at the same time, {} serves {}: the others wait or "
                      "are refused",
                      user_name_, *opens, provider_name_, *most),
          "PS3.2 A.4.2.1.2.2",
          fmt::format("Set {} to at most {}, or raise the number of {}.", user_name_, *most, provider_name_), false);
      why.user = place_in(user_, "opens-associations");
      why.provider = place_in(provider_, "maximum-associations");
    }
  }

  void title_fits(const ApplicationEntity& one, const std::string& name, const ApplicationEntity& other,
                  const std::string& other_name, bool user_first) {
    const auto longest = other.number("longest-ae-title");
    const auto place = [&](Reason& why, std::string_view policy) {
      (user_first ? why.user : why.provider) = one.at;
      (user_first ? why.provider : why.user) = place_in(other, policy);
    };
    if (longest && one.title.size() > *longest)
      place(add(fmt::format("the AE title {} of {} has {} characters, {} takes {}", one.title, name, one.title.size(),
                            other_name, *longest),
                "PS3.2 A.4.4.1", fmt::format("Shorten the AE title of {} to {} characters.", name, *longest), true),
            "longest-ae-title");
    if (other.says("ae-title-characters", "upper-case") && !upper_case_only(one.title))
      place(add(fmt::format("the AE title {} of {} has characters that {} does not take", one.title, name, other_name),
                "PS3.2 A.4.4.1", fmt::format("Write the AE title of {} in capital letters, digits, _ and -.", name),
                true),
            "ae-title-characters");
  }

  void title_checks() {
    if (const auto titles = provider_.policy("calling-ae-titles"); titles && !lists(*titles, user_.title)) {
      auto& why =
          add(fmt::format("{} takes no calls from {}: it takes {}", provider_name_, user_.title, *titles),
              "PS3.8 9.3.4", fmt::format("Enter {} as calling AE title into {}.", user_.title, provider_name_), true);
      why.refuses = true;
      why.user = user_.at;
      why.provider = place_in(provider_, "calling-ae-titles");
    } else if (!titles && provider_.says("checks-calling-ae-title", "yes")) {
      add(fmt::format("{} refuses calling AE titles that it does not know", provider_name_), "PS3.8 9.3.4",
          fmt::format("Enter {} as calling AE title into {}.", user_.title, provider_name_), false)
          .provider = place_in(provider_, "checks-calling-ae-title");
    }
    if (provider_.says("checks-called-ae-title", "yes"))
      add(fmt::format("{} answers to its AE title only", provider_name_), "PS3.8 9.3.4",
          fmt::format("Enter {} as called AE title into {}.",
                      provider_.policy("called-ae-titles").value_or(provider_.title), user_name_),
          false)
          .provider = place_in(provider_, "checks-called-ae-title");
  }

  void identity() {
    const auto required = provider_.policy("user-identity-required");
    if (!required) return;
    const auto sent = user_.policy("user-identity-sent").value_or("");
    const auto wanted = scenario::words_of(*required);
    const bool good = std::ranges::any_of(scenario::words_of(sent),
                                          [&](auto one) { return std::ranges::find(wanted, one) != wanted.end(); });
    if (good) return;
    auto& why =
        add(fmt::format("{} refuses who does not say who its user is by {}; {} sends {}", provider_name_, *required,
                        user_name_, sent.empty() ? "nothing of that kind" : sent),
            "PS3.7 D.3.3.7",
            fmt::format("Let {} send one of {}, or switch the check of {} off.", user_name_, *required, provider_name_),
            true);
    why.refuses = true;
    why.user = place_in(user_, "user-identity-sent");
    why.provider = place_in(provider_, "user-identity-required");
  }

  /// Why two TLS claims have nothing in common; "" when they have.
  static std::string no_common_tls(const TlsClaim& user, const TlsClaim& provider) {
    if (std::max(user.minimum, provider.minimum) > std::min(user.maximum, provider.maximum))
      return fmt::format("TLS {} to {} against {} to {}", user.minimum, user.maximum, provider.minimum,
                         provider.maximum);
    const bool shared =
        user.suites.empty() || provider.suites.empty() || std::ranges::any_of(user.suites, [&](const auto& one) {
          return std::ranges::find(provider.suites, one) != provider.suites.end();
        });
    if (!shared) return "no cipher suite is the same";
    if (provider.mutual == "required" && user.mutual == "no") return "a certificate is wanted, and there is none";
    return {};
  }

  void security() {
    const auto& user = parties_.user;
    const auto& provider = parties_.provider;
    const bool user_plain = user.plain.value_or(true);
    const bool provider_plain = provider.plain.value_or(true);
    std::string why_not;
    for (const auto& one : user.tls)
      for (const auto& other : provider.tls) {
        why_not = no_common_tls(one, other);
        if (why_not.empty()) return;  // over TLS it works
      }
    const auto place = [&](Reason& why) {
      why.refuses = why.fatal && !provider_plain;
      why.user = user.tls.empty() ? user.plain_at : user.tls.front().at;
      why.provider = provider.tls.empty() ? provider.plain_at : provider.tls.front().at;
    };
    if (user.tls.empty() != provider.tls.empty() && user_plain != provider_plain) {
      const auto& secure = user_plain ? provider_name_ : user_name_;
      const auto& open = user_plain ? user_name_ : provider_name_;
      place(add(fmt::format("{} speaks nothing but TLS, {} speaks none", secure, open), "PS3.15 B",
                fmt::format("Switch TLS on in {}, or off in {}.", open, secure), true));
    } else if (!why_not.empty()) {
      const bool fatal = !user_plain || !provider_plain;
      place(add(fmt::format("no common TLS: {}", why_not), "PS3.15 B",
                fatal ? "Choose a TLS profile that both have, bcp195-rfc8996 (PS3.15 B.12) if possible."
                      : "They can only talk without TLS: choose a TLS profile that both have.",
                fatal));
    }
  }

  void character_sets() {
    const auto lacking = [](const Profile& one, const Profile& other) {
      std::string out;
      for (const auto& set : one.character_sets)
        if (std::ranges::find(other.character_sets, set.term, &CharacterSetClaim::term) == other.character_sets.end() &&
            set.term != "ISO_IR 6")
          out.append(out.empty() ? "" : ", ").append(set.term);
      return out;
    };
    if (parties_.user.character_sets.empty() || parties_.provider.character_sets.empty()) return;
    for (const auto& [one, other] :
         {std::pair(&parties_.user, &parties_.provider), std::pair(&parties_.provider, &parties_.user)}) {
      const auto terms = lacking(*one, *other);
      if (terms.empty()) continue;
      auto& why = add(fmt::format("texts of {} in {} cannot be read by {}", one->product, terms, other->product),
                      "PS3.3 C.12.1.1.2",
                      fmt::format("Set {} to a character set that {} claims.", one->product, other->product), false);
      (one == &parties_.user ? why.user : why.provider) = one->character_sets.front().at;
      (one == &parties_.user ? why.provider : why.user) = other->character_sets.front().at;
    }
  }

  const std::string& user_name_;
  const std::string& provider_name_;
  const Parties& parties_;
  const ApplicationEntity& user_;
  const ApplicationEntity& provider_;
  std::vector<Reason> out_;
};

}  // namespace

std::vector<Reason> match_policies(const Parties& parties, const ApplicationEntity& user,
                                   const ApplicationEntity& provider) {
  return Policies(parties, user, provider).all();
}

UseCaseMatch match_media(const Parties& parties) {
  UseCaseMatch out;
  out.use_case = UseCase::media;
  const auto in_role = [](const Profile& profile, bool writes) {
    std::vector<const MediaClaim*> found;
    for (const auto& one : profile.media)
      if (std::ranges::any_of(one.roles, [&](const auto& role) { return writes ? role != "FSR" : role == "FSR"; }))
        found.push_back(&one);
    return found;
  };
  const auto written = in_role(parties.user, true);
  const auto read = in_role(parties.provider, false);
  out.user_claims = !written.empty();
  out.provider_claims = !read.empty();
  if (written.empty() && read.empty()) return out;
  out.outcome = Outcome::one_sided;
  if (written.empty() || read.empty()) return out;
  std::string common;
  for (const auto* one : written)
    for (const auto* other : read)
      if (one->profile == other->profile) common.append(common.empty() ? "" : ", ").append(one->profile);
  Reason why;
  why.clause = "PS3.11 7";
  why.user = written.front()->at;
  why.provider = read.front()->at;
  if (!common.empty()) {
    out.outcome = Outcome::works;
    why.text = fmt::format("{} reads what {} writes as {}", parties.provider.product, parties.user.product, common);
  } else {
    out.outcome = Outcome::fails;
    why.fatal = true;
    why.text = fmt::format("{} writes {}, {} reads {}: no Application Profile is the same", parties.user.product,
                           written.front()->profile, parties.provider.product, read.front()->profile);
    why.change = fmt::format("Write media of {}, or let {} read {}.", read.front()->profile, parties.provider.product,
                             written.front()->profile);
  }
  out.reasons.push_back(std::move(why));
  return out;
}

}  // namespace assay::conformance
