// The fault `answer`: another message in place of one that our side would send. A message is kept until it is whole;
// one that is not meant leaves as it came, in its own PDUs.
#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/transfer_syntax.hpp"
#include "harness/session/faults.hpp"

namespace assay::faults {

void Engine::note_association(const pdu::Pdu& pdu, bool ours) {
  const auto* rq = std::get_if<pdu::AAssociateRq>(&pdu);
  const auto* ac = std::get_if<pdu::AAssociateAc>(&pdu);
  if (!ours && rq != nullptr) their_maximum_length_ = rq->maximum_length();
  if (!ours && ac != nullptr) their_maximum_length_ = ac->maximum_length();
  if (ac == nullptr) return;
  transfer_syntaxes_.clear();
  for (const auto* context : ac->contexts()) transfer_syntaxes_.emplace(context->id, context->transfer_syntax());
}

/// Takes a P-DATA-TF of ours. What is no proper sequence of messages leaves untouched.
void Engine::keep(ByteView p_data, Instant now) {
  std::vector<pdu::PdvView> values;
  Problems problems;
  bool proper = pdu::decode_p_data(p_data, 0, values, problems) && problems.empty() && held() <= max_held;
  std::optional<dimse::Message> whole;
  for (const auto& value : values) {
    if (!proper) break;
    proper = !whole;  // nothing stands behind the end of a message
    auto taken = assembler_.push(value);
    proper = proper && taken.problems.empty();
    if (taken.message) whole = std::move(taken.message);
  }
  append(kept_, p_data);
  if (!proper) {
    assembler_.reset();
    let_go(now);
  } else if (whole) {
    say(std::move(*whole), now);
  }
}

/// Sends what was kept as it came.
void Engine::let_go(Instant now) {
  const auto kept = std::exchange(kept_, {});
  for (ByteView rest = kept; !rest.empty() && !muted_;) {
    const auto length = pdu::pdu_header_length + load<std::uint32_t>(rest.data() + 2, Endian::big);
    out(rest.first(length), now);
    rest = rest.subspan(length);
  }
}

void Engine::say(dimse::Message message, Instant now) {
  const auto field = message.command.field().value_or(0);
  bool changed = false;
  for (std::size_t i = 0; i < plan_->faults.size(); ++i) {
    const auto& fault = plan_->faults[i];
    if (fault.kind != Kind::answer) continue;
    const bool meant = fault.on.what == PduChoice::What::command
                           ? fault.on.command == field
                           : fault.on.what != PduChoice::What::data || message.data_set_length > 0;
    if (!meant || !strikes(i)) continue;
    if (fault.missing) {
      kept_.clear();
      return;
    }
    changed = edit_message(fault, message) || changed;
  }
  Bytes said;
  if (changed && dimse::fragment(said, message, {.maximum_length = their_maximum_length_})) kept_ = std::move(said);
  let_go(now);
}

bool Engine::edit_message(const Fault& fault, dimse::Message& message) {
  const auto not_done = [this](std::string why) {
    if (notes_.size() < 2 * plan_->faults.size()) notes_.push_back("not done: " + std::move(why));
  };
  if (!message.data_set_kept()) {
    not_done("the Data Set is too large to be changed");
    return false;
  }
  auto& command = message.command.elements();
  if (fault.status) command.set_u16(tags::Status, *fault.status);
  if (fault.without_data_set) {
    command.set_u16(tags::CommandDataSetType, dimse::no_data_set);
    message.data_set.clear();
  }
  const dataset::EditOptions options{.create_missing = true, .force = true};
  const auto apply = [&](dataset::DataSet& to, const dataset::Edit& edit) {
    if (const auto done = dataset::apply(to, edit, options); !done) not_done(done.error());
  };
  const auto of_command = [](const dataset::Edit& edit) { return edit.path.steps.front().tag.group == 0; };
  for (const auto& edit : fault.edits)
    if (of_command(edit)) apply(command, edit);
  if (!std::ranges::all_of(fault.edits, of_command)) {
    const auto syntax = transfer_syntaxes_.find(message.context_id);
    const auto encoding =
        dataset::encoding_of(syntax == transfer_syntaxes_.end() ? uids::ImplicitVRLittleEndian : syntax->second);
    auto data = dataset::decode_owned(std::move(message.data_set), encoding).data_set;
    for (const auto& edit : fault.edits)
      if (!of_command(edit)) apply(data, edit);
    message.data_set = dataset::encode(data, encoding);
    if (!message.data_set.empty() && !message.command.has_data_set()) command.set_u16(tags::CommandDataSetType, 0);
  }
  message.data_set_length = message.data_set.size();
  return true;
}

}  // namespace assay::faults
