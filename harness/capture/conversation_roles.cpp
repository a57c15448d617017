// Deciding: is this connection DICOM at all, and which end is the requestor.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/hex.hpp"
#include "harness/capture/conversation.hpp"
#include "harness/trace/tls.hpp"

namespace assay::capture {
namespace {

using trace::Side;
using Kind = ConversationReport::Kind;

constexpr std::size_t prefix_kept = 128;
constexpr std::size_t max_held = 64U << 10;  // of one connection, until it is clear what it is
constexpr std::size_t max_held_events = 512;
constexpr std::size_t max_held_together = 64U << 20;
/// Registered for DICOM (104, 11112, TLS 2761, 2762) or the default of a product everybody has (Orthanc's 4242).
constexpr std::uint16_t dicom_ports[] = {104, 11112, 2761, 2762, 4242};
constexpr std::size_t decisive = 10;  // bytes that tell a PDU from anything else
constexpr std::size_t most_endpoints = 100'000;
constexpr auto client_hello = "TLS (the client begins with a ClientHello): encrypted, nothing can be judged";

bool is_dicom_port(std::uint16_t port) { return std::ranges::find(dicom_ports, port) != std::end(dicom_ports); }

bool begins_tls(ByteView bytes) {
  const auto record = trace::tls_record(bytes);
  return record && record->type == 0x16 && bytes.size() >= 6 && (bytes[5] == 1 || bytes[5] == 2);
}

/// A handshake message or an alert.
bool begins_tls_answer(ByteView bytes) {
  const auto record = trace::tls_record(bytes);
  return record && bytes.size() >= 2 && (record->type == 0x15 || record->type == 0x16);
}

/// A faulty A-ASSOCIATE-RQ is DICOM as well: its header suffices.
bool begins_request(ByteView bytes) {
  if (bytes.size() < 6 || bytes[0] != 1 || bytes[1] != 0) return false;
  const auto length = load<std::uint32_t>(bytes.data() + 2, Endian::big);
  return length >= 68 && length <= limits::max_association_pdu_length;
}

bool begins_answer(ByteView bytes) { return begins_pdu(bytes) && (bytes[0] == 2 || bytes[0] == 3 || bytes[0] == 7); }

std::string protocol_of(ByteView client, ByteView server) {
  for (const auto bytes : {client, server}) {
    const auto text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 24)));
    if (text.empty()) continue;
    const auto shown = fmt::format(" (begins with \"{}\")", printable(text.substr(0, text.find('\r'))));
    for (const auto* method : {"GET ", "POST ", "PUT ", "HEAD ", "OPTIONS ", "DELETE ", "CONNECT ", "HTTP/"})
      if (text.starts_with(method)) return "HTTP" + shown;
    if (text.starts_with("SSH-")) return "SSH" + shown;
    if (text.starts_with("\x0bMSH")) return "HL7 (MLLP)";
    if (text.starts_with("220 ")) return "FTP or SMTP" + shown;
    if (text.starts_with("PRI * HTTP/2")) return "HTTP/2";
  }
  const auto bytes = client.empty() ? server : client;
  return fmt::format("not DICOM (begins with {})", to_hex_short(bytes.first(std::min<std::size_t>(bytes.size(), 12))));
}

}  // namespace

void Conversation::client_is(int end) {
  if (!client_) client_ = end;
}

int Conversation::guessed_requestor() const {
  if (client_) return *client_;
  for (const int end : {0, 1}) {
    const auto& endpoint = ends_[static_cast<std::size_t>(end)];
    if (context_->dicom_endpoints.contains(endpoint) || context_->ports.contains(endpoint.port)) return 1 - end;
  }
  const bool known[2] = {is_dicom_port(ends_[0].port), is_dicom_port(ends_[1].port)};
  if (known[0] != known[1]) return known[0] ? 1 : 0;
  return ends_[0].port < ends_[1].port ? 1 : 0;
}

void Conversation::note_plain_answer() {
  const auto acceptor = static_cast<std::size_t>(1 - requestor_end_);
  if (begins_answer(prefix_[acceptor]) && context_->plain_endpoints.size() < most_endpoints)
    context_->plain_endpoints.insert(ends_[acceptor]);
}

