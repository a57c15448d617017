// Both byte streams of one TCP connection out of its segments: reordering, retransmission, overlap, wrapped sequence
// numbers, a start in the middle, lost and cut packets. What each side sent is handed on in an order that could have
// been: nothing before the bytes of the other side that it acknowledges. So an answer never comes before its request,
// in whatever order the capture holds the packets. Memory is bounded: when too much waits for a missing segment, the
// segment counts as lost. Tests: tests/unit/capture/damage_test.cpp; fuzz target: fuzz_capture
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"
#include "harness/capture/segment.hpp"
#include "harness/trace/trace.hpp"

namespace assay::capture {

/// The two ends are 0 and 1 here: who is the requestor is decided above. Positions count the bytes of one end's stream,
/// from 0 at its beginning, or at the first byte seen.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// A stretch of bytes; one call never joins two segments.
  virtual void data(int end, std::uint64_t position, ByteView bytes, Duration time) = 0;
  /// These bytes are not in the capture.
  virtual void gap(int end, std::uint64_t position, std::uint64_t length, bool cut_by_capture, Duration time) = 0;
  virtual void closed(int end, trace::Closing how, Duration time) = 0;
  /// Bytes from before position 0 of this end have come: what was taken for its beginning was not.
  virtual void began_earlier(int end) = 0;
  /// Whether this end could have closed after what was handed on, or is in the middle of saying something.
  [[nodiscard]] virtual bool may_end_here(int end) const = 0;
  /// Something the reader of the report should know.
  virtual void remark(int end, std::string text) = 0;
};

/// Bytes waiting for a missing segment, over all streams of a capture.
struct StreamBudget {
  std::size_t waiting = 0;
  static constexpr std::size_t most = 256U << 20;
  static constexpr std::size_t most_per_stream = 16U << 20;
};

class Stream {
 public:
  Stream(StreamSink& sink, StreamBudget& budget) : sink_(&sink), budget_(&budget) {}
  ~Stream() { budget_->waiting -= waiting_; }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// A segment sent by `end`.
  void segment(int end, const Segment& segment);
  /// No more will come: what still waits is handed on, what is missing is told.
  void finish();

  /// Both ends have closed, or one has reset.
  [[nodiscard]] bool over() const { return reset_ || (ends_[0].closed && ends_[1].closed); }
  [[nodiscard]] bool saw_syn(int end) const { return ends_[end].syn; }
  /// Whether position 0 of this end is the beginning of its stream, and not only the first that was captured.
  [[nodiscard]] bool start_proven(int end) const { return ends_[end].start_proven; }
  [[nodiscard]] bool saw_any_syn() const { return ends_[0].syn || ends_[1].syn; }
  /// Whether this sequence number is that of the SYN of this end, as far as can be told.
  [[nodiscard]] bool fits_syn(int end, std::uint32_t sequence) const {
    return !ends_[end].known || ends_[end].first == sequence + 1;
  }
  /// Segments this end sent, of whatever kind.
  [[nodiscard]] std::uint64_t segments(int end) const { return ends_[end].segments; }
  [[nodiscard]] std::uint64_t retransmitted(int end) const { return ends_[end].retransmitted; }

 private:
  /// What waits for its turn: bytes, a missing piece (bytes empty), or the end.
  struct Waiting {
    Bytes bytes;
    std::uint64_t length = 0;
    std::optional<std::uint32_t> after;  // acknowledged of the other end's stream: handed on first
    Duration time{0};
  };
  struct Closing {
    std::uint64_t position = 0;
    std::optional<std::uint32_t> after;
    Duration time{0};
    trace::Closing how = trace::Closing::fin;
  };
  struct End {
    bool known = false;  // where the stream is
    bool syn = false;
    bool start_proven = false;  // `first` is what the handshake said, or what the other end acknowledged at first
    bool closed = false;
    std::uint32_t first = 0;         // sequence number of position 0
    std::uint64_t next = 0;          // position of the next byte to hand on
    std::uint64_t acknowledged = 0;  // by the other end, as far as seen
    std::map<std::uint64_t, Waiting> waiting;
    std::optional<Closing> closing;
    Bytes recent;  // the last bytes handed on, to compare retransmissions with
    std::uint64_t segments = 0;
    std::uint64_t retransmitted = 0;
    bool told_difference = false;
    bool told_distance = false;
  };
  struct Head {
    int end = 0;
    std::uint64_t position = 0;
    std::optional<std::uint32_t> after;
    Duration time{0};
  };

  [[nodiscard]] std::int64_t position_of(const End& end, std::uint32_t sequence) const;
  void know(End& end, std::uint32_t sequence);
  /// Where the peer's stream must have come to before this head goes; 0 when that says nothing.
  [[nodiscard]] std::uint64_t needed(const Head& head) const;
  void take(int end, std::uint64_t position, ByteView bytes, std::uint64_t length, std::optional<std::uint32_t> after,
            Duration time);
  void insert(End& end, std::uint64_t position, ByteView bytes, std::uint64_t length,
              std::optional<std::uint32_t> after, Duration time);
  void compare(int end, std::uint64_t position, ByteView earlier, ByteView later);
  [[nodiscard]] std::optional<Head> head(int end) const;
  [[nodiscard]] bool ready(const Head& head) const;
  void hand_on(int end);
  void remember(End& end, ByteView bytes);
  /// Hands on all that can be; true when something was.
  bool pump();
  /// Gives up on the missing piece that holds up the oldest waiting one; false when nothing waits.
  bool give_up();
  void missing(int end, std::uint64_t until, Duration time);
  void release(std::size_t bytes);

  StreamSink* sink_;
  StreamBudget* budget_;
  std::array<End, 2> ends_;
  std::size_t waiting_ = 0;
  /// Came before it was known where their stream begins, in a connection whose opening the capture holds.
  struct Early {
    int end = 0;
    Segment segment;
    Bytes payload;
  };
  std::vector<Early> early_;
  void replay_early(bool all);

  std::optional<Duration> held_up_since_;
  bool reset_ = false;
};

}  // namespace assay::capture
