#include "harness/diagnose/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/diagnose/climb.hpp"
#include "harness/diagnose/services.hpp"
#include "harness/diagnose/titles.hpp"
#include "harness/dict/dict.hpp"

namespace assay::diagnose {

std::variant<Probe, Diagnosis> Ladder::next() const {
  Climb climb(question_, answers_);
  climb.climb();
  if (auto probe = std::move(climb).wanted()) return *std::move(probe);
  return std::move(climb.diagnosis());
}

Diagnosis Ladder::so_far(std::string_view interrupted) const {
  Climb climb(question_, answers_);
  climb.climb();
  auto diagnosis = std::move(climb.diagnosis());
  if (diagnosis.cause == nullptr) {
    diagnosis.cause = find_cause("interrupted");
    diagnosis.words.insert_or_assign("what", std::string(interrupted));
  }
  diagnosis.interrupted = diagnosis.stopped_early = true;
  return diagnosis;
}

Speech speech_of(const Question& question) {
  static const std::vector<std::string> uncompressed = {std::string(uids::ExplicitVRLittleEndian),
                                                        std::string(uids::ImplicitVRLittleEndian)};
  Speech speech;
  speech.called = question.called;
  speech.calling = question.calling;
  speech.application_context = question.application_context;
  speech.implementation_class_uid = question.implementation_class_uid;
  speech.version_name = question.version_name;
  speech.maximum_length = question.maximum_length;
  speech.contexts.push_back({std::string(uids::Verification),
                             {std::string(uids::ImplicitVRLittleEndian), std::string(uids::ExplicitVRLittleEndian)}});
  for (const auto& wish : question.wishes)
    for (const auto& uid : wish.sop_classes)
      if (uid != uids::Verification && speech.contexts.size() < 128)
        speech.contexts.push_back(
            {uid, question.transfer_syntaxes.empty() ? uncompressed : question.transfer_syntaxes});
  return speech;
}

std::string time_words(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} s", seconds);
}

bool is_acceptance(const Answer& answer) {
  return answer.reply && std::holds_alternative<pdu::AAssociateAc>(*answer.reply);
}

std::string signature(const Answer& answer) {
  if (answer.reach != Reach::ok) return "no connection";
  if (answer.reply) {
    if (const auto* rj = std::get_if<pdu::AAssociateRj>(&*answer.reply))
      return fmt::format("A-ASSOCIATE-RJ {}/{}/{}", rj->result, rj->source, rj->reason);
    if (const auto* abort = std::get_if<pdu::AAbort>(&*answer.reply))
      return fmt::format("A-ABORT {}/{}", abort->source, abort->reason);
    return pdu::pdu_name(static_cast<std::uint8_t>(pdu::type_of(*answer.reply)));
  }
  if (!answer.received.empty()) return "bytes " + to_hex_short(answer.received, 6);
  if (answer.end == End::fin) return "closes the connection";
  if (answer.end == End::rst) return "resets the connection";
  return "silence";
}

std::string what_came(const Answer& answer) {
  const auto after = time_words(answer.answer_took);
  if (answer.reach != Reach::ok) return "no connection: " + printable(answer.system);
  if (answer.reply) {
    const auto bytes = answer.received.size() <= 16 ? ", bytes " + to_hex(answer.received) : std::string();
    if (const auto* rj = std::get_if<pdu::AAssociateRj>(&*answer.reply))
      return fmt::format("A-ASSOCIATE-RJ {}/{}/{} ({}) after {}{}", rj->result, rj->source, rj->reason,
                         pdu::describe_reject(rj->result, rj->source, rj->reason), after, bytes);
    if (const auto* abort = std::get_if<pdu::AAbort>(&*answer.reply))
      return fmt::format("A-ABORT {}/{} ({}) after {}{}", abort->source, abort->reason,
                         pdu::describe_abort(abort->source, abort->reason), after, bytes);
    return fmt::format("{} after {}", signature(answer), after);
  }
  if (!answer.received.empty())
    return fmt::format("{} bytes after {}, the first: {}", answer.received.size(), after,
                       to_hex_short(answer.received, 24));
  if (answer.end == End::fin) return "closes the connection without a word after " + after;
  if (answer.end == End::rst) return "resets the connection without a word after " + after;
  return "nothing within " + after;
}

std::string uid_list(const std::vector<std::string>& uids, std::size_t limit) {
  if (uids.empty()) return "nothing";
  std::string out;
  for (std::size_t i = 0; i < uids.size() && i < limit; ++i) out += (i == 0 ? "" : ", ") + uid_words(uids[i]);
  if (uids.size() > limit) out += fmt::format(" and {} more", uids.size() - limit);
  return out;
}

