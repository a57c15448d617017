#include "harness/observe/observer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <utility>

#include "harness/base/bulk_digest.hpp"
#include "harness/base/hex.hpp"
#include "harness/observe/direction.hpp"
#include "harness/observe/keep.hpp"

namespace assay::observe {
namespace {

using trace::Side;

constexpr std::string_view not_allowed = "ps3.8/9.2.3/pdu-not-allowed";
constexpr std::string_view no_reaction = "ps3.8/9.2.3/reaction-missing";
constexpr std::string_view closed_bare = "ps3.8/9.2.3/closed-without-release-or-abort";
/// Different unknown Command Fields of one side that are remembered; more is noise.
constexpr std::size_t max_unknown_commands = 64;
constexpr std::string_view closed_unanswered = "ps3.8/9.2.3/closed-without-answer";
constexpr std::string_view closed_waiting = "ps3.8/9.2.3/closed-while-waiting";
constexpr std::string_view unknown_type = "ps3.8/9.3.1/pdu-type-unknown";
constexpr std::string_view absurd_length = "ps3.8/9.3.1/pdu-length-beyond-reason";
constexpr std::string_view cut_short = "ps3.8/9.3.1/pdu-cut-short";
constexpr std::string_view message_cut_short = "ps3.8/E.2/message-cut-short";
constexpr std::string_view pdu_stopped = "ps3.8/9.3.1/pdu-never-completed";
constexpr std::string_view message_stopped = "ps3.8/E.2/message-never-completed";

constexpr std::array<std::string_view, 11> own_rules{not_allowed,       no_reaction,  closed_bare,    closed_unanswered,
                                                     closed_waiting,    unknown_type, absurd_length,  cut_short,
                                                     message_cut_short, pdu_stopped,  message_stopped};

/// A pause in the middle of a PDU or a message that no network and no disk explains.
constexpr Duration stopped_after = std::chrono::seconds(10);
/// Bytes that pass even when the receiver reads nothing: fewer than any receive buffer holds. A sender that stopped
/// after more of them may have been held up by the receiver.
constexpr std::uint64_t always_taken = 16384;

constexpr std::size_t leftover_kept = 4096;  // enough to recognise another protocol or to see where a PDU was cut

constexpr std::size_t views_kept = 65536;  // a larger table of PDVs is given back after the PDU that needed it

dul::PduKind kind_of(std::uint8_t type) {
  switch (static_cast<pdu::PduType>(type)) {
    case pdu::PduType::a_associate_rq: return dul::PduKind::a_associate_rq;
    case pdu::PduType::a_associate_ac: return dul::PduKind::a_associate_ac;
    case pdu::PduType::a_associate_rj: return dul::PduKind::a_associate_rj;
    case pdu::PduType::p_data_tf: return dul::PduKind::p_data;
    case pdu::PduType::a_release_rq: return dul::PduKind::a_release_rq;
    case pdu::PduType::a_release_rp: return dul::PduKind::a_release_rp;
    case pdu::PduType::a_abort: return dul::PduKind::a_abort;
  }
  return dul::PduKind::invalid;
}

/// What a first byte that is no PDU type tells. One byte only: how many arrived with it depends on the network.
std::string unknown_type_text(std::uint8_t type) {
  auto text = fmt::format("{:02X}H", type);
  switch (type) {
    case 'H': return text + " ('H': an HTTP server answers there?)";
    case 'G':
    case 'P': return text + " (a letter: an HTTP client calls there?)";
    case 'S': return text + " ('S': an SSH server answers there?)";
    case 0x15:
    case 0x16: return text + " (a TLS record: one side expects TLS, the other does not?)";
    default: return text;
  }
}

trace::Severity severity_of(Gravity gravity) {
  return gravity == Gravity::note ? trace::Severity::note : trace::Severity::error;
}

}  // namespace

std::span<const std::string_view> rule_ids() { return own_rules; }

struct Observer::Impl final : trace::Reporter {
  Impl(std::shared_ptr<const trace::RuleBook> rules, Options given)
      : book(std::move(rules)),
        options(std::move(given)),
        keeper(options.keep_bytes, options.keep_entries, options.common),
        directions{Direction(Side::requestor, options), Direction(Side::acceptor, options)} {
    trace.connection = options.connection;
    trace.description = options.description;
    if (book == nullptr) book = std::make_shared<const trace::RuleBook>();
    for (const auto& rule : book->rules())
      if (auto run = rule.make()) runs.push_back(std::move(run));
  }

