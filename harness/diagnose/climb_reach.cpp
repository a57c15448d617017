// The lower rungs: name, TCP, and what listens on the port.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/diagnose/client_hello.hpp"
#include "harness/diagnose/climb.hpp"
#include "harness/diagnose/first_bytes.hpp"

namespace assay::diagnose {
namespace {

constexpr std::size_t most_addresses = 4;

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string place(const std::string& host, std::uint16_t port) {
  return fmt::format(fmt::runtime(host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), host, port);
}

/// An association was accepted, or refused for a reason that has nothing to do with the called title.
bool serves_the_title(const Answer& answer) {
  if (!answer.reply) return false;
  if (is_acceptance(answer)) return true;
  const auto* rj = std::get_if<pdu::AAssociateRj>(&*answer.reply);
  return rj != nullptr && !(rj->source == 1 && rj->reason == 7);
}

std::string_view cause_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::tls: return "tls-expected";
    case Protocol::http: return "web-server";
    case Protocol::ssh: return "ssh-server";
    case Protocol::mail: return "mail-server";
    case Protocol::ftp: return "ftp-server";
    case Protocol::hl7: return "hl7-interface";
    case Protocol::telnet: return "telnet-server";
    case Protocol::database: return "database-server";
    case Protocol::remote_desktop: return "remote-desktop";
    case Protocol::mirror: return "mirror";
    default: return "not-dicom";
  }
}

}  // namespace

bool Climb::name() {
  if (is_address(question_.host)) {
    address_ = question_.host;
    addresses_ = {address_};
    pass(Rung::name, "an address, nothing to look up");
    return true;
  }
  auto look_up = probe(Probe::Kind::resolve, "looking up " + question_.host);
  look_up.host = question_.host;
  const auto* answer = ask(std::move(look_up));
  if (answer == nullptr) return false;
  if (answer->reach != Reach::ok || answer->addresses.empty()) {
    const bool known = answer->reach == Reach::name_unknown || answer->reach == Reach::ok;
    blame(known ? "name-unknown" : "name-server-silent", printable(answer->system),
          {{"detail", printable(answer->system)}});
    evidence(fmt::format("looking up '{}': {}", question_.host, printable(answer->system)));
    return false;
  }
  addresses_ = answer->addresses;
  if (addresses_.size() > most_addresses) addresses_.resize(most_addresses);
  address_ = addresses_.front();
  pass(Rung::name, fmt::format("{} is {}", question_.host, fmt::join(addresses_, ", ")), answer->took);
  return true;
}

const Answer* Climb::reach() {
  const Answer* answer = nullptr;
  for (const auto& address : addresses_) {
    address_ = address;
    answer = ask_as(speech_, "asking for an association");
    if (answer == nullptr) return nullptr;
    if (answer->reach == Reach::ok) break;
    evidence(fmt::format("connecting to {}: {}", place(address, question_.port), printable(answer->system)));
  }
  if (answer->reach != Reach::ok) {
    not_reached(*answer);
    return nullptr;
  }
  if (address_ != addresses_.front())
    remark(fmt::format("the name has {} addresses and the first does not answer; callers that try only that one fail",
                       addresses_.size()));
  if (!answer->local_address.empty()) out_.words.insert_or_assign("here", answer->local_address);
  pass(Rung::tcp, "connected to " + place(address_, question_.port), answer->connect_took);
  return answer;
}

