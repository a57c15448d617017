#include "conformance/rules/objects.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "conformance/iod/sr_tree.hpp"
#include "conformance/iod/validate.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

/// Of one object; more of them show nothing new, and validate tells all.
constexpr std::size_t problems_told = 20;
/// Kinds of objects of one connection that are told apart; a device has a few, and who sends more makes them up.
constexpr std::size_t max_kinds = 1000;

constexpr auto rules_told = std::to_array<trace::RuleInfo>({
#define ASSAY_RULE(id, clause, severity, title, advice) {id, clause, Severity::severity, title, advice},
#include "conformance/rules/iod_rules.inc"
#include "conformance/rules/sr_rules.inc"
#undef ASSAY_RULE
});

/// As validate has it: an error whatever its rule says, else what the rule says; a deviation is at least a warning.
Severity severity_of(const Problem& problem) {
  if (problem.gravity == Gravity::error) return Severity::error;
  const auto* info = std::ranges::find(rules_told, std::string_view(problem.rule), &trace::RuleInfo::id);
  if (info == rules_told.end()) return Severity::error;
  return info->severity == Severity::note ? Severity::warning : info->severity;
}

/// Sent by the SCP of a C-GET or C-MOVE: it must not change the object, and seldom made it (PS3.4 C.4.2, C.4.3). It is
/// told, and nobody is blamed.
bool is_passed_on(const trace::MessageSeen& seen) {
  return seen.from == Side::acceptor || seen.message->command.elements().has(tags::MoveOriginatorMessageID);
}

/// FNV-1a over what tells kinds of objects apart.
class Fold {
 public:
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) one(static_cast<std::uint8_t>(number >> (8 * i)));
  }
  void add(ByteView bytes) {
    for (const auto byte : bytes) one(byte);
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void one(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

bool describes_pixels(Tag tag) { return tag.group == 0x0028 && tag.element <= 0x0103; }

/// How many values, and which of them are 0: module tables ask no more of the numbers in characters.
void add_numbers(Fold& fold, ByteView value) {
  bool zero = true;
  bool any = false;
  for (const auto byte : value) {
    if (byte == '\\') {
      fold.add(zero ? 2U : 1U);
      zero = true;
    } else if (byte > '0' && byte <= '9') {
      zero = false;
    }
    any = any || byte != ' ';
  }
  fold.add(!any ? 3U : zero ? 2U : 1U);
}

void add_value(Fold& fold, const dataset::Node& node) {
  const auto nothing = std::ranges::all_of(node.value, [](std::uint8_t byte) { return byte == 0; });
  switch (node.vr == Vr::UN ? dict::implicit_vr(node.tag) : node.vr) {
    case Vr::CS: fold.add(node.value); break;
    case Vr::DS:
    case Vr::IS: add_numbers(fold, node.value); break;
    case Vr::US:
    case Vr::SS:
      if (describes_pixels(node.tag)) {
        fold.add(node.value);
        break;
      }
      [[fallthrough]];
    case Vr::SL:
    case Vr::UL:
    case Vr::FL:
    case Vr::FD:
    case Vr::AT:
      fold.add(node.value.size());
      fold.add(nothing ? 1U : 0U);
      break;
    default: fold.add(node.value.empty() ? 1U : 0U);
  }
}

}  // namespace

std::uint64_t kind_of(const dataset::DataSet& object) {
  Fold fold;
  fold.add(as_bytes(object.text(tags::SOPClassUID)));
  for (const auto& node : object.nodes()) {
    fold.add((std::uint64_t{node.tag.group} << 48U) | (std::uint64_t{node.tag.element} << 32U) |
             (std::uint64_t{node.depth} << 16U) | (static_cast<std::uint64_t>(node.kind) << 8U) |
             static_cast<std::uint64_t>(node.vr));
    if (node.kind == dataset::NodeKind::element && node.value.size() <= 1024) add_value(fold, node);
  }
  return fold.value();
}

void Objects::judge(const trace::MessageSeen& seen, const dataset::DataSet& object, bool cut,
                    std::string_view transfer_syntax, trace::Reporter& reporter) {
  if (which_ == ObjectsJudged::none) return;
  if (which_ == ObjectsJudged::new_kinds && (kinds_.size() >= max_kinds || !kinds_.insert(kind_of(object)).second))
    return;
  dataset::DataSet meta(dataset::explicit_le);  // conditions ask for the transfer syntax
  meta.set_text(tags::TransferSyntaxUID, transfer_syntax);
  iod::IodOptions options;
  options.meta = &meta;
  options.cut = cut;
  options.notes = false;
  options.max_problems = problems_told;
  auto problems = iod::check_iod(object, options).problems;
  iod::ObjectReport tree(object, problems_told);
  iod::check_sr_tree(tree, {.cut = cut, .now = {}, .max_problems = problems_told});
  std::ranges::move(tree.problems, std::back_inserter(problems));
  for (auto& problem : problems) {
    if (problem.gravity == Gravity::note) continue;
    // What is missing behind the last element is told at the last byte.
    const auto place = place_in_data(seen, std::min<std::uint64_t>(problem.offset, seen.message->data().size() - 1));
    trace::Finding out;
    out.rule = problem.rule;
    out.clause = problem.clause;
    out.severity = is_passed_on(seen) ? Severity::note : severity_of(problem);
    out.side = place.side;
    out.pdu_number = place.pdu;
    out.offset = place.offset;
    out.field = std::move(problem.field);
    out.found = std::move(problem.found);
    out.expected = std::move(problem.expected);
    reporter.report(std::move(out));
  }
}

}  // namespace assay::conformance