void Conversation::data(int end, std::uint64_t position, ByteView bytes, Duration time) {
  bytes_[static_cast<std::size_t>(end)] += bytes.size();
  auto& prefix = prefix_[static_cast<std::size_t>(end)];
  if (prefix.size() < prefix_kept && position == prefix.size() && !prefix_cut_[static_cast<std::size_t>(end)]) {
    append(prefix, bytes.first(std::min(bytes.size(), prefix_kept - prefix.size())));
    if (state_ == State::judging) note_plain_answer();
  }
  report_.ended = std::max(report_.ended, time);
  if (state_ == State::ignored) return;
  Event event;
  event.end = end;
  event.position = position;
  event.bytes = to_bytes(bytes);
  event.time = time;
  if (state_ == State::judging) {
    report_.bytes[static_cast<std::size_t>(side_of(end))] += bytes.size();
    play(event);
    return;
  }
  hold(std::move(event));
}

void Conversation::gap(int end, std::uint64_t position, std::uint64_t length, bool cut_by_capture, Duration time) {
  prefix_cut_[static_cast<std::size_t>(end)] = true;
  Event event;
  event.kind = Event::Kind::gap;
  event.end = end;
  event.position = position;
  event.length = length;
  event.cut = cut_by_capture;
  event.time = time;
  if (state_ == State::judging) play(event);
  if (state_ == State::undecided) hold(std::move(event));
}

void Conversation::began_earlier(int end) {
  if (std::exchange(in_the_middle_, true)) return;
  remark(end, "packets of its beginning come after later ones: what came before them is not judged");
}

bool Conversation::may_end_here(int end) const {
  if (state_ != State::judging) return true;
  const auto& t = trackers_[static_cast<std::size_t>(side_of(end))];
  return !t.in_step() || t.at_boundary();
}

void Conversation::closed(int end, trace::Closing how, Duration time) {
  report_.ended = std::max(report_.ended, time);
  Event event;
  event.kind = Event::Kind::closed;
  event.end = end;
  event.how = how;
  event.time = time;
  if (state_ == State::judging) play(event);
  if (state_ == State::undecided) hold(std::move(event));
}

void Conversation::hold(Event event) {
  held_bytes_ += event.bytes.size();
  context_->undecided_bytes += event.bytes.size();
  held_.push_back(std::move(event));
  const auto last = held_.size() - 1;
  if (held_[last].kind == Event::Kind::data) {
    // decide() may replay and empty what is held.
    if (client_) {
      decide();
    } else {
      decide_mid_stream(held_[last]);
    }
  }
  if (state_ == State::undecided &&
      (held_bytes_ > max_held || held_.size() > max_held_events || context_->undecided_bytes > max_held_together))
    settle();
}

void Conversation::decide() {
  const int client = *client_;
  const ByteView asked = prefix_[static_cast<std::size_t>(client)];
  const ByteView answered = prefix_[static_cast<std::size_t>(1 - client)];
  if (context_->all_dicom) {
    settle_as_dicom(client, "it opened the connection; Assay recorded it");
  } else if (begins_tls(asked)) {
    // Only the answer shows whether the other side speaks TLS too: an acceptor without it aborts, or just closes.
    if (begins_answer(answered)) {
      settle_as_dicom(client, "it opened the connection (SYN), the other side answers in DICOM");
    } else if (begins_tls_answer(answered) || answered.size() >= decisive) {
      settle_as(Kind::tls, client_hello);
    }
  } else if (begins_request(asked)) {
    settle_as_dicom(client, "it opened the connection (SYN)");
  } else if (begins_answer(answered)) {
    settle_as_dicom(client, "it opened the connection (SYN), the other side answers in DICOM");
  } else if (context_->ports.contains(ends_[static_cast<std::size_t>(1 - client)].port) &&
             (!asked.empty() ? asked.size() >= 6 || asked[0] != 0x16 : !answered.empty())) {
    settle_as_dicom(client, "it opened the connection (SYN); --port says that this is DICOM");
  } else if (asked.size() >= decisive && answered.size() >= decisive &&
             !context_->dicom_endpoints.contains(ends_[static_cast<std::size_t>(1 - client)])) {
    settle_as(Kind::other, protocol_of(asked, answered));
  } else if (asked.empty() && answered.size() >= decisive && !begins_pdu(answered)) {
    settle_as(Kind::other, protocol_of(asked, answered));  // the server speaks first, which no acceptor does
  }
}

void Conversation::decide_mid_stream(const Event& event) {
  const ByteView bytes = event.bytes;
  if (begins_tls(bytes) && held_.size() == 1) {
    settle_as(Kind::tls, "TLS: encrypted, nothing can be judged");
    return;
  }
  if (!begins_pdu(bytes) && !(event.position == 0 && begins_request(bytes))) return;
  const int sender = event.end;
  switch (bytes[0]) {
    case 1: settle_as_dicom(sender, "it sent the A-ASSOCIATE-RQ"); return;
    case 2:
    case 3: settle_as_dicom(1 - sender, "the other side answered the association"); return;
    case 5: settle_as_dicom(sender, "it asked for the release"); return;
    case 6: settle_as_dicom(1 - sender, "the other side confirmed the release"); return;
    default: break;
  }
  if (const auto command = first_command(bytes)) {
    const bool response = (*command & 0x8000U) != 0;
    settle_as_dicom(response ? 1 - sender : sender, response ? "the other side sent a response" : "it sent a request");
    return;
  }
  settle_as_dicom(guessed_requestor(), "guessed from the ports");
}

