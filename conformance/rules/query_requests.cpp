// Identifiers of C-FIND, C-GET and C-MOVE requests: the keys that a level needs and may have (PS3.4 C.4.1, C.4.2,
// C.4.3). That a level is named stands in data_sets.cpp.
// Tests: tests/unit/conformance/{planted_faults,query_keys}_test.cpp
#include <fmt/format.h>

#include "conformance/rules/exchange.hpp"
#include "conformance/rules/models.hpp"
#include "conformance/rules/service_tables.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo upper_key{
    "ps3.4/C.4.1.2/unique-key-above-level", "PS3.4 C.4.1.2.1", Severity::error,
    "A query names one value of the unique key of each level above its own, unless relational queries were negotiated.",
    "Ask the vendor of the requesting device to send the unique keys above the level; the archive may refuse the query "
    "or "
    "answer for everybody."};
constexpr trace::RuleInfo own_key{
    "ps3.4/C.4.1.2/unique-key-of-level", "PS3.4 C.4.1.2.1", Severity::warning,
    "A query contains the unique key of its level, if without a value.",
    "Add the unique key of the level to the query; without it the matches cannot be told apart by every archive."};
constexpr trace::RuleInfo other_level{
    "ps3.4/C.4.1.2/key-of-other-level", "PS3.4 C.4.1.2.1", Severity::warning,
    "A query asks for values of keys of its own level only, unless relational queries were negotiated.",
    "Take the key out of the query or negotiate relational queries; archives may ignore it or refuse."};
constexpr trace::RuleInfo several_items{
    "ps3.4/C.2.2.2.6/sequence-items", "PS3.4 C.2.2.2.6", Severity::error, "A sequence of a query has one item.",
    "Ask the vendor of the requesting device to put all keys of the sequence into one item; archives read the first "
    "only."};
constexpr trace::RuleInfo retrieve_key{
    "ps3.4/C.4.2.2/unique-key", "PS3.4 C.4.2.2.1, C.4.3.2.1", Severity::error,
    "A retrieval names its unique key, and one value of that of each level above.",
    "Ask the vendor of the requesting device to name what it wants level by level; the archive may refuse or send too "
    "much."};
constexpr trace::RuleInfo retrieve_other{
    "ps3.4/C.4.2.1.4/key-not-unique", "PS3.4 C.4.2.1.4.1, C.4.3.1.3.1", Severity::warning,
    "A retrieval contains unique keys down to its level and no other key.",
    "Take the key out of the request; archives ignore it, so more may come than was meant."};

