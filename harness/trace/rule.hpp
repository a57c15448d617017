// Rules: incremental observers of a Trace, run on every connection of every scenario and on captures alike.
// A rule that needs both sides to judge must stay silent when the other side already broke what it relies on.
// Tests: tests/unit/trace/, tests/unit/conformance/rules/
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "harness/trace/trace.hpp"

namespace assay::trace {

/// What is known of a rule without running it; the catalogue of rules is printed from it.
struct RuleInfo {
  std::string_view id;      // "ps3.8/9.3.3.2/answers-every-context"
  std::string_view clause;  // "PS3.8 9.3.3.2"
  Severity severity = Severity::error;
  std::string_view title;   // what must hold, one sentence
  std::string_view advice;  // what an integrator should do when it does not
};

/// Where a rule puts its findings. Severity and advice come from the RuleInfo unless set.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void report(Finding finding) = 0;
};

/// One running rule on one connection.
class RuleRun {
 public:
  virtual ~RuleRun() = default;
  virtual void on_entry(const Entry& entry, const Negotiated& negotiated, Reporter& reporter) = 0;
};

using RuleFactory = std::function<std::unique_ptr<RuleRun>()>;

struct Rule {
  std::vector<RuleInfo> infos;  // one run may judge several related rules
  RuleFactory make;
};

/// All rules that an observer runs. Built by conformance::standard_rules(). The texts of a RuleInfo must outlive it.
class RuleBook {
 public:
  void add(Rule rule);
  /// Descriptions for problem ids that decoders report (the observer turns Problems into Findings itself).
  void describe(std::span<const RuleInfo> infos);

  [[nodiscard]] const RuleInfo* find(std::string_view id) const;
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  /// In ascending order of id, each id once.
  [[nodiscard]] const std::vector<RuleInfo>& infos() const { return infos_; }

 private:
  std::vector<Rule> rules_;
  std::vector<RuleInfo> infos_;
};

}  // namespace assay::trace
