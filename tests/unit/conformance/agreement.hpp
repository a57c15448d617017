// An association request and its answer with any contexts and user items, for correct conversations.
#pragma once

#include "conversation.hpp"

namespace assay::test {

struct Offer {
  std::string_view abstract;
  std::vector<std::string_view> transfers;
  std::uint8_t result = 0;
};

/// A request and an answer with these contexts, IDs 1, 3, 5 and so on; the last transfer syntax is accepted.
struct Agreement {
  pdu::AAssociateRq rq;
  pdu::AAssociateAc ac;

  explicit Agreement(const std::vector<Offer>& offers) {
    rq.called_ae_title = ac.called_ae_title = "ARCHIVE";
    rq.calling_ae_title = ac.calling_ae_title = "CT1";
    rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    std::uint8_t id = 1;
    for (const auto& offer : offers) {
      rq.items.emplace_back(proposal(id, offer.abstract, offer.transfers));
      ac.items.emplace_back(answer(id, offer.result, offer.transfers.back()));
      id = static_cast<std::uint8_t>(id + 2);
    }
    rq.items.emplace_back(user_information());
    ac.items.emplace_back(user_information());
  }
  void asked(pdu::UserSubItem item) { user_information_of(rq).sub_items.push_back(std::move(item)); }
  void answered(pdu::UserSubItem item) { user_information_of(ac).sub_items.push_back(std::move(item)); }
  void both(const pdu::UserSubItem& item) {
    asked(item);
    answered(item);
  }
  void maximum_length(std::uint32_t bytes) {
    for (auto* body : {static_cast<pdu::AssociateBody*>(&rq), static_cast<pdu::AssociateBody*>(&ac)})
      std::get<pdu::MaximumLengthSubItem>(user_information_of(*body).sub_items[0]).maximum_length = bytes;
  }
};

/// Messages of one association, request and response by turns.
class Talk {
 public:
  explicit Talk(const std::vector<Offer>& offers) : Talk(Agreement(offers)) {}
  explicit Talk(const Agreement& agreed) { c_.associate(agreed.rq, agreed.ac); }

  Talk& say(Side side, std::uint8_t context, const dimse::CommandSet& command) {
    last_ = side;
    c_.send(side, message(context, command));
    return *this;
  }
  Talk& say(Side side, std::uint8_t context, dimse::CommandSet command, const dataset::DataSet& data) {
    last_ = side;
    command.elements().set_u16(tags::CommandDataSetType, 1);
    c_.send(side, message(context, std::move(command), encoded(data)));
    return *this;
  }
  Talk& answer(std::uint8_t context, const dimse::CommandSet& request, std::uint16_t status = 0) {
    return say(trace::other(last_), context, dimse::response_to(request, status));
  }
  Conversation release() { return c_.release(); }

 private:
  Conversation c_;
  Side last_ = Side::requestor;
};

}  // namespace assay::test
