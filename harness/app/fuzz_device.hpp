// assay fuzz device: breaks a device over the network, in the lab. Conversations of the catalogue that the device has
// held are changed and held again; what is new in its answers says what to change next; a DeviceWatch says what broke.
// Everything found is reduced, repeated and kept below DIR/findings at once. Tests: tests/interop/fuzz_device_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"

namespace assay::app {

struct FuzzDeviceOptions {
  std::string target;  // "host:port"; may be empty with `start`
  std::string start;   // command that starts the device
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::string out = "fuzz-device";
  bool authorised = false;  // for addresses that are not of this machine
  std::optional<std::uint64_t> seed;
  std::uint64_t count = 0;  // executions at most; 0: as many as fit into the time
  Duration time = std::chrono::seconds(60);
  double rate = 200;  // executions a second at most; 0: no limit
  Duration timeout = std::chrono::seconds(5);
  std::vector<std::string> only;  // kinds of conversations
  std::vector<std::string> skip;
  std::optional<std::uint64_t> execution;      // only this one, again
  long process = 0;                            // of a device that runs on this machine
  std::string stored;                          // the folder in which the device keeps what it is sent
  std::string known;                           // file of findings that are known: KnownFindings
  std::string product;                         // only its lines of that file
  Duration reduce = std::chrono::seconds(40);  // for each finding, and then what there is has to do
  bool first = false;                          // the first finding is enough
  bool json = false;
  bool as_scp = false;                       // the device calls, we answer: fuzz_device_scp.hpp
  std::uint16_t listen = 0;                  // as SCP: where; 0: a free port, with `start`
  std::string listen_address = "127.0.0.1";  // as SCP: others than of this machine need `authorised`
  std::string command_line;
};

/// The kinds of conversations there are, in a fixed order.
std::vector<std::string> fuzz_conversation_kinds();

int fuzz_device(const FuzzDeviceOptions& options, Console& console);

}  // namespace assay::app
