// Where a device is, as far as a requestor can know it: the state of PS3.8 Table 9-10 at the acceptor's side, and
// within an association what DIMSE is about; and what a requestor can say there. Fed either with the steps of a
// conversation, taking what was waited for as having come, or with the Trace of one that was held. Tests:
// tests/unit/device_fuzz/model_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/places.hpp"
#include "harness/dul/dul.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device {

/// One line, at the device's end.
class Model {
 public:
  /// A step of a conversation on this line; `pairs` gets what was said where.
  void take(const Step& step, std::vector<Pair>& pairs);
  /// An entry of the Trace of this line.
  void take(const trace::Entry& entry, std::vector<Pair>& pairs);

  /// Nothing before a connection stands and behind its end.
  [[nodiscard]] std::optional<Place> place() const;
  struct Context {
    std::uint8_t id = 1;
    Service service = Service::verification;
    std::string sop_class;
  };
  /// Proposed, and accepted once the answer is known; in the order of their ids.
  [[nodiscard]] const std::vector<Context>& contexts() const { return contexts_; }
  [[nodiscard]] const std::set<std::uint16_t>& open_requests() const { return open_; }

 private:
  void say(Said said, std::vector<Pair>& pairs);
  void ours(std::uint8_t type, const pdu::Pdu* decoded, std::vector<Pair>& pairs);
  void one_value(std::uint8_t context, std::uint8_t header, ByteView fragment, std::vector<Pair>& pairs);
  void whole_command(const Context& context, std::vector<Pair>& pairs);
  void answered(dul::Event event);
  void theirs(const pdu::Pdu& answer);

  dul::Machine machine_{dul::Role::acceptor};
  pdu::Framer framer_;
  bool connected_ = false;
  bool lost_ = false;  // said what is no PDU
  std::vector<Context> contexts_;
  std::set<std::uint16_t> open_;  // Message IDs of requests without a final response
  Bytes command_;                 // as far as it has come
  bool in_command_ = false;
  bool data_due_ = false;
};

/// The pairs of a conversation that was held, in their order; each line's Trace.
std::vector<Pair> pairs_of(std::span<const trace::Trace> traces);

}  // namespace assay::fuzz::device
