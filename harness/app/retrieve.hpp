// assay get and assay move: C-GET, and C-MOVE to a third party or to ourselves. PS3.4 C.4.2, C.4.3.
// Tests: tests/interop/retrieve_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/app/scu.hpp"

namespace assay::app {

struct RetrieveOptions {
  ScuOptions scu;
  std::vector<std::string> keys;         // as typed
  std::string level;                     // "" = by the unique keys that are given
  std::string model;                     // patient, study or patient-study; "" = study
  std::string out = "retrieved";         // folder for what arrives here
  std::vector<std::string> sop_classes;  // get: keywords or UIDs to propose; none: what most archives have
  std::string destination;               // move: AE title; "" = our own
  std::optional<unsigned> listen;        // move: port on which we take what is moved to us
  std::string listen_address = "127.0.0.1";
  std::optional<unsigned> cancel_after;
  bool relational = false;  // relational retrieval is proposed
};

/// 0 all came, 1 some failed or the device refused, 2 bad usage, 3 not reached, 130.
int get(const RetrieveOptions& options, Console& console);
int move(const RetrieveOptions& options, Console& console);

}  // namespace assay::app