class Requests final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    const auto command = heard.operation.command;
    const bool retrieve = command == CommandField::c_get_rq || command == CommandField::c_move_rq;
    if ((!retrieve && command != CommandField::c_find_rq) || heard.data == nullptr) return;
    const auto model = model_of(heard.operation.abstract_syntax);
    if (!model) return;
    const auto root = heard.data->root();
    const auto level = level_in(*model, root.text(tags::QueryRetrieveLevel));
    if (!level) return;  // data_sets.cpp tells it
    const bool relational = extended_of(heard.negotiated, heard.operation.abstract_syntax).relational;
    if (!relational && !upper_keys(heard, *model, *level, retrieve, reporter)) return;
    const auto own = service::unique_key(*level);
    if (retrieve ? !has_value(root, own) : !root.has(own)) {
      reporter.report(finding(retrieve ? retrieve_key : own_key, place_of_element(heard.seen, root, own), label(own),
                              shown(root, own),
                              fmt::format("{} at level {}", retrieve ? "a value" : "the key", text_of(root))));
      return;
    }
    // Below the patient a list of UIDs is allowed, a pattern nowhere (C.4.2.1.4, C.2.2.2.4).
    if (retrieve && (*level == QueryLevel::patient ? !single(root.text(own)) : has_pattern(root.text(own)))) {
      reporter.report(finding(retrieve_key, place_of_element(heard.seen, root, own), label(own), shown(root, own),
                              *level == QueryLevel::patient ? "one Patient ID" : "UIDs, no pattern"));
      return;
    }
    if (retrieve) {
      only_unique_keys(heard, *model, *level, reporter);
      return;
    }
    one_item_each(heard, reporter);
    if (!relational) only_keys_of_level(heard, *model, *level, reporter);
  }

 private:
  static std::string text_of(const dataset::Level& root) { return std::string(root.text(tags::QueryRetrieveLevel)); }

  static bool single(std::string_view value) {
    return !value.empty() && value.find_first_of("\\*?") == std::string_view::npos;
  }

  static bool has_pattern(std::string_view value) { return value.find_first_of("*?") != std::string_view::npos; }

  static void one_item_each(const Heard& heard, trace::Reporter& reporter) {
    const auto root = heard.data->root();
    for (const auto* node : root.elements()) {
      if (node->kind != dataset::NodeKind::sequence || node->tag.is_private()) continue;
      const auto count = root.items(node->tag).size();
      if (count <= 1) continue;
      reporter.report(finding(several_items, place_of_node(heard.seen, node), label(node->tag),
                              fmt::format("{} items", count), "one item"));
      return;
    }
  }

  /// False when one was told.
  static bool upper_keys(const Heard& heard, Model model, QueryLevel level, bool retrieve, trace::Reporter& reporter) {
    const auto root = heard.data->root();
    for (auto at = top_of(model); above(at, level); at = static_cast<QueryLevel>(static_cast<unsigned>(at) + 1)) {
      const auto key = service::unique_key(at);
      if (single(root.text(key))) continue;
      reporter.report(finding(retrieve ? retrieve_key : upper_key, place_of_element(heard.seen, root, key), label(key),
                              shown(root, key), fmt::format("one value at level {}", text_of(root))));
      return false;
    }
    return true;
  }

  static std::span<const ServiceRow> keys_of(Model model, QueryLevel level) {
    switch (level) {
      case QueryLevel::patient: return rows_of(ServiceTable::patient_keys);
      case QueryLevel::study:
        return rows_of(model == Model::study_root ? ServiceTable::study_root_keys : ServiceTable::study_keys);
      case QueryLevel::series: return rows_of(ServiceTable::series_keys);
      default: return rows_of(ServiceTable::image_keys);
    }
  }

  /// Of a level that is not `level`: required, optional or the unique key of a lower one. Unique keys of upper levels
  /// belong to every query.
  static bool is_of_other_level(Model model, QueryLevel level, Tag tag) {
    if (find_row(keys_of(model, level), tag) != nullptr) return false;
    for (auto at = top_of(model); at <= QueryLevel::image;
         at = static_cast<QueryLevel>(static_cast<unsigned>(at) + 1)) {
      const auto* row = find_row(keys_of(model, at), tag);
      if (row != nullptr) return !(row->need == Need::unique && above(at, level));
    }
    return false;
  }

  static void only_keys_of_level(const Heard& heard, Model model, QueryLevel level, trace::Reporter& reporter) {
    const auto root = heard.data->root();
    for (const auto* node : root.elements()) {
      // Without a value nothing is matched by it, and many add keys of the patient so that they come back.
      if (node->value.empty() || !is_of_other_level(model, level, node->tag)) continue;
      reporter.report(finding(other_level, place_of_node(heard.seen, node), label(node->tag), shown(root, node->tag),
                              fmt::format("no value of it at level {}", text_of(root))));
      return;
    }
  }

  static void only_unique_keys(const Heard& heard, Model model, QueryLevel level, trace::Reporter& reporter) {
    for (const auto* node : heard.data->root().elements()) {
      const auto tag = node->tag;
      // Patient ID in Study Root is no unique key, and does no harm.
      if (tag == tags::QueryRetrieveLevel || tag == tags::SpecificCharacterSet || tag == tags::QueryRetrieveView ||
          tag == tags::PatientID || tag.is_private() || tag.is_group_length()) {
        continue;
      }
      const auto at = level_of_standard_key(model, tag);
      if (at && tag == service::unique_key(*at) && !above(level, *at)) continue;
      reporter.report(finding(retrieve_other, place_of_node(heard.seen, node), label(tag), "present",
                              fmt::format("unique keys down to level {} only", text_of(heard.data->root()))));
      return;
    }
  }
};

}  // namespace

JudgeKind query_request_judge() {
  return {{upper_key, own_key, other_level, several_items, retrieve_key, retrieve_other},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Requests>(); }};
}

}  // namespace assay::conformance
