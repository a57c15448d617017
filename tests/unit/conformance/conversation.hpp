// A scripted conversation of two sides, correct by default, for tests that plant one fault in it.
// Bytes are built from model values; a test may patch them before they go into the script.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/rules/standard_rules.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/observe/observer.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::test {

using trace::Side;

inline constexpr std::string_view instance_uid = "1.2.3.4.5";
inline constexpr std::string_view get_uid = "1.2.840.10008.5.1.4.1.2.2.3";

/// Context IDs of the standard conversation.
namespace context {
inline constexpr std::uint8_t echo = 1;
inline constexpr std::uint8_t store = 3;  // Explicit VR Little Endian is accepted
inline constexpr std::uint8_t find = 5;
inline constexpr std::uint8_t move = 7;
inline constexpr std::uint8_t get = 9;
inline constexpr std::uint8_t refused = 11;  // MR Image Storage, result 3
}  // namespace context

inline pdu::PresentationContextItemRq proposal(std::uint8_t id, std::string_view abstract,
                                               std::vector<std::string_view> transfers) {
  pdu::PresentationContextItemRq item;
  item.id = id;
  item.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(abstract)});
  for (const auto syntax : transfers) item.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(syntax)});
  return item;
}

inline pdu::PresentationContextItemAc answer(std::uint8_t id, std::uint8_t result, std::string_view transfer) {
  pdu::PresentationContextItemAc item;
  item.id = id;
  item.result = result;
  item.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(transfer)});
  return item;
}

inline pdu::UserInformationItem user_information() {
  pdu::UserInformationItem item;
  item.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  item.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3.99"});
  item.sub_items.emplace_back(pdu::ImplementationVersionNameSubItem{"TEST_1"});
  return item;
}

inline pdu::AAssociateRq associate_rq() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ARCHIVE";
  rq.calling_ae_title = "CT1";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  const auto implicit = uids::ImplicitVRLittleEndian;
  rq.items.emplace_back(proposal(context::echo, uids::Verification, {implicit}));
  rq.items.emplace_back(proposal(context::store, uids::CTImageStorage, {uids::ExplicitVRLittleEndian, implicit}));
  rq.items.emplace_back(proposal(context::find, uids::StudyRootQueryRetrieveInformationModelFind, {implicit}));
  rq.items.emplace_back(proposal(context::move, uids::StudyRootQueryRetrieveInformationModelMove, {implicit}));
  rq.items.emplace_back(proposal(context::get, get_uid, {implicit}));
  rq.items.emplace_back(proposal(context::refused, uids::MRImageStorage, {implicit}));
  rq.items.emplace_back(user_information());
  return rq;
}

inline pdu::AAssociateAc associate_ac() {
  pdu::AAssociateAc ac;
  ac.called_ae_title = "ARCHIVE";
  ac.calling_ae_title = "CT1";
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  const auto implicit = uids::ImplicitVRLittleEndian;
  ac.items.emplace_back(answer(context::echo, 0, implicit));
  ac.items.emplace_back(answer(context::store, 0, uids::ExplicitVRLittleEndian));
  ac.items.emplace_back(answer(context::find, 0, implicit));
  ac.items.emplace_back(answer(context::move, 0, implicit));
  ac.items.emplace_back(answer(context::get, 0, implicit));
  ac.items.emplace_back(answer(context::refused, 3, implicit));
  ac.items.emplace_back(user_information());
  return ac;
}

/// The user information of an RQ or AC, to add sub-items to.
inline pdu::UserInformationItem& user_information_of(pdu::AssociateBody& body) {
  return std::get<pdu::UserInformationItem>(body.items.back());
}

inline dataset::DataSet image(dataset::Encoding encoding, std::string_view sop_class = uids::CTImageStorage,
                              std::string_view instance = instance_uid) {
  dataset::DataSet data(encoding);
  data.set_text(tags::SOPClassUID, sop_class);
  data.set_text(tags::SOPInstanceUID, instance);
  data.set_text(tags::PatientName, "Doe^Jane");
  data.set_text(tags::PatientID, "4711");
  return data;
}

