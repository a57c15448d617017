// Storage commitment over real associations (PS3.4 Annex J): the SCU that asks and waits for the report wherever it
// comes, and the delivery of reports for an SCP. Tests: tests/loopback/peers_commitment_test.cpp
#pragma once

#include "harness/service/commitment.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

struct CommitRequest {
  service::CommitmentRequest request;        // an empty Transaction UID is filled in
  Duration wait = std::chrono::seconds(30);  // for the report, from the N-ACTION-RSP on
  /// How long the association is kept open for a report on it, when one may come elsewhere as well; without a listener
  /// it is kept for `wait`.
  Duration hold = std::chrono::seconds(2);
  std::optional<std::uint16_t> listen;      // port for reports on associations of their own; 0 = a free one
  std::string listen_setting = "--listen";  // what a person changes to get another port
  std::string listen_address = "127.0.0.1";
  std::shared_ptr<const TlsContext> listen_tls;
  std::function<void(std::uint16_t)> on_listening;
  std::function<void(std::string)> log;
};

struct CommitResult {
  RequestorResult association;  // the one of the N-ACTION
  service::CommitmentRequest request;
  std::optional<service::CommitmentReport> report;
  std::uint16_t event_type = 0;
  bool on_same_association = false;
  bool took_request = false;  // N-ACTION-RSP with success
  /// What was wrong with it, in words: contradictions between request and report, a role that was not negotiated,
  /// reports of other transactions.
  std::vector<std::string> faults;
  std::string failure;  // why there is no report; with what to do
};

/// Asks for commitment and waits for the report. `done` is called once, from the loop. An error where the listener
/// cannot be opened.
std::expected<void, std::string> async_commit(Loop& loop, const RequestorOptions& options, CommitRequest request,
                                              std::function<void(CommitResult)> done);

struct ReportDelivery {
  unsigned attempts = 3;
  Duration pause = std::chrono::seconds(5);  // between them
};
/// Delivers reports to the entities of a table, each on an association of its own in which we are SCP by
/// role selection. What cannot be delivered is tried again. The loop outlives it.
service::SendReport report_to(Loop& loop, std::shared_ptr<const DestinationTable> table, RequestorOptions options,
                              ReportDelivery delivery = {}, std::function<void(std::string)> log = {});

/// Calls back from the loop after a while. The loop outlives it.
service::Later later_on(Loop& loop);

/// A UID that nobody else makes (PS3.5 B.2).
std::string fresh_uid();

}  // namespace assay::peers
