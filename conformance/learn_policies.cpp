// Identity, limits, titles and extended negotiation by single associations.
// Tests: tests/unit/conformance/learn_contexts_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/learn.hpp"
#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/extensions.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance::learn {
namespace {

constexpr std::string_view nobody = "ASSAY-NOBODY";
constexpr std::string_view stranger = "ASSAY-STRANGER";
/// No application context of the standard.
constexpr std::string_view invented_context = "2.25.301592653589793238462643383279502884198";

class Questions {
 public:
  Questions(const Settings& settings, const Associate& associate, Learned& learned)
      : settings_(settings), associate_(associate), learned_(learned) {}

  void run() {
    for (const auto& one : learned_.classes)
      if (!one.as_scp.empty() && one.uid != every_storage) {
        known_ = Ask{one.uid, {one.as_scp.front()}};
        if (one.uid == uids::Verification) break;
      }
    if (!known_) {
      for (const auto* policy : {"maximum-length", "implementation-class-uid"})
        learned_.open_question(std::string("policy/") + policy, "no SOP Class was taken");
      return;
    }
    identity();
    if (!base_) return;
    titles();
    application_context();
    window();
    user_identity();
    query_extensions();
    storage_extensions();
    parallel();
  }

 private:
  [[nodiscard]] bool stopped() const { return learned_.gone || (settings_.stop && settings_.stop()); }

  /// True: it was answered; else the reason is noted for this claim.
  bool answered(const Reply& reply, const std::string& claim) {
    if (reply.outcome == Outcome::accepted || reply.outcome == Outcome::rejected) return true;
    learned_.open_question(claim, reply.outcome == Outcome::interrupted ? "it was stopped before" : reply.words);
    return false;
  }

  void identity() {
    if (stopped()) return;
    const auto reply = associate_(offer(settings_, {*known_}), "identity and limits", false);
    if (!reply.ac) {
      learned_.open_question("policy", "an association that was taken before ended in " + reply.words);
      return;
    }
    base_ = true;
    const auto* user = reply.ac->user_information();
    const auto how = "in its A-ASSOCIATE-AC";
    if (user == nullptr) {
      learned_.open_question("policy/maximum-length", "its A-ASSOCIATE-AC has no User Information");
      return;
    }
    if (const auto* length = user->find<pdu::MaximumLengthSubItem>())
      learned_.found("maximum-length", std::to_string(length->maximum_length), how);
    else
      learned_.open_question("policy/maximum-length", "its A-ASSOCIATE-AC has no Maximum Length");
    // What a profile cannot hold (a broken UID, a name of 17 characters) stays a question with the value in it.
    const auto take = [&](const char* policy, const std::string& value) {
      if (const auto wrong = problem_with_policy(*policy_spec(policy), value); wrong)
        learned_.open_question(std::string("policy/") + policy, fmt::format("it says '{}': {}", value, *wrong));
      else
        learned_.found(policy, value, how);
    };
    if (const auto* uid = user->find<pdu::ImplementationClassUidSubItem>()) take("implementation-class-uid", uid->uid);
    if (const auto* name = user->find<pdu::ImplementationVersionNameSubItem>())
      take("implementation-version-name", name->name);
    else
      learned_.open_question("policy/implementation-version-name", "it does not say one");
  }

  void title(const char* policy, Settings changed, std::string_view title, std::string_view what) {
    if (stopped()) return;
    const auto reply = associate_(offer(changed, {*known_}), std::string(what), false);
    const auto claim = std::string("policy/") + policy;
    if (reply.outcome == Outcome::silent || reply.outcome == Outcome::unreachable ||
        reply.outcome == Outcome::interrupted) {
      answered(reply, claim);
      return;
    }
    // Everything else is as before: whatever refuses it refuses the title.
    learned_.found(policy, reply.ac ? "no" : "yes",
                   reply.ac ? fmt::format("it takes '{}'", title) : fmt::format("'{}' ends in {}", title, reply.words));
  }

  void titles() {
    auto changed = settings_;
    changed.called = nobody;
    title("checks-called-ae-title", changed, nobody, "a called AE title that is not its own");
    changed = settings_;
    changed.calling = stranger;
    title("checks-calling-ae-title", changed, stranger, "a calling AE title that nobody knows");
    if (const auto checks = learned_.policies.find("checks-called-ae-title");
        checks != learned_.policies.end() && checks->second == "yes")
      learned_.found("called-ae-titles", settings_.called, "it takes this one and refuses another");
  }

