// Instance Availability Notification: what is told to be where (PS3.4 R.3.2.1).
// Tests: tests/unit/conformance/service_tables_test.cpp
#include "conformance/rules/exchange.hpp"
#include "conformance/rules/service_tables.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo missing{
    "ps3.4/R.3.2.1/attribute-missing", "PS3.4 R.3.2.1, Table R.3.2-1", Severity::error,
    "A notification tells of which study and series an instance is, whether it is available and from whom.",
    "Ask the vendor of the notifying device to complete it; nobody can fetch what it tells of."};
constexpr trace::RuleInfo state{
    "ps3.4/R.3.2.1/availability-state", "PS3.4 R.3.2.1, PS3.3 C.4.23", Severity::error,
    "An instance is ONLINE, NEARLINE, OFFLINE or UNAVAILABLE.",
    "Ask the vendor of the notifying device to send a state of the standard; others mean nothing to the receiver."};

constexpr std::string_view notification = "1.2.840.10008.5.1.4.33";

class Availability final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    if (heard.operation.abstract_syntax != notification || heard.data == nullptr) return;
    if (heard.operation.command != CommandField::n_create_rq) return;
    const auto root = heard.data->root();
    if (Needs(missing, heard.seen, reporter).unmet(root, rows_of(ServiceTable::availability))) return;
    for (const auto& series : root.items(tags::ReferencedSeriesSequence)) {
      for (const auto& item : series.items(tags::ReferencedSOPSequence)) {
        const auto said = item.text(tags::InstanceAvailability);
        if (said == "ONLINE" || said == "NEARLINE" || said == "OFFLINE" || said == "UNAVAILABLE") continue;
        reporter.report(finding(state, place_of_element(heard.seen, item, tags::InstanceAvailability),
                                label(tags::ReferencedSeriesSequence) + " > " +
                                    path(tags::ReferencedSOPSequence, tags::InstanceAvailability),
                                shown(item, tags::InstanceAvailability), "ONLINE, NEARLINE, OFFLINE or UNAVAILABLE"));
        return;
      }
    }
  }
};

}  // namespace

JudgeKind availability_judge() {
  return {{missing, state}, []() -> std::unique_ptr<Judge> { return std::make_unique<Availability>(); }};
}

}  // namespace assay::conformance