  Direction& of(Side side) { return directions[static_cast<std::size_t>(side)]; }

  // --- findings ---------------------------------------------------------------------------------------------------

  void report(trace::Finding finding) override {
    if (trace.findings.size() >= limits::max_problems) {
      ++trace.dropped_findings;
      return;
    }
    if (const auto* info = book->find(finding.rule)) {
      if (finding.clause.empty()) finding.clause = info->clause;
      if (finding.advice.empty()) finding.advice = info->advice;
    }
    finding.connection = options.connection;
    finding.provoked = finding.provoked || (options.ours == finding.side && (provoking || entry_provoked));
    if (tap != nullptr) tap->found(finding);
    trace.findings.push_back(std::move(finding));
  }

  /// A decoder's problem is the fault of whoever sent the bytes.
  void report(const Problem& problem, Side side, std::uint32_t pdu, bool provoked = false) {
    trace::Finding finding;
    finding.rule = problem.rule;
    finding.clause = problem.clause;
    finding.severity = severity_of(problem.gravity);
    if (const auto* info = book->find(problem.rule); info != nullptr && problem.gravity != Gravity::note) {
      finding.severity = info->severity;
    }
    finding.side = side;
    finding.pdu_number = pdu;
    finding.offset = problem.offset;
    finding.field = problem.field;
    finding.found = problem.found;
    finding.expected = problem.expected;
    finding.provoked = provoked && options.ours == side;
    report(std::move(finding));
  }

  static Problem own(std::string_view rule, std::string_view clause, std::uint64_t offset, std::string field,
                     std::string found, std::string expected) {
    return {std::string(rule), std::string(clause), offset,        std::move(field),
            std::move(found),  std::move(expected), Gravity::error};
  }

  // --- entries ----------------------------------------------------------------------------------------------------

  void enter(trace::What what, Instant now) {
    trace::Entry entry{now, std::move(what)};
    for (const auto& run : runs) run->on_entry(entry, trace.negotiated, *this);
    keeper.file(std::move(entry), trace);
  }

  // --- bytes ------------------------------------------------------------------------------------------------------

  void bytes(Side from, ByteView more, Instant now) {
    auto& direction = of(from);
    direction.bytes += more.size();
    (from == Side::requestor ? trace.bytes_from_requestor : trace.bytes_from_acceptor) = direction.bytes;
    if (direction.lost) {
      keep_lost(direction, more);
      return;
    }
    direction.partly_provoked = direction.partly_provoked || provoking;
    direction.framer.push(more);
    direction.last_byte = now;
    for (;;) {
      const auto frame = direction.framer.next();
      if (frame.status == pdu::Framer::Status::need_more) break;
      entry_provoked = direction.partly_provoked;
      if (frame.status == pdu::Framer::Status::unrecognized) {
        unrecognized(direction, frame, now);
        entry_provoked = false;
        break;
      }
      pdu_seen(direction, frame, now);
      entry_provoked = false;
      direction.partly_provoked = provoking && direction.framer.pending() > 0;
    }
    auto& peer = of(trace::other(from));
    peer.bytes_when_heard = peer.bytes;
  }

