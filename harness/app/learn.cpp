#include "harness/app/learn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/app/home.hpp"
#include "harness/app/learn_ask.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/base/hex.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/version.hpp"
#include "peers/load.hpp"
#include "peers/local_time.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

namespace learning = conformance::learn;

/// Files of our own beside the associations that are open at the same time.
constexpr std::size_t other_descriptors = 32;

/// "30s", "2500ms": what a profile may say, rounded to what was measured.
std::string time_value(Duration measured) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(measured).count();
  if (ms >= 950) return fmt::format("{}s", (ms + 500) / 1000);
  return fmt::format("{}ms", std::max<long long>(100, (ms + 50) / 100 * 100));
}

/// Two statements, no device.
int compare_statements(const LearnOptions& options, Console& console) {
  const auto before = read_profile(options.diff[0]);
  if (!before) {
    console.error(before.error());
    return exit_codes::usage;
  }
  const auto after = read_profile(options.diff[1]);
  if (!after) {
    console.error(after.error());
    return exit_codes::usage;
  }
  const auto changes = learning::compare(*before, *after);
  std::map<learning::Change, std::size_t> counts;
  for (const auto& one : changes) ++counts[one.change];
  const auto gone = counts[learning::Change::gone];
  const auto changed = counts[learning::Change::changed];
  if (options.scu.json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : changes)
      list.push_back({{"id", one.id},
                      {"change", name(one.change)},
                      {"before", one.before},
                      {"after", one.after},
                      {"at", to_string(one.at)}});
    const nlohmann::ordered_json out{{"before", before->product + " " + before->version},
                                     {"after", after->product + " " + after->version},
                                     {"gone", gone},
                                     {"changed", changed},
                                     {"added", counts[learning::Change::added]},
                                     {"claims", list}};
    console.data(out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    auto text = fmt::format("{} {} -> {} {}: {} gone, {} changed, {} added\n", before->product, before->version,
                            after->product, after->version, gone, changed, counts[learning::Change::added]);
    for (const auto& one : changes) {
      if (one.change == learning::Change::changed)
        text += fmt::format("  changed  {}\n           was {}\n           now {}\n", one.id, one.before, one.after);
      else
        text += fmt::format("  {:8} {}: {}\n", name(one.change), one.id,
                            one.change == learning::Change::gone ? one.before : one.after);
    }
    console.text(text);
  }
  return gone + changed > 0 ? exit_codes::not_conformant : exit_codes::ok;
}

class Learning {
 public:
  Learning(const LearnOptions& options, Console& console, peers::RequestorOptions target)
      : options_(options),
        console_(console),
        target_(std::move(target)),
        interrupt_(loop_, console, "what is known so far is written"),
        progress_(console, options.scu.json),
        asker_(
            loop_, target_, [this] { return interrupt_.asked(); },
            [this](std::size_t number, const std::string& purpose) {
              progress_.at([&] {
                return fmt::format("association {} of about {}: {}", number + 1, std::max(number + 1, expected()),
                                   purpose);
              });
            }) {
    const auto us = service::default_policy();
    auto& settings = report_.settings;
    settings.called = target_.called_ae;
    settings.calling = target_.calling_ae;
    settings.implementation_class_uid = us.implementation_class_uid;
    settings.version_name = us.implementation_version_name;
    settings.quick = options.quick;
    settings.also = options.also;
    settings.most_parallel = options.parallel;
    settings.stop = [this] { return interrupt_.asked(); };
  }

  int run(const std::optional<conformance::Profile>& statement, LearnReport* out) {
    const auto begun = loop_.now();
    const auto now = peers::local_time();
    report_.target = fmt::format("{}:{}", target_.host, target_.port);
    report_.date = fmt::format("{}-{}-{}", now.date.substr(0, 4), now.date.substr(4, 2), now.date.substr(6, 2));
    if (const auto code = contact(); code != exit_codes::ok) return code;
    ask();
    const auto [released, held] = asker_.release_held();
    if (released < held)
      report_.remarks.push_back(fmt::format(
          "of {} associations that were open at the same time it answered the release of {}", held, released));
    report_.interrupted = interrupt_.asked();
    report_.associations = asker_.associations();
    report_.took = loop_.now() - begun;
    console_.clear_progress();
    write_up();
    if (statement) {
      report_.statement = options_.diff.front();
      report_.comparison = compare(*statement, report_.learned, report_.profile, target_.called_ae);
    }
    const auto code = say(out == nullptr);
    if (out != nullptr) *out = std::move(report_);
    return code;
  }