inline dataset::DataSet identifier(std::string_view level = "STUDY") {
  dataset::DataSet data(dataset::implicit_le);
  if (!level.empty()) data.set_text(tags::QueryRetrieveLevel, level);
  data.set_text(tags::PatientID, "4711");
  data.set_text(tags::StudyInstanceUID, "1.2.3");
  return data;
}

inline dimse::Message message(std::uint8_t context_id, dimse::CommandSet command, Bytes data = {}) {
  dimse::Message out;
  out.context_id = context_id;
  out.command = std::move(command);
  out.data_set = std::move(data);
  out.data_set_length = out.data_set.size();
  return out;
}

inline Bytes packed(const dimse::Message& message, const dimse::Packing& packing = {}) {
  Bytes out;
  dimse::fragment(out, message, packing);
  return out;
}

inline Bytes encoded(const dataset::DataSet& data) { return dataset::encode(data, data.encoding()); }

/// What is fed to the observer, in order.
class Conversation {
 public:
  struct Step {
    enum class Kind : std::uint8_t { bytes, close, wait };
    Kind kind = Kind::bytes;
    Side side = Side::requestor;
    Bytes bytes;
    trace::Closing how = trace::Closing::fin;
    Duration wait{};
  };

  Conversation& send(Side side, Bytes bytes) {
    steps_.push_back({Step::Kind::bytes, side, std::move(bytes), trace::Closing::fin, {}});
    return *this;
  }
  Conversation& send(Side side, const pdu::Pdu& pdu) { return send(side, pdu::encode(pdu)); }
  Conversation& send(Side side, const dimse::Message& message, const dimse::Packing& packing = {}) {
    return send(side, packed(message, packing));
  }
  Conversation& close(Side side, trace::Closing how = trace::Closing::fin) {
    steps_.push_back({Step::Kind::close, side, {}, how, {}});
    return *this;
  }
  Conversation& wait(Duration duration) {
    steps_.push_back({Step::Kind::wait, Side::requestor, {}, trace::Closing::fin, duration});
    return *this;
  }

  Conversation& associate(const pdu::AAssociateRq& rq = associate_rq(), const pdu::AAssociateAc& ac = associate_ac()) {
    return send(Side::requestor, pdu::Pdu(rq)).send(Side::acceptor, pdu::Pdu(ac));
  }
  Conversation& release() {
    return send(Side::requestor, pdu::Pdu(pdu::AReleaseRq{}))
        .send(Side::acceptor, pdu::Pdu(pdu::AReleaseRp{}))
        .close(Side::requestor);
  }
  Conversation& echo(std::uint16_t id = 1) {
    const auto rq = dimse::c_echo_rq(id);
    return send(Side::requestor, message(context::echo, rq))
        .send(Side::acceptor, message(context::echo, dimse::response_to(rq, 0)));
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

  /// Plays the script; `piece` 0 sends every step whole, else in pieces of so many bytes.
  [[nodiscard]] trace::Trace observe(observe::Options options = {}, std::size_t piece = 0) const {
    observe::Observer observer(conformance::standard_rules(), std::move(options));
    Instant now;
    observer.opened(now);
    for (const auto& step : steps_) {
      now = now + std::chrono::milliseconds(1);
      switch (step.kind) {
        case Step::Kind::wait: now = now + step.wait; break;
        case Step::Kind::close: observer.closed(step.side, step.how, now); break;
        case Step::Kind::bytes: {
          const ByteView all(step.bytes);
          const auto size = piece == 0 ? all.size() : piece;
          for (std::size_t at = 0; at < all.size(); at += size) {
            observer.bytes(step.side, all.subspan(at, std::min(size, all.size() - at)), now);
          }
          break;
        }
      }
    }
    observer.finish(now);
    return observer.trace();
  }

 private:
  std::vector<Step> steps_;
};

}  // namespace assay::test
