// What was learned as a profile, and a statement held against it. Tests: tests/unit/conformance/learn_profile_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/learn.hpp"
#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance::learn {
namespace {

/// How many names a sentence lists before it only counts.
constexpr std::size_t most_named = 4;

bool same(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

ServiceClaim service_of(const ClassSeen& one, Role role) {
  ServiceClaim out;
  out.sop_class = one.uid;
  out.role = role;
  out.transfer_syntaxes = role == Role::scp ? one.as_scp : one.as_scu;
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), most_named); ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most_named) out += fmt::format(" and {} more", names.size() - most_named);
  return out;
}

/// The statement with one Application Entity alone, so that ids have no prefix.
Profile of_one(const Profile& statement, std::string_view title) {
  auto out = statement;
  if (out.aes.size() < 2) return out;
  const auto* chosen = statement.ae(title);
  out.aes = {chosen == nullptr ? statement.aes.front() : *chosen};
  return out;
}

class Comparison {
 public:
  Comparison(const Profile& statement, const Learned& learned, const Profile& reality) : learned_(learned) {
    said_ = claims(statement);
    found_ = claims(reality);
    for (const auto& one : said_) said_ids_.insert(one.id);
    for (const auto& one : found_) texts_.emplace(one.id, &one);
    statement_ae_ = statement.aes.empty() ? nullptr : &statement.aes.front();
    reality_ae_ = reality.aes.empty() ? nullptr : &reality.aes.front();
  }

  std::vector<Compared> run() {
    for (const auto& one : said_) out_.push_back(judge(one));
    for (const auto& one : found_)
      if (!said_ids_.contains(one.id) && present(one.id) && !covered(one.id))
        out_.push_back({one.id, one.text, one.clause, Standing::undeclared, evidence(one.id), one.at});
    return std::move(out_);
  }

 private:
  /// How it is known: said of the claim, else of the longest beginning of its id.
  [[nodiscard]] std::string evidence(const std::string& id) const {
    for (auto of = id;; of.resize(of.rfind('/'))) {
      if (const auto found = learned_.evidence.find(of); found != learned_.evidence.end()) return found->second;
      if (of.find('/') == std::string::npos) return {};
    }
  }

  [[nodiscard]] bool looked(const std::string& id) const {
    if (learned_.looked.contains(id)) return true;
    for (auto at = id.find('/'); at != std::string::npos; at = id.find('/', at + 1))
      if (learned_.looked.contains(id.substr(0, at + 1))) return true;
    return learned_.looked.contains(id + "/");
  }

  [[nodiscard]] std::string why_unknown(const std::string& id) const {
    for (const auto& one : learned_.unknown)
      if (!one.claim.empty() && (id == one.claim || id.starts_with(one.claim + "/") || one.claim.starts_with(id + "/")))
        return one.why;
    for (const auto& one : learned_.unknown)
      if (one.claim.empty()) return one.why;
    return "nothing was asked that would show it";
  }

  Compared judge(const Claim& one) const {
    Compared out{one.id, one.text, one.clause, Standing::not_seen, "", one.at};
    const auto found = texts_.find(one.id);
    if (one.id == "ae-title") {
      title(out);
    } else if (one.id == "policy/maximum-associations") {
      associations(one, found == texts_.end() ? nullptr : found->second, out);
    } else if (one.id == "policy/called-ae-titles" && found != texts_.end() && reality_ae_ != nullptr) {
      // What was found is one of them.
      const auto said = "\\" + statement_ae_->policy("called-ae-titles").value_or("") + "\\";
      out.standing = said.find("\\" + reality_ae_->title + "\\") != std::string::npos ? Standing::confirmed
                                                                                      : Standing::contradicted;
      out.found = found->second->text;
    } else if (one.id.starts_with("key/") && one.id.ends_with("/universal")) {
      const auto key = one.id.substr(0, one.id.rfind('/'));
      const bool returned = texts_.contains(key + "/returned");
      if (returned) out.standing = Standing::confirmed;
      out.found = returned ? "queries without a value of it found what is there" : why_unknown(one.id);
    } else if (found != texts_.end()) {
      const bool agrees = same_time(one.id) || found->second->text == one.text || one.id.starts_with("status/") ||
                          (one.id.starts_with("key/") && same_case(one, *found->second));
      out.standing = agrees ? Standing::confirmed : Standing::contradicted;
      out.found = agrees ? evidence(one.id) : found->second->text;
    } else if (one.id.starts_with("sop-class/")) {
      sop_class(one, out);
    } else if (one.id == "security/plain") {
      out.found = why_unknown(one.id);
    } else if (looked(one.id)) {
      out.standing = Standing::contradicted;
      out.found = evidence(one.id);
      if (out.found.empty()) out.found = "it was looked for and is not there";
    } else {
      out.found = why_unknown(one.id);
    }
    return out;
  }

