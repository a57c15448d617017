// Judging: what to do with bytes, gaps and closings once it is clear that a connection is DICOM.
#include "harness/capture/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace assay::capture {
namespace {

using trace::Side;

constexpr std::size_t max_sentences = 50;
/// A longer hole is not filled: the filling is memory that the file does not have.
constexpr std::uint64_t longest_filling = 1U << 20;
constexpr std::uint16_t c_store_rq = 0x0001;
constexpr std::size_t trace_bytes = 4U << 20;
constexpr std::size_t least_trace_bytes = 64U << 10;
/// What a Trace costs without its bulk data, counted against the same budget.
constexpr std::size_t entries_cost = 4096;

/// These accuse because of what came earlier, which after a gap is not all known.
constexpr std::string_view needs_history[] = {"ps3.7/9.3/response-without-request", "ps3.7/9.3/response-after-final",
                                              "ps3.7/9.3/cancel-of-unknown-message"};
/// Decoder's rules about one PDU that hold it against another.
constexpr std::string_view needs_other_pdu[] = {"ps3.8/9.3.3.2/presentation-context-id",
                                                "ps3.8/9.3.3.2/presentation-context-id-twice",
                                                "ps3.8/9.3.3/presentation-context-missing"};

bool among(auto& ids, std::string_view id) { return std::ranges::find(ids, id) != std::end(ids); }

bool is_structure(const trace::Finding& finding) {
  return finding.rule.starts_with("ps3.8/9.3") && !among(needs_other_pdu, finding.rule) &&
         std::ranges::find(observe::rule_ids(), std::string_view(finding.rule)) == observe::rule_ids().end();
}

void shift_problems(Problems& problems, std::uint64_t by) {
  for (auto& problem : problems) problem.offset += by;
}

/// Offsets of a Trace that began in the middle, from those of the Observer to those of the stream.
void shift_entry(trace::Entry& entry, const std::array<std::uint64_t, 2>& by, std::uint32_t after_pdu) {
  if (auto* pdu = std::get_if<trace::PduSeen>(&entry.what); pdu != nullptr && pdu->number > after_pdu) {
    const auto shift = by[static_cast<std::size_t>(pdu->from)];
    pdu->offset += shift;
    for (auto& offset : pdu->value_offsets) offset += shift;
    shift_problems(pdu->problems, shift);
  } else if (auto* message = std::get_if<trace::MessageSeen>(&entry.what)) {
    const auto shift = by[static_cast<std::size_t>(message->from)];
    message->offset += shift;
    for (auto* positions : {&message->command_at, &message->data_at})
      for (auto& run : positions->runs) run.offset += shift;
    shift_problems(message->problems, shift);
  } else if (auto* leftover = std::get_if<trace::Leftover>(&entry.what)) {
    leftover->offset += by[static_cast<std::size_t>(leftover->from)];
  }
}

/// Negotiated asynchronous operations: what is outstanding after a gap cannot be known then (PS3.7 D.3.3.3).
bool asynchronous(const Bytes& association) {
  const auto decoded = pdu::decode(association);
  const auto* rq = decoded.pdu ? std::get_if<pdu::AAssociateRq>(&*decoded.pdu) : nullptr;
  if (rq == nullptr) return true;
  const auto* information = rq->user_information();
  return information != nullptr && information->find<pdu::AsynchronousOperationsWindowSubItem>() != nullptr;
}

}  // namespace

Conversation::Conversation(std::string name, std::array<Endpoint, 2> ends, ConversationContext& context, Duration began)
    : context_(&context), ends_(ends) {
  report_.name = std::move(name);
  report_.began = report_.ended = began;
  report_.requestor = ends[0];
  report_.acceptor = ends[1];
}

Conversation::~Conversation() { context_->undecided_bytes -= held_bytes_; }

Instant Conversation::at(Duration time) {
  // The capture's times may run backwards where packets were reordered; the Trace's may not.
  last_ = std::max(last_, Instant{time - report_.began});
  return last_;
}

void Conversation::missing(std::string text) {
  if (report_.missing.size() < max_sentences) {
    report_.missing.push_back(std::move(text));
  } else {
    ++report_.more_missing;
  }
}

void Conversation::mark(std::string text, Duration time) {
  if (stretch_) stretch_->observer->mark(std::move(text), at(time));
}

void Conversation::remark(int end, std::string text) {
  if (report_.remarks.size() < max_sentences)
    report_.remarks.push_back(fmt::format("{}: {}", to_text(ends_[static_cast<std::size_t>(end)]), text));
}

// --- stretches ----------------------------------------------------------------------------------------------------

