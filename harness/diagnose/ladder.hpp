// The ladder of `assay diagnose`: name, TCP, what listens there, association, verification, services. It decides what
// to look at next and stops at the first proven cause. No I/O: next() yields a probe or the diagnosis, answer() takes
// what the probe brought. The decision is a function of the question and all answers so far, computed afresh each time.
// Tests: tests/unit/diagnose/ladder_test.cpp, tests/interop/diagnose_test.py; fuzz target: fuzz_diagnose
#pragma once

#include <utility>
#include <variant>

#include "harness/diagnose/diagnosis.hpp"
#include "harness/diagnose/probe.hpp"

namespace assay::diagnose {

/// A service asked for. One of the SOP Classes is enough, unless `all` are needed (named one by one).
struct Wish {
  std::string service;  // "store", or the SOP Class as it was typed
  std::vector<std::string> sop_classes;
  bool all = false;
};

struct Question {
  std::string host;
  std::uint16_t port = 0;
  std::string called = "ANY-SCP";
  std::string calling = "ASSAY";
  std::vector<Wish> wishes;
  std::vector<std::string> transfer_syntaxes;  // proposed for the wishes; empty: the two uncompressed little endian
  // Who we say we are: as Assay itself, or as the device that fails does.
  std::string application_context;
  std::string implementation_class_uid;
  std::string version_name;
  std::uint32_t maximum_length = 0;
  bool tls = false;                                         // the device is said to want TLS
  bool tls_check = true;                                    // the caller looks at the certificate of the device
  bool tls_authority = false;                               // and it was said which authority it trusts
  bool tls_less = false;                                    // never send a ClientHello
  std::vector<std::string> try_called;                      // other titles it may have
  std::vector<std::string> try_calling;                     // titles it may know
  std::vector<std::pair<std::string, std::uint16_t>> also;  // where else it may be
  bool other_ports = true;                                  // look at 104 and 11112 when the port is closed
  bool exercise = false;                    // query and retrieve what cannot exist, where those services are asked for
  bool check_callers = false;               // is anybody let in?
  unsigned associations = 0;                // this many at the same time
  Duration wait = std::chrono::seconds(5);  // for each answer
  Duration total = std::chrono::seconds(60);  // for everything
  std::size_t max_probes = 40;                // beside `associations`
};

class Ladder {
 public:
  explicit Ladder(Question question) : question_(std::move(question)) {}

  [[nodiscard]] std::variant<Probe, Diagnosis> next() const;
  void answer(Answer answer) { answers_.push_back(std::move(answer)); }
  /// The diagnosis as far as it is known, for when somebody cannot wait; `interrupted` says in the middle of what.
  [[nodiscard]] Diagnosis so_far(std::string_view interrupted) const;

 private:
  Question question_;
  std::vector<Answer> answers_;
};

/// The Speech that a Question makes, with Verification and the SOP Classes of the wishes.
Speech speech_of(const Question& question);

}  // namespace assay::diagnose
