#include "fuzz/device/scenario_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"

namespace assay::fuzz::device {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '$': out += "&#36;"; break;
      default: out += c;
    }
  }
  return out;
}

std::int64_t in_ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

class Writer {
 public:
  Writer(const Conversation& conversation, const ScenarioHead& head) : conversation_(conversation), head_(head) {}

  std::string write() {
    text_ = fmt::format(
        "<scenario id=\"{}\" role=\"{}\" tags=\"fuzz {}\">\n"
        "  <title>{}</title>\n"
        "  <clause part=\"{}\" section=\"{}\" level=\"statement\">{}</clause>\n"
        "  <advice>{}</advice>\n",
        escaped(head_.id), head_.answers ? "acceptor" : "requestor", escaped(conversation_.kind), escaped(head_.title),
        escaped(head_.part), escaped(head_.section),
        head_.answers ? "Whatever a peer answers, who called ends the association and goes on."
                      : "Whatever a peer sends, others are served after it.",
        escaped(head_.advice));
    if (head_.answers) text_ += "  <listen/>\n  <operate action=\"call\"/>\n";
    const auto last_await =
        std::ranges::find(conversation_.steps.rbegin(), conversation_.steps.rend(), Do::await, &Step::what);
    for (const auto& one : conversation_.steps)
      step(one, head_.silence_fails && last_await != conversation_.steps.rend() && &one == &*last_await);
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (open_.at(i)) text_ += fmt::format("  <close connection=\"c{}\"/>\n", i + 1);
    if (!head_.answers)
      text_ += "  <check-health/>\n";
    else if (head_.ends_within)
      text_ += fmt::format("  <check-ended within=\"{}ms\"/>\n", in_ms(*head_.ends_within));
    text_ += "</scenario>\n";
    return text_;
  }

 private:
  void step(const Step& one, bool must_come) {
    const auto line = one.line + 1;
    switch (one.what) {
      case Do::connect:
        if (used_.at(one.line)) return;
        used_.at(one.line) = open_.at(one.line) = true;
        text_ += head_.answers ? fmt::format("  <accept as=\"c{}\"/>\n", line)
                               : fmt::format("  <connect as=\"c{}\" required=\"no\"/>\n", line);
        return;
      case Do::pause:
        if (one.pause > Duration{0}) text_ += fmt::format("  <wait for=\"{}ms\"/>\n", in_ms(one.pause));
        return;
      default: break;
    }
    if (!open_.at(one.line)) return;
    switch (one.what) {
      case Do::send:
        if (one.bytes.empty()) return;
        text_ += fmt::format("  <send connection=\"c{}\" provoke=\"yes\"", line);
        for (std::size_t i = 0; i < one.pieces.size(); ++i)
          text_ += fmt::format("{}{}", i == 0 ? " split=\"" : ",", one.pieces[i]);
        if (!one.pieces.empty()) text_ += "\"";
        if (one.pause > Duration{0}) text_ += fmt::format(" pause=\"{}ms\"", in_ms(one.pause));
        text_ += fmt::format("><raw hex=\"{}\"/></send>\n", to_hex(one.bytes));
        return;
      case Do::await: await(one, must_come); return;
      case Do::half: text_ += fmt::format("  <close connection=\"c{}\" half=\"yes\"/>\n", line); return;
      case Do::fin:
      case Do::rst:
        text_ += fmt::format("  <close connection=\"c{}\" how=\"{}\"/>\n", line, one.what == Do::fin ? "fin" : "rst");
        open_.at(one.line) = false;
        return;
      default: return;
    }
  }

  void await(const Step& one, bool must_come) {
    const auto times = one.await == Await::messages ? std::min<std::uint16_t>(one.count, 20) : 1;
    for (int i = 0; i < times; ++i) {
      text_ += fmt::format("  <expect connection=\"c{}\"{}><any/><closed/>", one.line + 1,
                           must_come ? " judge=\"yes\"" : "");
      if (!must_come) text_ += fmt::format("<silence for=\"{}ms\"/>", std::max<std::int64_t>(in_ms(head_.quick), 1));
      text_ += "</expect>\n";
    }
  }

  const Conversation& conversation_;
  const ScenarioHead& head_;
  std::string text_;
  std::array<bool, max_lines> open_{};
  std::array<bool, max_lines> used_{};
};

}  // namespace

std::string to_scenario(const Conversation& conversation, const ScenarioHead& head) {
  return Writer(conversation, head).write();
}

}  // namespace assay::fuzz::device
