#include "harness/trace/trace.hpp"

#include <algorithm>

namespace assay::trace {

const Negotiated::Context* Negotiated::context(std::uint8_t id) const {
  for (const auto& context : contexts)
    if (context.id == id) return &context;
  return nullptr;
}

void Positions::add(std::uint64_t position, std::uint64_t offset, std::uint32_t pdu) {
  if (runs.size() < max_position_runs) runs.push_back({position, offset, pdu});
}

const Positions::Run* Positions::find(std::uint64_t position) const {
  const auto after = std::upper_bound(runs.begin(), runs.end(), position,
                                      [](std::uint64_t at, const Run& run) { return at < run.position; });
  return after == runs.begin() ? nullptr : &*(after - 1);
}

std::uint64_t Positions::offset_of(std::uint64_t position, std::uint64_t otherwise) const {
  const auto* run = find(position);
  return run == nullptr ? otherwise : run->offset + (position - run->position);
}

}  // namespace assay::trace
