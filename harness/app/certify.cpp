#include "harness/app/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/app/catalogue.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/edition.hpp"
#include "harness/app/home.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/version.hpp"
#include "peers/sha256.hpp"

namespace assay::app {
namespace {

namespace fs = std::filesystem;
namespace certifying = conformance::certify;
using certifying::Standing;

/// "name (class UID)" of the implementation, as both A-ASSOCIATE PDUs name it.
std::string product_of(const conformance::learn::Learned& learned) {
  const auto value = [&](const char* policy) {
    const auto found = learned.policies.find(policy);
    return found == learned.policies.end() ? std::string() : found->second;
  };
  const auto name = value("implementation-version-name");
  const auto uid = value("implementation-class-uid");
  if (uid.empty()) return name;
  return name.empty() ? uid : fmt::format("{} ({})", name, uid);
}

class Certifying {
 public:
  Certifying(const CertifyOptions& options, const conformance::Profile& statement, Console& console)
      : options_(options), statement_(statement), console_(console) {}

  /// Makes the record; an exit code when there is nothing to judge.
  int look() {
    LearnReport report;
    auto asking = options_.learn;
    asking.also = conformance::learn::asked_by(statement_);
    if (const auto code = learn(asking, console_, &report);
        code != exit_codes::ok && code != exit_codes::interrupted && report.learned.classes.empty())
      return code;
    record_.assay_version = ASSAY_VERSION;
    record_.edition = std::string(standard_edition);
    record_.date = report.date;
    record_.target = report.target;
    record_.called_ae = report.settings.called;
    record_.calling_ae = report.settings.calling;
    record_.product = product_of(report.learned);
    record_.remarks = report.remarks;
    record_.interrupted = report.interrupted;
    record_.seen.learned = std::move(report.learned);
    record_.seen.reality = std::move(report.profile);
    if (!options_.cases)
      record_.remarks.emplace_back("the cases of the catalogue were not run (--no-cases)");
    else if (!record_.interrupted)
      return run_cases();
    return exit_codes::ok;
  }

  int judge(DeviceRecord record, const std::string& text) {
    Certificate out;
    out.statement = &statement_;
    out.signature = options_.signature;
    out.digest = peers::sha256(as_bytes(text));
    out.judgements = certifying::judge(statement_, record.called_ae, record.seen);
    out.broken = certifying::broken_rules(record.seen);
    out.record = std::move(record);
    const fs::path folder(options_.out);
    bool written = true;
    for (const auto& [name, content] : {std::pair<const char*, std::string>{"record.json", text},
                                        {"certificate.json", certificate_json(out)},
                                        {"certificate.html", certificate_html(out)}}) {
      if (const auto saved = write_text(folder / name, content); !saved) {
        console_.error(saved.error());
        written = false;
      }
    }
    if (options_.learn.scu.json) {
      console_.data(certificate_json(out));
    } else {
      console_.text(certificate_text(out, console_.colour()));
      if (written) console_.text(fmt::format("Report: {}\n", (folder / "certificate.html").string()));
    }
    int code = out.count(Standing::contradicted) > 0 ? exit_codes::not_conformant : exit_codes::ok;
    if (out.record.interrupted) code = worse_exit_code(code, exit_codes::interrupted);
    return written ? code : worse_exit_code(code, exit_codes::usage);
  }

  DeviceRecord& record() { return record_; }

 private:
  /// The cases whose claims the statement makes. Without somebody to operate the device it is not asked to act.
  [[nodiscard]] RunOptions run_options() const {
    RunOptions run;
    run.target = record_.target;
    run.called_ae = record_.called_ae;
    run.calling_ae = record_.calling_ae;
    run.profile = options_.profile;
    run.timeout = options_.learn.scu.timeout;
    run.selection.only = options_.only;
    run.jobs = options_.jobs;
    run.unattended = options_.unattended;
    run.dut_act = options_.dut_act;
    run.listen = options_.listen;
    run.tls = options_.learn.scu.tls;
    run.command_line = options_.command_line;
    run.out = (fs::path(options_.out) / "run").string();
    if (run.unattended && run.dut_act.empty()) run.selection.role = "requestor";
    return run;
  }

  int run_cases() {
    const auto options = run_options();
    trace::RunResult result;
    const auto code = run(options, console_, &result);
    if (result.cases.empty()) {  // what was asked is judged all the same
      record_.remarks.push_back(fmt::format("the cases of the catalogue could not be run (exit code {})", code));
      return exit_codes::ok;
    }
    record_.interrupted = record_.interrupted || result.interrupted;
    const auto needs = needs_of(options.selection);
    for (const auto& one : result.cases) {
      if (one.verdict == trace::Verdict::skipped) continue;
      certifying::CaseSeen seen;
      seen.id = one.id;
      seen.title = one.title;
      seen.verdict = one.verdict;
      seen.reason = one.reason;
      seen.advice = one.advice;
      if (!one.clauses.empty()) seen.clause = one.clauses.front().part + " " + one.clauses.front().section;
      // What decides is what the device claims, unless a rule of the standard did.
      seen.statement = one.deciding_rule.empty() && std::ranges::any_of(one.clauses, [](const trace::Clause& clause) {
                         return clause.level == trace::Level::statement;
                       });
      if (const auto found = needs.find(one.id); found != needs.end()) seen.needs = found->second;
      record_.seen.cases.push_back(std::move(seen));
      if (one.role == "acceptor") hear(one);
    }
    return exit_codes::ok;
  }

