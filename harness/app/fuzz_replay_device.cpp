#include "harness/app/fuzz_replay_device.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/rules/standard_rules.hpp"
#include "fuzz/findings/process_report.hpp"
#include "harness/app/fuzz_break.hpp"
#include "harness/app/home.hpp"

namespace assay::app {
namespace {

using fuzz::Finding;
using fuzz::Kind;

/// What shows only after many conversations: one more shows nothing.
bool of_many(Kind kind) { return kind == Kind::leak || kind == Kind::descriptors || kind == Kind::lost_data; }

/// A device whose process nobody watches dies without a word: then nobody listens, or it does not answer.
bool seen_from_outside(const Finding& finding, const Finding& now) {
  const bool process = finding.kind == Kind::crash || finding.kind == Kind::sanitizer;
  return process && (now.kind == Kind::dead_listener || now.kind == Kind::unhealthy);
}

Replayed judged(const Finding& finding, const Finding& now, bool watched) {
  if (same_breakage(finding, now)) return {Came::again, fuzz::safe_line(now.happened)};
  if (!watched && seen_from_outside(finding, now))
    return {Came::again, "as far as is seen from outside: " + fuzz::safe_line(now.happened)};
  return {Came::changed, "now " + fuzz::safe_line(now.title())};
}

}  // namespace

std::optional<Replayed> replay_conversation(const StoredFinding& stored, const FuzzReplayOptions& options,
                                            Duration patience) {
  const auto text = read_text(stored.folder / finding_input);
  if (!text) return std::nullopt;
  const auto conversation = fuzz::device::conversation_from_text(*text);
  if (!conversation) return std::nullopt;
  const auto& finding = stored.finding;
  if (read_text(stored.folder / finding_scenario).value_or("").contains(R"(role="acceptor")"))
    return Replayed{Came::not_run, "it was found in a device that calls: say --dut-act CMD"};
  if (of_many(finding.kind))
    return Replayed{Came::not_run, "it shows only after many conversations: let 'assay fuzz device' run once more"};
  TalkTarget target;
  if (options.target.empty()) {
    const auto port = peers::free_port();
    if (!port) return Replayed{Came::not_run, port.error()};
    target = {"127.0.0.1", *port};
  } else {
    const auto at = host_port(options.target);
    if (!at) return Replayed{Came::not_run, at.error()};
    target = {at->host, at->port};
  }
  peers::Loop loop;
  DeviceWatchOptions w;
  w.host = target.host;
  w.port = target.port;
  w.called_ae = options.called_ae;
  w.calling_ae = options.calling_ae;
  w.start = options.dut_start;
  w.second_peer = finding.kind == Kind::second_peer;
  w.keepsakes = false;
  w.patience = patience;
  const auto watch = DeviceWatch::start(loop, std::move(w));
  if (!watch) return Replayed{Came::not_run, fuzz::safe_line(watch.error())};
  const bool watched = (*watch)->process() != 0;
  fuzz::device::TalkOptions talk;
  talk.rules = conformance::standard_rules(conformance::ObjectsJudged::none);
  talk.answer = talk.connect = patience;
  talk.whole = std::max<Duration>(4 * patience, std::chrono::seconds(10));
  talk.quick = std::chrono::milliseconds(500);
  if (watched) target.idle = [&watch] { return (*watch)->idle(); };
  const auto outcome = converse(loop, target, *conversation, std::move(talk));
  const auto seen =
      finding.kind == Kind::second_peer ? (*watch)->look_at_all(outcome.last) : (*watch)->look(outcome.last);
  if (seen) return judged(finding, seen->finding, watched);
  for (const auto& now : findings_of(outcome, finding.subject))
    if (same_breakage(finding, now) && finding.state == now.state)
      return Replayed{Came::again, fuzz::safe_line(now.happened)};
  return Replayed{Came::fixed, "the device answers as it should and lives"};
}

}  // namespace assay::app
