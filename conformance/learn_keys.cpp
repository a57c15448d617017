// Query keys by queries: what is there is asked for by its own value, by another one, by wild cards, ranges and lists.
// Tests: tests/unit/conformance/learn_keys_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/learn.hpp"
#include "conformance/learn_queries.hpp"
#include "conformance/profile_parts.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance::learn {
namespace {

using dataset::DataSet;

/// Entities whose values are used, parents below which the next level is looked at.
constexpr std::size_t most_parents = 3;
constexpr std::uint16_t cancel_status = 0xfe00;

enum class Kind : std::uint8_t {
  right,
  wrong,
  wrong_alone,  // without the unique key of the entity
  star,
  star_wrong,
  mark,
  range,
  range_from,
  range_to,
  range_wrong,
  list,
  list_wrong,
  other_case,
};

/// One query about one key, and whether the entity came back: nothing where that cannot be said.
struct Test {
  Candidate key;
  Kind kind;
  const Entity* entity;
  std::string value;
  std::optional<bool> came = {};
  std::string trouble = {};  // status, or why there was none
};

class Keys {
 public:
  Keys(const Settings& settings, const Find& find, Learned& learned)
      : settings_(settings), find_(find), learned_(learned) {}

  void run() {
    const auto study = learned_.serves(uids::StudyRootQueryRetrieveInformationModelFind);
    const auto patient = learned_.serves(uids::PatientRootQueryRetrieveInformationModelFind);
    const auto only = learned_.serves(uids::PatientStudyOnlyQueryRetrieveInformationModelFind);
    const std::string patient_class(patient ? uids::PatientRootQueryRetrieveInformationModelFind
                                            : uids::PatientStudyOnlyQueryRetrieveInformationModelFind);
    const std::string study_class(study ? std::string(uids::StudyRootQueryRetrieveInformationModelFind)
                                        : patient_class);
    std::vector<Entity> parents(1);
    if (patient || only) {
      auto found = level(place(KeyLevel::patient, patient_class, "PATIENT", tags::PatientID), parents);
      if (!study) parents = std::move(found);
    }
    if (study || patient || only) {
      parents = level(place(KeyLevel::study, study_class, "STUDY", tags::StudyInstanceUID, !study), parents);
      cancelling(study_class);
      wrong_level(study_class, study);
    }
    if (study || patient) {
      parents = level(place(KeyLevel::series, study_class, "SERIES", tags::SeriesInstanceUID), parents);
      missing_unique(study_class, parents);
      level(place(KeyLevel::image, study_class, "IMAGE", tags::SOPInstanceUID), parents);
    }
    if (learned_.serves(uids::ModalityWorklistInformationModelFind)) {
      const std::vector<Entity> none(1);
      level(place(KeyLevel::worklist, std::string(uids::ModalityWorklistInformationModelFind), "",
                  tags::StudyInstanceUID),
            none);
    }
  }

 private:
  [[nodiscard]] bool stopped() const { return learned_.gone || (settings_.stop && settings_.stop()); }

  /// `own`: without the keys of the patient, which Patient Root has at its own level.
  static Place place(KeyLevel level, std::string sop_class, std::string query_level, Tag unique, bool own = false) {
    Place out{level, std::move(sop_class), std::move(query_level), unique, {}};
    for (const auto& one : candidates()) {
      if (one.level != level) continue;
      const bool of_patient = std::ranges::any_of(
          candidates(), [&](const Candidate& c) { return c.level == KeyLevel::patient && c.tag == one.tag; });
      if (!(own && of_patient)) out.keys.push_back(one);
    }
    return out;
  }

  static std::string id(const Place& place, Tag tag) {
    KeyClaim key;
    key.level = place.level;
    key.tag = tag;
    return key_id(key);
  }

