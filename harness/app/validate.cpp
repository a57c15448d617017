#include "harness/app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "conformance/expectations.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "harness/app/files.hpp"
#include "harness/app/options.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/check.hpp"
#include "harness/trace/finding.hpp"

namespace assay::app {

namespace {

using nlohmann::ordered_json;
using trace::Severity;

/// Files with more findings of one rule show this many of them; the summary counts all.
constexpr std::size_t shown_of_a_rule = 5;

struct Totals {
  std::size_t files = 0;
  std::size_t findings = 0;
  Severity severity = Severity::note;
};

std::string_view kind_name(dataset::FileKind kind) {
  switch (kind) {
    case dataset::FileKind::part10: return "DICOM file";
    case dataset::FileKind::no_preamble: return "DICOM file without preamble";
    case dataset::FileKind::bare_data_set: return "bare Data Set";
    case dataset::FileKind::acr_nema: return "ACR-NEMA";
  }
  return "";
}

class Validation {
 public:
  Validation(const ValidateOptions& options, Console& console)
      : options_(options), console_(console), book_(conformance::standard_rules()) {}

  int run() {
    if (!options_.as.empty()) {
      const auto uid = dict::uid_of(options_.as);
      const auto* entry = uid.empty() ? nullptr : dict::find_uid(uid);
      if (!entry || entry->kind != dict::UidKind::transfer_syntax) {
        console_.error("--as '" + options_.as + "' is no transfer syntax: give its UID or keyword, for example " +
                       "ExplicitVRLittleEndian");
        return exit_codes::usage;
      }
      as_ = uid;
    }
    for (const auto& glob : options_.only) {
      const bool known =
          std::ranges::any_of(book_->infos(), [&](const auto& info) { return conformance::glob_match(glob, info.id); });
      if (!known) {
        console_.error("--only '" + glob + "' matches no rule (see 'assay list --rules')");
        return exit_codes::usage;
      }
    }
    const auto done = for_each_file(options_.paths, console_,
                                    [&](const std::string& path, ByteView bytes) { return one(path, bytes); });
    if (options_.json)
      json_summary(done);
    else
      summary(done);
    return done.exit_code();
  }

 private:
  int one(const std::string& path, ByteView bytes) {
    dataset::FileOptions reading;
    if (!as_.empty()) reading.as = dataset::encoding_of(as_);
    const auto file = dataset::read_file(bytes, reading);
    if (!file) {
      const auto& why = file.error();
      console_.error(fmt::format("{}: no DICOM: {}, expected {}", path, why.found, why.expected));
      if (options_.json)
        console_.data(
            line({{"file", path}, {"error", fmt::format("no DICOM: {}, expected {}", why.found, why.expected)}}));
      return exit_codes::usage;
    }
    dataset::CheckOptions checking;
    if (!as_.empty()) checking.transfer_syntax_uid = as_;
    Problems problems = file->problems;
    std::size_t more = 0;
    auto found = dataset::check(*file, checking, &more);
    more += file->more_problems;
    problems.insert(problems.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    if (!options_.only.empty())
      std::erase_if(problems, [&](const Problem& problem) {
        return std::ranges::none_of(options_.only,
                                    [&](const auto& glob) { return conformance::glob_match(glob, problem.rule); });
      });
    std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
      return a.offset != b.offset ? a.offset < b.offset : a.rule < b.rule;
    });

    std::map<std::string_view, std::size_t> of_rule;
    std::string text;
    ordered_json list = ordered_json::array();
    std::size_t counts[3] = {0, 0, 0};
    for (const auto& problem : problems) {
      const auto* info = book_->find(problem.rule);
      const Severity severity = severity_of(problem, info);
      ++counts[static_cast<std::size_t>(severity)];
      auto& total = totals_[problem.rule];
      const std::size_t before = of_rule[problem.rule]++;
      if (before == 0) ++total.files;
      ++total.findings;
      total.severity = std::max(total.severity, severity);
      if (options_.json) {
        list.push_back({{"rule", problem.rule},
                        {"clause", problem.clause},
                        {"severity", std::string(trace::name(severity))},
                        {"offset", problem.offset},
                        {"path", problem.field},
                        {"found", problem.found},
                        {"expected", problem.expected}});
        if (info) list.back()["advice"] = std::string(info->advice);
      } else if (!options_.quiet && before < shown_of_a_rule) {
        text += finding_text(problem, severity, info, before == 0);
      }
    }
    for (const auto& [rule, count] : of_rule)
      if (count > shown_of_a_rule && !options_.quiet)
        text += fmt::format("  ... and {} more of {}\n", count - shown_of_a_rule, rule);
    if (more > 0) text += fmt::format("  ... and {} more findings, not listed\n", more);

