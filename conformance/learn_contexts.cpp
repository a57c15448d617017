// SOP Classes, transfer syntaxes and roles by presentation contexts. Tests:
// tests/unit/conformance/learn_contexts_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "conformance/learn.hpp"
#include "conformance/profile_parts.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance::learn {
namespace {

constexpr std::size_t most_contexts = 128;  // odd ids of one byte (PS3.8 9.3.2.2)
/// With every transfer syntax in each context the proposal gets long; some devices bound it.
constexpr std::size_t together_at_once = 24;
/// Transfer syntaxes that a role is asked for with.
constexpr std::size_t most_for_roles = 3;
/// Single proposals that fail one after the other before it is asked whether the device is still there.
constexpr std::size_t failures_in_a_row = 3;
/// No SOP Class of the standard, below the root of Storage and far from it.
constexpr std::string_view invented_storage = "1.2.840.10008.5.1.4.1.1.9999.1.1";
constexpr std::string_view invented_class = "2.25.301592653589793238462643383279502884197";

bool has(const std::vector<std::string>& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

struct Got {
  std::uint8_t result = not_answered;
  std::string syntax;
  std::optional<pdu::RoleSelectionSubItem> role;
};

class Survey {
 public:
  Survey(const Settings& settings, const Associate& associate, Learned& learned)
      : settings_(settings), associate_(associate), learned_(learned) {}

  void run() {
    classes_ = asked_classes(settings_);
    syntaxes_ = asked_syntaxes(settings_);
    for (const auto& uid : classes_) learned_.classes.push_back({.uid = uid});
    find_anchor();
    find_room();
    together();
    singly();
    roles();
    ranking();
    strangers();
    finish();
  }

 private:
  [[nodiscard]] bool stopped() const { return learned_.gone || (settings_.stop && settings_.stop()); }

  /// A context that is always taken: devices that refuse associations without any would not be understood otherwise.
  void find_anchor() {
    for (const auto uid :
         {uids::Verification, uids::StudyRootQueryRetrieveInformationModelFind,
          uids::ModalityWorklistInformationModelFind, uids::SecondaryCaptureImageStorage, uids::CTImageStorage}) {
      if (stopped()) return;
      const Ask one{std::string(uid),
                    {std::string(uids::ImplicitVRLittleEndian), std::string(uids::ExplicitVRLittleEndian)}};
      const auto reply = associate_(offer(settings_, {one}), "what it takes at all", false);
      if (!reply.ac) continue;
      for (const auto* context : reply.ac->contexts())
        if (context->result == 0) {
          anchor_ = one;
          return;
        }
    }
  }

  /// How many transfer syntaxes one context may have: some devices hang up at more.
  void find_room() {
    room_ = syntaxes_.size();
    if (!anchor_ || stopped()) return;
    const auto takes = [&](std::size_t count) {
      auto one = *anchor_;
      for (const auto& syntax : syntaxes_)
        if (one.syntaxes.size() < count && !has(one.syntaxes, syntax)) one.syntaxes.push_back(syntax);
      const auto reply = associate_(offer(settings_, {one}), "many transfer syntaxes at once", false);
      if (!reply.ac) words_ = reply.words;
      return reply.ac.has_value();
    };
    if (takes(room_)) return;
    std::size_t good = anchor_->syntaxes.size();
    std::size_t bad = room_;
    while (bad - good > 1 && !stopped()) {
      const auto middle = good + (bad - good) / 2;
      (takes(middle) ? good : bad) = middle;
    }
    room_ = good;
    learned_.found("x-transfer-syntaxes-at-once", std::to_string(good),
                   fmt::format("{} in one presentation context end in {}", bad, words_));
  }

  /// As many of them as a context may have.
  [[nodiscard]] std::vector<std::string> fitting() const {
    return {syntaxes_.begin(), syntaxes_.begin() + static_cast<std::ptrdiff_t>(std::min(room_, syntaxes_.size()))};
  }

  std::vector<Got> ask(const std::vector<Ask>& asks, const std::string& purpose, std::size_t& at_once) {
    std::vector<Got> got(asks.size());
    for (std::size_t at = 0; at < asks.size() && !stopped();) {
      const auto room = std::min(at_once, most_contexts - (anchor_ ? 1 : 0));
      const auto count = std::min(room, asks.size() - at);
      const std::span all(asks);
      some(all.subspan(at, count), std::span(got).subspan(at, count),
           fmt::format("{} ({} of {} contexts)", purpose, at, asks.size()), at_once);
      at += count;
    }
    return got;
  }

  /// True: everything was answered without a split.
  bool some(std::span<const Ask> asks, std::span<Got> got, const std::string& purpose, std::size_t& at_once) {
    if (asks.empty() || stopped()) return false;
    std::vector<Ask> offered(asks.begin(), asks.end());
    const bool anchored = anchor_ && offered.size() < most_contexts;
    if (anchored) offered.push_back(*anchor_);
    const auto reply = associate_(offer(settings_, offered), purpose, false);
    if (reply.outcome == Outcome::interrupted) return false;
    if (reply.ac) return accepted(*reply.ac, asks, got, purpose, at_once);
    if (reply.outcome == Outcome::unreachable) {
      still_there(reply.words);
      if (learned_.gone) return false;
    }
    if (asks.size() > 1) {
      const auto half = asks.size() / 2;
      const bool first = some(asks.first(half), got.first(half), purpose, at_once);
      const bool second = some(asks.subspan(half), got.subspan(half), purpose, at_once);
      // Each half alone is taken: it was too many, not a single one of them.
      if (first && second && half < at_once) smaller(at_once, asks.size() - half, reply.words);
      return false;
    }
    if (anchored) {
      // A device may take one context and no second one.
      const auto alone = associate_(offer(settings_, {asks.front()}), purpose, false);
      if (alone.ac) {
        anchor_.reset();
        smaller(at_once, 1, reply.words);
        return accepted(*alone.ac, asks, got, purpose, at_once);
      }
      if (alone.outcome == Outcome::interrupted) return false;
    }
    refused_[asks.front().sop_class] = reply.words;
    if (++in_a_row_ >= failures_in_a_row) {
      in_a_row_ = 0;
      still_there(reply.words);
    }
    return false;
  }

  void smaller(std::size_t& at_once, std::size_t count, const std::string& words) {
    at_once = count;
    learned_.evidence["policy/x-contexts-at-once"] =
        fmt::format("more than about {} presentation contexts in one proposal end in {}", count, words);
  }

  bool accepted(const pdu::AAssociateAc& ac, std::span<const Ask> asks, std::span<Got> got, const std::string& purpose,
                std::size_t& at_once) {
    in_a_row_ = 0;
    for (const auto* context : ac.contexts()) {
      const auto index = static_cast<std::size_t>(context->id) / 2;
      if (context->id % 2 == 0 || index >= asks.size()) continue;
      got[index].result = context->result;
      got[index].syntax = context->transfer_syntax();
      if (context->result == 0 && !has(asks[index].syntaxes, got[index].syntax)) {
        // PS3.8 9.3.3.2: one of those proposed. Whatever that means, it is no support of what was asked for.
        got[index].result = not_answered;
        refused_[asks[index].sop_class] = "an acceptance with a transfer syntax that was not proposed";
      }
    }
    if (const auto* user = ac.user_information())
      for (const auto& item : user->sub_items)
        if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item))
          for (std::size_t i = 0; i < asks.size(); ++i)
            if (asks[i].sop_class == role->sop_class_uid) got[i].role = *role;
    std::size_t answered = 0;
    while (answered < asks.size() && got[answered].result != not_answered) ++answered;
    if (answered == asks.size()) return true;
    // A device that looks at the first few contexts alone: the rest is asked again.
    const bool rest_unanswered =
        std::ranges::all_of(got.subspan(answered), [](const Got& one) { return one.result == not_answered; });
    if (answered > 0 && rest_unanswered) {
      smaller(at_once, answered, "contexts without an answer");
      for (auto at = answered; at < asks.size() && !stopped();) {
        const auto count = std::min(at_once, asks.size() - at);
        some(asks.subspan(at, count), got.subspan(at, count), purpose, at_once);
        at += count;
      }
    } else if (asks.size() > 1) {
      const auto half = asks.size() / 2;
      for (auto& one : got) one = {};
      some(asks.first(half), got.first(half), purpose, at_once);
      some(asks.subspan(half), got.subspan(half), purpose, at_once);
    }
    return false;
  }

