// Mutators of a conversation as a whole: PDUs in another order, and exchanges once more, with other identifiers (PS3.7
// 9, PS3.8 9.2).
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"

namespace assay::fuzz {
namespace {

bool is_pdu(const Part& part) { return part.depth == 1 && part.kind == layout::Part::block; }

/// One PDU twice, at another time, or in the place of its neighbour.
bool pdu_order(Bench& bench) {
  if (!bench.is_stream()) return false;
  const auto from = bench.pick(is_pdu);
  if (from == Bench::none) return false;
  const auto begin = bench.part(from).begin;
  const auto to = bench.pick([&](const Part& p) { return is_pdu(p) && p.begin != begin; });
  if (to == Bench::none) return false;
  const auto one = to_bytes(bench.bytes(from));
  switch (bench.chance.below(4)) {
    case 0: return one.size() <= bench.room && bench.insert_before(to, one);
    case 1: return one.size() <= bench.room && bench.insert_after(to, one);
    case 2: return bench.set(to, one);
    default: {
      // The two change places; the later one first, so that the place of the other stays.
      const auto other = to_bytes(bench.bytes(to));
      const auto [first, last] = std::minmax(from, to);
      return bench.set(last, first == from ? one : other) && bench.set(first, first == from ? other : one);
    }
  }
}

bool is_digit(std::uint8_t byte) { return byte >= '0' && byte <= '9'; }

/// Texts of digits and dots that end in a digit: UIDs, and numbers where there are none.
bool is_identifier(ByteView bytes) {
  while (!bytes.empty() && (bytes.back() == 0 || bytes.back() == ' ')) bytes = bytes.first(bytes.size() - 1);
  return bytes.size() >= 3 && is_digit(bytes.back()) &&
         std::ranges::all_of(bytes, [](std::uint8_t byte) { return is_digit(byte) || byte == '.'; });
}

/// `text` wherever it stands in `bytes`, with another last digit.
void rename(Bytes& bytes, ByteView text, std::uint8_t last) {
  auto at = bytes.begin();
  while (true) {
    at = std::search(at, bytes.end(), text.begin(), text.end());
    if (at == bytes.end()) return;
    at += static_cast<std::ptrdiff_t>(text.size());
    *(at - 1) = last;
  }
}

/// One or two P-DATA-TFs again and again, one identifier in them another each time: as many different objects, where a
/// receiver may have room for some. The same identifier stays the same in Command Set and Data Set.
bool series(Bench& bench) {
  if (!bench.is_stream()) return false;
  const auto id = bench.pick([&](const Part& p) { return p.name == "value" && is_identifier(bench.bytes(p)); });
  if (id == Bench::none) return false;
  auto at = id;
  while (bench.part(at).depth > 1) at = bench.part(at).up;
  if (bench.part(at).name != "p-data-tf") return false;
  auto text = bench.bytes(id);
  while (!is_digit(text.back())) text = text.first(text.size() - 1);
  const auto whole = bench.whole();
  auto end = bench.part(at).end;
  if (bench.chance.one_in(4)) {
    const auto next = std::ranges::find_if(bench.parts(), [&](const Part& p) { return is_pdu(p) && p.begin == end; });
    if (next != bench.parts().end() && next->name == "p-data-tf") end = next->end;
  }
  const auto exchange = to_bytes(whole.subspan(bench.part(at).begin, end - bench.part(at).begin));
  const auto most = bench.whole_room / exchange.size();
  const auto times = std::min<std::size_t>(1 + bench.chance.below(bench.chance.one_in(4) ? 9 : 4), most);
  Bytes out;
  for (std::size_t i = 1; i <= times; ++i) {
    auto copy = exchange;
    rename(copy, text, static_cast<std::uint8_t>('0' + (text.back() - '0' + i) % 10));
    append(out, ByteView(copy));
  }
  return times > 0 && bench.insert_before(at, out);
}

}  // namespace

std::span<const Mutator> order_mutators() {
  static constexpr std::array all{
      Mutator{"pdu-order", 10, pdu_order},
      Mutator{"series", 4, series},
  };
  return all;
}

}  // namespace assay::fuzz
