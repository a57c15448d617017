// What was learned as a statement for people, in the order of PS3.2 Annex A. One file, no network.
#include <fmt/format.h>

#include <algorithm>

#include "conformance/profile_tables.hpp"
#include "harness/app/learn.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/sop_classes.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

namespace learning = conformance::learn;
using conformance::Role;
using conformance::short_name;
using learning::Standing;
using reports::detail::escape;

constexpr std::string_view style_sheet = R"css(
:root{--ink:#1b2330;--soft:#5b6675;--line:#d8dee6;--back:#fff;--panel:#f5f7fa;--good:#1a7f4b;--bad:#b42318;--open:#9a6700}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#303a47;--back:#12171e;--panel:#1a212b;--good:#4ac585;--bad:#ff7b6b;--open:#e0b040}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 60px}h1{font-size:24px;margin:0 0 2px}h2{font-size:18px;margin:32px 0 8px}h3{font-size:15px;margin:20px 0 6px}
.lead{font-size:16px;color:var(--soft);margin:6px 0 16px}
table{border-collapse:collapse;width:100%;margin:6px 0 14px;font-size:14px}th,td{border:1px solid var(--line);padding:5px 9px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:var(--panel);font-weight:600}td.n{white-space:nowrap}.soft{color:var(--soft);font-size:13px}
.confirmed{color:var(--good);font-weight:600}.contradicted{color:var(--bad);font-weight:600}.not-seen,.undeclared{color:var(--open);font-weight:600}
code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
nav{columns:2;font-size:14px;margin:0 0 18px}nav a{color:inherit;display:block}
footer{color:var(--soft);font-size:13px;margin-top:32px;border-top:1px solid var(--line);padding-top:12px}
@media print{nav{display:none}h2{break-after:avoid}tr{break-inside:avoid}}
)css";

std::string title_of(std::string_view uid) {
  if (uid == conformance::every_storage) return "Every Storage SOP Class";
  const auto* entry = dict::find_uid(uid);
  if (entry == nullptr) return std::string(uid);
  return fmt::format("{}{}", entry->name, entry->retired ? " (retired)" : "");
}

class Page {
 public:
  explicit Page(const LearnReport& report)
      : report_(report), learned_(report.learned), ae_(report.profile.aes.front()) {}

  std::string make() {
    out_ =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\">\n";
    out_ += fmt::format("<title>{} - what it supports</title>\n<style>{}</style></head><body><main>\n",
                        escape(report_.profile.product), style_sheet);
    head();
    overview();
    policies();
    services();
    extended();
    keys();
    statuses();
    comparison();
    questions();
    out_ +=
        "<footer>Found by asking; nothing here is the word of a vendor. Services that a device uses itself (as "
        "SCU), character sets, media and de-identification do not show from outside.</footer>\n";
    out_ += "</main></body></html>\n";
    return std::move(out_);
  }

 private:
  void heading(std::string_view id, std::string_view text) {
    out_ += fmt::format("<h2 id=\"{}\">{}</h2>\n", id, escape(text));
  }
  void row(std::initializer_list<std::string> cells, bool head = false) {
    out_ += "<tr>";
    for (const auto& one : cells) out_ += fmt::format("<{0}>{1}</{0}>", head ? "th" : "td", one);
    out_ += "</tr>\n";
  }
  static std::string syntaxes(const std::vector<std::string>& uids) {
    std::string out;
    for (const auto& one : uids) out += (out.empty() ? "" : "<br>") + escape(title_of(one));
    return out;
  }
  [[nodiscard]] std::string how(const std::string& id) const {
    const auto found = learned_.evidence.find(id);
    return found == learned_.evidence.end() ? "" : found->second;
  }

  void head() {
    out_ += fmt::format("<h1>{}</h1>\n", escape(report_.profile.product));
    out_ += fmt::format(
        "<p class=\"lead\">What {} supports when it is called '{}' by '{}': learned on {} in {} "
        "associations, {}.{}</p>\n",
        escape(report_.target), escape(report_.settings.called), escape(report_.settings.calling), escape(report_.date),
        report_.associations, reports::detail::seconds(report_.took),
        report_.interrupted ? " It was interrupted: not everything was asked." : "");
    for (const auto& one : report_.remarks) out_ += fmt::format("<p>Remark: {}.</p>\n", escape(one));
    out_ += "<nav>";
    for (const auto& [id, text] : {std::pair{"overview", "1 Overview"}, std::pair{"policies", "2 Association policies"},
                                   std::pair{"classes", "3 SOP Classes"},
                                   std::pair{"extended", "4 Extended negotiation"}, std::pair{"keys", "5 Query keys"},
                                   std::pair{"statuses", "6 Statuses"}, std::pair{"unknown", "7 What stays unknown"}})
      out_ += fmt::format("<a href=\"#{}\">{}</a>", id, text);
    if (!report_.statement.empty()) out_ += "<a href=\"#diff\">Statement and reality</a>";
    out_ += "</nav>\n";
  }

