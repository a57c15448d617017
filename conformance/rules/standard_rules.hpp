// The rules of the standard, one file per clause family beside this one, gathered into one book.
// Tests: tests/unit/conformance/
#pragma once

#include <cstdint>
#include <memory>

#include "harness/trace/rule.hpp"

namespace assay::conformance {

/// Every rule this version knows: PS3.8 9.2, 9.3, Annexes D and E; PS3.7 6, 9, 10, Annexes D and E; PS3.4 B, C, F, H,
/// J, K.
std::shared_ptr<const trace::RuleBook> standard_rules();

/// Which objects of a connection are held to their IOD (PS3.3 A). A CT image takes 0.1 ms.
enum class ObjectsJudged : std::uint8_t {
  none,
  new_kinds,  // the first of those that are alike but for names, dates and numbers: for who moves thousands
  each,
};

/// The same, with the objects of C-STOREs held to their IOD.
std::shared_ptr<const trace::RuleBook> standard_rules(ObjectsJudged which);

}  // namespace assay::conformance
