// Whether a finding of `assay fuzz device` comes again: its conversation is held with the device, and the same oracles
// look. Tests: tests/interop/fuzz_device_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/app/finding_folder.hpp"
#include "harness/app/fuzz_findings.hpp"

namespace assay::app {

enum class Came : std::uint8_t { again, changed, fixed, not_run };

struct Replayed {
  Came came = Came::not_run;
  std::string note;  // one line
};

/// Nothing where the finding holds no conversation.
std::optional<Replayed> replay_conversation(const StoredFinding& stored, const FuzzReplayOptions& options,
                                            Duration patience);

}  // namespace assay::app
