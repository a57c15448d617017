#include "fuzz/findings/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "harness/base/bulk_digest.hpp"
#include "harness/base/bytes.hpp"
#include "harness/base/hex.hpp"

namespace assay::fuzz {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kinds{
    std::pair{Kind::crash, "crash"},
    std::pair{Kind::sanitizer, "sanitizer"},
    std::pair{Kind::leak, "leak"},
    std::pair{Kind::out_of_memory, "out-of-memory"},
    std::pair{Kind::hang, "hang"},
    std::pair{Kind::property, "property"},
    std::pair{Kind::disagreement, "disagreement"},
    std::pair{Kind::forbidden_answer, "forbidden-answer"},
    std::pair{Kind::dead_listener, "dead-listener"},
    std::pair{Kind::unhealthy, "unhealthy"},
    std::pair{Kind::second_peer, "second-peer"},
    std::pair{Kind::descriptors, "descriptors"},
    std::pair{Kind::lost_data, "lost-data"},
};

constexpr std::array severities{"low", "medium", "high", "critical"};

/// Texts of a finding by their names in JSON.
constexpr std::array texts{
    std::pair{"subject", &Finding::subject},     std::pair{"detail", &Finding::detail},
    std::pair{"place", &Finding::place},         std::pair{"state", &Finding::state},
    std::pair{"clause", &Finding::clause},       std::pair{"happened", &Finding::happened},
    std::pair{"advice", &Finding::advice},       std::pair{"reproduce", &Finding::reproduce},
    std::pair{"report", &Finding::report},       std::pair{"first_seen", &Finding::first_seen},
    std::pair{"last_seen", &Finding::last_seen},
};

constexpr std::size_t max_text = std::size_t{1} << 20;  // of finding.json: our own files are far smaller
constexpr std::size_t max_frames = 64;

std::string with_dashes(std::string_view text, std::size_t longest) {
  std::string out;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const char lower = upper ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (plain) {
      out += lower;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
    if (out.size() == longest) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

}  // namespace

std::string_view name(Kind kind) { return kinds[static_cast<std::size_t>(kind)].second; }

std::expected<Kind, std::string> kind_named(std::string_view name) {
  for (const auto& [kind, text] : kinds) {
    if (name == text) return kind;
  }
  return std::unexpected(fmt::format("no kind of finding is called '{}'", printable(name.substr(0, 40))));
}

std::string_view name(Severity severity) { return severities[static_cast<std::size_t>(severity)]; }

Severity usual_severity(Kind kind, std::string_view detail) {
  switch (kind) {
    case Kind::sanitizer:
      if (detail.contains("write") || detail.contains("use-after") || detail.contains("double-free") ||
          detail.contains("bad-free")) {
        return Severity::critical;
      }
      return detail.contains("overflow") || detail.contains("uninitialized") ? Severity::high : Severity::medium;
    case Kind::lost_data: return Severity::critical;
    case Kind::crash:
    case Kind::dead_listener:
    case Kind::hang:
    case Kind::out_of_memory: return Severity::high;
    case Kind::unhealthy:
    case Kind::second_peer:
    case Kind::leak:
    case Kind::descriptors:
    case Kind::property: return Severity::medium;
    case Kind::disagreement:
    case Kind::forbidden_answer: return Severity::low;
  }
  return Severity::medium;
}

std::string Finding::identity() const {
  auto out = fmt::format("{}|{}", name(kind), detail);
  if (stack.empty()) return fmt::format("{}|{}|{}", out, place, state);
  // Where it broke says more than what it was told last, which may be anything that leads there.
  for (std::size_t i = 0; i < std::min(stack.size(), frames_of_identity); ++i) out += "|" + stack[i];
  return out;
}

std::string Finding::id() const {
  const auto text = identity();
  BulkDigest digest;
  digest.update(as_bytes(text));
  return fmt::format("{:016x}", digest.value()).substr(0, 12);
}

std::string Finding::title() const {
  const auto what = detail.empty() ? std::string(name(kind)) : detail;
  const auto where = place.empty() ? std::string() : " in " + place;
  const auto when = state.empty() ? std::string() : ", " + state;
  auto line = fmt::format("{}{}{} ({})", what, where, when, subject);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string Finding::slug() const {
  const auto words = with_dashes(fmt::format("{} {}", detail.empty() ? name(kind) : detail, place), 48);
  return words.empty() ? id() : id() + "-" + words;
}

Json to_json(const Finding& finding) {
  Json json{{"id", finding.id()},
            {"kind", std::string(name(finding.kind))},
            {"severity", std::string(name(finding.severity))},
            {"title", finding.title()}};
  for (const auto& [key, member] : texts) json[key] = finding.*member;
  json["stack"] = finding.stack;
  json["times"] = finding.times;
  json["reproducible"] = finding.reproducible;
  return json;
}

std::expected<Finding, std::string> finding_from_json(std::string_view text) {
  if (text.size() > max_text) return std::unexpected(std::string("finding.json is larger than 1 MiB"));
  const auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return std::unexpected(std::string("finding.json is no JSON object"));
  Finding finding;
  const auto word = [&](const char* key) -> std::optional<std::string> {
    const auto at = json.find(key);
    if (at == json.end() || !at->is_string()) return std::nullopt;
    return at->get<std::string>();
  };
  const auto kind = kind_named(word("kind").value_or(""));
  if (!kind) return std::unexpected("finding.json, kind: " + kind.error());
  finding.kind = *kind;
  const auto severity = word("severity").value_or("");
  const auto* const at = std::ranges::find(severities, severity);
  if (at == severities.end())
    return std::unexpected(std::string("finding.json, severity: low, medium, high or critical"));
  finding.severity = static_cast<Severity>(at - severities.begin());
  for (const auto& [key, member] : texts) {
    auto value = word(key);
    if (!value) return std::unexpected(fmt::format("finding.json, {}: a text is missing", key));
    finding.*member = std::move(*value);
  }
  const auto stack = json.find("stack");
  if (stack == json.end() || !stack->is_array() || stack->size() > max_frames) {
    return std::unexpected(std::string("finding.json, stack: a list of at most 64 texts is missing"));
  }
  for (const auto& frame : *stack) {
    if (!frame.is_string()) return std::unexpected(std::string("finding.json, stack: holds what is no text"));
    finding.stack.push_back(frame.get<std::string>());
  }
  const auto times = json.find("times");
  if (times == json.end() || !times->is_number_unsigned()) {
    return std::unexpected(std::string("finding.json, times: a whole number is missing"));
  }
  finding.times = times->get<std::uint64_t>();
  const auto again = json.find("reproducible");
  if (again == json.end() || !again->is_boolean()) {
    return std::unexpected(std::string("finding.json, reproducible: true or false is missing"));
  }
  finding.reproducible = again->get<bool>();
  return finding;
}

std::string to_text(const Finding& finding) {
  std::string out = finding.title() + "\n\n";
  const auto line = [&out](std::string_view what, std::string_view value) {
    if (!value.empty()) out += fmt::format("{:<12}{}\n", what, value);
  };
  line("severity", name(finding.severity));
  line("kind", name(finding.kind));
  line("subject", finding.subject);
  line("state", finding.state);
  line("clause", finding.clause);
  line("seen", fmt::format("{}{}, {} time{}", finding.first_seen,
                           finding.last_seen == finding.first_seen ? "" : " to " + finding.last_seen, finding.times,
                           finding.times == 1 ? "" : "s"));
  if (!finding.reproducible) line("", "it did not come again when it was tried");
  if (!finding.happened.empty()) out += "\nWhat happened\n  " + finding.happened + "\n";
  if (!finding.advice.empty()) out += "\nWhat to change\n  " + finding.advice + "\n";
  if (!finding.reproduce.empty()) out += "\nReproduce\n  " + finding.reproduce + "\n";
  if (!finding.stack.empty()) out += "\nStack\n";
  for (std::size_t i = 0; i < finding.stack.size(); ++i) out += fmt::format("  #{} {}\n", i, finding.stack[i]);
  if (!finding.report.empty()) out += "\nReport of the process\n" + finding.report + "\n";
  return out;
}

void merge(Finding& known, const Finding& again) {
  known.times += again.times;
  known.reproducible = known.reproducible || again.reproducible;
  // Texts of the form YYYY-MM-DDThh:mm:ssZ sort as their times do.
  if (known.first_seen.empty() || (!again.first_seen.empty() && again.first_seen < known.first_seen)) {
    known.first_seen = again.first_seen;
  }
  known.last_seen = std::max(known.last_seen, again.last_seen);
}

}  // namespace assay::fuzz
