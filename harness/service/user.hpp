// The SCU side of verification, storage and query without I/O: each makes its request and judges what comes back.
// PS3.4 A, B, C.4.1; PS3.7 9.1. Tests: tests/unit/service/user_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/store.hpp"
#include "harness/session/session.hpp"

namespace assay::service {

/// What one message from the peer meant to the operation in hand.
struct UserStep {
  enum class Kind : std::uint8_t {
    pending,     // more to come; `identifier` when the service has one
    final,       // the operation is over
    unexpected,  // not a response to this operation; `why` says so, and the operation goes on
  };
  Kind kind = Kind::unexpected;
  std::uint16_t status = 0;
  dimse::StatusClass status_class = dimse::StatusClass::unknown;
  std::optional<dataset::DataSet> identifier;  // owns its bytes
  std::string why;                             // unexpected, or Error Comment and Offending Element of the peer

  [[nodiscard]] bool succeeded() const {
    return kind == Kind::final &&
           (status_class == dimse::StatusClass::success || status_class == dimse::StatusClass::warning);
  }
};

/// What the three have in common: a context, a request, its message id.
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
  /// The same without a copy where it goes out as it stands; an instance that finds no message is left as it was.
  std::optional<dimse::Message> request(std::uint16_t message_id, Instance&& instance, std::uint16_t priority = 0);
};

class FindUser : public User {
 public:
  explicit FindUser(session::AcceptedContext context) : User(std::move(context), dimse::CommandField::c_find_rq) {}
  /// The Identifier in the context's transfer syntax.
  dimse::Message request(std::uint16_t message_id, const dataset::DataSet& identifier, std::uint16_t priority = 0);
  /// C-CANCEL-RQ for the query in hand.
  [[nodiscard]] dimse::Message cancel() const;
};

}  // namespace assay::service
