// Data Sets under the transfer syntax of their context, and what they must say beside their command (PS3.5, PS3.4 B.2,
// C.4), and what stored objects owe to their IOD. Judges Data Sets that the observer kept whole.
// Tests: tests/unit/conformance/{planted_faults,objects}_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conformance/rules/objects.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo other_syntax{
    "ps3.5/10/data-set-in-other-transfer-syntax", "PS3.5 10", Severity::error,
    "A Data Set is encoded in the transfer syntax that was accepted for its Presentation Context.",
    "Ask the vendor of the sending device to encode in the accepted transfer syntax; until then let the receiving "
    "device "
    "accept only the one that the sender really uses."};
constexpr trace::RuleInfo file_sent{"ps3.10/7.1/file-sent-as-data-set", "PS3.10 7.1", Severity::error,
                                    "A message carries a Data Set, not a file with preamble and File Meta Information.",
                                    "Ask the vendor of the sending device to strip the file header before it sends."};
constexpr trace::RuleInfo class_differs{
    "ps3.4/B.2/store-sop-class-differs", "PS3.4 B.2", Severity::error,
    "The SOP Class UID of a stored Data Set is the one its C-STORE-RQ names.",
    "Ask the vendor of the sending device which one is true; until then look for objects filed under the wrong kind."};
constexpr trace::RuleInfo instance_differs{
    "ps3.4/B.2/store-sop-instance-differs", "PS3.4 B.2", Severity::error,
    "The SOP Instance UID of a stored Data Set is the one its C-STORE-RQ names.",
    "Ask the vendor of the sending device which one is true; the object may be lost or stored twice."};
constexpr trace::RuleInfo level_missing{"ps3.4/C.4/query-retrieve-level", "PS3.4 C.4", Severity::error,
                                        "A query or retrieve Identifier names a level that the information model has.",
                                        "Ask the vendor of the requesting device to send Query/Retrieve Level as "
                                        "PATIENT, STUDY, SERIES or IMAGE; Study Root "
                                        "has no PATIENT level."};

constexpr std::size_t problems_told = 20;  // of one Data Set; more of them show nothing new
constexpr std::string_view patient_root = "1.2.840.10008.5.1.4.1.2.1.";
constexpr std::string_view study_root = "1.2.840.10008.5.1.4.1.2.2.";
constexpr std::array<dataset::Encoding, 3> encodings{dataset::implicit_le, dataset::explicit_le, dataset::explicit_be};

std::string_view name_of(const dataset::Encoding& encoding) {
  if (!encoding.explicit_vr) return "Implicit VR Little Endian";
  return encoding.endian == Endian::big ? "Explicit VR Big Endian" : "Explicit VR Little Endian";
}

