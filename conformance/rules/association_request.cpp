// The A-ASSOCIATE-RQ in itself, beyond what its decoder sees item by item (PS3.8 9.3.2, PS3.7 D.3.3, PS3.5 10.1).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <map>
#include <set>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo other_application_context{
    "ps3.8/9.3.2.1/application-context-not-dicom", "PS3.8 9.3.2.1", Severity::note,
    "The application context name is the one DICOM name.",
    "Ask the vendor of the calling device which application context it means; most devices refuse any other than "
    "1.2.840.10008.3.1.1.1."};
constexpr trace::RuleInfo default_syntax{
    "ps3.5/10.1/default-transfer-syntax-offered", "PS3.5 10.1", Severity::note,
    "Implicit VR Little Endian is offered for each abstract syntax, unless only compressed data exists.",
    "Switch on Implicit VR Little Endian on the calling device; without it a partner that knows only the default "
    "syntax "
    "cannot talk to it."};
constexpr trace::RuleInfo role_without_context{
    "ps3.7/D.3.3.4/role-without-context", "PS3.7 D.3.3.4", Severity::warning,
    "Role selection speaks of SOP Classes that the same request proposes.",
    "Ask the vendor of the calling device to propose a Presentation Context for this SOP Class, or to drop the role "
    "selection for it."};
constexpr trace::RuleInfo extended_without_context{
    "ps3.7/D.3.3.5/extended-negotiation-without-context", "PS3.7 D.3.3.5", Severity::warning,
    "Extended negotiation speaks of SOP Classes that the same request proposes.",
    "Ask the vendor of the calling device to propose a Presentation Context for this SOP Class, or to drop the "
    "extended "
    "negotiation for it."};

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen == nullptr || seen->pdu == nullptr || negotiated.rq == nullptr) return;
    const auto* rq = std::get_if<pdu::AAssociateRq>(seen->pdu.get());
    if (rq == nullptr || rq != negotiated.rq.get()) return;
    const auto items = item_positions(seen->bytes);
    application_context(*rq, *seen, items, reporter);
    const auto proposed = syntaxes(*rq, *seen, items, reporter);
    sub_items(*rq, *seen, proposed, reporter);
  }

 private:
  static void application_context(const pdu::AAssociateRq& rq, const trace::PduSeen& seen,
                                  const std::vector<std::size_t>& items, trace::Reporter& reporter) {
    for (std::size_t i = 0; i < rq.items.size() && i < items.size(); ++i) {
      const auto* item = std::get_if<pdu::ApplicationContextItem>(&rq.items[i]);
      if (item == nullptr) continue;
      // Padding, which has a rule of its own, does not make it another name.
      const auto trimmed = trimmed_uid(item->name);
      if (!trimmed.empty() && trimmed != uids::application_context) {
        auto place = begin_of(seen);
        place.offset += items[i] + 4;
        reporter.report(finding(other_application_context, place, "application-context/name", quoted(item->name),
                                std::string(uids::application_context)));
      }
      return;
    }
  }

  /// The set of proposed abstract syntaxes; complains once for each that lacks the default transfer syntax.
  static std::set<std::string_view> syntaxes(const pdu::AAssociateRq& rq, const trace::PduSeen& seen,
                                             const std::vector<std::size_t>& items, trace::Reporter& reporter) {
    struct Offer {
      std::size_t at = 0;
      std::size_t number = 0;
      bool uncompressed = false;  // an uncompressed syntax is on offer, so the data can be sent uncompressed
      bool has_default = false;
    };
    std::map<std::string_view, Offer> offers;
    std::size_t number = 0;
    for (std::size_t i = 0; i < rq.items.size() && i < items.size(); ++i) {
      const auto* context = std::get_if<pdu::PresentationContextItemRq>(&rq.items[i]);
      if (context == nullptr) continue;
      ++number;
      auto& offer = offers[trimmed_uid(context->abstract_syntax())];
      if (offer.number == 0) {
        offer.at = items[i];
        offer.number = number;
      }
      for (const auto padded : context->transfer_syntaxes()) {
        const auto syntax = trimmed_uid(padded);
        offer.has_default = offer.has_default || syntax == uids::ImplicitVRLittleEndian;
        offer.uncompressed = offer.uncompressed || syntax == uids::ExplicitVRLittleEndian ||
                             syntax == uids::ExplicitVRBigEndian || syntax == uids::DeflatedExplicitVRLittleEndian;
      }
    }
    std::set<std::string_view> proposed;
    for (const auto& [abstract, offer] : offers) {
      proposed.insert(abstract);
      if (offer.has_default || !offer.uncompressed || abstract.empty()) continue;
      auto place = begin_of(seen);
      place.offset += offer.at;
      reporter.report(finding(default_syntax, place, fmt::format("presentation-context[{}]", offer.number),
                              fmt::format("no Implicit VR Little Endian for {}", quoted(dict::uid_name(abstract))),
                              std::string(uids::ImplicitVRLittleEndian) + " in some context of this abstract syntax"));
    }
    return proposed;
  }

  static void sub_items(const pdu::AAssociateRq& rq, const trace::PduSeen& seen,
                        const std::set<std::string_view>& proposed, trace::Reporter& reporter) {
    const auto* information = rq.user_information();
    if (information == nullptr) return;
    const auto at = sub_item_positions(seen.bytes);
    std::size_t roles = 0;
    std::size_t extended = 0;
    const auto complain = [&](const trace::RuleInfo& info, std::size_t index, std::string field, std::string_view uid) {
      if (proposed.contains(trimmed_uid(uid))) return;
      auto place = begin_of(seen);
      place.offset += at[index];
      reporter.report(finding(info, place, std::move(field), quoted(dict::uid_name(uid)),
                              "a SOP Class that a Presentation Context of this request proposes"));
    };
    for (std::size_t i = 0; i < information->sub_items.size() && i < at.size(); ++i) {
      if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&information->sub_items[i])) {
        complain(role_without_context, i, fmt::format("user-information/role-selection[{}]/uid", ++roles),
                 role->sop_class_uid);
      } else if (const auto* item = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&information->sub_items[i])) {
        complain(extended_without_context, i,
                 fmt::format("user-information/sop-class-extended-negotiation[{}]/uid", ++extended),
                 item->sop_class_uid);
      }
    }
  }
};

}  // namespace

void add_request_rules(trace::RuleBook& book) {
  book.add({{other_application_context, default_syntax, role_without_context, extended_without_context},
            [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