  void note_status(const std::string& sop_class, std::uint16_t status, std::string when) {
    const bool known = std::ranges::any_of(
        learned_.statuses, [&](const StatusClaim& one) { return one.sop_class == sop_class && one.from == status; });
    if (!known) learned_.statuses.push_back({sop_class, Role::scp, status, status, std::move(when), "", {}});
  }

  std::vector<FindReply> ask(const std::string& sop_class, const std::vector<FindQuery>& queries,
                             const std::string& purpose) {
    if (queries.empty() || stopped()) return std::vector<FindReply>(queries.size());
    auto replies = find_(sop_class, queries, purpose);
    replies.resize(queries.size());
    for (const auto& one : replies) {
      if (one.status == 0) note_status(sop_class, 0, "all matches were returned");
      if (one.pending.contains(0xff00)) note_status(sop_class, 0xff00, "a match");
      if (one.pending.contains(0xff01))
        note_status(sop_class, 0xff01, "a match; some optional keys are not supported for existence or matching");
      if (one.cancelled && one.status == cancel_status) {
        note_status(sop_class, cancel_status, "the query was cancelled");
        learned_.found("cancels-queries", "yes", "a C-CANCEL ended a query with FE00H");
      }
    }
    return replies;
  }

  static std::string trouble(const FindReply& reply) {
    if (!reply.status) return reply.failure.empty() ? "there was no answer" : reply.failure;
    if (*reply.status == 0 || *reply.status == cancel_status) return {};
    return fmt::format("the answer was the status {:04X}H", *reply.status);
  }

  /// All keys of a level; the entities below which the next level is looked at.
  std::vector<Entity> level(const Place& place, const std::vector<Entity>& parents) {
    const auto whole = fmt::format("key/{}", name(place.level));
    std::vector<FindQuery> queries;
    std::vector<std::vector<Unique>> above;
    std::vector<Value> universal;
    for (const auto& key : place.keys) universal.push_back({key, ""});
    for (const auto& parent : parents) {
      if (above.size() == most_parents) break;
      above.push_back(parent.above);
      queries.push_back({identifier(place, above.back(), universal), settings_.enough_matches});
    }
    if (queries.empty()) {
      learned_.open_question(whole, "the device has nothing to ask for: it is empty at the level above");
      return {};
    }
    const auto replies = ask(place.sop_class, queries, fmt::format("what is there ({})", name(place.level)));
    std::vector<Entity> entities;
    std::string why;
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (auto wrong = trouble(replies[i]); !wrong.empty()) why = std::move(wrong);
      for (const auto& match : replies[i].matches)
        if (auto identity = identity_of(place, match); !identity.empty())
          entities.push_back({match, above[i], std::move(identity)});
    }
    if (entities.empty()) {
      learned_.open_question(whole, stopped()     ? "it was stopped before"
                                    : why.empty() ? "the device has nothing to ask for: no match to a universal query"
                                                  : "a universal query with all keys: " + why);
      return {};
    }
    if (place.level == KeyLevel::study) {
      studies_ = entities.size();
      learned_.sample_study = entities.front().identity;
    }
    keys(place, entities);
    std::vector<Entity> out;
    for (auto& one : entities) {
      if (out.size() == most_parents) break;
      one.above.emplace_back(place.unique, one.identity);
      out.push_back(std::move(one));
    }
    return out;
  }

