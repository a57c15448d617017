// The upper rungs: what the device accepted, Verification, the services asked for, and what was asked for beside them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/base/hex.hpp"
#include "harness/diagnose/climb.hpp"
#include "harness/diagnose/services.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/status.hpp"
#include "harness/pdu/describe.hpp"

namespace assay::diagnose {
namespace {

constexpr int no_answer = -1;

const pdu::PresentationContextItemAc* answer_to(const pdu::AAssociateAc& ac, const Speech& speech,
                                                std::string_view uid) {
  for (std::size_t i = 0; i < speech.contexts.size(); ++i)
    if (speech.contexts[i].abstract_syntax == uid)
      for (const auto* context : ac.contexts())
        if (context->id == 2 * i + 1) return context;
  return nullptr;
}

int result_of(const pdu::AAssociateAc& ac, const Speech& speech, std::string_view uid) {
  const auto* context = answer_to(ac, speech, uid);
  return context == nullptr ? no_answer : context->result;
}

std::string result_words(int result) {
  switch (result) {
    case no_answer: return "not answered";
    case 0: return "accepted";
    default: return fmt::format("{} ({})", result, pdu::context_result(static_cast<std::uint8_t>(result)));
  }
}

std::string identity_of(const pdu::AAssociateAc& ac) {
  const auto* user = ac.user_information();
  if (user == nullptr) return "it says nothing about itself";
  std::string out;
  if (const auto* uid = user->find<pdu::ImplementationClassUidSubItem>()) out = "implementation " + printable(uid->uid);
  if (const auto* version = user->find<pdu::ImplementationVersionNameSubItem>())
    out += ", version " + printable(version->name);
  if (const auto* length = user->find<pdu::MaximumLengthSubItem>())
    out += length->maximum_length == 0 ? ", no maximum PDU length"
                                       : fmt::format(", maximum PDU length {}", length->maximum_length);
  return out;
}

/// What the acceptance claims that was never proposed; empty when nothing.
std::string contradiction(const pdu::AAssociateAc& ac, const Speech& speech) {
  std::set<unsigned> seen;
  for (const auto* context : ac.contexts()) {
    if (context->id % 2 == 0 || context->id / 2U >= speech.contexts.size())
      return fmt::format("answers presentation context {}, which was not proposed", context->id);
    if (!seen.insert(context->id).second) return fmt::format("answers presentation context {} twice", context->id);
    if (context->result != 0) continue;
    const auto& ask = speech.contexts[context->id / 2U];
    const auto chosen = context->transfer_syntax();
    if (std::find(ask.transfer_syntaxes.begin(), ask.transfer_syntaxes.end(), chosen) == ask.transfer_syntaxes.end())
      return chosen.empty()
                 ? fmt::format("accepts {} without saying in which transfer syntax", uid_words(ask.abstract_syntax))
                 : fmt::format("accepts {} in {}, which was not proposed", uid_words(ask.abstract_syntax),
                               uid_words(chosen));
  }
  return {};
}

}  // namespace

void Climb::accepted(const Answer& answer) {
  const auto& ac = std::get<pdu::AAssociateAc>(*answer.reply);
  out_.identity = identity_of(ac);
  pass(Rung::association, fmt::format("accepted: called '{}' by '{}'", question_.called, question_.calling),
       answer.answer_took);
  if (!acceptance_holds(answer, ac)) return;
  if (!verification(answer, ac)) return;
  if (!services(ac)) return;
  if (!exercise()) return;
  if (!release(answer)) return;
  if (!caller_check()) return;
  limits();
}

bool Climb::acceptance_holds(const Answer& answer, const pdu::AAssociateAc& ac) {
  if (const auto wrong = contradiction(ac, speech_); !wrong.empty()) {
    evidence("bytes of the A-ASSOCIATE-AC: " + to_hex_short(answer.received, 256));
    blame("ac-contradicts-request", wrong, {{"what", wrong}});
    return false;
  }
  const auto length = ac.maximum_length();
  if (length > 0 && length < 8) {  // a PDV has 6 bytes before its first byte of content
    evidence(fmt::format("maximum length item in the A-ASSOCIATE-AC: {}", length));
    blame("maximum-length-unusable", fmt::format("accepted, with a maximum PDU length of {}", length),
          {{"what", std::to_string(length)}});
    return false;
  }
  if (length > 0 && length < 4096)
    remark(fmt::format("its maximum PDU length of {} makes every transfer slow; 16384 and more is usual", length));
  if (const auto* user = ac.user_information())
    if (const auto* version = user->find<pdu::ImplementationVersionNameSubItem>())
      if (version->name.size() > 16)
        remark(fmt::format(
            "its Implementation Version Name '{}' has {} characters, 16 is the most: strict callers hang up on "
            "this (PS3.7 D.3.3.2.3)",
            printable(version->name), version->name.size()));
  std::size_t told = 0;
  for (const auto& problem : answer.reply_problems)
    if (problem.gravity != Gravity::note && told++ < 3)
      remark(fmt::format("its A-ASSOCIATE-AC departs from {} at byte {}: {} where {} should be", problem.clause,
                         problem.offset, problem.found, problem.expected));
  return true;
}

bool Climb::verification(const Answer& answer, const pdu::AAssociateAc& ac) {
  const auto result = result_of(ac, speech_, uids::Verification);
  if (result == 0) {
    if (answer.requests.empty()) {  // nothing could be asked: the connection was gone
      blame("closed-after-accept", "hangs up at once");
      return false;
    }
    return echo(answer, answer.requests.front());
  }
  const auto words = result_words(result);
  evidence("presentation context of Verification: " + words);
  bool other = false;
  for (const auto& wish : question_.wishes)
    for (const auto& uid : wish.sop_classes) other = other || result_of(ac, speech_, uid) == 0;
  if (other) {
    pass(Rung::verification, "not offered by this device: " + words, {}, Mark::remark);
    remark(
        "it does not answer Verification, so an echo test against it fails; this is no fault of the service asked for");
    return true;
  }
  if (question_.wishes.empty()) {
    not_verifying(words);
    return false;
  }
  pass(Rung::verification, "not offered: " + words, {}, Mark::remark);
  return true;
}

bool Climb::survey(std::vector<std::string>& offered) {
  auto all = speech_;
  all.contexts.clear();
  for (const auto uid : survey_sop_classes())
    all.contexts.push_back(
        {std::string(uid), {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)}});
  auto question = probe(Probe::Kind::associate, "asking which services it offers");
  question.speech = all;
  const auto* answer = ask(std::move(question));
  if (answer == nullptr) return false;
  if (!is_acceptance(*answer)) return true;
  for (const auto* context : std::get<pdu::AAssociateAc>(*answer->reply).contexts())
    if (context->result == 0 && context->id / 2U < all.contexts.size())
      offered.push_back(all.contexts[context->id / 2U].abstract_syntax);
  return true;
}

