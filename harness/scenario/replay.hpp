// From a recorded conversation to a scenario that plays one of its sides: what that side sent is sent again byte for
// byte, what the other side answered is expected again (kinds and key fields; Data Sets are not compared), and it ends
// as it ended. A message is written in the readable form where that gives exactly the recorded bytes, else with its
// Command Set element by element, else as P-DATA-TF or raw bytes. How the bytes were split into segments is not kept in
// a Trace; pauses of two seconds and more are.
// A Data Set whose bytes the Trace did not keep and that was not stored either is replaced by a synthetic one of about
// the same length (C-STORE in a transfer syntax without compression), with a remark; otherwise there is no scenario.
// Tests: tests/unit/conformance/replay_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/trace.hpp"

namespace assay::scenario {

struct ReplayOptions {
  trace::Side side = trace::Side::requestor;  // the one that the scenario plays
  std::string id = "recorded/conversation/requestor";
  std::string title = "The recorded conversation is repeated";
  std::vector<std::string> remarks;  // lines of the comment in front: when, where, by whom
  /// Data Sets up to this size stand in the scenario, longer ones in files beside it.
  std::size_t inline_bytes = 16U << 10;
  /// Data Sets that were stored while they passed, by MessageSeen::offset: Part 10 files, named from the scenario's
  /// folder, read with `read_file`.
  std::map<std::uint64_t, std::string> stored;
  std::function<std::optional<Bytes>(std::string_view path)> read_file;
};

struct ReplayFile {
  std::string name;  // relative to the scenario's folder
  Bytes bytes;
};

struct Replay {
  std::string xml;
  std::vector<ReplayFile> files;     // the scenario names them
  std::vector<std::string> remarks;  // where it differs from what was recorded, and why; also in its comment
  /// Every byte that the side sent is sent again.
  [[nodiscard]] bool exact() const { return remarks.empty(); }
};

/// A Data Set as the Part 10 file that `stored` may name.
Bytes replay_object(const dimse::Message& message, std::string_view transfer_syntax_uid);

/// The scenario has been loaded once when it is returned. The error says in one sentence why there is none.
std::expected<Replay, std::string> write_replay(const trace::Trace& trace, const ReplayOptions& options);

}  // namespace assay::scenario
