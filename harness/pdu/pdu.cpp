#include "harness/pdu/pdu.hpp"

#include <array>

#include "harness/pdu/report.hpp"

namespace assay::pdu {
namespace {

template <typename Item, typename Items>
std::string_view first_name(const Items& items) {
  for (const auto& item : items)
    if (const auto* found = std::get_if<Item>(&item)) return found->name;
  return {};
}

template <typename Item>
std::vector<const Item*> all_of(const std::vector<AssociateItem>& items) {
  std::vector<const Item*> out;
  out.reserve(items.size());
  for (const auto& item : items)
    if (const auto* found = std::get_if<Item>(&item)) out.push_back(found);
  return out;
}

std::string undefined(std::string_view what, std::uint8_t value) {
  return std::string("undefined ").append(what).append(" ").append(std::to_string(value));
}

/// Reasons of PS3.8 Table 9-21; empty when reserved.
std::string_view reject_reason(std::uint8_t source, std::uint8_t reason) {
  if (source == 1) {
    switch (reason) {
      case 1: return "no-reason-given";
      case 2: return "application-context-name-not-supported";
      case 3: return "calling-AE-title-not-recognized";
      case 7: return "called-AE-title-not-recognized";
      default: return {};
    }
  }
  if (source == 2) {
    if (reason == 1) return "no-reason-given";
    if (reason == 2) return "protocol-version-not-supported";
  }
  if (source == 3) {
    if (reason == 1) return "temporary-congestion";
    if (reason == 2) return "local-limit-exceeded";
  }
  return {};
}

}  // namespace

std::string pdu_name(std::uint8_t type) {
  static constexpr std::array<std::string_view, 8> names{
      "", "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF", "A-RELEASE-RQ", "A-RELEASE-RP", "A-ABORT"};
  if (type == 0 || type >= names.size()) return "unknown PDU type " + detail::hex8(type);
  return std::string(names[type]);
}

std::string_view PresentationContextItemRq::abstract_syntax() const {
  return first_name<AbstractSyntaxSubItem>(sub_items);
}

std::vector<std::string_view> PresentationContextItemRq::transfer_syntaxes() const {
  std::vector<std::string_view> out;
  for (const auto& item : sub_items)
    if (const auto* found = std::get_if<TransferSyntaxSubItem>(&item)) out.emplace_back(found->name);
  return out;
}

std::string_view PresentationContextItemAc::transfer_syntax() const {
  return first_name<TransferSyntaxSubItem>(sub_items);
}

std::string_view AssociateBody::application_context() const { return first_name<ApplicationContextItem>(items); }

const UserInformationItem* AssociateBody::user_information() const {
  for (const auto& item : items)
    if (const auto* found = std::get_if<UserInformationItem>(&item)) return found;
  return nullptr;
}

std::uint32_t AssociateBody::maximum_length() const {
  const auto* information = user_information();
  const auto* item = information == nullptr ? nullptr : information->find<MaximumLengthSubItem>();
  return item == nullptr ? 0 : item->maximum_length;
}

std::string_view trimmed_ae_title(std::string_view field) {
  const auto first = field.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return field.substr(first, field.find_last_not_of(' ') - first + 1);
}

std::vector<const PresentationContextItemRq*> AAssociateRq::contexts() const {
  return all_of<PresentationContextItemRq>(items);
}

std::vector<const PresentationContextItemAc*> AAssociateAc::contexts() const {
  return all_of<PresentationContextItemAc>(items);
}

bool is_defined_reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason) {
  return (result == 1 || result == 2) && !reject_reason(source, reason).empty();
}

std::string describe_reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason) {
  static constexpr std::array<std::string_view, 3> results{"", "rejected-permanent", "rejected-transient"};
  static constexpr std::array<std::string_view, 4> sources{"", "service-user", "service-provider (ACSE)",
                                                           "service-provider (presentation)"};
  std::string out =
      result == 0 || result >= results.size() ? undefined("result", result) : std::string(results[result]);
  out += " / ";
  out += source == 0 || source >= sources.size() ? undefined("source", source) : std::string(sources[source]);
  out += " / ";
  const auto text = reject_reason(source, reason);
  out += text.empty() ? undefined("reason", reason) : std::string(text);
  return out;
}

std::string describe_abort(std::uint8_t source, std::uint8_t reason) {
  static constexpr std::array<std::string_view, 7> reasons{
      "reason-not-specified",     "unrecognized-PDU",           "unexpected-PDU", "", "unrecognized-PDU-parameter",
      "unexpected-PDU-parameter", "invalid-PDU-parameter-value"};
  if (source == 0) return "service-user";  // its reason is not significant
  std::string out = source == 2 ? std::string("service-provider") : undefined("source", source);
  const auto text = reason < reasons.size() ? reasons[reason] : std::string_view{};
  return out.append(" / ").append(text.empty() ? undefined("reason", reason) : std::string(text));
}

PduType type_of(const Pdu& pdu) { return static_cast<PduType>(pdu.index() + 1); }

}  // namespace assay::pdu