void Climb::not_verifying(std::string_view result) {
  const auto step = fmt::format("refused: {}", result);
  blame("nothing-offered", step, {{"detail", std::to_string(survey_sop_classes().size())}});
  std::vector<std::string> offered;
  if (!survey(offered)) return;
  evidence(fmt::format("of {} usual services it accepts {}", survey_sop_classes().size(), offered.size()));
  if (offered.empty()) return;
  blame("verification-not-offered", step, {{"list", uid_list(offered)}});
}

bool Climb::echo(const Answer& answer, const RequestAnswer& request) {
  if (!request.wrong.empty()) {
    evidence("C-ECHO is answered " + request.wrong);
    blame("echo-wrong-response", "answered wrongly", {{"what", request.wrong}});
    return false;
  }
  if (request.answered) {
    if (request.status == 0) {
      pass(Rung::verification, "C-ECHO answered with success", request.took);
      if (request.took * 2 > question_.wait)
        remark(fmt::format("C-ECHO took {} of the {} allowed: slow", time_words(request.took),
                           time_words(question_.wait)));
      return true;
    }
    const auto status = dimse::describe_status(*request.status, 0x8030, uids::Verification);
    evidence("C-ECHO-RSP with status " + status +
             (request.comment.empty() ? "" : ", comment '" + request.comment + "'"));
    blame("echo-refused", status, {{"what", status}});
    return false;
  }
  if (answer.odd_pdu) {
    const auto what = fmt::format("C-ECHO-RQ with {}", pdu::pdu_name(*answer.odd_pdu));
    evidence("answer to " + what);
    blame("echo-wrong-response", "answered wrongly", {{"what", what}});
    return false;
  }
  if (!answer.abort && answer.end == End::silence) {
    evidence("nothing came within " + time_words(request.took) + " of C-ECHO-RQ");
    blame("echo-unanswered", "no answer within " + time_words(request.took), {{"seconds", time_words(request.took)}});
    auto patient = probe(Probe::Kind::associate, "asking again and waiting longer");
    patient.speech = speech_;
    patient.wait = question_.wait * 4;
    patient.requests = {Request::echo};
    const auto* late = ask(std::move(patient));
    if (late == nullptr || late->requests.empty()) return false;
    const auto took = time_words(late->requests.front().took);
    evidence(late->requests.front().answered ? "asked again with more patience: answered after " + took
                                             : "asked again with more patience: nothing within " + took);
    if (late->requests.front().answered && late->requests.front().status == 0)
      blame("echo-too-late", "answered after " + took, {{"seconds", took}});
    else
      out_.words.insert_or_assign("seconds", took);
    return false;
  }
  const auto ended = [&](const Answer& one) {
    return one.abort ? fmt::format("A-ABORT {}/{} ({})", one.abort->source, one.abort->reason,
                                   pdu::describe_abort(one.abort->source, one.abort->reason))
                     : std::string(one.end == End::rst ? "resets the connection" : "closes the connection");
  };
  evidence("after the acceptance, when C-ECHO-RQ was sent: " + ended(answer));
  blame(answer.abort ? "echo-aborted" : "echo-closed", ended(answer), {{"what", ended(answer)}});
  // Was it our maximum length? Some devices accept any and cannot keep to it.
  if (speech_.maximum_length != 16384) {
    auto changed = speech_;
    changed.maximum_length = 16384;
    const auto* other = ask_as(changed, "a maximum length of 16384");
    if (other == nullptr) return false;
    if (!other->requests.empty() && other->requests.front().status == 0) {
      evidence("with a maximum length of 16384, and nothing else changed, C-ECHO is answered");
      blame("hidden-maximum-length", ended(answer),
            {{"what", speech_.maximum_length == 0 ? "0 (no limit)" : std::to_string(speech_.maximum_length)}});
      return false;
    }
  }
  // Was it the echo? The same without asking anything for a while.
  auto wait = probe(Probe::Kind::associate, "associating without asking anything");
  wait.speech = speech_;
  wait.quiet = std::min<Duration>(question_.wait, std::chrono::seconds(1));
  const auto* idle = ask(std::move(wait));
  if (idle == nullptr || !is_acceptance(*idle)) return false;
  const bool at_once = idle->before_request && (idle->abort || idle->end != End::ours);
  evidence(at_once ? "associated and asked nothing: " + ended(*idle) + " all the same"
                   : "associated and asked nothing for a while: the association stands");
  if (!at_once) {
    std::vector<std::string> taken;
    for (const auto* context : std::get<pdu::AAssociateAc>(*answer.reply).contexts())
      if (context->result == 0 && context->id > 1) taken.push_back(speech_.contexts[context->id / 2U].abstract_syntax);
    if (!taken.empty()) remark("accepted all the same, and perhaps working: " + uid_list(taken, 5));
  }
  if (at_once)
    blame(idle->abort ? "abort-after-accept" : "closed-after-accept", ended(*idle), {{"what", ended(*idle)}});
  return false;
}

