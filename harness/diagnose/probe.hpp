// What the ladder asks of the outside world, and what it gets back: one probe is one look at the device (a name, a
// connection, an association). Whoever has sockets carries it out (peers/probe.hpp); the ladder never does.
// Tests: tests/unit/diagnose/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"
#include "harness/base/time.hpp"
#include "harness/pdu/pdu.hpp"
#include "harness/trace/tls.hpp"

namespace assay::diagnose {

struct ContextAsk {
  std::string abstract_syntax;
  std::vector<std::string> transfer_syntaxes;
  friend bool operator==(const ContextAsk&, const ContextAsk&) = default;
};

/// What is done inside the association once it stands.
enum class Request : std::uint8_t {
  echo,  // C-ECHO
  find,  // C-FIND for a study that cannot exist
  move,  // C-MOVE of a study that cannot exist, to the calling title
};

/// Everything one A-ASSOCIATE-RQ says. Titles go out as they are written here, padded with blanks.
struct Speech {
  std::string called;
  std::string calling;
  std::string application_context;
  std::uint16_t protocol_version = 1;
  std::string implementation_class_uid;
  std::string version_name;  // empty: the item is left out
  std::uint32_t maximum_length = 0;
  std::vector<ContextAsk> contexts;  // ids 1, 3, 5 ... in this order
  /// Set: this goes out as it stands, whatever the rest says.
  std::optional<pdu::AAssociateRq> whole = {};
  friend bool operator==(const Speech&, const Speech&) = default;
};

struct Probe {
  enum class Kind : std::uint8_t {
    resolve,       // the host name only
    connect,       // TCP, closed again at once
    listen,        // TCP, and nothing is said: who speaks first, who hangs up?
    client_hello,  // the first message of TLS
    associate,     // DICOM: A-ASSOCIATE-RQ, the requests, A-RELEASE-RQ
  };
  Kind kind = Kind::associate;
  std::string host;  // a name for resolve, an address for the rest
  std::uint16_t port = 0;
  Speech speech;
  std::vector<Request> requests;
  Duration connect_wait{0};
  Duration wait{0};      // for each answer
  Duration most{0};      // for the whole talk, however often an answer is put off; 0: no limit
  Duration pause{0};     // before it
  Duration quiet{0};     // after the acceptance, before anything is asked
  bool hold = false;     // leave the association open until the end of the diagnosis
  bool tls = false;      // listen and associate: inside TLS, whatever the certificate of the device is worth
  std::string tls_name;  // the host as it was named, for SNI and the certificate
  std::string purpose;   // for the progress line: "the called title in capitals"
};

/// How far TCP got.
enum class Reach : std::uint8_t {
  ok,
  name_unknown,
  name_server_silent,
  refused,
  timed_out,
  reset,  // while connecting
  host_unreachable,
  network_unreachable,
  blocked,  // this machine forbids it
  failed,   // anything else; Answer::system says what
  interrupted,
};

/// How a connection ended, seen from here.
enum class End : std::uint8_t { ours, fin, rst, silence };

struct RequestAnswer {
  Request request = Request::echo;
  bool answered = false;
  std::optional<std::uint16_t> status;  // of the final response
  std::string wrong;    // what was wrong about the response: another message id, no status; empty = nothing
  std::string comment;  // Error Comment of the device
  bool no_context = false;
  std::uint8_t context_id = 0;  // it went out on this one
  Duration took{0};
};

struct Answer {
  Reach reach = Reach::ok;
  std::string system;                  // the operating system's words when reach is not ok
  std::vector<std::string> addresses;  // resolve
  std::string local_address;           // of this machine, as the device sees it
  Duration connect_took{0};
  Duration answer_took{0};        // from our first byte to its first whole PDU, or to the end of waiting
  Duration took{0};               // the whole probe
  std::optional<trace::Tls> tls;  // where the probe asked for it
  Bytes sent;                     // our first message, the first 1024 bytes
  Bytes received;                 // everything until the first whole PDU, at most 1024 bytes
  End end = End::ours;
  bool closed_before_answer = false;    // fin or rst before any whole PDU
  std::optional<pdu::Pdu> reply;        // the first PDU
  Problems reply_problems;              // of that PDU
  std::optional<std::uint8_t> odd_pdu;  // a PDU type that cannot stand where it stood, after the first
  std::optional<pdu::AAbort> abort;     // after an acceptance
  bool before_request = false;          // that, or the close, came before anything was asked
  std::vector<RequestAnswer> requests;
  bool released = false;  // A-RELEASE-RP came
  Duration release_took{0};
};

}  // namespace assay::diagnose
