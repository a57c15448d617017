// The SCP of the Modality Performed Procedure Step and of its Retrieve SOP Class (PS3.4 F.7, F.8): N-CREATE, N-SET and
// N-GET over steps that live in memory and may be looked at and edited while they do.
// Tests: tests/unit/service/mpps_test.cpp
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"
#include "harness/service/mpps_attributes.hpp"
#include "harness/service/operation.hpp"

namespace assay::service {

using StepPtr = std::shared_ptr<const dataset::DataSet>;

/// What happened to a step.
struct StepChange {
  std::string sop_instance_uid;
  std::optional<StepState> before;  // none: it was created
  StepState after = StepState::in_progress;
  std::string who;  // AE title; empty: it was edited from here
  StepPtr step;     // as it is now
};

class PerformedSteps {
 public:
  /// Called before the answer that acknowledges a change. The error, one sentence, refuses it: nothing is changed then.
  using Keep = std::function<std::expected<void, std::string>(const StepChange&)>;

  Keep keep;                                         // may be empty
  std::function<void(const StepChange&)> on_change;  // after it; may be empty
  // What callers may fill; more are refused.
  std::size_t max_steps = 100'000;
  std::size_t max_bytes = std::size_t{256} << 20;

  [[nodiscard]] const std::map<std::string, StepPtr, std::less<>>& all() const { return steps_; }
  [[nodiscard]] StepPtr find(std::string_view sop_instance_uid) const;
  [[nodiscard]] bool full() const { return steps_.size() >= max_steps || bytes_ >= max_bytes; }
  /// Creates or replaces a step, whatever its state: the SCP may (F.7.2.2.3). Nothing is checked. Error: not kept.
  std::expected<void, std::string> put(std::string_view sop_instance_uid, dataset::DataSet step, std::string who = {});
  bool erase(std::string_view sop_instance_uid);

 private:
  std::map<std::string, StepPtr, std::less<>> steps_;
  std::size_t bytes_ = 0;
};

/// The step with the attributes of the modification list in place of its own. Where both speak different character
/// sets, the result is in UTF-8 (PS3.4 F.7.2.2.3).
dataset::DataSet merged_step(const dataset::DataSet& step, const dataset::DataSet& modifications);

struct MppsOptions {
  /// Only attributes that N-CREATE brought may be set (note 3 of Table F.7.2-1): others are refused with 0105H.
  bool created_attributes_only = false;
  /// For an N-CREATE without Affected SOP Instance UID.
  std::function<std::string()> make_uid;  // empty: UIDs below 2.25 that count up
};

class MppsService final : public Service {
 public:
  /// The steps outlive it.
  explicit MppsService(PerformedSteps& steps, MppsOptions options = {});
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override;
  [[nodiscard]] bool has(std::string_view abstract_syntax, dimse::CommandField request) const override;
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;

 private:
  dimse::Message create(const dimse::Message& request, const session::AcceptedContext& context,
                        const AssociationView& association);
  dimse::Message set(const dimse::Message& request, const session::AcceptedContext& context,
                     const AssociationView& association);
  [[nodiscard]] dimse::Message get(const dimse::Message& request, const session::AcceptedContext& context) const;

  PerformedSteps* steps_;
  MppsOptions options_;
  std::uint64_t made_ = 0;
};

}  // namespace assay::service
