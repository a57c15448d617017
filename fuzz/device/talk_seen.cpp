#include "fuzz/device/talk_seen.hpp"

#include "harness/base/digest.hpp"

namespace assay::fuzz::device {
namespace {

constexpr std::size_t max_features = 4096;  // more are those of a flood

}  // namespace

std::string command_name(const dimse::Message& message) {
  const auto field = message.command.field().value_or(0);
  return dimse::command_info(field) == nullptr ? "unknown command" : message.command.name();
}

void Seen::add(const std::string& text, bool shown) {
  if (features_.size() >= max_features) return;
  Digest digest;
  digest.update(as_bytes(text));
  if (features_.insert(digest.value()).second && shown) cells_.push_back(text);
}

void Seen::give(Outcome& outcome) {
  outcome.features.assign(features_.begin(), features_.end());
  outcome.cells = std::move(cells_);
}

}  // namespace assay::fuzz::device
