// DIMSE messages and what services match: byte 0 chooses.
// Even: the rest is a Command Set. A right one is encoded as it came, and so is its layout; the bytes of any cut into
// PDVs of any size are assembled to the same message with the same problems.
// Odd: VR, length of the key, key, value. Matching is total, a universal key matches everything, a text matches itself
// as a pattern, and a pattern of stars only matches whatever there is.
#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/matching.hpp"

namespace {

using namespace assay;
using fuzz::require;

constexpr std::size_t longest_command = 4096;

/// The Command Set and 16 bytes of Data Set as PDVs of `size` bytes. Nothing where a piece looks like the beginning of
/// another Command Set after a whole one: the last fragment was not marked as such, and that is said.
std::optional<dimse::Assembler::Output> assembled(ByteView command, std::size_t size) {
  dimse::Assembler assembler;
  dimse::Assembler::Output last;
  std::size_t at = 0;
  do {
    const auto piece = command.subspan(at, std::min(size, command.size() - at));
    at += piece.size();
    const auto header = static_cast<std::uint8_t>(at == command.size() ? 3 : 1);
    last = assembler.push({1, header, piece, 0});
    if (!last.problems.empty()) return std::nullopt;
  } while (at < command.size());
  if (last.message || assembler.idle()) return last;
  const Bytes data(16, 0);
  auto done = assembler.push({1, 2, data, 0});
  done.command_problems = std::move(last.command_problems);
  return done;
}

void command(ByteView bytes, std::size_t piece) {
  bytes = bytes.first(std::min(bytes.size(), longest_command));
  const auto decoded = dimse::decode_command(bytes);
  require(decoded.problems.size() <= limits::max_problems, "problems are limited");
  for (const auto& problem : decoded.problems) {
    require(problem.offset <= bytes.size(), "a problem lies in the input");
    require(!problem.rule.empty() && !problem.clause.empty() && !problem.expected.empty(), "a problem says what it is");
  }
  // Where elements are repeated, out of order or cut, what is encoded is another Command Set.
  if (decoded.problems.empty()) {
    const auto encoded = dimse::encode(decoded.command);
    require(fuzz::same(layout::serialise(dimse::to_layout(decoded.command)), encoded), "encoder and layout agree");
    require(fuzz::same(encoded, bytes), "a right Command Set is encoded as it came");
  }
  if (const auto status = decoded.command.status()) {
    const auto field = decoded.command.field().value_or(0);
    require(!dimse::describe_status(*status, field, decoded.command.sop_class_uid()).empty(), "a status has a text");
    (void)dimse::is_allowed_status(field, decoded.command.sop_class_uid(), *status);
  }
  const auto whole = assembled(bytes, std::max<std::size_t>(bytes.size(), 1));
  require(whole.has_value(), "one PDV is one Command Set");
  const auto pieces = assembled(bytes, piece);
  if (!pieces) return;
  require(whole->message.has_value() == pieces->message.has_value(), "PDVs of any size make the same message");
  require(whole->command_problems == pieces->command_problems, "and have the same problems");
  if (whole->message) {
    require(fuzz::same(dimse::encode(whole->message->command), dimse::encode(pieces->message->command)),
            "and the same Command Set");
  }
}

void matching(ByteReader in) {
  constexpr std::array<Vr, 12> representations{Vr::AE, Vr::CS, Vr::DA, Vr::TM, Vr::DT, Vr::PN,
                                               Vr::UI, Vr::LO, Vr::SH, Vr::IS, Vr::DS, Vr::UT};
  const auto vr = representations[in.u8().value_or(0) % representations.size()];
  const auto key = as_text(in.take_at_most(in.u8().value_or(0)));
  const auto value = as_text(in.take_at_most(255));
  const auto type = service::match_type(vr, key);
  const bool matches = service::match_value(vr, key, value);
  require(matches == service::match_value(vr, key, value), "the same question has the same answer");
  if (type == service::MatchType::universal) require(matches, "a universal key matches everything");
  (void)service::interval_of(vr, key);
  require(service::wildcard_match("*", value), "a star matches everything");
  require(service::wildcard_match(value, value), "a text matches itself as a pattern");
  if (service::wildcard_match(key, value)) {
    require(service::wildcard_match(std::string(key) + '*', value), "a star more matches no less");
    require(service::wildcard_match(key, value, true), "without regard to case no less matches");
  }
  (void)service::to_utf8(value, key);
}

}  // namespace

ASSAY_CUSTOM_MUTATOR_AT(ASSAY_FORMAT_IMPLICIT_LITTLE, 1)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What iconv loads for a character set is of a fixed size.
  const fuzz::MemoryBound memory(size, 512, std::size_t{4} << 20U);
  const ByteView input(data, size);
  if (input.empty()) return 0;
  if (input[0] % 2 == 0) {
    command(input.subspan(1), input[0] / 2U + 1);
  } else {
    matching(ByteReader(input.subspan(1)));
  }
  return 0;
}
