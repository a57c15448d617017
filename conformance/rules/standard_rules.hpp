// The rules of the standard, one file per clause family beside this one, gathered into one book.
// Tests: tests/unit/conformance/
#pragma once

#include <memory>

#include "harness/trace/rule.hpp"

namespace assay::conformance {

/// Every rule this version knows: PS3.8 9.2, 9.3, Annexes D and E; PS3.7 6, 9, 10, Annexes D and E; PS3.4 B, C, F, H,
/// J, K.
std::shared_ptr<const trace::RuleBook> standard_rules();

}  // namespace assay::conformance
