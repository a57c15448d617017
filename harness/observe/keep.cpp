#include "harness/observe/keep.hpp"

#include <algorithm>

namespace assay::observe {
namespace {

constexpr std::size_t long_trace = 1024;  // entries

// Estimates of what a structure costs in memory beyond the bytes it was read from.
constexpr std::size_t problem_cost = 320;       // four strings and the numbers
constexpr std::size_t item_cost_per_byte = 16;  // the shortest item has 4 bytes and becomes a variant of 64
constexpr std::size_t node_cost = sizeof(dataset::Node);

bool is_p_data(const trace::PduSeen& seen) {
  return seen.recognized && seen.type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf);
}

}  // namespace

std::size_t Keeper::take_bulk(std::size_t wanted) {
  const auto taken = loan_.take(std::min(wanted, bulk_left_));
  bulk_left_ -= taken;
  return taken;
}

bool Keeper::take_structure(std::size_t wanted) {
  if (wanted > structure_left_) return false;
  structure_left_ -= wanted;
  return true;
}

void Keeper::trim(trace::PduSeen& seen) {
  if (!seen.problems.empty() && !take_structure(seen.problems.size() * problem_cost)) seen.problems = {};
  if (!is_p_data(seen)) {
    const auto cost = seen.bytes.size() * (seen.pdu == nullptr ? 1 : item_cost_per_byte);
    if (!take_structure(cost)) {
      seen.bytes = {};
      seen.pdu = nullptr;
    }
    return;
  }
  seen.bytes.resize(take_bulk(seen.bytes.size()));
  seen.bytes.shrink_to_fit();
  std::size_t kept = 0;
  for (auto& value : seen.values) {
    constexpr auto value_cost = sizeof(pdu::PresentationDataValue) + sizeof(std::uint32_t) + sizeof(std::uint64_t);
    if (kept >= values_always_kept && take_bulk(value_cost) < value_cost) break;
    ++kept;
    value.fragment.resize(take_bulk(value.fragment.size()));
    value.fragment.shrink_to_fit();
  }
  if (kept == seen.values.size()) return;
  seen.more_values += seen.values.size() - kept;
  seen.values.resize(kept);
  seen.fragment_lengths.resize(kept);
  seen.value_offsets.resize(kept);
  seen.values.shrink_to_fit();
}

void Keeper::trim(trace::MessageSeen& seen) {
  const auto data = seen.message->data().size();
  if (data > 0 && (data > bulk_left_ || take_bulk(data) < data)) {
    auto without = std::make_shared<dimse::Message>();
    without->context_id = seen.message->context_id;
    without->command = seen.message->command;
    without->data_set_length = seen.message->data_set_length;
    seen.message = std::move(without);
  }
  if (!seen.problems.empty() && !take_structure(seen.problems.size() * problem_cost)) seen.problems = {};
  if (seen.command_at.runs.size() + seen.data_at.runs.size() > 2 &&
      !take_structure((seen.command_at.runs.size() + seen.data_at.runs.size()) * sizeof(trace::Positions::Run))) {
    seen.command_at = {};
    seen.data_at = {};
  }
}

void Keeper::file(trace::Entry entry, trace::Trace& trace) {
  bool fits = entries_left_ > 0;
  if (fits) {
    if (auto* seen = std::get_if<trace::PduSeen>(&entry.what)) trim(*seen);
    if (auto* seen = std::get_if<trace::MessageSeen>(&entry.what)) {
      trim(*seen);
      std::size_t values = 0;
      const auto& nodes = seen->message->command.elements().nodes();
      for (const auto& node : nodes) values += node.value.size();
      fits = take_structure(nodes.size() * node_cost + values);
    }
  }
  if (!fits) {
    ++trace.dropped_entries;
    return;
  }
  --entries_left_;
  // A long trace grows in larger steps: moving all entries costs more than addresses that are never used.
  if (auto& entries = trace.entries; entries.size() == entries.capacity() && entries.size() >= long_trace)
    entries.reserve(std::min(4 * entries.size(), keep_entries_));
  trace.entries.push_back(std::move(entry));
}

}  // namespace assay::observe
