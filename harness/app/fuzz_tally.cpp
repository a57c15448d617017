#include "harness/app/fuzz_tally.hpp"

#include <fmt/format.h>

#include <array>

#include "harness/app/edition.hpp"
#include "harness/app/home.hpp"
#include "harness/version.hpp"

namespace assay::app {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

bool FuzzTally::read_known() {
  if (options_.known.empty()) {
    if (options_.product.empty()) return true;
    console_.error("--product chooses lines of a file of known findings: give it with --known FILE");
    return false;
  }
  auto known = KnownFindings::read(options_.known, options_.product);
  if (!known) {
    console_.error("--known " + known.error());
    return false;
  }
  known_ = std::move(*known);
  return true;
}

bool FuzzTally::saved(const std::expected<void, std::string>& written) {
  if (written) return true;
  trouble = written.error();
  return false;
}

void FuzzTally::begin() { began_ = loop_.now(); }

void FuzzTally::end() {
  busy_ = loop_.now() - began_;
  console_.clear_progress();
}

bool FuzzTally::more() const {
  if (interrupted || !trouble.empty()) return false;
  if (options_.count != 0 && executed_ >= options_.count) return false;
  if (options_.first && news() > 0) return false;
  return loop_.now() - began_ < options_.time;
}

void FuzzTally::pace() {
  if (options_.rate <= 0) return;
  const auto due = began_ + std::chrono::duration_cast<Duration>(
                                std::chrono::duration<double>(static_cast<double>(executed_) / options_.rate));
  if (const auto now = loop_.now(); due > now) loop_.wait_until([this] { return interrupted; }, due - now);
}

void FuzzTally::executed(const std::string& kind) {
  ++executed_;
  ++kinds_[kind];
}

void FuzzTally::reached(const std::vector<std::string>& cells) {
  for (const auto& cell : cells) ++cells_[cell];
}

void FuzzTally::found(const Broken& broken) {
  const auto& f = broken.finding;
  if (!broken.trouble.empty()) trouble = broken.trouble;
  if (broken.unsure) {
    ++unsure_;
    return;
  }
  if (!found_.try_emplace(f.id(), f).second) return;
  const auto* const known = known_.knows(f);
  if (known != nullptr) found_known_[f.id()] = known->why;
  console_.text(fmt::format("{:9} {}{}\n          {}\n", known != nullptr ? "known" : name(f.severity), f.title(),
                            f.reproducible || known != nullptr ? "" : " (did not come again)", broken.folder.string()));
}

void FuzzTally::progress(const fuzz::device::Guide& guide, const std::string& extra) {
  const auto now = loop_.now();
  if (now - began_ < std::chrono::seconds(2) || now - shown_ < std::chrono::milliseconds(250)) return;
  shown_ = now;
  console_.progress(fmt::format("{} of {:.0f} s, {} {} ({:.0f}/s), {} places{}, {} kept, {} findings",
                                static_cast<int>(seconds(now - began_)), seconds(options_.time), executed_, words_.unit,
                                static_cast<double>(executed_) / seconds(now - began_), guide.features(), extra,
                                guide.kept().size(), found_.size()));
}

void FuzzTally::tell_counts(const fuzz::device::Guide& guide) const {
  const auto rate = busy_ > Duration{0} ? static_cast<double>(executed_) / seconds(busy_) : 0.0;
  console_.text(fmt::format("{} {} in {:.1f} s ({:.1f}/s), {} places reached, {} kept\n", executed_, words_.unit,
                            seconds(busy_), rate, guide.features(), guide.kept().size()));
}

void FuzzTally::write_table(const FuzzFolder& folder, const std::string& name, const std::string& text) const {
  if (auto written = write_text(folder.folder() / name, text); !written) console_.error(written.error());
}

void FuzzTally::tell_places(const FuzzFolder& folder) const {
  if (unsure_ > 0)
    console_.text(fmt::format("{} answers came late once and in time when asked again: not findings\n", unsure_));
  std::string cells;
  for (const auto& [cell, times] : cells_) cells += fmt::format("{:8}  {}\n", times, cell);
  write_table(folder, "places.txt", cells);
  console_.text(fmt::format("Where it was and what it did there: {} places, in {}\n", cells_.size(),
                            (folder.folder() / "places.txt").string()));
}

void FuzzTally::add_cases(trace::RunResult& result) {
  const auto add = [&](trace::CaseResult c) {
    c.role = words_.role;
    report_.add(c, "");
    result.cases.push_back(std::move(c));
  };
  for (const auto& [kind, count] : kinds_) {
    trace::CaseResult c;
    c.id = "fuzz/device/" + kind;
    c.title = fmt::format(fmt::runtime(words_.healthy), kind);
    c.tags = {"fuzz"};
    c.verdict = trace::Verdict::pass;
    c.reason = fmt::format(fmt::runtime(words_.held), count);
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

void FuzzTally::tell_findings(const FuzzFolder& folder) const {
  std::array<int, 4> severities{};
  for (const auto& [id, f] : found_)
    if (!found_known_.contains(id)) ++severities.at(static_cast<std::size_t>(f.severity));
  const auto known = found_known_.empty() ? "" : fmt::format(" and {} known", found_known_.size());
  console_.text(fmt::format("{} findings: {} critical, {} high, {} medium, {} low{}; in {}\n", news(), severities[3],
                            severities[2], severities[1], severities[0], known, folder.findings().string()));
}

int FuzzTally::finish(const FuzzFolder& folder, const std::string& target, const std::string& started) {
  trace::RunResult result;
  result.assay_version = ASSAY_VERSION;
  result.command_line = options_.command_line;
  result.started = started;
  result.target = target;
  result.called_ae = options_.called_ae;
  result.calling_ae = options_.calling_ae;
  result.edition = std::string(standard_edition);
  result.duration = busy_;
  result.interrupted = interrupted;
  add_cases(result);
  tell_findings(folder);
  if (const auto written = report_.finish(result); !written) {
    console_.error(written.error());
    return exit_codes::usage;
  }
  if (options_.json)
    if (const auto text = read_text(folder.folder() / "results.json")) console_.data(*text);
  if (!trouble.empty()) console_.error(trouble);
  if (interrupted) return exit_codes::interrupted;
  if (news() > 0) return exit_codes::not_conformant;
  return trouble.empty() ? exit_codes::ok : exit_codes::inconclusive;
}

}  // namespace assay::app