  void keys(const Place& place, const std::vector<Entity>& entities) {
    std::vector<Test> tests;
    for (const auto& key : place.keys) plan(key, entities, tests);
    carry_out(place, tests);
    // A device may look at the unique key alone when there is one: what was ignored beside it is asked alone.
    std::vector<Test> alone;
    for (const auto& one : tests) {
      const auto* right = result(tests, one.key, Kind::right);
      if (one.kind == Kind::wrong && one.came == true && right != nullptr && right->came == true &&
          one.key.tag != place.unique && place.level != KeyLevel::worklist)
        alone.push_back({one.key, Kind::wrong_alone, one.entity, one.value});
    }
    carry_out(place, alone);
    tests.insert(tests.end(), alone.begin(), alone.end());
    for (const auto& key : place.keys) conclude(place, key, entities, tests);
    if (place.level == KeyLevel::worklist) {
      const bool nested = std::ranges::any_of(learned_.keys, [](const KeyClaim& one) {
        return one.level == KeyLevel::worklist && step_key(one.tag) && !one.matching.empty();
      });
      KeyClaim sequence;
      sequence.level = KeyLevel::worklist;
      sequence.tag = tags::ScheduledProcedureStepSequence;
      if (nested) sequence.matching = {Matching::sequence};
      sequence.returned = std::ranges::any_of(
          entities, [](const Entity& one) { return !one.match.items(tags::ScheduledProcedureStepSequence).empty(); });
      if (nested || sequence.returned) learned_.keys.push_back(std::move(sequence));
    }
  }

  static void plan(const Candidate& key, const std::vector<Entity>& entities, std::vector<Test>& tests) {
    const Entity* sample = nullptr;
    std::string value;
    bool there = false;
    for (const auto& one : entities) {
      const auto has = value_of(one.match, key);
      there = there || has.has_value();
      if (!has || has->empty() || !plain(*has)) continue;
      sample = &one;
      value = *has;
      break;
    }
    if (only_returned(key.tag)) return;
    const auto vr = vr_of(key.tag);
    const auto add = [&](Kind kind, std::string text) { tests.push_back({key, kind, sample, std::move(text)}); };
    if (sample == nullptr) {
      if (there) return;  // it is there without a value: nothing can be told from that
      sample = &entities.front();
      add(Kind::wrong, wrong_value(vr, ""));
      return;
    }
    add(Kind::right, value);
    add(Kind::wrong, wrong_value(vr, value));
    if (takes_wild_cards(vr)) {
      add(Kind::star, value.substr(0, (value.size() + 1) / 2) + "*");
      add(Kind::star_wrong, "ZQXJ*");
      add(Kind::mark, value.substr(0, value.size() - 1) + "?");
    }
    if (takes_ranges(vr)) {
      add(Kind::range, value + "-" + value);
      add(Kind::range_from, value + "-");
      add(Kind::range_to, "-" + value);
      add(Kind::range_wrong, wrong_range(vr, value));
    }
    if (vr == Vr::UI) {
      add(Kind::list, fmt::format("{}\\{}", no_such_uid, value));
      add(Kind::list_wrong, fmt::format("{}\\{}", no_such_uid, no_such_uid_either));
    }
    if (auto changed = other_case(value); takes_case(vr) && changed != value) add(Kind::other_case, std::move(changed));
  }

  void carry_out(const Place& place, std::vector<Test>& tests) {
    std::vector<FindQuery> queries;
    for (const auto& one : tests) {
      std::vector<Value> values{{one.key, one.value}};
      // In steps of a worklist and where the unique key itself is asked for, only the entity itself is looked for.
      const bool confined =
          place.level != KeyLevel::worklist && one.key.tag != place.unique && one.kind != Kind::wrong_alone;
      if (confined) values.push_back({{place.level, place.unique, false}, one.entity->identity});
      queries.push_back({identifier(place, one.entity->above, values), settings_.enough_matches});
    }
    const auto replies = ask(place.sop_class, queries, fmt::format("keys ({})", name(place.level)));
    for (std::size_t i = 0; i < tests.size(); ++i) {
      tests[i].trouble = trouble(replies[i]);
      const bool there = std::ranges::any_of(replies[i].matches, [&](const DataSet& match) {
        return identity_of(place, match) == tests[i].entity->identity;
      });
      // Where it was cut short, it might have come later.
      if (there)
        tests[i].came = true;
      else if (tests[i].trouble.empty() && !replies[i].cancelled)
        tests[i].came = false;
    }
  }

