#include "conformance/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance::certify {
namespace {

using trace::Verdict;

/// Cases that a claim names as evidence; the rest is counted.
constexpr std::size_t most_cases_named = 5;

constexpr std::string_view nobody_operated =
    "the device has to act for this, and nobody made it: operate it when asked (without --unattended), or give "
    "--dut-act with a command that does";

/// A SOP Class in a role: claims "sop-class/CLASS/ROLE" and those below them.
struct ServiceId {
  std::string sop_class;
  Role role = Role::scp;
  std::string transfer_syntax;  // UID; "" = the service itself
};

std::optional<ServiceId> service_of(std::string_view id) {
  const auto parts = id_parts(id);
  if (parts.size() < 3 || parts.size() > 4 || parts[0] != "sop-class") return std::nullopt;
  return ServiceId{uid_of_short_name(parts[1]), parts[2] == "scu" ? Role::scu : Role::scp,
                   parts.size() == 4 ? uid_of_short_name(parts[3]) : std::string()};
}

/// Whether a case that needs this judges the claim: a policy or an item of extended negotiation by its name, a service
/// as a profile with nothing else would answer.
class Subject {
 public:
  explicit Subject(const Claim& claim) : id_(claim.id), service_(service_of(claim.id)) {
    if (!service_ || !service_->transfer_syntax.empty()) return;
    auto& ae = alone_.aes.emplace_back();
    ServiceClaim one;
    one.sop_class = service_->sop_class;
    one.role = service_->role;
    one.transfer_syntaxes = {std::string(uids::ImplicitVRLittleEndian)};
    ae.services.push_back(std::move(one));
  }

  [[nodiscard]] bool judged_by(std::string_view need) const {
    if (id_ == policy_id(need)) return true;
    if (id_.starts_with("extended/")) return id_.ends_with("/" + std::string(need));
    if (alone_.aes.empty() || need.starts_with("transfer-syntax:")) return false;
    return alone_.claims(need) == true;
  }
  [[nodiscard]] const std::optional<ServiceId>& service() const { return service_; }

 private:
  std::string id_;
  std::optional<ServiceId> service_;
  Profile alone_;
};

class Judge {
 public:
  Judge(const Record& record, const ApplicationEntity* ae) : record_(record), ae_(ae) {}

  Judgement judge(const learn::Compared& one) const {
    Judgement out;
    out.claim = {one.id, one.text, one.clause, one.at};
    switch (one.standing) {
      case learn::Standing::confirmed: asked(out, Standing::confirmed, one.found); break;
      case learn::Standing::contradicted: asked(out, Standing::contradicted, one.found); break;
      case learn::Standing::undeclared: asked(out, Standing::undeclared, one.found); break;
      case learn::Standing::not_seen: out.why = one.found; break;
    }
    if (out.standing == Standing::undeclared) {
      if (out.why.empty()) out.why = "the device does it, and its statement does not say so";
      return out;
    }
    // Cases need the yes of a policy: what they show of a device whose statement says no is the opposite.
    if (ae_ != nullptr && one.id.starts_with("policy/") && ae_->says(one.id.substr(one.id.find('/') + 1), "no")) {
      denied(one.id, out);
      return out;
    }
    const Subject subject(out.claim);
    if (subject.service() && subject.service()->role == Role::scu) calls(*subject.service(), out);
    cases(subject, out);
    return out;
  }

  /// What the device proposes as SCU without having said so.
  void undeclared(const ApplicationEntity* ae, std::vector<Judgement>& out) const {
    for (const auto& one : record_.proposals) {
      const auto* service = ae == nullptr ? nullptr : ae->service(one.sop_class, Role::scu);
      const auto id = service_id(one.sop_class, Role::scu);
      const auto add = [&](std::string claim, std::string text) {
        if (std::ranges::any_of(out, [&](const Judgement& other) { return other.claim.id == claim; })) return;
        Judgement judgement;
        judgement.claim = {std::move(claim), std::move(text), "PS3.2 A.4.2.1.3", {}};
        judgement.standing = Standing::undeclared;
        judgement.why = "it proposed this when it called us, and its statement does not say so";
        for (const auto& seen : one.cases) {
          if (judgement.evidence.size() == most_cases_named) break;
          judgement.evidence.push_back({seen, "proposed in this case", false});
        }
        out.push_back(std::move(judgement));
      };
      const auto title = title_of(one.sop_class);
      if (service == nullptr) add(id, fmt::format("asks as SCU of {}", title));
      for (const auto& syntax : one.transfer_syntaxes)
        if (service == nullptr ||
            std::ranges::find(service->transfer_syntaxes, syntax) == service->transfer_syntaxes.end())
          add(id + "/" + short_name(syntax), fmt::format("as SCU of {}, proposes {}", title, title_of(syntax)));
    }
  }

