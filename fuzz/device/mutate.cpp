#include "fuzz/device/mutate.hpp"

#include <array>

#include "fuzz/device/aim.hpp"
#include "fuzz/device/mutate_parts.hpp"

namespace assay::fuzz::device {
namespace {

using namespace parts;

constexpr std::array<NamedMutation, 22> table = {{
    {"drop", "message", 1, drop},
    {"duplicate", "message", 1, duplicate},
    {"repeat", "message", 1, repeat},
    {"swap", "message", 1, swap_messages},
    {"insert", "message", 1, insert_message},
    {"repack", "message", 2, repack},
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

Conversation mutated(const Conversation& parent, const Conversation& donor, Random& random, std::optional<Pair> aim) {
  auto made = parent;
  std::string names;
  std::size_t wanted = 1;
  if (aim && aim_at(made, *aim, random)) {
    names = "aim";
    wanted = random.chance(4) ? 1 : 0;  // mostly that alone: what else is changed may lead elsewhere
  }
  while (wanted > 0 && wanted < 4 && random.chance(3)) ++wanted;
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
