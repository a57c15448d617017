// The whole of `assay diagnose` without its sockets: every probe of the ladder is carried out against a device whose
// bytes, closes and silences come from the input.
// Properties: it ends within its number of probes; what it sends are whole PDUs (or a ClientHello); every talk ends;
// the diagnosis has all its words, one step for each rung, and an exit code that exists. Input: byte 0 the options,
// then for each probe one opcode (how the connection goes) and, for talks, portions of bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/targets/property.hpp"
#include "harness/base/hex.hpp"
#include "harness/diagnose/ladder.hpp"
#include "harness/diagnose/talk.hpp"
#include "harness/dict/dict.hpp"

namespace {

using namespace assay;
using namespace assay::diagnose;
using fuzz::Input;
using fuzz::require;

void whole_pdus(ByteView bytes) {
  pdu::Framer framer;
  framer.push(bytes);
  while (framer.next().status == pdu::Framer::Status::pdu) {
  }
  require(framer.pending() == 0, "what is sent are whole PDUs");
}

/// An acceptance of what was proposed, all or some contexts, so that the input need not find one by itself.
Bytes acceptance(const Speech& speech, std::uint8_t which) {
  pdu::AAssociateAc ac;
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  for (std::size_t i = 0; i < speech.contexts.size() && i < 128; ++i) {
    pdu::PresentationContextItemAc context;
    context.id = static_cast<std::uint8_t>(2 * i + 1);
    context.result = static_cast<std::uint8_t>((which >> (i % 4 * 2)) & 3U);
    if (!speech.contexts[i].transfer_syntaxes.empty())
      context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{speech.contexts[i].transfer_syntaxes.front()});
    ac.items.emplace_back(std::move(context));
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{which});
  ac.items.emplace_back(std::move(user));
  return pdu::encode(ac);
}

/// What a handshake may have brought, likely or not.
trace::Tls handshake(Input& input) {
  trace::Tls tls;
  const auto how = input.byte();
  tls.established = (how & 1U) != 0;
  tls.heard = (how & 2U) != 0 || tls.established;
  tls.peer_speaks_tls = (how & 4U) != 0 || tls.established;
  tls.certificate_asked = (how & 8U) != 0;
  tls.client_certificate = (how & 16U) != 0;
  if ((how & 32U) != 0) tls.refused_by = (how & 64U) != 0 ? trace::Side::acceptor : trace::Side::requestor;
  const auto more = input.byte();
  tls.chain = static_cast<trace::Chain>(more & 7U);
  if ((more & 8U) != 0) tls.alert = trace::alert_name(input.byte());
  if ((more & 16U) != 0) tls.certificate = trace::Tls::Certificate{"CN=\x01pacs", "CN=a", "from", "until", "", "RSA"};
  if (!tls.established || (more & 32U) != 0) tls.failure = "no\nagreement";
  return tls;
}

