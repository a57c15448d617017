// The conversation from beginning to end: what is sent, what is expected, how it ends.
#include "harness/scenario/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "harness/base/hex.hpp"
#include "harness/dimse/status.hpp"
#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/replay_speaker.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

using trace::MessageSeen;
using trace::PduSeen;
using trace::Side;
using trace::TransportClosed;

/// Steps of one scenario; a longer conversation is better kept as a capture.
constexpr std::size_t max_steps = 20'000;
/// A pause of the side that is played, before it says something: from here on it is part of the conversation.
constexpr Duration noticeable = std::chrono::seconds(2);
/// How long the other side may take: what it took in the recording and as much again, where that was long.
constexpr Duration slow = std::chrono::seconds(4);

bool is_p_data(const PduSeen& seen) {
  return seen.recognized && seen.type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf);
}

std::string seconds_text(Duration duration) {
  return fmt::format("{}s", std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

class Walk {
 public:
  Walk(const trace::Trace& recorded, const ReplayOptions& options)
      : trace_(recorded), options_(options), ours_(options.side), speaker_(options, out_) {}

  std::expected<Replay, std::string> run();

 private:
  /// A request of the other side, and the step that expects it.
  struct Asked {
    std::size_t step = 0;
    std::uint32_t pdu = 0;
    bool has_instance = false;
  };
  /// Responses that say "pending", one after another.
  struct Pending {
    Element matcher;
    std::optional<std::uint16_t> responded_to;
    std::uint16_t field = 0;
    std::size_t count = 0;
    Duration longest{};
  };

  void look_ahead();
  bool entry(const trace::Entry& entry);
  bool ours(const PduSeen& seen);
  bool ours(const MessageSeen& seen);
  bool ours(const TransportClosed& closed);
  void theirs(const PduSeen& seen);
  void theirs(const MessageSeen& seen);
  void theirs_later(const MessageSeen& seen, Duration waited);
  bool theirs(const TransportClosed& closed);
  bool take(Speaker::Step step, std::uint32_t first_pdu, std::uint32_t last_pdu);
  bool send_begun_message();
  bool send_leftover();
  void pause();
  void expect(Element matcher, Duration waited, std::vector<Element> before = {});
  void settle_pending();
  void settle_deferred();
  void forget_unused_captures();
  const AnsweredRequest* answered(const MessageSeen& seen);
  bool fail(std::string why) {
    failure_ = std::move(why);
    return false;
  }
  [[nodiscard]] std::string text(bool judged) const;
  [[nodiscard]] Element head() const;

  const trace::Trace& trace_;
  const ReplayOptions& options_;
  Side ours_;
  Replay out_;
  Speaker speaker_;
  std::vector<Element> steps_;
  std::string failure_;

  // From the look ahead.
  std::set<std::uint32_t> broken_pdus_;  // of our side, with an error among the findings
  std::set<std::string> ignored_rules_;  // broken by our side without any PDU
  const trace::Leftover* leftover_ = nullptr;
  bool pipelined_ = false;  // requests of the other side overlap: which one is answered must be said
  std::string action_ = "act";
  std::size_t last_of_theirs_ = 0;  // entry

  // While walking.
  std::size_t at_ = 0;
  std::optional<Instant> last_;  // of the entry before
  Duration waited_{};
  std::vector<const PduSeen*> begun_;                              // P-DATA-TF of ours whose message is not whole yet
  std::vector<std::pair<const MessageSeen*, Duration>> deferred_;  // came meanwhile
  std::optional<Pending> pending_;
  std::map<std::uint16_t, Asked> asked_;  // by message id
  std::set<std::uint16_t> cancelled_;     // our requests
  AnsweredRequest answered_;
  bool lost_ = false;  // what we sent cannot be followed from here on; it was sent whole
  bool they_closed_ = false;
  bool we_closed_ = false;
  bool leftover_sent_ = false;
};

void Walk::look_ahead() {
  for (const auto& finding : trace_.findings) {
    if (finding.side != ours_ || finding.severity != trace::Severity::error) continue;
    if (finding.pdu_number != 0) {
      broken_pdus_.insert(finding.pdu_number);
    } else {
      ignored_rules_.insert(finding.rule);
    }
  }
  std::set<std::uint16_t> open;
  for (std::size_t i = 0; i < trace_.entries.size(); ++i) {
    const auto& what = trace_.entries[i].what;
    if (const auto* seen = std::get_if<PduSeen>(&what); seen != nullptr && seen->from != ours_) last_of_theirs_ = i;
    if (const auto* rest = std::get_if<trace::Leftover>(&what); rest != nullptr && rest->from == ours_)
      leftover_ = rest;
    const auto* seen = std::get_if<MessageSeen>(&what);
    if (seen == nullptr) continue;
    const auto& command = seen->message->command;
    const auto field = command.field().value_or(0);
    if (seen->from == ours_) {
      const auto status = command.status();
      const auto id = command.responded_to();
      if (status && id && dimse::status_class(*status) != dimse::StatusClass::pending) open.erase(*id);
    } else if (!dimse::is_response(field)) {
      if (open.empty() && action_ == "act") {
        using enum dimse::CommandField;
        switch (static_cast<dimse::CommandField>(field)) {
          case c_echo_rq: action_ = "echo"; break;
          case c_store_rq: action_ = "store"; break;
          case c_find_rq: action_ = "find"; break;
          case c_move_rq: action_ = "move"; break;
          case c_get_rq: action_ = "get"; break;
          default: break;
        }
      }
      if (field == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq)) {
        pipelined_ = true;
      } else if (const auto id = command.message_id()) {
        open.insert(*id);
      }
      pipelined_ = pipelined_ || open.size() > 1;
    }
  }
}

std::expected<Replay, std::string> Walk::run() {
  if (trace_.dropped_entries > 0)
    return std::unexpected(fmt::format("the conversation is longer than what was kept of it ({} entries are missing)",
                                       trace_.dropped_entries));
  look_ahead();
  for (; at_ < trace_.entries.size(); ++at_) {
    if (!entry(trace_.entries[at_])) return std::unexpected(failure_);
    if (steps_.size() > max_steps)
      return std::unexpected(fmt::format("the conversation has more than {} steps", max_steps));
  }
  if (!we_closed_ && !they_closed_ && (!send_begun_message() || !send_leftover())) return std::unexpected(failure_);
  settle_deferred();
  settle_pending();
  forget_unused_captures();
  const bool judged =
      std::ranges::any_of(steps_, [](const Element& step) { return step.name == "expect" || step.name == "repeat"; });
  out_.xml = text(judged);
  if (out_.xml.size() > max_file_bytes)
    return std::unexpected(
        fmt::format("the scenario would have {} bytes, more than a scenario may have", out_.xml.size()));
  const auto loaded = load(out_.xml, "replay.xml");
  if (!loaded) return std::unexpected("the scenario would not load: " + to_string(loaded.error().front()));
  return std::move(out_);
}

/// An answer that had to be written as raw bytes uses none.
void Walk::forget_unused_captures() {
  std::set<std::string, std::less<>> used;
  const std::function<void(const Element&)> look = [&](const Element& element) {
    for (const auto& attribute : element.attributes)
      for (const auto name : variables_in(attribute.value)) used.emplace(name);
    for (const auto& child : element.children) look(child);
  };
  for (const auto& step : steps_) look(step);
  for (auto& step : steps_)
    for (auto& matcher : step.children)
      std::erase_if(matcher.children,
                    [&](const Element& child) { return child.name == "capture" && !used.contains(child.value("as")); });
}

bool Walk::entry(const trace::Entry& entry) {
  const auto* seen = std::get_if<PduSeen>(&entry.what);
  waited_ = last_ ? entry.at - *last_ : Duration{};
  // Their P-DATA-TF is waited for as the message that it ends, which is an entry of its own.
  if (seen == nullptr || seen->from == ours_ || !is_p_data(*seen)) last_ = entry.at;
  if (seen != nullptr) {
    if (seen->from == ours_) return ours(*seen);
    if (!is_p_data(*seen)) {
      // It may be an answer to the half of a message.
      if (!send_begun_message()) return false;
      settle_deferred();
      theirs(*seen);
    }
  } else if (const auto* message = std::get_if<MessageSeen>(&entry.what)) {
    if (message->from == ours_) return ours(*message);
    theirs(*message);
  } else if (const auto* closed = std::get_if<TransportClosed>(&entry.what)) {
    return closed->by == ours_ ? ours(*closed) : theirs(*closed);
  }
  return failure_.empty();
}

// --- our side -----------------------------------------------------------------------------------------------------

bool Walk::take(Speaker::Step step, std::uint32_t first_pdu, std::uint32_t last_pdu) {
  if (!step) return fail(step.error());
  const auto broken = broken_pdus_.lower_bound(first_pdu);
  if (broken != broken_pdus_.end() && *broken <= last_pdu) step->set("provoke", "yes");
  steps_.push_back(std::move(*step));
  return true;
}

void Walk::pause() {
  if (waited_ < noticeable) return;
  auto step = replay_element("wait", "wait");
  step.set("for", seconds_text(waited_));
  steps_.push_back(std::move(step));
}

bool Walk::ours(const PduSeen& seen) {
  if (lost_) return true;
  if (they_closed_) {
    out_.remarks.push_back(
        fmt::format("PDU {} is left out: the other side had closed the connection before it", seen.number));
    lost_ = true;
    return true;
  }
  if (is_p_data(seen)) {
    if (begun_.empty()) {
      settle_pending();
      pause();
    }
    begun_.push_back(&seen);
    return true;
  }
  if (!send_begun_message()) return false;
  settle_pending();
  pause();
  if (!seen.recognized) {
    lost_ = true;
    return send_leftover();
  }
  return take(speaker_.pdu(seen), seen.number, seen.number);
}

bool Walk::ours(const MessageSeen& seen) {
  if (lost_ || they_closed_) return true;
  std::vector<const PduSeen*> pdus;
  for (const auto* one : begun_)
    if (one->number >= seen.first_pdu && one->number <= seen.last_pdu) pdus.push_back(one);
  // Two messages in one PDU are only right as they were.
  if (pdus.empty()) return true;
  const bool alone = pdus.size() == begun_.size() && !pdus.back()->values.empty() && [&] {
    const auto* next =
        at_ + 1 < trace_.entries.size() ? std::get_if<MessageSeen>(&trace_.entries[at_ + 1].what) : nullptr;
    return next == nullptr || next->from != ours_ || next->first_pdu > seen.last_pdu;
  }();
  auto step = alone ? speaker_.message(seen, pdus, answered(seen)) : speaker_.by_hand(begun_);
  const auto first = begun_.front()->number;
  const auto last = begun_.back()->number;
  begun_.clear();
  if (seen.message->command.field() == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq))
    cancelled_.insert(seen.message->command.responded_to().value_or(0));
  if (!take(std::move(step), first, last)) return false;
  settle_deferred();
  return true;
}