  /// Fragments that stand alone in a PDU are looked at where their owner keeps them, unless the Trace wants the bytes.
  void bytes(Side from, const Gather& more, Instant now) {
    std::size_t at = 0;
    const ByteView own(more.own());
    for (const auto& lent : more.lent()) {
      const auto run = own.subspan(at, lent.at - at);
      at = lent.at;
      const auto before = run.size() - std::min(run.size(), pdu::one_pdv_header_length);
      if (before > 0) bytes(from, run.first(before), now);
      const auto header = run.subspan(before);
      if (pass_one_pdv(of(from), header, lent, now)) continue;
      if (!header.empty()) bytes(from, header, now);
      bytes(from, lent.bytes, now);
    }
    if (at < own.size()) bytes(from, own.subspan(at), now);
  }

  bool pass_one_pdv(Direction& direction, ByteView header, const Gather::Lent& lent, Instant now) {
    auto& framer = direction.framer;
    if (options.digest || keeper.bulk_left() > 0 || direction.lost || framer.pending() > 0) return false;
    const auto value = pdu::view_one_pdv(header, lent.bytes, framer.offset());
    if (!value) return false;
    pdu::Framer::Frame frame;
    frame.status = pdu::Framer::Status::pdu;
    frame.offset = framer.offset();
    frame.type = header[0];
    frame.length = static_cast<std::uint32_t>(header.size() - pdu::pdu_header_length + lent.bytes.size());
    const auto whole = header.size() + lent.bytes.size();
    framer.pass(whole);
    direction.bytes += whole;
    (direction.side == Side::requestor ? trace.bytes_from_requestor : trace.bytes_from_acceptor) = direction.bytes;
    direction.last_byte = now;
    entry_provoked = provoking;
    views.assign(1, *value);
    pdu_seen(direction, frame, now, &lent.owner);
    entry_provoked = direction.partly_provoked = false;
    auto& peer = of(trace::other(direction.side));
    peer.bytes_when_heard = peer.bytes;
    return true;
  }

  static void keep_lost(Direction& direction, ByteView more) {
    const auto room = leftover_kept - std::min(leftover_kept, direction.lost_bytes.size());
    append(direction.lost_bytes, more.first(std::min(room, more.size())));
  }

  void unrecognized(Direction& direction, const pdu::Framer::Frame& frame, Instant now) {
    direction.lost = true;
    direction.lost_at = frame.offset;
    keep_lost(direction, frame.bytes);
    trace::PduSeen seen;
    seen.from = direction.side;
    seen.number = direction.last_pdu = ++pdu_count;
    seen.offset = frame.offset;
    seen.type = frame.type;
    seen.recognized = false;
    if (kind_of(frame.type) == dul::PduKind::invalid) {
      seen.problems.push_back(own(unknown_type, "PS3.8 9.3.1", frame.offset, "pdu-type", unknown_type_text(frame.type),
                                  "01H to 07H; the stream cannot be followed from here"));
    } else {
      seen.length = frame.length;
      const auto longest =
          kind_of(frame.type) == dul::PduKind::p_data ? limits::max_p_data_length : limits::max_association_pdu_length;
      seen.problems.push_back(
          own(absurd_length, "PS3.8 9.3.1", frame.offset + 2, "length", std::to_string(frame.length),
              fmt::format("a length that makes sense, at most {} here; the stream cannot be followed "
                          "from here",
                          longest)));
    }
    to_peer(direction, dul::Event::evt19, std::nullopt);
    for (const auto& problem : seen.problems) report(problem, seen.from, seen.number);
    enter(std::move(seen), now);
  }

  void to_peer(Direction& direction, dul::Event event, std::optional<dul::Event> or_else) {
    auto& peer = of(trace::other(direction.side));
    peer.last_ticket = peer.follower.peer_sent(event, or_else);
  }

  // --- PDUs -------------------------------------------------------------------------------------------------------

