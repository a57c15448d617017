// What `assay proxy --record` keeps of one connection, in a folder of its own: traffic.pcapng grows while the bytes
// pass, objects/ holds the Data Sets that are too long for a scenario, trace.txt and the two scenarios are written when
// the connection has ended. A kill loses nothing but those of open connections. Tests: tests/interop/proxy_test.py
#pragma once

#include <cstdio>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/capture/pcapng_writer.hpp"
#include "harness/trace/trace.hpp"

namespace assay::app {

class ConnectionRecord {
 public:
  ConnectionRecord() = default;
  ~ConnectionRecord();
  ConnectionRecord(const ConnectionRecord&) = delete;
  ConnectionRecord& operator=(const ConnectionRecord&) = delete;

  /// The error is one sentence. `origin` is the moment of Instant{} since 1970-01-01 UTC.
  std::expected<void, std::string> open(const std::filesystem::path& folder, const std::string& requestor,
                                        const std::string& acceptor, Duration origin, Instant now);
  void bytes(trace::Side from, ByteView bytes, Instant now);
  void closed(trace::Side by, trace::Closing how, Instant now);
  /// Stores a Data Set that no scenario should hold.
  void message(const trace::MessageSeen& seen, const trace::Negotiated& negotiated);

  struct Result {
    std::vector<std::string> files;    // below the folder
    std::vector<std::string> remarks;  // what could not be written, or not exactly, and why
  };
  /// `about` are lines for the comment of the scenarios.
  Result finish(const trace::Trace& trace, const std::vector<std::string>& about, const std::string& title);

 private:
  void flush();
  void scenario(const trace::Trace& trace, trace::Side side, const std::vector<std::string>& about,
                const std::string& title, Result& result);
  bool write(const std::string& name, std::string_view text, Result& result);

  std::filesystem::path folder_;
  std::FILE* file_ = nullptr;
  std::optional<capture::PcapngWriter> writer_;
  std::size_t connection_ = 0;
  std::uint64_t passed_ = 0;
  std::map<std::uint64_t, std::string> stored_[2];  // by side and MessageSeen::offset
  std::vector<std::string> troubles_;
};

}  // namespace assay::app
