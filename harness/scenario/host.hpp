// The contract between the scenario interpreter, which does no I/O, and whoever lends it sockets, a clock and child
// processes (peers::ScenarioHost) or plays them from memory (tests, fuzz targets).
// The host carries out Commands in order and reports what happens through the Interpreter's input functions.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"
#include "harness/trace/trace.hpp"

namespace assay::scenario {

using ConnectionId = std::uint32_t;
using ListenerId = std::uint32_t;

/// What stands between TCP and DICOM on a connection.
enum class Below : std::uint8_t {
  nothing,
  tls,        // of the run, before anything is reported; then secured() tells what was agreed on
  tls_later,  // nothing is read before a StartTls
};

/// Open a TCP connection, with TLS where asked for; answered by connected() or connect_failed().
struct Connect {
  ConnectionId connection = 0;
  std::string host;
  std::uint16_t port = 0;
  Duration within{};
  Below below = Below::nothing;
};
/// Listen on a port (0 = pick one) of the loopback or the address the run was told; answered by listening() or
/// listen_failed().
struct Listen {
  ListenerId listener = 0;
  std::uint16_t port = 0;
  Below below = Below::nothing;
};
struct StopListening {
  ListenerId listener = 0;
};
/// Send bytes. With `pieces` not empty they are written as separate segments at these lengths (the last one repeats),
/// `pause` apart. Answered by sent() when the last byte was handed to the transport.
struct Send {
  ConnectionId connection = 0;
  Bytes bytes;
  std::vector<std::size_t> pieces;
  Duration pause{};
  bool below_tls = false;  // as they are, into the stream of TLS records
};
struct Close {
  ConnectionId connection = 0;
  trace::Closing how = trace::Closing::fin;
  bool only_write_half = false;
  bool notify = true;  // with TLS's close_notify, where there is TLS
};
/// What a handshake of a scenario differs in from those of the run; empty means: as there.
struct TlsSettings {
  std::string minimum;  // "1.0" to "1.3"
  std::string maximum;
  std::string suites;       // IANA names, split by blanks
  std::string certificate;  // "own", "none", "expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-issuer"
  std::string server_name;  // "none": none is sent
  bool verify = true;
  friend auto operator<=>(const TlsSettings&, const TlsSettings&) = default;
};
/// TLS from here on, as client where we opened the connection, else as server; answered by secured().
struct StartTls {
  ConnectionId connection = 0;
  std::string host;  // whom we want to reach, as client
  bool as_client = true;
  bool renegotiate = false;  // a new handshake below TLS that is there
  TlsSettings settings;
  Duration within{};
  std::vector<std::size_t> pieces;          // how the ClientHello is cut
  Duration pause{};                         // between them
  std::optional<std::size_t> only_so_many;  // bytes of it
};
/// Stop or resume reading from a connection (a peer that reads slowly or not at all).
struct Pause {
  ConnectionId connection = 0;
  bool reading = false;
};
/// Make the DUT act: `act` names what to do ("echo", "store", "find"), with words the command line's --dut-act
/// template substitutes ({action} {host} {port} {called} {calling} ...); answered by operated().
struct Operate {
  std::uint32_t operation = 0;
  std::string action;  // "start", "restart", "stop", or what --dut-act is to do
  std::vector<std::pair<std::string, std::string>> words;
  std::string prompt;  // shown to a person when there is no command
};

using Command = std::variant<Connect, Listen, StopListening, Send, Close, Pause, StartTls, Operate>;

}  // namespace assay::scenario
