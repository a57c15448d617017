#include "harness/diagnose/diagnosis.hpp"

#include <array>

namespace assay::diagnose {
namespace {

constexpr auto causes = std::to_array<Cause>({
#define ASSAY_CAUSE(code, rung, blame, exit_code, title, meaning, at_device, at_caller) \
  {code, Rung::rung, Blame::blame, exit_code, title, meaning, at_device, at_caller},
#include "harness/diagnose/causes.inc"
#undef ASSAY_CAUSE
});

}  // namespace

std::string_view title(Rung rung) {
  switch (rung) {
    case Rung::settings: return "settings";
    case Rung::name: return "host name";
    case Rung::tcp: return "TCP connection";
    case Rung::protocol: return "speaks DICOM";
    case Rung::association: return "association";
    case Rung::services: return "services";
    case Rung::verification: return "verification";
    case Rung::exercise: return "services in use";
  }
  return "";
}

std::string_view name(Rung rung) {
  switch (rung) {
    case Rung::settings: return "settings";
    case Rung::name: return "name";
    case Rung::tcp: return "tcp";
    case Rung::protocol: return "protocol";
    case Rung::association: return "association";
    case Rung::services: return "services";
    case Rung::verification: return "verification";
    case Rung::exercise: return "exercise";
  }
  return "";
}

std::string_view name(Blame blame) {
  switch (blame) {
    case Blame::device: return "device";
    case Blame::caller: return "caller";
    case Blame::network: return "network";
    case Blame::agreement: return "agreement";
    case Blame::design: return "design";
  }
  return "";
}

std::string_view name(Mark mark) {
  switch (mark) {
    case Mark::ok: return "ok";
    case Mark::failed: return "failed";
    case Mark::remark: return "remark";
    case Mark::not_reached: return "not-reached";
    case Mark::not_asked: return "not-asked";
  }
  return "";
}

std::span<const Cause> all_causes() { return causes; }

const Cause* find_cause(std::string_view code) {
  for (const auto& cause : causes)
    if (cause.code == code) return &cause;
  return nullptr;
}

std::string fill(std::string_view text, const Words& words) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const auto close = text.find('}');
    const auto found = close == std::string_view::npos ? words.end() : words.find(text.substr(1, close - 1));
    if (found == words.end()) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += found->second;
      text.remove_prefix(close + 1);
    }
  }
  return out;
}

std::string Diagnosis::headline() const { return cause == nullptr ? std::string() : fill(cause->title, words); }
std::string Diagnosis::meaning() const { return cause == nullptr ? std::string() : fill(cause->meaning, words); }
std::string Diagnosis::at_device() const { return cause == nullptr ? std::string() : fill(cause->at_device, words); }
std::string Diagnosis::at_caller() const { return cause == nullptr ? std::string() : fill(cause->at_caller, words); }

}  // namespace assay::diagnose
