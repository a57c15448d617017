#include "fuzz/device/reply.hpp"

#include <algorithm>
#include <array>

#include "fuzz/device/recorded.hpp"
#include "fuzz/device/talk_seen.hpp"

namespace assay::fuzz::device {
namespace {

using trace::PduSeen;
using trace::Side;

class Reader {
 public:
  explicit Reader(std::string from) : steps_(std::move(from)) {}

  bool take(const Placed& placed) {
    const auto line = placed.line;
    const auto& what = placed.entry->what;
    if (std::holds_alternative<trace::TransportOpened>(what)) {
      steps_.opened(line);
    } else if (const auto* seen = std::get_if<PduSeen>(&what)) {
      if (seen->from == Side::acceptor) return steps_.sent(*seen, line);
      if (seen->recognized) theirs(*seen, line);
    } else if (const auto* message = std::get_if<trace::MessageSeen>(&what)) {
      if (message->from == Side::requestor) {
        steps_.came(Await::messages, line);
        const auto field = message->message->command.field().value_or(0);
        if (!dimse::is_response(field)) asked_.at(line).push_back(asked_by(*message->message));
      } else {
        answers(*message->message, line);
        steps_.message_sent(line);
      }
    } else if (const auto* closed = std::get_if<trace::TransportClosed>(&what)) {
      steps_.closed(*closed, Side::acceptor, line);
    }
    return steps_.fits();
  }

  Conversation finish(std::string kind) { return steps_.finish(std::move(kind)); }

 private:
  void theirs(const PduSeen& seen, std::uint8_t line) {
    switch (static_cast<pdu::PduType>(seen.type)) {
      case pdu::PduType::a_associate_rq: steps_.came(Await::association, line); break;
      case pdu::PduType::a_release_rq:
      case pdu::PduType::a_release_rp: steps_.came(Await::release, line); break;
      default: break;
    }
  }

  /// Which request the message that has just become whole answers.
  void answers(const dimse::Message& message, std::uint8_t line) {
    const auto id = message.command.responded_to();
    auto* last = steps_.last_sent(line);
    if (!id || last == nullptr) return;
    const auto& asked = asked_.at(line);
    const auto found = std::find_if(asked.rbegin(), asked.rend(), [&](const Asked& a) { return a.message_id == *id; });
    if (found == asked.rend()) return;
    last->answers = {static_cast<std::uint16_t>(asked.rend() - found), found->message_id, found->context,
                     found->instance};
  }

  Recorded steps_;
  std::array<std::vector<Asked>, max_lines> asked_;  // requests of the device
};

/// Changes bytes of an answer, and the lengths around them.
class Fitter {
 public:
  Fitter(ByteView answer, const Answers& recorded, const Asked& asked)
      : out_(to_bytes(answer)), recorded_(recorded), asked_(asked) {}

  Bytes fit() {
    for (std::size_t at = 0; at + 6 <= out_.size();) {
      const auto length = load<std::uint32_t>(&out_[at + 2], Endian::big);
      if (length > out_.size() - at - 6) break;
      pdu_ = at;
      pdu_end_ = at + 6 + length;
      if (out_[at] == 4) values();
      at = pdu_end_;
    }
    return std::move(out_);
  }

 private:
  void values() {
    for (auto at = pdu_ + 6; at + 6 <= pdu_end_;) {
      const auto length = load<std::uint32_t>(&out_[at], Endian::big);
      if (length < 2 || length > pdu_end_ - at - 4) return;
      value_ = at;
      value_end_ = at + 4 + length;
      if (out_[at + 4] == recorded_.context) out_[at + 4] = asked_.context;
      if ((out_[at + 5] & 1U) != 0) elements();
      at = value_end_;
    }
  }

  void elements() {
    group_length_.reset();
    for (auto at = value_ + 6; at + 8 <= value_end_;) {
      const auto group = load<std::uint16_t>(&out_[at], Endian::little);
      const auto element = load<std::uint16_t>(&out_[at + 2], Endian::little);
      const auto length = load<std::uint32_t>(&out_[at + 4], Endian::little);
      if (group != 0 || length > value_end_ - at - 8) return;
      if (element == 0 && length == 4) group_length_ = at + 8;
      if (element == 0x0120 && length == 2 &&
          load<std::uint16_t>(&out_[at + 8], Endian::little) == recorded_.message_id) {
        out_[at + 8] = static_cast<std::uint8_t>(asked_.message_id);
        out_[at + 9] = static_cast<std::uint8_t>(asked_.message_id >> 8U);
      }
      if (element == 0x1000 || element == 0x1001) instance(at, length);
      at += 8 + load<std::uint32_t>(&out_[at + 4], Endian::little);
    }
  }

  void instance(std::size_t at, std::uint32_t length) {
    if (recorded_.instance.empty() || asked_.instance.empty() || recorded_.instance == asked_.instance) return;
    auto was = as_text(ByteView(out_).subspan(at + 8, length));
    while (!was.empty() && was.back() == '\0') was.remove_suffix(1);
    if (was != recorded_.instance) return;
    auto now = to_bytes(asked_.instance);
    if (now.size() % 2 != 0) now.push_back(0);
    const auto place = out_.begin() + static_cast<std::ptrdiff_t>(at + 8);
    out_.erase(place, place + static_cast<std::ptrdiff_t>(length));
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(at + 8), now.begin(), now.end());
    const auto more = static_cast<std::uint32_t>(now.size()) - length;  // modulo 2^32, as the additions below
    add(at + 4, more, Endian::little);
    if (group_length_) add(*group_length_, more, Endian::little);
    add(value_, more, Endian::big);
    add(pdu_ + 2, more, Endian::big);
    value_end_ = value_end_ - length + now.size();
    pdu_end_ = pdu_end_ - length + now.size();
  }

  void add(std::size_t at, std::uint32_t more, Endian endian) {
    const auto value = load<std::uint32_t>(&out_[at], endian) + more;
    for (unsigned i = 0; i < 4; ++i)
      out_[at + i] = static_cast<std::uint8_t>(value >> (8 * (endian == Endian::big ? 3 - i : i)));
  }

  Bytes out_;
  const Answers& recorded_;
  const Asked& asked_;
  std::size_t pdu_ = 0;
  std::size_t pdu_end_ = 0;
  std::size_t value_ = 0;
  std::size_t value_end_ = 0;
  std::optional<std::size_t> group_length_;
};

}  // namespace

Asked asked_by(const dimse::Message& message) {
  auto uid = std::string(message.command.sop_instance_uid());
  while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' ')) uid.pop_back();
  return {message.command.message_id().value_or(0), message.context_id, std::move(uid), command_name(message)};
}

Conversation replies_of(std::string kind, std::string from, std::span<const trace::Trace* const> traces) {
  const auto all = placed(traces);
  Reader reader(std::move(from));
  const bool whole = all && std::ranges::all_of(*all, [&](const Placed& one) { return reader.take(one); });
  auto made = reader.finish(std::move(kind));
  if (!whole) made.steps.clear();
  return made;
}

Bytes fitted(ByteView answer, const Answers& recorded, const Asked& asked) {
  return Fitter(answer, recorded, asked).fit();
}

}  // namespace assay::fuzz::device
