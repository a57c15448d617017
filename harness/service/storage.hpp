// Storage SCP decisions (PS3.4 B.2.3): what the command, the Data Set and the presentation context say must agree.
// Tests: tests/unit/service/storage_test.cpp
#pragma once

#include "harness/service/operation.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

enum class DuplicatePolicy : std::uint8_t {
  replace,  // success, the new one stays
  keep,     // success, the old one stays
  refuse,   // C001H, the old one stays
};

struct StorageOptions {
  DuplicatePolicy duplicates = DuplicatePolicy::replace;
  bool mismatch_is_warning = false;  // B007H and stored, instead of A900H and refused
};

/// The response to a C-STORE-RQ: 0000H; A700H out of resources; A900H when SOP Class or Instance UID of command,
/// Data Set and context differ (B007H if so configured); C000H when the Data Set cannot be understood; 0122H when
/// the SOP Class is not the context's. Failures carry Error Comment and, where one is to blame, Offending Element.
dimse::Message answer_store(dimse::Message request, const session::AcceptedContext& context, InstanceStore& store,
                            const StorageOptions& options = {});

/// Whatever stands behind it when no other service does: every Storage SOP Class, private ones included.
class StorageService final : public Service {
 public:
  /// The store outlives it.
  explicit StorageService(InstanceStore& store, StorageOptions options = {}) : store_(&store), options_(options) {}
  [[nodiscard]] bool serves(std::string_view) const override { return true; }
  [[nodiscard]] bool has(std::string_view, dimse::CommandField request) const override {
    return request == dimse::CommandField::c_store_rq;
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView&) override {
    return std::make_unique<SingleResponse>(answer_store(std::move(request), context, *store_, options_));
  }

 private:
  InstanceStore* store_;
  StorageOptions options_;
};

}  // namespace assay::service
