#include "fuzz/device/reply_talk.hpp"

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

constexpr std::size_t max_features = 4096;  // of one conversation: more are those of a flood

bool is_p_data(const PduSeen& seen) { return seen.recognized && seen.type == 4; }
bool about_exchange(std::string_view rule) { return rule.starts_with("ps3.8/") || rule.starts_with("ps3.7/"); }

std::string command_of(const dimse::Message& message) {
  const auto field = message.command.field().value_or(0);
  return dimse::command_info(field) == nullptr ? "unknown command" : message.command.name();
}

/// A request of the device, or an answer of ours, as a place is called: by kind, not by value, so that there are few.
std::string kind_of(const dimse::Message& message) {
  auto text = command_of(message);
  if (const auto status = message.command.status())
    text += fmt::format(" {}", dimse::name(dimse::status_class(*status)));
  return text;
}

struct Line {
  enum class State : std::uint8_t { none, open, closed };
  State state = State::none;
  bool taken = false;  // by a connect: before it nothing is said, as in the scenario of it
  std::optional<observe::Observer> observer;
  std::size_t seen_entries = 0;
  std::size_t seen_findings = 0;
  std::string asked_last;             // "C-STORE-RQ": what the device has said last
  std::string place = "Sta4";         // where the device was, what it had asked, what it was told
  std::string told;                   // the same with what makes answers differ
  std::vector<Asked> asked;           // requests of the device
  std::map<std::uint16_t, int> owed;  // sub-operations of ours without a response, by Message ID
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_of_pdus = 0;  // of ours that were whole
  bool broken = false;              // we have broken a rule of the exchange
  bool retrieves = false;           // C-GET: it is the SCP of our C-STORE-RQs
  bool accepted = false;
  bool release_asked = false;  // by us
  bool over = false;           // aborted, by either side, or rejected
  bool half = false;
  // Since the last await of that kind was over.
  std::size_t messages = 0;
  bool association = false;
  bool release = false;
};

}  // namespace

struct ReplyTalk::Impl {
  Impl(const Conversation& c, TalkOptions o) : conversation(c), options(std::move(o)) {}

  const Conversation& conversation;
  TalkOptions options;
  std::array<Line, max_lines> lines;
  std::size_t cursor = 0;
  bool waiting = false;  // at the step of the cursor
  bool waits_long = false;
  bool gone = false;  // the device's process
  Instant since;
  Instant began;
  std::optional<Instant> deadline;
  std::optional<std::uint8_t> sending;  // a send in pieces is under way there
  std::deque<ReplyCommand> commands;
  bool over = false;
  Outcome outcome;
  std::set<std::uint64_t> features;
  bool all_came = true;
  std::string before;  // states of the device before what is being sent

  // --- what is new ------------------------------------------------------------------------------------------------

  void feature(const std::string& text, bool show) {
    if (features.size() >= max_features) return;
    Digest digest;
    digest.update(as_bytes(text));
    if (features.insert(digest.value()).second && show) outcome.cells.push_back(text);
  }

  /// New entries and findings of the line, in order.
  void look(Line& line) {
    const auto& trace = line.observer->trace();
    // Our own faults first: a reaction to them is not judged.
    for (auto i = line.seen_findings; i < trace.findings.size(); ++i) {
      const auto& f = trace.findings[i];
      if (f.side != Side::acceptor || f.severity != trace::Severity::error) continue;
      if (about_exchange(f.rule)) line.broken = true;
      feature("broke " + f.rule + " at " + line.place, false);
    }
    for (; line.seen_entries < trace.entries.size(); ++line.seen_entries) {
      const auto& entry = trace.entries[line.seen_entries];
      if (const auto* pdu = std::get_if<PduSeen>(&entry.what))
        pdu->from == Side::acceptor ? our_pdu(line, *pdu) : their_pdu(line, *pdu, entry);
      else if (const auto* message = std::get_if<MessageSeen>(&entry.what))
        message->from == Side::acceptor ? our_message(line, *message) : their_message(line, *message, entry);
    }
    for (; line.seen_findings < trace.findings.size(); ++line.seen_findings) {
      const auto& f = trace.findings[line.seen_findings];
      if (f.side != Side::requestor || f.severity != trace::Severity::error || f.provoked) continue;
      feature("device broke " + f.rule + " at " + line.place, false);
      if (!line.broken) outcome.forbidden.push_back({f, line.place});
    }
  }

  void said(Line& line, const std::string& kind, const std::string& more) {
    line.place = before + (line.asked_last.empty() ? "" : " " + line.asked_last) + " " + kind;
    line.told = more.empty() ? line.place : line.place + " " + more;
  }

