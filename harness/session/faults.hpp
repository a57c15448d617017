// Faults as building blocks: what a side that speaks correctly would send goes in, what a misbehaving one sends comes
// out, with the time at which it does. Stands between a session and its link and does no I/O: peers/ carries out its
// actions, the scenario interpreter hands them to its host. The same seed and the same conversation give the same
// faults. Files that describe faults: harness/scenario/fault_file.hpp. Tests: tests/unit/session/faults_test.cpp
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/layout.hpp"
#include "harness/base/time.hpp"
#include "harness/dataset/edit.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::faults {

/// Numbers counted from 1, as ranges; without any range, all numbers.
struct Numbers {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  // both ends belong to it

  [[nodiscard]] bool contains(std::uint32_t number) const;
  friend bool operator==(const Numbers&, const Numbers&) = default;
};

enum class Kind : std::uint8_t {
  // Of PDUs on their way out: Fault::on says which.
  delay,
  drop,
  duplicate,
  reorder,
  split,
  coalesce,
  corrupt,
  lie,             // about a length
  refuse,          // A-ASSOCIATE-RJ in place of the A-ASSOCIATE-AC
  answer_context,  // one presentation context of the A-ASSOCIATE-AC
  answer,          // another message in place of one of ours: Fault::on says which
  // At a phase: Fault::at says when.
  abort,
  close,
  freeze,
  // Of the stream of bytes.
  limit_rate,
  cut,
};

/// "answer-context"
std::string_view name(Kind kind);

/// Which of the PDUs we send.
struct PduChoice {
  enum class What : std::uint8_t { any, type, message, command, data } what = What::any;
  std::uint8_t type = 0;      // What::type: the PDU type
  std::uint16_t command = 0;  // What::command: the Command Field of the message that the PDU begins

  friend bool operator==(const PduChoice&, const PduChoice&) = default;
};

/// "any", "a-associate-ac" ... "a-abort", "message" (each PDU that begins a message), "data" (each PDU that brings a
/// part of a Data Set), "c-store-rsp" ... (each PDU that begins such a message).
std::optional<PduChoice> pdu_choice(std::string_view name);
/// All these names, for messages.
std::string pdu_choices();

/// What has just happened on the connection.
enum class Phase : std::uint8_t {
  connected,         // before anything is sent
  requested,         // the A-ASSOCIATE-RQ has come, or has gone
  associated,        // the A-ASSOCIATE-AC has come, or has gone
  message_received,  // a message has come whole
  data_received,     // a PDU with a part of a Data Set has come
  message_sent,      // a message has gone whole
  data_sent,         // a PDU with a part of a Data Set has gone
  release,           // the A-RELEASE-RQ has come, or has gone
};
std::string_view name(Phase phase);
std::optional<Phase> phase_from(std::string_view name);
/// All of them, for messages.
std::string phases();

enum class Ending : std::uint8_t { fin, rst, silence };

/// One fault; which members count is said by its kind.
struct Fault {
  Kind kind = Kind::delay;
  Numbers connections;                  // of which connections, in the order in which they are opened
  Numbers nth;                          // the how many-th such PDU, or the how many-th time the phase is reached
  std::uint32_t per_million = 1000000;  // probability
  PduChoice on;
  Phase at = Phase::connected;

  Duration time{};                         // delay, coalesce, freeze (0: for good), reorder (longest wait)
  std::uint32_t count = 1;                 // duplicate: more copies; reorder: PDUs let past; coalesce: PDUs together
  std::vector<std::size_t> pieces;         // split; the last length repeats
  Duration pause{};                        // split
  std::vector<layout::Modification> lies;  // corrupt by name, lie
  std::optional<std::size_t> byte;         // corrupt: offset in the PDU
  Bytes bytes;                             // corrupt: xor-ed or written there
  bool exclusive_or = true;
  std::uint8_t result = 1;  // refuse; answer-context (when with_result)
  std::uint8_t source = 1;  // refuse, abort
  std::uint8_t reason = 1;  // refuse, abort
  std::string context;      // answer-context: id or abstract syntax; empty: every context
  bool with_result = false;
  bool missing = false;                  // answer-context: no answer to it; answer: the message is not sent
  std::optional<std::uint8_t> other_id;  // answer-context: answered under this id
  std::optional<std::string> transfer;   // answer-context: this transfer syntax
  std::optional<std::uint16_t> status;   // answer
  std::vector<dataset::Edit> edits;      // answer: of the Command Set (group 0000) and of the Data Set
  bool without_data_set = false;         // answer: the Data Set is left out
  Ending ending = Ending::fin;           // close, cut
  bool stop_reading = true;              // freeze
  bool stop_writing = true;              // freeze
  std::uint64_t bytes_per_second = 0;    // limit-rate
  std::uint64_t after = 0;               // cut
};

/// One line: "abort with source 2 reason 1 at associated".
std::string describe(const Fault& fault);

struct Plan {
  std::uint64_t seed = 1;
  std::vector<Fault> faults;
};

