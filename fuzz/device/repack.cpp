// The same messages in other fragments and other PDUs, as PS3.8 9.3.5 and PS3.8 E allow: a mutation that changes
// nothing of what is said.
#include "fuzz/device/mutate_parts.hpp"
#include "harness/base/bytes.hpp"

namespace assay::fuzz::device::parts {
namespace {

constexpr std::size_t header_length = 6;  // of a PDU; of a PDV with its length field, too
constexpr std::uint8_t p_data_tf = 4;
constexpr std::uint8_t last_fragment = 2;
constexpr std::size_t largest_pdu = 16000;  // what every device takes that takes the usual 16384
constexpr std::size_t most_steps = 8;

/// A Command Set or Data Set, or a piece of one: PDVs that follow each other and belong together.
struct Value {
  std::uint8_t context = 0;
  std::uint8_t header = 0;  // of its last PDV
  Bytes bytes;
};

/// The PDVs of one PDU, joined to what is there. False where it is no well-formed P-DATA-TF.
bool take_values(ByteView pdu, std::vector<Value>& into) {
  for (auto at = header_length; at < pdu.size();) {
    if (pdu.size() - at < header_length) return false;
    const auto length = load<std::uint32_t>(&pdu[at], Endian::big);
    if (length < 2 || length > pdu.size() - at - 4) return false;
    const auto context = pdu[at + 4];
    const auto header = pdu[at + 5];
    const bool goes_on = !into.empty() && into.back().context == context && (into.back().header & last_fragment) == 0 &&
                         (into.back().header & 1U) == (header & 1U);
    if (!goes_on) into.push_back({context, header, {}});
    into.back().header = header;
    append(into.back().bytes, pdu.subspan(at + header_length, length - 2));
    at += 4 + length;
  }
  return true;
}

/// Of whole P-DATA-TF PDUs; empty for anything else.
std::vector<Value> values_of(ByteView bytes) {
  std::vector<Value> out;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < header_length || bytes[at] != p_data_tf) return {};
    const auto length = load<std::uint32_t>(&bytes[at + 2], Endian::big);
    if (length > bytes.size() - at - header_length) return {};
    if (!take_values(bytes.subspan(at, header_length + length), out)) return {};
    at += header_length + length;
  }
  return out;
}

void put_length(Bytes& out, std::size_t at, std::size_t length) {
  for (unsigned i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(length >> (24U - (8U * i)));
}

/// Fragments of even length, as PS3.8 E.1 wants them.
std::vector<Bytes> fragments_of(const std::vector<Value>& values, Random& random) {
  std::vector<Bytes> out;
  for (const auto& value : values) {
    const auto wanted = 1 + random.below(random.chance(4) ? 16 : 4);
    const auto size = std::max<std::size_t>(2, (value.bytes.size() / wanted + 1) / 2 * 2);
    std::size_t at = 0;
    do {
      const auto piece = ByteView(value.bytes).subspan(at, std::min({size, value.bytes.size() - at, largest_pdu}));
      at += piece.size();
      const auto header = at == value.bytes.size() ? value.header : value.header & ~unsigned{last_fragment};
      Bytes pdv{0, 0, 0, 0, value.context, static_cast<std::uint8_t>(header)};
      put_length(pdv, 0, piece.size() + 2);
      append(pdv, piece);
      out.push_back(std::move(pdv));
    } while (at < value.bytes.size());
  }
  return out;
}

/// All in one, each in its own, or as it comes.
std::vector<Bytes> pdus_of(const std::vector<Bytes>& fragments, Random& random) {
  const auto way = random.below(3);
  std::vector<Bytes> out;
  for (const auto& fragment : fragments) {
    const bool own = way == 1 || (way == 2 && random.chance(2));
    if (out.empty() || own || out.back().size() + fragment.size() > largest_pdu)
      out.push_back({p_data_tf, 0, 0, 0, 0, 0});
    append(out.back(), fragment);
  }
  for (auto& pdu : out) put_length(pdu, 2, pdu.size() - header_length);
  return out;
}

}  // namespace

bool repack(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto first = pick(c.steps, random, [](const Step& s) { return sends(s) && !values_of(s.bytes).empty(); });
  if (!first) return false;
  auto end = *first;
  Bytes said;
  for (; end < c.steps.size() && end - *first < most_steps; ++end) {
    const auto& step = c.steps[end];
    if (!sends(step) || step.line != c.steps[*first].line || !(step.answers == c.steps[*first].answers) ||
        values_of(step.bytes).empty())
      break;
    append(said, step.bytes);
  }
  const auto pdus = pdus_of(fragments_of(values_of(said), random), random);
  const bool in_one_step = random.chance(2);
  auto like = c.steps[*first];
  like.bytes.clear();
  like.pieces.clear();
  Steps made;
  for (const auto& pdu : pdus) {
    if (made.empty() || (!in_one_step && made.size() < most_steps)) made.push_back(like);
    append(made.back().bytes, pdu);
  }
  const auto from = c.steps.begin() + at(*first);
  const auto to = c.steps.begin() + at(end);
  if (std::equal(from, to, made.begin(), made.end())) return false;
  c.steps.insert(c.steps.erase(from, to), made.begin(), made.end());
  return true;
}

}  // namespace assay::fuzz::device::parts
