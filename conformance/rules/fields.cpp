// What commands and their Data Sets carry beside what the table of each command asks: conditional elements, Data Sets
// by status, attributes asked for, legal values (PS3.7 9.1, 10.1; PS3.5 6).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "conformance/rules/exchange.hpp"
#include "harness/dataset/check.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using dimse::StatusClass;
using trace::Severity;

constexpr trace::RuleInfo created_unnamed{
    "ps3.7/10.1.5/created-instance-uid", "PS3.7 10.1.5.1.4", Severity::error,
    "The response to an N-CREATE that left the SOP Instance UID to the performer tells the one that was assigned.",
    "Ask the vendor of the answering device to return the Affected SOP Instance UID; without it the new object cannot "
    "be "
    "named any more."};
constexpr trace::RuleInfo reply_untyped{
    "ps3.7/10.1/type-of-reply", "PS3.7 10.1.1.1.5, 10.1.4.1.5", Severity::error,
    "A response to N-EVENT-REPORT or N-ACTION that carries a reply tells its Event Type ID or Action Type ID.",
    "Ask the vendor of the answering device to return the type of the request, or to leave the reply out."};
constexpr trace::RuleInfo nothing_got{
    "ps3.7/10.1.2/attribute-list-missing", "PS3.7 10.1.2.1.8", Severity::error,
    "A successful response to N-GET carries the attributes.",
    "Ask the vendor of the answering device to return the attributes, or a failure status when it has none."};
constexpr trace::RuleInfo data_with_failure{
    "ps3.7/10.1/data-set-with-failure", "PS3.7 10.1", Severity::warning,
    "A response with a failure status carries no Data Set.",
    "Nothing to do where the requesting device copes; else ask the vendor of the answering device to leave it out."};
constexpr trace::RuleInfo not_asked{"ps3.7/10.1.2/attribute-not-asked", "PS3.7 10.1.2.1.5", Severity::warning,
                                    "An N-GET that lists attributes is answered with these alone.",
                                    "Ask the vendor of the answering device to keep to the Attribute Identifier List."};
constexpr trace::RuleInfo not_answered{
    "ps3.7/10.1.2/attribute-not-returned", "PS3.7 10.1.2.1.9", Severity::warning,
    "An N-GET that succeeds without a warning returns every attribute it was asked for.",
    "Ask the vendor of the answering device to answer 0001H or 0107H when attributes are missing."};
constexpr trace::RuleInfo half_originator{
    "ps3.7/9.1.1/move-originator-pair", "PS3.7 9.1.1.1.6, 9.1.1.1.7", Severity::warning,
    "A C-STORE that belongs to a C-MOVE tells both the AE title and the Message ID of the mover.",
    "Ask the vendor of the sending device to send both Move Originator elements or none; the mover cannot tell its "
    "objects from others."};
constexpr trace::RuleInfo originator_in_get{
    "ps3.7/9.1.1/move-originator-without-move", "PS3.7 9.1.1.1.6", Severity::warning,
    "A C-STORE that belongs to a C-GET names no Move Originator.",
    "Nothing to do: receivers ignore it. Tell the vendor of the sending device."};
constexpr trace::RuleInfo blank_destination{
    "ps3.7/9.1.4/move-destination-blank", "PS3.7 9.1.4.1.5", Severity::error,
    "The Move Destination of a C-MOVE is an AE title.",
    "Set the AE title of the receiving device in the device that asks for the objects."};
constexpr trace::RuleInfo empty_optional{
    "ps3.7/9.3/field-without-value", "PS3.7 9.3, 10.3", Severity::warning,
    "A command element that may be left out has a value where it is sent.",
    "Ask the vendor of the sending device to leave the element out when it has nothing to say."};
/// Of one Data Set; more of them show nothing new.
constexpr std::size_t problems_told = 3;