  /// `lent_by`: of a P-DATA-TF whose one PDV stands in `views` already, and whose bytes the frame does not have.
  void pdu_seen(Direction& direction, const pdu::Framer::Frame& frame, Instant now,
                const std::shared_ptr<const Bytes>* lent_by = nullptr) {
    trace::PduSeen seen;
    seen.from = direction.side;
    seen.number = direction.last_pdu = ++pdu_count;
    seen.offset = frame.offset;
    seen.type = frame.type;
    seen.length = frame.length;
    if (options.digest) {
      BulkDigest digest;
      digest.update(frame.bytes);
      seen.digest = digest.value();
    }

    const auto kind = kind_of(frame.type);
    bool readable = true;
    if (lent_by != nullptr)
      note_values(seen);
    else
      readable = kind == dul::PduKind::p_data ? read_p_data(frame, seen) : read_other(frame, seen);
    const bool allowed = judge_order(direction, kind, readable, seen);
    if (allowed && seen.pdu != nullptr) negotiate(direction.side, seen);
    if (kind == dul::PduKind::a_release_rq && allowed) unfinished_message(direction, seen);

    std::vector<trace::MessageSeen> messages;
    const auto reported = seen.problems.size();
    if (kind == dul::PduKind::a_abort) {
      direction.aborted = true;
      given_up(of(trace::other(direction.side)), now);
    }
    for (const auto& problem : seen.problems)
      if (!repeats_the_peer(problem, seen.from)) report(problem, seen.from, seen.number);
    if (kind == dul::PduKind::p_data) {
      if (!readable || !allowed) direction.messages_lost = true;
      if (!direction.messages_lost && trace.negotiated.established()) messages = assemble(direction, seen, lent_by);
    }
    for (std::size_t i = reported; i < seen.problems.size(); ++i) report(seen.problems[i], seen.from, seen.number);
    if (views.capacity() > views_kept) std::vector<pdu::PdvView>().swap(views);
    views.clear();
    enter(std::move(seen), now);
    for (auto& message : messages) message_seen(direction, std::move(message), now);
  }

  bool read_p_data(const pdu::Framer::Frame& frame, trace::PduSeen& seen) {
    views.clear();
    const bool readable = pdu::decode_p_data(frame.bytes, frame.offset, views, seen.problems);
    seen.bytes = to_bytes(frame.bytes.first(std::min(frame.bytes.size(), keeper.bulk_left())));
    note_values(seen);
    return readable;
  }

  /// What is kept of the PDVs in `views`.
  void note_values(trace::PduSeen& seen) {
    auto room = keeper.bulk_left() - seen.bytes.size();
    const auto count = std::min(views.size(), max_values_kept);
    seen.values.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& view = views[i];
      const auto kept = std::min(view.fragment.size(), room);
      room -= kept;
      seen.values.push_back({view.context_id, view.control_header, to_bytes(view.fragment.first(kept))});
      seen.fragment_lengths.push_back(static_cast<std::uint32_t>(view.fragment.size()));
      seen.value_offsets.push_back(view.offset);
    }
    seen.more_values = views.size() - count;
  }

  static bool read_other(const pdu::Framer::Frame& frame, trace::PduSeen& seen) {
    seen.bytes = to_bytes(frame.bytes);
    auto decoded = pdu::decode(frame.bytes, frame.offset);
    seen.problems = std::move(decoded.problems);
    if (!decoded.pdu) return false;
    seen.pdu = std::make_shared<const pdu::Pdu>(std::move(*decoded.pdu));
    return true;
  }

  /// PS3.8 Table 9-10 for the sender, and what is now on its way to the receiver. An unreadable PDU counts as sent:
  /// its contents are reported, its place in the order may still be right.
  bool judge_order(Direction& direction, dul::PduKind kind, bool readable, trace::PduSeen& seen) {
    const auto judgement = kind == dul::PduKind::a_abort ? abort_sent(direction) : direction.follower.own_sent(kind);
    const auto event = dul::received_event(kind);
    if (!readable) {
      to_peer(direction, dul::Event::evt19, event);
    } else {
      // A receiver may take a deviation for an invalid PDU.
      to_peer(direction, event, clean(seen.problems) ? std::nullopt : std::optional(dul::Event::evt19));
    }
    if (!judgement) return true;
    seen.problems.push_back(own(not_allowed, "PS3.8 9.2.3", seen.offset, "pdu-type", std::string(dul::name(kind)),
                                "no " + judgement->message));
    return false;
  }