Climb::Climb(const Question& question, const std::vector<Answer>& answers)
    : question_(question), answers_(answers), speech_(speech_of(question)) {
  for (std::size_t i = 0; i < rung_count; ++i) out_.steps.push_back({static_cast<Rung>(i), Mark::not_reached, {}, {}});
  out_.words = {{"host", question.host},
                {"port", std::to_string(question.port)},
                {"called", printable(question.called)},
                {"calling", printable(question.calling)},
                {"wait", time_words(question.wait)},
                {"here", "of this machine"}};
}

Duration Climb::spent() const {
  Duration sum{0};
  for (std::size_t i = 0; i < used_ && i < answers_.size(); ++i) sum += answers_[i].took;
  return sum;
}

const Answer* Climb::ask(Probe probe) {
  if (wanted_) return nullptr;
  if (used_ < answers_.size()) {
    const auto& answer = answers_[used_++];
    out_.probes = used_;
    out_.took = spent();
    return answer.reach == Reach::interrupted ? nullptr : &answer;
  }
  const auto left = question_.total - spent();
  if (used_ >= question_.max_probes + question_.associations || left <= Duration{0}) {
    out_.stopped_early = true;
    if (out_.cause == nullptr) out_.cause = find_cause("not-proven");
    return nullptr;
  }
  const auto most = std::max<Duration>(left, std::chrono::milliseconds(100));
  probe.wait = std::min(probe.wait, most);
  probe.connect_wait = std::min(probe.connect_wait, most);
  probe.most = most;
  wanted_ = std::move(probe);
  return nullptr;
}

Probe Climb::probe(Probe::Kind kind, std::string purpose) const {
  Probe out;
  out.kind = kind;
  out.host = address_;
  out.port = question_.port;
  out.connect_wait = question_.wait;
  out.wait = question_.wait;
  out.purpose = std::move(purpose);
  out.tls = inside_tls_;
  out.tls_name = question_.host;
  return out;
}

const Answer* Climb::ask_as(const Speech& speech, std::string purpose) {
  auto out = probe(Probe::Kind::associate, std::move(purpose));
  out.speech = speech;
  out.requests = {Request::echo};
  return ask(std::move(out));
}

void Climb::pass(Rung rung, std::string detail, Duration took, Mark mark) {
  auto& step = out_.steps[static_cast<std::size_t>(rung)];
  step.mark = mark;
  step.detail = std::move(detail);
  step.took = took;
}

void Climb::blame(std::string_view code, std::string detail_of_step, Words words) {
  if (out_.cause != nullptr) {  // a closer look: the step of the first guess tells the new one
    auto& old = out_.steps[static_cast<std::size_t>(out_.cause->rung)];
    if (old.mark == Mark::failed && find_cause(code)->rung != out_.cause->rung)
      old = {out_.cause->rung, Mark::not_reached, {}, {}};
  }
  out_.cause = find_cause(code);
  for (auto& [key, value] : words) out_.words.insert_or_assign(key, std::move(value));
  const auto rung = static_cast<std::size_t>(out_.cause->rung);
  out_.steps[rung].mark = Mark::failed;
  auto& detail = out_.steps[rung].detail;
  if (!detail_of_step.empty())
    detail = std::move(detail_of_step);
  else if (detail.empty() && !baseline_.empty())
    detail = "refused: " + baseline_;
}

void Climb::climb() {
  if (!settings() || !name()) return;
  const auto* first = question_.tls ? reach_tls() : reach();
  if (first == nullptr || !protocol(*first)) return;
  association(*first);
}

bool Climb::settings() {
  if (const auto fault = title_fault(question_.called); !fault.empty()) {
    blame("called-title-invalid", "called AE title: " + fault, {{"detail", fault}});
    return false;
  }
  if (const auto fault = title_fault(question_.calling); !fault.empty()) {
    blame("calling-title-invalid", "calling AE title: " + fault, {{"detail", fault}});
    return false;
  }
  std::string odd;
  for (const auto& title : {question_.called, question_.calling})
    if (const auto warning = title_warning(title); !warning.empty()) odd = fmt::format("'{}' {}", title, warning);
  if (question_.version_name.size() > 16)
    odd = fmt::format("the version name has {} characters, 16 is the most", question_.version_name.size());
  pass(Rung::settings, odd.empty() ? "the titles are valid" : odd, {}, odd.empty() ? Mark::ok : Mark::remark);
  return true;
}

}  // namespace assay::diagnose
