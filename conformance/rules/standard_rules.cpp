#include "conformance/rules/standard_rules.hpp"

#include "conformance/rules/support.hpp"

namespace assay::conformance {

std::shared_ptr<const trace::RuleBook> standard_rules() {
  static const auto book = [] {
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
    add_data_set_rules(*rules);
    add_exchange_rules(*rules);
    return std::shared_ptr<const trace::RuleBook>(std::move(rules));
  }();
  return book;
}

}  // namespace assay::conformance