  void application_context() {
    if (stopped()) return;
    auto rq = offer(settings_, {*known_});
    std::get<pdu::ApplicationContextItem>(rq.items.front()).name = invented_context;
    const auto reply = associate_(rq, "an application context that nobody has defined", false);
    constexpr auto policy = "x-checks-application-context";
    if (reply.outcome == Outcome::silent || reply.outcome == Outcome::unreachable ||
        reply.outcome == Outcome::interrupted)
      answered(reply, std::string("policy/") + policy);
    else
      learned_.found(policy, reply.ac ? "no" : "yes",
                     reply.ac ? "it takes an application context that nobody has defined"
                              : "an application context that nobody has defined ends in " + reply.words);
  }

  /// PS3.7 D.3.3.3: 0 asks for any number, so that what comes back is its own limit.
  void window() {
    if (stopped()) return;
    const auto reply = associate_(offer(settings_, {*known_}, {pdu::AsynchronousOperationsWindowSubItem{0, 0}}),
                                  "operations at the same time", false);
    if (!answered(reply, "policy/operations-performed")) return;
    if (!reply.ac) {
      learned_.open_question("policy/operations-performed", "asking for a window ends in " + reply.words);
      return;
    }
    const auto* user = reply.ac->user_information();
    const auto* window = user == nullptr ? nullptr : user->find<pdu::AsynchronousOperationsWindowSubItem>();
    const auto how = window == nullptr ? "it does not answer the Asynchronous Operations Window: one at a time"
                                       : "its answer to an Asynchronous Operations Window of any number";
    learned_.found("operations-performed", std::to_string(window == nullptr ? 1 : window->invoked), how);
    learned_.found("operations-invoked", std::to_string(window == nullptr ? 1 : window->performed), how);
  }

  /// PS3.7 D.3.3.7: a user name, with a positive response requested.
  void user_identity() {
    if (stopped()) return;
    const std::string user = "assay";
    pdu::UserIdentitySubItemRq item{1, 1, to_bytes(user), {}};
    const auto reply = associate_(offer(settings_, {*known_}, {item}), "user identity", false);
    constexpr auto policy = "x-user-identity";
    if (!answered(reply, std::string("policy/") + policy)) return;
    const auto* information = reply.ac ? reply.ac->user_information() : nullptr;
    const bool said = information != nullptr && information->find<pdu::UserIdentitySubItemAc>() != nullptr;
    learned_.found(policy,
                   !reply.ac ? "refused"
                   : said    ? "answered"
                             : "ignored",
                   !reply.ac ? "a user name ends in " + reply.words
                   : said    ? "it gives the positive response to a user name"
                             : "it takes the association and says nothing about the user name");
  }

  void query_extensions() {
    std::vector<Ask> asks;
    std::vector<pdu::UserSubItem> items;
    service::QueryExtensions all;
    all.relational = all.date_time = all.fuzzy_names = all.timezone = true;
    for (const auto& one : learned_.classes) {
      if (one.as_scp.empty() || !service::has_extensions(one.uid)) continue;
      asks.push_back({one.uid, {one.as_scp.front()}});
      items.emplace_back(
          pdu::SopClassExtendedNegotiationSubItem{one.uid, service::application_information(one.uid, all)});
    }
    if (asks.empty() || stopped()) return;
    const auto rq = offer(settings_, asks, items);
    const auto reply = associate_(rq, "extended negotiation of queries", false);
    if (!answered(reply, "extended")) return;
    if (!reply.ac) {
      learned_.open_question("extended", "proposing it ends in " + reply.words);
      return;
    }
    const auto agreed = service::agreed_extensions(rq, *reply.ac);
    std::map<std::string, bool> policies;  // of those that were asked for
    for (const auto& ask : asks) {
      learned_.extended_asked.push_back(ask.sop_class);
      learned_.looked.insert(fmt::format("extended/{}/", short_name(ask.sop_class)));
      const auto found = agreed.find(ask.sop_class);
      const auto got = found == agreed.end() ? service::QueryExtensions{} : found->second;
      const bool find = kind_of(ask.sop_class) == "find";
      const auto take = [&](std::string name, bool granted) {
        if (granted) learned_.extended[ask.sop_class].push_back(name);
        policies[std::move(name)] |= granted;
      };
      if (!find) {
        take("relational-retrieval", got.relational);
        continue;
      }
      take("relational-queries", got.relational);
      take("combined-date-time-matching", got.date_time);
      take("fuzzy-person-names", got.fuzzy_names);
      take("timezone-adjustment", got.timezone);
    }
    for (const auto& [name, granted] : policies)
      learned_.found(name, granted ? "yes" : "no", "SOP Class Extended Negotiation");
  }

