#include "harness/capture/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::capture {
namespace {

/// How far a segment may lie from where the stream is; half of the sequence space is the limit of what can be told.
constexpr std::int64_t reach = 1 << 30;
/// Bytes that the other end acknowledged will not be sent again: so long a packet may come late in the capture.
constexpr Duration patience = std::chrono::seconds(3);
constexpr std::size_t recent_bytes = 64U << 10;
/// Segments held until the beginning of their stream is known; it comes a packet or two later.
constexpr std::size_t max_early = 32;
constexpr std::size_t max_waiting_pieces = 16384;
/// Reckoned for each piece beside its bytes.
constexpr std::size_t piece_cost = 128;

}  // namespace

std::int64_t Stream::position_of(const End& end, std::uint32_t sequence) const {
  const auto expected = end.first + static_cast<std::uint32_t>(end.next);
  return static_cast<std::int64_t>(end.next) + static_cast<std::int32_t>(sequence - expected);
}

void Stream::know(End& end, std::uint32_t sequence) {
  if (end.known) return;
  end.known = true;
  end.first = sequence;
}

void Stream::segment(int index, const Segment& s) {
  auto& end = ends_[index];
  auto& peer = ends_[1 - index];
  ++end.segments;
  auto sequence = s.sequence;
  if (s.has(tcp_flag::syn)) {
    end.syn = end.start_proven = true;
    ++sequence;  // the SYN takes one
    know(end, sequence);
  }
  const bool acknowledges = s.has(tcp_flag::ack);
  // An empty acknowledgement tells little about its sender's stream (it may be a keep-alive, one byte back).
  const bool sends = s.length > 0 || s.has(tcp_flag::fin);
  if (sends) {
    if (!end.known && saw_any_syn() && early_.size() < max_early) {
      early_.push_back({index, s, to_bytes(s.payload)});
      --end.segments;
      return;
    }
    know(end, sequence);
  }
  if (reset_) return;

  // Where the other end's stream begins: told by its SYN, or by whoever acknowledges before sending anything. Without
  // any handshake the first acknowledgement that comes with data must do: an empty one may be the connection's last,
  // out of its place. A later one would hide bytes that the capture holds further on.
  const bool first_of_all = s.has(tcp_flag::syn) || (end.known && s.sequence == end.first);
  if (acknowledges && (first_of_all || (sends && !saw_any_syn()))) know(peer, s.acknowledged);
  if (acknowledges && first_of_all && peer.first == s.acknowledged) peer.start_proven = true;
  std::optional<std::uint32_t> after;
  if (acknowledges && !s.has(tcp_flag::syn)) {
    after = s.acknowledged;
    if (peer.known) peer.acknowledged = std::max(peer.acknowledged, needed({index, 0, after, {}}));
  }
  if (s.has(tcp_flag::rst) && !end.closing) {
    // A reset that answers a stray packet may carry any number; one far away is not of this conversation.
    const auto position = end.known ? position_of(end, sequence) : 0;
    if (std::abs(position - static_cast<std::int64_t>(end.next)) < reach)
      end.closing =
          Closing{std::max<std::uint64_t>(end.next, static_cast<std::uint64_t>(std::max<std::int64_t>(position, 0))),
                  after, s.unix_time, trace::Closing::rst};
  } else if (end.known && sends) {
    const auto position = position_of(end, sequence);
    const auto distance = position - static_cast<std::int64_t>(end.next);
    if (distance >= reach || distance <= -reach) {
      if (!std::exchange(end.told_distance, true))
        sink_->remark(index,
                      fmt::format("packet {} and perhaps others lie far outside the connection's sequence numbers and "
                                  "were left out",
                                  s.packet));
    } else {
      // A keep-alive repeats the last byte, or puts rubbish in its place.
      const bool keep_alive = s.length <= 1 && distance == -1 && !s.has(tcp_flag::fin);
      if (s.length > 0 && !keep_alive) {
        auto bytes = s.payload;
        auto length = s.length;
        auto at = position;
        if (at < 0) {  // from before the first byte seen
          if (!end.syn) sink_->began_earlier(index);
          const auto skip = std::min<std::uint64_t>(static_cast<std::uint64_t>(-at), length);
          bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), skip));
          length -= skip;
          at += static_cast<std::int64_t>(skip);
        }
        if (length > 0) take(index, static_cast<std::uint64_t>(at), bytes, length, after, s.unix_time);
      }
      const auto finish = position + static_cast<std::int64_t>(s.length);
      if (s.has(tcp_flag::fin) && !end.closing && finish >= static_cast<std::int64_t>(end.next) && finish >= 0)
        end.closing = Closing{static_cast<std::uint64_t>(finish), after, s.unix_time, trace::Closing::fin};
    }
  }

  replay_early(false);
  pump();
  const bool much = waiting_ > StreamBudget::most_per_stream || budget_->waiting > StreamBudget::most ||
                    ends_[0].waiting.size() > max_waiting_pieces || ends_[1].waiting.size() > max_waiting_pieces;
  // Waiting is in vain where the other end has acknowledged what is missing, or after a reset.
  bool vain = false;
  for (const int i : {0, 1}) {
    const auto first = head(i);
    if (!first) continue;
    vain = vain || first->position <= ends_[i].next || ends_[i].acknowledged > ends_[i].next ||
           (ends_[i].closing && ends_[i].closing->how == trace::Closing::rst);
  }
  if (!vain) {
    held_up_since_.reset();
  } else if (!held_up_since_) {
    held_up_since_ = s.unix_time;
  }
  if (much || (held_up_since_ && s.unix_time - *held_up_since_ > patience)) {
    held_up_since_.reset();
    while (give_up() && !pump()) {
    }
  }
}

