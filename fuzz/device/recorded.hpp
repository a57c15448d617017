// The steps of a conversation as a Trace shows them, one after the other: what was ours is sent, what was the device's
// is waited for. Internal to conversation.cpp and reply.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/placed.hpp"
#include "fuzz/device/talk_seen.hpp"
#include "harness/pdu/pdu.hpp"

namespace assay::fuzz::device {

class Recorded {
 public:
  explicit Recorded(std::string from) { made_.from = std::move(from); }

  void opened(std::uint8_t line) { made_.steps.push_back({.what = Do::connect, .line = line}); }

  /// False when the Trace does not hold all of the PDU.
  bool sent(const trace::PduSeen& seen, std::uint8_t line) {
    if (seen.bytes.size() != std::size_t{seen.length} + pdu::pdu_header_length) return false;
    const bool data = is_p_data(seen);
    // A message is one step, whatever PDUs it takes.
    if (data && begun_.at(line)) {
      if (auto* last = last_sent(line)) append(last->bytes, seen.bytes);
      return true;
    }
    made_.steps.push_back({.what = Do::send, .line = line, .bytes = seen.bytes});
    begun_.at(line) = data;
    return true;
  }
  /// The message of ours is whole.
  void message_sent(std::uint8_t line) { begun_.at(line) = false; }
  /// The last send of the line; null before there is one.
  Step* last_sent(std::uint8_t line) {
    const auto last = std::find_if(made_.steps.rbegin(), made_.steps.rend(),
                                   [&](const Step& s) { return s.what == Do::send && s.line == line; });
    return last == made_.steps.rend() ? nullptr : &*last;
  }

  void came(Await what, std::uint8_t line) {
    if (!made_.steps.empty()) {
      auto& last = made_.steps.back();
      if (what == Await::messages && last.what == Do::await && last.await == what && last.line == line) {
        ++last.count;
        return;
      }
    }
    made_.steps.push_back({.what = Do::await, .line = line, .await = what});
  }

  void closed(const trace::TransportClosed& seen, trace::Side ours, std::uint8_t line) {
    if (seen.by != ours)
      came(Await::closed, line);
    else
      made_.steps.push_back({.what = seen.how == trace::Closing::fin ? Do::fin : Do::rst, .line = line});
  }

  [[nodiscard]] bool fits() const { return made_.steps.size() <= max_steps; }

  /// Without steps when it is too long.
  Conversation finish(std::string kind) {
    made_.kind = std::move(kind);
    if (made_.bytes() > max_bytes) made_.steps.clear();
    return std::move(made_);
  }

 private:
  Conversation made_;
  std::array<bool, max_lines> begun_{};  // a message of ours is not whole yet
};

}  // namespace assay::fuzz::device
