// The asynchronous operations window. Tests: tests/unit/service/window_test.cpp
#include "harness/service/window.hpp"

#include <algorithm>

namespace assay::service {
namespace {

std::uint16_t smaller(std::uint16_t a, std::uint16_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

const pdu::AsynchronousOperationsWindowSubItem* item_of(const pdu::UserInformationItem* user) {
  return user == nullptr ? nullptr : user->find<pdu::AsynchronousOperationsWindowSubItem>();
}

}  // namespace

OperationsWindow granted_window(const OperationsWindow& asked, const OperationsWindow& ours) {
  return {smaller(asked.invoked, ours.invoked), smaller(asked.performed, ours.performed)};
}

OperationsWindow agreed_window(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac) {
  const auto* asked = item_of(rq.user_information());
  const auto* answered = item_of(ac.user_information());
  if (asked == nullptr || answered == nullptr) return {};
  return granted_window({asked->invoked, asked->performed}, {answered->invoked, answered->performed});
}

}  // namespace assay::service