void Climb::not_reached(const Answer& answer) {
  const auto said = printable(answer.system);
  const Words words = {{"detail", said}};
  switch (answer.reach) {
    case Reach::refused:
    case Reach::reset: {
      blame("port-closed", said, words);
      const std::vector<std::uint16_t> usual =
          inside_tls_ ? std::vector<std::uint16_t>{2762} : std::vector<std::uint16_t>{104, 11112};
      for (const auto port : usual) {
        if (!question_.other_ports || port == question_.port) continue;
        auto knock = probe(Probe::Kind::connect, fmt::format("looking at port {}", port));
        knock.port = port;
        const auto* open = ask(std::move(knock));
        if (open == nullptr) return;
        if (open->reach != Reach::ok) continue;
        auto call = probe(Probe::Kind::associate, fmt::format("asking on port {}", port));
        call.port = port;
        call.speech = speech_;
        const auto* there = ask(std::move(call));
        if (there == nullptr) return;
        evidence(fmt::format("on port {}: {}", port, what_came(*there)));
        if (!serves_the_title(*there)) continue;
        blame("wrong-port", said, {{"other", std::to_string(port)}});
        return;
      }
      break;
    }
    case Reach::timed_out: {
      blame("host-silent", "no answer within " + time_words(answer.connect_took), words);
      const std::uint16_t other = question_.port == 104 ? 11112 : 104;
      auto knock = probe(Probe::Kind::connect, fmt::format("looking whether the machine answers on port {}", other));
      knock.port = other;
      const auto* open = ask(std::move(knock));
      if (open == nullptr) return;
      evidence(fmt::format("connecting to {}: {}", place(address_, other),
                           open->reach == Reach::ok ? "accepted" : printable(open->system)));
      if (open->reach == Reach::ok || open->reach == Reach::refused)
        blame("port-filtered", "no answer within " + time_words(answer.connect_took),
              {{"other", std::to_string(other)}});
      break;
    }
    case Reach::host_unreachable: blame("host-unreachable", said, words); break;
    case Reach::network_unreachable: blame("network-unreachable", said, words); break;
    case Reach::blocked: blame("blocked-here", said, words); break;
    default: blame("connect-failed", said, words); break;
  }
  look_elsewhere(said);
}

void Climb::look_elsewhere(const std::string& why) {
  for (const auto& [host, port] : question_.also) {
    auto call = probe(Probe::Kind::associate, "asking at " + place(host, port));
    call.host = host;
    call.port = port;
    call.speech = speech_;
    const auto* there = ask(std::move(call));
    if (there == nullptr) return;
    evidence(fmt::format("at {}: {}", place(host, port), what_came(*there)));
    if (!serves_the_title(*there)) continue;
    blame("peer-moved", why, {{"other", place(host, port)}, {"detail", why}});
    return;
  }
}

std::optional<bool> Climb::wants_tls() {
  if (question_.tls_less || question_.tls) return false;
  auto question = probe(Probe::Kind::client_hello, "asking for TLS");
  question.wait = std::min<Duration>(question.wait, std::chrono::seconds(2));
  const auto* hello = ask(std::move(question));
  if (hello == nullptr) return std::nullopt;
  const auto tls = tls_answer(hello->received);
  if (!tls) {
    const auto guess = guess_protocol(hello->received, hello->sent);
    if (guess.protocol == Protocol::nothing || guess.protocol == Protocol::dicom) return false;
    evidence(fmt::format("answer to a ClientHello of TLS: {} bytes, the first: {}", hello->received.size(),
                         to_hex_short(hello->received, 24)));
    blame(cause_of(guess.protocol), guess.what, {{"what", guess.what}});
    return true;
  }
  evidence(fmt::format("answer to a ClientHello of TLS: {}, bytes {}", tls->text, to_hex_short(hello->received, 16)));
  blame("tls-expected", "it speaks TLS (" + tls->text + ")", {{"what", tls->text}});
  return true;
}

bool Climb::foreign(const Answer& answer) {
  const auto guess = guess_protocol(answer.received, answer.sent);
  if (guess.protocol == Protocol::nothing || guess.protocol == Protocol::dicom) return false;
  evidence(fmt::format("first bytes from {}: {}", place(address_, question_.port), to_hex_short(answer.received, 32)));
  blame(cause_of(guess.protocol), "it is " + guess.what, {{"what", guess.what}});
  return true;
}

