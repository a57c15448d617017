// results.json: everything a tool may want, findings and traces included.
#include <nlohmann/json.hpp>

#include "harness/base/hex.hpp"
#include "reports/categories.hpp"
#include "reports/combinations.hpp"
#include "reports/detail.hpp"
#include "reports/json_parts.hpp"
#include "reports/reports.hpp"

namespace assay::reports {
namespace {

using nlohmann::ordered_json;

double seconds_of(Duration d) { return static_cast<double>(d.count()) / 1e9; }

ordered_json trace_json(const trace::Trace& t) {
  ordered_json events = ordered_json::array();
  for (const auto& entry : t.entries) {
    ordered_json e{{"at", seconds_of(entry.at.since_origin)}};
    if (std::holds_alternative<trace::TransportOpened>(entry.what)) {
      e["event"] = "opened";
    } else if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what)) {
      e["event"] = "closed";
      e["by"] = std::string(trace::name(closed->by));
      e["how"] = std::string(trace::name(closed->how));
    } else if (const auto* pdu = std::get_if<trace::PduSeen>(&entry.what)) {
      e["event"] = "pdu";
      e["from"] = std::string(trace::name(pdu->from));
      e["number"] = pdu->number;
      e["offset"] = pdu->offset;
      e["type"] = pdu::pdu_name(pdu->type);
      e["length"] = pdu->length;
      e["bytes"] = to_hex(pdu->bytes);
      if (pdu->bytes.size() < std::size_t{pdu->length} + pdu::pdu_header_length) e["digest"] = pdu->digest;
    } else if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what)) {
      e["event"] = "message";
      e["from"] = std::string(trace::name(message->from));
      e["first_pdu"] = message->first_pdu;
      e["last_pdu"] = message->last_pdu;
      e["command"] = message->message->command.name();
      if (const auto status = message->message->command.status()) e["status"] = *status;
      e["data_set_length"] = message->message->data_set_length;
    } else if (const auto* leftover = std::get_if<trace::Leftover>(&entry.what)) {
      e["event"] = "leftover";
      e["from"] = std::string(trace::name(leftover->from));
      e["offset"] = leftover->offset;
      e["bytes"] = to_hex(leftover->bytes);
    } else if (const auto* mark = std::get_if<trace::Mark>(&entry.what)) {
      e["event"] = "mark";
      e["text"] = mark->text;
    }
    events.push_back(std::move(e));
  }
  ordered_json findings = ordered_json::array();
  for (const auto& f : t.findings) findings.push_back(finding_json(f));
  ordered_json out{{"connection", t.connection},
                   {"description", t.description},
                   {"bytes_from_requestor", t.bytes_from_requestor},
                   {"bytes_from_acceptor", t.bytes_from_acceptor},
                   {"dropped_events", t.dropped_entries}};
  if (t.tls) out["tls"] = tls_json(*t.tls);
  out["events"] = std::move(events);
  out["findings"] = std::move(findings);
  return out;
}

ordered_json case_json(const trace::CaseResult& c) {
  ordered_json clauses = ordered_json::array();
  for (const auto& k : c.clauses)
    clauses.push_back(
        {{"part", k.part}, {"section", k.section}, {"level", std::string(trace::name(k.level))}, {"duty", k.duty}});
  ordered_json parameters = ordered_json::object();
  for (const auto& [name, value] : c.parameters) parameters[name] = value;
  ordered_json observations = ordered_json::array();
  for (const auto& o : c.observations) observations.push_back({{"name", o.name}, {"value", o.value}});
  ordered_json traces = ordered_json::array();
  for (const auto& t : c.traces) traces.push_back(trace_json(t));
  return {{"id", c.id},
          {"title", c.title},
          {"role", c.role},
          {"tags", c.tags},
          {"clauses", std::move(clauses)},
          {"requirements", c.requirements},
          {"parameters", std::move(parameters)},
          {"file", c.file},
          {"line", c.line},
          {"verdict", std::string(trace::name(c.verdict))},
          {"reason", c.reason},
          {"expected", c.expected},
          {"actual", c.actual},
          {"advice", c.advice},
          {"deciding_rule", c.deciding_rule},
          {"termination", std::string(trace::name(c.termination))},
          {"termination_detail", c.termination_detail},
          {"expected_deviation", c.expected_deviation},
          {"expectation_note", c.expectation_note},
          {"seconds", seconds_of(c.duration)},
          {"observations", std::move(observations)},
          {"traces", std::move(traces)}};
}

}  // namespace

std::string json(const trace::RunResult& result) {
  ordered_json counts = ordered_json::object();
  for (const auto verdict : {trace::Verdict::pass, trace::Verdict::warning, trace::Verdict::fail,
                             trace::Verdict::skipped, trace::Verdict::inconclusive, trace::Verdict::error})
    counts[std::string(trace::name(verdict))] = result.count(verdict);
  ordered_json cases = ordered_json::array();
  for (const auto& c : result.cases) cases.push_back(case_json(c));
  ordered_json explanations = ordered_json::array();
  for (const auto& one : explain_failures(result.cases)) {
    ordered_json when = ordered_json::object();
    for (const auto& [name, value] : one.when) when[name] = value;
    explanations.push_back({{"scenario", one.scenario},
                            {"when", std::move(when)},
                            {"explained", one.explained},
                            {"failed", one.failed},
                            {"judged", one.judged}});
  }
  auto layers = ordered_json::array();
  for (const auto& one : categories(result.cases))
    layers.push_back({{"name", one.name},
                      {"passed", one.passed},
                      {"warned", one.warned},
                      {"failed", one.failed},
                      {"not_judged", one.not_judged}});
  const ordered_json root{{"assay", result.assay_version},
                          {"command", result.command_line},
                          {"started", result.started},
                          {"target", result.target},
                          {"called_ae", result.called_ae},
                          {"calling_ae", result.calling_ae},
                          {"profile", result.profile},
                          {"edition", result.edition},
                          {"seconds", seconds_of(result.duration)},
                          {"interrupted", result.interrupted},
                          {"not_reached", result.not_reached},
                          {"counts", std::move(counts)},
                          {"categories", std::move(layers)},
                          {"explanations", std::move(explanations)},
                          {"tls", detail::tls_lines(result)},
                          {"stale_expectations", result.stale_expectations},
                          {"cases", std::move(cases)}};
  // Bytes of other people's devices are not always UTF-8: they are replaced, never thrown at.
  return root.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace assay::reports
