#include "harness/scenario/connection.hpp"

#include <fmt/format.h>

namespace assay::scenario {
namespace {

/// What an executed scenario shows of one message.
constexpr std::size_t shown_bytes = 512;

observe::Options observer_options(const std::string& name, bool we_opened, std::string description) {
  observe::Options options;
  options.connection = name;
  options.description = std::move(description);
  options.ours = we_opened ? trace::Side::requestor : trace::Side::acceptor;
  return options;
}

}  // namespace

Connection::Connection(ConnectionId connection_id, std::string connection_name, bool we_opened,
                       std::shared_ptr<const trace::RuleBook> rules, std::string description)
    : id(connection_id),
      name(std::move(connection_name)),
      we_opened_(we_opened),
      observer_(std::move(rules), observer_options(name, we_opened, std::move(description))) {
  dialogue.we_opened = we_opened;
}

void Connection::opened(Instant now) {
  state = State::open;
  termination_ = trace::Termination::open;
  observer_.opened(now);
}

void Connection::ended(trace::Termination how, std::string detail) {
  // The first ending counts: a close after an A-ABORT is part of the abort.
  if (termination_ != trace::Termination::none && termination_ != trace::Termination::open) return;
  termination_ = how;
  termination_detail_ = std::move(detail);
}

void Connection::push(Item item) {
  if (items.size() < max_waiting_items) items.push_back(std::move(item));
}

void Connection::received(ByteView bytes, Instant now) {
  if (state != State::open || bytes.empty()) return;
  if (clear_on_tls && take_records(bytes, now)) return;
  observer_.bytes(trace::other(our_side()), bytes, now);
  if (lost_) return;
  framer_.push(bytes);
  for (;;) {
    const auto frame = framer_.next();
    if (frame.status == pdu::Framer::Status::need_more) return;
    take(frame, now);
    if (frame.status == pdu::Framer::Status::unrecognized) {
      lost_ = true;
      return;
    }
  }
}

/// TLS records in the clear: alerts and the ClientHello are what a scenario may expect, the rest is passed over.
bool Connection::take_records(ByteView bytes, Instant now) {
  constexpr std::size_t longest_record = 5 + 65535;
  if (!records_) records_ = trace::tls_record(bytes).has_value();
  if (!*records_) return false;
  append(record_bytes_, bytes);
  for (;;) {
    const auto record = trace::tls_record(record_bytes_);
    if (!record || record->length > longest_record) {
      record_bytes_.clear();
      return true;
    }
    if (record_bytes_.size() < 5 || record_bytes_.size() < record->length) return true;
    Item item;
    item.at = now;
    item.bytes = to_bytes(ByteView(record_bytes_).first(std::min(record->length, shown_bytes)));
    if (record->client_hello) {
      item.kind = Item::Kind::client_hello;
    } else {
      item.kind = Item::Kind::tls_alert;
      item.alert = record->alert;
      item.fatal = record->fatal;
    }
    if (record->client_hello || !record->alert.empty()) {
      observer_.mark("TLS in the clear: " + describe(item), now);
      push(std::move(item));
    }
    record_bytes_.erase(record_bytes_.begin(), record_bytes_.begin() + static_cast<std::ptrdiff_t>(record->length));
    if (record_bytes_.empty()) return true;
  }
}

void Connection::secured(const trace::Tls& tls, Instant now) {
  if (state != State::open) return;
  observer_.secured(tls, now);
  clear_on_tls = false;
  if (!tls_asked_) return;
  Item item;
  item.at = now;
  item.kind = tls.established ? Item::Kind::tls_established : Item::Kind::tls_refused;
  // A handshake that was asked for below TLS that is there may fail and leave the old one as it was.
  if (tls.established && !tls.failure.empty()) item.kind = Item::Kind::tls_refused;
  item.alert = tls.alert;
  item.fatal = !tls.alert.empty();
  item.tls = std::make_shared<const trace::Tls>(tls);
  item.by_us = tls.refused_by == our_side();
  push(std::move(item));
}

void Connection::tls_ended(const trace::Tls& tls, Instant now) {
  if (state != State::open) return;
  observer_.secured(tls, now);
  if (!tls_asked_) return;
  Item item;
  item.at = now;
  item.kind = Item::Kind::tls_alert;
  item.alert = tls.alert;
  item.fatal = true;
  item.tls = std::make_shared<const trace::Tls>(tls);
  item.by_us = tls.refused_by == our_side();
  push(std::move(item));
}

void Connection::take(const pdu::Framer::Frame& frame, Instant now) {
  Item item;
  item.at = now;
  item.pdu_type = frame.type;
  item.length = frame.length;
  item.bytes = to_bytes(frame.bytes.subspan(0, std::min(frame.bytes.size(), shown_bytes)));
  if (frame.status == pdu::Framer::Status::unrecognized) {
    item.kind = Item::Kind::unrecognized;
    push(std::move(item));
    return;
  }
  if (frame.type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) {
    take_p_data(frame, std::move(item));
    return;
  }
  auto decoded = pdu::decode(frame.bytes, frame.offset);
  if (decoded.pdu) passed(*decoded.pdu, false);
  item.pdu = std::move(decoded.pdu);
  push(std::move(item));
}

void Connection::take_p_data(const pdu::Framer::Frame& frame, Item item) {
  item.kind = Item::Kind::p_data;
  std::vector<pdu::PdvView> values;
  Problems problems;
  pdu::decode_p_data(frame.bytes, frame.offset, values, problems);
  pdu::PDataTf data;
  std::vector<Item> messages;
  for (const auto& value : values) {
    // Matchers look at lengths and headers; the bytes of bulk data are kept once, by the assembler.
    data.values.push_back({value.context_id, value.control_header, to_bytes(value.fragment)});
    auto output = assembler_.push(value);
    if (!output.message) continue;
    Item whole;
    whole.kind = Item::Kind::message;
    whole.at = item.at;
    whole.pdu_type = item.pdu_type;
    whole.bytes = item.bytes;
    whole.from_last_p_data = true;
    if (!dimse::is_response(output.message->command.field().value_or(0)))
      dialogue.received = Request{output.message->context_id, output.message->command};
    whole.message = std::move(output.message);
    messages.push_back(std::move(whole));
  }
  item.pdu = pdu::Pdu(std::move(data));
  push(std::move(item));
  for (auto& message : messages) push(std::move(message));
}

void Connection::passed(const pdu::Pdu& pdu, bool ours) {
  const std::string_view who = ours ? "Assay" : "the device";
  if (const auto* rq = std::get_if<pdu::AAssociateRq>(&pdu)) {
    rq_passed_ = true;
    if (ours == we_opened_) dialogue.note(*rq);
  } else if (const auto* ac = std::get_if<pdu::AAssociateAc>(&pdu)) {
    if (ours != we_opened_) dialogue.note(*ac);
  } else if (const auto* rj = std::get_if<pdu::AAssociateRj>(&pdu)) {
    over_ = true;
    ended(trace::Termination::reject,
          fmt::format("A-ASSOCIATE-RJ from {}: {}", who, pdu::describe_reject(rj->result, rj->source, rj->reason)));
  } else if (const auto* abort = std::get_if<pdu::AAbort>(&pdu)) {
    over_ = true;
    ended(trace::Termination::abort,
          fmt::format("A-ABORT from {}: source {} reason {}", who, abort->source, abort->reason));
  } else if (std::holds_alternative<pdu::AReleaseRq>(pdu)) {
    release_asked_ = true;
  } else if (std::holds_alternative<pdu::AReleaseRp>(pdu) && release_asked_) {
    over_ = true;
    ended(trace::Termination::release, fmt::format("A-RELEASE-RP from {}", who));
  }
}

void Connection::peer_closed(trace::Closing how, Instant now, bool notified) {
  if (state != State::open) return;
  state = State::peer_closed;
  observer_.closed(trace::other(our_side()), how, now);
  ended(how == trace::Closing::fin ? trace::Termination::fin : trace::Termination::rst,
        how == trace::Closing::fin ? "the device closed the connection" : "the device reset the connection");
  Item item;
  item.kind = Item::Kind::closed;
  item.at = now;
  item.how = how;
  item.notified = notified;
  items.push_back(std::move(item));
}

void Connection::refused(Instant now) {
  state = State::peer_closed;
  ended(trace::Termination::none, "the device did not take the connection");
  Item item;
  item.kind = Item::Kind::closed;
  item.at = now;
  item.how = trace::Closing::rst;
  items.push_back(std::move(item));
}

void Connection::sending(const Built& built, ByteView bytes, Instant now) {
  if (built.wrong) provoke();
  if (built.rq) dialogue.note(*built.rq);
  if (built.ac) dialogue.note(*built.ac);
  if (built.request) {
    dialogue.sent = built.request;
    const auto used = built.request->command.message_id().value_or(dialogue.next_message_id);
    dialogue.next_message_id = static_cast<std::uint16_t>(used + 1);
  }
  if (built.rq) rq_passed_ = true;
  if (faults) return;
  observer_.bytes(our_side(), bytes, now);
  const auto decoded = pdu::decode(built.bytes);
  if (decoded.pdu) passed(*decoded.pdu, true);
}

void Connection::sending_faulty(ByteView bytes, Instant now) {
  observer_.bytes(our_side(), bytes, now);
  // What is no whole PDU in one piece ends nothing.
  const auto decoded = pdu::decode(bytes);
  if (decoded.pdu) passed(*decoded.pdu, true);
}

void Connection::provoke() {
  if (std::exchange(provoked_, true)) return;
  observer_.provoke(true);
}

void Connection::sending_below_tls(std::size_t length, Instant now) {
  provoked_ = true;
  observer_.provoke(true);
  observer_.mark(fmt::format("{} bytes below TLS", length), now);
}

void Connection::closing(trace::Closing how, Instant now) {
  if (state == State::closed || state == State::opening) return;
  const bool was_open = state == State::open;
  state = State::closed;
  faults.reset();
  if (!was_open) return;
  observer_.closed(our_side(), how, now);
  ended(how == trace::Closing::fin ? trace::Termination::fin : trace::Termination::rst,
        how == trace::Closing::fin ? "Assay closed the connection" : "Assay reset the connection");
}

void Connection::half_closing(trace::Closing how, Instant now) {
  half_closed_ = true;
  observer_.closed(our_side(), how, now);
}

void Connection::finish(Instant now) { observer_.finish(now); }

}  // namespace assay::scenario
