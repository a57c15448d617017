#include "harness/app/fuzz_seeds_scp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/home.hpp"
#include "peers/devices/embedded_device.hpp"

namespace assay::app {
namespace {

using fuzz::device::Conversation;

constexpr std::size_t calls_enough = 3;  // of a device that calls again and again
constexpr std::size_t most_seeds = 8;

/// "c-store": what is asked first; "association" where nothing is.
std::string kind_of(const trace::Trace& trace) {
  for (const auto& entry : trace.entries) {
    const auto* message = std::get_if<trace::MessageSeen>(&entry.what);
    if (message == nullptr || message->from != trace::Side::requestor) continue;
    auto name = message->message->command.name();
    name = name.substr(0, name.rfind("-RQ"));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return name.contains(' ') ? "association" : name;
  }
  return "association";
}

/// All of one start as one conversation; of a device that calls again, each kind of call once.
std::vector<Conversation> seeds_of(const std::vector<trace::Trace>& traces, Calls calls) {
  std::vector<const trace::Trace*> all;
  for (const auto& trace : traces) all.push_back(&trace);
  std::vector<Conversation> out;
  if (calls == Calls::once) {
    if (!all.empty()) out.push_back(fuzz::device::replies_of(kind_of(*all.front()), "recorded", all));
  } else {
    for (const auto* trace : all) {
      const auto kind = kind_of(*trace);
      if (out.size() >= most_seeds || std::ranges::find(out, kind, &Conversation::kind) != out.end()) continue;
      out.push_back(fuzz::device::replies_of(kind, "recorded", std::span(&trace, 1)));
    }
  }
  std::erase_if(out, [](const Conversation& c) { return c.steps.empty(); });
  return out;
}

}  // namespace

std::expected<ReplySeeds, std::string> record_replies(peers::Loop& loop, CallerProgram* program,
                                                      const ReplySeedOptions& options) {
  std::vector<trace::Trace> traces;
  peers::EmbeddedDeviceOptions d;
  d.address = options.address;
  d.port = options.port;
  d.port_setting = "--listen";
  d.ae_title = options.called_ae;
  d.whole_hospital = true;
  d.rules = options.rules;
  d.on_trace = [&traces](const trace::Trace& trace) {
    if (traces.size() < fuzz::device::max_lines) traces.push_back(trace);
  };
  auto device = peers::EmbeddedDevice::start(loop, std::move(d));
  if (!device) return std::unexpected(device.error());
  ReplySeeds out;
  if (program != nullptr)
    if (auto started = program->start(); !started) return std::unexpected(started.error());
  const auto gone = [&] { return program != nullptr && !program->runs(); };
  loop.wait_until([&] { return !traces.empty() || gone() || options.interrupted(); }, options.first_call);
  // One that ended has closed its connections: what they were comes a moment later.
  if (gone())
    loop.wait_until([&] { return (*device)->acceptor().open_connections() == 0 && !traces.empty(); },
                    std::chrono::milliseconds(500));
  if (options.interrupted()) return std::unexpected(std::string("interrupted"));
  if (traces.empty()) {
    if (program == nullptr)
      return std::unexpected(fmt::format("no device has called {}:{} within {:.0f} s", options.address, options.port,
                                         std::chrono::duration<double>(options.first_call).count()));
    return std::unexpected(fmt::format(
        "the command of --start has not called 127.0.0.1:{}{}: write {{port}} where it takes the port", options.port,
        gone() ? fmt::format(" and ended ({}): {}", program->ending(), program->last_words()) : ""));
  }
  if (program == nullptr) {
    out.calls = Calls::unasked;
    loop.wait_until([&] { return traces.size() >= calls_enough || options.interrupted(); }, options.timeout);
  } else {
    // A command that calls again while an association of it is under way is not one that goes on.
    // One that is quick has its next connection there before the end of the last is seen: associations count.
    const auto idle = [&] { return (*device)->acceptor().open_associations() == 0; };
    loop.wait_until([&] { return gone() || options.interrupted() || (traces.size() >= 2 * calls_enough && idle()); },
                    options.timeout);
    if (!gone() && !idle()) loop.wait_until([&] { return gone() || options.interrupted(); }, 4 * options.timeout);
    if (!gone() && traces.size() < 2)
      return std::unexpected(fmt::format(
          "the command of --start has neither ended nor called again {:.0f} s after its association: let it end by "
          "itself, or call again and again, or give it more time with --timeout",
          std::chrono::duration<double>(options.timeout).count()));
    out.calls = gone() ? Calls::once : Calls::again;
    out.ending = program->ending();
  }
  out.seeds = seeds_of(traces, out.calls);
  if (program != nullptr) program->kill();
  (*device)->stop(Duration{0});
  loop.wait_until([&] { return (*device)->acceptor().open_connections() == 0; }, std::chrono::milliseconds(500));
  if (options.interrupted()) return std::unexpected(std::string("interrupted"));
  if (out.seeds.empty()) return std::unexpected(std::string("what it was answered is too long to begin with"));
  return out;
}

}  // namespace assay::app
