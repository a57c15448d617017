#include "reports/sarif.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/version.hpp"

namespace assay::reports {
namespace {

using Json = nlohmann::ordered_json;

/// A path as part of a URI (RFC 3986): what may not stand there becomes %NN.
std::string as_uri(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out.starts_with('/') ? "file://" + out : out;
}

Json rule_of(const SarifResult& result) {
  Json rule{{"id", result.rule}, {"shortDescription", {{"text", result.rule_title}}}};
  if (!result.help.empty()) rule["help"] = {{"text", result.help}};
  rule["defaultConfiguration"] = {{"level", result.level}};
  rule["properties"] = {{"security-severity", fmt::format("{:.1f}", result.severity)},
                        {"tags", {"security", "fuzzing"}}};
  return rule;
}

Json result_of(const SarifResult& result, std::size_t rule_index) {
  Json out{{"ruleId", result.rule},
           {"ruleIndex", rule_index},
           {"level", result.level},
           {"message", {{"text", result.message}}},
           {"baselineState", result.fresh ? "new" : "unchanged"},
           {"partialFingerprints", {{"assayFinding/v1", result.fingerprint}}}};
  Json location = Json::object();
  if (!result.artifact.empty()) {
    location["physicalLocation"] = {{"artifactLocation", {{"uri", as_uri(result.artifact)}}}};
  }
  if (!result.functions.empty()) {
    location["logicalLocations"] =
        Json::array({Json{{"fullyQualifiedName", result.functions.front()}, {"kind", "function"}}});
    Json frames = Json::array();
    for (const auto& function : result.functions) {
      frames.push_back({{"location", {{"logicalLocations", {{{"fullyQualifiedName", function}}}}}}});
    }
    out["stacks"] = Json::array({Json{{"frames", std::move(frames)}}});
  }
  if (!location.empty()) out["locations"] = Json::array({std::move(location)});
  for (const auto& [name, value] : result.properties) {
    if (!value.empty()) out["properties"][name] = value;
  }
  return out;
}

}  // namespace

std::string sarif(const std::vector<SarifResult>& results, const std::string& command_line) {
  Json rules = Json::array();
  std::map<std::string, std::size_t> index;
  Json list = Json::array();
  for (const auto& result : results) {
    const auto [at, fresh] = index.emplace(result.rule, rules.size());
    if (fresh) rules.push_back(rule_of(result));
    list.push_back(result_of(result, at->second));
  }
  Json run;
  run["tool"]["driver"] = {{"name", "Assay"}, {"version", ASSAY_VERSION}, {"rules", std::move(rules)}};
  Json invocation{{"executionSuccessful", true}};
  if (!command_line.empty()) invocation["commandLine"] = command_line;
  run["invocations"] = Json::array({std::move(invocation)});
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(list);
  Json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}};
  log["runs"] = Json::array({std::move(run)});
  return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::reports
