// One climb: the questions in order, each answered from what is already known, until an answer is missing. Internal.
#pragma once

#include <functional>

#include "harness/diagnose/ladder.hpp"

namespace assay::diagnose {

class Climb {
 public:
  Climb(const Question& question, const std::vector<Answer>& answers);

  void climb();
  [[nodiscard]] std::optional<Probe> wanted() && { return std::move(wanted_); }
  [[nodiscard]] Diagnosis& diagnosis() { return out_; }

 private:
  // Null unwinds the climb: the answer is not there yet, or the budget is used up.
  const Answer* ask(Probe probe);
  const Answer* ask_as(const Speech& speech, std::string purpose);
  [[nodiscard]] Probe probe(Probe::Kind kind, std::string purpose) const;
  [[nodiscard]] Duration spent() const;

  void pass(Rung rung, std::string detail, Duration took = {}, Mark mark = Mark::ok);
  /// Names a cause; a later, closer one replaces it.
  void blame(std::string_view code, std::string detail_of_step, Words words = {});
  void evidence(std::string line) { out_.evidence.push_back(std::move(line)); }
  void remark(std::string line) { out_.remarks.push_back(std::move(line)); }

  // Each false: the climb ends here.
  bool settings();
  bool name();
  const Answer* reach();
  const Answer* reach_tls();
  /// Whether TLS lets the climb go on.
  bool tls_stands(const Answer& answer, const trace::Tls& tls);
  bool certificate_good(const Answer& answer, const trace::Tls& tls);
  void tls_refused(const trace::Tls& tls);
  void not_reached(const Answer& answer);
  void look_elsewhere(const std::string& why);
  bool protocol(const Answer& answer);
  void hung_up(const Answer& answer);
  void says_nothing(const Answer& answer);
  bool foreign(const Answer& answer);
  /// Whether the port speaks TLS; nothing when it could not be asked.
  std::optional<bool> wants_tls();

  bool association(const Answer& answer);
  bool rejected(const Answer& answer, const pdu::AAssociateRj& rj);
  void called_unknown(const std::string& said);
  void calling_unknown(const std::string& said);
  void application_context(const std::string& said);
  /// `baseline` is the signature of the refusal; `slow` when each refusal costs a whole wait.
  void hidden(const std::string& baseline, bool slow);
  enum class Tried : std::uint8_t { stop, refused, accepted };
  /// Asks with one thing changed; when that is accepted, asks unchanged again to be sure of it.
  Tried vary(const Speech& changed, const std::string& what, const Answer** answer = nullptr);
  bool hidden_contexts();
  void hidden_titles(const std::string& baseline, bool slow);

  void accepted(const Answer& answer);
  bool acceptance_holds(const Answer& answer, const pdu::AAssociateAc& ac);
  bool verification(const Answer& answer, const pdu::AAssociateAc& ac);
  bool echo(const Answer& answer, const RequestAnswer& request);
  void not_verifying(std::string_view result);
  bool services(const pdu::AAssociateAc& ac);
  bool service_missing(const Wish& wish, const pdu::AAssociateAc& ac);
  bool exercise();
  bool caller_check();
  bool limits();
  bool release(const Answer& answer);
  /// Which of the usual SOP Classes the device offers, in words; false when it was not to be learnt.
  bool survey(std::vector<std::string>& offered);

  const Question& question_;
  const std::vector<Answer>& answers_;
  std::size_t used_ = 0;
  std::optional<Probe> wanted_;
  bool inside_tls_ = false;  // what is asked from here on
  std::string address_;      // the one that is talked to
  std::vector<std::string> addresses_;
  Speech speech_;
  std::string baseline_;  // how the device refuses, when it hides the reason
  Diagnosis out_;
};

/// "1.2 ms", "3.4 s"
std::string time_words(Duration duration);
/// What an A-ASSOCIATE-RQ brought, in a form that can be compared: "A-ASSOCIATE-RJ 1/1/1", "closed", "silence".
std::string signature(const Answer& answer);
/// The same for people, with the bytes.
std::string what_came(const Answer& answer);
bool is_acceptance(const Answer& answer);
/// "CT Image Storage, MR Image Storage and 3 more"
std::string uid_list(const std::vector<std::string>& uids, std::size_t limit = 8);

}  // namespace assay::diagnose
