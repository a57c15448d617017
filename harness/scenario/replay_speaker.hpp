// What one side sent, as <send> steps that give the very bytes again. Internal to replay.hpp.
// Tests: tests/unit/conformance/replay_test.cpp
#pragma once

#include <span>

#include "harness/scenario/builder.hpp"
#include "harness/scenario/replay.hpp"

namespace assay::scenario {

/// Elements with their types, which say how the loader will check them.
Element replay_element(std::string name, std::string type);
/// "c-store-rq" of the language, or "message" with the value.
Element replay_message(std::uint16_t command_field, bool matcher);
/// The keyword where there is one.
std::string replay_uid(std::string_view uid);
/// The language can say it: values of the right form, printable, no ${.
bool replay_sayable(const Element& element);

/// What a response answers, when it cannot be left to the interpreter: written as variables.
struct AnsweredRequest {
  std::string message_id;    // "${id-12}"
  std::string sop_instance;  // "${instance-12}", or empty
};

class Speaker {
 public:
  Speaker(const ReplayOptions& options, Replay& out);

  /// What the connection has come to; the other side's messages are noted by the caller.
  Dialogue dialogue;

  using Step = std::expected<Element, std::string>;
  /// A PDU that is no P-DATA-TF.
  Step pdu(const trace::PduSeen& seen);
  /// A whole message and the PDUs that carried it.
  Step message(const trace::MessageSeen& seen, std::span<const trace::PduSeen* const> pdus,
               const AnsweredRequest* answered);
  /// P-DATA-TF PDUs as they are.
  Step by_hand(std::span<const trace::PduSeen* const> pdus);
  static Element raw(ByteView bytes);

  /// The XML of a step, with the Data Sets put in.
  [[nodiscard]] std::string xml(const Element& step, int depth) const;

 private:
  struct Data {
    Element build;  // <data-set> for the builder
    Element shown;  // <data-set> for the scenario
    std::string remark;
  };

  std::optional<Built> built(const Element& message) const;
  void said(const Built& built);
  Step finished(Element message, const Built& built);
  [[nodiscard]] std::expected<std::optional<Data>, std::string> data_of(const trace::MessageSeen& seen);
  [[nodiscard]] std::string transfer_syntax(std::uint8_t context) const;

  const ReplayOptions& options_;
  Replay& out_;
  mutable UidSource uids_{1};
  BuildInput input_;
  std::vector<std::string> models_;  // exact XML of Data Sets, by number
};

}  // namespace assay::scenario
