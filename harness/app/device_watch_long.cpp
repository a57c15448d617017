// What shows after many conversations: a second peer, memory and descriptors, and what was acknowledged.
#include <fmt/format.h>

#include <algorithm>

#include "harness/app/device_watch_impl.hpp"

namespace assay::app {

using fuzz::Kind;

std::optional<Observed> DeviceWatch::Impl::unserved(const std::string& state) {
  const auto wrong = health.check_second_peer([this] { return gone(); });
  if (auto found = dead(state)) return found;
  if (!wrong) return std::nullopt;
  auto out = finding(wrong->kind, wrong->detail, state);
  out.happened = fmt::format(
      "At the start the device served a second peer while a first held its association. Now it does not: {}.",
      wrong->said);
  out.advice = "An association that went wrong still holds what others wait for: a thread, a slot, a lock.";
  return Observed{std::move(out), false, true};
}

ProcessUse DeviceWatch::Impl::use_now() const {
  auto processes = process_tree(process());
  if (running_program() != nullptr && !processes.empty())
    processes.erase(processes.begin());  // the one that follows it
  return measure(processes);
}

std::optional<Observed> DeviceWatch::Impl::grows(const Execution& execution, bool now) {
  const auto id = process();
  if (id == 0 || (!now && execution.number % std::max<std::uint64_t>(options.measure_every, 1) != 0))
    return std::nullopt;
  const auto began = loop.now();
  if (!now && began < measures_after) return std::nullopt;
  const auto use = use_now();
  const auto over = loop.now();
  measures_after = over + options.measure_share * (over - began);
  if (use.processes == 0) return std::nullopt;
  memory.add(execution.number, use.memory);
  descriptors.add(execution.number, use.descriptors);
  if (auto found = grows(Kind::descriptors, descriptors, options.descriptor_growth, execution.state)) return found;
  return grows(Kind::leak, memory, options.memory_growth, execution.state);
}

std::optional<Observed> DeviceWatch::Impl::grows(Kind kind, Growth& growth, std::uint64_t least,
                                                 const std::string& state) {
  const auto trend = growth.growing();
  if (!trend) return std::nullopt;
  const auto value = [&] {
    const auto use = use_now();
    return kind == Kind::leak ? use.memory : use.descriptors;
  };
  // Left alone, a device puts away what its last associations held.
  const auto back = [&] { return value() < trend->from + least; };
  if (loop.wait_until([&] { return gone() || back(); }, options.patience) || gone()) {
    growth.forget();
    return std::nullopt;
  }
  growth.forget();
  (void)state;  // of no one conversation
  auto out = finding(kind, kind == Kind::leak ? "memory grows" : "descriptors grow", "");
  if (kind == Kind::leak) {
    out.happened = fmt::format(
        "Memory grew from {} KiB to {} KiB in {} conversations, window by window and not slower "
        "towards the end ({} bytes each), and stayed when nobody was connected.",
        trend->from >> 10, trend->to >> 10, trend->executions, trend->per_thousand() / 1000);
    out.advice = "What an association takes must be given back when it ends, however it ends.";
  } else {
    out.happened = fmt::format(
        "Open descriptors grew from {} to {} in {} conversations, and stayed when nobody was "
        "connected.",
        trend->from, trend->to, trend->executions);
    out.advice = "Close the connection, and the files, of every association that ends, however it ends.";
  }
  return Observed{std::move(out), false, false};
}

std::optional<Observed> DeviceWatch::Impl::lost(const std::string& state) {
  if (!options.keepsakes || !keepsakes.on()) return std::nullopt;
  auto said = keepsakes.lost();
  if (auto found = dead(state)) return found;
  if (!said) {
    keepsakes.store();
    return std::nullopt;
  }
  auto out = finding(Kind::lost_data, "acknowledged object gone", "");
  out.happened = *said + ".";
  out.clause = "PS3.4 B.2.3";
  out.advice =
      "A status of Success for a C-STORE says that the object is kept: write it, and keep others from it, first.";
  return Observed{std::move(out), false, false};
}

}  // namespace assay::app