Conversation::Stretch Conversation::make_stretch(std::string_view suffix, bool structure_only) {
  observe::Options options;
  options.connection = report_.name + std::string(suffix);
  options.description = fmt::format("{} -> {}", to_text(report_.requestor), to_text(report_.acceptor));
  const auto keep =
      std::min(std::clamp(context_->trace_bytes_left / 64, least_trace_bytes, trace_bytes), context_->trace_bytes_left);
  options.keep_bytes = keep;
  context_->trace_bytes_left -= keep;
  if (context_->trace_bytes_left < trace_bytes) options.keep_entries = 2000;
  Stretch out;
  out.structure_only = structure_only;
  out.reserved = keep;
  out.observer =
      std::make_unique<observe::Observer>(structure_only ? context_->structure : context_->rules, std::move(options));
  ++stretches_;
  return out;
}

void Conversation::close_mutes() {
  if (!stretch_) return;
  for (auto& mute : stretch_->mutes) {
    const auto& t = tracker(mute.side);
    if (mute.to == UINT64_MAX && t.messages_ended() > mute.after_messages) mute.to = t.last_message_end();
  }
}

void Conversation::end_stretch(Stretch& stretch) {
  trace::Trace trace = stretch.observer->trace();
  const auto bytes = trace.bytes_from_requestor + trace.bytes_from_acceptor;
  context_->trace_bytes_left += stretch.reserved - std::min<std::uint64_t>(bytes, stretch.reserved);
  context_->trace_bytes_left -= std::min(context_->trace_bytes_left, entries_cost);
  auto& findings = trace.findings;
  findings.erase(findings.begin(),
                 findings.begin() + static_cast<std::ptrdiff_t>(std::min(stretch.primed, findings.size())));
  const std::uint32_t primed_pdus = stretch.restarted ? 2 : 0;
  if (stretch.shift != std::array<std::uint64_t, 2>{}) {
    for (auto& entry : trace.entries) shift_entry(entry, stretch.shift, primed_pdus);
    for (auto& finding : findings) {
      if (finding.pdu_number > primed_pdus) finding.offset += stretch.shift[static_cast<std::size_t>(finding.side)];
    }
  }
  const auto drop = [&](const trace::Finding& finding) {
    if (stretch.structure_only && !is_structure(finding)) return true;
    if (stretch.restarted && among(needs_history, finding.rule)) return true;
    return std::ranges::any_of(stretch.mutes, [&](const Mute& mute) {
      return mute.side == finding.side && finding.offset >= mute.from && finding.offset <= mute.to;
    });
  };
  std::erase_if(findings, drop);
  if (!stretch.structure_only && !stretch.restarted) from_the_beginning_ = report_.traces.size();
  report_.traces.push_back(std::move(trace));
}

// --- playing ------------------------------------------------------------------------------------------------------

void Conversation::play(const Event& event) {
  const auto side = side_of(event.end);
  report_.ended = std::max(report_.ended, event.time);
  switch (event.kind) {
    case Event::Kind::data: play_data(side, event); break;
    case Event::Kind::gap: play_gap(side, event); break;
    case Event::Kind::closed:
      if (std::exchange(side_closed_[static_cast<std::size_t>(side)], true)) break;
      if (!report_.closed) report_.closed = trace::TransportClosed{side, event.how};
      if (stretch_) stretch_->observer->closed(side, event.how, at(event.time));
      break;
  }
}

void Conversation::play_data(Side side, const Event& event) {
  auto& t = tracker(side);
  if (!stretch_) {
    search(side, event);
    return;
  }
  stretch_->observer->bytes(side, event.bytes, at(event.time));
  t.feed(event.bytes);
  if (!stretch_->mutes.empty()) close_mutes();
}

void Conversation::play_gap(Side side, const Event& event) {
  auto& t = tracker(side);
  const bool one = event.length == 1;
  const auto* which =
      event.cut ? (one ? "was cut off by the capture (snap length)" : "were cut off by the capture (snap length)")
                : (one ? "is not in the capture" : "are not in the capture");
  const auto where = fmt::format("{} byte{} of the {} from byte {} on {}, {:.3f} s after the beginning", event.length,
                                 one ? "" : "s", trace::name(side), event.position, which,
                                 static_cast<double>(std::max(Duration{0}, event.time - report_.began).count()) / 1e9);
  if (!stretch_) {
    auto& local = structure_[static_cast<std::size_t>(side)];
    const bool still = t.skip(event.length);
    if (!still && local) {
      end_stretch(*local);
      local.reset();
    }
    if (still && local) {  // nothing but the PDU's structure is judged there
      if (event.length <= longest_filling) {
        local->observer->bytes(side, Bytes(event.length, 0), at(event.time));
      } else {
        end_stretch(*local);
        local.reset();
      }
    }
    missing(where);
    return;
  }
  if (t.can_skip(event.length) && t.command() == c_store_rq && event.length <= longest_filling) {
    missing(where + "; they lie in the Data Set of a C-STORE-RQ, which is not judged, everything else is");
    mark(report_.missing.back() + " (zeros stand for them here)", event.time);
    auto& mutes = stretch_->mutes;
    const bool same = !mutes.empty() && mutes.back().side == side && mutes.back().to == UINT64_MAX;
    if (!same) mutes.push_back({side, t.message_begins(), UINT64_MAX, t.messages_ended()});
    stretch_->observer->bytes(side, Bytes(event.length, 0), at(event.time));
    t.skip(event.length);
    close_mutes();
    return;
  }
  missing(where + "; judging stops there");
  mark(report_.missing.back(), event.time);
  end_stretch(*stretch_);
  stretch_.reset();
  t.skip(event.length);
}

