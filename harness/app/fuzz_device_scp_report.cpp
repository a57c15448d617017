// What is told of a run of `assay fuzz device --as-scp`: one line while it goes on, and its reports.
#include <array>

#include "harness/app/edition.hpp"
#include "harness/app/fuzz_device_scp_run.hpp"
#include "harness/app/home.hpp"
#include "harness/version.hpp"

namespace assay::app {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

void FuzzDeviceScpRun::progress() {
  const auto now = loop_.now();
  if (now - began_ < std::chrono::seconds(2) || now - shown_ < std::chrono::milliseconds(250)) return;
  shown_ = now;
  console_.progress(fmt::format("{} of {:.0f} s, {} calls ({:.0f}/s), {} places, {} kept, {} findings",
                                static_cast<int>(seconds(now - began_)), seconds(options_.time), executed_,
                                static_cast<double>(executed_) / seconds(now - began_), guide_.features(),
                                guide_.kept().size(), found_.size()));
}

void FuzzDeviceScpRun::report(trace::RunResult& result) {
  const auto add = [&](trace::CaseResult c) {
    c.role = "acceptor";
    report_.add(c, "");
    result.cases.push_back(std::move(c));
  };
  for (const auto& [kind, count] : kinds_) {
    trace::CaseResult c;
    c.id = "fuzz/device/" + kind;
    c.title = fmt::format("Changed answers to {} do the device no harm", kind);
    c.tags = {"fuzz"};
    c.verdict = trace::Verdict::pass;
    c.reason = fmt::format("{} were given", count);
    add(std::move(c));
  }
  for (const auto& [id, f] : found_) {
    trace::CaseResult c;
    c.id = "fuzz/device/finding/" + id;
    c.title = f.title();
    c.tags = {"fuzz", std::string(name(f.kind)), std::string(name(f.severity))};
    c.verdict = trace::Verdict::fail;
    c.reason = f.happened;
    c.advice = f.advice;
    c.actual = f.title();
    if (const auto known = found_known_.find(id); known != found_known_.end()) {
      c.expected_deviation = true;
      c.expectation_note = known->second;
    }
    add(std::move(c));
  }
}

int FuzzDeviceScpRun::finish() {
  trace::RunResult result;
  result.assay_version = ASSAY_VERSION;
  result.command_line = options_.command_line;
  result.started = started_;
  result.target = subject();
  result.called_ae = options_.called_ae;
  result.calling_ae = options_.calling_ae;
  result.edition = std::string(standard_edition);
  result.duration = busy_;
  result.interrupted = interrupted_;
  report(result);
  std::array<int, 4> severities{};
  for (const auto& [id, f] : found_)
    if (!found_known_.contains(id)) ++severities.at(static_cast<std::size_t>(f.severity));
  console_.text(fmt::format("{} calls in {:.1f} s ({:.1f}/s), {} places reached, {} kept\n", executed_, seconds(busy_),
                            busy_ > Duration{0} ? static_cast<double>(executed_) / seconds(busy_) : 0.0,
                            guide_.features(), guide_.kept().size()));
  if (unsure_ > 0)
    console_.text(fmt::format("{} answers came late once and in time when asked again: not findings\n", unsure_));
  std::string cells;
  for (const auto& [cell, times] : cells_) cells += fmt::format("{:8}  {}\n", times, cell);
  const auto table = folder_.folder() / "places.txt";
  if (auto written = write_text(table, cells); !written) console_.error(written.error());
  console_.text(fmt::format("Where it was and what it did there: {} places, in {}\n", cells_.size(), table.string()));
  const auto known = found_known_.empty() ? "" : fmt::format(" and {} known", found_known_.size());
  console_.text(fmt::format("{} findings: {} critical, {} high, {} medium, {} low{}; in {}\n", news(), severities[3],
                            severities[2], severities[1], severities[0], known, folder_.findings().string()));
  if (const auto written = report_.finish(result); !written) {
    console_.error(written.error());
    return exit_codes::usage;
  }
  if (options_.json)
    if (const auto text = read_text(folder_.folder() / "results.json")) console_.data(*text);
  if (!trouble_.empty()) console_.error(trouble_);
  if (interrupted_) return exit_codes::interrupted;
  if (news() > 0) return exit_codes::not_conformant;
  return trouble_.empty() ? exit_codes::ok : exit_codes::inconclusive;
}

}  // namespace assay::app
