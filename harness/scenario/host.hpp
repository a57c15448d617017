// The contract between the scenario interpreter, which does no I/O, and whoever lends it sockets, a clock and child
// processes (peers::ScenarioHost) or plays them from memory (tests, fuzz targets).
// The host carries out Commands in order and reports what happens through the Interpreter's input functions.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"
#include "harness/trace/trace.hpp"

namespace assay::scenario {

using ConnectionId = std::uint32_t;
using ListenerId = std::uint32_t;

/// Open a TCP connection; answered by connected() or connect_failed().
struct Connect {
  ConnectionId connection = 0;
  std::string host;
  std::uint16_t port = 0;
  Duration within{};
};
/// Listen on a port (0 = pick one) of the loopback or the address the run was told; answered by listening() or
/// listen_failed().
struct Listen {
  ListenerId listener = 0;
  std::uint16_t port = 0;
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
};
struct Close {
  ConnectionId connection = 0;
  trace::Closing how = trace::Closing::fin;
  bool only_write_half = false;
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

using Command = std::variant<Connect, Listen, StopListening, Send, Close, Pause, Operate>;

}  // namespace assay::scenario