void Stream::replay_early(bool all) {
  for (std::size_t i = 0; i < early_.size();) {
    if (!all && !ends_[early_[i].end].known) {
      ++i;
      continue;
    }
    auto one = std::move(early_[i]);
    early_.erase(early_.begin() + static_cast<std::ptrdiff_t>(i));
    one.segment.payload = one.payload;
    know(ends_[one.end], one.segment.sequence);
    segment(one.end, one.segment);
    i = 0;  // what was learnt may free others, and may have been freed already
  }
}

void Stream::take(int index, std::uint64_t position, ByteView bytes, std::uint64_t length,
                  std::optional<std::uint32_t> after, Duration time) {
  auto& end = ends_[index];
  const auto stop = position + length;
  if (position < end.next) {
    // Seen before: compared as far as the last bytes are remembered.
    ++end.retransmitted;
    const auto again = std::min<std::uint64_t>(end.next - position, bytes.size());
    const auto kept_from = end.next - end.recent.size();
    const auto from = std::max(position, kept_from);
    if (from < position + again)
      compare(index, from, ByteView(end.recent).subspan(from - kept_from, position + again - from),
              bytes.subspan(from - position, position + again - from));
    const auto skip = std::min(end.next - position, length);
    bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), skip));
    position += skip;
  }
  while (position < stop) {
    // Between the pieces that already wait; what came first counts.
    auto after_it = end.waiting.upper_bound(position);
    if (after_it != end.waiting.begin()) {
      const auto& [at, piece] = *std::prev(after_it);
      if (at + piece.length > position) {
        ++end.retransmitted;
        const auto same = std::min(at + piece.length, stop) - position;
        const auto begin = position - at;
        if (begin < piece.bytes.size() && !bytes.empty()) {
          const auto count = std::min<std::uint64_t>({same, piece.bytes.size() - begin, bytes.size()});
          compare(index, position, ByteView(piece.bytes).subspan(begin, count), bytes.first(count));
        }
        bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), same));
        position += same;
        continue;
      }
    }
    const auto part = (after_it == end.waiting.end() ? stop : std::min(stop, after_it->first)) - position;
    const auto here = bytes.first(std::min<std::size_t>(bytes.size(), part));
    insert(end, position, here, part, after, time);
    bytes = bytes.subspan(here.size());
    position += part;
  }
}

void Stream::insert(End& end, std::uint64_t position, ByteView bytes, std::uint64_t length,
                    std::optional<std::uint32_t> after, Duration time) {
  const auto add = [&](std::uint64_t at, Waiting piece) {
    const auto cost = piece.bytes.size() + piece_cost;
    waiting_ += cost;
    budget_->waiting += cost;
    end.waiting.emplace(at, std::move(piece));
  };
  if (!bytes.empty()) add(position, {to_bytes(bytes), bytes.size(), after, time});
  if (bytes.size() < length) add(position + bytes.size(), {{}, length - bytes.size(), after, time});
}

void Stream::compare(int index, std::uint64_t position, ByteView earlier, ByteView later) {
  auto& end = ends_[index];
  if (end.told_difference || std::ranges::equal(earlier, later)) return;
  end.told_difference = true;
  const auto differs = std::ranges::mismatch(earlier, later).in1 - earlier.begin();
  sink_->remark(index, fmt::format("byte {} was sent twice with different content; what came first is judged",
                                   position + static_cast<std::uint64_t>(differs)));
}

std::optional<Stream::Head> Stream::head(int index) const {
  const auto& end = ends_[index];
  if (!end.waiting.empty()) {
    const auto& [position, piece] = *end.waiting.begin();
    if (!end.closed && (!end.closing || position < end.closing->position))
      return Head{index, position, piece.after, piece.time};
  }
  if (end.closing && !end.closed) return Head{index, end.closing->position, end.closing->after, end.closing->time};
  return std::nullopt;
}