  /// Who has the header of a PDU knows whether it will take it, by its type and length, and need not wait for the rest:
  /// an A-ABORT that nothing else explains may be the answer to a PDU that has only begun (Evt19). A stream that cannot
  /// be followed may be any number of PDUs that are not taken.
  dul::Judgement abort_sent(Direction& direction) {
    auto with_begun = direction.follower;
    auto judgement = direction.follower.own_sent(dul::PduKind::a_abort);
    const auto& peer = of(trace::other(direction.side));
    if (!judgement || (!peer.lost && peer.framer.pending() < pdu::pdu_header_length)) return judgement;
    with_begun.peer_sent(dul::Event::evt19);
    if (!with_begun.own_sent(dul::PduKind::a_abort)) {
      direction.follower = with_begun;
      judgement.reset();
    }
    return judgement;
  }

  /// A release while the sender's own message is half sent: its last fragment can never come (PS3.8 E.2).
  static void unfinished_message(Direction& direction, trace::PduSeen& seen) {
    if (!direction.message.begun || direction.messages_lost) return;
    seen.problems.push_back(
        own(message_cut_short, "PS3.8 E.2", seen.offset, "pdu-type",
            fmt::format("A-RELEASE-RQ inside the message that began in PDU {}", direction.message.first_pdu),
            "the last fragment of the message first"));
    direction.messages_lost = true;
  }

  void negotiate(Side from, const trace::PduSeen& seen) {
    auto& known = trace.negotiated;
    if (from == Side::requestor && known.rq == nullptr) {
      if (const auto* rq = std::get_if<pdu::AAssociateRq>(seen.pdu.get())) {
        known.rq = std::shared_ptr<const pdu::AAssociateRq>(seen.pdu, rq);
        known.requestor_maximum_length = announced(*rq);
        std::bitset<256> ids;
        for (const auto* item : rq->contexts()) {
          if (ids.test(item->id)) continue;  // the second one is reported by the decoder and means nothing
          ids.set(item->id);
          trace::Negotiated::Context context;
          context.id = item->id;
          context.abstract_syntax = item->abstract_syntax();
          for (const auto syntax : item->transfer_syntaxes()) context.proposed.emplace_back(syntax);
          known.contexts.push_back(std::move(context));
        }
      }
    } else if (from == Side::acceptor && known.rq != nullptr && known.ac == nullptr) {
      if (const auto* ac = std::get_if<pdu::AAssociateAc>(seen.pdu.get())) {
        known.ac = std::shared_ptr<const pdu::AAssociateAc>(seen.pdu, ac);
        known.acceptor_maximum_length = announced(*ac);
        std::bitset<256> ids;
        for (const auto* item : ac->contexts()) {
          if (ids.test(item->id)) continue;
          ids.set(item->id);
          for (auto& context : known.contexts) {
            if (context.id != item->id) continue;
            context.result = item->result;
            if (item->result == 0) context.transfer_syntax = item->transfer_syntax();
          }
        }
      }
    }
  }

  static std::optional<std::uint32_t> announced(const pdu::AssociateBody& body) {
    const auto* information = body.user_information();
    const auto* item = information == nullptr ? nullptr : information->find<pdu::MaximumLengthSubItem>();
    return item == nullptr ? std::nullopt : std::optional(item->maximum_length);
  }

