#include "harness/app/explain_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "harness/pdu/pdu.hpp"

namespace assay::app {
namespace {

using capture::ConversationReport;
using trace::Severity;
using trace::Side;
using trace::Verdict;

constexpr std::size_t clauses_named = 4;

const trace::Negotiated* negotiated(const std::vector<trace::Trace>& traces) {
  for (const auto& t : traces)
    if (t.negotiated.rq != nullptr) return &t.negotiated;
  return nullptr;
}

std::string title_of(const std::vector<trace::Trace>& traces, Side side) {
  const auto* known = negotiated(traces);
  if (known == nullptr) return {};
  const auto& field = side == Side::requestor ? known->rq->calling_ae_title : known->rq->called_ae_title;
  return printable(pdu::trimmed_ae_title(field));
}

std::string who(const ConversationReport& report, const std::vector<trace::Trace>& traces, Side side) {
  const auto& endpoint = side == Side::requestor ? report.requestor : report.acceptor;
  const auto title = title_of(traces, side);
  return fmt::format("the {} {}{}", trace::name(side), capture::address_text(endpoint),
                     title.empty() ? "" : " (" + title + ")");
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == clauses_named && items.size() > clauses_named + 1)
      return out + fmt::format(" and {} more", items.size() - i);
    out += i == 0 ? "" : i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

/// Clauses that this side breaks with at least this severity, each once, in the order of the wire.
std::vector<std::string> broken_by(const std::vector<trace::Trace>& traces, Side side, Severity severity) {
  std::vector<std::string> out;
  for (const auto& t : traces)
    for (const auto& f : t.findings)
      if (f.side == side && !f.provoked && f.severity == severity && std::ranges::find(out, f.clause) == out.end())
        out.push_back(f.clause);
  return out;
}

/// "the requestor 10.0.0.1 (A) breaks PS3.8 9.3.2; the acceptor 10.0.0.2 (B) reacts correctly".
std::string sentence(const ConversationReport& report, const std::vector<trace::Trace>& traces) {
  constexpr auto in_what_was_judged = "breaks nothing in what was judged";
  std::array<std::string, 2> part;
  std::array<bool, 2> guilty{};
  for (const auto side : {Side::requestor, Side::acceptor}) {
    const auto index = static_cast<std::size_t>(side);
    if (const auto errors = broken_by(traces, side, Severity::error); !errors.empty()) {
      guilty[index] = true;
      part[index] = "breaks " + joined(errors);
    } else if (const auto warnings = broken_by(traces, side, Severity::warning); !warnings.empty()) {
      part[index] = "does what is unwise (" + joined(warnings) + ")";
    }
  }
  for (const std::size_t index : {0U, 1U}) {
    if (!part[index].empty()) continue;
    if (report.not_judged[index] > 0 || !report.whole()) {
      part[index] = in_what_was_judged;
    } else if (report.bytes[index] == 0) {
      part[index] = "sends nothing";
    } else {
      part[index] = guilty[1 - index] ? "reacts correctly" : "breaks nothing";
    }
  }
  if (part[0] == part[1] && !guilty[0]) {
    return part[0] == "breaks nothing"  ? fmt::format("{} and {} break nothing", who(report, traces, Side::requestor),
                                                      who(report, traces, Side::acceptor))
           : part[0] == "sends nothing" ? std::string("neither side sends anything")
           : part[0] == in_what_was_judged ? std::string("neither side breaks anything in what was judged")
                                           : "neither side " + part[0];
  }
  return fmt::format("{} {}; {} {}", who(report, traces, Side::requestor), part[0], who(report, traces, Side::acceptor),
                     part[1]);
}

/// Open where the capture ends, and one side has not had its turn yet.
bool hardly_begun(const ConversationReport& report) {
  return !report.closed && (report.bytes[0] == 0 || report.bytes[1] == 0);
}

void judge(const ConversationReport& report, trace::CaseResult& out) {
  out.verdict = report.whole() && !hardly_begun(report) ? Verdict::pass : Verdict::inconclusive;
  const auto decide = [&](Severity severity, Verdict verdict) {
    for (const auto& t : out.traces) {
      for (const auto& f : t.findings) {
        if (f.provoked || f.severity != severity) continue;
        out.verdict = verdict;
        out.deciding_rule = f.rule;
        return true;
      }
    }
    return false;
  };
  if (!decide(Severity::error, Verdict::fail)) {
    // What is unwise does not hide that something could not be judged.
    if (report.whole()) decide(Severity::warning, Verdict::warning);
  }
  out.reason = sentence(report, out.traces);
  out.conversation_worked = out.verdict == Verdict::pass;
  if (!report.whole())
    out.advice =
        "Capture again for the rest: before the association begins, on one of the two machines or at a mirror port, "
        "with whole packets (tcpdump -s 0) and a large buffer (-B).";
}

void ending(const ConversationReport& report, trace::CaseResult& out) {
  const auto sent = [&](pdu::PduType type) {
    const auto index = static_cast<std::size_t>(type);
    return report.pdus[0][index] + report.pdus[1][index] > 0;
  };
  using trace::Termination;
  if (sent(pdu::PduType::a_abort)) {
    out.termination = Termination::abort;
    out.termination_detail = fmt::format("A-ABORT from the {}", report.pdus[0][7] > 0 ? "requestor" : "acceptor");
  } else if (sent(pdu::PduType::a_associate_rj)) {
    out.termination = Termination::reject;
    out.termination_detail = "A-ASSOCIATE-RJ";
  } else if (sent(pdu::PduType::a_release_rp)) {
    out.termination = Termination::release;
    out.termination_detail = "A-RELEASE";
  } else if (report.closed) {
    out.termination = report.closed->how == trace::Closing::fin ? Termination::fin : Termination::rst;
    out.termination_detail = fmt::format("the {} {} the connection", trace::name(report.closed->by),
                                         report.closed->how == trace::Closing::fin ? "closed" : "reset");
  } else {
    out.termination = Termination::open;
    out.termination_detail = "the connection is still open where the capture ends";
  }
}

/// Another implementation than the one of the statement: the statement is of another version, or of another product.
void compare_identity(const conformance::Profile& profile, const trace::Negotiated& known, Side side,
                      std::vector<std::string>& contradictions) {
  const auto* user = side == Side::requestor ? known.rq->user_information()
                     : known.ac == nullptr   ? nullptr
                                             : known.ac->user_information();
  if (user == nullptr) return;
  const auto differs = [&](std::string_view policy, std::string_view what, std::string_view seen) {
    const auto claimed = profile.policy(policy);
    if (claimed && *claimed != seen)
      contradictions.push_back(
          fmt::format("its {} is {}, and the profile of {} {} says {}: the profile is of another version or product",
                      what, printable(seen), profile.product, profile.version, *claimed));
  };
  if (const auto* uid = user->find<pdu::ImplementationClassUidSubItem>())
    differs("implementation-class-uid", "Implementation Class UID", uid->uid);
  if (const auto* name = user->find<pdu::ImplementationVersionNameSubItem>())
    differs("implementation-version-name", "Implementation Version Name", name->name);
}

/// Where the conversation contradicts what a product claims of itself.
void compare_with(const conformance::Profile& profile, trace::CaseResult& out) {
  const auto* known = negotiated(out.traces);
  if (known == nullptr) return;
  const auto is_ours = [&](Side side) { return profile.ae(title_of(out.traces, side)) != nullptr; };
  // Without a title that tells, the product is the acceptor: what it refuses is what people ask about.
  const auto side = is_ours(Side::requestor) && !is_ours(Side::acceptor) ? Side::requestor : Side::acceptor;
  std::vector<std::string> contradictions;
  compare_identity(profile, *known, side, contradictions);
  for (const auto& context : known->contexts) {
    const auto name = dict::uid_name(context.abstract_syntax);
    const auto claimed =
        profile.claims(fmt::format("sop-class:{}:{}", context.abstract_syntax, side == Side::acceptor ? "scp" : "scu"));
    if (side == Side::acceptor && context.result && *context.result == 3 && claimed == true) {
      contradictions.push_back(
          fmt::format("{} is refused, though the profile of {} claims it", printable(name), profile.product));
    } else if (side == Side::acceptor && context.result && *context.result == 0 && claimed == false) {
      contradictions.push_back(fmt::format("{} is accepted, though the profile of {} says that it is not supported",
                                           printable(name), profile.product));
    } else if (side == Side::requestor && claimed == false) {
      contradictions.push_back(fmt::format("{} is proposed, though the profile of {} says that it is not supported",
                                           printable(name), profile.product));
    }
  }
  for (const auto& contradiction : contradictions) {
    out.observations.push_back({"profile", contradiction});
    if (out.verdict == Verdict::pass) out.verdict = Verdict::warning;
    if (out.observations.size() < 8) out.reason += "; " + contradiction;
  }
}

std::string counts_text(const ConversationReport& report, Side side) {
  const auto index = static_cast<std::size_t>(side);
  std::string out;
  for (std::uint8_t type = 1; type < 8; ++type) {
    if (report.pdus[index][type] == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", report.pdus[index][type], pdu::pdu_name(type));
  }
  if (report.pdus[index][0] > 0) out += fmt::format("{}{} unknown", out.empty() ? "" : ", ", report.pdus[index][0]);
  return fmt::format("{} ({} bytes)", out.empty() ? "no PDU" : out, report.bytes[index]);
}

}  // namespace

trace::Pace pace_of(const std::vector<trace::Trace>& traces) {
  trace::Pace all;
  for (const auto& one : traces) all.add(trace::pace(one));
  return all;
}

std::string utc_text(Duration unix_time) {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<Duration>(unix_time));
  const std::chrono::year_month_day date(days);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(unix_time - days.time_since_epoch()).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

trace::CaseResult case_of(ConversationReport& report, const std::string& id,
                          const std::optional<conformance::Profile>& profile) {
  trace::CaseResult out;
  out.id = id;
  out.title = fmt::format("{} -> {}, {}", capture::to_text(report.requestor), capture::to_text(report.acceptor),
                          utc_text(report.began));
  out.tags = {"capture"};
  out.duration = report.ended - report.began;
  if (report.kind != ConversationReport::Kind::dicom) {
    out.verdict = Verdict::skipped;
    out.reason = report.what;
    return out;
  }
  out.traces = std::move(report.traces);
  judge(report, out);
  ending(report, out);
  for (const auto& text : report.missing) out.observations.push_back({"missing", text});
  if (report.more_missing > 0)
    out.observations.push_back({"missing", fmt::format("{} more gaps", report.more_missing)});
  for (const auto& text : report.remarks) out.observations.push_back({"remark", text});
  if (report.retransmitted > 0)
    out.observations.push_back({"retransmitted", fmt::format("{} segments", report.retransmitted)});
  if (const auto text = trace::to_text(pace_of(out.traces)); !text.empty()) out.observations.push_back({"pace", text});
  if (profile) compare_with(*profile, out);
  return out;
}

std::string connection_lines(const ConversationReport& report, const trace::CaseResult& result) {
  std::string out = fmt::format("\n{}  {}", result.id, result.title);
  const auto calling = title_of(result.traces, Side::requestor);
  const auto called = title_of(result.traces, Side::acceptor);
  if (!calling.empty() || !called.empty()) out += fmt::format("  {} calls {}", calling, called);
  out += '\n';
  out += fmt::format("      requestor {}: {}\n", capture::address_text(report.requestor),
                     counts_text(report, Side::requestor));
  out += fmt::format("      acceptor  {}: {}\n", capture::address_text(report.acceptor),
                     counts_text(report, Side::acceptor));
  out += fmt::format("      who is the requestor: {}; ended by: {}\n", report.roles, result.termination_detail);
  for (const auto& o : result.observations) {
    if (o.name == "profile") continue;  // part of the reason
    out += fmt::format("      {}: {}\n", o.name, o.value);
  }
  if (result.verdict == Verdict::pass) out += fmt::format("      {}\n", result.reason);
  return out;
}

}  // namespace assay::app
