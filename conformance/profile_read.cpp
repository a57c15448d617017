// Elements of a profile file to the Profile, on top of what the base says. What one file says twice is an error at both
// places; what it says about something of the base goes before it.
// Tests: tests/unit/conformance/profile_load_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"

namespace assay::conformance {
namespace {

using scenario::Element;
using scenario::LoadError;
using scenario::Location;

/// Prose and names: blanks and line ends count as one blank.
std::string prose(std::string_view text) {
  std::string out;
  for (const auto word : scenario::words_of(text)) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

class Reader {
 public:
  Reader(Profile& profile, std::vector<LoadError>& errors) : profile_(profile), errors_(errors) {}

  void read(const Element& root) {
    if (root.has("product")) profile_.product = prose(root.value("product"));
    if (root.has("version")) profile_.version = prose(root.value("version"));
    if (root.has("manufacturer")) profile_.manufacturer = prose(root.value("manufacturer"));
    if (root.has("edition")) profile_.edition = prose(root.value("edition"));
    for (const auto& child : root.children)
      if (child.name == "private") private_uid(child);
    for (const auto& child : root.children)
      if (child.name == "remove" && !remove_claim(profile_, scenario::trimmed(child.value("claim"))))
        wrong(child.attribute("claim")->at,
              fmt::format("the base claims nothing with the id {}", printable(child.value("claim"))));
    for (const auto& child : root.children) {
      if (child.name == "note") profile_.notes.push_back(prose(child.text));
      if (child.name == "ae") ae(child);
      if (child.name == "character-set") character_set(child);
      if (child.name == "security") security(child);
      if (child.name == "media") media(child);
      if (child.name == "de-identification") deidentification(child);
    }
  }

 private:
  void wrong(const Location& at, std::string message) { errors_.push_back(scenario::error_at(at, std::move(message))); }

  /// Says an id of this file for the first time. False, with an error at both places, when it stands above already.
  bool first(const std::string& id, const Location& at, std::string_view what) {
    const auto [found, is_new] = said_.emplace(id, place_of(at));
    if (is_new) return true;
    errors_.push_back(error_between(place_of(at), fmt::format("{} stands above already", what), found->second));
    return false;
  }

  const PrivateUid* private_of(std::string_view uid, bool transfer_syntax) const {
    const auto found = std::ranges::find_if(profile_.private_uids, [&](const PrivateUid& one) {
      return one.uid == uid && one.transfer_syntax == transfer_syntax;
    });
    return found == profile_.private_uids.end() ? nullptr : &*found;
  }

  void private_uid(const Element& e) {
    PrivateUid out{std::string(e.value("uid")), prose(e.value("name")), e.is("kind", "transfer-syntax"),
                   place_of(e.at)};
    if (dict::find_uid(scenario::uid_value(out.uid)) != nullptr)
      return wrong(e.attribute("uid")->at, fmt::format("{} is a UID of the standard", printable(out.uid)));
    if (out.uid.empty() || out.uid.size() > 64)
      return wrong(e.attribute("uid")->at, "a UID has 1 to 64 digits and dots");
    if (!first("private/" + out.uid, e.at, "the UID " + out.uid)) return;
    std::erase_if(profile_.private_uids, [&](const PrivateUid& one) { return one.uid == out.uid; });
    profile_.private_uids.push_back(std::move(out));
  }

  void ae(const Element& e) {
    const auto* title_at = e.attribute("title");
    const std::string title(scenario::trimmed(e.value("title")));
    const bool readable = std::ranges::all_of(title, [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
    if (title.empty() || title.size() > 16 || !readable)
      return wrong(title_at->at, "an AE title has 1 to 16 characters (PS3.5 6.2)");
    if (!first("ae/" + title, title_at->at, "the AE " + title)) return;
    const auto old = e.has("instead-of") ? std::string(scenario::trimmed(e.value("instead-of"))) : title;
    auto found = std::ranges::find(profile_.aes, old, &ApplicationEntity::title);
    if (found == profile_.aes.end()) {
      if (e.has("instead-of"))
        return wrong(e.attribute("instead-of")->at, fmt::format("the base has no AE {}", printable(old)));
      profile_.aes.emplace_back();
      found = profile_.aes.end() - 1;
    }
    ae_ = &*found;
    ae_->title = title;
    ae_->at = place_of(e.at);
    said_in_ae_.clear();
    for (const auto* attribute : {"maximum-length", "maximum-associations"})
      if (const auto* said = e.attribute(attribute)) policy(attribute, said->value, said->at, said->at);
    for (const auto& child : e.children) {
      if (child.name == "note") ae_->notes.push_back(prose(child.text));
      if (child.name == "policy")
        policy(child.value("name"), child.value("value"), child.attribute("name")->at, child.attribute("value")->at);
      if (child.name == "service") service(child);
      if (child.name == "keys")
        for (const auto& one : child.children)
          if (one.name == "key") key(child, one);
    }
  }

  /// The same within one Application Entity.
  bool first_here(const std::string& id, const Location& at, std::string_view what) {
    const auto [found, is_new] = said_in_ae_.emplace(id, place_of(at));
    if (is_new) return true;
    errors_.push_back(error_between(place_of(at), fmt::format("{} stands above already", what), found->second));
    return false;
  }

  void policy(std::string_view name, std::string_view value, const Location& at, const Location& value_at) {
    const auto* spec = policy_spec(name);
    if (spec == nullptr && !name.starts_with("x-"))
      return wrong(at, fmt::format("there is no policy {}; names of your own begin with x-", printable(name)));
    const auto text = prose(value);
    if (spec != nullptr)
      if (const auto problem = problem_with_policy(*spec, text))
        return wrong(value_at, fmt::format("{} '{}': {}", name, printable(text), *problem));
    if (!first_here(policy_id(name), at, "the policy " + std::string(name))) return;
    ae_->policies.insert_or_assign(std::string(name), PolicyClaim{text, place_of(at)});
  }

  /// One, or several that are alike.
  std::vector<std::string> sop_classes_of(const Element& e) {
    if (e.has("sop-class") == e.is("storage", "yes")) {
      wrong(e.at, "<service> takes either sop-class or storage=\"yes\"");
      return {};
    }
    if (!e.has("sop-class")) return {std::string(every_storage)};
    std::vector<std::string> out;
    for (const auto word : scenario::words_of(e.value("sop-class"))) {
      auto uid = scenario::uid_value(word);
      const auto* entry = dict::find_uid(uid);
      const bool known =
          entry != nullptr && (entry->kind == dict::UidKind::sop_class || entry->kind == dict::UidKind::meta_sop_class);
      if (known || private_of(uid, false) != nullptr) {
        out.push_back(std::move(uid));
        continue;
      }
      wrong(e.attribute("sop-class")->at,
            fmt::format("'{}' is no SOP Class{}", printable(word),
                        entry != nullptr ? "" : "; declare one of your own with <private kind=\"sop-class\">"));
    }
    if (out.empty() && errors_.empty()) wrong(e.attribute("sop-class")->at, "'' is no SOP Class");
    return out;
  }

  std::vector<std::string> transfer_syntaxes_of(const Element& e) {
    std::vector<std::string> out;
    for (const auto word : scenario::words_of(e.value("transfer"))) {
      auto uid = scenario::uid_value(word);
      const auto* entry = dict::find_uid(uid);
      const bool known = entry != nullptr && entry->kind == dict::UidKind::transfer_syntax;
      if (!known && private_of(uid, true) == nullptr)
        wrong(e.attribute("transfer")->at,
              fmt::format("'{}' is no transfer syntax{}", printable(word),
                          entry != nullptr ? "" : "; declare one of your own with <private kind=\"transfer-syntax\">"));
      if (std::ranges::find(out, uid) != out.end())
        wrong(e.attribute("transfer")->at, fmt::format("'{}' stands there twice", printable(word)));
      out.push_back(std::move(uid));
    }
    if (out.empty()) wrong(e.at, "<service> needs at least one transfer syntax");
    return out;
  }

  void service(const Element& e) {
    ServiceClaim claim;
    claim.at = place_of(e.at);
    const auto sop_classes = sop_classes_of(e);
    if (!e.is("scu", "yes") && !e.is("scp", "yes")) wrong(e.at, "<service> needs scu=\"yes\" or scp=\"yes\"");
    claim.transfer_syntaxes = transfer_syntaxes_of(e);
    for (const auto word : scenario::words_of(e.value("extended"))) {
      const auto* item = extended_item(word);
      if (item == nullptr) continue;  // the grammar has complained
      if (std::ranges::any_of(sop_classes, [&](const auto& one) { return item->of != kind_of(one); }))
        wrong(e.attribute("extended")->at, fmt::format("{} is of the {} services ({})", word, item->of, item->clause));
      if (std::ranges::find(claim.extended, word) == claim.extended.end()) claim.extended.emplace_back(word);
    }
    for (const auto& child : e.children)
      if (child.name == "note") claim.notes.push_back(prose(child.text));
    if (!errors_.empty()) return;
    for (const auto& one : sop_classes)
      for (const auto role : {Role::scu, Role::scp})
        if (e.is(name(role), "yes")) {
          claim.sop_class = one;
          claim.role = role;
          keep(claim, e);
        }
  }

  void keep(const ServiceClaim& claim, const Element& e) {
    const auto id = service_id(claim.sop_class, claim.role);
    const auto old = std::ranges::find_if(ae_->services, [&](const ServiceClaim& one) {
      return one.sop_class == claim.sop_class && one.role == claim.role;
    });
    const auto said = said_in_ae_.find(id);
    if (said != said_in_ae_.end()) {
      const bool equal = old != ae_->services.end() && old->transfer_syntaxes == claim.transfer_syntaxes;
      errors_.push_back(
          error_between(claim.at,
                        fmt::format("{} as {} is claimed {}", short_name(claim.sop_class), name(claim.role),
                                    equal ? "already" : "with other transfer syntaxes, too"),
                        said->second));
      return;
    }
    said_in_ae_.emplace(id, claim.at);
    if (old != ae_->services.end()) {
      *old = claim;
    } else {
      ae_->services.push_back(claim);
    }
    for (const auto& child : e.children)
      if (child.name == "status") status(child, claim, e.is("scu", "yes") && e.is("scp", "yes"));
  }

  void status(const Element& e, const ServiceClaim& service, bool both) {
    const auto text = scenario::trimmed(e.value("code"));
    if (e.has("role") ? !e.is("role", name(service.role)) : both && service.role == Role::scu) {
      if (e.has("role") && !both)
        wrong(e.attribute("role")->at, fmt::format("the service is claimed as {} only", name(service.role)));
      return;
    }
    const auto dash = text.find('-');
    const auto from = scenario::status_from(text.substr(0, dash));
    const auto to = dash == std::string_view::npos ? from : scenario::status_from(text.substr(dash + 1));
    if (!from || !to || *to < *from)
      return wrong(e.attribute("code")->at,
                   fmt::format("'{}' is no status: write A700, or a range A700-A7FF", printable(text)));
    StatusClaim claim{service.sop_class,      service.role,           *from,         *to,
                      prose(e.value("when")), prose(e.value("then")), place_of(e.at)};
    const std::string_view uid = service.sop_class == every_storage ? uids::CTImageStorage : service.sop_class;
    const bool known = private_of(uid, false) != nullptr || (has_status(uid, *from) && has_status(uid, *to));
    if (!known)
      return wrong(e.attribute("code")->at,
                   fmt::format("{} has no status {}", short_name(service.sop_class), status_text(claim)));
    if (!first_here(status_id(claim), e.at, "the status " + status_text(claim))) return;
    std::erase_if(ae_->statuses, [&](const StatusClaim& one) { return status_id(one) == status_id(claim); });
    ae_->statuses.push_back(std::move(claim));
  }

  void key(const Element& around, const Element& e) {
    KeyClaim claim;
    claim.at = place_of(e.at);
    claim.role = around.is("role", "scu") ? Role::scu : Role::scp;
    for (const auto level : {KeyLevel::patient, KeyLevel::study, KeyLevel::series, KeyLevel::image, KeyLevel::worklist})
      if (around.is("level", name(level))) claim.level = level;
    const auto tag = dict::tag_of(e.value("tag"));
    if (!tag || (dict::find(*tag) == nullptr && !tag->is_private()))
      return wrong(e.attribute("tag")->at, fmt::format("PS3.6 has no element {}", printable(e.value("tag"))));
    claim.tag = *tag;
    if (e.has("type")) claim.type = e.value("type").front();
    const auto words = scenario::words_of(e.value("matching"));
    for (int i = 0; i <= static_cast<int>(Matching::multiple); ++i) {
      const auto kind = static_cast<Matching>(i);
      if (std::ranges::find(words, name(kind)) == words.end()) continue;
      if (const auto problem = problem_with_matching(kind, *tag))
        wrong(e.attribute("matching")->at, fmt::format("{}: {}", printable(e.value("tag")), *problem));
      claim.matching.push_back(kind);
    }
    claim.supported = !e.is("supported", "no");
    claim.returned = e.has("returned") ? e.is("returned", "yes") : claim.supported;
    claim.needed = e.is("needed", "yes");
    if (e.has("case")) claim.case_sensitive = e.is("case", "sensitive");
    if (!claim.supported && (!claim.matching.empty() || claim.returned))
      wrong(e.at, "a key that is not supported is neither matched nor returned");
    if (claim.supported && claim.matching.empty() && !claim.returned)
      wrong(e.at, "a key that is neither matched nor returned is not supported: write supported=\"no\"");
    if (claim.role == Role::scp && e.has("needed"))
      wrong(e.attribute("needed")->at, "needed is of role=\"scu\": an SCP needs no key");
    keep(std::move(claim));
  }

  void keep(KeyClaim claim) {
    const auto id = key_id(claim);
    const auto same = [&](const KeyClaim& one) { return key_id(one) == id; };
    const auto old = std::ranges::find_if(ae_->keys, same);
    if (const auto said = said_in_ae_.find(id); said != said_in_ae_.end()) {
      const bool both = old != ae_->keys.end() && old->supported != claim.supported;
      errors_.push_back(error_between(claim.at,
                                      both ? fmt::format("{} is claimed both as supported and as not supported", id)
                                           : fmt::format("{} stands above already", id),
                                      said->second));
      return;
    }
    said_in_ae_.emplace(id, claim.at);
    if (old != ae_->keys.end()) {
      *old = std::move(claim);
    } else {
      ae_->keys.push_back(std::move(claim));
    }
  }

  void character_set(const Element& e) {
    const auto term = prose(e.value("term"));
    if (!is_character_set(term))
      return wrong(
          e.attribute("term")->at,
          fmt::format("'{}' is no Defined Term of Specific Character Set (PS3.3 C.12.1.1.2)", printable(term)));
    if (!first(character_set_id(term), e.at, "the character set " + term)) return;
    std::erase_if(profile_.character_sets, [&](const CharacterSetClaim& one) { return one.term == term; });
    profile_.character_sets.push_back({term, place_of(e.at)});
  }

  void security(const Element& e) {
    if (e.has("plain") && first("security/plain", e.attribute("plain")->at, "what is spoken without TLS")) {
      profile_.plain = e.is("plain", "yes");
      profile_.plain_at = place_of(e.attribute("plain")->at);
    }
    for (const auto& child : e.children) {
      if (child.name == "note") profile_.notes.push_back(prose(child.text));
      if (child.name == "tls") tls(child);
    }
  }

  void tls(const Element& e) {
    TlsClaim claim;
    claim.at = place_of(e.at);
    claim.profile = e.value("profile");
    const auto* known = tls_name(claim.profile);
    if (known == nullptr) return;  // the grammar has complained
    claim.minimum = e.has("minimum") ? e.value("minimum") : known->minimum;
    claim.maximum = e.has("maximum") ? e.value("maximum") : known->maximum;
    if (e.has("mutual")) claim.mutual = e.value("mutual");
    if (claim.minimum > claim.maximum) {
      const auto* at = e.attribute(e.has("maximum") ? "maximum" : "minimum");
      errors_.push_back(error_between(place_of(at->at),
                                      fmt::format("no version of TLS is from {} to {}", claim.minimum, claim.maximum),
                                      place_of(e.has("minimum") ? e.attribute("minimum")->at : e.at)));
      return;
    }
    for (const auto* which : {"minimum", "maximum"})
      if (e.has(which) && (e.value(which) < known->minimum || e.value(which) > known->maximum))
        wrong(e.attribute(which)->at, fmt::format("{} has TLS {} to {} (PS3.15 {})", claim.profile, known->minimum,
                                                  known->maximum, known->section));
    for (const auto word : scenario::words_of(e.value("suites"))) {
      if (!word.starts_with("TLS_"))
        wrong(e.attribute("suites")->at,
              fmt::format("'{}' is no name of the IANA such as TLS_AES_128_GCM_SHA256", printable(word)));
      if (std::ranges::find(claim.suites, word) == claim.suites.end()) claim.suites.emplace_back(word);
    }
    if (!first(tls_id(claim.profile), e.at, "the TLS profile " + claim.profile)) return;
    std::erase_if(profile_.tls, [&](const TlsClaim& one) { return one.profile == claim.profile; });
    profile_.tls.push_back(std::move(claim));
  }

  void media(const Element& e) {
    for (const auto& child : e.children) {
      if (child.name == "note") profile_.notes.push_back(prose(child.text));
      if (child.name != "application-profile") continue;
      MediaClaim claim;
      claim.at = place_of(child.at);
      claim.profile = child.value("id");
      if (!media_annex(claim.profile)) {
        wrong(child.attribute("id")->at,
              fmt::format("'{}' is no Application Profile of PS3.11; your own begin with AUG- or PRI- (PS3.2 A.5.3)",
                          printable(claim.profile)));
        continue;
      }
      const auto words = scenario::words_of(child.value("roles"));
      for (const std::string_view role : {"FSC", "FSR", "FSU"})
        if (std::ranges::find(words, role) != words.end()) claim.roles.emplace_back(role);
      if (claim.roles.empty()) {
        wrong(child.attribute("roles")->at, "name at least one of FSC, FSR and FSU");
        continue;
      }
      if (!first(media_id(claim.profile), child.at, "the Application Profile " + claim.profile)) continue;
      std::erase_if(profile_.media, [&](const MediaClaim& one) { return one.profile == claim.profile; });
      profile_.media.push_back(std::move(claim));
    }
  }

  void deidentification(const Element& e) {
    if (!first("de-identification", e.at, "<de-identification>")) return;
    DeidentificationClaim claim;
    claim.at = place_of(e.at);
    const auto words = scenario::words_of(e.value("options"));
    for (const auto& option : deidentification_options())
      if (std::ranges::find(words, option.name) != words.end()) claim.options.emplace_back(option.name);
    const auto has = [&](std::string_view option) {
      return std::ranges::find(claim.options, option) != claim.options.end();
    };
    if (has("retain-full-dates") && has("retain-modified-dates"))
      wrong(e.attribute("options")->at,
            "dates are either retained or modified: retain-full-dates and "
            "retain-modified-dates exclude each other (PS3.15 E.3.6)");
    profile_.deidentification = std::move(claim);
  }

  Profile& profile_;
  std::vector<LoadError>& errors_;
  std::map<std::string, Place> said_;        // ids of this file
  std::map<std::string, Place> said_in_ae_;  // and of the Application Entity that is read
  ApplicationEntity* ae_ = nullptr;
};

}  // namespace

void apply_elements(const Element& root, Profile& profile, std::vector<LoadError>& errors) {
  Reader(profile, errors).read(root);
}

}  // namespace assay::conformance
