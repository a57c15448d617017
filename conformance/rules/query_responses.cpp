// What a match of a query tells: its level, its unique key, what was asked for and what agrees with it (PS3.4
// C.2.2.2, C.4.1.1.3.2). Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "conformance/rules/exchange.hpp"
#include "conformance/rules/models.hpp"
#include "harness/service/matching.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using dimse::StatusClass;
using trace::Severity;

constexpr trace::RuleInfo wrong_level{"ps3.4/C.4.1.1.3.2/level-of-match", "PS3.4 C.4.1.1.3.2", Severity::error,
                                      "A match has the Query/Retrieve Level of the query.",
                                      "Ask the vendor of the answering device to return the level it was asked at."};
constexpr trace::RuleInfo unnamed{"ps3.4/C.4.1.1.3.2/unique-key-in-match", "PS3.4 C.2.2.1.1", Severity::error,
                                  "A match has a value of the unique key of its level.",
                                  "Look the object up in the archive: without its unique key it cannot be retrieved."};
constexpr trace::RuleInfo not_returned{
    "ps3.4/C.4.1.1.3.2/key-not-returned", "PS3.4 C.4.1.1.3.2", Severity::error,
    "A match returns every required key of the query, if without a value.",
    "Ask the vendor of the answering device to return the key; the requesting device may show an empty list."};
constexpr trace::RuleInfo optional_untold{
    "ps3.4/C.4.1.1.4/optional-key-not-returned", "PS3.4 C.4.1.1.4", Severity::warning,
    "A match with status FF00H returns the optional keys too; with FF01H it may leave out those not supported.",
    "Ask the vendor of the answering device to answer FF01H when it does not support a key."};
constexpr trace::RuleInfo disagrees{"ps3.4/C.2.2.2/match-disagrees", "PS3.4 C.2.2.2", Severity::error,
                                    "The required keys of a match agree with the values asked for.",
                                    "Do not rely on the list: filter it in the requesting device, and ask the vendor "
                                    "of the answering device which keys "
                                    "it matches."};
constexpr trace::RuleInfo not_asked{
    "ps3.4/C.4.1.1.3.2/key-not-asked", "PS3.4 C.4.1.1.3.2", Severity::warning,
    "A match contains no attribute that the query did not ask for.",
    "Nothing to do where the requesting device copes; ask the vendor of the answering device."};
constexpr trace::RuleInfo repeated{
    "ps3.4/C.4.1.1/match-repeated", "PS3.4 C.4.1.3.1", Severity::warning, "Each match of a query is told once.",
    "Ask the vendor of the answering device; until then drop the second one in the requesting device."};

/// Matches of one query that are remembered by their unique key.
constexpr std::size_t max_remembered = 20'000;

/// Whether a key for a date or time has the form of one: a value or two with one hyphen, digits and what may stand
/// between them (PS3.4 C.2.2.2.1, C.2.2.2.5). Of other VRs every text is a key.
bool is_moment_key(Vr vr, std::string_view text) {
  if (vr == Vr::DT) return text.size() <= 2 * std::string_view("YYYYMMDDHHMMSS.FFFFFF+ZZXX").size() + 1;
  if (vr != Vr::DA && vr != Vr::TM) return true;
  const auto hyphen = text.find('-');
  for (auto part : {text.substr(0, hyphen), hyphen == std::string_view::npos ? text : text.substr(hyphen + 1)}) {
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (part.find_first_not_of(vr == Vr::DA ? "0123456789" : "0123456789.") != std::string_view::npos) return false;
    if (vr == Vr::DA && !part.empty() && part.size() != 8) return false;
    if (vr == Vr::TM && part.size() > std::string_view("HHMMSS.FFFFFF").size()) return false;
  }
  return text.find_first_of("0123456789") != std::string_view::npos;
}

class Responses final : public Judge {
 public:
  void response(const Heard& heard, trace::Reporter& reporter) override {
    const auto& operation = heard.operation;
    if (operation.command != CommandField::c_find_rq) return;
    if (heard.final) {
      told_.erase(operation.serial);
      return;
    }
    const auto model = model_of(operation.abstract_syntax);
    if (!model || heard.data == nullptr || !operation.data) return;
    const auto asked = operation.data->root();
    const auto level = level_in(*model, asked.text(tags::QueryRetrieveLevel));
    if (!level) return;  // the query is at fault
    const auto match = heard.data->root();
    if (match.text(tags::QueryRetrieveLevel) != asked.text(tags::QueryRetrieveLevel)) {
      reporter.report(finding(wrong_level, place_of_element(heard.seen, match, tags::QueryRetrieveLevel),
                              label(tags::QueryRetrieveLevel), shown(match, tags::QueryRetrieveLevel),
                              quoted(asked.text(tags::QueryRetrieveLevel))));
      return;
    }
    const auto own = service::unique_key(*level);
    if (asked.has(own) && !has_value(match, own)) {
      reporter.report(
          finding(unnamed, place_of_element(heard.seen, match, own), label(own), shown(match, own), "a value"));
      return;
    }
    once(heard, match.text(own), own, reporter);
    if (!returned(heard, *model, *level, reporter)) return;
    agree(heard, *model, *level, reporter);
    only_asked(heard, *model, reporter);
  }