class Run final : public trace::RuleRun {
 public:
  explicit Run(ObjectsJudged which) : objects_(which) {}

  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::MessageSeen>(&entry.what);
    if (seen == nullptr || !seen->message->command.has_data_set() || !seen->message->data_set_kept()) return;
    const auto* context = accepted_context(negotiated, seen->message->context_id);
    if (context == nullptr || context->transfer_syntax.empty()) return;
    const auto encoding = dataset::encoding_of(trimmed_uid(context->transfer_syntax));
    if (encoding.deflated) return;
    judge(*seen, encoding, *context, reporter);
  }

 private:
  static bool has_file_header(ByteView bytes) {
    constexpr std::string_view magic = "DICM";
    return bytes.size() >= 132 && as_text(bytes.subspan(128, 4)) == magic;
  }

  void judge(const trace::MessageSeen& seen, const dataset::Encoding& encoding,
             const trace::Negotiated::Context& context, trace::Reporter& reporter) {
    const auto bytes = seen.message->data();
    if (has_file_header(bytes)) {
      reporter.report(finding(file_sent, place_in_data(seen, 128), {},
                              "a file: \"DICM\" behind a preamble of 128 bytes",
                              "the first Data Element of the Data Set"));
      return;
    }
    const auto decoded = decode(bytes, encoding);
    if (!clean(decoded.problems) && !encoding.encapsulated) {
      for (const auto& candidate : encodings) {
        if (candidate == encoding) continue;
        const auto other = decode(bytes, candidate);
        if (!clean(other.problems) || other.data_set.empty()) continue;
        reporter.report(finding(other_syntax, place_in_data(seen, 0), {},
                                fmt::format("a Data Set in {}", name_of(candidate)),
                                fmt::format("{}, as accepted for context {}",
                                            dict::uid_name(trimmed_uid(context.transfer_syntax)), context.id)));
        return;
      }
    }
    encoding_problems(seen, decoded.problems, reporter);
    const bool whole = !has_error(decoded.problems);
    switch (static_cast<CommandField>(seen.message->command.field().value_or(0))) {
      case CommandField::c_store_rq:
        stored(seen, decoded.data_set, whole, reporter);
        objects_.judge(seen, decoded.data_set, !whole || encoding.encapsulated, trimmed_uid(context.transfer_syntax),
                       reporter);
        break;
      case CommandField::c_find_rq:
      case CommandField::c_get_rq:
      case CommandField::c_move_rq: identifier(seen, decoded.data_set, whole, context, reporter); break;
      default: break;
    }
  }

  static dataset::DataSetDecode decode(ByteView bytes, const dataset::Encoding& encoding) {
    dataset::DecodeOptions options;
    // Compressed frames are judged by whoever knows the codec; the elements before them are the same in every syntax.
    if (encoding.encapsulated) options.stop_before = tags::PixelData;
    return dataset::decode(bytes, encoding, options);
  }

  /// The reader's problems, at the bytes that passed. Its notes are habits of the sender, not findings about this
  /// conversation.
  static void encoding_problems(const trace::MessageSeen& seen, const Problems& problems, trace::Reporter& reporter) {
    std::size_t told = 0;
    for (const auto& problem : problems) {
      if (problem.gravity == Gravity::note) continue;
      if (++told > problems_told) return;
      const auto place = place_in_data(seen, problem.offset);
      trace::Finding out;
      out.rule = problem.rule;
      out.clause = problem.clause;
      // Where we stop reading, nobody has done anything wrong.
      out.severity = problem.rule.starts_with("limits/") ? Severity::note : Severity::error;
      out.side = place.side;
      out.pdu_number = place.pdu;
      out.offset = place.offset;
      out.field = problem.field;
      out.found = problem.found;
      out.expected = problem.expected;
      reporter.report(std::move(out));
    }
  }

  static void stored(const trace::MessageSeen& seen, const dataset::DataSet& data_set, bool whole,
                     trace::Reporter& reporter) {
    const auto& command = seen.message->command;
    const auto same = [&](const trace::RuleInfo& info, Tag tag, std::string_view named) {
      const auto* node = data_set.find(tag);
      named = trimmed_uid(named);
      if (named.empty() || (node == nullptr && !whole)) return;
      const auto said = node == nullptr ? std::string_view{} : trimmed_uid(data_set.text(tag));
      if (said == named) return;
      reporter.report(finding(info, place_in_data(seen, node == nullptr ? 0 : node->offset), label(tag),
                              node == nullptr ? "absent" : quoted(said), quoted(named) + ", as in the C-STORE-RQ"));
    };
    same(class_differs, tags::SOPClassUID, command.sop_class_uid());
    same(instance_differs, tags::SOPInstanceUID, command.sop_instance_uid());
  }

  static void identifier(const trace::MessageSeen& seen, const dataset::DataSet& data_set, bool whole,
                         const trace::Negotiated::Context& context, trace::Reporter& reporter) {
    const auto model = trimmed_uid(context.abstract_syntax);
    const bool patients = model.starts_with(patient_root);
    if (!patients && !model.starts_with(study_root)) return;
    const auto* node = data_set.find(tags::QueryRetrieveLevel);
    if (node == nullptr && !whole) return;
    const auto level = data_set.text(tags::QueryRetrieveLevel);
    if (level == "STUDY" || level == "SERIES" || level == "IMAGE" || (patients && level == "PATIENT")) return;
    reporter.report(finding(level_missing, place_in_data(seen, node == nullptr ? 0 : node->offset),
                            label(tags::QueryRetrieveLevel), node == nullptr ? "absent" : quoted(level),
                            patients ? "PATIENT, STUDY, SERIES or IMAGE" : "STUDY, SERIES or IMAGE"));
  }

  Objects objects_;
};

}  // namespace

void add_data_set_rules(trace::RuleBook& book, ObjectsJudged which) {
  book.add({{other_syntax, file_sent, class_differs, instance_differs, level_missing},
            [which] { return std::make_unique<Run>(which); }});
}

}  // namespace assay::conformance
