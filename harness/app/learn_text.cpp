// What was learned, for the terminal and for tools.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/app/learn.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

namespace learning = conformance::learn;
using conformance::KeyClaim;
using conformance::Role;
using conformance::short_name;
using learning::Standing;

constexpr std::size_t width = 100;
/// Names of one kind that a line lists before it only counts.
constexpr std::size_t most_named = 6;
/// The same of open questions with one reason.
constexpr std::size_t most_open = 40;
/// Claims of one standing that a terminal is shown; all of those that are contradicted.
constexpr std::size_t most_compared = 60;

/// Words in lines, each after `indent` blanks.
std::string wrapped(const std::vector<std::string>& words, std::size_t indent) {
  std::string out;
  std::size_t at = width;
  for (const auto& word : words) {
    if (at + word.size() + 1 > width) {
      out += (out.empty() ? "" : "\n") + std::string(indent, ' ');
      at = indent;
    } else {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  return out + "\n";
}

std::string key_name(Tag tag) {
  const auto keyword = dict::keyword(tag);
  return keyword.empty() ? to_string(tag) : std::string(keyword);
}

/// Services with the same role, transfer syntaxes and items together.
struct Group {
  Role role;
  std::vector<std::string> syntaxes;
  std::vector<std::string> extended;
  std::vector<std::string> classes;
};

std::vector<Group> groups_of(const conformance::ApplicationEntity& ae) {
  std::vector<Group> out;
  for (const auto& one : ae.services) {
    auto found = std::ranges::find_if(out, [&](const Group& g) {
      return g.role == one.role && g.syntaxes == one.transfer_syntaxes && g.extended == one.extended;
    });
    if (found == out.end()) found = out.insert(out.end(), {one.role, one.transfer_syntaxes, one.extended, {}});
    found->classes.push_back(one.sop_class);
  }
  return out;
}

std::vector<std::string> named(const std::vector<std::string>& uids) {
  std::vector<std::string> out;
  std::vector<std::string> storage;
  for (const auto& uid : uids) {
    if (uid == conformance::every_storage)
      out.emplace_back("every Storage SOP Class");
    else if (conformance::is_storage(uid))
      storage.push_back(short_name(uid));
    else
      out.push_back(short_name(uid));
  }
  if (storage.size() <= most_named) {
    out.insert(out.end(), storage.begin(), storage.end());
  } else {
    out.insert(out.end(), storage.begin(), storage.begin() + most_named - 1);
    out.push_back(fmt::format("and {} more Storage SOP Classes", storage.size() - most_named + 1));
  }
  for (std::size_t i = 0; i + 1 < out.size(); ++i) out[i] += ",";
  return out;
}

std::string matching_words(const KeyClaim& key) {
  if (!key.supported) return "not supported";
  std::string out;
  for (const auto kind : key.matching) out.append(out.empty() ? "" : " ").append(name(kind));
  if (key.matching.empty()) out = "not matched";
  if (key.case_sensitive) out += *key.case_sensitive ? ", case matters" : ", case ignored";
  if (!key.returned) out += ", not returned";
  return out;
}

std::size_t count(const LearnReport& report, Standing standing) {
  return static_cast<std::size_t>(std::ranges::count(report.comparison, standing, &learning::Compared::standing));
}

std::string comparison_text(const LearnReport& report, bool colour) {
  auto out = fmt::format(
      "\n  Against the statement {}: {} confirmed, {} contradicted, {} not seen, {} undeclared but "
      "present\n",
      report.statement, count(report, Standing::confirmed), count(report, Standing::contradicted),
      count(report, Standing::not_seen), count(report, Standing::undeclared));
  for (const auto standing : {Standing::contradicted, Standing::undeclared, Standing::not_seen}) {
    std::size_t shown = 0;
    for (const auto& one : report.comparison) {
      if (one.standing != standing) continue;
      if (standing != Standing::contradicted && ++shown > most_compared) {
        out += fmt::format("    {:13} {} more: --json and --html list all\n", name(standing),
                           count(report, standing) - most_compared);
        break;
      }
      const bool red = colour && standing == Standing::contradicted;
      out += fmt::format("    {}{:13}{} {}\n", red ? "\x1b[31m" : "", name(standing), red ? "\x1b[0m" : "", one.id);
      if (standing == Standing::contradicted) {
        out += fmt::format("      stated at {}: {} ({})\n", to_string(one.at), one.text, one.clause);
        out += fmt::format("      found: {}\n", printable(one.found));
      } else if (!one.found.empty() && standing == Standing::not_seen) {
        out += fmt::format("      {}\n", printable(one.found));
      }
    }
  }
  return out;
}

}  // namespace

std::string learn_text(const LearnReport& report, bool colour) {
  const auto& ae = report.profile.aes.front();
  const auto& learned = report.learned;
  auto out = fmt::format("{}: called '{}' by '{}'; {} associations in {}{}\n", report.target, report.settings.called,
                         report.settings.calling, report.associations, reports::detail::seconds(report.took),
                         report.interrupted ? "; interrupted" : "");
  for (const auto& one : report.remarks) out += "  " + printable(one) + "\n";
  if (!ae.policies.empty()) out += "\n  Associations\n";
  for (const auto& [name, claim] : ae.policies) out += fmt::format("    {:28} {}\n", name, printable(claim.value));
  if (learned.any_class) out += "    it takes SOP Classes that nobody has defined, of every kind\n";
  out += "\n  SOP Classes\n";
  for (const auto& group : groups_of(ae)) {
    auto names = named(group.classes);
    out += fmt::format("    {}:\n", group.role == Role::scp ? "SCP" : "SCU, by role selection");
    out += wrapped(names, 6);
    std::vector<std::string> syntaxes;
    for (const auto& one : group.syntaxes) syntaxes.push_back(short_name(one));
    out += wrapped(syntaxes, 10);
    if (!group.extended.empty()) out += "          agrees to:\n" + wrapped(group.extended, 12);
  }
  if (ae.services.empty()) out += "    none\n";
  std::optional<conformance::KeyLevel> level;
  for (const auto& key : ae.keys) {
    if (level != key.level) out += fmt::format("\n  Keys at the level {}\n", name(key.level));
    level = key.level;
    out += fmt::format("    {:34} {}\n", key_name(key.tag), matching_words(key));
  }
  if (!ae.statuses.empty()) out += "\n  Statuses\n";
  for (const auto& one : ae.statuses)
    out += fmt::format("    {:04X}H  {}: {}\n", one.from, short_name(one.sop_class), one.when);
  const auto questions = open_questions(learned);
  if (!questions.empty()) out += "\n  Unknown\n";
  for (const auto& [why, about] : questions) {
    out += fmt::format("    {}:\n", why);
    auto shown = about;
    if (shown.size() > most_open) {
      shown.resize(most_open - 1);
      shown.push_back(fmt::format("and {} more", about.size() - shown.size()));
    }
    if (shown.size() == 1 && shown.front().empty()) shown.front() = "everything after that";
    out += wrapped(shown, 6);
  }
  if (!report.statement.empty()) out += comparison_text(report, colour);
  return out;
}

std::string learn_json(const LearnReport& report) {
  const auto& ae = report.profile.aes.front();
  const auto& learned = report.learned;
  nlohmann::ordered_json policies = nlohmann::ordered_json::object();
  for (const auto& [name, claim] : ae.policies) {
    const auto how = learned.evidence.find("policy/" + name);
    policies[name] = {{"value", claim.value}, {"how", how == learned.evidence.end() ? "" : how->second}};
  }
  auto services = nlohmann::ordered_json::array();
  for (const auto& one : ae.services) {
    nlohmann::ordered_json entry{{"sop_class", one.sop_class},
                                 {"name", short_name(one.sop_class)},
                                 {"role", name(one.role)},
                                 {"transfer_syntaxes", one.transfer_syntaxes}};
    if (!one.extended.empty()) entry["extended"] = one.extended;
    services.push_back(std::move(entry));
  }
  // Everything that was answered with something else than an acceptance: result, then how many and what.
  auto refusals = nlohmann::ordered_json::array();
  for (const auto& one : learned.classes) {
    if (one.together == 0 || one.together == learning::not_answered) continue;
    refusals.push_back({{"sop_class", one.uid}, {"name", short_name(one.uid)}, {"result", one.together}});
  }
  auto keys = nlohmann::ordered_json::array();
  for (const auto& one : ae.keys) {
    auto kinds = nlohmann::ordered_json::array();
    for (const auto kind : one.matching) kinds.push_back(name(kind));
    nlohmann::ordered_json entry{{"level", name(one.level)},
                                 {"key", key_name(one.tag)},
                                 {"matching", kinds},
                                 {"supported", one.supported},
                                 {"returned", one.returned}};
    if (one.case_sensitive) entry["case_sensitive"] = *one.case_sensitive;
    keys.push_back(std::move(entry));
  }
  auto statuses = nlohmann::ordered_json::array();
  for (const auto& one : ae.statuses)
    statuses.push_back(
        {{"sop_class", short_name(one.sop_class)}, {"status", fmt::format("{:04X}", one.from)}, {"when", one.when}});
  auto unknown = nlohmann::ordered_json::array();
  for (const auto& one : learned.unknown) unknown.push_back({{"claim", one.claim}, {"why", one.why}});
  nlohmann::ordered_json out{{"target", report.target},
                             {"called", report.settings.called},
                             {"calling", report.settings.calling},
                             {"product", report.profile.product},
                             {"date", report.date},
                             {"associations", report.associations},
                             {"seconds", std::chrono::duration<double>(report.took).count()},
                             {"interrupted", report.interrupted},
                             {"parallel", learned.parallel},
                             {"any_sop_class", learned.any_class},
                             {"remarks", report.remarks},
                             {"policies", policies},
                             {"services", services},
                             {"refused", refusals},
                             {"keys", keys},
                             {"statuses", statuses},
                             {"unknown", unknown}};
  if (!report.statement.empty()) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : report.comparison)
      list.push_back({{"id", one.id},
                      {"standing", name(one.standing)},
                      {"text", one.text},
                      {"clause", one.clause},
                      {"at", to_string(one.at)},
                      {"found", one.found}});
    out["diff"] = {{"statement", report.statement},
                   {"confirmed", count(report, Standing::confirmed)},
                   {"contradicted", count(report, Standing::contradicted)},
                   {"not_seen", count(report, Standing::not_seen)},
                   {"undeclared", count(report, Standing::undeclared)},
                   {"claims", list}};
  }
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace assay::app
