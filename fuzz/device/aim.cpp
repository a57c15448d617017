#include "fuzz/device/aim.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "fuzz/device/messages.hpp"

namespace assay::fuzz::device {
namespace {

using Steps = std::vector<Step>;

/// Between two steps, and what the device is there on the line of the first.
struct Spot {
  std::size_t index = 0;
  std::uint8_t line = 0;
  Model model;
};

/// Any of those where the device is at the place.
std::optional<Spot> spot(const Steps& steps, Place place, Random& random) {
  std::array<Model, max_lines> lines;
  std::vector<Pair> pairs;
  std::optional<Spot> chosen;
  std::size_t count = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto& model = lines.at(steps[i].line);
    model.take(steps[i], pairs);
    pairs.clear();
    if (model.place() == place && random.below(++count) == 0) chosen = Spot{i + 1, steps[i].line, model};
  }
  return chosen;
}

Step sending(std::uint8_t line, Bytes bytes) { return {.what = Do::send, .line = line, .bytes = std::move(bytes)}; }

/// From an association in which nothing is asked.
Steps way_from_idle(Place place, const Spot& from, Random& random) {
  switch (place) {
    case Place::pending: return {sending(from.line, request(from.model, false, random))};
    case Place::data: return {sending(from.line, request(from.model, true, random))};
    case Place::command: {
      const auto parts = dimse_for(Said::part_of_command, from.model, random);
      if (parts.empty()) return {};
      return {sending(from.line, parts.front())};
    }
    case Place::sta8: return {sending(from.line, pdu_for(Said::release_rq, random))};
    case Place::sta13:
      return {sending(from.line, pdu_for(Said::release_rq, random)),
              {.what = Do::await, .line = from.line, .await = Await::release}};
    default: return {};
  }
}

/// Goes the way as well, within `steps`.
void go(Steps& steps, Spot& from, const Steps& way) {
  std::vector<Pair> pairs;
  for (const auto& step : way) from.model.take(step, pairs);
  steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(from.index), way.begin(), way.end());
  from.index += way.size();
}

/// Where the device is at the place: as it stands, or by a way that is put in.
std::optional<Spot> bring(Steps& steps, Place place, Random& random) {
  if (auto there = spot(steps, place, random)) return there;
  if (place == Place::sta2 || place == Place::sta3) return std::nullopt;
  auto idle = spot(steps, Place::idle, random);
  if (!idle) {
    // Nobody waits for the answer to the A-ASSOCIATE-RQ there.
    idle = spot(steps, Place::sta3, random);
    if (!idle) return std::nullopt;
    go(steps, *idle, {{.what = Do::await, .line = idle->line, .await = Await::association}});
  }
  if (place != Place::idle) go(steps, *idle, way_from_idle(place, *idle, random));
  if (idle->model.place() != place) return std::nullopt;
  return idle;
}

std::optional<Step> answer_to(Said said, Place place, std::uint8_t line) {
  Step step{.what = Do::await, .line = line, .await = Await::messages};
  switch (said) {
    case Said::closed: return std::nullopt;
    case Said::associate_rq: step.await = place == Place::sta2 ? Await::association : Await::closed; break;
    case Said::release_rq: step.await = Await::release; break;
    default:
      if (said < Said::c_store_rq) step.await = Await::closed;
      break;
  }
  return step;
}

}  // namespace

bool aim_at(Conversation& conversation, Pair pair, Random& random) {
  if (!possible(pair)) return false;
  const auto place = place_of(pair);
  const auto said = said_of(pair);
  auto steps = conversation.steps;
  auto at = bring(steps, place, random);
  if (!at) return false;
  Steps made;
  if (said == Said::closed) {
    constexpr std::array ends = {Do::fin, Do::rst, Do::half};
    made.push_back({.what = ends.at(random.below(ends.size())), .line = at->line});
  } else {
    const bool dimse = said >= Said::c_store_rq;
    const auto parts = dimse ? dimse_for(said, at->model, random) : std::vector<Bytes>{pdu_for(said, random)};
    if (parts.empty()) return false;
    for (const auto& part : parts) made.push_back(sending(at->line, part));
  }
  // Together with what came before, so that the device has both before it has answered.
  if (at->index > 0 && made.front().what == Do::send && random.chance(2)) {
    auto& before = steps[at->index - 1];
    if (before.what == Do::send && before.line == at->line && before.pieces.empty()) {
      append(before.bytes, made.front().bytes);
      made.erase(made.begin());
    }
  }
  if (auto answer = answer_to(said, place, at->line)) made.push_back(*answer);
  const auto rest = steps.begin() + static_cast<std::ptrdiff_t>(at->index);
  if (random.chance(2))
    steps.erase(std::remove_if(rest, steps.end(), [&](const Step& step) { return step.line == at->line; }),
                steps.end());
  steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at->index), made.begin(), made.end());
  conversation.steps = std::move(steps);
  return true;
}

}  // namespace assay::fuzz::device
