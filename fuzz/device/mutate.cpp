#include "fuzz/device/mutate.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "fuzz/mutators/assay_mutators.h"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device {
namespace {

using Steps = std::vector<Step>;

/// A step of this kind, any of them with the same chance.
template <typename Fits>
std::optional<std::size_t> pick(const Steps& steps, Random& random, Fits&& fits) {
  std::size_t count = 0;
  for (const auto& step : steps) count += fits(step) ? 1 : 0;
  if (count == 0) return std::nullopt;
  auto left = random.below(count);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (fits(steps[i]) && left-- == 0) return i;
  return std::nullopt;
}

bool sends(const Step& step) { return step.what == Do::send; }
bool sends_something(const Step& step) { return step.what == Do::send && !step.bytes.empty(); }
bool awaits(const Step& step) { return step.what == Do::await; }

std::ptrdiff_t at(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

/// A place behind the first connect, so that there is a line to speak on.
std::optional<std::size_t> place(const Steps& steps, Random& random) {
  const auto first = std::ranges::find(steps, Do::connect, &Step::what);
  if (first == steps.end()) return std::nullopt;
  const auto begin = static_cast<std::size_t>(first - steps.begin()) + 1;
  return begin + random.below(steps.size() - begin + 1);
}

/// The line that the step before `index` was on.
std::uint8_t line_at(const Steps& steps, std::size_t index) { return index == 0 ? 0 : steps[index - 1].line; }

/// The awaits right behind a send belong to it.
std::size_t end_of_message(const Steps& steps, std::size_t index) {
  auto end = index + 1;
  while (end < steps.size() && awaits(steps[end])) ++end;
  return end;
}

// --- messages -----------------------------------------------------------------------------------------------------

bool drop(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, sends);
  if (!index) return false;
  const auto end = random.chance(2) ? end_of_message(c.steps, *index) : *index + 1;
  c.steps.erase(c.steps.begin() + at(*index), c.steps.begin() + at(end));
  return true;
}

bool repeat_times(Conversation& c, Random& random, std::size_t times) {
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

/// One of each PDU type, and what is none.
Bytes any_pdu(Random& random) {
  switch (random.below(9)) {
    case 0: {
      pdu::AAssociateRq rq;
      rq.called_ae_title = "ANY-SCP";
      rq.calling_ae_title = "ASSAY";
      rq.items = {
          pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
          pdu::PresentationContextItemRq{
              1, {pdu::AbstractSyntaxSubItem{"1.2.840.10008.1.1"}, pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
          pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.1"}}}};
      return pdu::encode(rq);
    }
    case 1: {
      pdu::AAssociateAc ac;
      ac.called_ae_title = "ANY-SCP";
      ac.calling_ae_title = "ASSAY";
      ac.items = {
          pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
          pdu::PresentationContextItemAc{1, 0, {pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
          pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.1"}}}};
      return pdu::encode(ac);
    }
    case 2: return pdu::encode(pdu::AAssociateRj{});
    case 3: return pdu::encode(pdu::PDataTf{{{1, 3, Bytes(4 + random.below(60))}}});
    case 4: return pdu::encode(pdu::PDataTf{});
    case 5: return pdu::encode(pdu::AReleaseRq{});
    case 6: return pdu::encode(pdu::AReleaseRp{});
    case 7: return pdu::encode(pdu::AAbort{0, static_cast<std::uint8_t>(random.below(7))});
    default: return {static_cast<std::uint8_t>(8 + random.below(248)), 0, 0, 0, 0, 0};
  }
}

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

// --- timing -------------------------------------------------------------------------------------------------------

bool split(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, [](const Step& s) { return sends(s) && s.bytes.size() > 1; });
  if (!index) return false;
  auto& step = c.steps[*index];
  step.pieces.clear();
  const auto cut = random.chance(2) ? 1 + random.below(std::min<std::size_t>(step.bytes.size() - 1, 12))
                                    : 1 + random.below(step.bytes.size() - 1);
  step.pieces = {static_cast<std::uint32_t>(cut), static_cast<std::uint32_t>(step.bytes.size())};
  step.pause = std::chrono::milliseconds(random.below(20));
  return true;
}

/// In small pieces, bounded as a whole: 100 of them with a millisecond between two.
bool drip(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, [](const Step& s) { return sends(s) && s.bytes.size() > 1; });
  if (!index) return false;
  auto& step = c.steps[*index];
  step.pieces = {static_cast<std::uint32_t>(std::max<std::size_t>(1, step.bytes.size() / 100))};
  step.pause = std::chrono::milliseconds(random.below(2));
  return true;
}

bool pause(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto to = place(c.steps, random);
  if (!to) return false;
  Step step{.what = Do::pause, .pause = std::chrono::milliseconds(1 + random.below(200))};
  step.line = line_at(c.steps, *to);
  c.steps.insert(c.steps.begin() + at(*to), std::move(step));
  return true;
}

/// Does not wait: for one answer, or for any.
bool pipeline(Conversation& c, const Conversation& /*donor*/, Random& random) {
  if (random.chance(2)) return std::erase_if(c.steps, awaits) > 0;
  const auto index = pick(c.steps, random, awaits);
  if (!index) return false;
  c.steps.erase(c.steps.begin() + at(*index));
  return true;
}

// --- connections --------------------------------------------------------------------------------------------------

bool end_with(Conversation& c, Random& random, Do how) {
  const auto to = place(c.steps, random);
  if (!to) return false;
  Step step{.what = how, .line = line_at(c.steps, *to)};
  c.steps.insert(c.steps.begin() + at(*to), std::move(step));
  return true;
}

bool fin(Conversation& c, const Conversation& /*donor*/, Random& random) { return end_with(c, random, Do::fin); }
bool rst(Conversation& c, const Conversation& /*donor*/, Random& random) { return end_with(c, random, Do::rst); }
bool half_close(Conversation& c, const Conversation& /*donor*/, Random& random) {
  return end_with(c, random, Do::half);
}

/// Half of a PDU, and then the end.
bool cut_short(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto index = pick(c.steps, random, [](const Step& s) { return sends(s) && s.bytes.size() > 1; });
  if (!index) return false;
  auto& step = c.steps[*index];
  step.bytes.resize(1 + random.below(step.bytes.size() - 1));
  const Step end{.what = random.chance(2) ? Do::rst : Do::fin, .line = step.line};
  c.steps.insert(c.steps.begin() + at(*index) + 1, end);
  return true;
}

bool abort_within(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto to = place(c.steps, random);
  if (!to) return false;
  Step step{.what = Do::send, .line = line_at(c.steps, *to)};
  step.bytes = pdu::encode(pdu::AAbort{static_cast<std::uint8_t>(random.below(3)), 0});
  c.steps.insert(c.steps.begin() + at(*to), std::move(step));
  return true;
}

std::uint8_t lines_of(const Conversation& c) {
  std::uint8_t most = 0;
  for (const auto& step : c.steps) most = std::max(most, step.line);
  return static_cast<std::uint8_t>(most + 1);
}

/// Another conversation at the same time: its steps among ours, on lines of its own.
bool at_once(Conversation& c, const Conversation& donor, Random& random) {
  const auto first = lines_of(c);
  if (donor.steps.empty() || first + std::size_t{lines_of(donor)} > max_lines ||
      c.steps.size() + donor.steps.size() > max_steps)
    return false;
  Steps both;
  std::size_t ours = 0;
  for (const auto& step : donor.steps) {
    while (ours < c.steps.size() && random.chance(2)) both.push_back(c.steps[ours++]);
    both.push_back(step);
    both.back().line = static_cast<std::uint8_t>(step.line + first);
  }
  both.insert(both.end(), c.steps.begin() + at(ours), c.steps.end());
  c.steps = std::move(both);
  return true;
}

/// Connections that say nothing, or nothing but the beginning of a PDU.
bool idle_lines(Conversation& c, const Conversation& /*donor*/, Random& random) {
  const auto first = lines_of(c);
  const auto room = max_lines - first;
  if (first >= max_lines || c.steps.empty()) return false;
  const auto count = 1 + random.below(std::min<std::size_t>(room, 8));
  for (std::size_t i = 0; i < count; ++i) {
    const auto line = static_cast<std::uint8_t>(first + i);
    Steps more{{.what = Do::connect, .line = line}};
    if (random.chance(2)) more.push_back({.what = Do::send, .line = line, .bytes = {1, 0, 0, 0, 0, 200, 0, 1}});
    c.steps.insert(c.steps.begin(), more.begin(), more.end());
  }
  return true;
}

constexpr std::array<NamedMutation, 21> table = {{
    {"drop", "message", 1, drop},
    {"duplicate", "message", 1, duplicate},
    {"repeat", "message", 1, repeat},
    {"swap", "message", 1, swap_messages},
    {"insert", "message", 1, insert_message},
    {"fields", "field", 8, fields},  // most of what is to be found is there
    {"raw-bytes", "field", 1, raw_bytes},
    {"pdu-length", "field", 1, pdu_length},
    {"out-of-state", "order", 2, out_of_state},
    {"move", "order", 1, move_message},
    {"split", "timing", 1, split},
    {"drip", "timing", 1, drip},
    {"pause", "timing", 1, pause},
    {"pipeline", "timing", 1, pipeline},
    {"fin", "connection", 1, fin},
    {"rst", "connection", 1, rst},
    {"half-close", "connection", 1, half_close},
    {"cut-short", "connection", 1, cut_short},
    {"abort", "connection", 1, abort_within},
    {"at-once", "connection", 1, at_once},
    {"idle-lines", "connection", 1, idle_lines},
}};

const NamedMutation& any_mutation(Random& random) {
  unsigned sum = 0;
  for (const auto& one : table) sum += one.weight;
  auto left = random.below(sum);
  for (const auto& one : table) {
    if (left < one.weight) return one;
    left -= one.weight;
  }
  return table.front();
}

}  // namespace

std::span<const NamedMutation> mutations() { return table; }

Conversation mutated(const Conversation& parent, const Conversation& donor, Random& random) {
  auto made = parent;
  std::string names;
  std::size_t wanted = 1;
  while (wanted < 4 && random.chance(3)) ++wanted;
  // What does not apply costs a try; a conversation without anything to change stays as it is.
  for (int tries = 0; wanted > 0 && tries < 32; ++tries) {
    const auto& one = any_mutation(random);
    auto changed = made;
    if (!one.mutate(changed, donor, random) || changed.steps.size() > max_steps || changed.bytes() > max_bytes)
      continue;
    made = std::move(changed);
    names += (names.empty() ? "" : " ") + std::string(one.name);
    --wanted;
  }
  made.from = names.empty() ? "unchanged" : names;
  return made;
}

}  // namespace assay::fuzz::device
