#include "harness/app/proxy_summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/findings.hpp"
#include "reports/detail.hpp"
#include "reports/json_parts.hpp"

namespace assay::app {
namespace {

using trace::Severity;
using trace::Side;
using trace::Verdict;

/// Different troubles that are listed; more is noise.
constexpr std::size_t most_troubles = 500;

/// Breaks at blanks; continuation lines stand further in.
std::string wrapped(std::string_view text, const std::string& indent, int width) {
  std::string out;
  std::string line = indent;
  bool empty = true;
  while (!text.empty()) {
    const auto blank = text.find(' ');
    const auto word = text.substr(0, blank);
    if (!empty && line.size() + 1 + word.size() > static_cast<std::size_t>(width)) {
      out += line + "\n";
      line = indent + "  ";
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
    if (blank == std::string_view::npos) break;
    text = text.substr(blank + 1);
  }
  return out + line + "\n";
}

std::string often(std::size_t times) {
  return times == 1 ? "" : times == 2 ? ", twice" : fmt::format(", {} times", times);
}

/// What a report needs of a Trace: everything but the bulk.
trace::Trace without_bulk(const trace::Trace& trace, Side side, bool with_entries) {
  trace::Trace out;
  out.connection = trace.connection;
  out.description = trace.description;
  out.dropped_entries = trace.dropped_entries;
  out.bytes_from_requestor = trace.bytes_from_requestor;
  out.bytes_from_acceptor = trace.bytes_from_acceptor;
  out.negotiated = trace.negotiated;
  for (const auto& finding : trace.findings)
    if (finding.side == side) out.findings.push_back(finding);
  if (!with_entries) {
    out.dropped_entries += trace.entries.size();
    return out;
  }
  constexpr std::size_t bytes_shown = 256;
  constexpr std::size_t entries_shown = 2000;
  for (const auto& entry : trace.entries) {
    if (out.entries.size() == entries_shown) break;
    out.entries.push_back(entry);
    auto& what = out.entries.back().what;
    if (auto* seen = std::get_if<trace::PduSeen>(&what); seen != nullptr && seen->pdu == nullptr) {
      seen->bytes.resize(std::min(seen->bytes.size(), bytes_shown));
      for (auto& value : seen->values) value.fragment = {};
    } else if (auto* message = std::get_if<trace::MessageSeen>(&what); message != nullptr) {
      auto without = std::make_shared<dimse::Message>(*message->message);
      without->data_set = {};
      message->message = std::move(without);
    }
  }
  out.dropped_entries += trace.entries.size() - out.entries.size();
  return out;
}

}  // namespace

std::vector<BrokenRule> broken_rules(const std::vector<trace::Finding>& findings, Side side) {
  std::vector<BrokenRule> out;
  for (const auto& finding : findings) {
    if (finding.side != side || finding.severity == Severity::note) continue;
    const auto same = std::ranges::find_if(out, [&](const auto& one) { return one.first.rule == finding.rule; });
    if (same == out.end()) {
      out.push_back({finding, 1});
    } else {
      ++same->times;
    }
  }
  return out;
}

std::string finding_lines(const BrokenRule& rule, const std::string& indent, bool colour, int width) {
  auto line = wrapped(trace::to_line(rule.first) + often(rule.times), indent, width);
  const auto word = std::string(trace::name(rule.first.severity));
  if (colour) line.replace(indent.size(), word.size(), coloured(word, rule.first.severity, true));
  if (!rule.first.advice.empty()) line += wrapped("do: " + rule.first.advice, indent + "  ", width);
  return line;
}

void ProxySummary::trouble(const std::string& text, const std::string& connection) {
  const auto same = std::ranges::find_if(troubles_, [&](const auto& one) { return one.text == text; });
  if (same != troubles_.end()) {
    ++same->times;
  } else if (troubles_.size() < most_troubles) {
    troubles_.push_back({text, connection, 1});
  }
}

void ProxySummary::add(const ConnectionStory& story, const trace::Trace& trace) {
  ++connections_;
  associations_ += story.associated() ? 1 : 0;
  bytes_ += trace.bytes_from_requestor + trace.bytes_from_acceptor;
  for (const auto side : {Side::requestor, Side::acceptor}) {
    auto& record = parties_[story.party(side)];
    ++record.connections;
    for (auto& rule : broken_rules(trace.findings, side)) {
      const auto same =
          std::ranges::find_if(record.broken, [&](const auto& one) { return one.first.rule == rule.first.rule; });
      if (same == record.broken.end()) {
        record.broken.push_back(std::move(rule));
      } else {
        same->times += rule.times;
      }
    }
  }
  for (const auto& text : story.troubles()) trouble(text, story.name());
}

void ProxySummary::add_unreached(const Party& requestor, const Party& acceptor, const std::string& why) {
  (void)acceptor;
  ++unreached_;
  trouble(fmt::format("{} called, but {}", requestor.address, why), fmt::format("call {}", unreached_));
}

bool ProxySummary::anybody_broke_a_rule() const {
  return std::ranges::any_of(parties_, [](const auto& one) {
    return std::ranges::any_of(one.second.broken,
                               [](const BrokenRule& rule) { return rule.first.severity == Severity::error; });
  });
}

std::string ProxySummary::text(bool colour, int width) const {
  using reports::detail::counted;
  std::string out = fmt::format("\n{}, {}, {} bytes", counted(connections_, "connection"),
                                counted(associations_, "association"), bytes_);
  if (unreached_ != 0) out += fmt::format("; {} did not reach the target", counted(unreached_, "call"));
  out += ".\n";
  for (const auto& [party, record] : parties_) {
    const auto who = fmt::format("The {}", to_text(party));
    if (record.broken.empty()) {
      out += wrapped(fmt::format("{} broke nothing in {}.", who, counted(record.connections, "connection")), "", width);
      continue;
    }
    std::size_t should = 0;
    for (const auto& rule : record.broken) should += rule.first.severity == Severity::warning ? 1 : 0;
    const auto shall = record.broken.size() - should;
    auto what = shall == 0 ? std::string("broke no rule, but did what is unwise") : "broke " + counted(shall, "rule");
    out += wrapped(fmt::format("{} {} in {}:", who, what, counted(record.connections, "connection")), "", width);
    for (const auto& rule : record.broken) out += finding_lines(rule, "  ", colour, width);
  }
  if (!troubles_.empty()) out += "What did not work (none of this breaks a rule by itself):\n";
  for (const auto& one : troubles_)
    out += wrapped(fmt::format("{}{} (first {})", one.text, often(one.times), one.first), "  ", width);
  return out;
}

nlohmann::ordered_json ProxySummary::json() const {
  auto parties = nlohmann::ordered_json::array();
  for (const auto& [party, record] : parties_) {
    auto broken = nlohmann::ordered_json::array();
    for (const auto& rule : record.broken) {
      auto one = reports::finding_json(rule.first);
      one["times"] = rule.times;
      broken.push_back(std::move(one));
    }
    parties.push_back({{"side", std::string(trace::name(party.side))},
                       {"title", party.title},
                       {"address", party.address},
                       {"connections", record.connections},
                       {"broken", std::move(broken)}});
  }
  auto troubles = nlohmann::ordered_json::array();
  for (const auto& one : troubles_)
    troubles.push_back({{"text", one.text}, {"times", one.times}, {"first", one.first}});
  return {{"connections", connections_},   {"associations", associations_},
          {"unreached", unreached_},       {"bytes", bytes_},
          {"parties", std::move(parties)}, {"troubles", std::move(troubles)}};
}

std::vector<trace::CaseResult> side_cases(const ConnectionStory& story, const trace::Trace& trace, bool encrypted,
                                          bool with_entries) {
  std::vector<trace::CaseResult> out;
  for (const auto side : {Side::requestor, Side::acceptor}) {
    trace::CaseResult one;
    one.id = fmt::format("proxy/{}/{}", story.name(), trace::name(side));
    one.title = fmt::format("The {} on {}: {}", to_text(story.party(side)), story.name(), trace.description);
    one.tags = {"proxy"};
    one.termination = story.termination();
    one.termination_detail = story.ending();
    for (const auto& [text, times] : story.operations()) one.observations.push_back({"operation", text + often(times)});
    for (const auto& context : story.contexts()) one.observations.push_back({"context", context});
    const auto broken = broken_rules(trace.findings, side);
    const auto* worst = broken.empty() ? nullptr : &broken.front();
    for (const auto& rule : broken)
      if (rule.first.severity > worst->first.severity) worst = &rule;
    if (worst != nullptr) {
      one.verdict = worst->first.severity == Severity::error ? Verdict::fail : Verdict::warning;
      one.reason = "broke a rule: " + trace::to_line(worst->first) + often(worst->times);
      one.expected = worst->first.expected;
      one.actual = worst->first.found;
      one.advice = worst->first.advice;
      one.deciding_rule = worst->first.rule;
    } else if (encrypted) {
      one.verdict = Verdict::inconclusive;
      one.reason = story.ending();
    } else if (trace.bytes_from_requestor + trace.bytes_from_acceptor == 0) {
      one.verdict = Verdict::inconclusive;
      one.reason = "nothing was said: " + story.ending();
    } else {
      one.verdict = Verdict::pass;
      one.reason = "broke nothing; " + story.ending();
      one.conversation_worked = true;
    }
    one.traces.push_back(without_bulk(trace, side, with_entries));
    if (!trace.entries.empty()) one.duration = trace.entries.back().at - trace.entries.front().at;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace assay::app
