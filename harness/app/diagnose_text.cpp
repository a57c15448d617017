// The words of a diagnosis on paper: for a person in front of the device, and for tools.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/app/diagnose.hpp"
#include "harness/base/hex.hpp"
#include "reports/json_parts.hpp"

namespace assay::app {
namespace {

using diagnose::Diagnosis;
using diagnose::Mark;

/// Lines of at most `width` characters, each behind `indent` blanks; the first behind `lead` in their place.
std::string wrapped(std::string_view text, int width, std::size_t indent, std::string_view lead = {}) {
  const std::size_t room = width > 40 ? static_cast<std::size_t>(width) - indent : 40;
  std::string out;
  std::string line;
  bool first = true;
  const auto put = [&] {
    out += first && !lead.empty() ? std::string(lead) : std::string(indent, ' ');
    out += line + "\n";
    line.clear();
    first = false;
  };
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    if (!line.empty() && line.size() + 1 + word.size() > room) put();
    if (!line.empty()) line += ' ';
    line += word;
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  if (!line.empty()) put();
  return out;
}

struct Paint {
  bool on;
  [[nodiscard]] std::string operator()(const char* code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

std::string sign(Mark mark, const Paint& paint) {
  switch (mark) {
    case Mark::ok: return paint("32", "✓");
    case Mark::failed: return paint("31;1", "✗");
    case Mark::remark: return paint("33", "!");
    case Mark::not_reached: return "·";
    case Mark::not_asked: return "·";
  }
  return " ";
}

std::string time_text(Duration took) {
  if (took <= Duration{0}) return {};
  const double seconds = std::chrono::duration<double>(took).count();
  return seconds < 1 ? fmt::format("  ({:.3g} ms)", seconds * 1e3) : fmt::format("  ({:.3g} s)", seconds);
}

std::string whose(diagnose::Blame blame) {
  switch (blame) {
    case diagnose::Blame::device: return "in the device";
    case diagnose::Blame::caller: return "in the settings on this side";
    case diagnose::Blame::network: return "in the network";
    case diagnose::Blame::agreement: return "on both sides: what they are set to does not match";
    case diagnose::Blame::design: return "no fault: the device is made like this";
  }
  return {};
}

/// A line for each answer that a service's SOP Classes got. Where one of them is enough, the others are no fault.
std::string offers_text(const std::vector<diagnose::Offer>& offers, int width, const Paint& paint) {
  struct Line {
    std::string service, answer, names;
    bool accepted;
  };
  std::vector<Line> lines;
  for (const auto& offer : offers) {
    const auto same = std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
      return line.service == offer.service && line.answer == offer.answer;
    });
    if (same == lines.end())
      lines.push_back({offer.service, offer.answer, offer.words, offer.accepted});
    else
      same->names += ", " + offer.words;
  }
  std::string out;
  for (const auto& line : lines) {
    const bool enough = std::any_of(lines.begin(), lines.end(),
                                    [&](const Line& other) { return other.service == line.service && other.accepted; });
    const auto mark = line.accepted ? Mark::ok : enough ? Mark::not_asked : Mark::failed;
    out += wrapped(fmt::format("{}: {}: {}", line.service, line.answer, line.names), width, 4,
                   fmt::format("  {} ", sign(mark, paint)));
  }
  return out;
}

}  // namespace

std::string diagnosis_text(const Diagnosis& diagnosis, const DiagnoseOptions& options, bool colour, int width) {
  const Paint paint{colour};
  std::string out = fmt::format("{}, called '{}' by '{}'\n\n", printable(options.target), printable(options.called_ae),
                                printable(options.calling_ae));
  for (const auto& step : diagnosis.steps) {
    const auto detail = step.mark == Mark::not_reached ? std::string("not reached") : step.detail;
    auto line = wrapped(detail + time_text(step.took), width, 22);
    if (line.empty()) line = std::string(22, ' ') + "\n";
    out += fmt::format("  {} {:<18}", sign(step.mark, paint), title(step.rung)) + line.substr(22);
  }
  if (!diagnosis.offers.empty()) {
    out += "\nServices\n";
    out += offers_text(diagnosis.offers, width, paint);
  }
  if (diagnosis.cause == nullptr) {
    out += "\n" + paint("32;1", "Healthy") + ": nothing is wrong as far as was asked.\n";
  } else {
    out += "\n" + wrapped(diagnosis.headline(), width, 7, paint("31;1", "Cause: "));
    out += wrapped(fmt::format("[{}] {}", diagnosis.cause->code, whose(diagnosis.cause->blame)), width, 7);
    out += "\n" + wrapped(diagnosis.meaning(), width, 2);
    if (const auto device = diagnosis.at_device(); !device.empty())
      out += "\n" + paint("1", "Change on the device") + "\n" + wrapped(device, width, 2);
    if (const auto caller = diagnosis.at_caller(); !caller.empty())
      out += "\n" + paint("1", "Change on this side (the caller)") + "\n" + wrapped(caller, width, 2);
  }
  if (!diagnosis.evidence.empty()) {
    out += "\nEvidence\n";
    for (const auto& line : diagnosis.evidence) out += wrapped(line, width, 4, "  - ");
  }
  if (!diagnosis.remarks.empty()) {
    out += "\nWorth knowing\n";
    for (const auto& line : diagnosis.remarks) out += wrapped(line, width, 4, "  - ");
  }
  out += "\n";
  if (diagnosis.tls) out += wrapped(printable(diagnosis.tls->summary()), width, 2, "");
  if (!diagnosis.identity.empty()) out += wrapped("The device: " + diagnosis.identity, width, 2, "");
  out += fmt::format("{} probe{}, {:.1f} s{}\n", diagnosis.probes, diagnosis.probes == 1 ? "" : "s",
                     std::chrono::duration<double>(diagnosis.took).count(),
                     diagnosis.interrupted     ? "; interrupted: a closer look may find more, or something else"
                     : diagnosis.stopped_early ? "; stopped early: a closer look may find more (--timeout)"
                                               : "");
  return out;
}

std::string diagnosis_json(const Diagnosis& diagnosis, const DiagnoseOptions& options) {
  using Json = nlohmann::ordered_json;
  const auto seconds = [](Duration took) { return std::chrono::duration<double>(took).count(); };
  Json out{{"target", options.target},
           {"called_ae", options.called_ae},
           {"calling_ae", options.calling_ae},
           {"healthy", diagnosis.cause == nullptr}};
  if (diagnosis.cause != nullptr) {
    out["cause"] = {{"code", diagnosis.cause->code},
                    {"rung", name(diagnosis.cause->rung)},
                    {"blame", name(diagnosis.cause->blame)},
                    {"title", diagnosis.headline()},
                    {"meaning", diagnosis.meaning()},
                    {"change_on_device", diagnosis.at_device()},
                    {"change_on_this_side", diagnosis.at_caller()}};
  }
  auto steps = Json::array();
  for (const auto& step : diagnosis.steps)
    steps.push_back({{"rung", name(step.rung)},
                     {"result", name(step.mark)},
                     {"detail", step.detail},
                     {"seconds", seconds(step.took)}});
  out["steps"] = std::move(steps);
  auto offers = Json::array();
  for (const auto& offer : diagnosis.offers)
    offers.push_back({{"service", offer.service},
                      {"sop_class_uid", offer.sop_class_uid},
                      {"name", offer.words},
                      {"accepted", offer.accepted},
                      {"answer", offer.answer}});
  out["services"] = std::move(offers);
  out["evidence"] = diagnosis.evidence;
  out["remarks"] = diagnosis.remarks;
  out["device"] = diagnosis.identity;
  if (diagnosis.tls) out["tls"] = reports::tls_json(*diagnosis.tls);
  out["probes"] = diagnosis.probes;
  out["seconds"] = seconds(diagnosis.took);
  out["stopped_early"] = diagnosis.stopped_early;
  out["interrupted"] = diagnosis.interrupted;
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::app
