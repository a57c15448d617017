// Every rule on Traces that no observer would write: PDUs, messages and closings in any order, from any side, whatever
// was negotiated (fuzz_observer has the Traces that conversations make). What must hold: rules answer; each finding has
// the id of a rule that is described, is one line and names no PDU that was not there; the same Trace gives the same
// findings; the findings of a Trace begin with those of its beginning; memory is bounded.
//
// Input: byte 0 says what was negotiated, then instructions, an opcode byte and its operands (see Grammar); bit 7 of an
// opcode is the side.
#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "conformance/rules/standard_rules.hpp"
#include "fuzz/targets/association_pdus.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/program_mutator.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/dimse/message.hpp"
#include "harness/trace/rule.hpp"

namespace {

using namespace assay;
using fuzz::require;
using trace::Side;

constexpr std::array<std::string_view, 6> classes{
    uids::Verification,
    uids::CTImageStorage,
    uids::StudyRootQueryRetrieveInformationModelFind,
    uids::StudyRootQueryRetrieveInformationModelMove,
    "1.2.840.10008.3.1.2.3.3",  // Modality Performed Procedure Step
    "1.2.840.10008.5.1.1.9",    // Basic Grayscale Print Management Meta
};
constexpr std::size_t max_entries = 64;

/// 0 a PDU: its bytes. 1 a message: context, Command Set. 2 the Data Set of the message before. 3 a message by number:
/// context, command, Message ID. 4 a response to the message before: status (two bytes). 5 time passes: seconds.
/// 6 a side closes. 7 a mark.
struct Grammar {
  static constexpr std::size_t setup = 1;
  static fuzz::Instruction read(ByteReader& in) {
    fuzz::Instruction one;
    one.head = fuzz::take(in, 1);
    switch (one.head[0] % 8) {
      case 0: fuzz::read_operand(in, 2, one); break;
      case 1: append(one.head, fuzz::take(in, 1)); [[fallthrough]];
      case 2:
        one.format = ASSAY_FORMAT_IMPLICIT_LITTLE;
        fuzz::read_operand(in, 2, one);
        break;
      case 3: append(one.head, fuzz::take(in, 3)); break;
      case 4: append(one.head, fuzz::take(in, 2)); break;
      case 5: append(one.head, fuzz::take(in, 1)); break;
      default: break;
    }
    return one;
  }
};

class Notes final : public trace::Reporter {
 public:
  void report(trace::Finding finding) override { findings.push_back(std::move(finding)); }
  std::vector<trace::Finding> findings;
};

/// What an observer would have kept of an association that both sides agreed on.
trace::Negotiated negotiated(std::uint8_t how) {
  trace::Negotiated out;
  if ((how & 1U) != 0) return out;
  static const auto rq =
      std::make_shared<const pdu::AAssociateRq>(fuzz::a_associate_rq(classes, fuzz::implicit_alone, 4096));
  static const auto ac = std::make_shared<const pdu::AAssociateAc>(fuzz::a_associate_ac(classes.size(), 4096));
  out.rq = rq;
  std::uint8_t id = 1;
  for (const auto abstract : classes) {
    trace::Negotiated::Context context;
    context.id = id;
    context.abstract_syntax = abstract;
    context.proposed.emplace_back(uids::ImplicitVRLittleEndian);
    if ((how & 2U) == 0) {
      context.result = (how & 4U) != 0 && id == 3 ? std::uint8_t{3} : std::uint8_t{0};
      context.transfer_syntax = (how & 8U) != 0 ? "1.2.840.10008.1.2.1" : std::string(uids::ImplicitVRLittleEndian);
    }
    out.contexts.push_back(std::move(context));
    id = static_cast<std::uint8_t>(id + 2);
  }
  out.requestor_maximum_length = how * 16U;
  if ((how & 2U) != 0) return out;
  out.ac = ac;
  out.acceptor_maximum_length = 4096;
  return out;
}

trace::PduSeen pdu_seen(Side from, std::uint32_t number, std::uint64_t offset, ByteView bytes) {
  trace::PduSeen seen;
  seen.from = from;
  seen.number = number;
  seen.offset = offset;
  seen.type = bytes.empty() ? std::uint8_t{0} : bytes[0];
  seen.length = static_cast<std::uint32_t>(bytes.size() < 6 ? 0 : bytes.size() - 6);
  seen.bytes = to_bytes(bytes);
  auto decoded = pdu::decode(bytes, offset);
  seen.problems = std::move(decoded.problems);
  seen.recognized = seen.type >= 1 && seen.type <= 7;
  if (!decoded.pdu) return seen;
  if (auto* data = std::get_if<pdu::PDataTf>(&*decoded.pdu)) {
    auto at = offset + 6;
    for (auto& value : data->values) {
      seen.fragment_lengths.push_back(static_cast<std::uint32_t>(value.fragment.size()));
      seen.value_offsets.push_back(at);
      at += 6 + value.fragment.size();
      seen.values.push_back(std::move(value));
    }
  } else {
    seen.pdu = std::make_shared<const pdu::Pdu>(std::move(*decoded.pdu));
  }
  return seen;
}

std::vector<trace::Entry> entries(ByteReader in) {
  std::vector<trace::Entry> out{{Instant{}, trace::TransportOpened{}}};
  Instant now{};
  std::uint32_t number = 0;
  std::array<std::uint64_t, 2> offsets{};
  std::shared_ptr<const dimse::Message> last;
  const auto byte = [&] { return in.u8().value_or(0); };
  const auto some = [&] {
    const std::size_t low = byte();
    return in.take_at_most(low + std::size_t{256} * byte());
  };
  const auto say = [&](Side from, dimse::Message message, Problems problems = {}) {
    message.data_set_length = message.data_set.size();
    auto& offset = offsets[from == Side::requestor ? 0 : 1];
    trace::MessageSeen seen;
    seen.from = from;
    seen.first_pdu = seen.last_pdu = ++number;
    seen.offset = offset;
    seen.problems = std::move(problems);
    seen.command_at.add(0, offset, number);
    seen.data_at.add(0, offset, number);
    offset += 64;
    seen.message = last = std::make_shared<const dimse::Message>(std::move(message));
    out.push_back({now, std::move(seen)});
  };
  while (!in.empty() && out.size() < max_entries) {
    const auto code = byte();
    const auto from = (code & 0x80U) != 0 ? Side::acceptor : Side::requestor;
    dimse::Message message;
    switch (code % 8) {
      case 0: {
        const auto bytes = some();
        auto& offset = offsets[from == Side::requestor ? 0 : 1];
        out.push_back({now, pdu_seen(from, ++number, offset, bytes)});
        offset += bytes.size();
        break;
      }
      case 1: {
        message.context_id = byte();
        auto decoded = dimse::decode_command(some());
        message.command = std::move(decoded.command);
        say(from, std::move(message), std::move(decoded.problems));
        break;
      }
      case 2:
        if (last) message = *last;
        message.data_set = to_bytes(some());
        say(from, std::move(message));
        break;
      case 3: {
        message.context_id = byte();
        const auto commands = dimse::all_commands();
        const auto field = commands[byte() % commands.size()].field;
        message.command = dimse::command(field, byte());
        const auto sop_class = classes[message.context_id / 2U % classes.size()];
        for (const auto tag : {tags::AffectedSOPClassUID, tags::RequestedSOPClassUID})
          if (message.command.elements().has(tag)) message.command.elements().set_text(tag, sop_class);
        say(from, std::move(message));
        break;
      }
      case 4: {
        const auto status = static_cast<std::uint16_t>(byte() << 8U | byte());
        if (!last) break;
        message.context_id = last->context_id;
        message.command = dimse::response_to(last->command, status);
        say(from, std::move(message));
        break;
      }
      case 5: now = now + std::chrono::seconds(byte()); break;
      case 6: out.push_back({now, trace::TransportClosed{from, trace::Closing::fin}}); break;
      default: out.push_back({now, trace::Mark{"mark"}}); break;
    }
  }
  return out;
}

const std::shared_ptr<const trace::RuleBook>& rules() {
  static const auto book = conformance::standard_rules();
  return book;
}

std::vector<trace::Finding> judge(std::span<const trace::Entry> trace, const trace::Negotiated& agreed) {
  std::vector<std::unique_ptr<trace::RuleRun>> runs;
  for (const auto& rule : rules()->rules()) runs.push_back(rule.make());
  Notes notes;
  for (const auto& entry : trace)
    for (const auto& run : runs) run->on_entry(entry, agreed, notes);
  return std::move(notes.findings);
}

}  // namespace

ASSAY_PROGRAM_MUTATOR(Grammar)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 4096, std::size_t{8} << 20U);
  const ByteView input(data, size);
  const auto setup = size == 0 ? std::uint8_t{0} : data[0];
  const auto trace = entries(ByteReader(input.subspan(size == 0 ? 0 : 1)));
  const auto agreed = negotiated(setup);
  const auto findings = judge(trace, agreed);
  for (const auto& finding : findings) {
    require(rules()->find(finding.rule) != nullptr, "every finding names a described rule");
    require(trace::to_line(finding).find('\n') == std::string::npos, "a finding is one line");
    require(finding.pdu_number <= trace.size(), "a finding names a PDU that was there");
  }
  if (fuzz::wanted(0, 4, input)) require(judge(trace, agreed) == findings, "the same Trace gives the same findings");
  if (fuzz::wanted(1, 4, input)) {
    const auto half = judge(std::span(trace).first(trace.size() / 2), agreed);
    require(half.size() <= findings.size() && std::equal(half.begin(), half.end(), findings.begin()),
            "what was found is not taken back");
  }
  return 0;
}
