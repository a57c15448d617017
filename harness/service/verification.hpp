// Verification SCP (PS3.4 Annex A, PS3.7 9.1.5). Tests: tests/unit/service/provider_test.cpp
#pragma once

#include "harness/service/operation.hpp"

namespace assay::service {

/// Answers a C-ECHO-RQ: success, or 0122H when the SOP Class is not the one the context was accepted for.
dimse::Message answer_echo(const dimse::Message& request, const session::AcceptedContext& context);

class VerificationService final : public Service {
 public:
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override {
    return abstract_syntax == uids::Verification;
  }
  [[nodiscard]] bool has(std::string_view, dimse::CommandField request) const override {
    return request == dimse::CommandField::c_echo_rq;
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView&) override {
    return std::make_unique<SingleResponse>(answer_echo(request, context));
  }
};

}  // namespace assay::service
