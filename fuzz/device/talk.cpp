#include "fuzz/device/talk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/base/digest.hpp"
#include "harness/dimse/status.hpp"

namespace assay::fuzz::device {
namespace {

using trace::Closing;
using trace::MessageSeen;
using trace::PduSeen;
using trace::Side;

/// Features of one conversation that are kept: more are those of a flood.
constexpr std::size_t max_features = 4096;

bool is_p_data(const PduSeen& seen) { return seen.recognized && seen.type == 4; }

/// A rule of the layers that say whether there is anything to answer.
bool about_exchange(std::string_view rule) { return rule.starts_with("ps3.8/") || rule.starts_with("ps3.7/"); }

std::string pdu_answer(const PduSeen& seen) {
  if (!seen.recognized) return "no PDU";
  auto text = pdu::pdu_name(seen.type);
  if (!seen.pdu) return text;
  if (const auto* rj = std::get_if<pdu::AAssociateRj>(seen.pdu.get()))
    text += fmt::format(" {}/{}/{}", rj->result, rj->source, rj->reason);
  if (const auto* abort = std::get_if<pdu::AAbort>(seen.pdu.get()))
    text += fmt::format(" {}/{}", abort->source, abort->reason);
  if (const auto* ac = std::get_if<pdu::AAssociateAc>(seen.pdu.get())) {
    // How the contexts went matters, not how many there were.
    std::array<bool, 6> results{};
    for (const auto* context : ac->contexts()) results.at(std::min<std::size_t>(context->result, 5)) = true;
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results.at(i)) text += fmt::format(" {}", i);
  }
  return text;
}

std::string message_answer(const MessageSeen& seen) {
  const auto field = seen.message->command.field().value_or(0);
  std::string text = dimse::command_info(field) == nullptr ? "unknown command" : seen.message->command.name();
  if (const auto status = seen.message->command.status()) text += fmt::format(" {:04X}", *status);
  return text;
}

struct Line {
  enum class State : std::uint8_t { none, opening, open, closed };
  State state = State::none;
  std::optional<observe::Observer> observer;
  std::size_t seen_entries = 0;
  std::size_t seen_findings = 0;
  std::string place = "Sta2";  // where the device was, and what it was told last
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_of_pdus = 0;  // of ours that were whole
  bool broken = false;              // we have broken a rule of the exchange
  bool asked = false;               // A-ASSOCIATE-RQ is out
  bool answered = false;            // by AC or RJ
  bool accepted = false;
  bool release_asked = false;
  bool aborted = false;  // by either side
  bool half = false;
  std::map<std::uint16_t, int> requests;  // of ours without a final response, by message id
  // Since the last await of that kind was over.
  std::size_t messages = 0;
  bool association = false;
  bool release = false;
};

}  // namespace

std::string answer_name(const trace::Entry& entry) {
  if (const auto* seen = std::get_if<PduSeen>(&entry.what)) return is_p_data(*seen) ? "" : pdu_answer(*seen);
  if (const auto* seen = std::get_if<MessageSeen>(&entry.what)) return message_answer(*seen);
  if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what))
    return closed->how == Closing::fin ? "closed" : "reset";
  return "";
}

struct Talk::Impl {
  Impl(const Conversation& c, TalkOptions o) : conversation(c), options(std::move(o)) {}

  const Conversation& conversation;
  TalkOptions options;
  std::array<Line, max_lines> lines;
  std::size_t cursor = 0;
  bool waiting = false;  // at the step of the cursor
  bool waits_long = false;
  Instant since;
  Instant began;
  std::optional<Instant> deadline;
  std::optional<std::uint8_t> sending;  // a send in pieces is under way there
  std::deque<Command> commands;
  bool over = false;
  Outcome outcome;
  std::set<std::uint64_t> features;
  bool all_came = true;

  // --- what is new ------------------------------------------------------------------------------------------------

  void feature(const std::string& text, bool show) {
    if (features.size() >= max_features) return;
    Digest digest;
    digest.update(as_bytes(text));
    if (features.insert(digest.value()).second && show) outcome.cells.push_back(text);
  }

