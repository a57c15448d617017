// What the observer itself finds: the state machine of PS3.8 9.2.3 run from outside for each side, the framing of
// 9.3.1, the end of the connection. Tests: tests/unit/conformance/planted_faults_test.cpp, tests/unit/observe/
#include <array>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr std::array<trace::RuleInfo, 11> infos{{
    {"ps3.8/9.2.3/pdu-not-allowed", "PS3.8 9.2.3", Severity::error,
     "A side sends only PDUs that Table 9-10 allows in a state it may be in.",
     "Ask the vendor of the side named here to follow the order of association, data, release; a log of both devices "
     "from this second shows what made it send this PDU."},
    {"ps3.8/9.2.3/reaction-missing", "PS3.8 9.2.3", Severity::error,
     "A PDU that Table 9-10 answers with an abort is answered with an abort.",
     "Ask the vendor of the side named here to abort when a PDU comes that is not allowed; going on hides the fault of "
     "the other side."},
    {"ps3.8/9.2.3/closed-without-release-or-abort", "PS3.8 9.2.3", Severity::warning,
     "An association ends by A-RELEASE or A-ABORT, not by closing the connection.",
     "Look for a crash, a time-out or a firewall that cuts idle connections on the side named here; if it closes on "
     "purpose, ask its vendor to send an A-ABORT first."},
    {"ps3.8/9.2.3/closed-without-answer", "PS3.8 9.2.3", Severity::warning,
     "An A-ASSOCIATE-RQ is answered, or the association is aborted, before the connection is closed.",
     "Look in the log of the side named here for the reason: an unknown AE title, a licence limit or a crash; ask its "
     "vendor to send an A-ASSOCIATE-RJ that says so."},
    {"ps3.8/9.2.3/closed-while-waiting", "PS3.8 9.2.3", Severity::warning,
     "A requestor that no longer waits for the answer to its A-ASSOCIATE-RQ aborts before it closes the connection.",
     "Raise the association time-out of the calling device if the other side is slow; ask its vendor to send an "
     "A-ABORT "
     "when it gives up."},
    {"ps3.8/9.3.1/pdu-type-unknown", "PS3.8 9.3.1", Severity::error,
     "The first byte of a PDU is a PDU type, 01H to 07H.",
     "Check that address and port belong to a DICOM service and that both sides agree on TLS; if they do, ask the "
     "vendor "
     "of the side named here why its stream is out of step."},
    {"ps3.8/9.3.1/pdu-length-beyond-reason", "PS3.8 9.3.1", Severity::error,
     "The PDU-length field holds the number of bytes that follow.",
     "Check that address and port belong to a DICOM service; if they do, ask the vendor of the side named here to "
     "correct "
     "the PDU length."},
    {"ps3.8/9.3.1/pdu-cut-short", "PS3.8 9.3.1", Severity::error, "A PDU that was begun is sent to its end.",
     "Look for a crash, a full disk or a broken network path on the side named here; what it was sending has not "
     "arrived."},
    {"ps3.8/E.2/message-cut-short", "PS3.8 E.2", Severity::error,
     "A message that was begun is sent to its last fragment before the association is released.",
     "Ask the vendor of the side named here to finish or abort a transfer instead of releasing in its middle; treat "
     "the "
     "object it was sending as not stored."},
    {"ps3.8/9.3.1/pdu-never-completed", "PS3.8 9.3.1", Severity::warning,
     "A PDU that was begun is sent to its end without a pause that makes the other side give up.",
     "Ask the vendor of the side named here whether its PDU length counts the bytes it sends; if it does, look for "
     "what "
     "stopped it: a slow disk, a hanging program or a network path that loses large packets."},
    {"ps3.8/E.2/message-never-completed", "PS3.8 E.2", Severity::warning,
     "A message that was begun is sent to its last fragment without a pause that makes the other side give up.",
     "Ask the vendor of the side named here whether it marks the last fragment; if it does, look for what stopped it "
     "in "
     "the middle of the transfer."},
}};

}  // namespace

void add_observer_rules(trace::RuleBook& book) { book.describe(infos); }

}  // namespace assay::conformance
