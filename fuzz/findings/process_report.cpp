#include "fuzz/findings/process_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fuzz/findings/frames.hpp"
#include "fuzz/findings/report_words.hpp"

namespace assay::fuzz {
namespace {

constexpr std::size_t longest_read = std::size_t{2} << 20;  // what is beyond it only makes it slow
constexpr std::size_t context = 2048;                       // of the report: what was said before its headline
constexpr std::size_t most_frames = 64;                     // of a Finding

struct Found {
  Headline line;
  std::size_t at = 0;  // where it stands
};

/// The line that explains most.
std::optional<Found> find_headline(std::string_view output) {
  std::optional<Found> best;
  Lines lines(output);
  std::string_view line;
  while (lines.next(line)) {
    auto next = headline(line);
    if (!next || (best && next->weight <= best->line.weight)) continue;
    best = Found{std::move(*next), static_cast<std::size_t>(line.data() - output.data())};
    if (best->line.weight == Weight::cause) break;
  }
  return best;
}

/// "READ of size 4 at", "The signal is caused by a WRITE memory access.": what an access was, in the lines that follow.
void add_access(Headline& found, std::string_view report) {
  Lines lines(report);
  std::string_view line;
  std::string_view access;
  std::string_view size;
  bool null = false;
  for (int i = 0; i < 12 && lines.next(line); ++i) {
    for (const std::string_view word : {"READ", "WRITE"}) {
      const auto name = word == "READ" ? std::string_view("read") : std::string_view("write");
      if (!access.empty()) break;
      if (line.starts_with(word)) {
        access = name;
        if (const auto at = line.find(" of size "); at != std::string_view::npos) {
          size = line.substr(at + 9);
          size = size.substr(0, std::min<std::size_t>(size.find_first_not_of("0123456789"), 20));
        }
      } else if (line.contains(fmt::format("caused by a {} memory access", word))) {
        access = name;
      }
    }
    null = null || line.contains("points to the zero page") || line.contains("unknown address (pc") ||
           line.contains("address 0x000000000000 ");
    Frame frame;
    if (i > 0 && read_frame(line, frame) && frame.number > 0) break;
  }
  const bool segv = found.kind == Kind::crash;
  if (segv && null) {
    found.detail = "null pointer";
    found.severity = Severity::medium;
  } else if (segv && access == "write") {
    found.severity = Severity::critical;
  }
  if (access.empty()) return;
  found.detail += fmt::format(" {}", access);
  if (!segv) found.severity = usual_severity(found.kind, found.detail);
  if (!size.empty()) found.words += fmt::format(" It was a {} of {} byte{}.", access, size, size == "1" ? "" : "s");
}

/// Where the stack of a leak begins: that of a direct one, if there is any.
std::string_view stack_part(const Headline& found, std::string_view report) {
  if (found.kind != Kind::leak) return report;
  auto at = report.find("Direct leak of");
  if (at == std::string_view::npos) at = report.find("ndirect leak of");
  return at == std::string_view::npos ? report : report.substr(at);
}

constexpr std::array asks_for_the_end{1, 2, 15};  // SIGHUP, SIGINT, SIGTERM

/// By how it ended alone. Shells tell of signals as 128 and more.
std::optional<Headline> by_ending(std::string_view output, const Ending& ending) {
  int signal = ending.signal;
  const int code = ending.exit_code.value_or(0);
  constexpr std::array told_by_shells{4, 5, 6, 7, 8, 9, 11, 24, 25, 31};
  if (signal == 0 && !ending.code_is_own && std::ranges::find(told_by_shells, code - 128) != told_by_shells.end())
    signal = code - 128;
  Headline out;
  out.weight = Weight::cause;
  out.kind = Kind::crash;
  if (signal != 0) {
    if (std::ranges::find(asks_for_the_end, signal) != asks_for_the_end.end()) return std::nullopt;
    out.detail = fmt::format("signal {}", signal);
    out.words = fmt::format("The process was killed by signal {} and said nothing of it.", signal);
  } else {
    if (code == 0) return std::nullopt;
    // What is started wrongly says so; that is no fault of an input.
    const auto beginning = output.substr(0, context);
    for (const std::string_view word : {"usage:", "Usage:", "USAGE:", "cannot read ", "error while loading shared"}) {
      if (beginning.contains(word)) return std::nullopt;
    }
    if (code == 126 || code == 127) return std::nullopt;
    // Where nobody may trace, leaks cannot be looked for: that says nothing of the process.
    if (output.contains("LeakSanitizer has encountered a fatal error")) return std::nullopt;
    out.detail = fmt::format("exit {}", code);
    out.words = fmt::format("The process ended with exit code {} and said nothing that is known here.", code);
  }
  out.severity = usual_severity(out.kind, out.detail);
  return out;
}

}  // namespace

std::string safe_text(std::string_view text, std::size_t longest) {
  std::string out;
  std::size_t taken = 0;
  for (; taken < text.size() && out.size() < longest; ++taken) {
    const auto byte = static_cast<unsigned char>(text[taken]);
    if ((byte >= 0x20 && byte < 0x7F) || byte == '\n' || byte == '\t') {
      out += text[taken];
    } else if (byte != '\r') {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  if (taken < text.size() && longest > 1000) out += fmt::format("\n[{} bytes more]\n", text.size() - taken);
  return out;
}

std::string safe_line(std::string_view text, std::size_t longest) {
  auto out = safe_text(text.substr(0, longest), longest);
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

std::optional<Finding> finding_of(std::string_view output, const Ending& ending) {
  output = output.substr(0, longest_read);
  std::size_t at = 0;
  std::string_view report;
  std::optional<Headline> line;
  if (auto found = find_headline(output)) {
    line = std::move(found->line);
    at = found->at;
    report = output.substr(at);
    if (line->access) add_access(*line, report);
  } else {
    line = by_ending(output, ending);
    if (!line) return std::nullopt;
  }
  Finding out;
  out.kind = line->kind;
  out.detail = std::move(line->detail);
  out.severity = line->severity;
  if (!report.empty()) {
    out.stack = own_frames(stack_part(*line, report));
    if (out.detail == "stack-overflow") out.stack = recursing(out.stack);
    if (out.stack.size() > most_frames) out.stack.resize(most_frames);
  }
  out.place = out.stack.empty() ? line->place : out.stack.front();
  out.happened = std::move(line->words);
  out.advice = std::string(advice_for(out.kind, out.detail));
  const auto from = output.size() > max_report && at > context ? at - context : 0;
  out.report = safe_text(output.substr(from), max_report);
  return out;
}

bool same_finding(const Finding& known, const Finding& again) {
  if (known.kind != Kind::hang || again.kind != Kind::hang) return known.identity() == again.identity();
  // Both loop, and the frame of the loop itself is in both stacks, called by the same.
  if (known.stack.empty() || again.stack.empty()) return true;
  return known.stack.size() <= again.stack.size() &&
         std::equal(known.stack.rbegin(), known.stack.rend(), again.stack.rbegin());
}

void keep_common_frames(Finding& known, const Finding& again) {
  if (known.kind != Kind::hang || again.kind != Kind::hang || known.stack.empty() || again.stack.empty()) return;
  const auto common = static_cast<std::size_t>(
      std::mismatch(known.stack.rbegin(), known.stack.rend(), again.stack.rbegin(), again.stack.rend()).first -
      known.stack.rbegin());
  if (common == 0) return;
  known.stack.erase(known.stack.begin(), known.stack.end() - static_cast<std::ptrdiff_t>(common));
  known.place = known.stack.front();
}

}  // namespace assay::fuzz