/// What a response of ours answers, where it is not simply the request that came last.
const AnsweredRequest* Walk::answered(const MessageSeen& seen) {
  const auto& command = seen.message->command;
  const auto id = command.responded_to();
  if (!id || !dimse::is_response(command.field().value_or(0))) return nullptr;
  const auto found = asked_.find(*id);
  if (found == asked_.end()) return nullptr;
  const bool last = speaker_.dialogue.received && speaker_.dialogue.received->command.message_id() == id;
  if (!pipelined_ && last) return nullptr;
  const auto& request = found->second;
  auto& matcher = steps_[request.step].children.front();
  const auto capture = [&](std::string_view field, const std::string& name) {
    if (std::ranges::none_of(matcher.children, [&](const Element& child) { return child.is("as", name); })) {
      auto& child = matcher.children.emplace_back(replay_element("capture", "capture"));
      child.set("field", std::string(field));
      child.set("as", name);
    }
    return "${" + name + "}";
  };
  answered_ = {};
  answered_.message_id = capture("message-id", fmt::format("id-{}", request.pdu));
  if (request.has_instance && !command.sop_instance_uid().empty())
    answered_.sop_instance = capture("sop-instance", fmt::format("instance-{}", request.pdu));
  return &answered_;
}

/// Fragments of a message that never became whole.
bool Walk::send_begun_message() {
  if (begun_.empty() || lost_ || they_closed_) return true;
  const auto first = begun_.front()->number;
  const auto last = begun_.back()->number;
  auto step = speaker_.by_hand(begun_);
  begun_.clear();
  return take(std::move(step), first, last);
}