  static const Test* result(const std::vector<Test>& tests, const Candidate& key, Kind kind) {
    const auto found = std::ranges::find_if(tests, [&](const Test& one) {
      return one.key.tag == key.tag && one.key.in_step == key.in_step && one.kind == kind;
    });
    return found == tests.end() ? nullptr : &*found;
  }

  void conclude(const Place& place, const Candidate& key, const std::vector<Entity>& entities,
                const std::vector<Test>& tests) {
    const auto base = id(place, key.tag);
    bool there = false;
    bool filled = false;
    for (const auto& one : entities) {
      const auto has = value_of(one.match, key);
      there = there || has.has_value();
      filled = filled || (has && !has->empty());
    }
    const auto came = [&](Kind kind) -> std::optional<bool> {
      const auto* test = result(tests, key, kind);
      return test == nullptr ? std::nullopt : test->came;
    };
    const auto looked = [&](std::string_view what) { learned_.looked.insert(base + "/" + std::string(what)); };
    KeyClaim claim;
    claim.level = place.level;
    claim.tag = key.tag;
    claim.returned = filled;
    if (!filled) {
      if (there) {
        learned_.open_question(base, "nothing that was found has a value of it");
        return;
      }
      looked("returned");
      const auto* wrong = result(tests, key, Kind::wrong);
      if (came(Kind::wrong) == true || only_returned(key.tag)) {
        claim.supported = false;
        claim.returned = false;
        for (const auto* kind : {"single", "wildcard", "range", "uid-list"}) looked(kind);
        learned_.evidence[base] = only_returned(key.tag)
                                      ? "it is in no response"
                                      : "it is in no response, and a value that nothing has changes no answer";
        learned_.keys.push_back(std::move(claim));
      } else {
        learned_.open_question(
            base, wrong != nullptr && !wrong->trouble.empty()
                      ? "it is in no response; asked for with a value, " + wrong->trouble
                      : "it is in no response, and nothing is found with a value of it: no right one is known");
      }
      return;
    }
    looked("returned");
    looked("unsupported");
    std::string how = "it is returned";
    const auto* right = result(tests, key, Kind::right);
    if (right != nullptr) {
      auto single = matched(came(Kind::right), {came(Kind::wrong)});
      if (came(Kind::wrong) == true && came(Kind::wrong_alone) == false) {
        single = true;
        how += "; beside the unique key of its level it is not looked at";
      }
      if (!single) {
        learned_.open_question(base + "/single", !right->trouble.empty() ? right->trouble
                                                 : came(Kind::right) == false
                                                     ? "the value that stands in a response finds nothing"
                                                     : "the answers were not clear");
      } else {
        looked("single");
        how += *single ? "; its own value finds it, another does not" : "; another value finds the same";
        if (*single) claim.matching.push_back(Matching::single);
        const bool seen_alone = came(Kind::wrong) == false;
        if (seen_alone || !*single) further(claim, how, *single, came, looked);
      }
    } else if (!only_returned(key.tag)) {
      learned_.open_question(base + "/single", "no value was seen that could be asked for");
    }
    std::ranges::sort(claim.matching);
    learned_.evidence[base] = std::move(how);
    learned_.keys.push_back(std::move(claim));
  }

  /// True: found by what fits it, and not by what does not.
  static std::optional<bool> matched(std::optional<bool> right, std::initializer_list<std::optional<bool>> wrong) {
    if (right != true) return std::nullopt;
    bool all = true;
    for (const auto& one : wrong) {
      if (!one) return std::nullopt;
      all = all && !*one;
    }
    return all;
  }

