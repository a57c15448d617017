// The Trace: every byte and event of one connection in order, with time; what every judge reads. Only the observer
// writes it. Memory is bounded: bulk P-DATA bytes become a digest, and beyond a number of events only counters grow.
// Tests: tests/unit/trace/
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/limits.hpp"
#include "harness/base/problem.hpp"
#include "harness/base/time.hpp"
#include "harness/dimse/message.hpp"
#include "harness/pdu/pdu.hpp"
#include "harness/trace/finding.hpp"
#include "harness/trace/tls.hpp"

namespace assay::trace {

enum class Closing : std::uint8_t { fin, rst };
std::string_view name(Closing how);

struct TransportOpened {};
struct TransportClosed {
  Side by = Side::requestor;
  Closing how = Closing::fin;
};

/// Where the parts of a reassembled whole (Command Set, Data Set) stood in the stream: fragments are not contiguous
/// there, and a finding names the byte that really passed.
struct Positions {
  struct Run {
    std::uint64_t position = 0;  // in the whole
    std::uint64_t offset = 0;    // in that side's stream
    std::uint32_t pdu = 0;       // number of the PDU that carried it
    friend bool operator==(const Run&, const Run&) = default;
  };
  std::vector<Run> runs;  // ascending; bounded by max_position_runs, later bytes count on from the last run kept

  void add(std::uint64_t position, std::uint64_t offset, std::uint32_t pdu);
  /// The run that holds `position`, or null when nothing was recorded.
  [[nodiscard]] const Run* find(std::uint64_t position) const;
  /// The byte's offset in the stream; `otherwise` when nothing was recorded.
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t position, std::uint64_t otherwise = 0) const;
};
/// Fragments of one Command Set or Data Set whose places are kept; the rules look at the beginnings of messages.
inline constexpr std::size_t max_position_runs = 256;

/// One PDU, header included.
struct PduSeen {
  Side from = Side::requestor;
  std::uint32_t number = 0;  // in the connection, both directions, from 1
  std::uint64_t offset = 0;  // of its first byte in that side's stream
  std::uint8_t type = 0;
  std::uint32_t length = 0;                        // PDU-length field
  Bytes bytes;                                     // all of it, or what the memory bound left
  std::uint64_t digest = 0;                        // of all of it; 0 where nobody asked for digests
  std::shared_ptr<const pdu::Pdu> pdu;             // decoded; null for P-DATA-TF and for what could not be decoded
  std::vector<pdu::PresentationDataValue> values;  // P-DATA-TF: ids and headers (fragments cut to the memory bound)
  std::vector<std::uint32_t> fragment_lengths;     // P-DATA-TF: true lengths, parallel to values
  std::vector<std::uint64_t> value_offsets;        // P-DATA-TF: of each value's length field, parallel to values
  std::uint64_t more_values = 0;                   // P-DATA-TF: values beyond those that the memory bound left
  Problems problems;                               // offsets count in that side's stream
  bool recognized = true;  // false: no PDU type, or a length no decoder collects; the stream is lost from here
};

/// A whole DIMSE message, after the PDU that completed it.
struct MessageSeen {
  Side from = Side::requestor;
  std::uint32_t first_pdu = 0;
  std::uint32_t last_pdu = 0;
  std::uint64_t offset = 0;  // of its first PDV in that side's stream
  std::shared_ptr<const dimse::Message> message;
  Problems problems;     // of the Command Set and of assembly; offsets count in that side's stream
  Positions command_at;  // where the Command Set's bytes stood
  Positions data_at;     // where the Data Set's bytes stood
};

/// Bytes left over that never became a PDU, when the connection ended.
struct Leftover {
  Side from = Side::requestor;
  std::uint64_t offset = 0;
  Bytes bytes;
};

/// A mark set by the scenario or a device: step begun, wait begun or over, DUT operated.
struct Mark {
  std::string text;
};

using What = std::variant<TransportOpened, TransportClosed, PduSeen, MessageSeen, Leftover, Mark>;

struct Entry {
  Instant at;
  What what;
};

/// What both sides agreed on, as far as seen; kept by the observer for the rules.
struct Negotiated {
  struct Context {
    std::uint8_t id = 0;
    std::string abstract_syntax;
    std::vector<std::string> proposed;   // transfer syntaxes
    std::optional<std::uint8_t> result;  // of the AC
    std::string transfer_syntax;         // accepted
  };
  std::shared_ptr<const pdu::AAssociateRq> rq;
  std::shared_ptr<const pdu::AAssociateAc> ac;
  std::vector<Context> contexts;  // in the RQ's order
  /// Maximum length each side announced (0 = no limit), by the announcing side.
  std::optional<std::uint32_t> requestor_maximum_length;
  std::optional<std::uint32_t> acceptor_maximum_length;

  [[nodiscard]] const Context* context(std::uint8_t id) const;
  [[nodiscard]] bool established() const { return ac != nullptr; }
};

struct Trace {
  std::string connection;   // "c1"
  std::string description;  // "assay 127.0.0.1:41000 -> 127.0.0.1:11112"
  std::vector<Entry> entries;
  std::uint64_t dropped_entries = 0;
  std::uint64_t bytes_from_requestor = 0;
  std::uint64_t bytes_from_acceptor = 0;
  Negotiated negotiated;
  std::optional<Tls> tls;  // what is below, where it is TLS
  std::vector<Finding> findings;
  std::uint64_t dropped_findings = 0;  // beyond limits::max_problems
};

/// The trace as lines for people: time, direction, PDU number, summary, findings below what they are about.
std::string to_text(const Trace& trace, bool with_bytes = false);

}  // namespace assay::trace
