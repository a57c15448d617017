// The connections of one case as pcapng, for DIR/pcap/ of --out: what the Observer was fed, with findings and marks as
// packet comments. Tests: tests/interop/capture_test.py
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/base/bytes.hpp"
#include "harness/base/time.hpp"
#include "harness/observe/observer.hpp"

namespace assay::app {

class CaseRecorder {
 public:
  /// `unix_time_of_origin`: of Instant{}, since 1970.
  CaseRecorder(std::string case_id, Duration unix_time_of_origin);
  ~CaseRecorder();
  CaseRecorder(const CaseRecorder&) = delete;
  CaseRecorder& operator=(const CaseRecorder&) = delete;

  /// For scenario::Environment::record: addresses that the description does not tell are made up.
  std::shared_ptr<observe::Tap> connection(bool we_opened, std::string_view description);

  /// The file; empty when no connection was opened.
  Bytes finish();

 private:
  struct Shared;
  class Line;
  std::shared_ptr<Shared> shared_;
};

/// The moment of Instant{} for a clock that now says `now`.
Duration unix_time_of_origin(Instant now);

}  // namespace assay::app
