// What the services as SCU share: starting a requestor and waiting for it. Internal. Tests: tests/loopback/
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peers/requestor.hpp"

namespace assay::peers {

inline bool uncompressed(std::string_view transfer_syntax) {
  return transfer_syntax == uids::ImplicitVRLittleEndian || transfer_syntax == uids::ExplicitVRLittleEndian ||
         transfer_syntax == uids::ExplicitVRBigEndian;
}

inline std::vector<std::string> plain_syntaxes() {
  return {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)};
}

inline void start(Loop& loop, const RequestorOptions& options, std::unique_ptr<Operations> operations,
                  RequestorDone done) {
  std::make_shared<Requestor>(loop.impl(), options, std::move(operations), std::move(done))->start();
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
