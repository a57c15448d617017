// A case as the steps that are really taken: parameters bound, ceremonies (associate, release, check-health...) taken
// apart into sends and expectations, and each step knowing whether it is before, at or after what is judged.
// Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace assay::scenario {

/// What a failing step means for the verdict.
enum class Stage : std::uint8_t {
  before,  // on the way there: inconclusive
  judged,  // fail
  health,  // fail: the device no longer serves
  after,   // what was to be judged is over: warning
};

struct Step {
  Element element;
  Stage stage = Stage::before;
  std::string purpose;     // "the association", for texts; empty when the element speaks for itself
  bool shown = true;       // stands in the executed scenario (parts of a ceremony do not)
  bool synthetic = false;  // on a connection of Assay's own (health check)
  std::vector<Step> body;  // of repeat, serve, on, measure
};

/// The steps of a case. Variables other than parameters stay.
std::vector<Step> program_of(const Case& scenario_case);

/// One step by itself, told by a script. `accepted` are the names of connections that the device opened, kept from one
/// step to the next; so is the number of health checks.
std::vector<Step> program_of(const Element& step, std::set<std::string>& accepted, int& health_checks);

}  // namespace assay::scenario
