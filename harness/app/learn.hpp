// `assay learn`: what a device really supports, found by asking, as a profile and as a statement for people; a
// statement held against the device; two statements held against each other. What is asked and what the answers mean
// stands in conformance/learn.hpp. Tests: tests/interop/learn_test.py
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/learn.hpp"
#include "harness/app/console.hpp"
#include "harness/app/scu.hpp"

namespace assay::app {

struct LearnOptions {
  ScuOptions scu;       // target may be empty: two statements alone are compared
  bool titled = false;  // --called-ae was given
  std::string out;      // profile; "" = none
  std::string html;     // statement; "" = none
  std::vector<std::string> diff;
  bool quick = false;
  bool slow = false;                            // timers, too
  Duration longest = std::chrono::seconds(60);  // of a timer
  bool may_store = false;
  bool keys = true;
  std::set<std::string> also = {};  // SOP Classes and transfer syntaxes that are asked for in any case
  unsigned parallel = 64;
};

/// What came of it, for the writers below.
struct LearnReport {
  std::string target;
  conformance::learn::Settings settings;
  conformance::learn::Learned learned;
  conformance::Profile profile;
  std::size_t associations = 0;
  Duration took{};
  std::string date;
  bool interrupted = false;
  std::vector<std::string> remarks;                      // what was done to the device: objects stored
  std::string statement;                                 // of --diff; "" = none
  std::vector<conformance::learn::Compared> comparison;  // with it
};
/// 0 learned, and nothing of --diff contradicted; 1 contradicted; 2 bad usage; 3 not reached; 130 interrupted. Where
/// `report` is given, it is filled in instead of being printed.
int learn(const LearnOptions& options, Console& console, LearnReport* report = nullptr);
/// For the terminal: tables of what was found, and what stays unknown.
std::string learn_text(const LearnReport& report, bool colour);
std::string learn_json(const LearnReport& report);
/// A statement in the order of PS3.2, self-contained.
std::string learn_html(const LearnReport& report);
/// The look of pages about statements: CSS.
std::string_view statement_style();
/// Open questions with the same reason together: the reason, and what it is about.
std::vector<std::pair<std::string, std::vector<std::string>>> open_questions(
    const conformance::learn::Learned& learned);

}  // namespace assay::app
