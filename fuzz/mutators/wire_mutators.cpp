// Mutators of what a peer sends: PDUs and PDVs at the wrong time, in other pieces and with other numbers (PS3.8 9.3).
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

using namespace std::string_view_literals;

bool named(const Part& part, std::string_view name) { return part.name == name; }

bool type(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return named(p, "pdu-type") || named(p, "item-type"); });
  if (at == Bench::none) return false;
  constexpr std::array<std::uint8_t, 24> types{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x10, 0x20, 0x21,
                                               0x30, 0x40, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59};
  return bench.set_number(at, bench.chance.of(types));
}

bool context_id(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return named(p, "context-id") || named(p, "id"); });
  if (at == Bench::none) return false;
  constexpr std::array<std::uint8_t, 9> ids{0, 1, 2, 3, 5, 7, 127, 254, 255};
  return bench.set_number(at, bench.chance.of(ids));
}

bool control_header(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return named(p, "control-header"); });
  if (at == Bench::none) return false;
  constexpr std::array<std::uint8_t, 6> headers{0, 1, 2, 3, 4, 0xFF};
  return bench.set_number(at, bench.chance.of(headers));
}

/// Two PDVs out of one, in the same P-DATA-TF or in two; "last" stands in the second, or in both.
bool split_value(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return named(p, "pdv") && size_of(p) >= 7; });
  if (at == Bench::none) return false;
  const auto bytes = to_bytes(bench.bytes(at));
  const auto content = ByteView(bytes).subspan(6);
  const auto cut = bench.chance.below(content.size() + 1);
  const auto control = bytes[5];
  const bool apart = bench.chance.one_in(2);
  const bool lie = bench.chance.one_in(4);
  Bytes out;
  const auto put = [&](ByteView part, std::uint8_t header) {
    if (apart) {
      out.insert(out.end(), {0x04, 0x00});
      store(out, static_cast<std::uint32_t>(part.size() + 6), Endian::big);
    }
    store(out, static_cast<std::uint32_t>(part.size() + 2), Endian::big);
    out.push_back(bytes[4]);
    out.push_back(header);
    append(out, part);
  };
  put(content.first(cut), lie ? control : static_cast<std::uint8_t>(control & 0xFDU));
  put(content.subspan(cut), control);
  return apart ? bench.set(bench.part(at).up, out) : bench.set(at, out);
}

/// A whole PDU that is right in itself, at a time of chance.
bool insert_pdu(Bench& bench) {
  constexpr std::array<std::string_view, 7> pdus{
      "\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00"sv,        "\x06\x00\x00\x00\x00\x04\x00\x00\x00\x00"sv,
      "\x07\x00\x00\x00\x00\x04\x00\x00\x00\x00"sv,        "\x07\x00\x00\x00\x00\x04\x00\x00\x02\x06"sv,
      "\x03\x00\x00\x00\x00\x04\x00\x01\x01\x07"sv,        "\x04\x00\x00\x00\x00\x00"sv,
      "\x04\x00\x00\x00\x00\x06\x00\x00\x00\x02\x01\x03"sv};
  if (!bench.is_stream()) return false;
  const auto at = bench.pick([&](const Part& p) { return p.depth == 1 && p.kind == layout::Part::block; });
  if (at == Bench::none) return false;
  const auto pdu = as_bytes(bench.chance.of(pdus));
  return bench.chance.one_in(2) ? bench.insert_before(at, pdu) : bench.insert_after(at, pdu);
}

/// The largest PDU that is taken (PS3.8 D.1), where there is hardly room for a PDV of six bytes and its content.
bool maximum_length(Bench& bench) {
  const auto item = bench.pick([](const Part& p) { return named(p, "maximum-length"); });
  const auto value = item == Bench::none ? Bench::none : bench.child(item, "value");
  if (value == Bench::none) return false;
  constexpr std::array<std::uint32_t, 14> sizes{0, 1, 2, 5, 6, 7, 8, 12, 13, 64, 128, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF};
  return bench.set_number(value, bench.chance.of(sizes));
}

/// The conversation, or the rest of it from some PDU on, once more.
bool replay(Bench& bench) {
  if (!bench.is_stream()) return false;
  const auto at = bench.pick([](const Part& p) { return p.depth == 1; });
  if (at == Bench::none) return false;
  const auto again = to_bytes(bench.whole().subspan(bench.part(at).begin));
  return !again.empty() && again.size() <= bench.room && bench.append(0, again);
}

struct CommandValue {
  std::uint32_t tag;
  std::span<const std::uint16_t> values;
};

constexpr std::array<std::uint16_t, 5> data_set_types{0x0101, 0x0000, 0x0001, 0x0102, 0xFFFF};
constexpr std::array<std::uint16_t, 10> statuses{0x0000, 0xFF00, 0xFF01, 0xFE00, 0xA700,
                                                 0xA900, 0xB000, 0xC000, 0x0110, 0xFFFF};
constexpr std::array<std::uint16_t, 6> message_ids{0, 1, 2, 3, 0x7FFF, 0xFFFF};
constexpr std::array<CommandValue, 5> command_values{{{0x00000100, command_fields},
                                                      {0x00000800, data_set_types},
                                                      {0x00000900, statuses},
                                                      {0x00000110, message_ids},
                                                      {0x00000120, message_ids}}};

/// Another command, another Message ID, a Data Set promised or not, a status (PS3.7 E.1).
bool command_value(Bench& bench) {
  const auto& what = bench.chance.of(command_values);
  const auto at = bench.pick([&](const Part& p) { return is_element(p) && p.tag == what.tag; });
  if (at == Bench::none) return false;
  const auto value = bench.child(at, "value");
  if (value == Bench::none || size_of(bench.part(value)) != 2) return false;
  auto number = bench.chance.of(what.values);
  if (what.tag == 0x00000100 && bench.chance.one_in(4)) number = static_cast<std::uint16_t>(number | 0x8000U);
  return bench.set_number(value, number);
}

}  // namespace

std::span<const Mutator> wire_mutators() {
  static constexpr std::array all{
      Mutator{"type", 3, type},
      Mutator{"context-id", 4, context_id},
      Mutator{"control-header", 5, control_header},
      Mutator{"split-value", 5, split_value},
      Mutator{"insert-pdu", 4, insert_pdu},
      Mutator{"maximum-length", 3, maximum_length},
      Mutator{"replay", 3, replay},
      Mutator{"command-value", 6, command_value},
  };
  return all;
}

}  // namespace assay::fuzz
