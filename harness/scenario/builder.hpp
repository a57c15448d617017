// Messages out of scenario elements: everything that was not said is filled in right from what the connection has
// agreed on, then the modifications are applied. PS3.8 9.3, PS3.7 9, 10 and D.3.3.
// Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/dimse/message.hpp"
#include "harness/pdu/pdu.hpp"
#include "harness/scenario/model.hpp"
#include "harness/session/session.hpp"

namespace assay::scenario {

/// A DIMSE request that went one way, as the other way's default to answer.
struct Request {
  std::uint8_t context_id = 1;
  dimse::CommandSet command;
};

/// What one connection has come to, as far as building and matching messages needs it.
struct Dialogue {
  bool we_opened = true;
  std::optional<pdu::AAssociateRq> rq;
  std::optional<pdu::AAssociateAc> ac;
  std::map<std::uint8_t, session::AcceptedContext> contexts;
  std::uint16_t next_message_id = 1;
  std::optional<Request> sent;      // the last request of ours
  std::optional<Request> received;  // the last request of the peer

  void note(const pdu::AAssociateRq& request);
  void note(const pdu::AAssociateAc& answer);
  /// What the peer announced; 16384 before it did.
  [[nodiscard]] std::uint32_t peer_maximum_length() const;
};

/// UIDs below 2.25, the same ones for the same seed.
class UidSource {
 public:
  explicit UidSource(std::uint64_t seed) : state_(seed) {}
  std::string next();

 private:
  std::uint64_t state_;
};

struct BuildInput {
  std::string called_ae;
  std::string calling_ae;
  UidSource* uids = nullptr;
  std::function<std::optional<Bytes>(std::string_view path)> read_file;
};

struct BuildError {
  Location at;
  std::string message;
  bool not_accepted = false;  // the peer did not accept the context that the message needs
};

struct Built {
  Bytes bytes;
  bool wrong = false;  // modified, raw or by hand: broken on purpose
  std::optional<pdu::AAssociateRq> rq;
  std::optional<pdu::AAssociateAc> ac;
  std::optional<Request> request;
  std::string name;  // for people: "A-ASSOCIATE-RQ"
};

/// Builds one message element of a <send>. Its values hold no variables any more.
std::expected<Built, BuildError> build(const Element& message, const Dialogue& dialogue, const BuildInput& input);

/// The Command Field behind an element such as c-echo-rq, or of <message command="...">.
std::optional<std::uint16_t> command_field_of(const Element& message);
/// "C-ECHO-RQ" for c-echo-rq, "A-ABORT" for a-abort.
std::string message_name(const Element& message);
bool is_dimse(const Element& message);
bool is_modification(std::string_view element_name);
/// What one modification element asks for.
layout::Modification modification_of(const Element& element);

/// A child of `message` applied to its layout tree; errors name the modification's place.
std::expected<void, BuildError> apply_modifications(layout::Node& root, const Element& parent);

/// Encodes a <data-set>; `sop_class` and `sop_instance` are the command's and filled in when they are empty.
struct EncodedData {
  Bytes bytes;
  bool wrong = false;
};
std::expected<EncodedData, BuildError> build_data_set(const Element& data_set, std::string_view transfer_syntax,
                                                      std::string& sop_class, std::string& sop_instance,
                                                      const BuildInput& input);
/// A made-up image: "CT", "MR", "SC", "US", "CR".
dataset::DataSet synthetic_image(std::string_view kind, std::size_t pixel_bytes, dataset::Encoding encoding,
                                 std::string_view sop_instance, UidSource& uids);
/// Elements given one by one, into a Data Set that exists.
std::expected<void, BuildError> set_elements(dataset::DataSet& data_set, const Element& parent);
std::string synthetic_sop_class(std::string_view kind);
/// The kind of image that belongs to a Storage SOP Class: "SC" when nothing better is known.
std::string_view synthetic_kind_for(std::string_view sop_class);

/// What Assay calls itself in associations it makes by scenario.
inline constexpr std::string_view implementation_class_uid = "2.25.190146791043182537444806132342625375407";
inline constexpr std::string_view implementation_version_name = "ASSAY_0_1";

}  // namespace assay::scenario
