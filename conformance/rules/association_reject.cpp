// A-ASSOCIATE-RJ: whether its reason can be true, and what the requestor does after it (PS3.8 9.3.4, 9.2.3 AE-4).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <optional>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo contradicts{"ps3.8/9.3.4/reject-contradicts-request", "PS3.8 9.3.4", Severity::warning,
                                      "The reason of a rejection fits the A-ASSOCIATE-RQ it answers.",
                                      "Do not trust the reason shown: look in the log of the rejecting device for the "
                                      "true one, often an unknown AE title "
                                      "or host, and ask its vendor to send the matching code."};
constexpr trace::RuleInfo holds_on{
    "ps3.8/9.2.3/rejected-connection-kept", "PS3.8 9.2.3", Severity::warning,
    "A requestor closes the connection when its A-ASSOCIATE-RQ was rejected.",
    "Ask the vendor of the calling device to close rejected connections at once; until then expect that refused calls "
    "use up connections of the other side until a timer ends them."};

/// Longer than any round trip and shorter than any ARTIM timer in use.
constexpr Duration patience = std::chrono::seconds(5);

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what)) {
      const auto* rj = seen->pdu == nullptr ? nullptr : std::get_if<pdu::AAssociateRj>(seen->pdu.get());
      if (rj == nullptr || seen->from != Side::acceptor || negotiated.established()) return;
      rejected_at_ = entry.at;
      rejected_in_ = seen->number;
      if (negotiated.rq != nullptr) reason(*rj, *negotiated.rq, *seen, reporter);
    } else if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what)) {
      if (!rejected_at_) return;
      if (closed->by == Side::acceptor && entry.at - *rejected_at_ >= patience) {
        reporter.report(finding(holds_on, {Side::requestor, rejected_in_, 0}, {},
                                "the connection still open when the acceptor closed it", "closed by the requestor"));
      }
      rejected_at_.reset();
    }
  }

 private:
  static void reason(const pdu::AAssociateRj& rj, const pdu::AAssociateRq& rq, const trace::PduSeen& seen,
                     trace::Reporter& reporter) {
    const bool version = rj.source == 2 && rj.reason == 2 && (rq.protocol_version & 1) != 0;
    const bool context = rj.source == 1 && rj.reason == 2 && rq.application_context() == uids::application_context;
    if (!version && !context) return;
    auto place = begin_of(seen);
    place.offset += 9;
    reporter.report(finding(contradicts, place, "reason", pdu::describe_reject(rj.result, rj.source, rj.reason),
                            version ? "another reason: the request has protocol version 1"
                                    : "another reason: the request names the DICOM application context"));
  }

  std::optional<Instant> rejected_at_;
  std::uint32_t rejected_in_ = 0;
};

}  // namespace

void add_reject_rules(trace::RuleBook& book) {
  book.add({{contradicts, holds_on}, [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
