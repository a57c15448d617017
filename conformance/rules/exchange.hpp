// Requests and responses as the rules about services see them: each response beside its request, each Data Set read
// once, all families in one run. Internal to the room. Tests: tests/unit/conformance/planted_faults_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/rules/support.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"

namespace assay::conformance {

/// A request, as long as it is outstanding.
struct Operation {
  std::uint32_t serial = 0;  // counts the requests of the connection
  dimse::CommandField command{};
  Side invoker = Side::requestor;
  std::uint16_t message_id = 0;
  std::string abstract_syntax;        // of its Presentation Context
  std::string sop_class;              // named by the request, else the abstract syntax
  std::string sop_instance;           // named by the request
  std::optional<std::uint16_t> type;  // Event Type ID or Action Type ID
  bool cancelled = false;
  /// The request's Data Set, when it was kept, is small, and was read without an error.
  std::optional<dataset::DataSet> data;
  std::shared_ptr<const dimse::Message> message;  // what `data` views
};

/// One message of an operation.
struct Heard {
  const trace::MessageSeen& seen;
  const trace::Negotiated& negotiated;
  const Operation& operation;
  /// This message's Data Set when it was kept whole and read without an error; of a C-STORE only what stands before
  /// the pixels.
  const dataset::DataSet* data = nullptr;
  std::uint16_t status = 0;  // of a response
  dimse::StatusClass kind = dimse::StatusClass::unknown;
  bool final = false;  // a response that ends the operation

  [[nodiscard]] const dataset::DataSet& command() const { return seen.message->command.elements(); }
  [[nodiscard]] bool has_data() const { return seen.message->command.has_data_set(); }
  [[nodiscard]] bool succeeded() const {
    return kind == dimse::StatusClass::success || kind == dimse::StatusClass::warning;
  }
};

/// A family of rules about operations. A response is heard only when it is of its request's service.
class Judge {
 public:
  Judge() = default;
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  virtual ~Judge() = default;
  virtual void request(const Heard&, trace::Reporter&) {}
  virtual void response(const Heard&, trace::Reporter&) {}
  /// Messages were lost: what was counted before no longer tells anything.
  virtual void lost() {}
};

/// What a judge brings to the one rule that runs them all.
struct JudgeKind {
  std::vector<trace::RuleInfo> infos;
  std::unique_ptr<Judge> (*make)();
};

JudgeKind field_judge();           // PS3.7 9.1, 10.1: what commands carry beside what their tables ask
JudgeKind sub_operation_judge();   // PS3.4 C.4.2, C.4.3: counts, final status, failed list, C-STORE inside a C-GET
JudgeKind query_request_judge();   // PS3.4 C.4.1.2, C.4.2.2: Identifiers of queries and retrievals
JudgeKind query_response_judge();  // PS3.4 C.4.1.1.3.2: what a match tells
JudgeKind worklist_judge();        // PS3.4 K
JudgeKind performed_step_judge();  // PS3.4 F
JudgeKind commitment_judge();      // PS3.4 J
JudgeKind print_judge();           // PS3.4 H
JudgeKind availability_judge();    // PS3.4 R
JudgeKind identity_judge();        // PS3.3 A.1.2: what objects of one connection say of each other

/// Nothing longer is remembered as an identity: UIDs have 64 characters, IDs and codes at most as many
/// (PS3.5 6.2, 9.1).
inline constexpr std::size_t max_identity = 64;
/// Matching takes the product of both lengths; what would take longer is left unjudged.
inline bool is_soon_matched(const dataset::Node& key, std::string_view value) {
  constexpr std::size_t most_steps = 1U << 20;
  return key.value.size() < most_steps && value.size() < most_steps && key.value.size() * value.size() < most_steps;
}

// Finding and reading elements of Data Sets. ----------------------------------------------------------------------

/// The element's place in the stream; the begin of the Data Set when it is absent.
StreamPlace place_of_element(const trace::MessageSeen& seen, const dataset::Level& level, Tag tag);
/// An element in an item of this sequence: the item's element, else the sequence.
inline StreamPlace place_of_node(const trace::MessageSeen& seen, const dataset::Node* node) {
  return place_in_data(seen, node == nullptr ? 0 : node->offset);
}
/// "(0040,0100) ScheduledProcedureStepSequence > (0008,0060) Modality"
std::string path(Tag sequence, Tag tag);
/// True when the element is there and has a value, for a sequence an item.
bool has_value(const dataset::Level& level, Tag tag);
/// How the value reads in a finding: "absent", "no value" or the text in quotes.
std::string shown(const dataset::Level& level, Tag tag);

}  // namespace assay::conformance
