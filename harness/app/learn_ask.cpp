#include "harness/app/learn_ask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/dimse/status.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "peers/scu.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

using conformance::learn::FindQuery;
using conformance::learn::FindReply;
using conformance::learn::Outcome;
using conformance::learn::Reply;

/// Matches of one query that are kept; a device that goes on after C-CANCEL is not remembered for ever.
constexpr std::size_t most_matches = 1000;
/// Associations for queries that come to nothing one after the other.
constexpr std::size_t failures_in_a_row = 3;
/// Result of an A-ASSOCIATE-RJ (PS3.8 Table 9-21).
constexpr std::uint8_t transient = 2;
constexpr std::string_view no_such_study = "2.25.301592653589793238462643383279502884197";
constexpr std::string_view nobody = "ASSAY-NOBODY";

std::string words_of(const diagnose::Answer& answer, Duration wait) {
  if (answer.reply) {
    if (const auto* rj = std::get_if<pdu::AAssociateRj>(&*answer.reply))
      return fmt::format("A-ASSOCIATE-RJ {}/{}/{} ({})", rj->result, rj->source, rj->reason,
                         pdu::describe_reject(rj->result, rj->source, rj->reason));
    if (const auto* abort = std::get_if<pdu::AAbort>(&*answer.reply))
      return fmt::format("A-ABORT ({})", pdu::describe_abort(abort->source, abort->reason));
    return fmt::format("{} as an answer to A-ASSOCIATE-RQ",
                       pdu::pdu_name(static_cast<std::uint8_t>(pdu::type_of(*answer.reply))));
  }
  if (answer.reach != diagnose::Reach::ok) return "no connection: " + answer.system;
  if (answer.tls && !answer.tls->established) return "no agreement on TLS: " + answer.tls->failure;
  switch (answer.end) {
    case diagnose::End::fin: return "the connection being closed without an answer";
    case diagnose::End::rst: return "the connection being reset without an answer";
    case diagnose::End::silence: return fmt::format("no answer in {}", reports::detail::seconds(wait));
    case diagnose::End::ours: break;
  }
  return "bytes that are no DICOM";
}

Outcome outcome_of(const diagnose::Answer& answer) {
  if (answer.reach == diagnose::Reach::interrupted) return Outcome::interrupted;
  if (answer.reach == diagnose::Reach::reset) return Outcome::closed;
  if (answer.reach != diagnose::Reach::ok) return Outcome::unreachable;
  if (answer.reply) {
    if (std::holds_alternative<pdu::AAssociateAc>(*answer.reply)) return Outcome::accepted;
    return std::holds_alternative<pdu::AAssociateRj>(*answer.reply) ? Outcome::rejected : Outcome::aborted;
  }
  if (answer.tls && !answer.tls->established) return Outcome::unreachable;
  if (answer.end == diagnose::End::fin || answer.end == diagnose::End::rst) return Outcome::closed;
  return answer.end == diagnose::End::silence ? Outcome::silent : Outcome::unreachable;
}

}  // namespace

bool passes(const peers::RequestorResult& result) {
  return result.failure == peers::Failure::rejected && result.message.find("transient") != std::string::npos;
}

LearnAsker::LearnAsker(peers::Loop& loop, peers::RequestorOptions target, std::function<bool()> stop,
                       std::function<void(std::size_t, const std::string&)> progress)
    : loop_(loop),
      target_(std::move(target)),
      stop_(std::move(stop)),
      progress_(std::move(progress)),
      prober_(loop, target_.tls) {}

conformance::learn::Associate LearnAsker::associate() {
  return [this](const pdu::AAssociateRq& rq, const std::string& purpose, bool hold) {
    return carry_out(rq, purpose, hold);
  };
}

conformance::learn::Find LearnAsker::find() {
  return [this](std::string_view sop_class, const std::vector<FindQuery>& queries, const std::string& purpose) {
    return query(sop_class, queries, purpose);
  };
}

std::pair<std::size_t, std::size_t> LearnAsker::release_held() { return prober_.release_held(); }