/// Bytes that never became a PDU.
bool Walk::send_leftover() {
  if (leftover_ == nullptr || leftover_sent_ || they_closed_) return true;
  leftover_sent_ = true;
  auto step = replay_element("send", "send");
  step.set("provoke", "yes");
  step.children.push_back(Speaker::raw(leftover_->bytes));
  steps_.push_back(std::move(step));
  const auto all = (ours_ == Side::requestor ? trace_.bytes_from_requestor : trace_.bytes_from_acceptor);
  if (leftover_->offset + leftover_->bytes.size() < all)
    out_.remarks.push_back(fmt::format("of the {} bytes that are no PDU, from byte {} on, the first {} were kept",
                                       all - leftover_->offset, leftover_->offset, leftover_->bytes.size()));
  return true;
}

bool Walk::ours(const TransportClosed& closed) {
  if (we_closed_ || they_closed_) return true;
  if (!send_begun_message() || !send_leftover()) return false;
  settle_pending();
  pause();
  we_closed_ = true;
  auto step = replay_element("close", "close");
  step.set("how", closed.how == trace::Closing::fin ? "fin" : "rst");
  if (closed.how == trace::Closing::fin && last_of_theirs_ > at_) {
    step.set("half", "yes");
    we_closed_ = false;  // what comes is still looked at
  }
  steps_.push_back(std::move(step));
  return true;
}

