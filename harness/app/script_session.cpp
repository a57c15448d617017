#include "harness/app/script_session.hpp"

#include <cstdlib>

#include "harness/app/simple_values.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/trace/trace.hpp"

namespace assay::app {

using nlohmann::ordered_json;

namespace {

std::string line_of(const ordered_json& answer) {
  return answer.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string text_in(const ordered_json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

ordered_json failure_of(const scenario::StepOutcome& outcome) {
  using Failure = scenario::StepOutcome::Failure;
  return {{"ok", outcome.failure == Failure::none},
          {"failure", outcome.failure == Failure::none       ? "none"
                      : outcome.failure == Failure::not_ours ? "step"
                      : outcome.failure == Failure::health   ? "health"
                                                             : "device"},
          {"where", outcome.where},
          {"what", outcome.what},
          {"expected", outcome.expected},
          {"actual", outcome.actual},
          {"refusal", outcome.refusal}};
}

ordered_json finding(const trace::Finding& one) {
  return {{"rule", one.rule},
          {"clause", one.clause},
          {"severity", std::string(trace::name(one.severity))},
          {"side", std::string(trace::name(one.side))},
          {"pdu", one.pdu_number},
          {"offset", one.offset},
          {"field", one.field},
          {"found", one.found},
          {"expected", one.expected},
          {"advice", one.advice},
          {"provoked", one.provoked},
          {"text", trace::to_line(one)}};
}

}  // namespace

ordered_json trace_words(const trace::Trace& trace) {
  ordered_json findings = ordered_json::array();
  for (const auto& one : trace.findings) findings.push_back(finding(one));
  ordered_json entries = ordered_json::array();
  for (const auto& entry : trace.entries) {
    ordered_json words{{"seconds", static_cast<double>(entry.at.since_origin.count()) / 1e9}};
    if (const auto* pdu = std::get_if<trace::PduSeen>(&entry.what))
      words.update({{"kind", "pdu"},
                    {"from", std::string(trace::name(pdu->from))},
                    {"number", pdu->number},
                    {"offset", pdu->offset},
                    {"name", pdu::pdu_name(pdu->type)},
                    {"length", pdu->length}});
    else if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what))
      words.update({{"kind", "message"},
                    {"from", std::string(trace::name(message->from))},
                    {"name", message->message->command.name()},
                    {"command", simple_values(message->message->command.elements())}});
    else if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what))
      words.update({{"kind", "closed"},
                    {"from", std::string(trace::name(closed->by))},
                    {"how", std::string(trace::name(closed->how))}});
    else if (const auto* mark = std::get_if<trace::Mark>(&entry.what))
      words.update({{"kind", "mark"}, {"text", printable(mark->text)}});
    else
      continue;
    entries.push_back(std::move(words));
  }
  return {{"ok", true},
          {"text", trace::to_text(trace)},
          {"bytes_from_requestor", trace.bytes_from_requestor},
          {"bytes_from_acceptor", trace.bytes_from_acceptor},
          {"entries", std::move(entries)},
          {"findings", std::move(findings)}};
}

namespace {

ordered_json connection_words(const scenario::Dialogue& dialogue) {
  ordered_json contexts = ordered_json::array();
  for (const auto& [id, context] : dialogue.contexts)
    contexts.push_back({{"id", id}, {"abstract", context.abstract_syntax}, {"transfer", context.transfer_syntax}});
  return {{"ok", true},
          {"contexts", std::move(contexts)},
          {"peer_maximum_length", dialogue.peer_maximum_length()},
          {"next_message_id", dialogue.next_message_id}};
}

ordered_json decoded(const std::string& hex, const std::string& transfer) {
  const auto given = from_hex(hex);
  if (!given) return {{"ok", false}, {"failure", "step"}, {"what", "the bytes of the Data Set are no hexadecimal"}};
  auto encoding = dataset::encoding_of(transfer);
  Bytes bytes = *given;
  if (encoding.deflated) bytes = dataset::inflate(*given, limits::trace_bytes).bytes;
  const auto read = dataset::decode(bytes, encoding);
  ordered_json problems = ordered_json::array();
  for (const auto& problem : read.problems) problems.push_back(problem.found);
  return {{"ok", true},
          {"data_set", simple_values(read.data_set)},
          {"elements", wire_elements(read.data_set)},
          {"problems", std::move(problems)}};
}

scenario::Conclusion conclusion_of(const ordered_json& words) {
  scenario::Conclusion out;
  const auto verdict = trace::verdict_from(text_in(words, "verdict"));
  out.verdict = verdict.value_or(trace::Verdict::error);
  out.reason = verdict ? text_in(words, "reason") : "the script ended with no verdict that exists";
  out.expected = text_in(words, "expected");
  out.actual = text_in(words, "actual");
  const auto refusal = words.find("refusal");
  out.refusal = refusal != words.end() && refusal->is_boolean() && refusal->get<bool>();
  return out;
}

}  // namespace