Answer carry_out(const Probe& probe, Input& input) {
  const auto how = input.byte();
  if ((how & 7U) == 1) {
    Answer answer;
    answer.reach = static_cast<Reach>(1 + (how >> 3U) % 9);
    answer.system = "fuzz";
    answer.took = probe.connect_wait / (1 + (how >> 6U));
    return answer;
  }
  if (probe.kind == Probe::Kind::resolve) {
    Answer answer;
    for (unsigned i = 0; i < how % 6U; ++i) answer.addresses.push_back("10.0.0." + std::to_string(i));
    return answer;
  }
  std::optional<trace::Tls> tls;
  if (probe.tls && (probe.kind == Probe::Kind::associate || probe.kind == Probe::Kind::listen)) {
    tls = handshake(input);
    if (!tls->established) {
      Answer answer;
      answer.tls = std::move(tls);
      answer.end = (how & 8U) != 0 ? End::fin : End::silence;
      answer.closed_before_answer = answer.end == End::fin;
      answer.took = std::chrono::milliseconds(1);
      return answer;
    }
  }
  Talk talk(probe);
  Instant now{};
  talk.begin(now);
  for (int turn = 0; !talk.done() && turn < 200; ++turn) {
    const auto out = talk.take_output();
    if (probe.kind == Probe::Kind::associate) whole_pdus(out);
    now = now + std::chrono::milliseconds(1);
    const auto what = input.empty() ? std::uint8_t{3} : input.byte();
    switch (what & 7U) {
      case 0: talk.receive(acceptance(probe.speech, input.byte()), now); break;
      case 1: talk.receive(pdu::encode(pdu::AAssociateRj{input.byte(), input.byte(), input.byte()}), now); break;
      case 2: talk.peer_closed((what & 8U) != 0 ? End::fin : End::rst, now); break;
      case 3:
        if (const auto deadline = talk.next_deadline()) {
          now = *deadline;
          talk.expire(now);
        }
        break;
      case 4: {
        dimse::Message response;
        response.context_id = static_cast<std::uint8_t>(1 + (what >> 3U));
        response.command =
            dimse::response_to(dimse::c_echo_rq(static_cast<std::uint16_t>(1 + (what >> 6U))), input.byte());
        Bytes bytes;
        if (dimse::fragment(bytes, response, {})) talk.receive(bytes, now);
        break;
      }
      case 5: talk.receive(pdu::encode(pdu::AReleaseRp{}), now); break;
      default: talk.receive(input.some(input.byte()), now); break;
    }
  }
  talk.peer_closed(End::fin, now);
  require(talk.done(), "every talk ends when the peer closes");
  auto answer = talk.take_answer();
  answer.took = answer.took + std::chrono::milliseconds(1);
  answer.tls = std::move(tls);
  return answer;
}

/// `said`: all that the peer may have said, words of ours among it perhaps.
void check_text(const std::string& text, std::string_view said) {
  for (const auto* word : {"{called}", "{calling}", "{host}", "{port}", "{what}", "{detail}", "{right}", "{list}",
                           "{other}", "{seconds}", "{wait}", "{here}"})
    require(text.find(word) == std::string::npos || said.find(word) != std::string_view::npos,
            "every word is filled in");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto said = as_text(ByteView(data, size));
  const auto options = input.byte();
  Question question;
  question.host = (options & 1U) != 0 ? "pacs" : "10.0.0.1";
  question.port = (options & 2U) != 0 ? 104 : 2000;
  question.called = "ARCHIVE";
  question.calling = "CT01";
  question.application_context = (options & 4U) != 0 ? "1.2.3" : std::string(uids::application_context);
  question.implementation_class_uid = "1.2.3.4";
  question.version_name = (options & 8U) != 0 ? "A_VERSION_NAME_THAT_IS_TOO_LONG" : "V1";
  question.maximum_length = 65536;
  question.tls = (options & 16U) != 0;
  question.tls_authority = (options & 2U) != 0;
  question.tls_check = (options & 4U) == 0;
  question.check_callers = question.exercise = (options & 32U) != 0;
  if ((options & 64U) != 0) {
    question.wishes.push_back({"find", {std::string(uids::StudyRootQueryRetrieveInformationModelFind)}, false});
    question.wishes.push_back({"move", {std::string(uids::StudyRootQueryRetrieveInformationModelMove)}, true});
    question.also.emplace_back("10.0.0.9", std::uint16_t{104});
  }
  if ((options & 128U) != 0) question.associations = 4;

  Ladder ladder(question);
  for (std::size_t probes = 0;; ++probes) {
    require(probes <= question.max_probes + question.associations, "the number of probes is bounded");
    const auto next = ladder.next();
    if (const auto* diagnosis = std::get_if<Diagnosis>(&next)) {
      require(diagnosis->steps.size() == rung_count, "a step for each rung");
      require(diagnosis->exit_code() == 0 || diagnosis->exit_code() == 1 || diagnosis->exit_code() == 3, "exit codes");
      check_text(diagnosis->headline(), said);
      check_text(diagnosis->meaning(), said);
      check_text(diagnosis->at_device(), said);
      check_text(diagnosis->at_caller(), said);
      for (const auto& line : diagnosis->evidence) require(printable(line) == line, "evidence is printable");
      for (const auto& line : diagnosis->remarks) require(printable(line) == line, "remarks are printable");
      return 0;
    }
    ladder.answer(carry_out(std::get<Probe>(next), input));
    if (probes % 8 == 0)
      require(ladder.so_far("the middle").cause != nullptr, "who cannot wait is told at least that nothing is proven");
  }
}