// --- the other side -----------------------------------------------------------------------------------------------

void Walk::expect(Element matcher, Duration waited, std::vector<Element> before) {
  auto step = replay_element("expect", "expect");
  if (waited > slow) step.set("within", seconds_text(waited * 2 + std::chrono::seconds(10)));
  if (matcher.name != "closed") step.set("judge", "yes");
  step.children = std::move(before);
  step.children.push_back(std::move(matcher));
  steps_.push_back(std::move(step));
}

struct Matchers {
  Dialogue& dialogue;
  const trace::Negotiated& negotiated;

  static Element associate(std::string name) { return replay_element(std::move(name), "a-associate-match"); }
  Element operator()(const pdu::AAssociateRq& rq) const {
    dialogue.note(rq);
    auto out = associate("a-associate-rq");
    // Without those that were accepted there is nothing to repeat.
    for (const auto& one : negotiated.contexts) {
      if (one.result != 0) continue;
      auto& context = out.children.emplace_back(replay_element("context", "context-match"));
      context.set("id", std::to_string(one.id));
      context.set("abstract", replay_uid(one.abstract_syntax));
      if (!replay_sayable(context)) context.attributes.pop_back();
    }
    return out;
  }
  Element operator()(const pdu::AAssociateAc& ac) const {
    dialogue.note(ac);
    auto out = associate("a-associate-ac");
    for (const auto* one : ac.contexts()) {
      auto& context = out.children.emplace_back(replay_element("context", "context-match"));
      context.set("id", std::to_string(one->id));
      context.set("result", std::to_string(one->result));
      if (one->result == 0 && !one->transfer_syntax().empty())
        context.set("transfer", replay_uid(one->transfer_syntax()));
      if (!replay_sayable(context))
        std::erase_if(context.attributes, [](const auto& a) { return a.name == "transfer"; });
    }
    return out;
  }
  Element operator()(const pdu::AAssociateRj& rj) const {
    auto out = replay_element("a-associate-rj", "a-associate-rj-match");
    out.set("result", std::to_string(rj.result));
    out.set("source", std::to_string(rj.source));
    out.set("reason", std::to_string(rj.reason));
    return out;
  }
  Element operator()(const pdu::AReleaseRq&) const { return replay_element("a-release-rq", "plain-match"); }
  Element operator()(const pdu::AReleaseRp&) const { return replay_element("a-release-rp", "plain-match"); }
  Element operator()(const pdu::AAbort& abort) const {
    auto out = replay_element("a-abort", "a-abort-match");
    out.set("source", std::to_string(abort.source));
    // Reserved, and without meaning, where a user aborts (PS3.8 9.3.8).
    if (abort.source == 2) out.set("reason", std::to_string(abort.reason));
    return out;
  }
  Element operator()(const pdu::PDataTf&) const { return replay_element("p-data", "p-data-match"); }
};

