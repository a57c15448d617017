// The association rung: what a refusal means, and which of our inputs changes the answer when the device hides it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"
#include "harness/diagnose/climb.hpp"
#include "harness/diagnose/services.hpp"
#include "harness/diagnose/titles.hpp"
#include "harness/dict/dict.hpp"

namespace assay::diagnose {
namespace {

constexpr std::size_t called_variants = 8;
constexpr std::size_t calling_variants = 5;
constexpr std::string_view impossible_title = "ASSAY-NOBODY";
constexpr std::string_view other_identity = "2.25.186574821374659182736450192837465019";
constexpr std::array<std::string_view, 5> common_services = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4",
                                                             "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.2.2.1",
                                                             "1.2.840.10008.5.1.4.31"};

const pdu::AAssociateRj* rejection(const Answer& answer) {
  return answer.reply ? std::get_if<pdu::AAssociateRj>(&*answer.reply) : nullptr;
}

bool says_unknown(const Answer& answer, std::uint8_t reason) {
  const auto* rj = rejection(answer);
  return rj != nullptr && rj->source == 1 && rj->reason == reason;
}

void add(std::vector<std::string>& titles, const std::vector<std::string>& more, std::string_view not_this) {
  for (const auto& one : more)
    if (one != not_this && title_fault(one).empty() && std::find(titles.begin(), titles.end(), one) == titles.end())
      titles.push_back(one);
}

std::string in_quotes(const std::vector<std::string>& titles) {
  std::string out;
  for (const auto& one : titles) out += (out.empty() ? "'" : ", '") + printable(one) + "'";
  return out;
}

}  // namespace

bool Climb::association(const Answer& answer) {
  if (is_acceptance(answer)) {
    accepted(answer);
    return true;
  }
  const auto said = what_came(answer);
  if (const auto* rj = rejection(answer)) {
    evidence(fmt::format("called '{}' by '{}': {}", question_.called, question_.calling, said));
    return rejected(answer, *rj);
  }
  if (std::holds_alternative<pdu::AAbort>(*answer.reply)) {
    evidence(fmt::format("called '{}' by '{}': {}", question_.called, question_.calling, said));
    blame("hidden-reason", "aborted instead of accepted or rejected",
          {{"what", "The device answers the association request with " + signature(answer)}});
    hidden(signature(answer), false);
    return false;
  }
  evidence("answer to the A-ASSOCIATE-RQ: " + said);
  blame("wrong-pdu", "answers with " + signature(answer), {{"what", signature(answer)}});
  return false;
}

bool Climb::rejected(const Answer& answer, const pdu::AAssociateRj& rj) {
  const auto said = signature(answer);
  pass(Rung::association, said, answer.answer_took, Mark::failed);
  if (rj.result == 2 || rj.source == 3) {
    const auto pause = std::chrono::seconds(1);
    const auto what = pdu::describe_reject(rj.result, rj.source, rj.reason);
    blame("busy", said, {{"what", what}, {"seconds", "1 s"}});
    auto again = probe(Probe::Kind::associate, "asking again, since the refusal is said to pass");
    again.speech = speech_;
    again.requests = {Request::echo};
    again.pause = pause;
    const auto* second = ask(std::move(again));
    if (second == nullptr) return false;
    evidence("the same again 1 s later: " + what_came(*second));
    if (is_acceptance(*second)) {
      out_.cause = nullptr;
      remark(fmt::format("the first request was refused ({}), the second accepted: the device is short of associations",
                         what));
      accepted(*second);
      return true;
    }
    const auto* other = rejection(*second);
    if (other == nullptr || other->result == 2 || other->source == 3) return false;
    if (other->source == 1 && other->reason != rj.reason) return rejected(*second, *other);
    return false;
  }
  if (rj.source == 1 && rj.reason == 7) {
    called_unknown(said);
  } else if (rj.source == 1 && rj.reason == 3) {
    calling_unknown(said);
  } else if (rj.source == 1 && rj.reason == 2) {
    application_context(said);
  } else if (rj.source == 2 && rj.reason == 2) {
    blame("protocol-version-refused", said);
  } else {
    blame("hidden-reason", said, {{"what", "The device refuses with " + said + ", which gives no reason"}});
    if (!pdu::is_defined_reject(rj.result, rj.source, rj.reason))
      remark(said + " is no rejection that PS3.8 Table 9-21 knows");
    hidden(said, false);
  }
  return false;
}

