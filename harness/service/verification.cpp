// Verification SCP. Tests: tests/unit/service/provider_test.cpp
#include "harness/service/verification.hpp"

#include "harness/service/answer.hpp"

namespace assay::service {

dimse::Message answer_echo(const dimse::Message& request, const session::AcceptedContext& context) {
  if (request.command.sop_class_uid() != context.abstract_syntax)
    return answer(request, 0x0122, "SOP Class is not the one of the context", tags::AffectedSOPClassUID);
  return answer(request, 0x0000);
}

}  // namespace assay::service