  /// PS3.4 B.3.1: level of support, and whether elements are coerced.
  void storage_extensions() {
    if (stopped()) return;
    const ClassSeen* storage = nullptr;
    for (const auto* uid : {"1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.2"})
      if (learned_.serves(uid)) storage = learned_.seen(uid);
    for (const auto& one : learned_.classes)
      if (storage == nullptr && !one.as_scp.empty() && is_storage(one.uid) && one.uid != every_storage) storage = &one;
    if (storage == nullptr) return;
    const pdu::SopClassExtendedNegotiationSubItem item{storage->uid, Bytes{2, 0, 0, 0, 0, 0}};
    const auto reply = associate_(offer(settings_, {{storage->uid, {storage->as_scp.front()}}}, {item}),
                                  "extended negotiation of storage", false);
    if (!reply.ac) {
      learned_.open_question("policy/storage-level", "asking for it ends in " + reply.words);
      return;
    }
    const pdu::SopClassExtendedNegotiationSubItem* said = nullptr;
    if (const auto* user = reply.ac->user_information())
      for (const auto& one : user->sub_items)
        if (const auto* extended = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&one);
            extended != nullptr && extended->sop_class_uid == storage->uid)
          said = extended;
    const auto bytes = said == nullptr ? Bytes{} : said->service_class_application_information;
    const auto how = "its answer to SOP Class Extended Negotiation of " + short_name(storage->uid);
    if (!bytes.empty() && bytes[0] <= 2)
      learned_.found("storage-level", std::to_string(bytes[0]), how);
    else
      learned_.open_question("policy/storage-level", "it does not answer extended negotiation of storage");
    if (bytes.size() > 4 && bytes[4] <= 1)
      learned_.found("coerces-elements", bytes[4] == 1 ? "yes" : "no", how);
    else
      learned_.open_question("policy/coerces-elements", "it does not answer extended negotiation of storage");
  }

  /// Last, because what is held open may keep others out.
  void parallel() {
    constexpr auto policy = "maximum-associations";
    Reply reply;
    while (!stopped() && learned_.parallel < settings_.most_parallel) {
      reply = associate_(offer(settings_, {*known_}),
                         fmt::format("association {} at the same time", learned_.parallel + 1), true);
      if (!reply.ac) break;
      ++learned_.parallel;
    }
    if (learned_.parallel >= settings_.most_parallel || stopped()) {
      learned_.open_question(std::string("policy/") + policy,
                             fmt::format("{} were open at the same time, and more were not tried", learned_.parallel));
    } else if (learned_.parallel == 0) {
      learned_.open_question(std::string("policy/") + policy, "an association ended in " + reply.words);
    } else {
      learned_.found(policy, std::to_string(learned_.parallel),
                     reply.outcome == Outcome::silent
                         ? fmt::format("with {} open, another waits without an answer", learned_.parallel)
                         : fmt::format("with {} open, another ends in {}", learned_.parallel, reply.words));
    }
  }

  const Settings& settings_;
  const Associate& associate_;
  Learned& learned_;
  std::optional<Ask> known_;
  bool base_ = false;
};

}  // namespace

void learn_policies(const Settings& settings, const Associate& associate, Learned& learned) {
  Questions(settings, associate, learned).run();
}

void learn_move(std::string_view sop_class, std::uint16_t status, Learned& learned) {
  constexpr std::uint16_t unknown_destination = 0xa801;
  constexpr auto policy = "move-destinations";
  if (status == unknown_destination)
    learned.found(policy, "configured", "a C-MOVE to a title that nobody knows is answered with A801H");
  else
    learned.open_question(std::string("policy/") + policy,
                          fmt::format("a C-MOVE to a title that nobody knows is answered with {:04X}H", status));
  if (status != 0)
    learned.statuses.push_back(
        {std::string(sop_class), Role::scp, status, status, "C-MOVE to an AE title that it does not know", "", {}});
}

}  // namespace assay::conformance::learn
