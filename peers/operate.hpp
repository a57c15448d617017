// What the services as SCU share: what they propose, and waiting for the end. Internal. Tests: tests/loopback/
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peers/requestor.hpp"

namespace assay::peers {

inline std::vector<std::string> plain_syntaxes() {
  return {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)};
}

template <typename Start>
RequestorResult finish_on(Loop& loop, Start start_it) {
  auto result = std::make_shared<std::optional<RequestorResult>>();
  start_it([result](RequestorResult done) { *result = std::move(done); });
  if (!loop.run_until([&] { return result->has_value(); })) {
    RequestorResult stopped;
    stopped.failure = Failure::interrupted;
    stopped.message = "stopped before the end";
    return stopped;
  }
  return std::move(**result);
}

}  // namespace assay::peers
