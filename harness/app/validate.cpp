#include "harness/app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>

#include "conformance/expectations.hpp"
#include "conformance/file_identity.hpp"
#include "conformance/iod/extension.hpp"
#include "conformance/iod/hierarchy.hpp"
#include "conformance/iod/object_checks.hpp"
#include "conformance/iod/resemblance.hpp"
#include "conformance/iod/validate.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/options.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/app/validate_derived.hpp"
#include "harness/app/validate_extension.hpp"
#include "harness/dataset/check.hpp"
#include "harness/dataset/cursor.hpp"
#include "harness/dataset/dump_people.hpp"
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

/// What the elements that problems are about are called. A problem names its element by path; the creator of a private
/// one is known at its place in the file alone.
class Names {
 public:
  Names(const dataset::DicomFile& file, const Problems& problems, const dict::PrivateDictionary* own) : own_(own) {
    const bool any = std::ranges::any_of(problems, [](const Problem& problem) {
      const auto tag = last_tag(problem.field);
      return tag && tag->is_private() && tag->element >= 0x1000;
    });
    if (!any) return;
    for (dataset::Cursor at(file.data_set); at.next();) {
      const Tag tag = at.node().tag;
      if (at.item_number() == 0 && tag.is_private() && tag.element >= 0x1000)
        private_.emplace_back(at.node().offset, tag, dataset::element_name(at, own_));
    }
  }

  /// Problems lie behind the beginning of their element; the last one begun is theirs.
  [[nodiscard]] std::string of(const Problem& problem) const {
    const auto tag = last_tag(problem.field);
    if (!tag) return {};
    if (!tag->is_private() || tag->element < 0x1000) return dataset::element_name(*tag, {}, own_);
    const auto behind =
        std::upper_bound(private_.begin(), private_.end(), problem.offset,
                         [](std::uint64_t offset, const Private& known) { return offset < known.offset; });
    // One that is missing has a place between others.
    return behind == private_.begin() || std::prev(behind)->tag != *tag ? std::string() : std::prev(behind)->name;
  }

 private:
  static std::optional<Tag> last_tag(std::string_view path) {
    return path.ends_with(')') && path.size() >= 11 ? dict::tag_of(path.substr(path.size() - 11)) : std::nullopt;
  }

  struct Private {
    std::uint64_t offset;
    Tag tag;
    std::string name;
  };
  const dict::PrivateDictionary* own_;
  std::vector<Private> private_;  // by offset
};

class Validation {
 public:
  Validation(const ValidateOptions& options, Console& console)
      : options_(options), console_(console), book_(conformance::standard_rules()) {}

  int run() {
    auto reading = reading_from(options_.reading);
    if (!reading) {
      console_.error(reading.error());
      return exit_codes::usage;
    }
    reading_ = std::move(*reading);
    auto deidentified = DeidentifiedJudge::from(options_.deidentified, options_.paths, console_);
    if (!deidentified) {
      console_.error(deidentified.error());
      return exit_codes::usage;
    }
    deidentified_ = std::move(*deidentified);
    for (const auto& glob : options_.only) {
      const bool known =
          std::ranges::any_of(book_->infos(), [&](const auto& info) { return conformance::glob_match(glob, info.id); });
      if (!known) {
        console_.error("--only '" + glob + "' matches no rule (see 'assay list --rules')");
        return exit_codes::usage;
      }
    }
    if (!options_.derived_from.empty() && !sources_.open(options_.derived_from, reading_.how, console_))
      return exit_codes::usage;
    if (!read_extension()) return exit_codes::usage;
    if (!options_.profile.empty()) {
      auto profile = read_profile(options_.profile);
      if (!profile) {
        console_.error(profile.error());
        return exit_codes::usage;
      }
      profile_ = std::move(*profile);
    }
    auto done = for_each_file(
        options_.paths, console_, [&](const std::string& path, ByteView bytes) { return one(path, bytes); },
        [&](const std::string& path, const std::string& why) { unreadable(path, why); });
    if (deidentified_) done.unusable += deidentified_->unreadable();
    const bool red = between_files();
    if (options_.json)
      json_summary(done);
    else
      summary(done);
    return red && done.exit_code() == exit_codes::ok ? exit_codes::not_conformant : done.exit_code();
  }

 private:
  /// The attributes that the user adds to the IODs; false when something is wrong with them, which is said.
  bool read_extension() {
    if (options_.extension.empty()) return true;
    if (!options_.iod) {
      console_.error("--extension adds attributes to IODs, and --no-iod judges none: leave out one of them");
      return false;
    }
    auto extension = extension_from(options_.extension);
    if (!extension) {
      for (const auto& line : extension.error()) console_.error(line);
      return false;
    }
    extension_ = std::move(*extension);
    return true;
  }