bool Stream::ready(const Head& first) const {
  const auto& peer = ends_[1 - first.end];
  if (first.position > ends_[first.end].next) return false;
  return !first.after || (peer.known && needed(first) <= peer.next);
}

std::uint64_t Stream::needed(const Head& head) const {
  const auto& peer = ends_[1 - head.end];
  if (!head.after || !peer.known) return 0;
  const auto position = position_of(peer, *head.after);
  return position > 0 && position - static_cast<std::int64_t>(peer.next) < reach ? static_cast<std::uint64_t>(position)
                                                                                 : 0;
}

void Stream::release(std::size_t bytes) {
  waiting_ -= bytes;
  budget_->waiting -= bytes;
}

void Stream::remember(End& end, ByteView bytes) {
  if (bytes.size() >= recent_bytes) {
    end.recent = to_bytes(bytes.last(recent_bytes));
    return;
  }
  // Trimmed now and then, not at every segment.
  if (end.recent.size() + bytes.size() > 2 * recent_bytes)
    end.recent.erase(end.recent.begin(), end.recent.end() - static_cast<std::ptrdiff_t>(recent_bytes));
  append(end.recent, bytes);
}

void Stream::hand_on(int index) {
  auto& end = ends_[index];
  const bool data = !end.waiting.empty() && end.waiting.begin()->first <= end.next;
  if (data) {
    auto node = end.waiting.extract(end.waiting.begin());
    const auto& piece = node.mapped();
    release(piece.bytes.size() + piece_cost);
    const auto position = end.next;
    end.next += piece.length;
    if (piece.bytes.empty()) {
      end.recent.clear();
      sink_->gap(index, position, piece.length, true, piece.time);
    } else {
      remember(end, piece.bytes);
      sink_->data(index, position, piece.bytes, piece.time);
    }
    return;
  }
  end.closed = true;
  if (end.closing->how == trace::Closing::rst) {
    reset_ = true;  // nobody hears what comes after it
  } else {
    end.next += 1;  // a FIN takes one sequence number
  }
  end.recent = {};
  sink_->closed(index, end.closing->how, end.closing->time);
}

bool Stream::pump() {
  bool any = false;
  for (;;) {
    // Of two that can go, the one captured first.
    std::optional<Head> best;
    for (const int i : {0, 1}) {
      const auto first = reset_ ? std::nullopt : head(i);
      if (first && ready(*first) && (!best || first->time < best->time)) best = first;
    }
    if (!best) return any;
    hand_on(best->end);
    any = true;
    held_up_since_.reset();
  }
}

void Stream::missing(int index, std::uint64_t until, Duration time) {
  auto& end = ends_[index];
  const auto position = end.next;
  end.next = until;
  end.recent.clear();
  sink_->gap(index, position, until - position, false, time);
}

bool Stream::give_up() {
  if (reset_) return false;
  std::optional<Head> oldest;
  for (const int i : {0, 1}) {
    const auto first = head(i);
    if (first && (!oldest || first->time < oldest->time)) oldest = first;
  }
  if (!oldest) return false;
  auto& end = ends_[oldest->end];
  auto& peer = ends_[1 - oldest->end];
  if (oldest->position > end.next) {
    missing(oldest->end, oldest->position, oldest->time);
    return true;
  }
  // It waits for the other end's bytes.
  if (!peer.known) {
    know(peer, oldest->after.value_or(0));
    return true;
  }
  const auto other = head(1 - oldest->end);
  if (peer.closed || (other && other->position <= peer.next)) {
    // Each waits for the other, which no two machines can do: the numbers are wrong, the capture's order counts.
    if (!end.waiting.empty()) end.waiting.begin()->second.after.reset();
    if (end.waiting.empty() && end.closing) end.closing->after.reset();
    return true;
  }
  const auto wanted = needed(*oldest);
  const auto until = other ? std::min(other->position, wanted) : wanted;
  if (!other && until == peer.next + 1 && !peer.closed && sink_->may_end_here(1 - oldest->end)) {
    // One number that nothing followed: the FIN, which the capture does not hold.
    sink_->remark(1 - oldest->end, "its FIN is not in the capture, but the acknowledgement of it is");
    peer.closing = Closing{peer.next, std::nullopt, oldest->time, trace::Closing::fin};
    return true;
  }
  missing(1 - oldest->end, until, oldest->time);
  return true;
}

void Stream::finish() {
  replay_early(true);
  pump();
  while (give_up()) pump();
  for (auto& end : ends_) {
    for (const auto& [position, piece] : end.waiting) release(piece.bytes.size() + piece_cost);
    end.waiting.clear();
    end.recent = {};
  }
}

}  // namespace assay::capture
