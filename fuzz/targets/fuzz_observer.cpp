// The observer with all rules on an arbitrary conversation: bytes with direction markers, closings, marks.
// Properties: it ends, it stays within its memory bounds, every finding names a described rule, and the bytes in
// another split give the same findings. Input: instructions of one opcode byte and its operands; an association is
// established first when bit 7 of byte 0 is clear, so that mutations reach the DIMSE rules.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "conformance/rules/standard_rules.hpp"
#include "fuzz/targets/association_pdus.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/program_mutator.hpp"
#include "fuzz/targets/property.hpp"
#include "fuzz/targets/state_counters.hpp"
#include "harness/observe/observer.hpp"

namespace {

using namespace assay;
using fuzz::require;
using trace::Side;

struct Step {
  enum class Kind : std::uint8_t { bytes, close, mark, provoke } kind = Kind::bytes;
  Side side = Side::requestor;
  Bytes bytes;
  bool flag = false;
};

Bytes associate_rq() {
  constexpr std::string_view classes[] = {uids::Verification, uids::CTImageStorage,
                                          uids::StudyRootQueryRetrieveInformationModelFind,
                                          uids::StudyRootQueryRetrieveInformationModelMove};
  return pdu::encode(fuzz::a_associate_rq(classes, fuzz::implicit_alone, 4096));
}

Bytes associate_ac() { return pdu::encode(fuzz::a_associate_ac(4, 4096)); }

/// A whole PDU or message by number, so that the fuzzer need not find their lengths.
Bytes made(std::uint8_t which, std::uint8_t value) {
  using dimse::CommandField;
  switch (which % 8) {
    case 0: return pdu::encode(pdu::Pdu(pdu::AReleaseRq{}));
    case 1: return pdu::encode(pdu::Pdu(pdu::AReleaseRp{}));
    case 2: return pdu::encode(pdu::Pdu(pdu::AAbort{static_cast<std::uint8_t>(value & 2U), 0}));
    case 3: return associate_rq();
    case 4: return associate_ac();
    default: break;
  }
  const auto commands = dimse::all_commands();
  dimse::Message message;
  message.context_id = static_cast<std::uint8_t>(1 + 2 * (value % 5));
  message.command = dimse::command(commands[value % commands.size()].field, static_cast<std::uint16_t>(which % 4));
  Bytes out;
  dimse::fragment(out, message, {});
  return out;
}

std::vector<Step> read(ByteReader input, bool established) {
  std::vector<Step> steps;
  if (established) {
    steps.push_back({Step::Kind::bytes, Side::requestor, associate_rq(), false});
    steps.push_back({Step::Kind::bytes, Side::acceptor, associate_ac(), false});
  }
  while (const auto code = input.u8()) {
    const auto side = (*code & 1) == 0 ? Side::requestor : Side::acceptor;
    switch ((*code >> 1) % 8) {
      case 0: steps.push_back({Step::Kind::close, side, {}, (*code & 0x80) != 0}); break;
      case 1: steps.push_back({Step::Kind::mark, side, {}, false}); break;
      case 2: steps.push_back({Step::Kind::provoke, side, {}, (*code & 0x80) != 0}); break;
      case 3:
      case 4: {
        const auto which = input.u8().value_or(0);
        steps.push_back({Step::Kind::bytes, side, made(which, input.u8().value_or(0)), false});
        break;
      }
      case 5: {  // a P-DATA-TF with one PDV around the bytes that follow
        const auto context = input.u8().value_or(1);
        const auto header = input.u8().value_or(3);
        Bytes out;
        pdu::encode_p_data(out, context, header, input.take_at_most(input.u8().value_or(0)));
        steps.push_back({Step::Kind::bytes, side, std::move(out), false});
        break;
      }
      default:
        steps.push_back({Step::Kind::bytes, side, to_bytes(input.take_at_most(input.u8().value_or(0))), false});
        break;
    }
  }
  return steps;
}

/// Counts, as one rule among the others, which cells a side went through where only one state explains what it did.
class Watch final : public trace::RuleRun {
 public:
  static const observe::Observer*& observer() {
    static const observe::Observer* watched = nullptr;
    return watched;
  }

