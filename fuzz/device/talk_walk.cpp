#include "fuzz/device/talk_walk.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::fuzz::device {

using trace::Side;

void Followed::follow(std::uint8_t number, Side ours, const TalkOptions& options, Instant now) {
  state = State::open;
  observer.emplace(options.rules,
                   observe::Options{.connection = fmt::format("c{}", number + 1),
                                    .description = ours == Side::requestor ? "assay -> device" : "device -> assay",
                                    .ours = ours});
  if (options.record)
    if (auto tap = options.record(number)) observer->listen(std::move(tap));
  observer->opened(now);
}

bool Followed::came(const Step& step) const {
  switch (step.await) {
    case Await::association: return association || aborted;
    case Await::messages: return messages >= step.count || aborted;
    case Await::release: return release || aborted;
    case Await::closed: return false;
  }
  return true;
}

void Followed::consume(const Step& step) {
  if (step.await == Await::association) association = false;
  if (step.await == Await::release) release = false;
  if (step.await == Await::messages) messages -= std::min<std::size_t>(messages, step.count);
}

void Followed::finish(Side ours, Instant now) {
  if (state == State::open) observer->closed(ours, trace::Closing::fin, now);
  observer->finish(now);
}

void Walk::wait(Instant until) {
  waiting = true;
  deadline = std::min(until, began + options.whole);
}

void Walk::stop_waiting() {
  waiting = false;
  waits_long = false;
  deadline.reset();
  ++cursor;
}

bool Walk::more(Instant now) {
  if (over || waiting) return false;
  if (now >= began + options.whole) cursor = conversation.steps.size();
  over = cursor >= conversation.steps.size();
  return !over;
}

bool Followed::repeats(std::string_view rule) const {
  constexpr std::string_view of_uids = "ps3.5/9.1/uid";  // other ones for a command set than for a Data Set
  if (!rule.starts_with(of_uids)) return broke.contains(rule);
  const auto first = broke.lower_bound(of_uids);
  return first != broke.end() && first->starts_with(of_uids);
}

bool Walk::may_answer(const std::string& place) const {
  return options.known_silences == nullptr || !options.known_silences->contains(place);
}

bool Walk::wait_is_over(Followed& line, bool here, Instant now) {
  if (!waiting || over) return false;
  const bool open = line.state == Followed::State::open;
  switch (step().what) {
    case Do::send:
      if (sending && open) return false;
      sending.reset();
      return true;
    case Do::pause: return false;
    case Do::await:
      if (here && open) {
        outcome.slowest = std::max(outcome.slowest, now - since);
        line.consume(step());
      }
      return here;
    default: return here;
  }
}

bool Walk::end_line(Followed& line, const Step& step, Side ours, Instant now) {
  if (step.what == Do::half) {
    if (std::exchange(line.half, true)) return false;
    line.observer->closed(ours, trace::Closing::fin, now);
    return true;
  }
  const auto how = step.what == Do::fin ? trace::Closing::fin : trace::Closing::rst;
  if (!line.half || how == trace::Closing::rst) line.observer->closed(ours, how, now);
  return true;
}

Outcome Walk::finish() {
  outcome.answered = all_came && !outcome.refused;
  fresh.give(outcome);
  return std::move(outcome);
}

void Walk::whole_pdu(Followed& line, const trace::PduSeen& seen) {
  line.bytes_of_pdus += std::uint64_t{seen.length} + pdu::pdu_header_length;
}

void Walk::take_our_faults(Followed& line, Side ours) {
  const auto& findings = line.observer->trace().findings;
  for (auto i = line.seen_findings; i < findings.size(); ++i) {
    const auto& f = findings[i];
    if (f.side != ours || f.severity != trace::Severity::error) continue;
    if (about_exchange(f.rule)) line.broken = true;
    line.broke.insert(f.rule);
    fresh.add("broke " + f.rule + " at " + line.place, false);
  }
}

void Walk::take_faults_of_device(Followed& line, Side ours) {
  const auto& findings = line.observer->trace().findings;
  for (; line.seen_findings < findings.size(); ++line.seen_findings) {
    const auto& f = findings[line.seen_findings];
    if (f.side == ours || f.severity != trace::Severity::error || f.provoked) continue;
    fresh.add("device broke " + f.rule + " at " + line.place, false);
    // Half a PDU of ours has come: who closes with bytes of it unread takes its own last answer back with a RST, and
    // who aborts for it does so in a state where nothing had come.
    const bool about_pdus = f.rule == "ps3.8/9.3.1/pdu-cut-short" || f.rule == "ps3.8/9.2.3/pdu-not-allowed";
    const bool provoked = about_pdus && line.bytes_of_pdus != line.bytes_sent;
    if (!line.broken && !provoked && !line.repeats(f.rule)) outcome.forbidden.push_back({f, line.place});
  }
}

}  // namespace assay::fuzz::device