void Climb::called_unknown(const std::string& said) {
  blame("called-ae-unknown", said);
  std::vector<std::string> titles;
  add(titles, question_.try_called, question_.called);
  const auto given = titles.size();
  add(titles, title_variants(question_.called, called_variants), question_.called);
  std::vector<std::string> refused;
  const auto works = [&](const Speech& changed, const Answer** answer) {
    *answer = ask_as(changed, fmt::format("asking for '{}'", changed.called));
    return *answer != nullptr && (is_acceptance(**answer) || says_unknown(**answer, 3));
  };
  auto swapped = speech_;
  std::swap(swapped.called, swapped.calling);
  const Answer* answer = nullptr;
  for (std::size_t i = 0; i <= titles.size(); ++i) {
    // After what the person named: the commonest mistake of all.
    if (i == given) {
      const bool good = works(swapped, &answer);
      if (answer == nullptr) return;
      if (good && is_acceptance(*answer)) {
        evidence(fmt::format("called '{}' by '{}': accepted", swapped.called, swapped.calling));
        blame("titles-swapped", said);
        return;
      }
    }
    if (i == titles.size()) break;
    auto changed = speech_;
    changed.called = titles[i];
    const bool good = works(changed, &answer);
    if (answer == nullptr) return;
    if (!good) {
      refused.push_back(titles[i]);
      continue;
    }
    evidence(fmt::format("called '{}' by '{}': {}", titles[i], question_.calling, what_came(*answer)));
    if (!is_acceptance(*answer))
      remark(fmt::format(
          "under its right title the device then says that it does not know the caller '{}': enter it there",
          question_.calling));
    blame("called-ae-misspelt", said,
          {{"right", titles[i]}, {"detail", title_difference(question_.called, titles[i])}});
    return;
  }
  evidence("also not known: " + in_quotes(refused));
  // Some devices give this reason for a caller they do not know.
  titles.clear();
  add(titles, question_.try_calling, question_.calling);
  add(titles, title_variants(question_.calling, calling_variants), question_.calling);
  for (const auto& title : titles) {
    auto changed = speech_;
    changed.calling = title;
    answer = ask_as(changed, fmt::format("asking as '{}'", title));
    if (answer == nullptr) return;
    if (!is_acceptance(*answer)) continue;
    evidence(fmt::format("called '{}' by '{}': accepted", question_.called, title));
    blame("misleading-reason", said, {{"right", title}, {"detail", title_difference(question_.calling, title)}});
    return;
  }
  look_elsewhere("the title '" + printable(question_.called) + "' is not known there");
}

void Climb::calling_unknown(const std::string& said) {
  blame("calling-ae-unknown", said);
  auto swapped = speech_;
  std::swap(swapped.called, swapped.calling);
  std::vector<std::string> titles;
  add(titles, question_.try_calling, question_.calling);
  add(titles, title_variants(question_.calling, calling_variants), question_.calling);
  std::vector<std::string> refused;
  for (const auto& title : titles) {
    auto changed = speech_;
    changed.calling = title;
    const auto* answer = ask_as(changed, fmt::format("asking as '{}'", title));
    if (answer == nullptr) return;
    if (!is_acceptance(*answer)) {
      refused.push_back(title);
      continue;
    }
    evidence(fmt::format("called '{}' by '{}': accepted", question_.called, title));
    blame("calling-ae-misspelt", said, {{"right", title}, {"detail", title_difference(question_.calling, title)}});
    return;
  }
  evidence("also not known as callers: " + in_quotes(refused));
  const auto* answer = ask_as(swapped, "asking with the titles exchanged");
  if (answer == nullptr || !is_acceptance(*answer)) return;
  evidence(fmt::format("called '{}' by '{}': accepted", swapped.called, swapped.calling));
  blame("titles-swapped", said);
}

