// What the mutations of mutate_messages.cpp and mutate_lines.cpp share, and their names for mutate.cpp. Internal.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz/device/mutate.hpp"

namespace assay::fuzz::device::parts {

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

inline bool sends(const Step& step) { return step.what == Do::send; }
inline bool sends_something(const Step& step) { return step.what == Do::send && !step.bytes.empty(); }
inline bool awaits(const Step& step) { return step.what == Do::await; }

inline std::ptrdiff_t at(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

/// A place behind the first connect, so that there is a line to speak on.
inline std::optional<std::size_t> place(const Steps& steps, Random& random) {
  const auto first = std::ranges::find(steps, Do::connect, &Step::what);
  if (first == steps.end()) return std::nullopt;
  const auto begin = static_cast<std::size_t>(first - steps.begin()) + 1;
  return begin + random.below(steps.size() - begin + 1);
}

/// The line that the step before `index` was on.
inline std::uint8_t line_at(const Steps& steps, std::size_t index) { return index == 0 ? 0 : steps[index - 1].line; }

/// The awaits right behind a send belong to it.
inline std::size_t end_of_message(const Steps& steps, std::size_t index) {
  auto end = index + 1;
  while (end < steps.size() && awaits(steps[end])) ++end;
  return end;
}

// Messages, fields, order: mutate_messages.cpp
bool drop(Conversation& c, const Conversation& donor, Random& random);
bool duplicate(Conversation& c, const Conversation& donor, Random& random);
bool repeat(Conversation& c, const Conversation& donor, Random& random);
bool swap_messages(Conversation& c, const Conversation& donor, Random& random);
bool insert_message(Conversation& c, const Conversation& donor, Random& random);
bool fields(Conversation& c, const Conversation& donor, Random& random);
bool raw_bytes(Conversation& c, const Conversation& donor, Random& random);
bool pdu_length(Conversation& c, const Conversation& donor, Random& random);
bool out_of_state(Conversation& c, const Conversation& donor, Random& random);
bool move_message(Conversation& c, const Conversation& donor, Random& random);

// The same messages in other fragments and PDUs: repack.cpp
bool repack(Conversation& c, const Conversation& donor, Random& random);

// Timing and connections: mutate_lines.cpp
bool split(Conversation& c, const Conversation& donor, Random& random);
bool drip(Conversation& c, const Conversation& donor, Random& random);
bool pause(Conversation& c, const Conversation& donor, Random& random);
bool pipeline(Conversation& c, const Conversation& donor, Random& random);
bool fin(Conversation& c, const Conversation& donor, Random& random);
bool rst(Conversation& c, const Conversation& donor, Random& random);
bool half_close(Conversation& c, const Conversation& donor, Random& random);
bool cut_short(Conversation& c, const Conversation& donor, Random& random);
bool abort_within(Conversation& c, const Conversation& donor, Random& random);
bool at_once(Conversation& c, const Conversation& donor, Random& random);
bool idle_lines(Conversation& c, const Conversation& donor, Random& random);

}  // namespace assay::fuzz::device::parts
