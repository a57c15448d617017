// What the device's process tells: that it, or a child of it, is dead, and what a sanitizer wrote.
#include <fmt/format.h>

#include <algorithm>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/death_stack.hpp"
#include "harness/app/device_watch_impl.hpp"

namespace assay::app {
namespace {

using fuzz::Finding;
using fuzz::Kind;

constexpr auto symbols_wait = std::chrono::seconds(20);  // a sanitizer looks its symbols up before it ends
constexpr auto ending_wait =
    std::chrono::milliseconds(500);  // from the last word of a process to its end, from that to where it was

/// Whether a report of a sanitizer has begun, and whether it is there as a whole.
bool report_begins(std::string_view output) {
  for (const std::string_view word : {"Sanitizer: ", ": runtime error: "})
    if (output.contains(word)) return true;
  return false;
}
bool report_whole(std::string_view output) {
  return output.contains("SUMMARY: ") || (output.contains(": runtime error: ") && !output.contains("Sanitizer: "));
}

}  // namespace

/// What has come from the device's process is taken in.
void DeviceWatch::Impl::settle() {
  for (int i = 0; i < 3; ++i) {
    bool turned = false;
    loop.post([&] { turned = true; });
    if (!loop.run_until([&] { return turned; })) return;
  }
}

std::string_view DeviceWatch::Impl::new_output() const {
  const auto* const started = running_program();
  if (started == nullptr) return {};
  const std::string_view output = started->output();
  const auto fresh = started->written() - output_seen;
  return output.substr(output.size() - std::min<std::uint64_t>(output.size(), fresh));
}

bool DeviceWatch::Impl::report_begun() const { return report_begins(new_output()); }

/// The process that was started, or that was told of, is no more.
std::optional<Observed> DeviceWatch::Impl::died(const std::string& state) {
  if (told || !gone()) return std::nullopt;
  told = true;
  const auto* const started = running_program();
  if (started == nullptr) {
    auto out = finding(Kind::crash, "process gone", state);
    out.happened = fmt::format("Process {} of the device is no more.", options.process);
    out.advice = "Start the device with --dut-start: then how it ended and what it wrote are known.";
    return Observed{std::move(out), true, true};
  }
  // Its last words: they are read once it has ended.
  bool read = false;
  const_cast<peers::Process*>(started)->on_end([&read] { read = true; });
  loop.wait_until([&] { return read; }, options.patience);
  const std::string output(new_output());
  output_seen = started->written();
  settle();  // where it was may be told after its end
  if (started->signal() != 0) loop.wait_until([&] { return !deaths.empty(); }, ending_wait);
  auto out = fuzz::finding_of(output, ending_of(*started, deaths));
  if (!out) {
    out = finding(Kind::crash, started->ending(), state);
    out->report = output.substr(output.size() - std::min(output.size(), fuzz::max_report));
  }
  if (!deaths.empty()) add_death_stack(*out, deaths.back());
  deaths.clear();
  out->subject = finding(Kind::crash, "", state).subject;
  out->state = state;
  out->happened = fmt::format("The device's process ended ({}) in or after this conversation. {}", started->ending(),
                              out->happened);
  if (out->advice.empty())
    out->advice = "Nothing that comes over the network may end a server: find out what let it end.";
  return Observed{std::move(*out), true, true};
}

/// A process that the device started, for this association perhaps, died by a signal.
std::optional<Observed> DeviceWatch::Impl::child_died(const std::string& state) {
  if (deaths.empty() || deaths.front().first) return std::nullopt;  // that of the device itself is for died()
  const auto death = std::move(deaths.front());
  deaths.pop_front();
  const std::string output(new_output());
  if (const auto* const started = running_program()) output_seen = started->written();
  auto out = fuzz::finding_of(output, {.exit_code = {}, .signal = death.signal});
  if (!out) out = finding(Kind::crash, fmt::format("signal {}", death.signal), state);
  add_death_stack(*out, death);
  out->subject = finding(Kind::crash, "", state).subject;
  out->state = state;
  out->happened = fmt::format(
      "A child process of the device (process {}) was killed by signal {} in or after this "
      "conversation; the device itself goes on. {}",
      death.process, death.signal, out->happened);
  if (out->advice.empty()) out->advice = "Its parent hides it: the peer sees a connection that closes without a word.";
  return Observed{std::move(*out), true, false};
}

/// A sanitizer has spoken: perhaps of a child, or of something that it lets pass.
std::optional<Observed> DeviceWatch::Impl::reported(const std::string& state) {
  const auto* const started = running_program();
  if (started == nullptr || !report_begun()) return std::nullopt;
  loop.wait_until([&] { return report_whole(new_output()) || gone(); }, symbols_wait);
  if (new_output().contains("Sanitizer: ")) loop.wait_until([&] { return gone(); }, ending_wait);
  if (gone()) return died(state);
  const std::string output(new_output());
  output_seen = started->written();
  auto out = fuzz::finding_of(output, {});
  if (!out) return std::nullopt;
  out->subject = finding(Kind::sanitizer, "", state).subject;
  out->state = state;
  out->happened = "A sanitizer reported this while the device goes on: of a child process, or of what it lets pass. " +
                  out->happened;
  return Observed{std::move(*out), true, false};
}

std::optional<Observed> DeviceWatch::Impl::dead(const std::string& state) {
  settle();
  if (auto found = died(state)) return found;
  if (auto found = child_died(state)) return found;
  return reported(state);
}

}  // namespace assay::app
