#include "fuzz/device/messages.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "harness/dimse/message.hpp"

namespace assay::fuzz::device {
namespace {

using dimse::CommandField;

constexpr std::uint8_t command_value = 1;
constexpr std::uint8_t last_value = 2;
/// (0000,0000) with its value: what a command begins with.
constexpr std::size_t group_length_element = 12;

constexpr std::array requests = {CommandField::c_store_rq,  CommandField::c_find_rq,  CommandField::c_get_rq,
                                 CommandField::c_move_rq,   CommandField::c_echo_rq,  CommandField::n_event_report_rq,
                                 CommandField::n_get_rq,    CommandField::n_set_rq,   CommandField::n_action_rq,
                                 CommandField::n_create_rq, CommandField::n_delete_rq};

CommandField field_of(Said request) {
  return requests.at(static_cast<std::size_t>(request) - static_cast<std::size_t>(Said::c_store_rq));
}

Said any_request(Random& random) {
  return static_cast<Said>(static_cast<std::size_t>(Said::c_store_rq) + random.below(requests.size()));
}

std::uint16_t fresh_id(const Model& model, Random& random) {
  auto id = static_cast<std::uint16_t>(0x2000 + random.below(0x1000));
  while (model.open_requests().contains(id)) ++id;
  return id;
}

/// With the UIDs that make it one for this class.
dimse::CommandSet command(CommandField field, std::uint16_t id, std::string_view sop_class) {
  auto made = dimse::command(field, id);
  auto& all = made.elements();
  for (const auto tag : {tags::AffectedSOPClassUID, tags::RequestedSOPClassUID})
    if (all.has(tag)) all.set_text(tag, sop_class);
  for (const auto tag : {tags::AffectedSOPInstanceUID, tags::RequestedSOPInstanceUID})
    if (all.has(tag)) all.set_text(tag, "2.25.1");
  if (all.has(tags::MoveDestination)) all.set_text(tags::MoveDestination, "ASSAY");
  return made;
}

Bytes one_pdv(std::uint8_t context, std::uint8_t header, ByteView fragment) {
  Bytes out;
  pdu::encode_p_data(out, context, header, fragment);
  return out;
}

/// In one PDV; within a command that has begun with its group length, the rest.
Bytes command_pdu(std::uint8_t context, const dimse::CommandSet& made, const Model& model) {
  const auto bytes = dimse::encode(made);
  const auto from = model.place() == Place::command ? std::min(group_length_element, bytes.size()) : 0;
  return one_pdv(context, command_value | last_value, ByteView(bytes).subspan(from));
}

/// An element without a value, in Implicit VR Little Endian: a Data Set, if a small one.
Bytes data_pdu(std::uint8_t context, bool last) {
  constexpr std::array<std::uint8_t, 8> element = {0x10, 0, 0x20, 0, 0, 0, 0, 0};
  return one_pdv(context, last ? last_value : 0, element);
}

const Model::Context* any_context(const Model& model, Random& random) {
  const auto& all = model.contexts();
  return all.empty() ? nullptr : &all.at(random.below(all.size()));
}

/// A context of the service that the request belongs to.
const Model::Context* context_for(Said request, const Model& model) {
  const auto found =
      std::ranges::find_if(model.contexts(), [&](const auto& one) { return fits(request, one.service); });
  return found == model.contexts().end() ? nullptr : &*found;
}

std::optional<std::uint8_t> other_context(const Model& model, Random& random) {
  for (int tries = 0; tries < 64; ++tries) {
    const auto id = static_cast<std::uint8_t>(random.below(256));
    if (std::ranges::find(model.contexts(), id, &Model::Context::id) == model.contexts().end()) return id;
  }
  return std::nullopt;
}

std::vector<Bytes> request_for(Said said, const Model& model, Random& random) {
  const auto* const context = context_for(said, model);
  if (context == nullptr) return {};
  const auto made = command(field_of(said), fresh_id(model, random), context->sop_class);
  std::vector<Bytes> out{command_pdu(context->id, made, model)};
  if (made.has_data_set() && random.chance(2)) out.push_back(data_pdu(context->id, true));
  return out;
}

}  // namespace

Bytes any_pdu(Random& random) {
  constexpr std::array kinds = {Said::associate_rq, Said::associate_ac, Said::associate_rj,
                                Said::p_data,       Said::release_rq,   Said::release_rp,
                                Said::abort,        Said::no_pdv,       Said::no_pdu};
  return pdu_for(kinds.at(random.below(kinds.size())), random);
}

Bytes pdu_for(Said said, Random& random) {
  const pdu::ApplicationContextItem application{"1.2.840.10008.3.1.1.1"};
  const pdu::UserInformationItem user{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.1"}}};
  switch (said) {
    case Said::associate_rq: {
      pdu::AAssociateRq rq;
      rq.called_ae_title = "ANY-SCP";
      rq.calling_ae_title = "ASSAY";
      rq.items = {
          application,
          pdu::PresentationContextItemRq{
              1, {pdu::AbstractSyntaxSubItem{"1.2.840.10008.1.1"}, pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
          user};
      return pdu::encode(rq);
    }
    case Said::associate_ac: {
      pdu::AAssociateAc ac;
      ac.called_ae_title = "ANY-SCP";
      ac.calling_ae_title = "ASSAY";
      ac.items = {application, pdu::PresentationContextItemAc{1, 0, {pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
                  user};
      return pdu::encode(ac);
    }
    case Said::associate_rj: return pdu::encode(pdu::AAssociateRj{});
    case Said::p_data: return pdu::encode(pdu::PDataTf{{{1, 3, Bytes(4 + random.below(60))}}});
    case Said::release_rq: return pdu::encode(pdu::AReleaseRq{});
    case Said::release_rp: return pdu::encode(pdu::AReleaseRp{});
    case Said::abort: return pdu::encode(pdu::AAbort{0, static_cast<std::uint8_t>(random.below(7))});
    case Said::no_pdv: return pdu::encode(pdu::PDataTf{});
    default: return {static_cast<std::uint8_t>(8 + random.below(248)), 0, 0, 0, 0, 0};
  }
}

Bytes request(const Model& model, bool with_data_set, Random& random) {
  const auto& contexts = model.contexts();
  if (contexts.empty()) return {};
  const auto& first = contexts.front();
  auto made = command(CommandField::c_echo_rq, fresh_id(model, random), first.sop_class);
  for (const auto field : requests) {
    const auto said =
        static_cast<Said>(static_cast<std::size_t>(Said::c_store_rq) +
                          static_cast<std::size_t>(std::ranges::find(requests, field) - requests.begin()));
    if (fits(said, first.service)) {
      made = command(field, fresh_id(model, random), first.sop_class);
      break;
    }
  }
  made.elements().set_u16(tags::CommandDataSetType, with_data_set ? 1 : dimse::no_data_set);
  return one_pdv(first.id, command_value | last_value, dimse::encode(made));
}

std::vector<Bytes> dimse_for(Said said, const Model& model, Random& random) {
  const auto* const context = any_context(model, random);
  const auto id = context == nullptr ? std::uint8_t{1} : context->id;
  const auto sop_class = context == nullptr ? std::string_view("1.2.840.10008.1.1") : context->sop_class;
  const auto pending = model.open_requests().empty()
                           ? std::optional<std::uint16_t>()
                           : *std::next(model.open_requests().begin(),
                                        static_cast<std::ptrdiff_t>(random.below(model.open_requests().size())));
  switch (said) {
    case Said::other_context: {
      const auto other = other_context(model, random);
      if (!other) return {};
      return {one_pdv(*other, command_value | last_value, dimse::encode(dimse::c_echo_rq(fresh_id(model, random))))};
    }
    case Said::no_pdv: {
      // None at all, one that is too short for its own header, one that says more than there is.
      if (random.chance(3)) return {pdu_for(said, random)};
      const auto length = static_cast<std::uint8_t>(random.chance(2) ? 1 : 200);
      return {{4, 0, 0, 0, 0, 6, 0, 0, 0, length, id, 3}};
    }
    default: break;
  }
  if (context == nullptr) return {};
  switch (said) {
    case Said::cancel_pending:
      if (!pending) return {};
      return {command_pdu(id, dimse::c_cancel_rq(*pending), model)};
    case Said::cancel_none: return {command_pdu(id, dimse::c_cancel_rq(fresh_id(model, random)), model)};
    case Said::response: {
      const auto asked = command(field_of(any_request(random)), pending.value_or(1), sop_class);
      return {command_pdu(id, dimse::response_to(asked, random.chance(2) ? 0 : 0xff00), model)};
    }
    case Said::used_id:
      if (!pending) return {};
      return {command_pdu(id, command(field_of(any_request(random)), *pending, sop_class), model)};
    case Said::other_class: {
      auto other = any_request(random);
      while (fits(other, context->service)) other = any_request(random);
      return {command_pdu(id, command(field_of(other), fresh_id(model, random), sop_class), model)};
    }
    case Said::unknown_command: {
      const auto field = static_cast<CommandField>(random.chance(2) ? 0x0002 : 0x7fff);
      return {command_pdu(id, command(field, fresh_id(model, random), sop_class), model)};
    }
    case Said::part_of_command: {
      const auto bytes = dimse::encode(command(CommandField::c_echo_rq, fresh_id(model, random), sop_class));
      return {one_pdv(id, command_value, ByteView(bytes).first(group_length_element))};
    }
    case Said::data: return {data_pdu(id, random.chance(2))};
    default: return request_for(said, model, random);
  }
}

}  // namespace assay::fuzz::device
