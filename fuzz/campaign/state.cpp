#include "fuzz/campaign/state.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace assay::fuzz {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_text = std::size_t{16} << 20;
constexpr int version = 1;

/// Reads the members of one object; keeps the first thing that is wrong.
class Members {
 public:
  Members(const Json& object, std::string& problem) : object_(object), problem_(problem) {}

  void read(const char* key, std::uint64_t& into) {
    if (const auto* value = find(key, &Json::is_number_unsigned, "a number")) into = value->get<std::uint64_t>();
  }
  void read(const char* key, double& into) {
    const auto* value = find(key, &Json::is_number, "a number");
    if (value == nullptr) return;
    const auto number = value->get<double>();
    if (std::isfinite(number) && number >= 0)
      into = number;
    else
      complain(key, "a number from 0");
  }
  void read(const char* key, bool& into) {
    if (const auto* value = find(key, &Json::is_boolean, "true or false")) into = value->get<bool>();
  }
  void read(const char* key, std::string& into) {
    if (const auto* value = find(key, &Json::is_string, "a text")) into = value->get<std::string>();
  }
  void read(const char* key, std::vector<std::string>& into) {
    const auto* value = find(key, &Json::is_array, "a list");
    if (value == nullptr) return;
    for (const auto& one : *value) {
      if (one.is_string())
        into.push_back(one.get<std::string>());
      else
        complain(key, "a list of texts");
    }
  }
  const Json* object(const char* key) { return find(key, &Json::is_object, "an object"); }

 private:
  const Json* find(const char* key, bool (Json::*is)() const noexcept, const char* wanted) {
    const auto at = object_.find(key);
    if (at != object_.end() && ((*at).*is)()) return &*at;
    complain(key, wanted);
    return nullptr;
  }
  void complain(const char* key, const char* wanted) {
    if (problem_.empty()) problem_ = fmt::format("'{}' is missing or is not {}", key, wanted);
  }

  const Json& object_;
  std::string& problem_;
};

std::expected<Json, std::string> object_from(std::string_view text) {
  if (text.size() > max_text) return std::unexpected(fmt::format("{} bytes are more than this ever is", text.size()));
  auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::unexpected(std::string("it is no JSON, or only a part of it"));
  if (!json.is_object()) return std::unexpected(std::string("it is no JSON object"));
  return json;
}

std::string written(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_text(const CampaignState& state) {
  Json targets = Json::object();
  for (const auto& [name, t] : state.targets)
    targets[name] = {{"weight", t.lane.weight},     {"yield", t.lane.yield}, {"served", t.lane.served},
                     {"all_rounds", t.lane.rounds}, {"seconds", t.seconds},  {"runs", t.runs},
                     {"rounds", t.rounds},          {"crashes", t.crashes},  {"coverage", t.coverage},
                     {"features", t.features},      {"pruned", t.pruned},    {"trouble", t.trouble}};
  return written({{"version", version},
                  {"number", state.number},
                  {"started", state.started},
                  {"wanted", state.wanted},
                  {"spent", state.spent},
                  {"over", state.over},
                  {"targets", targets}},
                 1);
}

std::expected<CampaignState, std::string> state_from(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::unexpected(json.error());
  std::string problem;
  CampaignState out;
  Members all(*json, problem);
  std::uint64_t found = 0;
  all.read("version", found);
  if (problem.empty() && found != version)
    return std::unexpected(fmt::format("it is of version {}, this program reads {}", found, version));
  all.read("number", out.number);
  all.read("started", out.started);
  all.read("wanted", out.wanted);
  all.read("spent", out.spent);
  all.read("over", out.over);
  if (const auto* targets = all.object("targets")) {
    for (const auto& [name, value] : targets->items()) {
      if (!value.is_object()) return std::unexpected(fmt::format("target '{}' is no object", name));
      TargetState t;
      Members one(value, problem);
      one.read("weight", t.lane.weight);
      one.read("yield", t.lane.yield);
      one.read("served", t.lane.served);
      one.read("all_rounds", t.lane.rounds);
      one.read("seconds", t.seconds);
      one.read("runs", t.runs);
      one.read("rounds", t.rounds);
      one.read("crashes", t.crashes);
      one.read("coverage", t.coverage);
      one.read("features", t.features);
      one.read("pruned", t.pruned);
      one.read("trouble", t.trouble);
      out.targets.emplace(name, std::move(t));
    }
  }
  if (!problem.empty()) return std::unexpected(problem);
  return out;
}

std::string to_line(const CampaignRecord& record) {
  Json targets = Json::object();
  for (const auto& [name, t] : record.targets)
    targets[name] = {{"coverage", t.coverage}, {"features", t.features}, {"runs", t.runs}, {"seconds", t.seconds}};
  return written({{"number", record.number},
                  {"ended", record.ended},
                  {"seconds", record.seconds},
                  {"interrupted", record.interrupted},
                  {"open", record.open},
                  {"fixed", record.fixed},
                  {"targets", targets}},
                 -1);
}

std::expected<CampaignRecord, std::string> record_from(std::string_view line) {
  const auto json = object_from(line);
  if (!json) return std::unexpected(json.error());
  std::string problem;
  CampaignRecord out;
  Members all(*json, problem);
  all.read("number", out.number);
  all.read("ended", out.ended);
  all.read("seconds", out.seconds);
  all.read("interrupted", out.interrupted);
  all.read("open", out.open);
  all.read("fixed", out.fixed);
  if (const auto* targets = all.object("targets")) {
    for (const auto& [name, value] : targets->items()) {
      if (!value.is_object()) return std::unexpected(fmt::format("target '{}' is no object", name));
      TargetRecord t;
      Members one(value, problem);
      one.read("coverage", t.coverage);
      one.read("features", t.features);
      one.read("runs", t.runs);
      one.read("seconds", t.seconds);
      out.targets.emplace(name, t);
    }
  }
  if (!problem.empty()) return std::unexpected(problem);
  return out;
}

History history_from(std::string_view text) {
  History out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (auto record = record_from(line))
      out.records.push_back(std::move(*record));
    else
      ++out.damaged;
  }
  return out;
}

}  // namespace assay::fuzz