 private:
  /// The whole catalogue against a device that takes every Storage SOP Class; most need far fewer.
  [[nodiscard]] std::size_t expected() const {
    const auto& learned = report_.learned;
    if (learned.classes.empty()) return options_.quick ? 60 : 200;
    const auto syntaxes = learning::asked_syntaxes(report_.settings).size();
    const auto known = std::ranges::count_if(learned.classes, [](const auto& one) { return one.together != 3; });
    return 60 + static_cast<std::size_t>(known) * syntaxes / 127 + report_.settings.most_parallel;
  }

  /// Whether something is there that can be asked, and if not, why.
  int contact() {
    using peers::Failure;
    std::optional<peers::RequestorResult> result;
    const auto echo = [&] {
      result.reset();
      peers::async_echo(loop_, target_, 1, [&](peers::RequestorResult r) { result = std::move(r); });
      return loop_.run_until([&] { return result.has_value(); });
    };
    if (!echo()) return exit_codes::interrupted;
    for (const auto pause : learn_pauses) {
      if (!passes(*result)) break;
      asker_.wait(pause);
      if (interrupt_.asked() || !echo()) return exit_codes::interrupted;
    }
    switch (result->failure) {
      case Failure::none: return exit_codes::ok;
      case Failure::no_context:
      case Failure::status:
      case Failure::bad_response:
      case Failure::dimse_timeout: report_.remarks.push_back("C-ECHO: " + result->message); return exit_codes::ok;
      default:
        console_.clear_progress();
        console_.error(result->message);
        if (result->failure == Failure::rejected)
          console_.error("nothing can be learned with these AE titles: 'assay diagnose' finds the right ones");
        return result->failure == Failure::aborted ? exit_codes::inconclusive : exit_code_of(result->failure);
    }
  }

  void ask() {
    auto& learned = report_.learned;
    const auto& settings = report_.settings;
    learning::learn_contexts(settings, asker_.associate(), learned);
    if (options_.keys) {
      fill();
      learning::learn_keys(settings, asker_.find(), learned);
    }
    for (const auto uid :
         {uids::StudyRootQueryRetrieveInformationModelMove, uids::PatientRootQueryRetrieveInformationModelMove}) {
      if (!learned.serves(uid)) continue;
      if (const auto status = asker_.move_to_nobody(uid, learned.sample_study))
        learning::learn_move(uid, *status, learned);
      break;
    }
    timers();
    learning::learn_policies(settings, asker_.associate(), learned);
  }

  /// An empty archive has nothing to ask for.
  void fill() {
    auto& learned = report_.learned;
    if (!learned.serves(uids::StudyRootQueryRetrieveInformationModelFind) &&
        !learned.serves(uids::PatientRootQueryRetrieveInformationModelFind))
      return;
    const bool study = learned.serves(uids::StudyRootQueryRetrieveInformationModelFind);
    learning::FindQuery query;
    query.identifier.set_text(tags::QueryRetrieveLevel, study ? "STUDY" : "PATIENT");
    query.identifier.set_empty(study ? tags::StudyInstanceUID : tags::PatientID);
    query.enough = 1;
    const auto replies = asker_.find()(
        study ? uids::StudyRootQueryRetrieveInformationModelFind : uids::PatientRootQueryRetrieveInformationModelFind,
        {query}, "is there anything?");
    if (!replies.front().status || !replies.front().matches.empty()) return;
    if (!options_.may_store) {
      report_.remarks.emplace_back(
          "it has no studies: with --may-store a few synthetic ones are stored, so that its query keys can be learned");
      return;
    }
    const auto stored = asker_.store_synthetic(learned);
    report_.remarks.push_back(
        stored == 0 ? std::string("it has no studies, and takes none of the synthetic objects")
                    : fmt::format("{} synthetic objects were stored there, because it had no studies; their UIDs begin "
                                  "with 2.25.314159265358979, and they stay there",
                                  stored));
  }

  void timers() {
    auto& learned = report_.learned;
    if (!options_.slow) {
      for (const auto* policy : {"artim", "idle-timeout"})
        learned.open_question(std::string("policy/") + policy, "timers are measured with --slow");
      return;
    }
    std::optional<pdu::AAssociateRq> association;
    for (const auto& one : learned.classes)
      if (!one.as_scp.empty() && one.uid != conformance::every_storage && !association)
        association = learning::offer(report_.settings, {{one.uid, {one.as_scp.front()}}});
    const auto measure = [&](const char* policy, const pdu::AAssociateRq* rq, const char* how) {
      if (const auto found = asker_.silence(rq, options_.longest))
        learned.found(policy, time_value(*found), fmt::format("{} after {}", how, reports::detail::seconds(*found)));
      else
        learned.open_question(std::string("policy/") + policy,
                              interrupt_.asked() ? "it was stopped before"
                                                 : fmt::format("nothing happened in {}, and nobody waited any longer",
                                                               reports::detail::seconds(options_.longest)));
    };
    measure("artim", nullptr, "a connection without an A-ASSOCIATE-RQ was ended");
    if (association) measure("idle-timeout", &*association, "an association on which nothing happened was ended");
  }

