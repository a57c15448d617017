// JUnit XML after the surefire schema: one testsuite per standard part, one testcase per verdict.
#include <fmt/format.h>

#include <map>

#include "reports/detail.hpp"
#include "reports/reports.hpp"

namespace assay::reports {
namespace {

using detail::escape;
using trace::CaseResult;
using trace::Verdict;

std::string suite_of(const CaseResult& c) { return c.id.substr(0, c.id.find('/')); }

std::string body_of(const CaseResult& c) {
  std::string body;
  const auto add = [&](std::string_view label, std::string_view text) {
    if (!text.empty()) body += fmt::format("{}: {}\n", label, text);
  };
  add("title", c.title);
  add("because", c.reason);
  add("expected", c.expected);
  add("got", c.actual);
  for (const auto& clause : c.clauses) add("clause", clause.part + " " + clause.section + ": " + clause.duty);
  for (const auto& t : c.traces)
    for (const auto& f : t.findings)
      if (!f.provoked && f.severity != trace::Severity::note) add("finding", trace::to_line(f));
  add("advice", c.advice);
  return body;
}

struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  Duration time{0};
};

void count(Counts& counts, const CaseResult& c) {
  ++counts.tests;
  counts.time += c.duration;
  if (c.expected_deviation || c.verdict == Verdict::skipped || c.verdict == Verdict::inconclusive) {
    counts.skipped += c.expected_deviation || c.verdict != Verdict::pass ? 1 : 0;
  } else if (c.verdict == Verdict::fail) {
    ++counts.failures;
  } else if (c.verdict == Verdict::error) {
    ++counts.errors;
  }
}

}  // namespace

std::string junit_xml(const trace::RunResult& result) {
  std::map<std::string, std::vector<const CaseResult*>> suites;
  Counts all;
  for (const auto& c : result.cases) {
    suites[suite_of(c)].push_back(&c);
    count(all, c);
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out +=
      fmt::format("<testsuites name=\"assay\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
                  all.tests, all.failures, all.errors, all.skipped, detail::plain_seconds(result.duration));
  for (const auto& [name, cases] : suites) {
    Counts counts;
    for (const auto* c : cases) count(counts, *c);
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
        escape(name), counts.tests, counts.failures, counts.errors, counts.skipped, detail::plain_seconds(counts.time));
    for (const auto* c : cases) {
      const auto slash = c->id.rfind('/');
      const auto classname = slash == std::string::npos ? c->id : c->id.substr(0, slash);
      out += fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{}\"", escape(c->id), escape(classname),
                         detail::plain_seconds(c->duration));
      if (c->expected_deviation) {
        out += fmt::format(">\n      <skipped message=\"expected deviation: {}\"/>\n    </testcase>\n",
                           escape(c->expectation_note));
      } else if (c->verdict == Verdict::skipped || c->verdict == Verdict::inconclusive) {
        out += fmt::format(">\n      <skipped message=\"{}: {}\"/>\n    </testcase>\n", trace::name(c->verdict),
                           escape(c->reason));
      } else if (c->verdict == Verdict::fail || c->verdict == Verdict::error) {
        const auto* element = c->verdict == Verdict::fail ? "failure" : "error";
        out += fmt::format(">\n      <{0} message=\"{1}\" type=\"{2}\">{3}</{0}>\n    </testcase>\n", element,
                           escape(c->reason), trace::name(c->verdict), escape(body_of(*c)));
      } else if (c->verdict == Verdict::warning) {
        out += fmt::format(">\n      <system-out>warning\n{}</system-out>\n    </testcase>\n", escape(body_of(*c)));
      } else {
        out += "/>\n";
      }
    }
    out += "  </testsuite>\n";
  }
  out += "</testsuites>\n";
  return out;
}

}  // namespace assay::reports