  template <typename Came, typename Looked>
  void further(KeyClaim& claim, std::string& how, bool single, const Came& came, const Looked& looked) {
    const auto kind = [&](Matching matching, std::initializer_list<Kind> fits, Kind wrong) {
      bool asked = true;
      bool all = true;
      for (const auto one : fits) {
        const auto said = came(one);
        asked = asked && said.has_value();
        all = all && said == true;
      }
      const auto no = came(wrong);
      if (!asked || !no) return;  // not asked, or not clear
      const bool yes = single && all && *no == false;
      looked(name(matching));
      how += fmt::format("; {} {}", name(matching), yes ? "matches" : "does not match");
      if (yes) claim.matching.push_back(matching);
    };
    kind(Matching::wildcard, {Kind::star, Kind::mark}, Kind::star_wrong);
    kind(Matching::range, {Kind::range, Kind::range_from, Kind::range_to}, Kind::range_wrong);
    kind(Matching::uid_list, {Kind::list}, Kind::list_wrong);
    if (single && came(Kind::other_case)) {
      claim.case_sensitive = !*came(Kind::other_case);
      how += *claim.case_sensitive ? "; not found in the other case" : "; found in the other case, too";
    }
  }

  void cancelling(const std::string& sop_class) {
    constexpr auto policy = "cancels-queries";
    if (stopped() || learned_.policies.contains(policy)) return;
    if (studies_ < 2) {
      learned_.open_question(std::string("policy/") + policy, "the device has too few studies to cancel a query");
      return;
    }
    const auto where = place(KeyLevel::study, sop_class, "STUDY", tags::StudyInstanceUID);
    (void)ask(sop_class, {{identifier(where, {}, {}), 1}}, "C-CANCEL");
    if (!learned_.policies.contains(policy))
      learned_.open_question(std::string("policy/") + policy,
                             "the query was over before the C-CANCEL could have come, or it was not heeded");
  }

  /// PS3.4 C.4.1.1.4: A900H for a level that the model does not have.
  void wrong_level(const std::string& sop_class, bool study_root) {
    if (stopped()) return;
    DataSet out(dataset::explicit_le);
    out.set_text(tags::QueryRetrieveLevel, study_root ? "PATIENT" : "WARD");
    out.set_empty(tags::PatientID);
    const auto replies =
        ask(sop_class, {{std::move(out), settings_.enough_matches}}, "a level that is not in the model");
    const auto& reply = replies.front();
    if (reply.status && *reply.status != 0 && *reply.status != cancel_status)
      note_status(sop_class, *reply.status, "the Query/Retrieve Level is none of the information model");
    else if (!reply.status && !reply.failure.empty())
      learned_.open_question("status/" + short_name(sop_class),
                             "a Query/Retrieve Level that is not in the model: " + reply.failure);
  }

  /// PS3.4 C.4.1.2.1: a query without relational extension needs the unique keys above its level.
  void missing_unique(const std::string& sop_class, const std::vector<Entity>& series) {
    if (stopped() || series.empty()) return;
    const auto where = place(KeyLevel::series, sop_class, "SERIES", tags::SeriesInstanceUID);
    const auto replies =
        ask(sop_class,
            {{identifier(where, {}, {{{KeyLevel::series, tags::SeriesInstanceUID, false}, series.front().identity}}),
              settings_.enough_matches}},
            "a unique key that is missing");
    const auto& reply = replies.front();
    if (!reply.status) return;
    const bool refused = *reply.status != 0 && *reply.status != cancel_status;
    if (refused) note_status(sop_class, *reply.status, "a unique key above the Query/Retrieve Level is missing");
    learned_.found("x-needs-unique-keys-above", refused || reply.matches.empty() ? "yes" : "no",
                   refused                 ? fmt::format("without them the answer is {:04X}H", *reply.status)
                   : reply.matches.empty() ? "without them nothing is found"
                                           : "without them the same is found");
  }

  const Settings& settings_;
  const Find& find_;
  Learned& learned_;
  std::size_t studies_ = 0;
};

}  // namespace

void learn_keys(const Settings& settings, const Find& find, Learned& learned) { Keys(settings, find, learned).run(); }

}  // namespace assay::conformance::learn