void Walk::theirs(const PduSeen& seen) {
  settle_pending();
  if (we_closed_) return;
  if (!seen.recognized) {
    expect(replay_element("unrecognized", "plain-match"), waited_);
    return;
  }
  if (seen.pdu != nullptr) {
    expect(std::visit(Matchers{speaker_.dialogue, trace_.negotiated}, *seen.pdu), waited_);
    return;
  }
  constexpr std::string_view names[] = {"",       "a-associate-rq", "a-associate-ac", "a-associate-rj",
                                        "p-data", "a-release-rq",   "a-release-rp",   "a-abort"};
  if (seen.type >= std::size(names)) return;
  const std::string name(names[seen.type]);
  expect(replay_element(name, seen.type <= 2   ? "a-associate-match"
                              : seen.type == 3 ? "a-associate-rj-match"
                              : seen.type == 7 ? "a-abort-match"
                                               : "plain-match"),
         waited_);
}

void Walk::theirs(const MessageSeen& seen) {
  if (we_closed_) return;
  // A message of ours is on its way; it does not wait for this one.
  if (!begun_.empty()) {
    deferred_.emplace_back(&seen, waited_);
    return;
  }
  theirs_later(seen, waited_);
}

void Walk::settle_deferred() {
  for (const auto& [seen, waited] : std::exchange(deferred_, {})) theirs_later(*seen, waited);
}

void Walk::theirs_later(const MessageSeen& seen, Duration waited) {
  const auto& command = seen.message->command;
  const auto field = command.field();
  if (!field) return;
  auto matcher = replay_message(*field, true);
  const auto add = [&](std::string_view name, std::string value) {
    matcher.set(name, std::move(value));
    if (!replay_sayable(matcher)) matcher.attributes.pop_back();
  };
  const auto responded_to = command.responded_to();
  auto& dialogue = speaker_.dialogue;
  if (!dimse::is_response(*field)) {
    settle_pending();
    if (dialogue.contexts.contains(seen.message->context_id)) add("context", std::to_string(seen.message->context_id));
    if (!command.sop_class_uid().empty()) add("sop-class", replay_uid(command.sop_class_uid()));
    if (command.has_data_set()) add("data-set", "present");
    dialogue.received = Request{seen.message->context_id, command};
    expect(std::move(matcher), waited);
    if (const auto id = command.message_id())
      asked_[*id] = {steps_.size() - 1, seen.first_pdu, !command.sop_instance_uid().empty()};
    return;
  }
  const auto sent = dialogue.sent ? dialogue.sent->command.message_id() : std::nullopt;
  if (!sent || sent != responded_to)
    add("responding-to", responded_to ? std::to_string(*responded_to) : std::string("absent"));
  const auto status = command.status();
  if (status && dimse::status_class(*status) == dimse::StatusClass::pending) {
    add("status", "FF00|FF01");
    if (pending_ && (pending_->responded_to != responded_to || pending_->field != *field)) settle_pending();
    if (!pending_) pending_ = Pending{std::move(matcher), responded_to, *field, 0, {}};
    ++pending_->count;
    pending_->longest = std::max(pending_->longest, waited);
    return;
  }
  add("status", status ? fmt::format("{:04X}", *status) : std::string("absent"));
  // A cancel may come too late: then the answer is the one that would have come anyway (PS3.4 C.4.1.2.1).
  if (status && responded_to && cancelled_.contains(*responded_to)) add("status", "FE00|0000");
  std::vector<Element> before;
  if (pending_ && pending_->responded_to == responded_to && pending_->field == *field) {
    auto& optional = before.emplace_back(replay_element("optional", "optional"));
    // How often a move or get reports its progress is a matter of speed; a match is a match.
    if (*field == (static_cast<std::uint16_t>(dimse::CommandField::c_find_rq) | 0x8000U)) optional.set("min", "1");
    optional.set("max", "100000");
    optional.children.push_back(std::move(pending_->matcher));
    waited = std::max(waited, pending_->longest);
    pending_.reset();
  } else {
    settle_pending();
  }
  expect(std::move(matcher), waited, std::move(before));
}

