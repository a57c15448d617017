// The conversations that fuzzing a device begins with: sane ones of the catalogue, held with the device once; those
// that it does not hold (no context accepted, a service it has not) are left out.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "fuzz/device/conversation.hpp"
#include "harness/app/fuzz_device.hpp"
#include "peers/peers.hpp"

namespace assay::app {

struct FuzzSeeds {
  std::vector<fuzz::device::Conversation> seeds;
  std::vector<std::string> left_out;  // "print: why"
};

/// The error is one sentence: the catalogue cannot be read, or the device holds none of them.
std::expected<FuzzSeeds, std::string> record_seeds(peers::Loop& loop, const FuzzDeviceOptions& options,
                                                   const std::string& host, std::uint16_t port,
                                                   const std::shared_ptr<const trace::RuleBook>& rules,
                                                   const std::function<bool()>& interrupted);

}  // namespace assay::app