  void on_entry(const trace::Entry& entry, const trace::Negotiated& /*negotiated*/,
                trace::Reporter& /*reporter*/) override {
    if (observer() == nullptr) return;
    if (const auto* pdu = std::get_if<trace::PduSeen>(&entry.what)) {
      const auto& to = before_[pdu->from == Side::requestor ? 1 : 0];
      if (const auto event = event_of(*pdu); event && to.size() == 1)
        to.for_each([&](dul::State state) {
          if (dul::cell(state, *event).action != dul::Action::none) fuzz::cell_reached(state, *event);
        });
    } else if (const auto* seen = std::get_if<trace::MessageSeen>(&entry.what)) {
      const auto& from = before_[seen->from == Side::requestor ? 0 : 1];
      if (from.size() == 1)
        from.for_each([&](dul::State state) { fuzz::command_seen(fuzz::Way::sent, state, seen->message->command); });
    }
    before_ = {observer()->states(Side::requestor), observer()->states(Side::acceptor)};
  }

 private:
  static std::optional<dul::Event> event_of(const trace::PduSeen& pdu) {
    using dul::Event;
    if (!pdu.recognized || has_error(pdu.problems)) return Event::evt19;
    switch (pdu.type) {
      case 1: return Event::evt6;
      case 2: return Event::evt3;
      case 3: return Event::evt4;
      case 4: return Event::evt10;
      case 5: return Event::evt12;
      case 6: return Event::evt13;
      case 7: return Event::evt16;
      default: return Event::evt19;
    }
  }

  std::array<dul::StateSet, 2> before_;
};

const std::shared_ptr<const trace::RuleBook>& rules() {
  static const std::shared_ptr<const trace::RuleBook> book = [] {
    auto made = std::make_shared<trace::RuleBook>(*conformance::standard_rules());
    made->add({{}, [] { return std::make_unique<Watch>(); }});
    return made;
  }();
  return book;
}

trace::Trace play(const std::vector<Step>& steps, std::size_t piece) {
  observe::Options options;
  options.keep_bytes = 4096;
  options.keep_entries = 256;
  options.ours = Side::requestor;
  observe::Observer observer(rules(), options);
  Watch::observer() = &observer;
  observer.opened({});
  for (const auto& step : steps) {
    switch (step.kind) {
      case Step::Kind::close:
        observer.closed(step.side, step.flag ? trace::Closing::rst : trace::Closing::fin, {});
        break;
      case Step::Kind::mark: observer.mark("mark", {}); break;
      case Step::Kind::provoke: observer.provoke(step.flag); break;
      case Step::Kind::bytes: {
        const ByteView all(step.bytes);
        for (std::size_t at = 0; at < all.size(); at += piece) {
          observer.bytes(step.side, all.subspan(at, piece < all.size() - at ? piece : all.size() - at), {});
        }
        break;
      }
    }
  }
  observer.finish({});
  Watch::observer() = nullptr;
  return observer.take_trace();
}

/// The instructions as read() takes them, for the mutators.
struct Grammar {
  static constexpr std::size_t setup = 1;
  static fuzz::Instruction read(ByteReader& in) {
    fuzz::Instruction one;
    one.head = fuzz::take(in, 1);
    switch ((one.head[0] >> 1U) % 8) {
      case 0:
      case 1:
      case 2: break;
      case 3:
      case 4: append(one.head, fuzz::take(in, 2)); break;
      case 5:
        append(one.head, fuzz::take(in, 2));
        one.format = ASSAY_FORMAT_IMPLICIT_LITTLE;
        fuzz::read_operand(in, 1, one);
        break;
      default: fuzz::read_operand(in, 1, one); break;
    }
    return one;
  }
};

}  // namespace

ASSAY_PROGRAM_MUTATOR(Grammar)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 4096, std::size_t{8} << 20U);
  ByteReader input(ByteView(data, size));
  const auto first = input.u8().value_or(0);
  const auto steps = read(input, (first & 0x80) == 0);
  const auto whole = play(steps, static_cast<std::size_t>(-1) / 2);
  require(whole.entries.size() <= 256, "no more entries than the bound");
  require(whole.findings.size() <= limits::max_problems, "no more findings than the bound");
  for (const auto& finding : whole.findings) {
    require(rules()->find(finding.rule) != nullptr, "every finding names a described rule");
    require(trace::to_line(finding).find('\n') == std::string::npos, "a finding is one line");
  }
  require(!trace::to_text(whole, true).empty(), "a trace can be printed");
  require(play(steps, 1 + (first & 7U)).findings == whole.findings, "another split gives the same findings");
  return 0;
}