void Conversation::settle_as_dicom(int requestor_end, std::string why) {
  requestor_end_ = requestor_end;
  state_ = State::judging;
  report_.kind = Kind::dicom;
  report_.roles = std::move(why);
  report_.requestor = ends_[static_cast<std::size_t>(requestor_end)];
  report_.acceptor = ends_[static_cast<std::size_t>(1 - requestor_end)];
  if (context_->dicom_endpoints.size() < most_endpoints) context_->dicom_endpoints.insert(report_.acceptor);
  note_plain_answer();
  for (const int end : {0, 1})
    report_.bytes[static_cast<std::size_t>(side_of(end))] = bytes_[static_cast<std::size_t>(end)];
  // Without the handshake the beginning is there when an A-ASSOCIATE-RQ is the first that is seen.
  const auto first = std::ranges::find(held_, Event::Kind::data, &Event::kind);
  const bool request_first = first == held_.begin() && first != held_.end() && first->position == 0 &&
                             first->end == requestor_end && begins_request(first->bytes);
  if ((client_ && !in_the_middle_) || request_first) {
    stretch_ = make_stretch("", false);
    stretch_->observer->opened(at(report_.began));
  } else {
    missing(
        "the beginning of the connection is not in the capture: who proposed and accepted what is not known, so only "
        "the structure of single PDUs is judged");
    for (auto& tracker : trackers_) tracker.lose();
  }
  context_->undecided_bytes -= std::exchange(held_bytes_, 0);
  const auto events = std::exchange(held_, {});
  for (const auto& event : events) play(event);
}

void Conversation::settle_as(Kind kind, std::string what) {
  state_ = State::ignored;
  report_.kind = kind;
  report_.what = std::move(what);
  const int requestor = guessed_requestor();
  requestor_end_ = requestor;
  report_.requestor = ends_[static_cast<std::size_t>(requestor)];
  report_.acceptor = ends_[static_cast<std::size_t>(1 - requestor)];
  context_->undecided_bytes -= std::exchange(held_bytes_, 0);
  held_ = {};
}

void Conversation::settle() {
  if (state_ != State::undecided) {
    if (state_ == State::ignored)
      for (const int end : {0, 1})
        report_.bytes[static_cast<std::size_t>(side_of(end))] = bytes_[static_cast<std::size_t>(end)];
    return;
  }
  const int requestor = guessed_requestor();
  const auto& acceptor = ends_[static_cast<std::size_t>(1 - requestor)];
  const bool silent = bytes_[0] + bytes_[1] == 0;
  if (silent && client_ && !server_answered_) {
    const bool refused = std::ranges::any_of(held_, [](const Event& e) { return e.kind == Event::Kind::closed; });
    settle_as(Kind::silent, refused ? "refused: nothing listens there (RST)" : "nobody answered the SYN");
    return settle();
  }
  const bool gaps_only =
      silent && !held_.empty() && std::ranges::any_of(held_, [](const Event& e) { return e.kind == Event::Kind::gap; });
  if (client_ && begins_tls(prefix_[static_cast<std::size_t>(requestor)]) &&
      !context_->plain_endpoints.contains(acceptor)) {
    settle_as(Kind::tls, client_hello);
  } else if (context_->all_dicom || context_->ports.contains(acceptor.port) ||
             context_->dicom_endpoints.contains(acceptor)) {
    const bool was_finished = std::exchange(finished_, false);
    settle_as_dicom(requestor, client_ ? "it opened the connection (SYN); the other side speaks DICOM elsewhere"
                                       : "guessed: the other side speaks DICOM elsewhere");
    if (was_finished) finish(report_.ended);
  } else if (silent) {
    settle_as(Kind::silent, gaps_only ? "its bytes are not in the capture" : "no byte passed");
  } else {
    const auto& asked = prefix_[static_cast<std::size_t>(requestor)];
    const auto& answered = prefix_[static_cast<std::size_t>(1 - requestor)];
    settle_as(Kind::other,
              client_ ? protocol_of(asked, answered) : "begins in the middle, and no packet begins with a DICOM PDU");
  }
  settle();
}

}  // namespace assay::capture