void Climb::application_context(const std::string& said) {
  const auto offered = printable(speech_.application_context);
  blame("application-context-refused", said, {{"what", offered}});
  if (speech_.application_context == uids::application_context) return;
  auto changed = speech_;
  changed.application_context = uids::application_context;
  const auto* answer = ask_as(changed, "asking with the application context of DICOM");
  if (answer != nullptr) evidence(fmt::format("with {}: {}", uids::application_context, what_came(*answer)));
}

Climb::Tried Climb::vary(const Speech& changed, const std::string& what, const Answer** answer) {
  const auto* tried = ask_as(changed, "asking with " + what);
  if (answer != nullptr) *answer = tried;
  if (tried == nullptr) return Tried::stop;
  if (!is_acceptance(*tried)) {
    evidence(fmt::format("with {}: {}", what, signature(*tried)));
    return Tried::refused;
  }
  const auto* again = ask_as(speech_, "asking unchanged once more");
  if (again == nullptr) return Tried::stop;
  if (is_acceptance(*again)) {
    evidence("the same request as at first, once more: accepted");
    blame("intermittent", "refused, then accepted", {{"what", baseline_}});
    return Tried::stop;
  }
  if (out_.steps[static_cast<std::size_t>(Rung::protocol)].mark != Mark::ok)
    pass(Rung::protocol, "answers like DICOM when asked otherwise", tried->answer_took);
  evidence(fmt::format("with {}: accepted; unchanged once more: {}", what, signature(*again)));
  return Tried::accepted;
}

bool Climb::hidden_contexts() {
  auto changed = speech_;
  if (speech_.contexts.size() > 1) {
    changed.contexts.resize(1);
    const auto tried = vary(changed, "Verification alone");
    if (tried == Tried::stop) return false;
    if (tried == Tried::accepted) {
      blame("hidden-contexts", {}, {{"what", "one of the services asked for"}});
      for (const auto& wish : question_.wishes) {
        auto one = speech_;
        std::erase_if(one.contexts, [&](const ContextAsk& context) {
          return std::find(wish.sop_classes.begin(), wish.sop_classes.end(), context.abstract_syntax) !=
                 wish.sop_classes.end();
        });
        const auto* answer = ask_as(one, "asking without " + wish.service);
        if (answer == nullptr) return false;
        if (!is_acceptance(*answer)) continue;
        evidence(fmt::format("without {}: accepted", wish.service));
        blame("hidden-contexts", {}, {{"what", wish.service}});
        return false;
      }
      return false;
    }
  } else {
    changed.contexts.clear();
    for (const auto uid : common_services)
      changed.contexts.push_back(
          {std::string(uid), {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)}});
    const Answer* answer = nullptr;
    const auto tried = vary(changed, "storage, query and worklist instead of Verification", &answer);
    if (tried == Tried::stop) return false;
    if (tried == Tried::accepted) {
      std::vector<std::string> taken;
      for (const auto* context : std::get<pdu::AAssociateAc>(*answer->reply).contexts())
        if (context->result == 0 && context->id / 2U < changed.contexts.size())
          taken.push_back(changed.contexts[context->id / 2U].abstract_syntax);
      blame("verification-not-accepted", {}, {{"list", uid_list(taken)}});
      return false;
    }
  }
  return true;
}

