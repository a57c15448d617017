// What is done to answers alone: statuses, Message IDs, contexts, what was not asked for, what does not end.
#include <algorithm>
#include <array>
#include <optional>

#include "fuzz/device/reply.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/dimse/status.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device {
namespace {

/// Bytes of one step that a flood of responses may have.
constexpr std::size_t max_flood = std::size_t{256} << 10;
constexpr std::uint16_t pending = 0xff00;

struct Place {
  std::size_t step = 0;
  std::size_t at = 0;  // in its bytes
};

/// Where the two bytes of this element of group 0000 stand in the first Command Set of a P-DATA-TF.
std::optional<std::size_t> command_value(ByteView bytes, std::uint16_t element) {
  constexpr std::size_t headers = 6 + 6;  // of the PDU, of its first PDV
  if (bytes.size() < headers || bytes[0] != 4 || (bytes[11] & 1U) == 0) return std::nullopt;
  for (auto at = headers; at + 10 <= bytes.size();) {
    if (load<std::uint16_t>(&bytes[at], Endian::little) != 0) return std::nullopt;
    const auto length = load<std::uint32_t>(&bytes[at + 4], Endian::little);
    if (load<std::uint16_t>(&bytes[at + 2], Endian::little) == element)
      return length == 2 ? std::optional(at + 8) : std::nullopt;
    if (length > bytes.size() - at - 8) return std::nullopt;
    at += 8 + length;
  }
  return std::nullopt;
}

std::optional<Place> pick(const Conversation& c, Random& random, std::uint16_t element) {
  std::vector<Place> all;
  for (std::size_t i = 0; i < c.steps.size(); ++i)
    if (c.steps[i].what == Do::send)
      if (const auto at = command_value(c.steps[i].bytes, element)) all.push_back({i, *at});
  if (all.empty()) return std::nullopt;
  return all[random.below(all.size())];
}

void put(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value);
  bytes[at + 1] = static_cast<std::uint8_t>(value >> 8U);
}

bool set_value(Conversation& c, Random& random, std::uint16_t element, std::span<const std::uint16_t> values) {
  const auto place = pick(c, random, element);
  if (!place) return false;
  auto& bytes = c.steps[place->step].bytes;
  const auto was = load<std::uint16_t>(&bytes[place->at], Endian::little);
  const auto now = random.chance(4) ? static_cast<std::uint16_t>(random.next()) : values[random.below(values.size())];
  if (now == was) return false;
  put(bytes, place->at, now);
  return true;
}

bool status(Conversation& c, const Conversation& /*donor*/, Random& random) {
  constexpr std::array<std::uint16_t, 16> values = {0x0000, 0x0001, 0x0107, 0x0110, 0x0112, 0x0122, 0x0210, 0x0211,
                                                    0xa700, 0xa801, 0xa900, 0xb000, 0xc000, 0xfe00, 0xff00, 0xff01};
  // Every other one is a status that the response may have: what is in order leads further.
  if (random.chance(2)) {
    const auto place = pick(c, random, 0x0900);
    if (!place) return false;
    auto& bytes = c.steps[place->step].bytes;
    const auto at = command_value(bytes, 0x0100);
    if (!at) return false;
    std::vector<std::uint16_t> allowed;
    for (const auto value : values)
      if (value != load<std::uint16_t>(&bytes[place->at], Endian::little) &&
          dimse::is_allowed_status(load<std::uint16_t>(&bytes[*at], Endian::little), {}, value))
        allowed.push_back(value);
    if (allowed.empty()) return false;
    put(bytes, place->at, allowed[random.below(allowed.size())]);
    return true;
  }
  return set_value(c, random, 0x0900, values);
}

bool message_id(Conversation& c, const Conversation& /*donor*/, Random& random) {
  constexpr std::array<std::uint16_t, 5> values = {0, 1, 2, 0x7fff, 0xffff};
  return set_value(c, random, 0x0120, values);
}

/// Another command than the one that was asked for, or none at all.
bool command_field(Conversation& c, const Conversation& /*donor*/, Random& random) {
  std::array<std::uint16_t, 24> values{};
  std::size_t count = 0;
  for (const auto& one : dimse::all_commands())
    if (count < values.size() - 1) values.at(count++) = static_cast<std::uint16_t>(one.field);
  values.at(count++) = 0x8fff;
  return set_value(c, random, 0x0100, std::span(values).first(count));
}

/// Says that a Data Set follows where none does, or the other way round.
bool data_set_type(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto place = pick(c, random, 0x0800);
  if (!place) return false;
  auto& bytes = c.steps[place->step].bytes;
  const bool none = load<std::uint16_t>(&bytes[place->at], Endian::little) == dimse::no_data_set;
  put(bytes, place->at, none ? 1 : dimse::no_data_set);
  return true;
}

bool context(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto place = pick(c, random, 0x0100);
  if (!place) return false;
  constexpr std::size_t at = 10;  // of a P-DATA-TF: the context of its first PDV
  auto& id = c.steps[place->step].bytes[at];
  const auto now = random.chance(2) ? static_cast<std::uint8_t>(random.next()) : static_cast<std::uint8_t>(id + 2);
  if (now == id) return false;
  id = now;
  return true;
}