  /// PS3.2 A.1: network services, as user and as provider.
  void overview() {
    heading("overview", "1 Overview of network services");
    struct Kind {
      const char* name;
      std::function<bool(std::string_view)> has;
    };
    const Kind kinds[] = {
        {"Verification", [](std::string_view uid) { return uid == uids::Verification; }},
        {"Storage", [](std::string_view uid) { return conformance::is_storage(uid); }},
        {"Query and retrieve", [](std::string_view uid) { return uid.starts_with("1.2.840.10008.5.1.4.1.2."); }},
        {"Workflow (worklist, performed procedure steps, commitment)",
         [](std::string_view uid) {
           return uid.starts_with("1.2.840.10008.5.1.4.3") || uid.starts_with("1.2.840.10008.3.1.2.3.") ||
                  uid.starts_with("1.2.840.10008.1.20.");
         }},
        {"Print", [](std::string_view uid) { return uid.starts_with("1.2.840.10008.5.1.1."); }},
    };
    out_ += "<table>";
    row({"Service", "SOP Classes as SCP", "as SCU, by role selection"}, true);
    std::size_t other_scp = 0;
    std::size_t other_scu = 0;
    std::map<std::string, std::pair<std::string, std::string>> cells;
    for (const auto& kind : kinds) {
      std::size_t numbers[2] = {0, 0};
      bool every[2] = {false, false};
      for (const auto& one : ae_.services) {
        if (!kind.has(one.sop_class)) continue;
        const auto index = one.role == Role::scp ? 0U : 1U;
        every[index] = every[index] || one.sop_class == conformance::every_storage;
        ++numbers[index];
      }
      const auto cell = [&](unsigned i) {
        return every[i] ? std::string("every") : numbers[i] == 0 ? std::string("none") : std::to_string(numbers[i]);
      };
      row({kind.name, cell(0), cell(1)});
    }
    for (const auto& one : ae_.services)
      if (std::ranges::none_of(kinds, [&](const Kind& kind) { return kind.has(one.sop_class); }))
        ++(one.role == Role::scp ? other_scp : other_scu);
    if (other_scp + other_scu > 0) row({"Others", std::to_string(other_scp), std::to_string(other_scu)});
    out_ += "</table>\n";
  }

  void policies() {
    heading("policies", "2 Association policies");
    out_ += "<table>";
    row({"Policy", "Value", "In words", "How it is known", "Clause"}, true);
    for (const auto& [name, claim] : ae_.policies) {
      const auto* spec = conformance::policy_spec(name);
      std::string words;
      if (spec != nullptr) {
        words = claim.value == "no" && !spec->no_text.empty() ? spec->no_text : spec->text;
        if (const auto at = words.find("{}"); at != std::string::npos) words.replace(at, 2, claim.value);
      }
      row({"<code>" + escape(name) + "</code>", escape(claim.value), escape(words), escape(how("policy/" + name)),
           escape(spec == nullptr ? "" : spec->clause)});
    }
    out_ += "</table>\n";
    if (learned_.any_class) out_ += "<p>It takes SOP Classes that nobody has defined, of every kind.</p>\n";
  }

  void services() {
    heading("classes", "3 SOP Classes and transfer syntaxes");
    out_ += "<table>";
    row({"SOP Class", "UID", "Role", "Transfer syntaxes, most wanted first"}, true);
    for (const auto& one : ae_.services)
      row({escape(title_of(one.sop_class)), "<code>" + escape(one.sop_class) + "</code>",
           one.role == Role::scp ? "SCP" : "SCU<br><span class=\"soft\">by role selection</span>",
           syntaxes(one.transfer_syntaxes)});
    out_ += "</table>\n";
    std::map<unsigned, std::size_t> results;
    for (const auto& one : learned_.classes)
      if (one.together != 0 && one.uid != conformance::every_storage) ++results[one.together];
    if (results.empty()) return;
    out_ += "<h3>What it does not take</h3>\n<table>";
    row({"Result of the presentation context (PS3.8 Table 9-18)", "SOP Classes"}, true);
    constexpr const char* names[] = {"", "1: user rejection", "2: no reason", "3: abstract syntax not supported",
                                     "4: transfer syntaxes not supported"};
    for (const auto& [result, number] : results)
      row({result < std::size(names) ? names[result] : "not answered", std::to_string(number)});
    out_ += "</table>\n";
  }

