// Titles and advice for every id that the decoders report (PS3.8 9.3, PS3.7 6.3.1, 9.3, 10.3, D.3.3, E, PS3.5).
// Tests: tests/unit/conformance/rule_catalogue_test.cpp
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;
using Clauses = std::vector<std::string_view>;

// Lists of clauses under which a slug is reported; decoder_rules.inc names them.
const Clauses general{"PS3.8 9.3.1"};
const Clauses general_and_data{"PS3.8 9.3.1", "PS3.8 9.3.5"};
const Clauses pdus{"PS3.8 9.3.2", "PS3.8 9.3.3", "PS3.8 9.3.4", "PS3.8 9.3.5",
                   "PS3.8 9.3.6", "PS3.8 9.3.7", "PS3.8 9.3.8"};
const Clauses request{"PS3.8 9.3.2"};
const Clauses associate{"PS3.8 9.3.2", "PS3.8 9.3.3"};
const Clauses abort{"PS3.8 9.3.8"};
const Clauses result_fields{"PS3.8 9.3.3.2", "PS3.8 9.3.4"};
const Clauses source_fields{"PS3.8 9.3.4", "PS3.8 9.3.8"};
const Clauses contexts{"PS3.8 9.3.2.2", "PS3.8 9.3.3.2"};
const Clauses request_context{"PS3.8 9.3.2.2"};
const Clauses answer_context{"PS3.8 9.3.3.2"};
const Clauses context_ids{"PS3.8 9.3.2.2", "PS3.8 9.3.3.2", "PS3.8 9.3.5.1"};
const Clauses containers{"PS3.8 9.3.2",   "PS3.8 9.3.3",   "PS3.8 9.3.2.2",
                         "PS3.8 9.3.3.2", "PS3.8 9.3.2.3", "PS3.8 9.3.3.3"};
const Clauses uids{"PS3.8 9.3.2.1",   "PS3.8 9.3.3.1",   "PS3.8 9.3.2.2.1", "PS3.8 9.3.2.2.2", "PS3.8 9.3.3.2.1",
                   "PS3.7 D.3.3.2.1", "PS3.7 D.3.3.2.2", "PS3.7 D.3.3.4.1", "PS3.7 D.3.3.4.2", "PS3.7 D.3.3.5.1",
                   "PS3.7 D.3.3.5.2", "PS3.7 D.3.3.6.1", "PS3.7 D.3.3.6"};
const Clauses maximum_length_general{"PS3.8 D.1"};
const Clauses implementation_general{"PS3.7 D.3.3.2"};
const Clauses common_extended{"PS3.7 D.3.3.6.1", "PS3.7 D.3.3.6"};
const Clauses single_sub_items{"PS3.8 D.1.1",     "PS3.8 D.1.2",     "PS3.7 D.3.3.2.1", "PS3.7 D.3.3.2.2",
                               "PS3.7 D.3.3.2.3", "PS3.7 D.3.3.2.4", "PS3.7 D.3.3.3.1", "PS3.7 D.3.3.3.2",
                               "PS3.7 D.3.3.7.1", "PS3.7 D.3.3.7.2"};
const Clauses one_way_sub_items{"PS3.7 D.3.3.6", "PS3.7 D.3.3.7.1", "PS3.7 D.3.3.7.2"};
const Clauses version_names{"PS3.7 D.3.3.2.3", "PS3.7 D.3.3.2.4"};
const Clauses structured_sub_items{"PS3.7 D.3.3.4.1", "PS3.7 D.3.3.4.2", "PS3.7 D.3.3.5.1", "PS3.7 D.3.3.5.2",
                                   "PS3.7 D.3.3.6.1", "PS3.7 D.3.3.6",   "PS3.7 D.3.3.7.1", "PS3.7 D.3.3.7.2"};
const Clauses roles{"PS3.7 D.3.3.4.1", "PS3.7 D.3.3.4.2"};
const Clauses by_class_sub_items{"PS3.7 D.3.3.4.1", "PS3.7 D.3.3.4.2", "PS3.7 D.3.3.5.1",
                                 "PS3.7 D.3.3.5.2", "PS3.7 D.3.3.6.1", "PS3.7 D.3.3.6"};
