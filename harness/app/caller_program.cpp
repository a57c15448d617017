#include "harness/app/caller_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/death_stack.hpp"
#include "harness/app/process_tree.hpp"
#include "harness/base/hex.hpp"

namespace assay::app {
namespace {

using fuzz::Finding;
using fuzz::Kind;

constexpr std::size_t output_kept = std::size_t{256} << 10;   // a sanitizer's report with its stacks, and more
constexpr auto frames_wait = std::chrono::milliseconds(500);  // from the end of a process to where it was
constexpr auto told_wait = std::chrono::milliseconds(50);     // for what is to be read already
constexpr auto symbols_wait = std::chrono::seconds(20);       // a sanitizer looks its symbols up before it ends
/// One that is found running each time keeps a core busy; on a machine with much to do it gets little of it.
constexpr int looks = 20;
constexpr auto between_looks = std::chrono::milliseconds(15);

/// Whether one of these runs or wants to, as /proc/ID/stat tells it: who waits for something does not.
bool any_runs(const std::vector<pid_t>& processes) {
  for (const auto id : processes) {
    std::ifstream file(fmt::format("/proc/{}/stat", id));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto end = text.rfind(") ");  // the name before it may hold anything
    if (end != std::string::npos && text.compare(end + 2, 1, "R") == 0) return true;
  }
  return false;
}

bool sanitizer_speaks(std::string_view output) {
  return output.contains("Sanitizer: ") || output.contains(": runtime error: ");
}

}  // namespace

CallerProgram::CallerProgram(peers::Loop& loop, CallerProgramOptions options)
    : loop_(loop), options_(std::move(options)) {}
CallerProgram::~CallerProgram() { kill(); }

std::expected<void, std::string> CallerProgram::start() {
  kill();
  peers::ProcessOptions p;
  const std::vector<std::pair<std::string, std::string>> words = {{"host", options_.host},
                                                                  {"port", std::to_string(options_.port)},
                                                                  {"called", options_.called_ae},
                                                                  {"calling", options_.calling_ae}};
  p.argv = {"/bin/sh", "-c", peers::substitute(options_.start, words)};
  for (const auto& [name, value] : words) {
    auto variable = "ASSAY_" + name;
    std::ranges::transform(variable, variable.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    p.environment.emplace_back(std::move(variable), value);
  }
  p.keep_output = output_kept;
  p.core_files = false;
  p.on_death = [this, count = count_ + 1](peers::SignalDeath death) {
    if (count == count_) deaths_.push_back(std::move(death));
  };
  auto started = peers::Process::start(loop_, std::move(p));
  if (!started) return std::unexpected(started.error());
  ++count_;
  process_ = std::move(*started);
  process_->on_end([this, count = count_] {
    if (count != count_) return;
    ended_ = true;
    if (told_) told_();
  });
  return {};
}

void CallerProgram::kill() {
  ++count_;
  process_.reset();
  deaths_.clear();
  output_seen_ = 0;
  ended_ = false;
}

std::string CallerProgram::ending() const { return process_ && ended_ ? process_->ending() : ""; }

std::string CallerProgram::fresh_output() const {
  if (!process_) return {};
  const auto& output = process_->output();
  const auto fresh = process_->written() - output_seen_;
  return output.substr(output.size() - std::min<std::uint64_t>(output.size(), fresh));
}

std::string CallerProgram::last_words() const {
  if (!process_) return {};
  auto output = process_->output();
  while (!output.empty() && (output.back() == '\n' || output.back() == ' ')) output.pop_back();
  const auto at = output.rfind('\n');
  return printable(output.substr(at == std::string::npos ? 0 : at + 1).substr(0, 200));
}

std::optional<Finding> CallerProgram::broke(const std::string& state, bool stays) {
  if (!process_) return std::nullopt;
  if (runs()) {
    if (!sanitizer_speaks(fresh_output())) return std::nullopt;
    loop_.wait_until([this] { return !runs() || fresh_output().contains("SUMMARY: "); }, symbols_wait);
    loop_.wait_until([this] { return !runs(); }, frames_wait);
  }
  const auto code = process_->exit_code().value_or(0);
  if (process_->signal() != 0 || code > 128)  // a death is told before it ends, so that it has come by then
    loop_.wait_until([this] { return !deaths_.empty(); }, code > 128 ? told_wait : frames_wait);
  // A pipe that is closed is for the shell's own programs; of the device itself it is an end.
  std::erase_if(deaths_, [](const peers::SignalDeath& d) { return !d.first && d.signal == SIGPIPE; });
  const auto output = fresh_output();
  output_seen_ = process_->written();
  auto ending = ending_of(*process_, deaths_);
  if (!stays && code <= 128) ending.exit_code.reset();
  auto out = fuzz::finding_of(output, ending);
  // That it reports failure is as it should be.
  if (out && !stays && out->kind == Kind::crash && out->detail.starts_with("exit ")) out.reset();
  if (!out && !deaths_.empty()) out = fuzz::finding_of(output, {.exit_code = {}, .signal = deaths_.back().signal});
  if (!out && stays && !runs()) {
    out.emplace();
    out->kind = Kind::crash;
    out->detail = process_->ending();
    out->severity = fuzz::usual_severity(out->kind, out->detail);
  }
  if (!out) return std::nullopt;
  if (!deaths_.empty()) add_death_stack(*out, deaths_.back());
  deaths_.clear();
  out->subject = options_.subject;
  out->state = state;
  out->happened = fmt::format(
      "The device that had called {} in or after this conversation. {}",
      runs() ? "wrote the report of a sanitizer and went on" : fmt::format("ended ({})", process_->ending()),
      out->happened);
  if (out->advice.empty())
    out->advice = "Whatever a server answers, a client ends the association and says what went wrong.";
  return out;
}

Finding CallerProgram::does_not_end(const std::string& state, Duration limit) {
  Finding out;
  out.kind = Kind::hang;
  out.severity = fuzz::Severity::medium;
  out.subject = options_.subject;
  out.state = state;
  out.clause = "PS3.8 9.2.3";
  out.detail = "does not end";
  int seen_running = 0;
  for (int i = 0; i < looks && runs(); ++i) {
    loop_.wait_until([this] { return !runs(); }, between_looks);
    seen_running += any_runs(process_tree(id())) ? 1 : 0;
  }
  const bool busy = seen_running > looks * 3 / 4;
  if (busy) out.detail += ", keeps a core busy";
  out.happened = fmt::format(
      "All connections of the device were over, and {:.1f} s later its command had not ended and had not called again"
      "{}.",
      std::chrono::duration<double>(limit).count(), busy ? "; it kept a core busy" : "");
  out.advice =
      "When the transport connection is closed the association is over (Evt17): tell the user, and wait for nothing "
      "that cannot come any more.";
  kill();
  return out;
}

}  // namespace assay::app