  void our_pdu(Line& line, const PduSeen& seen) {
    line.bytes_of_pdus += std::uint64_t{seen.length} + pdu::pdu_header_length;
    if (!seen.recognized) {
      line.broken = true;
      said(line, "no PDU", "");
      return;
    }
    if (is_p_data(seen)) return;
    said(line, pdu::pdu_name(seen.type), "");
    if (!seen.pdu) line.broken = true;
    if (seen.type == 2) line.accepted = true;
    if (seen.type == 5) line.release_asked = true;
    if (seen.type == 3 || seen.type == 7) line.over = true;
  }

  void our_message(Line& line, const MessageSeen& seen) {
    const auto& command = seen.message->command;
    const auto field = command.field().value_or(0);
    std::string status;
    if (const auto code = command.status()) status = dimse::name(dimse::status_class(*code));
    said(line, command_of(*seen.message), status);
    if (dimse::is_response(field)) return;
    if (field == static_cast<std::uint16_t>(dimse::CommandField::c_store_rq) && line.retrieves && command.message_id())
      ++line.owed[*command.message_id()];
    else
      line.broken = true;  // nobody who is an SCU alone has to answer it
  }

  void their_pdu(Line& line, const PduSeen& seen, const trace::Entry& entry) {
    if (is_p_data(seen)) return;
    heard(line, entry);
    line.asked_last = pdu::pdu_name(seen.type);
    switch (static_cast<pdu::PduType>(seen.type)) {
      case pdu::PduType::a_associate_rq: line.association = true; break;
      case pdu::PduType::a_release_rq:
      case pdu::PduType::a_release_rp: line.release = true; break;
      case pdu::PduType::a_abort: line.over = true; break;
      default: break;
    }
  }

  void their_message(Line& line, const MessageSeen& seen, const trace::Entry& entry) {
    ++line.messages;
    heard(line, entry);
    const auto& command = seen.message->command;
    line.asked_last = kind_of(*seen.message);
    const auto field = command.field().value_or(0);
    if (dimse::is_response(field)) {
      if (const auto id = command.responded_to())
        if (const auto found = line.owed.find(*id); found != line.owed.end() && --found->second <= 0)
          line.owed.erase(found);
      return;
    }
    if (field == static_cast<std::uint16_t>(dimse::CommandField::c_get_rq)) line.retrieves = true;
    auto uid = std::string(command.sop_instance_uid());
    while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' ')) uid.pop_back();
    if (line.asked.size() < max_steps)
      line.asked.push_back(
          {command.message_id().value_or(0), seen.message->context_id, std::move(uid), command_of(*seen.message)});
  }

  void heard(Line& line, const trace::Entry& entry) {
    const auto name = answer_name(entry);
    if (!name.empty()) feature((line.told.empty() ? line.place : line.told) + " -> " + name, true);
  }

  // --- the steps --------------------------------------------------------------------------------------------------

  /// Whether the standard asks the device to say something now, and all we said was in order.
  [[nodiscard]] static bool due(const Line& line) {
    if (line.state != Line::State::open || line.broken || line.over || line.half || !line.accepted ||
        line.bytes_of_pdus != line.bytes_sent)
      return false;
    return line.release_asked ? !line.release : !line.owed.empty();
  }

  [[nodiscard]] bool came(const Step& step) const {
    const auto& line = lines.at(step.line);
    if (step.what == Do::connect) return line.state != Line::State::none || gone;
    if (!line.taken || line.state != Line::State::open) return true;
    switch (step.await) {
      case Await::association: return line.association || line.over;
      case Await::messages: return line.messages >= step.count || line.over;
      case Await::release: return line.release || line.over;
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

  /// Nobody has called yet: what is waited for is the device's start.
  [[nodiscard]] bool nobody_yet() const {
    return std::ranges::all_of(lines, [](const Line& l) { return l.state == Line::State::none; });
  }

  void begin(const Step& step, Instant now) {
    since = now;
    auto& line = lines.at(step.line);
    const bool open = line.taken && line.state == Line::State::open;
    switch (step.what) {
      case Do::connect:
        line.taken = true;
        if (came(step)) return;
        wait(now + (nobody_yet() ? options.connect : options.answer));
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
        commands.push_back({ReplyCommand::Kind::half, step.line, {}, &step});
        line.observer->closed(Side::acceptor, Closing::fin, now);
        return;
      case Do::fin:
      case Do::rst: {
        if (!open) return;
        const auto how = step.what == Do::fin ? Closing::fin : Closing::rst;
        commands.push_back(
            {step.what == Do::fin ? ReplyCommand::Kind::fin : ReplyCommand::Kind::rst, step.line, {}, &step});
        if (!line.half || how == Closing::rst) line.observer->closed(Side::acceptor, how, now);
        look(line);
        line.told = line.place += step.what == Do::fin ? " fin" : " rst";
        outcome.last = line.place;
        line.state = Line::State::closed;
        return;
      }
    }
  }

  /// The request that an answer belongs to; where the device asks less, the last one.
  static const Asked* asked_of(const Line& line, const Answers& answers) {
    if (answers.request == 0 || line.asked.empty()) return nullptr;
    return &line.asked[std::min<std::size_t>(answers.request, line.asked.size()) - 1];
  }

  void send(const Step& step, Line& line, Instant now) {
    if (!line.taken || line.state != Line::State::open || line.half || step.bytes.empty()) return;
    before = dul::to_string(line.observer->states(Side::requestor));
    const auto* asked = asked_of(line, step.answers);
    auto bytes = asked != nullptr ? fitted(step.bytes, step.answers, *asked) : step.bytes;
    outcome.sent_bytes += bytes.size();
    line.bytes_sent += bytes.size();
    line.observer->bytes(Side::acceptor, bytes, now);
    look(line);
    outcome.last = line.place;
    commands.push_back({ReplyCommand::Kind::send, step.line, std::move(bytes), &step});
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
    const auto& line = lines.at(step.line);
    if (step.what == Do::connect) {
      not_called(now);
    } else if (step.what == Do::await) {
      all_came = all_came && step.await == Await::closed;
      feature((line.told.empty() ? line.place : line.told) + " -> silence", true);
      if (waits_long && due(line) && now - since >= options.answer) outcome.silences.push_back(line.place);
    }
    sending.reset();
    next(now);
  }

  void not_called(Instant /*now*/) {
    all_came = false;
    if (!nobody_yet()) return;
    outcome.refused = true;
    outcome.refused_why = gone ? "it ended without a call" : "it did not call in time";
  }
};

ReplyTalk::ReplyTalk(const Conversation& conversation, TalkOptions options)
    : impl_(std::make_unique<Impl>(conversation, std::move(options))) {}
ReplyTalk::~ReplyTalk() = default;

void ReplyTalk::start(Instant now) {
  impl_->began = now;
  impl_->run(now);
}

void ReplyTalk::called(std::uint8_t number, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::none) return;
  line.state = Line::State::open;
  line.observer.emplace(impl_->options.rules, observe::Options{.connection = fmt::format("c{}", number + 1),
                                                               .description = "device -> assay",
                                                               .ours = Side::acceptor});
  if (impl_->options.record)
    if (auto tap = impl_->options.record(number)) line.observer->listen(std::move(tap));
  line.observer->opened(now);
  impl_->check(now);
}

