// Captures for the tests: a conversation written as packets, which the tests then damage, reorder and write again in
// every format.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "harness/capture/analyser.hpp"
#include "harness/capture/capture_file.hpp"
#include "harness/capture/pcapng_writer.hpp"
#include "tests/unit/observe/support.hpp"

namespace assay::capture::test {

using trace::Side;

struct Frame {
  Duration time{0};
  Bytes bytes;
  std::uint64_t length = 0;  // on the wire
};
using Frames = std::vector<Frame>;

inline Frames frames_of(ByteView file) {
  Frames out;
  auto reader = CaptureFile::open(file);
  EXPECT_TRUE(reader.has_value());
  if (!reader) return out;
  while (const auto packet = reader->next())
    out.push_back({packet->unix_time, to_bytes(packet->bytes), packet->length});
  EXPECT_EQ(reader->trouble(), "");
  return out;
}

struct Format {
  Endian endian = Endian::little;
  bool nanoseconds = true;
  std::uint32_t link = 1;
};

/// A classic pcap file.
inline Bytes pcap(const Frames& frames, Format format = {}) {
  Bytes out;
  store<std::uint32_t>(out, format.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, format.endian);
  store<std::uint16_t>(out, 2, format.endian);
  store<std::uint16_t>(out, 4, format.endian);
  store<std::uint64_t>(out, 0, format.endian);
  store<std::uint32_t>(out, 262144, format.endian);
  store<std::uint32_t>(out, format.link, format.endian);
  for (const auto& frame : frames) {
    const auto ns = static_cast<std::uint64_t>(frame.time.count());
    store(out, static_cast<std::uint32_t>(ns / 1'000'000'000), format.endian);
    store(out, static_cast<std::uint32_t>(ns % 1'000'000'000 / (format.nanoseconds ? 1 : 1000)), format.endian);
    store(out, static_cast<std::uint32_t>(frame.bytes.size()), format.endian);
    store(out, static_cast<std::uint32_t>(frame.length), format.endian);
    append(out, frame.bytes);
  }
  return out;
}

/// Something one side says or does.
struct Turn {
  Side side = Side::requestor;
  Bytes bytes;  // empty: it closes
  trace::Closing how = trace::Closing::fin;
};
using Turns = std::vector<Turn>;

inline Frames record(const Turns& turns, std::size_t segment = 65'000, const char* requestor = "10.0.0.1:40000",
                     const char* acceptor = "10.0.0.2:104", std::int64_t first_second = 1000) {
  WriterOptions options;
  options.unix_time_of_origin = std::chrono::seconds(first_second);
  options.segment = segment;
  PcapngWriter writer(options);
  const auto connection = writer.add_connection(*endpoint(requestor), *endpoint(acceptor));
  Instant now;
  writer.opened(connection, now);
  for (const auto& turn : turns) {
    now = now + std::chrono::milliseconds(1);
    if (turn.bytes.empty()) {
      writer.closed(connection, turn.side, turn.how, now);
    } else {
      writer.bytes(connection, turn.side, turn.bytes, now);
    }
  }
  return frames_of(writer.finish());
}

/// The same conversation straight into an Observer.
inline trace::Trace observed(const Turns& turns) {
  observe::Observer observer(nullptr, {});
  observer.opened({});
  for (const auto& turn : turns) {
    if (turn.bytes.empty()) {
      observer.closed(turn.side, turn.how, {});
    } else {
      observer.bytes(turn.side, turn.bytes, {});
    }
  }
  observer.finish({});
  return observer.trace();
}

inline std::vector<ConversationReport> explained(const Frames& frames, AnalyserOptions options = {},
                                                 std::uint32_t link = 1) {
  const auto file = pcap(frames, {.endian = Endian::little, .nanoseconds = true, .link = link});
  auto reader = CaptureFile::open(file);
  EXPECT_TRUE(reader.has_value());
  Analyser analyser(nullptr, std::move(options));
  while (const auto packet = reader->next()) analyser.packet(*packet);
  analyser.finish();
  return analyser.take_reports();
}

/// All findings as text without the connection's name.
inline std::vector<std::string> findings(const ConversationReport& report) {
  std::vector<std::string> out;
  for (const auto& t : report.traces) {
    for (auto f : t.findings) {
      f.connection = "c";
      out.push_back(trace::to_line(f));
    }
  }
  return out;
}
inline std::vector<std::string> findings(const trace::Trace& trace) {
  ConversationReport report;
  report.traces.push_back(trace);
  return findings(report);
}

inline std::size_t payload_at(const Frame& frame) {
  return 14 + 20 + static_cast<std::size_t>(frame.bytes[14 + 20 + 12] >> 4) * 4;
}
inline std::size_t payload_size(const Frame& frame) { return frame.bytes.size() - payload_at(frame); }
inline bool from_requestor(const Frame& frame) { return frame.bytes[14 + 15] == 1; }
inline std::uint8_t flags(const Frame& frame) { return frame.bytes[14 + 20 + 13]; }

// --- what is said ---

inline Bytes release_rq() { return pdu::encode(pdu::AReleaseRq{}); }
inline Bytes release_rp() { return pdu::encode(pdu::AReleaseRp{}); }

/// A C-STORE-RQ with a Data Set of `size` bytes (one private element), in PDVs of `fragment` bytes.
inline Bytes store_rq(std::uint16_t id, std::size_t size, std::uint32_t fragment) {
  Bytes data;
  store<std::uint16_t>(data, 0x0008, Endian::little);
  store<std::uint16_t>(data, 0x0008, Endian::little);
  store(data, static_cast<std::uint32_t>(size), Endian::little);
  for (std::size_t i = 0; i < size; ++i) data.push_back(static_cast<std::uint8_t>('A' + i % 23));
  return assay::test::message_bytes(dimse::c_store_rq(id, "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"), fragment,
                                    std::move(data));
}
inline Bytes store_rsp(std::uint16_t id) {
  return assay::test::message_bytes(
      dimse::response_to(dimse::c_store_rq(id, "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"), 0));
}

inline Turns echo_talk_end() {
  return {{Side::requestor, release_rq()}, {Side::acceptor, release_rp()}, {Side::requestor, {}}, {Side::acceptor, {}}};
}

/// Three objects stored, released.
inline Turns store_talk(std::size_t size = 20'000) {
  Turns out{{Side::requestor, assay::test::associate_rq()}, {Side::acceptor, assay::test::associate_ac()}};
  for (std::uint16_t id = 1; id <= 3; ++id) {
    out.push_back({Side::requestor, store_rq(id, size, 8192)});
    out.push_back({Side::acceptor, store_rsp(id)});
  }
  for (const auto& turn : echo_talk_end()) out.push_back(turn);
  return out;
}

inline Turns echo_talk(bool rsp_wrong = false) {
  auto rsp = assay::test::echo_rsp();
  if (rsp_wrong) rsp[1] = 9;  // reserved byte of the P-DATA-TF: not tested by the receiver, reported
  return {{Side::requestor, assay::test::associate_rq()},
          {Side::acceptor, assay::test::associate_ac()},
          {Side::requestor, assay::test::echo_rq()},
          {Side::acceptor, rsp},
          {Side::requestor, release_rq()},
          {Side::acceptor, release_rp()},
          {Side::requestor, {}},
          {Side::acceptor, {}}};
}

}  // namespace assay::capture::test