/// The same response again and again, pending until the last.
bool flood(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto place = pick(c, random, 0x0900);
  if (!place) return false;
  auto& bytes = c.steps[place->step].bytes;
  auto one = bytes;
  const bool final = load<std::uint16_t>(&one[place->at], Endian::little) != pending;
  if (final) put(one, place->at, pending);
  const auto room = std::min(max_flood, max_bytes - std::min(max_bytes, c.bytes())) / one.size();
  if (room == 0) return false;
  Bytes all;
  for (auto times = 1 + random.below(std::min<std::size_t>(room, 2000)); times > 0; --times) append(all, one);
  append(all, bytes);
  bytes = std::move(all);
  return true;
}

bool reject(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto accept = std::ranges::find_if(
      c.steps, [](const Step& s) { return s.what == Do::send && !s.bytes.empty() && s.bytes[0] == 2; });
  if (accept == c.steps.end()) return false;
  pdu::AAssociateRj rj;
  rj.result = static_cast<std::uint8_t>(random.below(4));
  rj.source = static_cast<std::uint8_t>(random.below(5));
  rj.reason = static_cast<std::uint8_t>(random.below(12));
  accept->bytes = pdu::encode(rj);
  return true;
}

/// A request of ours where the device waits for answers.
bool unsolicited(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto first = std::ranges::find(c.steps, Do::send, &Step::what);
  if (first == c.steps.end()) return false;
  constexpr std::array fields = {dimse::CommandField::c_echo_rq,  dimse::CommandField::c_store_rq,
                                 dimse::CommandField::c_find_rq,  dimse::CommandField::n_event_report_rq,
                                 dimse::CommandField::n_get_rq,   dimse::CommandField::c_cancel_rq,
                                 dimse::CommandField::c_move_rsp, dimse::CommandField::n_action_rq};
  dimse::Message message;
  message.command = dimse::command(fields.at(random.below(fields.size())), static_cast<std::uint16_t>(random.next()));
  for (const auto& step : c.steps)
    if (step.answers.request != 0) message.context_id = step.answers.context;
  Step step{.what = Do::send, .line = first->line};
  if (!dimse::fragment(step.bytes, message, {})) return false;
  const auto begin = static_cast<std::size_t>(first - c.steps.begin());
  const auto at = begin + random.below(c.steps.size() - begin + 1);
  c.steps.insert(c.steps.begin() + static_cast<std::ptrdiff_t>(at), std::move(step));
  return true;
}

/// Answers before it is asked.
bool early(Conversation& c, const Conversation& /*donor*/, Random& random) {
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i < c.steps.size(); ++i)
    if (c.steps[i].what == Do::send && c.steps[i - 1].what == Do::await) places.push_back(i);
  if (places.empty()) return false;
  const auto at = places[random.below(places.size())];
  std::swap(c.steps[at], c.steps[at - 1]);
  return true;
}

constexpr std::array<NamedMutation, 9> table = {{
    {"status", "field", 6, status},
    {"message-id", "field", 1, message_id},
    {"command-field", "field", 1, command_field},
    {"data-set-type", "field", 1, data_set_type},
    {"context", "field", 1, context},
    {"flood", "message", 1, flood},
    {"reject", "message", 1, reject},
    {"unsolicited", "message", 1, unsolicited},
    {"early", "order", 1, early},
}};

/// More connections are the device's to open, not ours.
bool fits_who_is_called(const NamedMutation& one) { return one.name != "at-once" && one.name != "idle-lines"; }

std::vector<const NamedMutation*> all_that_fit() {
  std::vector<const NamedMutation*> out;
  for (const auto& one : mutations())
    if (fits_who_is_called(one)) out.push_back(&one);
  for (const auto& one : table) out.push_back(&one);
  return out;
}

}  // namespace

std::span<const NamedMutation> reply_mutations() { return table; }

Conversation mutated_replies(const Conversation& parent, const Conversation& donor, Random& random) {
  static const auto all = all_that_fit();
  unsigned sum = 0;
  for (const auto* one : all) sum += one->weight;
  auto made = parent;
  std::string names;
  std::size_t wanted = 1;
  while (wanted < 4 && random.chance(3)) ++wanted;
  // What does not apply costs a try; a conversation without anything to change stays as it is.
  for (int tries = 0; wanted > 0 && tries < 32; ++tries) {
    auto left = random.below(sum);
    const auto one = std::ranges::find_if(all, [&](const NamedMutation* m) {
      const bool it = left < m->weight;
      left -= it ? 0 : m->weight;
      return it;
    });
    auto changed = made;
    if (!(*one)->mutate(changed, donor, random) || changed.steps.size() > max_steps || changed.bytes() > max_bytes)
      continue;
    made = std::move(changed);
    names += (names.empty() ? "" : " ") + std::string((*one)->name);
    --wanted;
  }
  made.from = names.empty() ? "unchanged" : names;
  return made;
}

}  // namespace assay::fuzz::device
