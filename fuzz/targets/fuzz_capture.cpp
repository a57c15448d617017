// The capture analyser on arbitrary files and on damaged recordings of arbitrary conversations. Byte 0 chooses:
// a file as it is; a healthy conversation with packets lost, doubled, swapped and cut, in which nobody may be accused;
// a conversation made from the input and cut into segments, which must give the findings of an Observer fed directly.
// Memory is bounded by the input, whatever its packets claim.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "conformance/rules/standard_rules.hpp"
#include "fuzz/targets/association_pdus.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/capture/analyser.hpp"
#include "harness/capture/pcapng_writer.hpp"

namespace {

using namespace assay;
using fuzz::require;
using trace::Side;

const std::shared_ptr<const trace::RuleBook>& rules() {
  static const auto book = conformance::standard_rules();
  return book;
}

struct Turn {
  Side side = Side::requestor;
  Bytes bytes;  // empty: it closes
  trace::Closing how = trace::Closing::fin;
};

Bytes request() {
  constexpr std::string_view storage[] = {uids::CTImageStorage};
  return pdu::encode(fuzz::a_associate_rq(storage, fuzz::implicit_alone, 4096));
}

Bytes answer() { return pdu::encode(fuzz::a_associate_ac(1, 4096)); }

Bytes message(dimse::CommandSet command, Bytes data) {
  dimse::Message m;
  m.context_id = 1;
  m.command = std::move(command);
  m.data_set = std::move(data);
  m.data_set_length = m.data_set.size();
  dimse::Packing packing;
  packing.fragment_length = 256;
  Bytes out;
  dimse::fragment(out, m, packing);
  return out;
}

/// SOP Class and Instance of the object, and a value to fill it.
Bytes object() {
  Bytes out;
  const auto element = [&](std::uint16_t group, std::uint16_t number, std::string value) {
    if (value.size() % 2 != 0) value += group == 8 && number < 0x20 ? '\0' : ' ';
    store(out, group, Endian::little);
    store(out, number, Endian::little);
    store(out, static_cast<std::uint32_t>(value.size()), Endian::little);
    append(out, value);
  };
  element(0x0008, 0x0016, std::string(uids::CTImageStorage));
  element(0x0008, 0x0018, "1.2.3.4");
  element(0x0010, 0x4000, std::string(1500, 'x'));
  return out;
}

std::vector<Turn> healthy() {
  std::vector<Turn> out{{Side::requestor, request()}, {Side::acceptor, answer()}};
  for (std::uint16_t id = 1; id <= 2; ++id) {
    const auto request = dimse::c_store_rq(id, uids::CTImageStorage, "1.2.3.4");
    out.push_back({Side::requestor, message(request, object())});
    out.push_back({Side::acceptor, message(dimse::response_to(request, 0), {})});
  }
  out.push_back({Side::requestor, pdu::encode(pdu::AReleaseRq{})});
  out.push_back({Side::acceptor, pdu::encode(pdu::AReleaseRp{})});
  out.push_back({Side::requestor, {}});
  out.push_back({Side::acceptor, {}});
  return out;
}

Bytes record(const std::vector<Turn>& turns, std::size_t segment) {
  capture::WriterOptions options;
  options.segment = segment;
  capture::PcapngWriter writer(options);
  const auto c = writer.add_connection(*capture::endpoint("10.0.0.1:40000"), *capture::endpoint("10.0.0.2:104"));
  Instant now;
  writer.opened(c, now);
  for (const auto& turn : turns) {
    now = now + std::chrono::milliseconds(1);
    if (turn.bytes.empty()) {
      writer.closed(c, turn.side, turn.how, now);
    } else {
      writer.bytes(c, turn.side, turn.bytes, now);
    }
  }
  return writer.finish();
}

std::vector<capture::ConversationReport> explained(const std::vector<capture::Packet>& packets,
                                                   capture::AnalyserOptions options = {}) {
  capture::Analyser analyser(rules(), std::move(options));
  for (const auto& packet : packets) analyser.packet(packet);
  analyser.finish();
  return analyser.take_reports();
}

std::vector<capture::Packet> packets_of(ByteView file) {
  std::vector<capture::Packet> out;
  auto reader = capture::CaptureFile::open(file);
  if (!reader) return out;
  while (const auto packet = reader->next()) out.push_back(*packet);
  return out;
}

std::vector<std::string> lines(const std::vector<trace::Trace>& traces) {
  std::vector<std::string> out;
  for (const auto& t : traces) {
    for (auto finding : t.findings) {
      finding.connection.clear();
      out.push_back(trace::to_line(finding));
    }
  }
  return out;
}

void any_file(ByteView file) {
  const auto packets = packets_of(file);
  capture::AnalyserOptions options;
  options.all_dicom = file.size() % 2 != 0;
  const auto reports = explained(packets, options);
  for (const auto& report : reports) {
    for (const auto& line : lines(report.traces))
      require(line.find('\n') == std::string::npos, "a finding is one line");
    std::size_t kept = 0;
    for (const auto& t : report.traces)
      for (const auto& entry : t.entries)
        if (const auto* pdu = std::get_if<trace::PduSeen>(&entry.what)) kept += pdu->bytes.size();
    require(kept <= 64 * file.size() + (4U << 20), "memory grows with the file, not with what it claims");
  }
}

void damaged(ByteReader input) {
  static const auto turns = healthy();
  const auto file = record(turns, 60 + std::size_t{8} * input.u8().value_or(100));
  auto packets = packets_of(file);
  require(packets.size() > 8, "the recording is readable");
  std::vector<Bytes> copies;
  while (!packets.empty() && copies.size() < 64) {
    const auto code = input.u8();
    if (!code) break;
    const auto at = input.u8().value_or(0) % packets.size();
    const auto place = packets.begin() + static_cast<std::ptrdiff_t>(at);
    switch (*code % 5) {
      case 0: packets.erase(place); break;
      case 1: packets.insert(place, packets[packets.size() - 1 - at]); break;
      case 2: std::swap(packets[at], packets[(at + 1 + *code / 5) % packets.size()]); break;
      case 3: {
        const std::size_t keep = input.u8().value_or(54);
        place->bytes = place->bytes.first(std::min<std::size_t>(place->bytes.size(), keep));
        break;
      }
      default: place->unix_time += std::chrono::seconds(*code / 5); break;
    }
  }
  for (const auto& report : explained(packets)) {
    const auto found = lines(report.traces);
    require(found.empty(), "damage accuses nobody: " + (found.empty() ? "" : found[0]));
  }
}

void made(ByteReader input) {
  std::vector<Turn> turns;
  bool closed[2] = {};
  const auto first = input.u8().value_or(0);
  if ((first & 1U) != 0) turns = {{Side::requestor, request()}, {Side::acceptor, answer()}};
  const std::size_t segment = 1 + input.u8().value_or(0);
  while (turns.size() < 64) {
    const auto code = input.u8();
    if (!code) break;
    const auto side = (*code & 1U) != 0 ? Side::requestor : Side::acceptor;
    auto& is_closed = closed[static_cast<std::size_t>(side)];
    if (is_closed) continue;
    Turn turn{side, {}, trace::Closing::fin};
    if ((*code & 2U) == 0) {
      turn.bytes = to_bytes(input.take_at_most((std::size_t{*code} >> 2U) + 1));
    } else if ((*code & 12U) == 4) {
      turn.bytes = pdu::encode(pdu::AReleaseRq{});
    } else if ((*code & 12U) == 8) {
      turn.bytes = message(dimse::c_echo_rq(1), {});
    } else {
      turn.how = (*code & 16U) != 0 ? trace::Closing::rst : trace::Closing::fin;
      is_closed = true;
    }
    if ((*code & 2U) == 0 && turn.bytes.empty()) break;
    turns.push_back(turn);
    if (is_closed && turn.how == trace::Closing::rst) break;  // nobody hears what comes after it
  }
  observe::Observer observer(rules(), {});
  observer.opened({});
  for (const auto& turn : turns) {
    if (turn.bytes.empty()) {
      observer.closed(turn.side, turn.how, {});
    } else {
      observer.bytes(turn.side, turn.bytes, {});
    }
  }
  observer.finish({});
  auto wanted = lines({observer.trace()});
  const auto file = record(turns, segment);
  for (const bool recorded : {false, true}) {
    capture::AnalyserOptions options;
    if (!recorded) options.ports = {104};
    options.all_dicom = recorded;
    const auto reports = explained(packets_of(file), options);
    require(reports.size() == 1, "one connection");
    const bool dicom = reports[0].kind == capture::ConversationReport::Kind::dicom;
    require(dicom || !recorded, "a recording is DICOM whatever it says");
    if (!dicom) continue;
    require(reports[0].whole(), "nothing is missing");
    require(lines(reports[0].traces) == wanted, "a recording gives the findings of the live connection");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 1024, std::size_t{4} << 20U);  // 60 bytes may begin a conversation
  const ByteView all(data, size);
  if (capture::CaptureFile::recognises(all)) {
    any_file(all);
    return 0;
  }
  ByteReader input(all);
  if ((input.u8().value_or(0) & 1U) != 0) {
    damaged(input);
  } else {
    made(input);
  }
  return 0;
}