bool Climb::services(const pdu::AAssociateAc& ac) {
  if (question_.wishes.empty()) {
    pass(Rung::services, "none asked for (--service store, find ...)", {}, Mark::not_asked);
    pass(Rung::exercise, "none asked for", {}, Mark::not_asked);
    return true;
  }
  std::string taken;
  for (const auto& wish : question_.wishes) {
    std::size_t good = 0;
    for (const auto& uid : wish.sop_classes) {
      const auto result = result_of(ac, speech_, uid);
      const auto* context = answer_to(ac, speech_, uid);
      out_.offers.push_back({wish.service, uid, uid_words(uid),
                             result == 0 ? "accepted, " + uid_words(context->transfer_syntax()) : result_words(result),
                             result == 0});
      good += result == 0 ? 1 : 0;
    }
    if (good == 0 || (wish.all && good < wish.sop_classes.size())) return service_missing(wish, ac);
    taken += fmt::format("{}{} ({} of {} SOP Classes)", taken.empty() ? "" : ", ", wish.service, good,
                         wish.sop_classes.size());
  }
  pass(Rung::services, "accepted: " + taken);
  return true;
}

bool Climb::service_missing(const Wish& wish, const pdu::AAssociateAc& ac) {
  // The best answer decides: one refused for its transfer syntax is nearer than one that is not known at all.
  std::string uid = wish.sop_classes.front();
  int result = 3;
  for (const auto& one : wish.sop_classes) {
    const auto said = result_of(ac, speech_, one);
    if (said == 0) continue;
    if (said == 4 || (result != 4 && said != 3)) {
      result = said;
      uid = one;
    } else if (result == 3 && wish.all) {
      uid = one;
    }
  }
  const auto* named = find_service(wish.service);
  const auto words =
      named != nullptr && result != 4 ? fmt::format("{} ({})", named->title, wish.service) : uid_words(uid);
  evidence(fmt::format("presentation context of {} ({}): {}", uid_words(uid), printable(uid), result_words(result)));
  const auto step = fmt::format("{}: {}", words, result_words(result));
  if (result == 4) {
    std::vector<std::string> proposed;
    for (const auto& context : speech_.contexts)
      if (context.abstract_syntax == uid) proposed = context.transfer_syntaxes;
    blame("transfer-syntax-not-common", step,
          {{"what", words}, {"detail", uid_list(proposed, 4)}, {"list", "none of the usual ones"}});
    auto one_by_one = probe(Probe::Kind::associate, "asking which transfer syntaxes it takes");
    one_by_one.speech = speech_;
    one_by_one.speech.contexts.clear();
    for (const auto syntax : survey_transfer_syntaxes())
      one_by_one.speech.contexts.push_back({uid, {std::string(syntax)}});
    const auto* answer = ask(one_by_one);
    if (answer == nullptr || !is_acceptance(*answer)) return false;
    std::vector<std::string> takes;
    for (const auto* context : std::get<pdu::AAssociateAc>(*answer->reply).contexts())
      if (context->result == 0 && context->id / 2U < one_by_one.speech.contexts.size())
        takes.push_back(one_by_one.speech.contexts[context->id / 2U].transfer_syntaxes.front());
    if (takes.empty()) return false;
    evidence("one by one it takes: " + uid_list(takes, 14));
    out_.words.insert_or_assign("list", uid_list(takes, 14));
    return false;
  }
  if (result != 3) {
    blame("service-refused", step, {{"what", words}, {"detail", result_words(result)}});
    return false;
  }
  blame("sop-class-not-offered", step, {{"what", words}, {"list", "nothing"}});
  std::vector<std::string> offered;
  if (!survey(offered)) return false;
  std::vector<std::string> same;
  const auto* service = service_of(uid);
  for (const auto& one : offered)
    if (service != nullptr && service_of(one) == service) same.push_back(one);
  evidence("of the usual services it offers: " + uid_list(offered, 30));
  if (!same.empty())
    out_.words.insert_or_assign("list", uid_list(same));
  else if (!offered.empty())
    out_.words.insert_or_assign("list", "nothing; it does offer " + uid_list(offered, 5));
  return false;
}

}  // namespace assay::diagnose