  void write_up() {
    auto& learned = report_.learned;
    learning::Naming naming;
    const auto version = learned.policies.find("implementation-version-name");
    naming.product = version == learned.policies.end() ? "unknown product at " + report_.target : version->second;
    naming.version = "as found on " + report_.date;
    naming.title = target_.called_ae;
    if (!target_.tls) naming.plain = true;
    naming.notes.push_back(
        fmt::format("Learned by assay {} from {}, called '{}' by '{}', in {} associations on {}{}.", ASSAY_VERSION,
                    report_.target, target_.called_ae, target_.calling_ae, report_.associations, report_.date,
                    report_.interrupted ? "; it was interrupted, and not everything was asked" : ""));
    for (const auto& one : report_.remarks) naming.notes.push_back("Remark: " + printable(one) + ".");
    for (const auto& [why, about] : open_questions(learned)) {
      std::string list;
      for (const auto& one : about) list += (list.empty() ? "" : " ") + (one.empty() ? std::string("everything") : one);
      naming.notes.push_back(fmt::format("Unknown, because {}: {}", why, list));
    }
    report_.profile = profile_of(learned, naming);
  }

  int say(bool aloud) {
    int code = report_.interrupted ? exit_codes::interrupted : exit_codes::ok;
    if (std::ranges::any_of(report_.comparison, [](const learning::Compared& one) {
          return one.standing == learning::Standing::contradicted;
        }))
      code = worse_exit_code(code, exit_codes::not_conformant);
    if (report_.learned.gone) {
      console_.error("the device stopped answering: what is known so far is reported");
      code = worse_exit_code(code, exit_codes::inconclusive);
    }
    const auto write = [&](const std::string& file, const std::string& text) {
      if (file.empty()) return;
      if (const auto written = write_text(file, text); !written) {
        console_.error(written.error());
        code = worse_exit_code(code, exit_codes::usage);
      }
    };
    write(options_.out, to_xml(report_.profile));
    write(options_.html, learn_html(report_));
    if (!aloud) return code;
    if (options_.scu.json)
      console_.data(learn_json(report_));
    else
      console_.text(learn_text(report_, console_.colour()));
    return code;
  }

  const LearnOptions& options_;
  Console& console_;
  peers::RequestorOptions target_;
  peers::Loop loop_;
  ScuInterrupt interrupt_;
  ScuProgress progress_;
  LearnAsker asker_;
  LearnReport report_;
};

}  // namespace

std::vector<std::pair<std::string, std::vector<std::string>>> open_questions(const learning::Learned& learned) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (const auto& one : learned.unknown) {
    // A device may have put anything into its words.
    const auto why = printable(one.why);
    auto found = std::ranges::find(out, why, [](const auto& entry) { return entry.first; });
    if (found == out.end()) found = out.insert(out.end(), {why, {}});
    found->second.push_back(one.claim);
  }
  return out;
}

int learn(const LearnOptions& given, Console& console, LearnReport* report) {
  auto options = given;
  if (options.scu.json) console.text_to_stderr();
  if (options.scu.target.empty() && options.diff.size() == 2) {
    // --diff P.xml HOST:PORT, in the other order.
    const auto last = read_profile(options.diff[1]);
    if (!last && target_from(options.diff[1])) {
      options.scu.target = options.diff[1];
      options.diff.pop_back();
    } else {
      return compare_statements(options, console);
    }
  }
  if (options.scu.target.empty()) {
    console.error(options.diff.empty() ? "which device? Write its HOST:PORT (see 'assay learn --help')"
                                       : "--diff with one statement needs a device: write its HOST:PORT, or a second "
                                         "statement");
    return exit_codes::usage;
  }
  if (options.diff.size() > 1) {
    console.error("--diff takes one statement where there is a device, and two where there is none");
    return exit_codes::usage;
  }
  std::optional<conformance::Profile> statement;
  if (!options.diff.empty()) {
    auto read = read_profile(options.diff.front());
    if (!read) {
      console.error(read.error());
      return exit_codes::usage;
    }
    statement = std::move(*read);
    options.also = learning::asked_by(*statement);
    if (!options.titled && !statement->aes.empty()) options.scu.called_ae = statement->aes.front().title;
  }
  for (const auto& file : {options.out, options.html}) {
    if (file.empty()) continue;
    if (const auto possible = can_write(file); !possible) {
      console.error(possible.error());
      return exit_codes::usage;
    }
  }
  options.scu.judge = false;
  auto target = requestor_of(options.scu, console);
  if (!target) return exit_codes::usage;
  (void)peers::allow_descriptors(options.parallel + other_descriptors);
  return Learning(options, console, std::move(*target)).run(statement, report);
}

}  // namespace assay::app