void Climb::hidden(const std::string& baseline, bool slow) {
  baseline_ = baseline;
  const auto found = [&](const Speech& changed, const std::string& what, std::string_view code, Words words) {
    const auto tried = vary(changed, what);
    if (tried == Tried::accepted) blame(code, {}, std::move(words));
    return tried == Tried::refused;
  };
  if (!speech_.version_name.empty()) {
    auto changed = speech_;
    changed.version_name.clear();
    const auto shown = printable(speech_.version_name);
    if (!found(changed, "no version name",
               speech_.version_name.size() > 16 ? "version-name-too-long" : "hidden-version-name",
               {{"what", shown}, {"detail", std::to_string(speech_.version_name.size())}}))
      return;
  }
  if (speech_.application_context != uids::application_context) {
    auto changed = speech_;
    changed.application_context = uids::application_context;
    if (!found(changed, "the application context of DICOM", "hidden-application-context",
               {{"what", printable(speech_.application_context)}}))
      return;
  }
  if (!slow) {
    if (!hidden_contexts()) return;
    auto changed = speech_;
    changed.implementation_class_uid = other_identity;
    changed.version_name.clear();
    if (!found(changed, "another Implementation Class UID", "hidden-identity",
               {{"what", printable(speech_.implementation_class_uid)}}))
      return;
    if (speech_.maximum_length != 16384) {
      changed = speech_;
      changed.maximum_length = 16384;
      if (!found(changed, "a maximum length of 16384", "hidden-maximum-length",
                 {{"what", speech_.maximum_length == 0 ? "0 (no limit)" : std::to_string(speech_.maximum_length)}}))
        return;
    }
  }
  hidden_titles(baseline, slow);
}

void Climb::hidden_titles(const std::string& baseline, bool slow) {
  bool called_known = false;
  bool calling_known = false;
  if (!slow) {
    // A title that cannot exist: when it is answered otherwise, the real one is known.
    auto changed = speech_;
    changed.called = impossible_title;
    const auto* nobody = ask_as(changed, "asking for a title that cannot exist");
    if (nobody == nullptr) return;
    called_known = !is_acceptance(*nobody) && signature(*nobody) != baseline;
    evidence(fmt::format("called '{}', which cannot exist: {}", impossible_title, signature(*nobody)));
    changed = speech_;
    changed.calling = impossible_title;
    nobody = ask_as(changed, "asking as a caller that cannot exist");
    if (nobody == nullptr) return;
    calling_known = !is_acceptance(*nobody) && signature(*nobody) != baseline;
    evidence(fmt::format("called by '{}', which cannot exist: {}", impossible_title, signature(*nobody)));
  }
  std::vector<std::string> titles;
  if (!called_known) {
    add(titles, question_.try_called, question_.called);
    if (!slow) add(titles, title_variants(question_.called, called_variants), question_.called);
    for (const auto& title : titles) {
      auto changed = speech_;
      changed.called = title;
      const auto tried = vary(changed, fmt::format("the called title '{}'", title));
      if (tried == Tried::accepted)
        blame("hidden-called-ae", {}, {{"right", title}, {"detail", title_difference(question_.called, title)}});
      if (tried != Tried::refused) return;
    }
  }
  titles.clear();
  if (!calling_known) {
    add(titles, question_.try_calling, question_.calling);
    if (!slow) {
      add(titles, {question_.called}, question_.calling);
      add(titles, title_variants(question_.calling, calling_variants), question_.calling);
    }
    for (const auto& title : titles) {
      auto changed = speech_;
      changed.calling = title;
      const auto tried = vary(changed, fmt::format("the calling title '{}'", title));
      if (tried == Tried::accepted) blame("hidden-calling-ae", {}, {{"right", title}});
      if (tried != Tried::refused) return;
    }
  }
  if (slow) return;
  auto swapped = speech_;
  std::swap(swapped.called, swapped.calling);
  const auto tried = vary(swapped, "both titles exchanged");
  if (tried == Tried::accepted) blame("titles-swapped", {});
  if (tried != Tried::refused) return;
  if (called_known && !calling_known) blame("calling-ae-likely", {});
}

}  // namespace assay::diagnose