  void answer(Line& line, const trace::Entry& entry) {
    const auto name = answer_name(entry);
    if (!name.empty()) feature(line.place + " -> " + name, true);
  }

  /// New entries and findings of the line, in order.
  void look(Line& line) {
    const auto& trace = line.observer->trace();
    // Our own faults first: a reaction to them is not judged.
    for (auto i = line.seen_findings; i < trace.findings.size(); ++i) {
      const auto& f = trace.findings[i];
      if (f.side == Side::requestor && f.severity == trace::Severity::error) {
        if (about_exchange(f.rule)) line.broken = true;
        feature("broke " + f.rule + " at " + line.place, false);
      }
    }
    for (; line.seen_entries < trace.entries.size(); ++line.seen_entries) {
      const auto& entry = trace.entries[line.seen_entries];
      if (const auto* pdu = std::get_if<PduSeen>(&entry.what))
        pdu->from == Side::requestor ? our_pdu(line, *pdu) : their_pdu(line, *pdu, entry);
      else if (const auto* message = std::get_if<MessageSeen>(&entry.what))
        message->from == Side::requestor ? our_message(line, *message) : their_message(line, *message, entry);
    }
    for (; line.seen_findings < trace.findings.size(); ++line.seen_findings) {
      const auto& f = trace.findings[line.seen_findings];
      if (f.side != Side::acceptor || f.severity != trace::Severity::error || f.provoked) continue;
      feature("device broke " + f.rule + " at " + line.place, false);
      if (!line.broken) outcome.forbidden.push_back({f, line.place});
    }
  }

  void our_pdu(Line& line, const PduSeen& seen) {
    line.bytes_of_pdus += std::uint64_t{seen.length} + pdu::pdu_header_length;
    if (!seen.recognized) {
      line.broken = true;
      line.place = before + " no PDU";
      return;
    }
    if (is_p_data(seen)) return;
    line.place = before + " " + pdu::pdu_name(seen.type);
    if (!seen.pdu) line.broken = true;
    if (seen.type == 1) line.asked = true;
    if (seen.type == 5) line.release_asked = true;
    if (seen.type == 7) line.aborted = true;
  }