    ++files_;
    for (std::size_t i = 0; i < 3; ++i) counts_[i] += counts[i];
    const bool red = counts[2] > 0 || (options_.strict && counts[1] > 0);
    if (options_.json) {
      ordered_json object{{"file", path},
                          {"kind", std::string(kind_name(file->kind))},
                          {"transfer_syntax", file->transfer_syntax_uid},
                          {"verdict", red             ? "fail"
                                      : counts[1] > 0 ? "warning"
                                                      : "pass"},
                          {"errors", counts[2]},
                          {"warnings", counts[1]},
                          {"notes", counts[0]},
                          {"findings", std::move(list)}};
      if (more > 0) object["more_findings"] = more;
      if (!file->guess.empty()) object["read_as"] = file->guess;
      console_.data(line(object));
    } else if (!options_.quiet) {
      head(path, *file, counts, red);
      console_.text(text);
    }
    return red ? exit_codes::not_conformant : exit_codes::ok;
  }

  static Severity severity_of(const Problem& problem, const trace::RuleInfo* info) {
    if (problem.gravity == Gravity::note) return Severity::note;
    if (problem.gravity == Gravity::error || !info) return Severity::error;
    return info->severity == Severity::note ? Severity::warning : info->severity;
  }

  [[nodiscard]] std::string coloured(std::string_view text, Severity severity) const {
    if (!console_.colour()) return std::string(text);
    constexpr std::string_view codes[] = {"36", "33", "31"};
    return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(severity)], text);
  }

  [[nodiscard]] std::string finding_text(const Problem& problem, Severity severity, const trace::RuleInfo* info,
                                         bool advise) const {
    std::string text =
        fmt::format("  {} {} [{}] byte {} (0x{:X}){}{}: found {}, expected {}\n",
                    coloured(trace::name(severity), severity), problem.rule, problem.clause, problem.offset,
                    problem.offset, problem.field.empty() ? "" : " ", problem.field, problem.found, problem.expected);
    if (advise && info && severity != Severity::note) text += fmt::format("      {}\n", info->advice);
    return text;
  }

  void head(const std::string& path, const dataset::DicomFile& file, const std::size_t (&counts)[3], bool red) {
    std::string text = path + ": ";
    if (counts[0] + counts[1] + counts[2] == 0) {
      text += coloured("nothing to say", Severity::note);
    } else {
      const auto what = fmt::format("{} errors, {} warnings, {} notes", counts[2], counts[1], counts[0]);
      text += coloured(what, red ? Severity::error : counts[1] > 0 ? Severity::warning : Severity::note);
    }
    if (file.kind != dataset::FileKind::part10) text += fmt::format(" ({})", kind_name(file.kind));
    console_.text(text + "\n");
    if (!file.guess.empty()) console_.text("  " + file.guess + "\n");
  }

  void summary(const FileRun& done) {
    if (files_ > 1 && !totals_.empty()) {
      std::vector<std::pair<std::string, Totals>> rows(totals_.begin(), totals_.end());
      std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        if (a.second.severity != b.second.severity) return a.second.severity > b.second.severity;
        if (a.second.files != b.second.files) return a.second.files > b.second.files;
        return a.first < b.first;
      });
      std::string text = fmt::format("\n{:>7} {:>8}  {:7} rule\n", "files", "findings", "worst");
      for (const auto& [rule, total] : rows) {
        const auto* info = book_->find(rule);
        text += fmt::format("{:>7} {:>8}  {} {}{}\n", total.files, total.findings,
                            coloured(fmt::format("{:7}", trace::name(total.severity)), total.severity), rule,
                            info ? "  " + std::string(info->title) : std::string());
      }
      console_.text(text);
    }
    if (done.done == 0) return;
    console_.text(
        fmt::format("{}{} files, {} with errors{}, {} not readable as DICOM: {} errors, {} warnings, {} notes\n",
                    files_ > 1 ? "\n" : "", done.done, done.broken, options_.strict ? " or warnings" : "",
                    done.unusable, counts_[2], counts_[1], counts_[0]));
  }

  void json_summary(const FileRun& done) {
    ordered_json rules = ordered_json::array();
    for (const auto& [rule, total] : totals_)
      rules.push_back({{"rule", rule},
                       {"severity", std::string(trace::name(total.severity))},
                       {"files", total.files},
                       {"findings", total.findings}});
    console_.data(line({{"summary",
                         {{"files", done.done},
                          {"broken", done.broken},
                          {"unusable", done.unusable},
                          {"errors", counts_[2]},
                          {"warnings", counts_[1]},
                          {"notes", counts_[0]},
                          {"rules", std::move(rules)}}}}));
  }

  static std::string line(const ordered_json& object) {
    return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }

  const ValidateOptions& options_;
  Console& console_;
  std::shared_ptr<const trace::RuleBook> book_;
  std::string_view as_;
  std::map<std::string, Totals> totals_;
  std::size_t files_ = 0;
  std::size_t counts_[3] = {0, 0, 0};
};

}  // namespace

int validate(const ValidateOptions& options, Console& console) { return Validation(options, console).run(); }

}  // namespace assay::app