bool Conversation::can_restart() const {
  const auto& rq = trackers_[0];
  const auto& ac = trackers_[1];
  return !rq.association().empty() && rq.association()[0] == 1 && !ac.association().empty() &&
         ac.association()[0] == 2 && !rq.ending() && !ac.ending() && !asynchronous(rq.association());
}

void Conversation::search(Side side, const Event& event) {
  auto& t = tracker(side);
  const ByteView bytes = event.bytes;
  const bool begins = begins_pdu(bytes);
  if (!t.in_step() && !t.broken() && begins) {
    t.set_position(event.position);
    t.sync();
  }
  const auto& other = tracker(trace::other(side));
  const bool idle = t.message() == PduTracker::Message::none || t.message() == PduTracker::Message::unknown;
  if (t.in_step() && t.at_boundary() && begins && idle && other.in_step() && other.at_boundary() &&
      other.message() == PduTracker::Message::none && can_restart()) {
    // A requestor that begins an operation has the answer to the last one; a release or abort ends everything.
    const auto command = first_command(bytes);
    const bool request = command && (*command & 0x8000U) == 0 && *command != 0x0fff;
    if ((side == Side::requestor && (request || bytes[0] == 5)) || bytes[0] == 7) {
      restart(side, event);
      return;
    }
  }
  if (t.in_step() && !can_restart()) {
    structure(side, event);
  } else {
    report_.not_judged[static_cast<std::size_t>(side)] += bytes.size();
  }
  t.feed(bytes);
}

void Conversation::restart(Side side, const Event& event) {
  for (auto& local : structure_) {
    if (local) end_stretch(*local);
    local.reset();
  }
  stretch_ = make_stretch(fmt::format("/{}", stretches_ + 1), false);
  auto& s = *stretch_;
  s.restarted = true;
  const auto now = at(event.time);
  s.observer->opened(now);
  for (const auto one : {Side::requestor, Side::acceptor}) {
    const auto& association = tracker(one).association();
    s.observer->bytes(one, association, now);
    const auto position = one == side ? event.position : tracker(one).position();
    s.shift[static_cast<std::size_t>(one)] = position - std::min<std::uint64_t>(position, association.size());
  }
  s.primed = s.observer->trace().findings.size();
  const auto text = fmt::format("judging goes on at byte {} of the {}, with the association as negotiated",
                                event.position, trace::name(side));
  missing(text);
  s.observer->mark(text + " (its two PDUs are repeated above)", now);
  s.observer->bytes(side, event.bytes, now);
  tracker(side).feed(event.bytes);
}

void Conversation::structure(Side side, const Event& event) {
  auto& local = structure_[static_cast<std::size_t>(side)];
  const auto& t = tracker(side);
  if (!local) {
    if (!t.at_boundary()) {
      report_.not_judged[static_cast<std::size_t>(side)] += event.bytes.size();
      return;
    }
    local = make_stretch(fmt::format("/{}", stretches_ + 1), true);
    local->shift[static_cast<std::size_t>(side)] = event.position;
    const auto text = fmt::format("from byte {} of the {} on only the structure of single PDUs is judged",
                                  event.position, trace::name(side));
    missing(text);
    local->observer->mark(text, at(event.time));
  }
  local->observer->bytes(side, event.bytes, at(event.time));
}

void Conversation::finish(Duration time) {
  if (std::exchange(finished_, true)) return;
  report_.ended = std::max(report_.ended, time);
  if (state_ != State::judging) return;
  if (stretch_) {
    stretch_->observer->finish(at(report_.ended));
    end_stretch(*stretch_);
    stretch_.reset();
  }
  for (auto& local : structure_) {
    if (local) end_stretch(*local);
    local.reset();
  }
  // What was taken for the beginning was not, or the answer may have come before the first that was captured: all that
  // was said about it may be wrong.
  if (!start_proven_[static_cast<std::size_t>(1 - requestor_end_)]) in_the_middle_ = true;
  if (in_the_middle_ && from_the_beginning_) {
    report_.traces[*from_the_beginning_].findings.clear();
    missing(
        "nothing proves that the capture holds the beginning of both sides: findings about it are not held "
        "against anybody");
  }
  for (const auto side : {Side::requestor, Side::acceptor}) {
    const auto index = static_cast<std::size_t>(side);
    report_.pdus[index] = tracker(side).counts();
    if (report_.not_judged[index] > 0)
      missing(fmt::format("{} of the {} bytes of the {} in the capture were not judged", report_.not_judged[index],
                          report_.bytes[index], trace::name(side)));
    trackers_[index] = {};
  }
}

}  // namespace assay::capture