bool Climb::protocol(const Answer& answer) {
  if (foreign(answer)) return false;
  if (answer.reply) {
    pass(Rung::protocol,
         fmt::format("answers with {}{}", pdu::pdu_name(answer.received[0]), inside_tls_ ? " inside TLS" : ""),
         answer.answer_took);
    if (answer.answer_took * 2 > question_.wait)
      remark(fmt::format("it took {} of the {} allowed to answer the association request: slow",
                         time_words(answer.answer_took), time_words(question_.wait)));
    return true;
  }
  if (answer.received.empty()) {
    evidence("answer to the A-ASSOCIATE-RQ: " + what_came(answer));
    if (answer.closed_before_answer)
      hung_up(answer);
    else
      says_nothing(answer);
    return false;
  }
  const auto type = pdu::pdu_name(answer.received[0]);
  if (!answer.reply_problems.empty()) {  // a whole PDU that cannot be read
    auto worst = answer.reply_problems.front();
    for (const auto& problem : answer.reply_problems)
      if (problem.gravity == Gravity::error) worst = problem;
    evidence(fmt::format("bytes of the {}: {}", type, to_hex_short(answer.received, 48)));
    const auto what =
        fmt::format("{} where {} should be ({}, {})", worst.found, worst.expected, worst.field, worst.clause);
    pass(Rung::protocol, "answers with " + type, answer.answer_took);
    if (answer.received[0] == 2)
      blame("ac-malformed", "an A-ASSOCIATE-AC that cannot be read",
            {{"detail", std::to_string(worst.offset)}, {"what", what}});
    else
      blame("wrong-pdu", "a " + type + " that cannot be read", {{"what", fmt::format("a broken {}: {}", type, what)}});
    return false;
  }
  evidence("answer to the A-ASSOCIATE-RQ: " + what_came(answer));
  const std::string end = answer.end == End::fin   ? "closed the connection"
                          : answer.end == End::rst ? "reset the connection"
                                                   : "said no more for " + time_words(question_.wait);
  blame("answer-cut-short", "breaks off after " + std::to_string(answer.received.size()) + " bytes",
        {{"detail", fmt::format("{} bytes", answer.received.size())}, {"what", end}});
  return false;
}

void Climb::hung_up(const Answer& answer) {
  const std::string how = answer.end == End::rst ? "resets the connection" : "closes the connection";
  blame("hidden-reason", how, {{"what", "The device " + how + " when it gets the association request"}});
  auto listen = probe(Probe::Kind::listen, "listening without saying anything");
  listen.wait = std::min<Duration>(listen.wait, std::chrono::seconds(1));
  const auto* quiet = ask(std::move(listen));
  if (quiet == nullptr) return;
  if (foreign(*quiet)) return;
  // Who says nothing does not lose the alert that comes before the end.
  if (quiet->tls && !quiet->tls->alert.empty() && quiet->tls->refused_by == trace::Side::acceptor) {
    evidence("connected and said nothing: " + printable(quiet->tls->summary()));
    tls_refused(*quiet->tls);
    return;
  }
  if (quiet->end == End::fin || quiet->end == End::rst || quiet->reach == Reach::refused) {
    evidence("connected and said nothing: the device " + signature(*quiet) + " after " +
             time_words(quiet->answer_took));
    blame("closed-on-connect", how + " before anything was said");
    return;
  }
  const auto tls = wants_tls();
  if (!tls || *tls) return;
  pass(Rung::protocol, "not proven: it " + how + " at the request", answer.answer_took, Mark::remark);
  hidden(signature(answer), false);
}

void Climb::says_nothing(const Answer& answer) {
  blame("silent", "no byte within " + time_words(answer.answer_took), {{"seconds", time_words(answer.answer_took)}});
  const auto tls = wants_tls();
  if (!tls || *tls) return;
  auto patient = probe(Probe::Kind::associate, "asking again and waiting longer");
  patient.speech = speech_;
  patient.wait = question_.wait * 4;
  patient.requests = {Request::echo};
  const auto* late = ask(std::move(patient));
  if (late == nullptr) return;
  evidence("asked again with more patience: " + what_came(*late));
  if (late->reply) {
    blame("answers-too-late", "answers after " + time_words(late->answer_took),
          {{"seconds", time_words(late->answer_took)}});
    return;
  }
  if (foreign(*late)) return;
  out_.words.insert_or_assign("seconds", time_words(late->answer_took));
  hidden(signature(*late), true);
}

}  // namespace assay::diagnose