/// What the link is to do, in order.
struct Action {
  enum class Kind : std::uint8_t { send, close, stop_reading, resume_reading } kind = Kind::send;
  Bytes bytes;                      // send
  std::vector<std::size_t> pieces;  // send: separate writes; empty: one
  Duration pause{};
  bool reset = false;  // close
};

/// Output that has been handed in and not yet out is bounded by this: a session that goes on talking into a frozen or
/// slow link loses the connection instead of the memory.
inline constexpr std::size_t max_held = 64U << 20;

/// The faults of one connection.
class Engine {
 public:
  /// `connection` counts from 1 in the order in which connections are opened.
  Engine(std::shared_ptr<const Plan> plan, std::uint32_t connection);

  void opened(Instant now);
  /// What our side would send: whole PDUs, or a part of one (then no fault that needs a whole PDU touches it until the
  /// rest comes).
  void send(ByteView bytes, Instant now);
  /// What came from the peer, before our side sees it.
  void received(ByteView bytes, Instant now);
  void expire(Instant now);

  [[nodiscard]] std::optional<Action> next_action();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  /// A line for each fault that has struck for the first time since, for logs and traces.
  [[nodiscard]] std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

  /// Some fault has struck: what our side does from then on may be wrong on purpose.
  [[nodiscard]] bool struck() const { return struck_; }
  [[nodiscard]] bool reading() const { return reading_; }
  /// What our side still says is thrown away: it was refused, aborted, closed or cut.
  [[nodiscard]] bool muted() const { return muted_; }
  /// The connection was closed by a fault.
  [[nodiscard]] bool closed() const { return closed_; }
  /// Bytes handed in that wait for their time.
  [[nodiscard]] std::size_t held() const;

 private:
  struct Entry {
    enum class Kind : std::uint8_t { bytes, close, freeze } kind = Kind::bytes;
    Bytes bytes;
    std::vector<std::size_t> pieces;
    Duration pause{};
    Instant ready;
    std::size_t fault = 0;  // freeze
    bool reset = false;     // close
  };
  /// Taken out of its order, until enough PDUs have passed it or its time has come.
  struct Waiting {
    Entry entry;
    std::uint32_t let_past = 0;
  };
  /// A PDU of ours that was handed in without its end: what comes next belongs to it.
  struct Begun {
    Bytes header;            // while it is not whole
    std::uint64_t left = 0;  // bytes, as the header claims

    void begin(ByteView bytes);
    /// 0 where none is begun.
    [[nodiscard]] std::uint64_t rest() const;
    /// How many of these bytes belong to it.
    std::size_t take(ByteView bytes);
  };
  /// Where one direction stands in its messages.
  struct Messages {
    bool inside = false;
    bool data_follows = false;
    Bytes command;

    struct Seen {
      bool begins = false;
      bool data = false;
      bool whole = false;
      std::uint16_t field = 0;  // of the message that begins
    };
    Seen take(ByteView p_data);
  };
  struct Unit;  // one PDU on its way out (faults.cpp)

  bool strikes(std::size_t index);
  void out(ByteView pdu, Instant now);
  void change(std::size_t index, Unit& unit);
  void answer_context(const Fault& fault, Unit& unit);
  void keep(ByteView p_data, Instant now);
  void say(dimse::Message message, Instant now);
  void let_go(Instant now);
  bool edit_message(const Fault& fault, dimse::Message& message);
  void note_association(const pdu::Pdu& pdu, bool ours);
  void place(Unit& unit, Instant now);
  void enqueue(Entry entry);
  void release_held(Instant now);
  void reached(Phase phase, Instant now);
  void act(std::size_t index, Instant now);
  void drain(Instant now);
  void send_front(Instant now);
  void freeze(const Fault& fault, Instant now);

  std::shared_ptr<const Plan> plan_;
  std::uint32_t connection_;
  std::vector<std::uint32_t> seen_;  // per fault: occurrences so far
  std::vector<bool> noted_;          // per fault: only the first time is told of
  pdu::Framer theirs_;
  Begun begun_;
  Messages ours_in_;
  Messages theirs_in_;
  std::vector<std::pair<std::uint8_t, std::string>> proposed_;  // context id, abstract syntax

  // For Kind::answer: a message of ours is kept until it is whole. Where none is planned, all of this rests.
  bool answers_ = false;
  Bytes kept_;
  dimse::Assembler assembler_;
  std::map<std::uint8_t, std::string> transfer_syntaxes_;
  std::uint32_t their_maximum_length_ = 0;

  std::deque<Entry> queue_;
  std::optional<Waiting> waiting_;
  std::optional<Entry> gathered_;  // to leave together, at its time at the latest
  std::uint32_t gathering_ = 0;    // PDUs still to come
  Instant last_ready_;
  std::deque<Action> actions_;
  std::vector<std::string> notes_;

  std::optional<std::size_t> cut_;  // the fault
  std::uint64_t bytes_per_second_ = 0;
  std::optional<Instant> write_again_;
  std::optional<Instant> read_again_;
  Instant link_free_;
  std::uint64_t sent_ = 0;
  std::size_t held_ = 0;
  bool frozen_for_good_ = false;
  bool reading_ = true;
  bool struck_ = false;
  bool muted_ = false;
  bool closed_ = false;
};

}  // namespace assay::faults
