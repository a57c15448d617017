#include "conformance/rules/standard_rules.hpp"

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

std::shared_ptr<const trace::RuleBook> make_book(ObjectsJudged which) {
  auto rules = std::make_shared<trace::RuleBook>();
  add_decoder_rules(*rules);
  add_observer_rules(*rules);
  add_request_rules(*rules);
  add_accept_rules(*rules);
  add_user_item_rules(*rules);
  add_reject_rules(*rules);
  add_p_data_rules(*rules);
  add_operation_rules(*rules);
  add_retrieve_rules(*rules);
  add_response_rules(*rules);
  add_service_rules(*rules);
  add_data_set_rules(*rules, which);
  add_exchange_rules(*rules);
  return rules;
}

}  // namespace

std::shared_ptr<const trace::RuleBook> standard_rules() {
  static const auto book = make_book(ObjectsJudged::none);
  return book;
}

std::shared_ptr<const trace::RuleBook> standard_rules(ObjectsJudged which) {
  static const auto each = make_book(ObjectsJudged::each);
  static const auto new_kinds = make_book(ObjectsJudged::new_kinds);
  return which == ObjectsJudged::none ? standard_rules() : which == ObjectsJudged::each ? each : new_kinds;
}

}  // namespace assay::conformance
