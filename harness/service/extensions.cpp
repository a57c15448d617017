// SOP Class Extended Negotiation of queries and retrievals. Tests: tests/unit/service/extensions_test.cpp
#include "harness/service/extensions.hpp"

#include <algorithm>
#include <array>

#include "harness/service/query.hpp"
#include "harness/service/retrieve.hpp"

namespace assay::service {
namespace {

constexpr std::array find_items{&QueryExtensions::relational, &QueryExtensions::date_time,
                                &QueryExtensions::fuzzy_names, &QueryExtensions::timezone};
/// Behind those above stand the query view of enhanced multi-frame images, and of queries alone empty value and
/// multiple value matching: we know none of them.
constexpr std::size_t find_length = find_items.size() + 3;
constexpr std::size_t retrieve_length = 2;

std::size_t length_of(std::string_view sop_class_uid) {
  if (find_model(sop_class_uid)) return find_length;
  return get_model(sop_class_uid) || move_model(sop_class_uid) ? retrieve_length : 0;
}

/// How many of `find_items` the class has.
std::size_t known_of(std::string_view sop_class_uid) {
  const auto length = length_of(sop_class_uid);
  return length == find_length ? find_items.size() : length == retrieve_length ? 1 : 0;
}

const Bytes* information_of(const pdu::UserInformationItem* user, std::string_view sop_class_uid) {
  if (user == nullptr) return nullptr;
  for (const auto& item : user->sub_items)
    if (const auto* one = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item);
        one != nullptr && one->sop_class_uid == sop_class_uid)
      return &one->service_class_application_information;
  return nullptr;
}

}  // namespace

bool has_extensions(std::string_view sop_class_uid) { return length_of(sop_class_uid) != 0; }

Bytes application_information(std::string_view sop_class_uid, const QueryExtensions& wanted) {
  Bytes out;
  for (std::size_t i = 0; i < known_of(sop_class_uid); ++i) out.push_back(wanted.*find_items[i] ? 1 : 0);
  return out;
}

Bytes answer_extensions(std::string_view sop_class_uid, ByteView asked, const QueryExtensions& supported) {
  const auto known = known_of(sop_class_uid);
  Bytes out(std::min(asked.size(), length_of(sop_class_uid)), 0);
  for (std::size_t i = 0; i < std::min(out.size(), known); ++i)
    if (asked[i] == 1 && supported.*find_items[i]) out[i] = 1;
  return out;
}

AgreedExtensions agreed_extensions(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac) {
  AgreedExtensions out;
  const auto* answered = ac.user_information();
  if (answered == nullptr) return out;
  for (const auto& item : answered->sub_items) {
    const auto* one = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item);
    if (one == nullptr || out.contains(one->sop_class_uid)) continue;
    const auto* asked = information_of(rq.user_information(), one->sop_class_uid);
    if (asked == nullptr) continue;
    const auto& granted = one->service_class_application_information;
    QueryExtensions agreed;
    for (std::size_t i = 0; i < std::min({known_of(one->sop_class_uid), asked->size(), granted.size()}); ++i)
      agreed.*find_items[i] = (*asked)[i] == 1 && granted[i] == 1;
    out.emplace(one->sop_class_uid, agreed);
  }
  return out;
}

}  // namespace assay::service
