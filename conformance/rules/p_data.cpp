// P-DATA-TF against what was negotiated (PS3.8 9.3.5, D.1).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <array>
#include <bitset>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo too_long{"ps3.8/D.1/maximum-length-exceeded", "PS3.8 D.1", Severity::error,
                                   "A P-DATA-TF PDU is not longer than the maximum length that its receiver announced.",
                                   "Ask the vendor of the side named here to respect the maximum length of the other; "
                                   "until then raise the maximum PDU "
                                   "size in the settings of the receiving device."};
constexpr trace::RuleInfo not_accepted{
    "ps3.8/9.3.5.1/context-not-accepted", "PS3.8 9.3.5.1", Severity::error,
    "Data is sent only on Presentation Contexts that were accepted.",
    "Ask the vendor of the side named here to look at the answer for each Presentation Context; until then enable this "
    "SOP Class and transfer syntax on the device that refused it."};

constexpr trace::RuleInfo no_room{
    "ps3.8/D.1/maximum-length-without-room", "PS3.8 D.1", Severity::warning,
    "An announced maximum length leaves room for data: 0 for no limit, or at least 8.",
    "Raise the maximum PDU size in the settings of the side named here, to 16384 or more; as it stands nothing can be "
    "sent to it."};

/// Length, context ID and control header of a PDV (PS3.8 9.3.5.1), and the smallest even fragment.
constexpr std::uint32_t least_with_data = 8;

/// A stream of images that is wrong in every PDU is one fault; a few of them show the pattern.
constexpr std::size_t times_told = 5;

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen == nullptr || !seen->recognized) return;
    if (seen->pdu != nullptr) announced(*seen, reporter);
    if (!negotiated.established()) return;
    if (seen->type != static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) return;
    length(*seen, negotiated, reporter);
    contexts(*seen, negotiated, reporter);
  }

 private:
  static void announced(const trace::PduSeen& seen, trace::Reporter& reporter) {
    const pdu::AssociateBody* body = std::get_if<pdu::AAssociateRq>(seen.pdu.get());
    if (body == nullptr) body = std::get_if<pdu::AAssociateAc>(seen.pdu.get());
    const auto* information = body == nullptr ? nullptr : body->user_information();
    if (information == nullptr) return;
    const auto at = sub_item_positions(seen.bytes);
    for (std::size_t i = 0; i < information->sub_items.size() && i < at.size(); ++i) {
      const auto* item = std::get_if<pdu::MaximumLengthSubItem>(&information->sub_items[i]);
      if (item == nullptr) continue;
      if (item->maximum_length == 0 || item->maximum_length >= least_with_data) return;
      auto place = begin_of(seen);
      place.offset += at[i] + 4;
      reporter.report(finding(no_room, place, "user-information/maximum-length/value",
                              std::to_string(item->maximum_length), "0 (no limit), or at least 8"));
      return;  // a second one has a rule of its own
    }
  }

  void length(const trace::PduSeen& seen, const trace::Negotiated& negotiated, trace::Reporter& reporter) {
    const auto limit =
        (seen.from == Side::requestor ? negotiated.acceptor_maximum_length : negotiated.requestor_maximum_length)
            .value_or(0);
    auto& told = told_[static_cast<std::size_t>(seen.from)];
    if (limit == 0 || seen.length <= limit || told == times_told) return;
    ++told;
    auto place = begin_of(seen);
    place.offset += 2;
    reporter.report(finding(too_long, place, "length",
                            fmt::format("{}, which is {} too many", seen.length, seen.length - limit),
                            fmt::format("at most {}, as the {} announced", limit, name(trace::other(seen.from)))));
  }

  void contexts(const trace::PduSeen& seen, const trace::Negotiated& negotiated, trace::Reporter& reporter) {
    for (std::size_t i = 0; i < seen.values.size(); ++i) {
      const auto id = seen.values[i].context_id;
      auto& told = told_contexts_[static_cast<std::size_t>(seen.from)];
      // An even ID cannot have been negotiated; the decoder says so.
      if ((id & 1) == 0 || told.test(id) || accepted_context(negotiated, id) != nullptr) continue;
      told.set(id);
      // Who answers on a context that the other side used first only follows; what else it could do is not defined.
      if (told_contexts_[static_cast<std::size_t>(trace::other(seen.from))].test(id)) continue;
      const auto* context = negotiated.context(id);
      std::string found = fmt::format("context {}, ", id);
      if (context == nullptr) {
        found += "which was never proposed";
      } else if (!context->result) {
        found += "which was not answered";
      } else {
        found += fmt::format("which was refused with result {}", *context->result);
      }
      reporter.report(finding(not_accepted, {seen.from, seen.number, seen.value_offsets[i] + 4},
                              fmt::format("pdv[{}]/context-id", i + 1), std::move(found), "an accepted context"));
    }
  }

  std::array<std::size_t, 2> told_{};
  std::array<std::bitset<256>, 2> told_contexts_;
};

}  // namespace

void add_p_data_rules(trace::RuleBook& book) {
  book.add({{too_long, not_accepted, no_room}, [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