/// Pending responses that no final one follows at once: each is expected.
void Walk::settle_pending() {
  if (!pending_) return;
  const auto run = std::move(*pending_);
  pending_.reset();
  if (run.count == 1) {
    expect(run.matcher, run.longest);
    return;
  }
  expect(run.matcher, run.longest);
  auto repeat = replay_element("repeat", "repeat");
  repeat.set("count", std::to_string(std::min<std::size_t>(run.count, 100'000)));
  repeat.children.push_back(std::move(steps_.back()));
  steps_.back() = std::move(repeat);
}

bool Walk::theirs(const TransportClosed& closed) {
  (void)closed;
  if (!send_begun_message() || !send_leftover()) return false;
  settle_deferred();
  settle_pending();
  if (!we_closed_ && !they_closed_) expect(replay_element("closed", "closed-match"), waited_);
  they_closed_ = true;
  return true;
}

// --- the text -----------------------------------------------------------------------------------------------------

Element Walk::head() const {
  auto root = replay_element("scenario", "scenario");
  root.set("id", options_.id);
  root.set("role", std::string(trace::name(ours_)));
  root.set("tags", "recorded");
  if (ours_ == Side::acceptor) root.set("operate", action_);
  const auto say = [&](std::string name, std::string text) {
    auto& child = root.children.emplace_back(replay_element(std::move(name), ""));
    child.text = std::move(text);
    return &child;
  };
  say("title", printable(options_.title));
  auto* clause = say("clause", "The device answers as it did when this was recorded.");
  clause->set("part", "PS3.8");
  clause->set("section", "9.2");
  clause->set("level", "statement");
  say("advice", "Compare the answer with the recorded one; when the device was changed on purpose, record it again.");
  for (const auto& rule : ignored_rules_) {
    auto& child = root.children.emplace_back(replay_element("ignore-finding", ""));
    child.set("rule", rule);
    child.set("reason", "the recorded side did so");
  }
  return root;
}

std::string Walk::text(bool judged) const {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!--\n";
  const auto comment = [&](std::string_view line) {
    auto safe = printable(line);
    for (std::size_t at = 0; (at = safe.find("--", at)) != std::string::npos;) safe.replace(at, 2, "- ");
    out += "  " + safe + "\n";
  };
  for (const auto& line : options_.remarks) comment(line);
  for (const auto& line : out_.remarks) comment("Not as recorded: " + line + ".");
  out += "-->\n";
  auto opening = to_xml(head());
  opening.erase(opening.rfind("</scenario>"));
  out += opening;
  if (!judged) {  // nothing that the other side says: at least it must be there
    if (ours_ == Side::requestor) {
      out += "  <connect judge=\"yes\"/>\n";
    } else {
      out += fmt::format("  <listen/>\n  <operate action=\"{}\"/>\n  <accept judge=\"yes\"/>\n", action_);
    }
  }
  for (const auto& step : steps_) out += speaker_.xml(step, 1);
  return out + "</scenario>\n";
}

}  // namespace

std::expected<Replay, std::string> write_replay(const trace::Trace& trace, const ReplayOptions& options) {
  return Walk(trace, options).run();
}

}  // namespace assay::scenario