  /// The other side ends the association while this one is silent in the middle of something: it waited in vain.
  void given_up(Direction& direction, Instant now) {
    if (direction.lost || direction.closed || direction.aborted || direction.told_stopped || direction.bytes == 0)
      return;
    if (now - direction.last_byte < stopped_after || direction.bytes - direction.bytes_when_heard > always_taken)
      return;
    const auto pending = direction.framer.pending();
    const bool message = direction.message.begun && !direction.messages_lost;
    if (pending == 0 && !message) return;
    direction.told_stopped = true;
    const auto before = entry_provoked;
    entry_provoked = direction.partly_provoked || direction.message.provoked;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - direction.last_byte).count();
    if (pending > 0) {
      report(own(pdu_stopped, "PS3.8 9.3.1", direction.bytes - pending, {},
                 fmt::format("{} bytes of a PDU, then silence for {} s until the other side gave up", pending, seconds),
                 "the rest of the PDU, or a PDU length that counts its bytes"),
             direction.side, direction.last_pdu);
    } else {
      report(own(message_stopped, "PS3.8 E.2", direction.message.offset, {},
                 fmt::format("a message without its last fragment, then silence for {} s until the other side gave up",
                             seconds),
                 "the rest of the message, with the last fragment marked as such"),
             direction.side, direction.message.first_pdu);
    }
    entry_provoked = before;
  }

  // --- messages ---------------------------------------------------------------------------------------------------

  /// A command fragment with a problem begins another message, unless only the context changed.
  static bool gave_up_the_last(const Problems& problems) {
    return std::any_of(problems.begin(), problems.end(),
                       [](const Problem& problem) { return problem.rule != "ps3.8/E.2/context-changed"; });
  }

  std::vector<trace::MessageSeen> assemble(Direction& direction, trace::PduSeen& seen,
                                           const std::shared_ptr<const Bytes>* lent_by) {
    std::vector<trace::MessageSeen> messages;
    for (const auto& view : views) {
      auto& message = direction.message;
      auto output = direction.assembler.push(view, lent_by == nullptr ? nullptr : *lent_by);
      if (!message.begun || (view.is_command() && gave_up_the_last(output.problems))) {
        message = {};
        message.begun = true;
        message.first_pdu = seen.number;
        message.offset = view.offset;
      }
      message.provoked = message.provoked || entry_provoked;
      const auto fragment_at = view.offset + 6;
      if (view.is_command()) {
        message.command_at.add(message.command_length, fragment_at, seen.number);
        message.command_length += view.fragment.size();
      } else {
        message.data_at.add(message.data_length, fragment_at, seen.number);
        message.data_length += view.fragment.size();
      }
      for (auto& problem : output.problems) {
        if (seen.problems.size() < limits::max_problems) seen.problems.push_back(std::move(problem));
      }
      for (auto& problem : output.command_problems) command_problem(direction, std::move(problem), seen.number);
      if (output.message) {
        trace::MessageSeen done;
        done.from = direction.side;
        done.first_pdu = message.first_pdu;
        done.last_pdu = seen.number;
        done.offset = message.offset;
        done.message = std::make_shared<const dimse::Message>(std::move(*output.message));
        done.problems = std::move(message.problems);
        done.command_at = std::move(message.command_at);
        done.data_at = std::move(message.data_at);
        messages.push_back(std::move(done));
      }
      if (direction.assembler.idle()) message.begun = false;
    }
    return messages;
  }

  /// Whether this wrong value is one that the other side put up first and that an answer can only repeat: the context
  /// id of an A-ASSOCIATE-AC (PS3.8 9.3.3.2), the Command Field of a response (PS3.7 E.1).
  bool repeats_the_peer(const Problem& problem, Side from) {
    unsigned value = 0;
    const auto* end = problem.found.data() + problem.found.size();
    if (problem.rule == "ps3.8/9.3.3.2/presentation-context-id") {
      const auto read = std::from_chars(problem.found.data(), end, value, 10);
      return read.ec == std::errc{} && trace.negotiated.rq != nullptr &&
             std::ranges::any_of(trace.negotiated.rq->contexts(), [&](const auto* one) { return one->id == value; });
    }
    // Ids proposed twice can only be answered twice, or once; contexts that were not proposed cannot be answered.
    if (problem.rule == "ps3.8/9.3.3.2/presentation-context-id-twice" && trace.negotiated.rq != nullptr) {
      std::set<std::uint8_t> ids;
      for (const auto* one : trace.negotiated.rq->contexts())
        if (!ids.insert(one->id).second) return true;
    }
    if (problem.rule == "ps3.8/9.3.3/presentation-context-missing" && trace.negotiated.rq != nullptr)
      return trace.negotiated.rq->contexts().empty();
    if (problem.rule == "ps3.7/E.1/unknown-command-field") {
      const auto read = std::from_chars(problem.found.data(), end, value, 16);
      return read.ec == std::errc{} && (value & 0x8000U) != 0 &&
             of(trace::other(from)).unknown_commands.contains(static_cast<std::uint16_t>(value & 0x7fffU));
    }
    return false;
  }

  /// Offsets of these count in the Command Set; the finding names the byte in the stream and its PDU.
  void command_problem(Direction& direction, Problem problem, std::uint32_t pdu) {
    auto& message = direction.message;
    const auto* run = message.command_at.find(problem.offset);
    const auto number = run == nullptr ? pdu : run->pdu;
    problem.offset = message.command_at.offset_of(problem.offset, message.offset);
    if (!repeats_the_peer(problem, direction.side)) report(problem, direction.side, number, message.provoked);
    if (message.problems.size() < limits::max_problems) message.problems.push_back(std::move(problem));
  }

  void message_seen(Direction& direction, trace::MessageSeen seen, Instant now) {
    const auto& command = seen.message->command;
    entry_provoked = direction.message.provoked;
    const auto field = command.field();
    if (field && dimse::command_info(*field) == nullptr && direction.unknown_commands.size() < max_unknown_commands)
      direction.unknown_commands.insert(*field);
    if (field && !dimse::is_response(*field)) {
      auto& peer = of(trace::other(direction.side));
      if (const auto id = command.message_id()) peer.asked[*id] = peer.last_ticket;
    } else if (const auto id = command.responded_to(); field && id) {
      proved_processed(direction, *id, seen);
    }
    enter(std::move(seen), now);
    entry_provoked = direction.partly_provoked;
  }

  /// Who answers a request has processed it and all that came before it (PS3.8 9.2.3).
  void proved_processed(Direction& direction, std::uint16_t id, const trace::MessageSeen& seen) {
    const auto asked = direction.asked.find(id);
    if (asked == direction.asked.end()) return;
    const auto ticket = asked->second;
    direction.asked.erase(asked);
    const auto judgement = direction.follower.proved_processed(ticket);
    if (!judgement) return;
    report(
        own(no_reaction, "PS3.8 9.2.3", seen.offset, {}, "the side went on as if nothing had come", judgement->message),
        direction.side, seen.first_pdu);
  }

  // --- transport --------------------------------------------------------------------------------------------------

  void closed(Side by, trace::Closing how, Instant now) {
    auto& direction = of(by);
    if (!direction.closed && !finished) {
      if (!direction.aborted) given_up(of(trace::other(by)), now);  // an A-ABORT has shown it before
      direction.closed = true;
      judge_closing(direction, how);
      of(trace::other(by)).follower.closed_by_peer();
    }
    enter(trace::TransportClosed{by, how}, now);
  }

  void judge_closing(Direction& direction, trace::Closing how) {
    const bool first = !of(trace::other(direction.side)).closed;
    entry_provoked = direction.partly_provoked;
    const auto judgement = direction.follower.closed_by_self();
    // A stream that cannot be followed may have held the release or abort.
    if (first && !direction.lost) {
      if (direction.framer.pending() > 0) {
        report(own(cut_short, "PS3.8 9.3.1", direction.bytes, {},
                   fmt::format("the connection closed by {} after {} bytes of a PDU", trace::name(how),
                               direction.framer.pending()),
                   "the rest of the PDU"),
               direction.side, direction.last_pdu);
      } else if (judgement) {
        const bool established = trace.negotiated.established();
        report(own(established ? closed_bare : closed_waiting, "PS3.8 9.2.3", direction.bytes, {},
                   fmt::format("the connection closed by {}", trace::name(how)),
                   established ? "A-RELEASE or A-ABORT first; " + judgement->message : judgement->message),
               direction.side, direction.last_pdu);
      } else if (direction.side == Side::acceptor && direction.bytes == 0 && trace.negotiated.rq != nullptr &&
                 !of(Side::requestor).aborted) {
        // The state table cannot tell: ARTIM may have run out before the request was looked at. Integrators must know.
        report(own(closed_unanswered, "PS3.8 9.2.3", 0, {},
                   fmt::format("the connection closed by {} without a byte", trace::name(how)),
                   "an A-ASSOCIATE-AC, an A-ASSOCIATE-RJ or an A-ABORT first"),
               direction.side, 0);
      }
    }
    entry_provoked = false;
  }

  void finish(Instant now) {
    if (finished) return;
    finished = true;
    for (auto& direction : directions) {
      if (direction.lost) {
        enter(trace::Leftover{direction.side, direction.lost_at, std::move(direction.lost_bytes)}, now);
      } else if (direction.framer.pending() > 0) {
        const auto rest = direction.framer.pending_bytes();
        enter(trace::Leftover{direction.side, direction.bytes - rest.size(),
                              to_bytes(rest.first(std::min(rest.size(), leftover_kept)))},
              now);
      }
    }
  }

  std::shared_ptr<const trace::RuleBook> book;
  Options options;
  std::shared_ptr<Tap> tap;
  trace::Trace trace;
  Keeper keeper;
  std::vector<std::unique_ptr<trace::RuleRun>> runs;
  std::array<Direction, 2> directions;
  std::vector<pdu::PdvView> views;  // of the P-DATA-TF at hand
  std::uint32_t pdu_count = 0;
  bool provoking = false;
  bool entry_provoked = false;  // the entry at hand began while faults were made on purpose
  bool finished = false;
};