void LearnAsker::tell(const std::string& purpose) { progress_(associations_++, purpose); }

void LearnAsker::wait(Duration pause) {
  auto one = probe();
  one.kind = diagnose::Probe::Kind::resolve;
  one.pause = pause;
  (void)prober_.run(one);
}

diagnose::Probe LearnAsker::probe() const {
  diagnose::Probe out;
  out.host = target_.host;
  out.port = target_.port;
  out.connect_wait = target_.connect_timeout;
  out.wait = target_.dul_timeout;
  out.tls = target_.tls != nullptr;
  return out;
}

Reply LearnAsker::carry_out(const pdu::AAssociateRq& rq, const std::string& purpose, bool hold) {
  if (stop_()) return {Outcome::interrupted, {}, {}, "it was stopped"};
  tell(purpose);
  auto one = probe();
  one.speech.whole = rq;
  one.hold = hold;
  auto answer = prober_.run(one);
  // A device may not have finished with the association before: what it says passes is asked again.
  for (const auto pause : learn_pauses) {
    const auto* rj = answer.reply ? std::get_if<pdu::AAssociateRj>(&*answer.reply) : nullptr;
    if (rj == nullptr || rj->result != transient || stop_()) break;
    one.pause = pause;
    answer = prober_.run(one);
  }
  Reply reply;
  reply.outcome = outcome_of(answer);
  if (reply.outcome == Outcome::accepted) reply.ac = std::get<pdu::AAssociateAc>(std::move(*answer.reply));
  if (reply.outcome == Outcome::rejected) reply.rj = std::get<pdu::AAssociateRj>(*answer.reply);
  if (!reply.ac) reply.words = words_of(answer, one.wait);
  return reply;
}

std::vector<FindReply> LearnAsker::query(std::string_view sop_class, const std::vector<FindQuery>& queries,
                                         const std::string& purpose) {
  std::vector<FindReply> replies(queries.size());
  std::size_t begun = 0;  // queries that went out
  std::size_t failed = 0;
  std::size_t waited = 0;  // for a device that had no room
  while (begun < queries.size() && !stop_()) {
    tell(purpose);
    const auto before = begun;
    bool open = false;  // the query in hand has no answer yet
    peers::FindJob job;
    job.sop_class = sop_class;
    job.next = [&]() -> std::optional<dataset::DataSet> {
      if (begun == queries.size() || stop_()) return std::nullopt;
      open = true;
      return queries[begun++].identifier;
    };
    job.match = [&](dataset::DataSet match, std::uint16_t status) {
      auto& reply = replies[begun - 1];
      reply.pending.insert(status);
      if (reply.matches.size() < most_matches) reply.matches.push_back(std::move(match));
    };
    job.answered = [&](std::uint16_t status) {
      replies[begun - 1].status = status;
      open = false;
    };
    job.cancel = [&] {
      auto& reply = replies[begun - 1];
      const auto enough = queries[begun - 1].enough;
      const bool now = enough != 0 && reply.matches.size() >= enough;
      reply.cancelled = reply.cancelled || now;
      return now;
    };
    std::optional<peers::RequestorResult> result;
    peers::async_find(loop_, target_, std::move(job), [&](peers::RequestorResult r) { result = std::move(r); });
    if (!loop_.run_until([&] { return result.has_value(); })) {
      if (begun > 0 && open) replies[begun - 1].failure = "it was stopped before";
      return replies;
    }
    const bool none = begun == before;  // no association came about, or it took no query
    if (none && passes(*result) && waited < std::size(learn_pauses)) {
      wait(learn_pauses[waited++]);
      continue;
    }
    waited = 0;
    if (open)
      replies[begun - 1].failure = result->message;
    else if (none && begun < queries.size())
      replies[begun++].failure = result->message;
    failed = open || none ? failed + 1 : 0;
    if (failed >= failures_in_a_row || result->failure == peers::Failure::no_context)
      for (; begun < queries.size(); ++begun) replies[begun].failure = result->message;
  }
  return replies;
}

