// Single faults in the messages of every service: correct conversations, and every variant of them with one message,
// one command element or one element of a Data Set changed. service_score_test.cpp runs them.
#pragma once

#include "mutation.hpp"

namespace assay::test {

/// A message to a step, in Implicit VR Little Endian.
const std::vector<Correct>& service_conversations();

/// Variants of every message between association and release. `pdu` names the message ("C-FIND-RSP pending"), `field`
/// the element ("(0000,0900)", "data/(0008,0052)", "data/(0040,0100)/(0008,0060)") or "message".
void each_service_variant(const Correct& correct, const std::function<bool(const Variant&)>& wanted,
                          const std::function<void(const Variant&)>& take);

}  // namespace assay::test