 private:
  static std::string title_of(std::string_view uid) {
    const auto* entry = dict::find_uid(uid);
    return entry == nullptr ? std::string(uid) : std::string(entry->name);
  }

  static void asked(Judgement& out, Standing standing, const std::string& found) {
    out.standing = standing;
    if (standing != Standing::confirmed) out.why = found;
    out.evidence.push_back({"asked", found, standing == Standing::confirmed});
  }

  /// What a device does as SCU shows when it calls.
  void calls(const ServiceId& service, Judgement& out) const {
    bool proposed = false;
    for (const auto& one : record_.proposals) {
      const bool same =
          service.sop_class == every_storage ? is_storage(one.sop_class) : one.sop_class == service.sop_class;
      if (!same) continue;
      proposed = true;
      if (!service.transfer_syntax.empty() && !one.transfer_syntaxes.contains(service.transfer_syntax)) continue;
      out.standing = Standing::confirmed;
      out.why.clear();
      for (const auto& seen : one.cases) {
        if (out.evidence.size() == most_cases_named) break;
        out.evidence.push_back({seen, "proposed " + title_of(one.sop_class) + " when it called us", true});
      }
    }
    if (out.standing != Standing::not_tested) return;
    if (proposed)
      out.why = "it called us for this, and did not propose this transfer syntax: other objects may make it do so";
    else
      out.why =
          record_.called_us ? std::string("it called us, and did not propose this") : std::string(nobody_operated);
  }

  /// A policy that the statement says no to, and that a case has seen.
  void denied(const std::string& id, Judgement& out) const {
    for (const auto& one : record_.cases) {
      if (one.verdict != Verdict::pass || !one.statement) continue;
      if (std::ranges::none_of(one.needs, [&](const std::string& need) { return id == policy_id(need); })) continue;
      out.standing = Standing::contradicted;
      out.why = fmt::format("{} passed: {}", one.id, one.title);
      out.evidence.push_back({one.id, one.title, false});
    }
  }

  /// A case on what the statement says decides; one on the standard's own rules shows that the service is there.
  void cases(const Subject& subject, Judgement& out) const {
    std::size_t more = 0;
    for (const auto& one : record_.cases) {
      if (one.verdict != Verdict::pass && one.verdict != Verdict::warning && one.verdict != Verdict::fail) continue;
      if (std::ranges::none_of(one.needs, [&](const std::string& need) { return subject.judged_by(need); })) continue;
      const bool agrees = one.verdict != Verdict::fail;
      const bool about_a_service = subject.service().has_value();
      if (!agrees && (about_a_service || !one.statement)) continue;  // a broken rule, and no untrue statement
      if (!agrees) {
        out.standing = Standing::contradicted;
        out.why = fmt::format("{}: {}", one.id, one.reason);
      } else if (out.standing == Standing::not_tested && (one.statement || about_a_service)) {
        out.standing = Standing::confirmed;
        out.why.clear();
      }
      if (agrees && out.evidence.size() >= most_cases_named) {
        ++more;
        continue;
      }
      out.evidence.push_back({one.id, agrees ? one.title : one.reason, agrees});
    }
    if (more > 0) out.evidence.push_back({"cases", fmt::format("{} more passed", more), true});
  }

  const Record& record_;
  const ApplicationEntity* ae_;
};

}  // namespace

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::confirmed: return "confirmed";
    case Standing::contradicted: return "contradicted";
    case Standing::not_tested: return "not tested";
    case Standing::undeclared: return "undeclared";
  }
  return "";
}

std::vector<Judgement> judge(const Profile& statement, std::string_view title, const Record& record) {
  const auto* ae = statement.ae(title);
  if (ae == nullptr && !statement.aes.empty()) ae = &statement.aes.front();
  const Judge judge(record, ae);
  std::vector<Judgement> out;
  for (const auto& one : learn::compare(statement, record.learned, record.reality, title))
    out.push_back(judge.judge(one));
  judge.undeclared(ae, out);
  return out;
}

std::vector<CaseSeen> broken_rules(const Record& record) {
  std::vector<CaseSeen> out;
  std::ranges::copy_if(record.cases, std::back_inserter(out),
                       [](const CaseSeen& one) { return one.verdict == Verdict::fail && !one.statement; });
  return out;
}

}  // namespace assay::conformance::certify
