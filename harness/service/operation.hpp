// What stands behind a presentation context: a service takes requests and makes an operation of each, which says what
// is to be sent, one message at a time. PS3.7 8-10. Tests: tests/unit/service/provider_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/dimse/message.hpp"
#include "harness/service/extensions.hpp"
#include "harness/service/window.hpp"
#include "harness/session/session.hpp"

namespace assay::service {

/// The association that services work in.
struct AssociationView {
  std::map<std::uint8_t, session::AcceptedContext> contexts;  // as session::accepted_contexts() gives them
  std::string calling_ae_title;                               // of the requestor, without padding
  std::string called_ae_title;
  /// Asks for another turn: what a waiting operation waited for has come from outside. May be called at any time,
  /// also when the association is gone; empty where nothing comes from outside.
  std::function<void()> wake;
  AgreedExtensions extensions = {};  // of queries and retrievals
  OperationsWindow window = {};      // how many operations go on at the same time
  /// What services keep for this association, each under its own address: it ends with the association.
  mutable std::map<const void*, std::shared_ptr<void>> kept = {};
};

/// One operation of the side that answers, from its request to its last message.
class Operation {
 public:
  virtual ~Operation() = default;
  /// The next message to be sent: a response, or a request of our own (a sub-operation, a notification), whose Message
  /// ID the provider gives. Nothing: it wants another turn, or waits().
  virtual std::optional<dimse::Message> next() = 0;
  /// Nothing more will come of it.
  [[nodiscard]] virtual bool over() const = 0;
  /// It cannot go on before received() or AssociationView::wake.
  [[nodiscard]] virtual bool waits() const { return false; }
  /// What next() brings may be a request, for which the peer's window must have room.
  [[nodiscard]] virtual bool asks() const { return false; }
  /// Its response is sent, and what may still come (a notification) holds up no other operation.
  [[nodiscard]] virtual bool background() const { return false; }
  /// C-CANCEL came (PS3.7 9.3.2.3).
  virtual void cancel() {}
  /// The peer's response to the request that next() gave last.
  virtual void received(const dimse::Message&) {}
};

/// One response and no more.
class SingleResponse final : public Operation {
 public:
  explicit SingleResponse(dimse::Message response) : response_(std::move(response)) {}
  std::optional<dimse::Message> next() override { return std::exchange(response_, std::nullopt); }
  [[nodiscard]] bool over() const override { return !response_; }

 private:
  std::optional<dimse::Message> response_;
};

/// The SCP of some abstract syntaxes. One may serve many associations, one after the other or by turns; it outlives
/// their operations.
class Service {
 public:
  virtual ~Service() = default;
  [[nodiscard]] virtual bool serves(std::string_view abstract_syntax) const = 0;
  /// Whether the service behind this abstract syntax has this operation.
  [[nodiscard]] virtual bool has(std::string_view abstract_syntax, dimse::CommandField request) const = 0;
  /// Whether a request may name this SOP Class on a context of this abstract syntax: a Meta SOP Class takes those it is
  /// made of (PS3.4 H.3).
  [[nodiscard]] virtual bool takes(std::string_view abstract_syntax, std::string_view sop_class_uid) const {
    return abstract_syntax == sop_class_uid;
  }
  /// Whether C-CANCEL may be sent for this operation (PS3.7 9.1.2-4).
  [[nodiscard]] virtual bool cancellable(dimse::CommandField) const { return false; }
  /// Begins the operation of a request that fits its context. `association` outlives the operation.
  virtual std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                           const AssociationView& association) = 0;
};

}  // namespace assay::service
