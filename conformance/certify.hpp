// A conformance statement held against what a device has shown: when it was asked (learn.hpp), in the cases of the
// catalogue, and when it called us. Claim by claim: confirmed, contradicted, not tested and why; and what the device
// does that the statement does not say. Pure: a statement and a record in, judgements out; `assay certify` makes the
// record and prints them, and judges a record again for another statement without a device.
// PS3.2. Tests: tests/unit/conformance/certify_test.cpp, tests/interop/certify_test.py
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/learn.hpp"
#include "conformance/profile.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::conformance::certify {

enum class Standing : std::uint8_t { confirmed, contradicted, not_tested, undeclared };
/// "confirmed", "not tested".
std::string_view name(Standing standing);

/// What one case of the catalogue has shown.
struct CaseSeen {
  std::string id;
  std::string title;
  trace::Verdict verdict = trace::Verdict::inconclusive;
  bool statement = false;          // it judges what the device claims, and not what the standard asks of everybody
  std::vector<std::string> needs;  // claims that the device must make: as in <needs claim="...">
  std::string reason;
  std::string advice;
  std::string clause;
};

/// A presentation context that the device proposed when it called us.
struct Proposal {
  std::string sop_class;  // UID
  std::set<std::string> transfer_syntaxes;
  std::set<std::string> cases;  // ids of those in which it did
};

/// Everything that is known of a device; what a statement is judged by.
struct Record {
  learn::Learned learned;
  Profile reality;  // of the same
  std::vector<CaseSeen> cases;
  std::vector<Proposal> proposals;
  bool called_us = false;  // it could have: it was operated
};

/// One piece of evidence for or against a claim.
struct Evidence {
  std::string source;  // "asked", or the id of a case
  std::string text;
  bool agrees = true;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Judgement {
  Claim claim;
  Standing standing = Standing::not_tested;
  std::string why;  // of not tested, contradicted and undeclared: one sentence
  std::vector<Evidence> evidence;
};

/// In the order of the statement; what it does not declare comes last. `title` chooses one of its Application Entities;
/// where it has none of that title, its first.
std::vector<Judgement> judge(const Profile& statement, std::string_view title, const Record& record);

/// Cases in which the device broke a rule that holds for everybody, whatever its statement says.
std::vector<CaseSeen> broken_rules(const Record& record);

}  // namespace assay::conformance::certify