  /// The text of a claim on matching says what becomes of capital letters only where the statement does.
  static bool same_case(const Claim& said, const Claim& found) {
    const auto says = said.text.find(", capital");
    return says == std::string::npos ? found.text.starts_with(said.text)
                                     : found.text.find(", capital") == std::string::npos;
  }

  /// A timer that was measured is never quite the one that was set.
  [[nodiscard]] bool same_time(const std::string& id) const {
    if (!id.starts_with("policy/") || statement_ae_ == nullptr || reality_ae_ == nullptr) return false;
    const auto policy = id.substr(id.find('/') + 1);
    const auto* spec = policy_spec(policy);
    if (spec == nullptr || spec->kind != PolicyKind::time) return false;
    const auto said = milliseconds(statement_ae_->policy(policy).value_or(""));
    const auto found = milliseconds(reality_ae_->policy(policy).value_or(""));
    return said && found &&
           std::max(*said, *found) - std::min(*said, *found) <= std::max<std::uint64_t>(1000, *said / 10);
  }
  /// Of "500ms", "30s", "2m".
  static std::optional<std::uint64_t> milliseconds(std::string_view text) {
    std::uint64_t number = 0;
    std::size_t at = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && at < 9; ++at)
      number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
    const auto unit = text.substr(at);
    if (at == 0) return std::nullopt;
    if (unit == "ms") return number;
    if (unit == "s" || unit.empty()) return number * 1000;
    if (unit == "m") return number * 60'000;
    return std::nullopt;
  }

  void title(Compared& out) const {
    const auto title = statement_ae_ == nullptr ? std::string() : statement_ae_->title;
    const auto checks = learned_.policies.find("checks-called-ae-title");
    if (reality_ae_ != nullptr && title == reality_ae_->title) {
      out.standing = Standing::confirmed;
      out.found = "it takes associations by this title";
      if (checks != learned_.policies.end() && checks->second == "no") out.found += ", as by any other";
    } else {
      out.found = fmt::format("it was called '{}'", reality_ae_ == nullptr ? "" : reality_ae_->title);
    }
  }

  void associations(const Claim& said, const Claim* found, Compared& out) const {
    const auto most = statement_ae_ == nullptr ? std::nullopt : statement_ae_->number("maximum-associations");
    if (found != nullptr) {
      out.standing = found->text == said.text ? Standing::confirmed : Standing::contradicted;
      out.found = evidence(said.id);
    } else if (most && learned_.parallel > *most) {
      out.standing = Standing::contradicted;
      out.found = fmt::format("{} were open at the same time", learned_.parallel);
    } else {
      out.found = why_unknown(said.id);
    }
  }

  /// A SOP Class that stands in the other profile as every Storage SOP Class, or the other way round.
  void sop_class(const Claim& said, Compared& out) const {
    const auto parts = id_parts(said.id);
    const auto role = parts.size() > 2 && parts[2] == "scu" ? Role::scu : Role::scp;
    const auto syntax = parts.size() > 3 ? uid_of_short_name(parts[3]) : std::string();
    const auto uid = uid_of_short_name(parts[1]);
    const auto takes = [&](const ServiceClaim* service) {
      return service != nullptr && (syntax.empty() || std::ranges::find(service->transfer_syntaxes, syntax) !=
                                                          service->transfer_syntaxes.end());
    };
    const bool stopped = std::ranges::any_of(learned_.unknown, [](const Unknown& u) { return u.claim == "sop-class"; });
    if (role == Role::scu) {
      if (uid != every_storage && reality_ae_ != nullptr && takes(reality_ae_->service(uid, role))) {
        out.standing = Standing::confirmed;
        out.found = "it takes the role of SCU by role selection";
      } else {
        out.found = "what a device does as SCU shows when it acts, not when it is asked";
      }
      return;
    }
    if (!syntax.empty() && !asked_in(uid, syntax)) {
      out.found = "it was not asked for in this transfer syntax: a look without --quick asks for all of them";
      return;
    }
    if (uid != every_storage) {
      if (reality_ae_ != nullptr && takes(reality_ae_->service(uid, role))) {
        out.standing = Standing::confirmed;
      } else if (looked(said.id)) {
        out.standing = Standing::contradicted;
        out.found = results_of(uid, syntax);
      } else {
        out.found = why_unknown(said.id);
      }
      return;
    }
    // A statement on every Storage SOP Class: those that the standard has now.
    std::vector<std::string> missing;
    std::size_t there = 0;
    for (const auto& one : learned_.classes) {
      const auto* entry = dict::find_uid(one.uid);
      if (!is_storage(one.uid) || entry == nullptr || entry->retired) continue;
      const auto* service = reality_ae_ == nullptr ? nullptr : reality_ae_->service(one.uid, role);
      if (takes(service))
        ++there;
      else
        missing.emplace_back(entry->keyword);
    }
    if (stopped && !missing.empty()) {
      out.found = why_unknown(said.id);
    } else if (missing.empty()) {
      out.standing = there > 0 ? Standing::confirmed : Standing::not_seen;
      out.found = fmt::format("all {} Storage SOP Classes of the standard are taken", there);
    } else {
      out.standing = Standing::contradicted;
      out.found = fmt::format("of {} Storage SOP Classes it does not take {}", there + missing.size(), listed(missing));
    }
  }

  /// Whether an answer to this transfer syntax is known: a SOP Class that is not taken is not taken in any.
  [[nodiscard]] bool asked_in(const std::string& uid, const std::string& syntax) const {
    const auto answered = [&](const ClassSeen& one) {
      return one.results.contains(syntax) || std::ranges::find(one.as_scp, syntax) != one.as_scp.end();
    };
    if (uid == every_storage)
      return std::ranges::any_of(learned_.classes, [&](const ClassSeen& one) { return answered(one); });
    const auto* seen = learned_.seen(uid);
    // Without an answer to any of them the reason is known, and told.
    return seen == nullptr || seen->together == 3 || seen->results.empty() || answered(*seen);
  }

  [[nodiscard]] std::string results_of(const std::string& uid, const std::string& syntax) const {
    const auto* seen = learned_.seen(uid);
    if (seen == nullptr) return "it was not taken";
    const auto one = seen->results.find(syntax);
    const auto result = one == seen->results.end() ? seen->together : one->second;
    return fmt::format("the presentation context was answered with result {}", result);
  }

  /// Something that is there, and that a statement has a word for: not "does not know this key", "does not agree to".
  [[nodiscard]] bool present(const std::string& id) const {
    constexpr std::string_view policy = "policy/";
    if (id.ends_with("/unsupported")) return false;
    if (!id.starts_with(policy)) return true;
    const auto name = id.substr(policy.size());
    return policy_spec(name) != nullptr && reality_ae_ != nullptr && !reality_ae_->says(name, "no");
  }

  /// Whether the statement says it in other words: a SOP Class of every Storage SOP Class, and the other way round.
  [[nodiscard]] bool covered(const std::string& id) const {
    const auto parts = id_parts(id);
    if (parts.size() < 3 || statement_ae_ == nullptr) return false;
    if (parts[0] == "status" && reality_ae_ != nullptr)
      return std::ranges::any_of(reality_ae_->statuses, [&](const StatusClaim& found) {
        return status_id(found) == id && std::ranges::any_of(statement_ae_->statuses, [&](const StatusClaim& said) {
                 return said.sop_class == found.sop_class && said.role == found.role && said.from <= found.from &&
                        found.to <= said.to;
               });
      });
    if (parts[0] != "sop-class") return false;
    const auto role = parts[2] == "scu" ? Role::scu : Role::scp;
    if (parts[1] == "storage") return false;
    const auto* service = statement_ae_->service(uid_of_short_name(parts[1]), role);
    if (service == nullptr) return false;
    return parts.size() == 3 || std::ranges::find(service->transfer_syntaxes, uid_of_short_name(parts[3])) !=
                                    service->transfer_syntaxes.end();
  }

  const Learned& learned_;
  const ApplicationEntity* statement_ae_ = nullptr;
  const ApplicationEntity* reality_ae_ = nullptr;
  std::vector<Claim> said_;
  std::vector<Claim> found_;
  std::set<std::string> said_ids_;
  std::map<std::string, const Claim*> texts_;
  std::vector<Compared> out_;
};

}  // namespace

