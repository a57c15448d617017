// A store that keeps nothing, for who wants to see how fast instances come, not what is in them.
// Tests: tests/unit/service/store_test.cpp
#pragma once

#include "harness/service/store.hpp"

namespace assay::service {

class ForgetfulStore final : public InstanceStore {
 public:
  /// Always stored, and gone.
  PutResult put(Instance, bool) override { return PutResult::stored; }
  [[nodiscard]] InstancePtr find(std::string_view) const override { return nullptr; }
  [[nodiscard]] std::unique_ptr<EntityCursor> candidates(QueryLevel, const Scope&) const override {
    struct Nothing final : EntityCursor {
      std::optional<Entity> next() override { return std::nullopt; }
    };
    return std::make_unique<Nothing>();
  }
};

}  // namespace assay::service