Observer::Observer(std::shared_ptr<const trace::RuleBook> rules, Options options)
    : impl_(std::make_unique<Impl>(std::move(rules), std::move(options))) {}
Observer::~Observer() = default;
Observer::Observer(Observer&&) noexcept = default;
Observer& Observer::operator=(Observer&&) noexcept = default;

void Observer::listen(std::shared_ptr<Tap> tap) { impl_->tap = std::move(tap); }

void Observer::opened(Instant now) {
  if (impl_->tap != nullptr) impl_->tap->opened(now);
  for (auto& direction : impl_->directions) direction.follower.transport_opened();
  impl_->enter(trace::TransportOpened{}, now);
}

void Observer::bytes(trace::Side from, ByteView bytes, Instant now) {
  if (impl_->tap != nullptr) impl_->tap->bytes(from, bytes, now);
  impl_->bytes(from, bytes, now);
}

void Observer::bytes(trace::Side from, const Gather& bytes, Instant now) {
  if (impl_->tap != nullptr) {
    bytes.each([&](ByteView run, const Gather::Lent*) { impl_->tap->bytes(from, run, now); });
  }
  impl_->bytes(from, bytes, now);
}

void Observer::closed(trace::Side by, trace::Closing how, Instant now) {
  if (impl_->tap != nullptr) impl_->tap->closed(by, how, now);
  impl_->closed(by, how, now);
}

void Observer::mark(std::string text, Instant now) {
  if (impl_->tap != nullptr) impl_->tap->mark(text, now);
  impl_->enter(trace::Mark{std::move(text)}, now);
}

void Observer::secured(const trace::Tls& tls, Instant now) {
  impl_->trace.tls = tls;
  mark(tls.summary(), now);
}
void Observer::provoke(bool on) { impl_->provoking = on; }

void Observer::finish(Instant now) { impl_->finish(now); }

const trace::Trace& Observer::trace() const { return impl_->trace; }

trace::Trace Observer::take_trace() { return std::exchange(impl_->trace, {}); }

dul::StateSet Observer::states(trace::Side side) const { return impl_->of(side).follower.states(); }

}  // namespace assay::observe