 private:
  static bool is_said_beside(Tag tag) {
    return tag == tags::SpecificCharacterSet || tag == tags::QueryRetrieveLevel || tag == tags::RetrieveAETitle ||
           tag == tags::InstanceAvailability || tag == tags::StorageMediaFileSetID ||
           tag == tags::StorageMediaFileSetUID || tag == tags::TimezoneOffsetFromUTC || tag.is_group_length();
  }

  void once(const Heard& heard, std::string_view value, Tag own, trace::Reporter& reporter) {
    if (value.empty() || value.size() > max_identity) return;
    if (told_.size() > 64) told_.clear();
    auto& told = told_[heard.operation.serial];
    if (told.size() < max_remembered && !told.insert(std::string(value)).second) {
      reporter.report(finding(repeated, place_of_element(heard.seen, heard.data->root(), own), label(own),
                              quoted(value) + " again", "each match once"));
    }
  }

  /// False when something was told.
  static bool returned(const Heard& heard, Model model, QueryLevel level, trace::Reporter& reporter) {
    for (const auto* key : heard.operation.data->root().elements()) {
      const auto tag = key->tag;
      if (is_said_beside(tag) || tag.is_private() || tag == tags::QueryRetrieveView || heard.data->has(tag)) continue;
      const auto at = level_of_standard_key(model, tag);
      if (tag == tags::SOPClassUID || !at) {
        // Optional keys the SCP does not support it leaves out, and says so by the status.
        if (heard.status != 0xff00) continue;
        reporter.report(finding(optional_untold, place_of(heard.seen, tags::Status), label(tags::Status),
                                fmt::format("FF00H without {}", label(tag)), "FF01H, or the key"));
        return false;
      }
      if (above(level, *at) || (above(*at, level) && tag != service::unique_key(*at))) continue;
      reporter.report(finding(not_returned, place_in_data(heard.seen, 0), label(tag), "absent", "the key, if empty"));
      return false;
    }
    return true;
  }

  static bool same_number(std::string_view a, std::string_view b) {
    int first = 0;
    int second = 0;
    return std::from_chars(a.data(), a.data() + a.size(), first).ec == std::errc{} &&
           std::from_chars(b.data(), b.data() + b.size(), second).ec == std::errc{} && first == second;
  }

  static void agree(const Heard& heard, Model model, QueryLevel level, trace::Reporter& reporter) {
    const auto asked = heard.operation.data->root();
    const auto match = heard.data->root();
    const bool times_go_together = extended_of(heard.negotiated, heard.operation.abstract_syntax).combined_date_time ||
                                   asked.has(tags::TimezoneOffsetFromUTC) || match.has(tags::TimezoneOffsetFromUTC);
    const service::CharacterSets sets{asked.text(tags::SpecificCharacterSet), match.text(tags::SpecificCharacterSet)};
    for (const auto& key : standard_keys) {
      const auto* node = asked.find(key.tag);
      if (node == nullptr || node->value.empty() || !match.has(key.tag) || key.tag == tags::SOPClassUID) continue;
      const auto at = level_of_standard_key(model, key.tag);
      if (at != level && !(above(*at, level) && key.tag == service::unique_key(*at))) continue;
      // A date or time that is no value and no range is no key: what it matches is nobody's mistake but the asker's.
      const auto vr = dict::implicit_vr(key.tag);
      if (!is_moment_key(vr, asked.text(key.tag))) continue;
      // Several values mean something only where that was negotiated (C.2.2.2.8), but for UIDs.
      if (vr != Vr::UI && asked.text(key.tag).find('\\') != std::string_view::npos) continue;
      // How names are compared beyond the letters is the SCP's affair (C.2.2.2.1).
      if (key.tag == tags::PatientName) continue;
      if (times_go_together && (key.tag == tags::StudyDate || key.tag == tags::StudyTime)) continue;
      if (!is_soon_matched(*node, match.text(key.tag)) || service::match_key(asked, *node, match, sets)) continue;
      if (dict::implicit_vr(key.tag) == Vr::IS && same_number(asked.text(key.tag), match.text(key.tag))) continue;
      reporter.report(finding(disagrees, place_of_element(heard.seen, match, key.tag), label(key.tag),
                              shown(match, key.tag), fmt::format("what matches {}", quoted(asked.text(key.tag)))));
      return;
    }
  }

  static void only_asked(const Heard& heard, Model model, trace::Reporter& reporter) {
    for (const auto* node : heard.data->root().elements()) {
      const auto tag = node->tag;
      if (is_said_beside(tag) || tag.is_private() || heard.operation.data->has(tag)) continue;
      const auto at = level_of_standard_key(model, tag);
      if (at && tag == service::unique_key(*at)) continue;  // tells what the match belongs to
      reporter.report(
          finding(not_asked, place_of_node(heard.seen, node), label(tag), "present", "only what the query asked for"));
      return;
    }
  }

  std::map<std::uint32_t, std::set<std::string>> told_;
};

}  // namespace

JudgeKind query_response_judge() {
  return {{wrong_level, unnamed, not_returned, optional_untold, disagrees, not_asked, repeated},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Responses>(); }};
}

}  // namespace assay::conformance
