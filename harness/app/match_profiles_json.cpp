// A match for tools. Tests: tests/interop/match_test.py
#include <nlohmann/json.hpp>

#include "harness/app/match_live.hpp"
#include "harness/app/match_profiles.hpp"
#include "harness/dict/dict.hpp"

namespace assay::app {
namespace {

using nlohmann::ordered_json;

ordered_json syntaxes_json(const std::vector<std::string>& all) {
  auto out = ordered_json::array();
  for (const auto& one : all) out.push_back(conformance::short_name(one));
  return out;
}

ordered_json reason_json(const conformance::Reason& one) {
  ordered_json out{{"text", one.text}, {"clause", one.clause}, {"fatal", one.fatal}};
  if (!one.change.empty()) out["change"] = one.change;
  if (one.user.line != 0) out["user_says"] = to_string(one.user);
  if (one.provider.line != 0) out["provider_says"] = to_string(one.provider);
  return out;
}

template <typename Range>
ordered_json reasons_json(const Range& all) {
  auto out = ordered_json::array();
  for (const auto& one : all) out.push_back(reason_json(one));
  return out;
}

ordered_json key_json(const conformance::KeyMatch& one) {
  const auto keyword = dict::keyword(one.tag);
  ordered_json out{{"level", name(one.level)}, {"key", keyword.empty() ? to_string(one.tag) : std::string(keyword)},
                   {"needed", one.needed},     {"good", one.good()},
                   {"stated", one.stated},     {"returned", one.returned}};
  for (const auto& [label, kinds] : {std::pair("wanted", &one.wanted), std::pair("lacking", &one.lacking)}) {
    out[label] = ordered_json::array();
    for (const auto kind : *kinds) out[label].push_back(name(kind));
  }
  return out;
}

ordered_json use_case_json(const conformance::UseCaseMatch& one) {
  ordered_json out{{"use_case", name(one.use_case)},
                   {"outcome", name(one.outcome)},
                   {"red", one.red()},
                   {"user_claims", one.user_claims},
                   {"provider_claims", one.provider_claims}};
  out["classes"] = ordered_json::array();
  for (const auto& c : one.classes) {
    ordered_json entry{{"sop_class", conformance::short_name(c.sop_class)},
                       {"outcome", name(c.outcome)},
                       {"syntaxes", syntaxes_json(c.syntaxes)}};
    if (!c.chosen.empty()) entry["chosen"] = conformance::short_name(c.chosen);
    out["classes"].push_back(std::move(entry));
  }
  out["keys"] = ordered_json::array();
  for (const auto& key : one.keys) out["keys"].push_back(key_json(key));
  out["reasons"] = reasons_json(one.reasons);
  return out;
}

ordered_json direction_json(const conformance::Direction& one) {
  ordered_json out{{"user", one.user},
                   {"provider", one.provider},
                   {"user_ae", one.user_ae},
                   {"provider_ae", one.provider_ae},
                   {"red", one.red()}};
  out["use_cases"] = ordered_json::array();
  for (const auto& use_case : one.use_cases) out["use_cases"].push_back(use_case_json(use_case));
  out["policies"] = reasons_json(one.policies);
  out["contexts"] = ordered_json::array();
  for (const auto& context : one.contexts)
    out["contexts"].push_back({{"abstract", context.abstract_syntax},
                               {"proposed", context.proposed},
                               {"result", context.result},
                               {"chosen", context.chosen}});
  return out;
}

ordered_json live_json(const conformance::LiveDirection& one) {
  ordered_json out{{"user", one.user},        {"provider", one.provider},  {"target", one.target},
                   {"called_ae", one.called}, {"calling_ae", one.calling}, {"reached", one.reached}};
  out["lines"] = ordered_json::array();
  for (const auto& line : one.lines) {
    auto other = ordered_json::array();
    for (const auto& context : line.other)
      other.push_back({{"abstract", context.foretold.abstract_syntax},
                       {"proposed", context.foretold.proposed},
                       {"foretold", {{"result", context.foretold.result}, {"chosen", context.foretold.chosen}}},
                       {"seen", {{"result", context.result}, {"chosen", context.chosen}}}});
    out["lines"].push_back({{"about", line.about},
                            {"standing", name(line.standing)},
                            {"foretold", line.foretold},
                            {"seen", line.seen},
                            {"other", other}});
  }
  return out;
}

}  // namespace

std::string match_json(const std::vector<conformance::Profile>& products, const conformance::Match& match,
                       const LiveMatch& live) {
  ordered_json out;
  out["red"] = match.red();
  out["products"] = ordered_json::array();
  for (const auto& one : products) {
    auto titles = ordered_json::array();
    for (const auto& ae : one.aes) titles.push_back(ae.title);
    out["products"].push_back(
        {{"product", one.product}, {"version", one.version}, {"file", one.at.file}, {"ae_titles", titles}});
  }
  out["directions"] = ordered_json::array();
  for (const auto& one : match.directions) out["directions"].push_back(direction_json(one));
  out["remarks"] = reasons_json(match.remarks);
  if (!live.directions.empty()) {
    for (const auto standing : {conformance::LiveStanding::confirmed, conformance::LiveStanding::differs,
                                conformance::LiveStanding::not_seen})
      out["live_counts"][std::string(name(standing))] = live.count(standing);
    out["live"] = ordered_json::array();
    for (const auto& one : live.directions) out["live"].push_back(live_json(one));
  }
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace assay::app
