// The SCU side of the DIMSE services without I/O: each makes its request and judges what comes back.
// PS3.4 A, B, C.4; PS3.7 9.1, 10.1. Tests: tests/unit/service/user_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/counts.hpp"
#include "harness/service/store.hpp"
#include "harness/session/session.hpp"

namespace assay::service {

/// What one message from the peer meant to the operation in hand.
struct UserStep {
  enum class Kind : std::uint8_t {
    pending,     // more to come; `identifier` when the service has one, `counts` when it has sub-operations
    final,       // the operation is over
    unexpected,  // not a response to this operation; `why` says so, and the operation goes on
  };
  Kind kind = Kind::unexpected;
  std::uint16_t status = 0;
  dimse::StatusClass status_class = dimse::StatusClass::unknown;
  std::optional<dataset::DataSet> identifier;  // owns its bytes; of a final response of C-GET or C-MOVE what failed
  std::optional<SubOperationCounts> counts;    // C-GET, C-MOVE
  std::string why;                             // unexpected, or Error Comment and Offending Element of the peer

  [[nodiscard]] bool succeeded() const {
    return kind == Kind::final &&
           (status_class == dimse::StatusClass::success || status_class == dimse::StatusClass::warning);
  }
};

/// What they have in common: a context, a request, its message id.
class User {
 public:
  [[nodiscard]] const session::AcceptedContext& context() const { return context_; }
  [[nodiscard]] bool done() const { return done_; }

  /// Judges a message: the right command field, message id and context, a status, a Data Set only where one may be.
  UserStep consume(const dimse::Message& message);

 protected:
  User(session::AcceptedContext context, dimse::CommandField request)
      : context_(std::move(context)), request_field_(request) {}
  dimse::Message begin(dimse::CommandSet command, Bytes data_set = {});
  [[nodiscard]] std::uint16_t message_id() const { return message_id_; }
  /// C-CANCEL-RQ for the operation in hand (PS3.7 9.3.2.3).
  [[nodiscard]] dimse::Message cancel() const;

 private:
  session::AcceptedContext context_;
  dimse::CommandField request_field_;
  std::uint16_t message_id_ = 0;
  bool done_ = true;  // until a request was made
};

class EchoUser : public User {
 public:
  explicit EchoUser(session::AcceptedContext context) : User(std::move(context), dimse::CommandField::c_echo_rq) {}
  dimse::Message request(std::uint16_t message_id);
};

class StoreUser : public User {
 public:
  explicit StoreUser(session::AcceptedContext context) : User(std::move(context), dimse::CommandField::c_store_rq) {}
  /// The instance as it stands, when its transfer syntax is the context's; else re-encoded when both are
  /// uncompressed. Nothing when it would have to be decompressed, or its Data Set cannot be read.
  std::optional<dimse::Message> request(std::uint16_t message_id, const Instance& instance, std::uint16_t priority = 0);
  /// The same without a copy where it goes out as it stands: the message lends its Data Set.
  std::optional<dimse::Message> request(std::uint16_t message_id, const InstancePtr& instance,
                                        std::uint16_t priority = 0);
};

class FindUser : public User {
 public:
  explicit FindUser(session::AcceptedContext context) : User(std::move(context), dimse::CommandField::c_find_rq) {}
  /// The Identifier in the context's transfer syntax.
  dimse::Message request(std::uint16_t message_id, const dataset::DataSet& identifier, std::uint16_t priority = 0);
  using User::cancel;
};

/// C-GET: the instances come as C-STORE requests on the same association; whoever holds this answers them.
class GetUser : public User {
 public:
  explicit GetUser(session::AcceptedContext context) : User(std::move(context), dimse::CommandField::c_get_rq) {}
  /// The Identifier in the context's transfer syntax: the level and unique keys (PS3.4 C.4.3.1.3).
  dimse::Message request(std::uint16_t message_id, const dataset::DataSet& identifier, std::uint16_t priority = 0);
  using User::cancel;
};

class MoveUser : public User {
 public:
  explicit MoveUser(session::AcceptedContext context) : User(std::move(context), dimse::CommandField::c_move_rq) {}
  dimse::Message request(std::uint16_t message_id, const dataset::DataSet& identifier, std::string_view destination,
                         std::uint16_t priority = 0);
  using User::cancel;
};

/// Any DIMSE-N operation or notification, C-STORE without an Instance included: one request, one response.
class NormalizedUser : public User {
 public:
  NormalizedUser(session::AcceptedContext context, dimse::CommandField request)
      : User(std::move(context), request), field_(request) {}
  struct Target {
    std::string sop_class_uid;     // empty: the context's
    std::string sop_instance_uid;  // empty: none (N-CREATE lets the SCP choose)
    std::uint16_t type = 0;        // Event or Action Type ID
  };
  /// The Data Set in the context's transfer syntax; null: none (PS3.7 10.3).
  dimse::Message request(std::uint16_t message_id, const Target& target, const dataset::DataSet* data_set);

 private:
  dimse::CommandField field_;
};

}  // namespace assay::service