  static std::map<std::string, std::vector<std::string>> needs_of(const Selection& selection) {
    std::map<std::string, std::vector<std::string>> out;
    const auto catalogue = load_catalogue(selection);
    if (!catalogue) return out;
    for (const auto& one : catalogue->cases) {
      auto& needs = out[one.scenario_case.id()];
      for (const auto& need : one.scenario_case.needs())
        if (need.claimed) needs.push_back(need.claim);
    }
    return out;
  }

  /// What the device proposed in a case in which it was to call us.
  void hear(const trace::CaseResult& one) {
    auto& seen = record_.seen;
    for (const auto& trace : one.traces) {
      if (trace.negotiated.rq == nullptr) continue;
      seen.called_us = true;
      for (const auto& context : trace.negotiated.contexts) {
        auto found = std::ranges::find(seen.proposals, context.abstract_syntax, &certifying::Proposal::sop_class);
        if (found == seen.proposals.end()) {
          seen.proposals.push_back({context.abstract_syntax, {}, {}});
          found = std::prev(seen.proposals.end());
        }
        found->transfer_syntaxes.insert(context.proposed.begin(), context.proposed.end());
        found->cases.insert(one.id);
      }
    }
  }

  const CertifyOptions& options_;
  const conformance::Profile& statement_;
  Console& console_;
  DeviceRecord record_;
};

}  // namespace

std::size_t Certificate::count(Standing standing) const {
  return static_cast<std::size_t>(std::ranges::count(judgements, standing, &certifying::Judgement::standing));
}

std::string Certificate::sentence() const {
  const auto confirmed = count(Standing::confirmed);
  const auto contradicted = count(Standing::contradicted);
  const auto open = count(Standing::not_tested);
  const auto undeclared = count(Standing::undeclared);
  auto out = fmt::format("{} {} the statement {} {}", record.target,
                         contradicted > 0 ? "disagrees with" : "agrees with", statement->product, statement->version);
  out += contradicted > 0 ? fmt::format(" in {} of {} claims that were tested", contradicted, confirmed + contradicted)
                          : fmt::format(" in all {} claims that were tested", confirmed);
  if (open > 0) out += fmt::format("; {} {} not tested", open, open == 1 ? "was" : "were");
  if (undeclared > 0)
    out += fmt::format("; {} {} that it does not declare", undeclared,
                       undeclared == 1 ? "thing is there" : "things are there");
  return out + ".";
}

int certify(const CertifyOptions& given, Console& console) {
  auto options = given;
  if (options.learn.scu.json) console.text_to_stderr();
  const auto statement = read_profile(options.profile);
  if (!statement) {
    console.error(statement.error());
    return exit_codes::usage;
  }
  if (statement->aes.empty()) {
    console.error(options.profile + ": claims nothing about any Application Entity");
    return exit_codes::usage;
  }
  std::optional<DeviceRecord> before;
  if (!options.record.empty()) {
    const auto text = read_text(options.record);
    if (!text) {
      console.error("--record " + text.error());
      return exit_codes::usage;
    }
    auto read = read_record(*text, options.record);
    if (!read) {
      console.error(read.error());
      return exit_codes::usage;
    }
    before = std::move(*read);
  } else if (options.learn.scu.target.empty()) {
    console.error("which device? Give --target HOST:PORT, or --record FILE to judge what was recorded before");
    return exit_codes::usage;
  }
  if (options.cases && !before) {
    // Before anything is asked: a misspelt glob would else be found when all is done.
    Selection selection;
    selection.only = options.only;
    const auto catalogue = load_catalogue(selection);
    if (!catalogue) {
      for (const auto& line : catalogue.error()) console.error(line);
      return exit_codes::usage;
    }
    if (catalogue->cases.empty()) {
      console.error("--only leaves no case: 'assay list' shows what there is, --no-cases does without");
      return exit_codes::usage;
    }
  }
  std::error_code error;
  fs::create_directories(options.out, error);
  if (const auto possible = can_write(fs::path(options.out) / "certificate.json"); !possible) {
    console.error("--out " + possible.error());
    return exit_codes::usage;
  }
  if (!options.learn.titled) options.learn.scu.called_ae = statement->aes.front().title;
  Certifying certifying(options, *statement, console);
  if (before) {
    const auto text = record_json(*before);
    return certifying.judge(std::move(*before), text);
  }
  if (const auto code = certifying.look(); code != exit_codes::ok) return code;
  const auto text = record_json(certifying.record());
  return certifying.judge(std::move(certifying.record()), text);
}

}  // namespace assay::app