  void extended() {
    heading("extended", "4 SOP Class extended negotiation");
    if (learned_.extended_asked.empty()) {
      out_ += "<p>It serves no SOP Class of queries and retrieval that has it, or was not asked.</p>\n";
      return;
    }
    out_ += "<table>";
    row({"SOP Class", "Agrees to"}, true);
    for (const auto& uid : learned_.extended_asked) {
      std::string items;
      if (const auto found = learned_.extended.find(uid); found != learned_.extended.end())
        for (const auto& one : found->second) items += (items.empty() ? "" : ", ") + one;
      row({escape(title_of(uid)), items.empty() ? "nothing" : escape(items)});
    }
    out_ += "</table>\n";
  }

  void keys() {
    heading("keys", "5 Query keys");
    if (ae_.keys.empty()) out_ += "<p>None is known.</p>\n";
    std::optional<conformance::KeyLevel> level;
    for (const auto& key : ae_.keys) {
      if (level != key.level) {
        if (level) out_ += "</table>\n";
        out_ += fmt::format("<h3>Level {}</h3>\n<table>", name(key.level));
        row({"Key", "Tag", "Matching", "Returned", "How it is known"}, true);
      }
      level = key.level;
      std::string kinds;
      for (const auto kind : key.matching) kinds.append(kinds.empty() ? "" : ", ").append(name(kind));
      if (!key.supported) kinds = "not supported";
      if (kinds.empty()) kinds = "none";
      if (key.case_sensitive) kinds += *key.case_sensitive ? "; case matters" : "; case ignored";
      const auto* entry = dict::find(key.tag);
      row({escape(entry == nullptr ? "" : entry->name), "<code>" + to_string(key.tag) + "</code>", kinds,
           key.returned ? "yes" : "no",
           escape(how(fmt::format("key/{}/{}", name(key.level), dict::keyword(key.tag))))});
    }
    if (level) out_ += "</table>\n";
  }

  void statuses() {
    heading("statuses", "6 Statuses seen");
    if (ae_.statuses.empty()) {
      out_ += "<p>None was provoked.</p>\n";
      return;
    }
    out_ += "<table>";
    row({"Status", "SOP Class", "When"}, true);
    for (const auto& one : ae_.statuses)
      row({fmt::format("<code>{:04X}H</code>", one.from), escape(title_of(one.sop_class)), escape(one.when)});
    out_ += "</table>\n";
  }

  void comparison() {
    if (report_.statement.empty()) return;
    heading("diff", "Statement and reality");
    out_ += fmt::format("<p>The statement {}, claim by claim.</p>\n<table>", escape(report_.statement));
    row({"", "Claim", "What is stated", "What was found"}, true);
    for (const auto standing : {Standing::contradicted, Standing::undeclared, Standing::not_seen, Standing::confirmed})
      for (const auto& one : report_.comparison) {
        if (one.standing != standing) continue;
        std::string kind(name(standing));
        std::ranges::replace(kind, ' ', '-');
        row({fmt::format("<span class=\"{}\">{}</span>", kind, name(standing)), "<code>" + escape(one.id) + "</code>",
             escape(standing == Standing::undeclared ? "" : one.text),
             escape(standing == Standing::undeclared ? one.text : one.found)});
      }
    out_ += "</table>\n";
  }

  void questions() {
    heading("unknown", "7 What stays unknown");
    const auto all = open_questions(learned_);
    if (all.empty()) {
      out_ += "<p>Nothing of what was asked.</p>\n";
      return;
    }
    out_ += "<table>";
    row({"Why", "Claims"}, true);
    for (const auto& [why, about] : all) {
      std::string list;
      for (const auto& one : about)
        list += fmt::format("{}<code>{}</code>", list.empty() ? "" : "<br>", escape(one.empty() ? "everything" : one));
      row({escape(why), list});
    }
    out_ += "</table>\n";
  }

  const LearnReport& report_;
  const learning::Learned& learned_;
  const conformance::ApplicationEntity& ae_;
  std::string out_;
};

}  // namespace

std::string_view statement_style() { return style_sheet; }

std::string learn_html(const LearnReport& report) { return Page(report).make(); }

}  // namespace assay::app