void ReplyTalk::received(std::uint8_t number, ByteView bytes, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::open) return;
  line.observer->bytes(Side::requestor, bytes, now);
  impl_->look(line);
  impl_->check(now);
}

void ReplyTalk::closed(std::uint8_t number, Closing how, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::open) return;
  line.observer->closed(Side::requestor, how, now);
  impl_->look(line);
  impl_->feature((line.told.empty() ? line.place : line.told) + (how == Closing::fin ? " -> closed" : " -> reset"),
                 true);
  line.state = Line::State::closed;
  impl_->check(now);
}

void ReplyTalk::sent(std::uint8_t number, Instant now) {
  if (impl_->sending != number) return;
  impl_->sending.reset();
  impl_->check(now);
}

void ReplyTalk::expire(Instant now) { impl_->expire(now); }

void ReplyTalk::ended(Instant now) {
  auto& all = *impl_;
  if (std::exchange(all.gone, true) || all.over || !all.waiting) return;
  if (all.conversation.steps[all.cursor].what == Do::connect &&
      all.lines.at(all.conversation.steps[all.cursor].line).state == Line::State::none)
    all.not_called(now);
  all.check(now);
}

void ReplyTalk::interrupt(Instant /*now*/) { impl_->over = true; }

std::optional<ReplyCommand> ReplyTalk::next_command() {
  if (impl_->commands.empty()) return std::nullopt;
  auto command = std::move(impl_->commands.front());
  impl_->commands.pop_front();
  return command;
}

std::optional<Instant> ReplyTalk::next_deadline() const { return impl_->over ? std::nullopt : impl_->deadline; }

bool ReplyTalk::done() const { return impl_->over && impl_->commands.empty(); }

const std::string& ReplyTalk::last() const { return impl_->outcome.last; }

Outcome ReplyTalk::finish(Instant now, const std::string& ending) {
  auto& all = *impl_;
  for (auto& line : all.lines) {
    if (!line.observer) continue;
    if (line.state == Line::State::open) line.observer->closed(Side::acceptor, Closing::fin, now);
    line.observer->finish(now);
    all.look(line);
    all.outcome.traces.push_back(line.observer->take_trace());
  }
  if (!ending.empty() && !all.outcome.last.empty()) all.feature(all.outcome.last + " -> " + ending, true);
  all.outcome.answered = all.all_came && !all.outcome.refused;
  all.outcome.features.assign(all.features.begin(), all.features.end());
  return std::move(all.outcome);
}

}  // namespace assay::fuzz::device