  void still_there(const std::string& words) {
    const auto reply = associate_(
        offer(settings_,
              {anchor_.value_or(Ask{std::string(uids::Verification), {std::string(uids::ImplicitVRLittleEndian)}})}),
        "is it still there?", false);
    if (reply.ac || reply.outcome == Outcome::interrupted) return;
    learned_.gone = true;
    learned_.open_question(
        "", fmt::format("the device stopped taking associations ({}; before that {})", reply.words, words));
  }

  void together() {
    std::vector<Ask> asks;
    for (const auto& uid : classes_) asks.push_back({uid, fitting()});
    auto at_once = together_at_once;
    const auto got = ask(asks, "SOP Classes", at_once);
    for (std::size_t i = 0; i < got.size(); ++i) {
      learned_.classes[i].together = got[i].result;
      if (got[i].result == 0) learned_.classes[i].chosen = got[i].syntax;
    }
  }

  void singly() {
    std::vector<Ask> asks;
    std::vector<ClassSeen*> owners;
    constexpr auto unsupported = static_cast<std::uint8_t>(pdu::ContextResult::abstract_syntax_not_supported);
    for (auto& one : learned_.classes) {
      if (one.together == unsupported) continue;
      for (const auto& syntax : syntaxes_) {
        asks.push_back({one.uid, {syntax}});
        owners.push_back(&one);
      }
    }
    const auto got = ask(asks, "transfer syntaxes", at_once_);
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (got[i].result == not_answered) continue;
      owners[i]->results[asks[i].syntaxes.front()] = got[i].result;
      if (got[i].result == 0) owners[i]->as_scp.push_back(asks[i].syntaxes.front());
    }
    for (auto& one : learned_.classes)
      if (one.as_scp.empty() && one.results.empty() && one.together == 0) one.as_scp = {one.chosen};
  }

  void roles() {
    // First both roles, then SCP alone, as a C-GET SCU proposes it.
    std::map<std::string, std::pair<bool, bool>> granted;
    for (const std::pair wanted : {std::pair{true, true}, std::pair{false, true}}) {
      std::vector<Ask> asks;
      for (const auto& one : learned_.classes) {
        if (granted.contains(one.uid) || !(is_storage(one.uid) || !one.as_scp.empty())) continue;
        auto syntaxes = one.as_scp;
        if (syntaxes.empty())
          syntaxes = {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)};
        if (syntaxes.size() > most_for_roles) syntaxes.resize(most_for_roles);
        asks.push_back({one.uid, std::move(syntaxes), wanted});
      }
      const auto got = ask(asks, "roles", at_once_roles_);
      for (std::size_t i = 0; i < got.size(); ++i)
        if (got[i].result == 0 && got[i].role && got[i].role->scp_role == 1) granted.emplace(asks[i].sop_class, wanted);
    }
    std::vector<Ask> asks;
    std::vector<ClassSeen*> owners;
    for (auto& one : learned_.classes) {
      const auto found = granted.find(one.uid);
      if (found == granted.end()) continue;
      for (const auto& syntax : one.as_scp.empty() ? syntaxes_ : one.as_scp) {
        asks.push_back({one.uid, {syntax}, found->second});
        owners.push_back(&one);
      }
    }
    const auto got = ask(asks, "transfer syntaxes in the other role", at_once_roles_);
    for (std::size_t i = 0; i < got.size(); ++i)
      if (got[i].result == 0 && got[i].role && got[i].role->scp_role == 1)
        owners[i]->as_scu.push_back(asks[i].syntaxes.front());
  }

  /// Classes that take the same transfer syntaxes and choose the same one are asked once, for all of them.
  void ranking() {
    struct Group {
      std::string sop_class;
      std::vector<std::string> left;    // not ranked yet
      std::vector<std::string> ranked;  // most wanted first
      bool own = true;                  // chooses by its own order
      bool asked = false;
      std::vector<ClassSeen*> members;
    };
    std::map<std::pair<std::vector<std::string>, std::string>, Group> groups;
    for (auto& one : learned_.classes) {
      if (one.as_scp.size() < 2) continue;
      auto& group = groups[{one.as_scp, one.chosen}];
      if (group.members.empty()) {
        group.sop_class = one.uid;
        group.left = one.as_scp;
      }
      group.members.push_back(&one);
    }
    while (!stopped()) {
      std::vector<Ask> asks;
      std::vector<Group*> owners;
      for (auto& [key, group] : groups) {
        if (!group.own || group.left.size() < 2) continue;
        if (group.left.size() > room_) {
          group.own = false;
          continue;
        }
        asks.push_back({group.sop_class, group.left});
        asks.push_back({group.sop_class, {group.left.rbegin(), group.left.rend()}});
        owners.push_back(&group);
      }
      if (owners.empty()) break;
      const auto got = ask(asks, "order of preference", at_once_);
      for (std::size_t i = 0; i < owners.size(); ++i) {
        auto& group = *owners[i];
        const auto& first = got[2 * i];
        const auto& second = got[2 * i + 1];
        if (first.result == 0 && second.result == 0) group.asked = true;
        group.own = first.result == 0 && second.result == 0 && first.syntax == second.syntax;
        if (!group.own) continue;
        group.ranked.push_back(first.syntax);
        std::erase(group.left, first.syntax);
      }
    }
    std::size_t own = 0;
    std::size_t theirs = 0;
    for (auto& [key, group] : groups) {
      if (group.asked) ++(group.own ? own : group.ranked.empty() ? theirs : mixed_);
      group.ranked.insert(group.ranked.end(), group.left.begin(), group.left.end());
      for (auto* one : group.members) {
        one->as_scp = group.ranked;
        std::ranges::sort(one->as_scu, {}, [&](const std::string& syntax) {
          return std::ranges::find(group.ranked, syntax) - group.ranked.begin();
        });
      }
    }
    constexpr auto claim = "transfer-syntax-choice";
    if (own > 0 && theirs + mixed_ == 0)
      learned_.found(claim, "own-order", "the same transfer syntaxes in two orders give the same one, step by step");
    else if (theirs > 0 && own + mixed_ == 0)
      learned_.found(claim, "requestor-order", "of the same transfer syntaxes in two orders it takes the first");
    else if (own + theirs + mixed_ == 0)
      learned_.open_question(std::string("policy/") + claim, "no SOP Class was taken in two transfer syntaxes");
    else
      learned_.open_question(std::string("policy/") + claim,
                             fmt::format("it goes by its own order for {} groups of SOP Classes, by the requestor's "
                                         "for {}, and by both for {}",
                                         own, theirs, mixed_));
  }

  void strangers() {
    if (stopped()) return;
    const std::vector<Ask> asks{{std::string(invented_storage), fitting()}, {std::string(invented_class), fitting()}};
    auto at_once = together_at_once;
    const auto got = ask(asks, "SOP Classes that nobody has defined", at_once);
    learned_.any_storage = got[0].result == 0;
    learned_.any_class = got[1].result == 0;
    if (!learned_.any_storage) return;
    ClassSeen any{.uid = std::string(every_storage), .together = 0, .chosen = got[0].syntax};
    std::vector<Ask> single;
    std::vector<Ask> other;
    for (const auto& syntax : syntaxes_) {
      single.push_back({std::string(invented_storage), {syntax}});
      other.push_back({std::string(invented_storage), {syntax}, std::pair{false, true}});
    }
    const auto alone = ask(single, "any Storage SOP Class", at_once_);
    const auto roles = ask(other, "any Storage SOP Class, in the other role", at_once_roles_);
    for (std::size_t i = 0; i < syntaxes_.size(); ++i) {
      if (alone[i].result == 0) any.as_scp.push_back(syntaxes_[i]);
      if (roles[i].result == 0 && roles[i].role && roles[i].role->scp_role == 1) any.as_scu.push_back(syntaxes_[i]);
    }
    // In the order of a class that takes the same ones.
    for (const auto& one : learned_.classes)
      for (auto* mine : {&any.as_scp, &any.as_scu})
        if (is_storage(one.uid) && std::ranges::is_permutation(*mine, one.as_scp)) *mine = one.as_scp;
    learned_.classes.push_back(std::move(any));
  }

  void finish() {
    for (const auto& one : learned_.classes) {
      const bool complete = one.together == 3 || one.results.size() >= syntaxes_.size();
      const auto id = service_id(one.uid, Role::scp);
      if (complete || one.uid == every_storage)
        learned_.looked.insert(id + "/");
      else if (!one.as_scp.empty() || refused_.contains(one.uid))
        learned_.open_question(id, refused_.contains(one.uid) ? "asking for it ended in " + refused_.at(one.uid)
                                                              : "not everything about it was asked");
    }
    if (stopped())
      learned_.open_question("sop-class", "not everything was asked: it was stopped before the end");
    else if (!learned_.any_storage)
      learned_.looked.insert(service_id(every_storage, Role::scp) + "/");
  }

  const Settings& settings_;
  const Associate& associate_;
  Learned& learned_;
  std::vector<std::string> classes_;
  std::vector<std::string> syntaxes_;
  std::optional<Ask> anchor_;
  std::size_t room_ = 1;  // transfer syntaxes of one context
  std::string words_;     // how a proposal with too many ended
  std::size_t at_once_ = most_contexts;
  std::size_t at_once_roles_ = most_contexts;
  std::size_t in_a_row_ = 0;
  std::size_t mixed_ = 0;
  std::map<std::string, std::string> refused_;  // by SOP Class: how asking for it alone ended
};

}  // namespace

void learn_contexts(const Settings& settings, const Associate& associate, Learned& learned) {
  Survey(settings, associate, learned).run();
}

}  // namespace assay::conformance::learn