Profile profile_of(const Learned& learned, const Naming& naming) {
  Profile out;
  out.product = naming.product;
  out.version = naming.version;
  out.notes = naming.notes;
  out.plain = naming.plain;
  auto& ae = out.aes.emplace_back();
  ae.title = naming.title;
  for (const auto& [name, value] : learned.policies) ae.policies[name].value = value;
  const auto* any = learned.seen(every_storage);
  for (const auto& one : learned.classes) {
    for (const auto role : {Role::scp, Role::scu}) {
      auto service = service_of(one, role);
      if (service.transfer_syntaxes.empty()) continue;
      if (any != nullptr && &one != any && is_storage(one.uid) &&
          same(service.transfer_syntaxes, service_of(*any, role).transfer_syntaxes))
        continue;  // as every Storage SOP Class
      if (role == Role::scp)
        if (const auto found = learned.extended.find(one.uid); found != learned.extended.end())
          service.extended = found->second;
      if (role == Role::scu)
        service.notes.emplace_back("On associations that the other side opens, by role selection.");
      ae.services.push_back(std::move(service));
    }
  }
  ae.keys = learned.keys;
  // In the order of the services, as they stand in a file.
  for (const auto& service : ae.services)
    for (const auto& one : learned.statuses)
      if (one.sop_class == service.sop_class && one.role == service.role) ae.statuses.push_back(one);
  // Policies about a service that the profile does not have are refused by whoever loads it.
  std::erase_if(ae.policies, [&](const auto& policy) {
    const auto* spec = policy_spec(policy.first);
    if (spec == nullptr || spec->service.empty()) return false;
    return std::ranges::none_of(ae.services, [&](const ServiceClaim& one) {
      return kind_of(one.sop_class) == spec->service || short_name(one.sop_class) == spec->service;
    });
  });
  return out;
}

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::confirmed: return "confirmed";
    case Standing::contradicted: return "contradicted";
    case Standing::not_seen: return "not seen";
    case Standing::undeclared: return "undeclared";
  }
  return "";
}

std::vector<Compared> compare(const Profile& statement, const Learned& learned, const Profile& reality,
                              std::string_view title) {
  return Comparison(of_one(statement, title), learned, reality).run();
}

std::string_view name(Change change) {
  switch (change) {
    case Change::gone: return "gone";
    case Change::changed: return "changed";
    case Change::added: return "added";
  }
  return "";
}

std::vector<Changed> compare(const Profile& before, const Profile& after) {
  const auto old_claims = claims(before);
  const auto new_claims = claims(after);
  std::map<std::string, const Claim*> news;
  for (const auto& one : new_claims) news.emplace(one.id, &one);
  std::set<std::string> olds;
  std::vector<Changed> out;
  for (const auto& one : old_claims) {
    olds.insert(one.id);
    const auto found = news.find(one.id);
    if (found == news.end())
      out.push_back({one.id, Change::gone, one.text, "", one.at});
    else if (found->second->text != one.text)
      out.push_back({one.id, Change::changed, one.text, found->second->text, found->second->at});
  }
  for (const auto& one : new_claims)
    if (!olds.contains(one.id)) out.push_back({one.id, Change::added, "", one.text, one.at});
  return out;
}

}  // namespace assay::conformance::learn
