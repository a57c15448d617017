// Mutations by timing and connection.
#include <array>

#include "fuzz/device/mutate_parts.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device::parts {

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

static bool end_with(Conversation& c, Random& random, Do how) {
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

static std::uint8_t lines_of(const Conversation& c) {
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

}  // namespace assay::fuzz::device::parts