std::optional<std::uint16_t> LearnAsker::move_to_nobody(std::string_view sop_class, const std::string& known_study) {
  if (stop_()) return std::nullopt;
  tell("C-MOVE to a title that nobody knows");
  const bool study = sop_class == uids::StudyRootQueryRetrieveInformationModelMove;
  std::optional<std::uint16_t> status;
  bool asked = false;
  peers::MoveJob job;
  job.model = study ? service::Model::study_root : service::Model::patient_root;
  job.destination = nobody;
  job.next = [&]() -> std::optional<dataset::DataSet> {
    if (std::exchange(asked, true)) return std::nullopt;
    dataset::DataSet keys(dataset::explicit_le);
    keys.set_text(tags::QueryRetrieveLevel, study ? "STUDY" : "PATIENT");
    if (study)
      keys.set_text(tags::StudyInstanceUID, known_study.empty() ? no_such_study : std::string_view(known_study));
    else
      keys.set_text(tags::PatientID, nobody);
    return keys;
  };
  job.answered = [&](std::uint16_t said, const service::SubOperationCounts&) { status = said; };
  bool over = false;
  peers::async_move(loop_, target_, std::move(job), [&](const peers::RequestorResult&) { over = true; });
  loop_.run_until([&] { return over; });
  return status;
}

std::size_t LearnAsker::store_synthetic(const conformance::learn::Learned& learned) {
  std::vector<service::InstancePtr> instances;
  std::set<std::string> classes;
  peers::StoreJob job;
  for (const auto& one : service::synthetic_instances()) {
    // Plain names: what is learned is the device, not its character sets.
    if (one.has(tags::SpecificCharacterSet) || !learned.serves(one.text(tags::SOPClassUID))) continue;
    auto made = service::make_instance(one, uids::ExplicitVRLittleEndian);
    if (!made) continue;
    if (classes.insert(made->sop_class_uid).second)
      job.contexts.push_back(peers::storage_context(made->sop_class_uid, uids::ExplicitVRLittleEndian));
    instances.push_back(std::make_shared<const service::Instance>(std::move(*made)));
  }
  if (instances.empty() || stop_()) return 0;
  tell("storing synthetic objects");
  std::size_t next = 0;
  std::size_t taken = 0;
  job.next = [&]() -> service::InstancePtr { return next == instances.size() ? nullptr : instances[next++]; };
  job.outcome = [&](const peers::StoreOutcome& outcome) {
    const auto kind = dimse::status_class(outcome.status);
    if (outcome.sent && (kind == dimse::StatusClass::success || kind == dimse::StatusClass::warning)) ++taken;
  };
  bool over = false;
  peers::async_store(loop_, target_, std::move(job), [&](const peers::RequestorResult&) { over = true; });
  loop_.run_until([&] { return over; });
  return taken;
}

std::optional<Duration> LearnAsker::silence(const pdu::AAssociateRq* association, Duration longest) {
  if (stop_()) return std::nullopt;
  tell(association == nullptr ? "how long a connection may say nothing" : "how long an association may stand idle");
  auto one = probe();
  if (association == nullptr) {
    one.kind = diagnose::Probe::Kind::listen;
    one.wait = longest;
  } else {
    one.speech.whole = *association;
    one.quiet = longest;
  }
  const auto answer = prober_.run(one);
  if (answer.reach != diagnose::Reach::ok) return std::nullopt;
  if (association == nullptr)
    return answer.end == diagnose::End::fin || answer.end == diagnose::End::rst ? std::optional(answer.answer_took)
                                                                                : std::nullopt;
  const bool accepted = answer.reply && std::holds_alternative<pdu::AAssociateAc>(*answer.reply);
  const bool by_device =
      answer.abort || answer.odd_pdu || answer.end == diagnose::End::fin || answer.end == diagnose::End::rst;
  if (!accepted || !by_device || answer.released) return std::nullopt;
  return answer.took - answer.connect_took - answer.answer_took;
}

}  // namespace assay::app
