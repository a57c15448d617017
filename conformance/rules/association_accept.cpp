// What the A-ASSOCIATE-AC answers to the presentation contexts, and what it returns (PS3.8 9.3.3).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo unanswered{
    "ps3.8/9.3.3.2/context-not-answered", "PS3.8 9.3.3.2", Severity::error,
    "Every proposed Presentation Context is answered in the A-ASSOCIATE-AC.",
    "Ask the vendor of the accepting device to answer each Presentation Context; until then switch off the unanswered "
    "SOP Classes on the calling device."};
constexpr trace::RuleInfo never_proposed{"ps3.8/9.3.3.2/context-never-proposed", "PS3.8 9.3.3.2", Severity::error,
                                         "The A-ASSOCIATE-AC answers only Presentation Contexts that were proposed.",
                                         "Ask the vendor of the accepting device to answer with the context IDs of the "
                                         "request; the calling device cannot use "
                                         "this one."};
constexpr trace::RuleInfo syntax_not_proposed{
    "ps3.8/9.3.3.2/transfer-syntax-not-proposed", "PS3.8 9.3.3.2", Severity::error,
    "The transfer syntax of an accepted context is one of those proposed for it.",
    "Ask the vendor of the accepting device to choose among the offered transfer syntaxes; until then restrict it to "
    "Implicit VR Little Endian in its settings."};
constexpr trace::RuleInfo called_changed{
    "ps3.8/9.3.3/called-ae-title-returned", "PS3.8 9.3.3", Severity::note,
    "The A-ASSOCIATE-AC returns the called AE title of the request.",
    "Nothing to do unless the calling device complains: the field is not to be tested."};
constexpr trace::RuleInfo calling_changed{
    "ps3.8/9.3.3/calling-ae-title-returned", "PS3.8 9.3.3", Severity::note,
    "The A-ASSOCIATE-AC returns the calling AE title of the request.",
    "Nothing to do unless the calling device complains: the field is not to be tested."};
constexpr trace::RuleInfo reserved_changed{
    "ps3.8/9.3.3/reserved-returned", "PS3.8 9.3.3", Severity::note,
    "The A-ASSOCIATE-AC returns the 32 reserved bytes of the request.",
    "Nothing to do unless the calling device complains: the field is not to be tested."};
constexpr trace::RuleInfo application_context_changed{
    "ps3.8/9.3.3.1/application-context-returned", "PS3.8 9.3.3.1", Severity::note,
    "The A-ASSOCIATE-AC names the application context of the request.",
    "Ask the vendor of the accepting device why it names another application context; calling devices may give up."};

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen == nullptr || seen->pdu == nullptr || negotiated.ac == nullptr) return;
    const auto* ac = std::get_if<pdu::AAssociateAc>(seen->pdu.get());
    if (ac == nullptr || ac != negotiated.ac.get()) return;
    contexts(*ac, *seen, negotiated, reporter);
    returned(*ac, *negotiated.rq, *seen, reporter);
  }

 private:
  static void contexts(const pdu::AAssociateAc& ac, const trace::PduSeen& seen, const trace::Negotiated& negotiated,
                       trace::Reporter& reporter) {
    std::array<std::uint32_t, 256> proposed{};
    for (const auto* context : negotiated.rq->contexts()) ++proposed[context->id];
    std::array<std::uint32_t, 256> answered{};
    const auto at = item_positions(seen.bytes);
    std::size_t number = 0;
    for (std::size_t i = 0; i < ac.items.size() && i < at.size(); ++i) {
      const auto* context = std::get_if<pdu::PresentationContextItemAc>(&ac.items[i]);
      if (context == nullptr) continue;
      ++number;
      auto place = begin_of(seen);
      place.offset += at[i];
      // A second answer and an even ID are the decoder's to report.
      if (++answered[context->id] > 1 || (context->id & 1) == 0) continue;
      const auto field = fmt::format("presentation-context[{}]", number);
      if (proposed[context->id] == 0) {
        place.offset += 4;
        reporter.report(
            finding(never_proposed, place, field + "/id", std::to_string(context->id), "an ID of the request"));
      } else if (proposed[context->id] == 1 && context->result == 0) {
        transfer_syntax(*context, *negotiated.context(context->id), place, field, reporter);
      }
    }
    std::string missing;
    for (std::size_t id = 1; id < proposed.size(); id += 2) {
      if (proposed[id] != 1 || answered[id] != 0) continue;
      if (!missing.empty()) missing += ", ";
      missing += std::to_string(id);
    }
    if (missing.empty()) return;
    reporter.report(finding(unanswered, begin_of(seen), "presentation-context", "no answer for context " + missing,
                            "one answer for each proposed context"));
  }

  static void transfer_syntax(const pdu::PresentationContextItemAc& context, const trace::Negotiated::Context& proposal,
                              StreamPlace place, const std::string& field, trace::Reporter& reporter) {
    const auto count = std::count_if(context.sub_items.begin(), context.sub_items.end(), [](const auto& item) {
      return std::holds_alternative<pdu::TransferSyntaxSubItem>(item);
    });
    if (count != 1) return;  // the decoder's to report
    const auto chosen = trimmed_uid(context.transfer_syntax());
    for (const auto& syntax : proposal.proposed)
      if (trimmed_uid(syntax) == chosen) return;
    place.offset += 8;
    reporter.report(
        finding(syntax_not_proposed, place, field + "/transfer-syntax", quoted(dict::uid_name(chosen)),
                fmt::format("one of the {} proposed for context {}", proposal.proposed.size(), context.id)));
  }

  static void returned(const pdu::AAssociateAc& ac, const pdu::AAssociateRq& rq, const trace::PduSeen& seen,
                       trace::Reporter& reporter) {
    const auto at = [&](std::size_t position) {
      auto place = begin_of(seen);
      place.offset += position;
      return place;
    };
    if (ac.called_ae_title != rq.called_ae_title) {
      reporter.report(finding(called_changed, at(10), "called-ae-title", quoted(ac.called_ae_title),
                              quoted(rq.called_ae_title) + ", though receivers do not test it"));
    }
    if (ac.calling_ae_title != rq.calling_ae_title) {
      reporter.report(finding(calling_changed, at(26), "calling-ae-title", quoted(ac.calling_ae_title),
                              quoted(rq.calling_ae_title) + ", though receivers do not test it"));
    }
    if (ac.reserved != rq.reserved) {
      reporter.report(finding(reserved_changed, at(42), "reserved-3", "other bytes than in the request",
                              "the 32 bytes of the request, though receivers do not test them"));
    }
    const auto mine = trimmed_uid(ac.application_context());
    if (!mine.empty() && mine != trimmed_uid(rq.application_context())) {
      reporter.report(finding(application_context_changed, at(74), "application-context/name", quoted(mine),
                              quoted(rq.application_context())));
    }
  }
};

}  // namespace

void add_accept_rules(trace::RuleBook& book) {
  book.add({{unanswered, never_proposed, syntax_not_proposed, called_changed, calling_changed, reserved_changed,
             application_context_changed},
            [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
