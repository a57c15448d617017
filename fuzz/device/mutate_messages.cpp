// Mutations by message, field and order.
#include <array>

#include "fuzz/device/messages.hpp"
#include "fuzz/device/mutate_parts.hpp"
#include "fuzz/mutators/assay_mutators.h"
#include "harness/base/bytes.hpp"

namespace assay::fuzz::device::parts {

// --- messages -----------------------------------------------------------------------------------------------------

bool drop(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, sends);
  if (!index) return false;
  const auto end = random.chance(2) ? end_of_message(c.steps, *index) : *index + 1;
  c.steps.erase(c.steps.begin() + at(*index), c.steps.begin() + at(end));
  return true;
}

static bool repeat_times(Conversation& c, Random& random, std::size_t times) {
  const auto index = pick(c.steps, random, sends_something);
  if (!index) return false;
  const auto end = random.chance(2) ? end_of_message(c.steps, *index) : *index + 1;
  const Steps group(c.steps.begin() + at(*index), c.steps.begin() + at(end));
  const auto bytes = c.bytes();
  for (std::size_t i = 1; i < times; ++i) {
    if (c.steps.size() + group.size() > max_steps || bytes + (i * group.front().bytes.size()) > max_bytes) break;
    c.steps.insert(c.steps.begin() + at(end), group.begin(), group.end());
  }
  return true;
}

bool duplicate(Conversation& c, const Conversation& /*donor*/, Random& random) { return repeat_times(c, random, 2); }
bool repeat(Conversation& c, const Conversation& /*donor*/, Random& random) {
  return repeat_times(c, random, 3 + random.below(62));
}

bool swap_messages(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto one = pick(c.steps, random, sends);
  const auto other = pick(c.steps, random, sends);
  if (!one || !other || c.steps[*one].bytes == c.steps[*other].bytes) return false;
  std::swap(c.steps[*one].bytes, c.steps[*other].bytes);
  return true;
}

bool insert_message(Conversation& c, const Conversation& donor, Random& random) {
  const auto from = pick(donor.steps, random, sends_something);
  const auto to = place(c.steps, random);
  if (!from || !to) return false;
  const auto end = random.chance(2) ? end_of_message(donor.steps, *from) : *from + 1;
  Steps group(donor.steps.begin() + at(*from), donor.steps.begin() + at(end));
  const auto line = line_at(c.steps, *to);
  for (auto& step : group) step.line = line;
  c.steps.insert(c.steps.begin() + at(*to), group.begin(), group.end());
  return true;
}

// --- fields -------------------------------------------------------------------------------------------------------

/// The mutators of fuzz/mutators on the bytes of one step.
bool fields(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, sends_something);
  if (!index) return false;
  auto& bytes = c.steps[*index].bytes;
  auto changed = bytes;
  const auto room = (2 * bytes.size()) + 4096;
  changed.resize(room);
  const auto size = assay_mutate(ASSAY_FORMAT_WIRE, changed.data(), bytes.size(), room,
                                 static_cast<unsigned>(random.next()), nullptr);
  if (size == 0) return false;
  changed.resize(size);
  if (changed == bytes) return false;
  bytes = std::move(changed);
  return true;
}

/// What the structure does not tell: single bits, bytes of the edges of their range, pieces cut out.
bool raw_bytes(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, sends_something);
  if (!index) return false;
  auto& bytes = c.steps[*index].bytes;
  constexpr std::array<std::uint8_t, 6> edges = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
  for (auto times = 1 + random.below(4); times > 0 && !bytes.empty(); --times) {
    const auto where = random.below(bytes.size());
    switch (random.below(4)) {
      case 0: bytes[where] = static_cast<std::uint8_t>(bytes[where] ^ (1U << random.below(8))); break;
      case 1: bytes[where] = static_cast<std::uint8_t>(bytes[where] ^ (1U + random.below(255))); break;
      case 2: {
        const auto edge = edges.at(random.below(edges.size()));
        bytes[where] = bytes[where] == edge ? static_cast<std::uint8_t>(edge ^ 0x55U) : edge;
        break;
      }
      default: bytes.resize(where); break;
    }
  }
  return true;
}

/// Says another length of a PDU than it has.
bool pdu_length(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, [](const Step& s) { return sends(s) && s.bytes.size() >= 6; });
  if (!index) return false;
  auto& bytes = c.steps[*index].bytes;
  const auto length = load<std::uint32_t>(bytes.data() + 2, Endian::big);
  constexpr std::array<std::uint32_t, 6> far = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffa, 0xffffffff};
  const auto wrong = random.chance(2) ? far.at(random.below(far.size()))
                                      : length + (random.chance(2) ? 1U : ~0U) * (1U + std::uint32_t(random.below(8)));
  if (wrong == length) return false;
  for (unsigned i = 0; i < 4; ++i) bytes[2 + i] = static_cast<std::uint8_t>(wrong >> (24U - (8U * i)));
  return true;
}

// --- order --------------------------------------------------------------------------------------------------------

bool out_of_state(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto to = place(c.steps, random);
  if (!to) return false;
  Step step{.what = Do::send, .line = line_at(c.steps, *to), .bytes = any_pdu(random)};
  c.steps.insert(c.steps.begin() + at(*to), std::move(step));
  return true;
}

bool move_message(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto from = pick(c.steps, random, sends);
  if (!from) return false;
  auto step = c.steps[*from];
  auto rest = c.steps;
  rest.erase(rest.begin() + at(*from));
  const auto to = place(rest, random);
  if (!to || *to == *from) return false;
  rest.insert(rest.begin() + at(*to), std::move(step));
  c.steps = std::move(rest);
  return true;
}

}  // namespace assay::fuzz::device::parts
