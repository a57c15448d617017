// Verification SCP (PS3.4 Annex A, PS3.7 9.1.5). Tests: tests/unit/service/provider_test.cpp
#pragma once

#include "harness/dimse/message.hpp"
#include "harness/session/session.hpp"

namespace assay::service {

/// Answers a C-ECHO-RQ: success, or 0122H when the SOP Class is not the one the context was accepted for.
dimse::Message answer_echo(const dimse::Message& request, const session::AcceptedContext& context);

}  // namespace assay::service