  int one(const std::string& path, ByteView bytes) {
    const auto file = dataset::read_file(bytes, reading_.how);
    if (!file) {
      const auto why = not_dicom(path, file.error());
      console_.error(why);
      unreadable(path, why);
      return exit_codes::usage;
    }
    dataset::CheckOptions checking;
    if (!reading_.transfer_syntax.empty()) checking.transfer_syntax_uid = reading_.transfer_syntax;
    Problems problems = file->problems;
    std::size_t more = 0;
    const auto add = [&](Problems found, std::size_t uncounted) {
      more += uncounted;
      problems.insert(problems.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    };
    std::size_t unlisted = 0;
    auto found = dataset::check(*file, checking, &unlisted);
    add(std::move(found), unlisted + file->more_problems);
    conformance::iod::IodJudgement judgement;
    if (options_.iod) {
      const bool cut = has_error(file->problems);
      judgement = conformance::iod::check_iod(
          file->data_set, {.meta = &file->meta, .cut = cut, .extension = extension_ ? &*extension_ : nullptr});
      add(std::move(judgement.problems), judgement.more_problems);
      auto values = conformance::iod::check_object(file->data_set, {.cut = cut, .now = now_}, &unlisted);
      add(std::move(values), unlisted);
      hierarchy_.add(path, file->data_set);
      resemblance_.add(path, file->data_set);
      if (judgement.iod == nullptr) ++without_iod_;
    }
    DerivedSources::Judgement derived;
    if (!sources_.empty()) {
      derived = sources_.judge(path, *file);
      add(std::move(derived.problems), derived.more_problems);
    }
    if (deidentified_) deidentified_->judge(path, *file, problems, more);
    if (profile_)
      std::ranges::move(conformance::check_file_identity(file->meta, *profile_), std::back_inserter(problems));
    std::erase_if(problems, [&](const Problem& problem) { return !wanted(problem); });
    sort_by_place(problems);
    const Names names(*file, problems, reading_.private_names());

    std::map<std::string_view, std::size_t> of_rule;
    std::string text;
    ordered_json list = ordered_json::array();
    FindingCounts counts;
    for (const auto& problem : problems) {
      const auto* info = book_->find(problem.rule);
      const Severity severity = severity_of(problem, info);
      counts.add(severity);
      all_.add(severity);
      auto& total = totals_[problem.rule];
      const std::size_t before = of_rule[problem.rule]++;
      if (before == 0) ++total.files;
      ++total.findings;
      total.severity = std::max(total.severity, severity);
      if (options_.json) {
        list.push_back(finding_json(problem, names.of(problem), info));
      } else if (!options_.quiet && before < shown_of_a_rule) {
        text += finding_text(problem, names.of(problem), info, before == 0, console_.colour());
      }
    }
    for (const auto& [rule, count] : of_rule)
      if (count > shown_of_a_rule && !options_.quiet)
        text += fmt::format("  ... and {} more of {}\n", count - shown_of_a_rule, rule);
    if (more > 0) text += fmt::format("  ... and {} more findings, not listed\n", more);

    ++files_;
    const bool red = counts.red(options_.strict);
    if (options_.json) {
      ordered_json object{{"file", path},
                          {"kind", std::string(kind_name(file->kind))},
                          {"transfer_syntax", file->transfer_syntax_uid},
                          {"verdict", std::string(counts.verdict(options_.strict))},
                          {"errors", counts.errors()},
                          {"warnings", counts.warnings()},
                          {"notes", counts.notes()},
                          {"findings", std::move(list)}};
      if (options_.iod) {
        object["sop_class"] = judgement.sop_class_uid;
        if (judgement.iod != nullptr) object["iod"] = std::string(judgement.iod->name);
        if (!judgement.not_judged.empty()) object["not_judged"] = judgement.not_judged;
      }
      if (!sources_.empty()) {
        object["derived_from"] = derived.sources;
        if (!derived.not_judged.empty()) object["not_held_against_source"] = derived.not_judged;
      }
      if (deidentified_) object["deidentified"] = deidentified_->json();
      if (more > 0) object["more_findings"] = more;
      if (!file->guess.empty()) object["read_as"] = file->guess;
      console_.data(json_line(object));
    } else if (!options_.quiet) {
      head(path, *file, counts, judgement, derived);
      if (deidentified_) console_.text(deidentified_->text());
      console_.text(text);
    }
    return red ? exit_codes::not_conformant : exit_codes::ok;
  }

  [[nodiscard]] bool wanted(const Problem& problem) const {
    return options_.only.empty() || std::ranges::any_of(options_.only, [&](const auto& glob) {
             return conformance::glob_match(glob, problem.rule);
           });
  }

  /// What two files contradict each other in, and what is suspicious about all of them; true when that is red.
  bool between_files() {
    FindingCounts counts;
    std::string text;
    hierarchy_.finish();
    auto found = hierarchy_.contradictions();
    std::ranges::move(resemblance_.told(), std::back_inserter(found));
    for (auto& contradiction : found) {
      if (contradiction.of_instance() && same_objects(contradiction.file, contradiction.before, reading_.how))
        contradiction.are_copies();
      Problem& problem = contradiction.problem;
      if (!wanted(problem)) continue;
      const auto* info = book_->find(problem.rule);
      const Severity severity = severity_of(problem, info);
      counts.add(severity);
      all_.add(severity);
      auto& total = totals_[problem.rule];
      const bool first = total.findings == 0;
      ++total.files;
      ++total.findings;
      total.severity = std::max(total.severity, severity);
      const auto tag = dict::tag_of(problem.field);
      const auto name = tag ? dataset::element_name(*tag, {}, nullptr) : std::string();
      if (options_.json) {
        auto object = finding_json(problem, name, info);
        object["file"] = contradiction.file;
        if (!contradiction.before.empty()) object["other_file"] = contradiction.before;
        between_.push_back(std::move(object));
      } else {
        problem.found += " in " + contradiction.file;
        if (!contradiction.before.empty()) problem.expected += std::string(contradiction.joined) + contradiction.before;
        text += finding_text(problem, name, info, first, console_.colour());
      }
    }
    if (!text.empty() && !options_.quiet) {
      console_.text(fmt::format("between the files: {}\n{}", counts.text(console_.colour()), text));
      if (hierarchy_.more() > 0) console_.text(fmt::format("  ... and {} more of these\n", hierarchy_.more()));
    }
    return counts.red(options_.strict);
  }

  void unreadable(const std::string& path, const std::string& why) {
    if (options_.json) console_.data(json_line({{"file", path}, {"error", why}}));
  }

  void head(const std::string& path, const dataset::DicomFile& file, const FindingCounts& counts,
            const conformance::iod::IodJudgement& judgement, const DerivedSources::Judgement& derived) {
    std::string text = dataset::safe_text(path) + ": " + counts.text(console_.colour());
    if (file.kind != dataset::FileKind::part10) text += fmt::format(" ({})", kind_name(file.kind));
    if (judgement.iod != nullptr) text += fmt::format(", judged as {}", conformance::iod::spaced(judgement.iod->name));
    if (!judgement.not_judged.empty())
      text += fmt::format(", not judged against an IOD: {}", dataset::safe_text(judgement.not_judged));
    if (!derived.sources.empty())
      text += fmt::format(", held against {}{}", dataset::safe_text(derived.sources.front()),
                          derived.sources.size() > 1 ? fmt::format(" and {} more", derived.sources.size() - 1) : "");
    if (!derived.not_judged.empty()) text += ", not held against a source: " + derived.not_judged;
    console_.text(text + "\n");
    if (!file.guess.empty()) console_.text("  " + dataset::safe_text(file.guess) + "\n");
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
        text +=
            fmt::format("{:>7} {:>8}  {} {}{}\n", total.files, total.findings,
                        coloured(fmt::format("{:7}", trace::name(total.severity)), total.severity, console_.colour()),
                        rule, info ? "  " + std::string(info->title) : std::string());
      }
      console_.text(text);
    }
    if (done.done == 0) return;
    console_.text(fmt::format("{}{}, {} with errors{}, {} not readable as DICOM: {}, {}, {}\n", files_ > 1 ? "\n" : "",
                              counted(done.done, "file"), done.broken, options_.strict ? " or warnings" : "",
                              done.unusable, counted(all_.errors(), "error"), counted(all_.warnings(), "warning"),
                              counted(all_.notes(), "note")));
  }

  void json_summary(const FileRun& done) {
    ordered_json rules = ordered_json::array();
    for (const auto& [rule, total] : totals_)
      rules.push_back({{"rule", rule},
                       {"severity", std::string(trace::name(total.severity))},
                       {"files", total.files},
                       {"findings", total.findings}});
    ordered_json object{{"summary",
                         {{"files", done.done},
                          {"broken", done.broken},
                          {"unusable", done.unusable},
                          {"errors", all_.errors()},
                          {"warnings", all_.warnings()},
                          {"notes", all_.notes()},
                          {"rules", std::move(rules)}}}};
    if (options_.iod) {
      object["summary"]["without_iod"] = without_iod_;
      object["summary"]["between_files"] = std::move(between_);
    }
    console_.data(json_line(object));
  }

  const ValidateOptions& options_;
  Console& console_;
  std::shared_ptr<const trace::RuleBook> book_;
  Reading reading_;
  DerivedSources sources_;
  const std::int64_t now_ =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::optional<conformance::Profile> profile_;
  std::optional<conformance::iod::Extension> extension_;
  std::map<std::string, Totals> totals_;
  std::size_t files_ = 0;
  FindingCounts all_;
  conformance::iod::Hierarchy hierarchy_;
  std::size_t without_iod_ = 0;                      // files
  std::unique_ptr<DeidentifiedJudge> deidentified_;  // null when it is not asked for
  conformance::iod::Resemblance resemblance_;
  ordered_json between_ = ordered_json::array();
};

}  // namespace

int validate(const ValidateOptions& options, Console& console) { return Validation(options, console).run(); }

}  // namespace assay::app