const Clauses identity_fields{"PS3.7 D.3.3.7.1", "PS3.7 D.3.3.7.2"};
const Clauses data{"PS3.8 9.3.5"};
const Clauses data_item{"PS3.8 9.3.5.1"};
const Clauses control_header{"PS3.8 E.2"};
const Clauses fragmentation{"PS3.8 E.1"};
const Clauses command_encoding{"PS3.7 6.3.1"};
const Clauses command_dictionary{"PS3.7 E.1"};
const Clauses retired_commands{"PS3.7 E.2"};
const Clauses value_representations{"PS3.5 6.2"};
const Clauses data_set_uids{"PS3.5 9.1"};
const Clauses data_set_uids_and_values{"PS3.5 9.1", "PS3.5 6.2"};
const Clauses unknown_values{"PS3.5 6.2.2"};
const Clauses element_structure{"PS3.5 7.1"};
const Clauses element_lengths{"PS3.5 7.1.1"};
const Clauses explicit_elements{"PS3.5 7.1.2"};
const Clauses group_lengths{"PS3.5 7.2"};
const Clauses sequences{"PS3.5 7.5"};
const Clauses private_elements{"PS3.5 7.8"};
const Clauses private_creators{"PS3.5 7.8.1"};
const Clauses pixel_data{"PS3.5 8.2"};
const Clauses encapsulation{"PS3.5 A.4"};
const Clauses dictionary{"PS3.6 6"};

Clauses joined(std::initializer_list<const Clauses*> lists) {
  Clauses all;
  for (const auto* list : lists) all.insert(all.end(), list->begin(), list->end());
  return all;
}

const Clauses item_clauses{"PS3.8 9.3.2.1", "PS3.8 9.3.3.1", "PS3.8 9.3.2.2.1", "PS3.8 9.3.2.2.2", "PS3.8 9.3.3.2.1"};
const Clauses items = joined({&containers, &item_clauses, &single_sub_items, &by_class_sub_items});
const Clauses with_reserved = joined({&general, &pdus, &items});

/// Clauses of the commands that `keep` chooses (PS3.7 9.3, 10.3).
template <typename Keep>
Clauses commands_where(Keep keep) {
  Clauses clauses;
  for (const auto& info : dimse::all_commands())
    if (keep(info)) clauses.push_back(info.clause);
  return clauses;
}

const Clauses& commands_list() {
  static const auto all = commands_where([](const dimse::CommandInfo&) { return true; });
  return all;
}
const Clauses& commands_with_data_rule_list() {
  static const auto some = commands_where([](const dimse::CommandInfo& info) {
    return info.data_set != dimse::CommandInfo::Data::conditional || info.field == dimse::CommandField::c_find_rsp;
  });
  return some;
}

struct Line {
  std::string_view slug;
  const Clauses& clauses;
  Severity severity;
  std::string_view title;
  std::string_view advice;
};

/// "PS3.8 9.3.2" and "item-order" give "ps3.8/9.3.2/item-order", as in the decoders.
std::string id_of(std::string_view clause, std::string_view slug) {
  std::string id(clause);
  id[0] = 'p';
  id[1] = 's';
  id[id.find(' ')] = '/';
  return id.append("/").append(slug);
}

/// Rules with one clause each, reported by harness/dataset about values, files and the other forms.
const std::vector<trace::RuleInfo> object_rules{
#define ASSAY_RULE(id, clause, severity, title, advice) {id, clause, Severity::severity, title, advice},
#include "conformance/rules/character_set_rules.inc"
#include "conformance/rules/deidentification_rules.inc"
#include "conformance/rules/derived_rules.inc"
#include "conformance/rules/file_rules.inc"
#include "conformance/rules/form_rules.inc"
#include "conformance/rules/iod_rules.inc"
#include "conformance/rules/limit_rules.inc"
#include "conformance/rules/object_rules.inc"
#include "conformance/rules/sr_rules.inc"
#include "conformance/rules/value_rules.inc"
#undef ASSAY_RULE
};

}  // namespace

void add_decoder_rules(trace::RuleBook& book) {
  const Clauses& commands = commands_list();
  const Clauses& commands_with_data_rule = commands_with_data_rule_list();
  const Line lines[] = {
#define ASSAY_DECODED(slug, clauses, severity, title, advice) {slug, clauses, Severity::severity, title, advice},
#include "conformance/rules/decoder_rules.inc"
#undef ASSAY_DECODED
  };
  // RuleInfo views its texts; ids are made here once and live as long as the program.
  static std::deque<std::string> ids;
  std::vector<trace::RuleInfo> infos;
  for (const auto& line : lines) {
    for (const auto clause : line.clauses) {
      infos.push_back({ids.emplace_back(id_of(clause, line.slug)), clause, line.severity, line.title, line.advice});
    }
  }
  book.describe(infos);
  book.describe(object_rules);
}

}  // namespace assay::conformance
