// Storage Commitment Push Model without I/O (PS3.4 Annex J): the SCP that is asked and reports, and what the SCU makes
// of the report. Tests: tests/unit/service/commitment_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/service/operation.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

/// A SOP Instance that somebody is to be responsible for.
struct InstanceReference {
  std::string sop_class_uid;
  std::string sop_instance_uid;
  auto operator<=>(const InstanceReference&) const = default;
};

struct CommitmentFailure {
  InstanceReference instance;
  std::uint16_t reason = 0;  // (0008,1197), PS3.3 C.14.1.1
};

/// What an N-ACTION asks for (PS3.4 Table J.3-1).
struct CommitmentRequest {
  std::string transaction_uid;
  std::vector<InstanceReference> instances;  // each once
};

/// What an N-EVENT-REPORT says (PS3.4 Table J.3-2).
struct CommitmentReport {
  std::string transaction_uid;
  std::string retrieve_ae_title;  // empty = not given
  std::vector<InstanceReference> committed;
  std::vector<CommitmentFailure> failed;

  /// 1 all are committed, 2 failures exist.
  [[nodiscard]] std::uint16_t event_type() const { return failed.empty() ? 1 : 2; }
};

dataset::DataSet action_information(const CommitmentRequest& request);
dataset::DataSet event_information(const CommitmentReport& report);

/// Why a request or report was refused: a status of PS3.7 Annex C.
struct CommitmentError {
  std::uint16_t status = 0;
  std::optional<Tag> offending;
  std::string comment;
};
/// Reads the Data Set of an N-ACTION-RQ, of an N-EVENT-REPORT-RQ: 0110H it cannot be read, 0115H a value is missing or
/// is no UID, 0213H more instances than `most`. A report need not fit its Event Type to be read.
std::expected<CommitmentRequest, CommitmentError> read_commitment_request(const dimse::Message& request,
                                                                          std::string_view transfer_syntax,
                                                                          std::size_t most);
std::expected<CommitmentReport, CommitmentError> read_commitment_report(const dimse::Message& request,
                                                                        std::string_view transfer_syntax,
                                                                        std::size_t most);

/// "0112H: no such object instance" and what to do about it, for people.
std::string failure_reason_text(std::uint16_t reason);
std::string failure_reason_advice(std::uint16_t reason);

/// What does not fit between a request and its report: a Transaction UID of somebody else, instances that were not
/// asked for, named twice or left out, an Event Type against the lists. Empty: all fits (PS3.4 J.3.3.1).
std::vector<std::string> contradictions(const CommitmentRequest& request, const CommitmentReport& report,
                                        std::uint16_t event_type);

/// A report that goes over an association of its own.
struct ReportJob {
  std::string destination;  // AE title of who asked
  CommitmentReport report;
  std::function<void(bool delivered)> done;  // called once
};
/// Begins to deliver a report, trying again as often as it sees fit. False: there is no such destination.
using SendReport = std::function<bool(ReportJob)>;
/// Calls back after a while.
using Later = std::function<void(Duration, std::function<void()>)>;

enum class ReportWay : std::uint8_t {
  same_association,  // the one of the request while it is there, else a new one
  new_association,
  never,
};

struct CommitmentOptions {
  ReportWay way = ReportWay::same_association;
  Duration delay{0};                     // between N-ACTION-RSP and the report; needs `later`
  std::size_t fail_every = 0;            // each Nth instance fails with 0110H, whatever the store has; 0 = none
  bool foreign_transaction = false;      // reports a Transaction UID that nobody gave
  std::string retrieve_ae_title;         // empty = not told
  std::size_t max_instances = 100'000;   // of one request
  std::size_t max_transactions = 1'000;  // not reported yet; more are refused with 0213H
  SendReport send;                       // empty: no report leaves on a new association
  Later later;                           // empty: no delay
  std::function<void(std::string)> log;  // a report that reached nobody
};

/// Storage Commitment SCP over a store: commits to what the store has under the class that was named, at the time of
/// the report. Failure Reasons: 0112H not there, 0119H of another class, 0131H Transaction UID still in use.
class CommitmentService final : public Service {
 public:
  /// The store outlives it.
  explicit CommitmentService(const InstanceStore& store, CommitmentOptions options = {});
  ~CommitmentService() override;
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override;
  [[nodiscard]] bool has(std::string_view, dimse::CommandField request) const override {
    return request == dimse::CommandField::n_action_rq;
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;
  /// How requests that come from here on are reported.
  void change(ReportWay way, Duration delay, std::size_t fail_every);

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

/// The SCU where reports come in: takes N-EVENT-REPORT of the Storage Commitment Push Model.
class CommitmentReportService final : public Service {
 public:
  /// Told of a report; gives the status to answer with. `requestor_is_scp`: whether the role was negotiated as it must
  /// be where the reporting side opened the association (PS3.4 J.3.3, PS3.7 D.3.3.4).
  using Take = std::function<std::uint16_t(CommitmentReport report, std::uint16_t event_type, bool requestor_is_scp)>;
  explicit CommitmentReportService(Take take, std::size_t max_instances = 100'000)
      : take_(std::move(take)), max_instances_(max_instances) {}
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override;
  [[nodiscard]] bool has(std::string_view, dimse::CommandField request) const override {
    return request == dimse::CommandField::n_event_report_rq;
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;

 private:
  Take take_;
  std::size_t max_instances_;
};

/// The response to an N-EVENT-REPORT-RQ of this service; `take` as above decides when the request is right in itself:
/// 0112H not the well-known instance, 0113H no such event type, else as read_commitment_report() has it.
dimse::Message answer_commitment_report(const dimse::Message& request, const session::AcceptedContext& context,
                                        const CommitmentReportService::Take& take, std::size_t max_instances);

}  // namespace assay::service
