// What faults, phases and PDUs are called in files and for people.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/session/faults.hpp"

namespace assay::faults {
namespace {

constexpr std::array<std::string_view, 16> kind_names{
    "delay",  "drop",           "duplicate", "reorder", "split", "coalesce", "corrupt",    "lie",
    "refuse", "answer-context", "answer",    "abort",   "close", "freeze",   "limit-rate", "cut"};
static_assert(kind_names.size() == static_cast<std::size_t>(Kind::cut) + 1);

constexpr std::array<std::string_view, 8> phase_names{"connected",     "requested",    "associated", "message-received",
                                                      "data-received", "message-sent", "data-sent",  "release"};
static_assert(phase_names.size() == static_cast<std::size_t>(Phase::release) + 1);

constexpr std::array<std::string_view, 7> pdu_names{"a-associate-rq", "a-associate-ac", "a-associate-rj", "p-data-tf",
                                                    "a-release-rq",   "a-release-rp",   "a-abort"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string text_of(const Numbers& numbers) {
  std::string out;
  for (const auto& [first, last] : numbers.ranges) {
    if (!out.empty()) out += "|";
    out += first == last ? fmt::format("{}", first)
                         : fmt::format("{}..{}", first, last == UINT32_MAX ? std::string() : std::to_string(last));
  }
  return out;
}

std::string text_of(Duration time) {
  return fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

std::string text_of(const PduChoice& choice) {
  switch (choice.what) {
    case PduChoice::What::any: return "any PDU";
    case PduChoice::What::type: return pdu::pdu_name(choice.type);
    case PduChoice::What::message: return "any message";
    case PduChoice::What::data: return "data";
    case PduChoice::What::command: return dimse::command_name(choice.command);
  }
  return {};
}

std::string text_of(Ending ending) { return ending == Ending::fin ? "FIN" : ending == Ending::rst ? "RST" : "silence"; }

/// What it does, without when.
std::string deed(const Fault& fault) {
  const auto on = text_of(fault.on);
  switch (fault.kind) {
    case Kind::delay: return fmt::format("delay {} by {}", on, text_of(fault.time));
    case Kind::drop: return "drop " + on;
    case Kind::duplicate: return fmt::format("send {} {} times", on, fault.count + 1);
    case Kind::reorder: return fmt::format("send {} behind the next {}", on, fault.count == 1 ? "PDU" : "PDUs");
    case Kind::split: return fmt::format("split {} into segments of {} bytes", on, fmt::join(fault.pieces, ", "));
    case Kind::coalesce: return fmt::format("send {} PDUs together, from {} on", fault.count, on);
    case Kind::corrupt:
      return fault.byte ? fmt::format("corrupt byte {} of {}", *fault.byte, on)
                        : fmt::format("corrupt {} of {}", fault.lies.empty() ? "" : fault.lies.front().path, on);
    case Kind::lie: return fmt::format("lie about {} of {}", fault.lies.empty() ? "" : fault.lies.front().path, on);
    case Kind::refuse: return fmt::format("refuse with {}/{}/{}", fault.result, fault.source, fault.reason);
    case Kind::answer_context:
      return fmt::format("answer {} wrongly{}", fault.context.empty() ? "every context" : "context " + fault.context,
                         fault.missing ? ": not at all" : "");
    case Kind::answer: {
      const auto what = fault.on.what == PduChoice::What::any ? "any message" : on;
      if (fault.missing) return fmt::format("leave out {}", what);
      auto out = fmt::format("change {}", what);
      if (fault.status) out += fmt::format(", status {:04X}H", *fault.status);
      if (fault.without_data_set) out += ", without its Data Set";
      for (const auto& edit : fault.edits) out += ", " + dataset::to_string(edit.path);
      return out;
    }
    case Kind::abort: return fmt::format("abort with source {} reason {}", fault.source, fault.reason);
    case Kind::close: return "close by " + text_of(fault.ending);
    case Kind::freeze:
      return fmt::format("stop {}{}",
                         fault.stop_reading && fault.stop_writing ? "reading and writing"
                         : fault.stop_reading                     ? "reading"
                                                                  : "writing",
                         fault.time == Duration{} ? "" : " for " + text_of(fault.time));
    case Kind::limit_rate: return fmt::format("send {} bytes a second", fault.bytes_per_second);
    case Kind::cut: return fmt::format("end by {} after {} bytes", text_of(fault.ending), fault.after);
  }
  return {};
}

}  // namespace

std::string_view name(Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }
std::string_view name(Phase phase) { return phase_names[static_cast<std::size_t>(phase)]; }

std::optional<Phase> phase_from(std::string_view name) {
  const auto* const found = std::ranges::find(phase_names, name);
  if (found == phase_names.end()) return std::nullopt;
  return static_cast<Phase>(found - phase_names.begin());
}

std::optional<PduChoice> pdu_choice(std::string_view name) {
  using enum PduChoice::What;
  if (name == "any") return PduChoice{any, 0, 0};
  if (name == "message") return PduChoice{message, 0, 0};
  if (name == "data") return PduChoice{data, 0, 0};
  if (const auto* const found = std::ranges::find(pdu_names, name); found != pdu_names.end())
    return PduChoice{type, static_cast<std::uint8_t>(found - pdu_names.begin() + 1), 0};
  for (const auto& one : dimse::all_commands())
    if (lower(one.name) == name) return PduChoice{command, 0, static_cast<std::uint16_t>(one.field)};
  return std::nullopt;
}

std::string pdu_choices() {
  std::string out = "any, message, data";
  for (const auto one : pdu_names) out.append(", ").append(one);
  for (const auto& one : dimse::all_commands()) out.append(", ").append(lower(one.name));
  return out;
}

std::string phases() { return fmt::format("{}", fmt::join(phase_names, ", ")); }

std::string describe(const Fault& fault) {
  auto out = deed(fault);
  const bool at_phase = fault.kind == Kind::abort || fault.kind == Kind::close || fault.kind == Kind::freeze;
  if (at_phase) out += fmt::format(" at {}", name(fault.at));
  if (!fault.nth.ranges.empty()) out += fmt::format(" number {}", text_of(fault.nth));
  if (!fault.connections.ranges.empty()) out += fmt::format(", connections {}", text_of(fault.connections));
  if (fault.per_million < 1'000'000)
    out += fmt::format(", probability {:g}", static_cast<double>(fault.per_million) / 1e6);
  return out;
}

}  // namespace assay::faults
