// P-DATA-TF: presentation data values (PS3.8 9.3.5), command sets and data sets put together from them (PS3.8 Annex E).
#include "server.hpp"

namespace planted {

void Server::p_data(View body) {
  const Bytes copy(body.begin(), body.end());
  std::uint32_t left = static_cast<std::uint32_t>(copy.size());
  const std::uint8_t* at = copy.data();
  while (left > 0 && !closed()) {
    if (!PLANT(71)) require(left >= 6);
    const std::uint32_t length =
        static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1] << 16 | at[2] << 8 | at[3]);
    if (PLANT(64)) {
      require(length >= 2 && length + 4 <= left);
    } else if (PLANT(65)) {
      require(length <= left - 4);
    } else {
      require(length >= 2 && length <= left - 4);
    }
    const std::uint8_t id = at[4];
    const std::uint8_t control = at[5];
    const std::size_t size = length - 2;
    value(id, control, View(at + 6, size));
    at += 4 + std::size_t{length};
    left -= 4 + length;
  }
}

// The context with this number, if it was accepted.
const Context* Server::context(std::uint8_t id) const {
  for (const Context& context : association_->contexts) {
    if (context.id == id && (PLANT(67) || context.accepted)) return &context;
  }
  return nullptr;
}

// One fragment: bit 0 of the control header tells command from data set, bit 1 is set in the last fragment.
void Server::value(std::uint8_t id, std::uint8_t control, View fragment) {
  const Context* accepted = context(id);
  if (!PLANT(66)) require(accepted != nullptr);
  const bool is_command = control & 1;
  const bool is_last = control & 2;
  if (is_command) {
    if (active_ != nullptr) {
      if (!PLANT(69)) throw Malformed{};  // a data set is awaited
      delete message_;
      message_ = nullptr;
    }
    if (message_ == nullptr) message_ = new Message{.context = accepted};
    require(message_->context->id == accepted->id);
    Bytes& bytes = message_->command_bytes;
    require(bytes.size() <= max_message);
    bytes.insert(bytes.end(), fragment.begin(), fragment.end());
    if (!is_last) return;
    message_->command = Command(bytes);
    if (!announces_data(message_->command)) return complete();
    if (active_ == nullptr) active_ = message_;
    return;
  }
  if (!PLANT(68)) require(active_ != nullptr);
  if (!PLANT(70)) require(accepted->id == active_->context->id);
  Bytes& data = active_->data;
  require(data.size() <= max_message);
  data.insert(data.end(), fragment.begin(), fragment.end());
  if (!is_last) return;
  invariant(accepted->id == active_->context->id, "a data set came in another presentation context than its command");
  active_->data_complete = true;
  complete();
}

void Server::complete() {
  const std::unique_ptr<Message> whole(message_);
  message_ = nullptr;
  active_ = nullptr;
  perform(*whole);
}

}  // namespace planted
