// A response with what goes beside its status (PS3.7 Annex C). Tests: tests/unit/service/provider_test.cpp
#pragma once

#include <optional>
#include <string_view>

#include "harness/dimse/message.hpp"

namespace assay::service {

/// Longest Error Comment, VR LO (PS3.7 E.1).
inline constexpr std::size_t max_error_comment = 64;

/// The response to `request` on its context; the comment is cut to what (0000,0902) takes.
inline dimse::Message answer(const dimse::Message& request, std::uint16_t status, std::string_view comment = {},
                             std::optional<Tag> offending = std::nullopt) {
  dimse::Message out;
  out.context_id = request.context_id;
  out.command = dimse::response_to(request.command, status);
  if (offending) {
    Bytes value;
    store(value, offending->group, Endian::little);
    store(value, offending->element, Endian::little);
    out.command.elements().set_bytes(tags::OffendingElement, Vr::AT, value);
  }
  if (!comment.empty()) out.command.elements().set_text(tags::ErrorComment, comment.substr(0, max_error_comment));
  return out;
}

/// Gives a message its Data Set, already encoded as its context has it.
inline void give(dimse::Message& message, Bytes data_set) {
  message.command.elements().set_u16(tags::CommandDataSetType, 1);
  message.data_set = std::move(data_set);
  message.data_set_length = message.data_set.size();
}

}  // namespace assay::service
