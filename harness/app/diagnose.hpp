// `assay diagnose`: why do these two not talk, whose fault is it, what is to be changed?
// Tests: tests/interop/diagnose_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"
#include "harness/diagnose/diagnosis.hpp"

namespace assay::app {

struct DiagnoseOptions {
  std::string target;
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::vector<std::string> services;           // "store", "find" ... or "all"
  std::vector<std::string> sop_classes;        // UIDs or keywords
  std::vector<std::string> transfer_syntaxes;  // UIDs or keywords, proposed for the services
  std::optional<std::string> application_context;
  std::optional<std::string> implementation_class_uid;
  std::optional<std::string> version_name;  // "" = not sent
  std::optional<std::uint32_t> maximum_length;
  TlsWords tls;
  bool tls_less = false;
  std::vector<std::string> try_called;
  std::vector<std::string> try_calling;
  std::vector<std::string> also;  // HOST:PORT
  bool only_this_port = false;
  bool exercise = false;
  bool check_callers = false;
  unsigned associations = 0;
  Duration wait = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(60);
  bool json = false;
};

/// Climbs the ladder and prints what was found. Exit code 0 healthy, 1 a cause, 2 bad usage, 3 not reachable.
int diagnose(const DiagnoseOptions& options, Console& console);
/// Prints every cause that can be named.
int diagnose_causes(bool json, Console& console);

/// The report for people: a line for each rung, then cause, evidence and what to change.
std::string diagnosis_text(const diagnose::Diagnosis& diagnosis, const DiagnoseOptions& options, bool colour,
                           int width);
/// The same for tools.
std::string diagnosis_json(const diagnose::Diagnosis& diagnosis, const DiagnoseOptions& options);

}  // namespace assay::app