  void our_message(Line& line, const MessageSeen& seen) {
    const auto& command = seen.message->command;
    const auto field = command.field().value_or(0);
    line.place = before + " " + (dimse::command_info(field) == nullptr ? "unknown command" : command.name());
    if (dimse::is_response(field)) return;
    if (field == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq)) return;
    if (dimse::command_info(field) == nullptr || !command.message_id()) {
      line.broken = true;
      return;
    }
    ++line.requests[*command.message_id()];
  }

  void their_pdu(Line& line, const PduSeen& seen, const trace::Entry& entry) {
    if (is_p_data(seen)) return;
    answer(line, entry);
    switch (static_cast<pdu::PduType>(seen.type)) {
      case pdu::PduType::a_associate_ac: line.accepted = line.association = line.answered = true; break;
      case pdu::PduType::a_associate_rj: line.association = line.answered = true; break;
      case pdu::PduType::a_release_rp: line.release = true; break;
      case pdu::PduType::a_abort: line.aborted = true; break;
      default: break;
    }
  }

  void their_message(Line& line, const MessageSeen& seen, const trace::Entry& entry) {
    ++line.messages;
    answer(line, entry);
    const auto& command = seen.message->command;
    const auto status = command.status();
    const auto id = command.responded_to();
    if (!status || !id || dimse::status_class(*status) == dimse::StatusClass::pending) return;
    if (const auto found = line.requests.find(*id); found != line.requests.end() && --found->second <= 0)
      line.requests.erase(found);
  }

  // --- the steps --------------------------------------------------------------------------------------------------

  std::string before;  // states of the device before what is being sent

  /// Whether the standard asks the device to say something now, and all we said was in order.
  [[nodiscard]] bool due(const Line& line) const {
    // Whoever serves one association after the other need not answer on a second connection.
    if (std::ranges::count(lines, Line::State::open, &Line::state) > 1) return false;
    if (line.broken || line.aborted || line.half || line.bytes_of_pdus != line.bytes_sent) return false;
    if (line.asked && !line.answered) return true;
    if (!line.accepted) return false;
    return line.release_asked ? !line.release : !line.requests.empty();
  }

  /// What the step waits for is there.
  [[nodiscard]] bool came(const Step& step) const {
    const auto& line = lines.at(step.line);
    if (step.what == Do::connect) return line.state != Line::State::opening;
    if (line.state != Line::State::open) return true;
    switch (step.await) {
      case Await::association: return line.association || line.aborted;
      case Await::messages: return line.messages >= step.count || line.aborted;
      case Await::release: return line.release || line.aborted;
      case Await::closed: return false;
    }
    return true;
  }

  void consume(const Step& step) {
    auto& line = lines.at(step.line);
    if (step.await == Await::association) line.association = false;
    if (step.await == Await::release) line.release = false;
    if (step.await == Await::messages) line.messages -= std::min<std::size_t>(line.messages, step.count);
  }

  void next(Instant now) {
    waiting = false;
    waits_long = false;
    deadline.reset();
    ++cursor;
    run(now);
  }

  void wait(Instant until) {
    waiting = true;
    deadline = std::min(until, began + options.whole);
  }

  void run(Instant now) {
    while (!over && !waiting) {
      if (now >= began + options.whole) cursor = conversation.steps.size();
      if (cursor >= conversation.steps.size()) {
        over = true;
        return;
      }
      begin(conversation.steps[cursor], now);
      if (!waiting) ++cursor;
    }
  }

  void begin(const Step& step, Instant now) {
    since = now;
    auto& line = lines.at(step.line);
    const bool open = line.state == Line::State::open;
    switch (step.what) {
      case Do::connect:
        if (line.state != Line::State::none) return;
        line.state = Line::State::opening;
        commands.push_back({Command::Kind::connect, step.line, &step});
        wait(now + options.connect + std::chrono::seconds(1));
        return;
      case Do::send: send(step, line, now); return;
      case Do::await:
        if (came(step)) {
          if (open) consume(step);
          return;
        }
        waits_long = due(line) && (options.known_silences == nullptr || !options.known_silences->contains(line.place));
        wait(now + (waits_long ? options.answer : options.quick));
        return;
      case Do::pause: wait(now + std::min(step.pause, max_pause)); return;
      case Do::half:
        if (!open || line.half) return;
        line.half = true;
        commands.push_back({Command::Kind::half, step.line, &step});
        line.observer->closed(Side::requestor, Closing::fin, now);
        return;
      case Do::fin:
      case Do::rst: {
        if (!open) return;
        const auto how = step.what == Do::fin ? Closing::fin : Closing::rst;
        commands.push_back({step.what == Do::fin ? Command::Kind::fin : Command::Kind::rst, step.line, &step});
        if (!line.half || how == Closing::rst) line.observer->closed(Side::requestor, how, now);
        look(line);
        line.state = Line::State::closed;
        return;
      }
    }
  }

  void send(const Step& step, Line& line, Instant now) {
    if (line.state != Line::State::open || line.half || step.bytes.empty()) return;
    before = dul::to_string(line.observer->states(Side::acceptor));
    outcome.sent_bytes += step.bytes.size();
    line.bytes_sent += step.bytes.size();
    line.observer->bytes(Side::requestor, step.bytes, now);
    look(line);
    outcome.last = line.place;
    commands.push_back({Command::Kind::send, step.line, &step});
    if (step.pieces.empty()) return;
    sending = step.line;
    wait(now + options.answer);
  }

  /// Something came, or a line has ended: is the wait over?
  void check(Instant now) {
    if (!waiting || over) return;
    const auto& step = conversation.steps[cursor];
    const auto& line = lines.at(step.line);
    if (step.what == Do::send) {
      if (sending && line.state == Line::State::open) return;
      sending.reset();
      next(now);
      return;
    }
    if (step.what == Do::pause || !came(step)) return;
    if (step.what == Do::await && line.state == Line::State::open) {
      outcome.slowest = std::max(outcome.slowest, now - since);
      consume(step);
    }
    next(now);
  }

  void expire(Instant now) {
    if (over || !deadline || now < *deadline) return;
    const auto& step = conversation.steps[cursor];
    auto& line = lines.at(step.line);
    if (step.what == Do::connect && line.state == Line::State::opening) {
      refused(step.line, "no connection in time");
    } else if (step.what == Do::await) {
      all_came = all_came && step.await == Await::closed;
      feature(line.place + " -> silence", true);
      if (waits_long && due(line) && now - since >= options.answer) outcome.silences.push_back(line.place);
    }
    sending.reset();
    next(now);
  }

  void refused(std::uint8_t line, const std::string& why) {
    lines.at(line).state = Line::State::closed;
    outcome.refused = true;
    outcome.refused_why = why;
    feature("connect -> " + why, true);
  }
};