ScriptSession::ScriptSession(peers::ScenarioHost& host, std::shared_ptr<scenario::Interpreter> interpreter,
                             std::function<void(std::string)> answer)
    : host_(host), interpreter_(std::move(interpreter)), answer_(std::move(answer)) {}

void ScriptSession::refuse(std::string_view what) {
  answer_(line_of({{"ok", false}, {"failure", "step"}, {"what", std::string(what)}}));
}

void ScriptSession::request(std::string_view line) {
  if (finished_) return;
  const auto words = ordered_json::parse(line, nullptr, false);
  const auto what = words.is_object() ? text_in(words, "do") : std::string{};
  // A script that took a refusal for the answer to its step ends while the step is still going on.
  if (stepping_ && what != "finish") return;
  if (what == "step") {
    step(text_in(words, "xml"));
  } else if (what == "finish") {
    finished_ = true;
    conclude(conclusion_of(words));
  } else if (what == "observe") {
    const auto name = text_in(words, "name");
    const auto value = text_in(words, "value");
    host_.tell(interpreter_, [&](scenario::Interpreter& one, Instant) { one.observe(name, value); });
    answer_(line_of({{"ok", true}}));
  } else if (what == "port") {
    const auto port = interpreter_->variable(text_in(words, "listener") + ".port");
    if (port.empty())
      refuse("there is no such listener");
    else
      answer_(line_of({{"ok", true}, {"port", std::atoi(port.c_str())}}));
  } else if (what == "encode") {
    const auto send = scenario::load_step("<send><c-store-rq>" + text_in(words, "xml") + "</c-store-rq></send>");
    if (!send || send->children.empty() || send->children[0].children.size() != 1) {
      refuse(send ? "this is not one Data Set" : send.error());
      return;
    }
    const auto bytes = interpreter_->encode(send->children[0].children[0], text_in(words, "transfer"));
    if (!bytes) {
      refuse(bytes.error());
      return;
    }
    answer_(line_of({{"ok", true}, {"hex", to_hex(*bytes)}}));
  } else if (what == "decode") {
    answer_(line_of(decoded(text_in(words, "hex"), text_in(words, "transfer"))));
  } else if (what == "trace" || what == "connection") {
    const auto name = text_in(words, "connection");
    const auto* trace = interpreter_->trace_of(name);
    const auto* dialogue = interpreter_->dialogue_of(name);
    if (trace == nullptr || dialogue == nullptr) {
      refuse("there is no connection '" + name + "'");
      return;
    }
    answer_(line_of(what == "trace" ? trace_words(*trace) : connection_words(*dialogue)));
  } else {
    refuse("nobody knows this request");
  }
}

void ScriptSession::step(std::string_view xml) {
  const auto element = scenario::load_step(xml);
  if (!element) {
    refuse(element.error());
    return;
  }
  stepping_ = true;
  host_.tell(interpreter_, [&](scenario::Interpreter& one, Instant now) { one.tell(*element, now); });
}

void ScriptSession::idle() {
  if (!stepping_ || finished_ || !interpreter_->idle()) return;
  stepping_ = false;
  const auto outcome = interpreter_->take_outcome();
  auto answer = failure_of(outcome);
  auto& seen = answer["seen"] = ordered_json::array();
  for (const auto& one : outcome.seen) {
    auto words = simple_item(one.item, interpreter_->dialogue_of(one.connection));
    words["connection"] = one.connection;
    seen.push_back(std::move(words));
  }
  answer_(line_of(answer));
}

void ScriptSession::conclude(const scenario::Conclusion& conclusion) {
  host_.tell(interpreter_, [&](scenario::Interpreter& one, Instant now) { one.conclude(conclusion, now); });
}

}  // namespace assay::app
