// What happened on one proxied connection, in the words of somebody who stands between two vendors.
// Tests: tests/interop/proxy_test.py
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/trace/trace.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::app {

/// The device at one end: as the other one may know it.
struct Party {
  trace::Side side = trace::Side::requestor;
  std::string title;    // AE title, "" when none was seen
  std::string address;  // host of the requestor; host and port of the acceptor
  friend auto operator<=>(const Party&, const Party&) = default;
};
/// "requestor CT1 (10.0.0.1)".
std::string to_text(const Party& party);

/// "10.0.0.1:41000" -> "10.0.0.1".
std::string host_of(const std::string& endpoint);

class ConnectionStory {
 public:
  ConnectionStory(std::string name, std::string requestor, std::string acceptor);

  /// Lines to print now, without line ends.
  std::vector<std::string> seen(const trace::Entry& entry, const trace::Negotiated& negotiated);
  /// The last lines: what was not said yet, and how it ended.
  std::vector<std::string> ended(const trace::Trace& trace, bool cut_off, bool encrypted);

  [[nodiscard]] const Party& party(trace::Side side) const { return parties_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool associated() const { return associated_; }
  [[nodiscard]] trace::Termination termination() const { return termination_; }
  [[nodiscard]] const std::string& ending() const { return ending_; }
  /// "C-STORE of CT Image Storage: 0x0000 success" and how often, in the order they first came.
  [[nodiscard]] const std::vector<std::pair<std::string, std::size_t>>& operations() const { return operations_; }
  /// What did not work although nobody need have broken a rule: refusals, failure statuses.
  [[nodiscard]] const std::vector<std::string>& troubles() const { return troubles_; }
  [[nodiscard]] const std::vector<std::string>& contexts() const { return contexts_; }

 private:
  struct Asked {
    std::string what;
    std::size_t pending = 0;
  };

  void association(const pdu::AAssociateRq& rq);
  std::vector<std::string> answer(const trace::PduSeen& seen, const trace::Negotiated& negotiated);
  std::vector<std::string> message(const trace::MessageSeen& seen);
  /// False where it had ended before.
  bool end(trace::Termination how, std::string text);
  void trouble(std::string text);
  std::vector<std::string> unrepeated();
  [[nodiscard]] std::string who(trace::Side side) const;
  [[nodiscard]] std::string line(const std::string& text) const { return name_ + "  " + text; }

  std::string name_;
  Party parties_[2];
  std::string requestor_;
  std::string acceptor_;
  bool introduced_ = false;
  bool associated_ = false;
  std::vector<std::string> contexts_;
  std::map<std::pair<trace::Side, std::uint16_t>, Asked> asked_;  // by who asked, and message id
  std::vector<std::pair<std::string, std::size_t>> operations_;
  std::string last_operation_;
  std::size_t repeated_ = 0;
  std::vector<std::string> troubles_;
  std::optional<trace::Side> release_asked_by_;
  trace::Termination termination_ = trace::Termination::none;
  std::string ending_;
};

}  // namespace assay::app