class Fields final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    const auto& command = heard.command();
    values(heard, reporter);
    if (heard.operation.command == CommandField::c_store_rq) {
      originator(heard, reporter);
      return;  // the texts of objects are the validator's
    }
    if (heard.operation.command == CommandField::c_move_rq && command.has(tags::MoveDestination)) {
      const auto raw = as_text(command.find(tags::MoveDestination)->value);
      if (!raw.empty() && raw.find_first_not_of(' ') == std::string_view::npos) {
        reporter.report(finding(blank_destination, place_of(heard.seen, tags::MoveDestination),
                                label(tags::MoveDestination), "blanks", "an AE title"));
      }
    }
    if (heard.operation.command == CommandField::n_get_rq) asked_ = {heard.operation.serial, list_of(command)};
    if (heard.operation.command == CommandField::c_get_rq) gets_ = true;
    texts(heard, asks(heard.operation.command), reporter);
  }

  void response(const Heard& heard, trace::Reporter& reporter) override {
    const auto& command = heard.command();
    const auto service = heard.operation.command;
    values(heard, reporter);
    if (service == CommandField::n_create_rq && heard.succeeded() && heard.operation.sop_instance.empty() &&
        trimmed_uid(command.text(tags::AffectedSOPInstanceUID)).empty()) {
      reporter.report(finding(created_unnamed, place_of(heard.seen, tags::AffectedSOPInstanceUID),
                              label(tags::AffectedSOPInstanceUID), "none", "the UID of the new instance"));
    }
    if ((service == CommandField::n_event_report_rq || service == CommandField::n_action_rq) && heard.has_data()) {
      const auto tag = service == CommandField::n_action_rq ? tags::ActionTypeID : tags::EventTypeID;
      if (!command.u16(tag)) {
        reporter.report(finding(reply_untyped, place_of(heard.seen, tag), label(tag), "a reply without it",
                                fmt::format("{}, as in the request", heard.operation.type.value_or(1))));
      }
    }
    const bool normalized = (static_cast<unsigned>(service) & 0x0100U) != 0;
    if (normalized && heard.kind == StatusClass::failure && heard.has_data()) {
      reporter.report(finding(data_with_failure, place_of(heard.seen, tags::CommandDataSetType),
                              label(tags::CommandDataSetType), "a Data Set", "0101H with a failure status"));
    }
    if (service == CommandField::n_get_rq && heard.succeeded()) got(heard, reporter);
    texts(heard, false, reporter);
  }

 private:
  using Tags = std::vector<Tag>;

  /// Identifiers of requests have ranges, wild cards and lists of values.
  static bool asks(CommandField command) {
    return command == CommandField::c_find_rq || command == CommandField::c_get_rq ||
           command == CommandField::c_move_rq;
  }

  /// All command elements that stand in the tables of PS3.7 have a VM of at least 1; that those which must be there
  /// have a value is seen when the Command Set is decoded.
  static void values(const Heard& heard, trace::Reporter& reporter) {
    const auto* info = dimse::command_info(heard.seen.message->command.field().value_or(0));
    if (info == nullptr) return;
    for (const auto& field : info->fields) {
      const auto* node = field.use == dimse::FieldUse::mandatory ? nullptr : heard.command().find(field.tag);
      if (node == nullptr || !node->value.empty()) continue;
      reporter.report(finding(empty_optional, place_of(heard.seen, field.tag), label(field.tag), "no value",
                              "a value, or no such element"));
      return;
    }
  }

  void originator(const Heard& heard, trace::Reporter& reporter) {
    const auto& command = heard.command();
    constexpr auto title = tags::MoveOriginatorApplicationEntityTitle;
    constexpr auto id = tags::MoveOriginatorMessageID;
    const bool named = !command.text(title).empty();
    const bool numbered = command.u16(id).has_value();
    const bool told = (command.has(title) && !named) || (command.has(id) && !numbered);  // as without a value
    if (named != numbered && !told) {
      const auto missing = named ? id : title;
      reporter.report(
          finding(half_originator, place_of(heard.seen, named ? title : id), label(missing),
                  command.has(missing) ? "no value" : "absent",
                  fmt::format("{} goes with {}", dict::keyword(missing), dict::keyword(named ? title : id))));
    } else if (named && numbered && gets_ && heard.seen.from == Side::acceptor) {
      reporter.report(finding(originator_in_get, place_of(heard.seen, title), label(title), quoted(command.text(title)),
                              "none: this is a sub-operation of a C-GET"));
    }
  }

  /// The tags of an Attribute Identifier List (PS3.7 E.1, VR AT).
  static Tags list_of(const dataset::DataSet& command) {
    Tags out;
    const auto* node = command.find(tags::AttributeIdentifierList);
    if (node == nullptr) return out;
    for (std::size_t at = 0; at + 4 <= node->value.size(); at += 4) {
      out.emplace_back(load<std::uint16_t>(node->value.data() + at, Endian::little),
                       load<std::uint16_t>(node->value.data() + at + 2, Endian::little));
    }
    return out;
  }

  void got(const Heard& heard, trace::Reporter& reporter) const {
    if (!heard.has_data()) {
      reporter.report(finding(nothing_got, place_of(heard.seen, tags::CommandDataSetType),
                              label(tags::CommandDataSetType), "no Data Set", "the attributes"));
      return;
    }
    if (heard.data == nullptr || asked_.serial != heard.operation.serial || asked_.tags.empty()) return;
    for (const auto* node : heard.data->root().elements()) {
      if (node->tag == tags::SpecificCharacterSet || node->tag.is_private() || node->tag.is_group_length()) continue;
      if (std::ranges::find(asked_.tags, node->tag) != asked_.tags.end()) continue;
      reporter.report(finding(not_asked, place_of_node(heard.seen, node), label(node->tag), "present",
                              "only what the Attribute Identifier List names"));
      return;
    }
    if (heard.kind != StatusClass::success) return;
    for (const auto tag : asked_.tags) {
      if (heard.data->has(tag)) continue;
      reporter.report(finding(not_answered, place_in_data(heard.seen, 0), label(tag), "absent with status 0000H",
                              "the attribute, or status 0001H"));
      return;
    }
  }

  /// The values of Data Sets that are no objects: those are looked at as files are, if at all. What the database of a
  /// device holds is no fault of its protocol, but for characters that cannot be read without their character set.
  static void texts(const Heard& heard, bool query, trace::Reporter& reporter) {
    if (heard.data == nullptr) return;
    dataset::CheckOptions options;
    options.query = query;
    options.notes = false;
    options.pixels = false;
    options.max_problems = problems_told;
    for (const auto& problem : dataset::check(*heard.data, options)) {
      const auto place = place_in_data(heard.seen, problem.offset);
      trace::Finding out;
      out.rule = problem.rule;
      out.clause = problem.clause;
      out.severity = problem.rule.ends_with("/undeclared-character") ? Severity::error : Severity::warning;
      out.side = place.side;
      out.pdu_number = place.pdu;
      out.offset = place.offset;
      out.field = problem.field;
      out.found = problem.found;
      out.expected = problem.expected;
      reporter.report(std::move(out));
    }
  }

  struct {
    std::uint32_t serial = 0;
    Tags tags;
  } asked_;  // the last N-GET
  bool gets_ = false;
};

}  // namespace

JudgeKind field_judge() {
  return {{created_unnamed, reply_untyped, nothing_got, data_with_failure, not_asked, not_answered, half_originator,
           originator_in_get, blank_destination, empty_optional},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Fields>(); }};
}

}  // namespace assay::conformance