Talk::Talk(const Conversation& conversation, TalkOptions options)
    : impl_(std::make_unique<Impl>(conversation, std::move(options))) {}
Talk::~Talk() = default;

void Talk::start(Instant now) {
  impl_->began = now;
  impl_->run(now);
}

void Talk::connected(std::uint8_t number, bool stands, const std::string& why, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::opening) return;
  if (!stands) {
    impl_->refused(number, why);
  } else {
    line.state = Line::State::open;
    line.observer.emplace(impl_->options.rules, observe::Options{.connection = fmt::format("c{}", number + 1),
                                                                 .description = "assay -> device",
                                                                 .ours = Side::requestor});
    if (impl_->options.record)
      if (auto tap = impl_->options.record(number)) line.observer->listen(std::move(tap));
    line.observer->opened(now);
  }
  impl_->check(now);
}

void Talk::received(std::uint8_t number, ByteView bytes, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::open) return;
  line.observer->bytes(Side::acceptor, bytes, now);
  impl_->look(line);
  impl_->check(now);
}

void Talk::closed(std::uint8_t number, Closing how, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::open) return;
  line.observer->closed(Side::acceptor, how, now);
  impl_->look(line);
  // After a release, a refusal or an abort it is the device's to close, or may be.
  const bool usual =
      line.release || line.release_asked || line.aborted || (line.answered && !line.accepted) || line.half;
  if (!usual) impl_->outcome.dropped = true;
  impl_->feature(line.place + (how == Closing::fin ? " -> closed" : " -> reset"), true);
  line.state = Line::State::closed;
  impl_->check(now);
}

void Talk::sent(std::uint8_t number, Instant now) {
  if (impl_->sending != number) return;
  impl_->sending.reset();
  impl_->check(now);
}

void Talk::expire(Instant now) { impl_->expire(now); }

void Talk::interrupt(Instant /*now*/) { impl_->over = true; }

std::optional<Command> Talk::next_command() {
  if (impl_->commands.empty()) return std::nullopt;
  const auto command = impl_->commands.front();
  impl_->commands.pop_front();
  return command;
}

std::optional<Instant> Talk::next_deadline() const { return impl_->over ? std::nullopt : impl_->deadline; }

bool Talk::done() const { return impl_->over && impl_->commands.empty(); }

Outcome Talk::finish(Instant now) {
  auto& all = *impl_;
  for (auto& line : all.lines) {
    if (!line.observer) continue;
    if (line.state == Line::State::open) line.observer->closed(Side::requestor, Closing::fin, now);
    line.observer->finish(now);
    all.look(line);
    all.outcome.traces.push_back(line.observer->take_trace());
  }
  all.outcome.answered = all.all_came && !all.outcome.refused;
  all.outcome.features.assign(all.features.begin(), all.features.end());
  return std::move(all.outcome);
}

}  // namespace assay::fuzz::device
