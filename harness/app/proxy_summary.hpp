// One report for both vendors: what each side broke over all connections, and what did not work although nobody broke a
// rule (requirement C37). Tests: tests/interop/proxy_test.py
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/app/proxy_story.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::app {

/// A rule that a side broke, once for all the times it did.
struct BrokenRule {
  trace::Finding first;
  std::size_t times = 0;
};
/// Without notes, in the order they were first broken.
std::vector<BrokenRule> broken_rules(const std::vector<trace::Finding>& findings, trace::Side side);

class ProxySummary {
 public:
  void add(const ConnectionStory& story, const trace::Trace& trace);
  void add_unreached(const Party& requestor, const Party& acceptor, const std::string& why);

  [[nodiscard]] std::string text(bool colour, int width) const;
  [[nodiscard]] nlohmann::ordered_json json() const;
  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] std::size_t unreached() const { return unreached_; }
  [[nodiscard]] bool anybody_broke_a_rule() const;

 private:
  struct Record {
    std::size_t connections = 0;
    std::vector<BrokenRule> broken;
  };
  struct Trouble {
    std::string text;
    std::string first;  // connection
    std::size_t times = 0;
  };
  void trouble(const std::string& text, const std::string& connection);

  std::map<Party, Record> parties_;
  std::vector<Trouble> troubles_;
  std::size_t connections_ = 0;
  std::size_t associations_ = 0;
  std::size_t unreached_ = 0;
  std::uint64_t bytes_ = 0;
};

/// The verdicts over the two sides of one connection, as cases of the report.
std::vector<trace::CaseResult> side_cases(const ConnectionStory& story, const trace::Trace& trace, bool encrypted,
                                          bool with_entries);

/// "error RULE ...", wrapped, with its advice below.
std::string finding_lines(const BrokenRule& rule, const std::string& indent, bool colour, int width);

}  // namespace assay::app
