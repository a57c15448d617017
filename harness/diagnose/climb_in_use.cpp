// Beside the ladder: services tried out, the release, who is let in, how many at the same time.
#include <fmt/format.h>

#include "harness/diagnose/climb.hpp"
#include "harness/diagnose/services.hpp"
#include "harness/dimse/status.hpp"

namespace assay::diagnose {

bool Climb::exercise() {
  if (question_.wishes.empty()) return true;
  if (!question_.exercise) {
    pass(Rung::exercise, "not tried out (--exercise)", {}, Mark::not_asked);
    return true;
  }
  bool find = false;
  bool move = false;
  for (const auto& offer : out_.offers) {
    const auto* service = service_of(offer.sop_class_uid);
    if (service == nullptr || !offer.accepted) continue;
    find = find || service->name == "find" || service->name == "worklist";
    move = move || service->name == "move";
  }
  if (!find && !move) {
    pass(Rung::exercise, "nothing to try out without side effects", {}, Mark::not_asked);
    return true;
  }
  std::string done;
  Duration took{0};
  for (const auto request : {Request::find, Request::move}) {
    const bool is_find = request == Request::find;
    if (is_find ? !find : !move) continue;
    auto use = probe(Probe::Kind::associate, is_find ? "querying for nothing" : "retrieving nothing");
    use.speech = speech_;
    use.requests = {request};
    const auto* answer = ask(std::move(use));
    if (answer == nullptr) return false;
    const std::string name = is_find ? "C-FIND" : "C-MOVE";
    if (!is_acceptance(*answer) || answer->requests.empty() || answer->requests.front().no_context) {
      evidence(fmt::format("a second association, for {}: {}", name, what_came(*answer)));
      blame("request-broken", name + ": no second association",
            {{"what", "The device accepted a first association and not a second one for " + name + "."}});
      return false;
    }
    const auto& got = answer->requests.front();
    took += got.took;
    if (!got.answered && got.wrong.empty() && answer->end == End::silence && !answer->abort) {
      const auto waited = time_words(got.took);
      evidence(fmt::format("{}: no final response within {}", name, waited));
      blame(is_find ? "find-unanswered" : "move-unanswered", name + ": no answer within " + waited,
            {{"seconds", waited}});
      return false;
    }
    if (!got.wrong.empty() || !got.answered) {
      const auto how = !got.wrong.empty() ? "answers " + got.wrong
                       : answer->abort
                           ? fmt::format("aborts with A-ABORT {}/{}", answer->abort->source, answer->abort->reason)
                       : answer->end == End::rst ? std::string("resets the connection")
                                                 : std::string("closes the connection");
      evidence(fmt::format("when it gets {}, the device {}", name, how));
      blame("request-broken", name + ": " + how, {{"what", fmt::format("When it gets {}, the device {}.", name, how)}});
      return false;
    }
    const auto status = dimse::describe_status(*got.status, is_find ? 0x8020 : 0x8021);
    evidence(fmt::format("{} answered with status {}{}", name, status,
                         got.comment.empty() ? "" : ", comment '" + got.comment + "'"));
    const auto kind = dimse::status_class(*got.status);
    if (!is_find && *got.status == 0xa801) {
      blame("move-destination-unknown", "C-MOVE: " + status, {{"what", status}});
      return false;
    }
    // That a study which does not exist cannot be retrieved is a right answer as well.
    if (is_find ? kind != dimse::StatusClass::success && kind != dimse::StatusClass::warning : *got.status == 0x0124) {
      blame(is_find ? "find-refused" : "move-refused", name + ": " + status, {{"what", status}});
      return false;
    }
    if (!is_find && kind == dimse::StatusClass::success)
      remark(
          fmt::format("whether it knows where to send for '{}' only a real study shows: some devices look for the "
                      "destination when they have found something to send",
                      question_.calling));
    done += (done.empty() ? "" : ", ") + name + " answered";
  }
  pass(Rung::exercise, done, took);
  return true;
}

bool Climb::release(const Answer& answer) {
  if (answer.released || answer.requests.empty()) return true;
  if (answer.end == End::silence) {
    const auto waited = time_words(answer.release_took);
    evidence("A-RELEASE-RQ: nothing came within " + waited);
    blame("release-unanswered", "C-ECHO works, A-RELEASE-RQ gets no answer", {{"seconds", waited}});
    return false;
  }
  remark(answer.abort ? "it answers A-RELEASE-RQ with an A-ABORT instead of A-RELEASE-RP"
                      : "it closes the connection instead of answering A-RELEASE-RQ");
  return true;
}

bool Climb::caller_check() {
  if (!question_.check_callers) return true;
  auto stranger = speech_;
  stranger.calling = "ASSAY-NOBODY";
  const auto* answer = ask_as(stranger, "asking as a caller that cannot exist");
  if (answer == nullptr) return false;
  remark(is_acceptance(*answer) ? "it answers an unknown caller ('ASSAY-NOBODY'): reachable, but no check of callers; "
                                  "anybody on this network "
                                  "can do the same"
                                : "it checks its callers: 'ASSAY-NOBODY' gets " + signature(*answer));
  return true;
}

bool Climb::limits() {
  if (question_.associations == 0) return true;
  std::string seen;
  for (unsigned i = 1; i <= question_.associations; ++i) {
    auto one =
        probe(Probe::Kind::associate, fmt::format("association {} of {} at the same time", i, question_.associations));
    one.speech = speech_;
    one.hold = true;
    const auto* answer = ask(std::move(one));
    if (answer == nullptr) return false;
    if (is_acceptance(*answer)) continue;
    evidence(fmt::format("association {} at the same time: {}", i, what_came(*answer)));
    blame("association-limit", fmt::format("{} at the same time, the next: {}", i - 1, signature(*answer)),
          {{"what", std::to_string(i - 1)},
           {"detail", std::to_string(question_.associations)},
           {"list", "It refuses with: " + signature(*answer) + "."}});
    return false;
  }
  remark(fmt::format("{} associations at the same time: all accepted", question_.associations));
  return true;
}

}  // namespace assay::diagnose
