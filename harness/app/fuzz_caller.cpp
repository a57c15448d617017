#include "harness/app/fuzz_caller.hpp"

#include <fmt/format.h>

#include "harness/app/process_tree.hpp"

namespace assay::app {
namespace {

using fuzz::Finding;
using fuzz::Kind;
using fuzz::device::ReplyCommand;

constexpr int most_calls_more = 3;                                // of a command that should end: it tries again
constexpr std::uint64_t memory_growth = std::uint64_t{24} << 20;  // less is never called a leak
constexpr std::uint64_t descriptor_growth = 48;
constexpr std::uint64_t measure_every = 2;               // conversations
constexpr Duration known_end = std::chrono::seconds(1);  // is waited for after a place where it is known not to come

}  // namespace

DeviceCaller::DeviceCaller(peers::Loop& loop, peers::Callers& callers, CallerProgram* program, CallerOptions options)
    : loop_(loop),
      callers_(callers),
      program_(program),
      options_(std::move(options)),
      memory_(memory_growth),
      descriptors_(descriptor_growth) {}

pid_t DeviceCaller::process() const { return program_ != nullptr ? program_->id() : options_.process; }

bool DeviceCaller::runs() const {
  if (program_ != nullptr) return program_->runs();
  return options_.process == 0 || lives(options_.process);
}

void DeviceCaller::afresh() {
  if (program_ == nullptr) return;
  program_->kill();
  callers_.turn_away();
}

std::expected<void, std::string> DeviceCaller::ready() {
  if (program_ == nullptr || (options_.calls == Calls::again && program_->runs())) return {};
  callers_.turn_away();  // calls of one that is no more
  memory_.forget();
  descriptors_.forget();
  return program_->start();
}

fuzz::device::Outcome DeviceCaller::talk_with(const fuzz::device::Conversation& conversation,
                                              fuzz::device::TalkOptions options,
                                              const std::function<void(const std::string& last)>& over) {
  fuzz::device::ReplyTalk talk(conversation, std::move(options));
  const auto carry = [&] {
    while (const auto command = talk.next_command()) {
      switch (command->kind) {
        case ReplyCommand::Kind::send:
          callers_.send(command->line, command->bytes, command->step->pieces, command->step->pause);
          break;
        case ReplyCommand::Kind::fin: callers_.fin(command->line); break;
        case ReplyCommand::Kind::half: callers_.half(command->line); break;
        case ReplyCommand::Kind::rst: callers_.rst(command->line); break;
      }
    }
    callers_.wake(talk.next_deadline());
  };
  callers_.begin({.called =
                      [&](std::uint8_t line) {
                        talk.called(line, loop_.now());
                        carry();
                      },
                  .received =
                      [&](std::uint8_t line, ByteView bytes) {
                        talk.received(line, bytes, loop_.now());
                        carry();
                      },
                  .closed =
                      [&](std::uint8_t line, trace::Closing how) {
                        talk.closed(line, how, loop_.now());
                        carry();
                      },
                  .sent =
                      [&](std::uint8_t line) {
                        talk.sent(line, loop_.now());
                        carry();
                      },
                  .expired =
                      [&] {
                        talk.expire(loop_.now());
                        carry();
                      }});
  const auto gone = [&] {
    talk.ended(loop_.now());
    carry();
  };
  if (program_ != nullptr) program_->on_end(gone);
  talk.start(loop_.now());
  carry();
  if (program_ != nullptr && !program_->runs()) gone();
  if (!loop_.run_until([&] { return talk.done(); })) talk.interrupt(loop_.now());
  if (program_ != nullptr) program_->on_end({});
  callers_.end();
  const auto closed = loop_.now();
  over(talk.last());
  return talk.finish(closed, options_.calls == Calls::once && program_ != nullptr ? program_->ending() : "");
}

/// The command has to end. One that calls again is turned away: what it wants is no longer there.
void DeviceCaller::after_once(const std::string& last, Duration limit, Met& met) {
  const auto began = loop_.now();
  int more = 0;
  while (program_->runs() && more < most_calls_more && loop_.now() - began < limit) {
    loop_.wait_until([this] { return !program_->runs() || callers_.somebody_waits(); }, limit - (loop_.now() - began));
    if (!callers_.somebody_waits()) {
      if (program_->runs() && loop_.now() - began + std::chrono::milliseconds(5) < limit) return;  // interrupted
      break;
    }
    callers_.turn_away();
    ++more;
  }
  met.ending = loop_.now() - began;
  met.broken = program_->broke(last, false);
  if (!met.broken && program_->runs() && more == 0) met.broken = program_->does_not_end(last, limit);
}

/// It has to call again.
void DeviceCaller::after_again(const std::string& last, Duration limit, Met& met) {
  const auto began = loop_.now();
  const bool there = loop_.wait_until([this] { return !runs() || callers_.somebody_waits(); }, limit);
  met.ending = loop_.now() - began;
  if (program_ != nullptr) met.broken = program_->broke(last, true);
  if (met.broken) return;
  Finding out;
  out.subject = options_.subject;
  out.state = last;
  if (!runs()) {
    out.kind = Kind::crash;
    out.detail = "process gone";
    out.happened = fmt::format("Process {} of the device is no more.", options_.process);
    out.advice = "Let Assay start the device with --start: then how it ended and what it wrote are known.";
  } else if (!there && met.ending >= limit) {
    out.kind = Kind::hang;
    out.detail = "calls no more";
    out.clause = "PS3.8 9.2.3";
    out.happened =
        fmt::format("The device had called again and again. After this conversation it did not call for {:.1f} s.",
                    std::chrono::duration<double>(limit).count());
    out.advice = "One association that went wrong must not keep a device from the next one.";
    afresh();
  } else {
    if (auto grown = grows()) {
      met.broken = std::move(grown);
      met.of_this_one = false;
    }
    return;
  }
  out.severity = fuzz::usual_severity(out.kind, out.detail);
  met.broken = std::move(out);
}

std::optional<Finding> DeviceCaller::grows() {
  const auto id = process();
  if (id == 0 || met_ % measure_every != 0) return std::nullopt;
  auto processes = process_tree(id);
  if (program_ != nullptr && !processes.empty()) processes.erase(processes.begin());  // the one that follows it
  const auto use = measure(processes);
  if (use.processes == 0) return std::nullopt;
  memory_.add(met_, use.memory);
  descriptors_.add(met_, use.descriptors);
  for (auto* growth : {&descriptors_, &memory_}) {
    const auto trend = growth->growing();
    if (!trend) continue;
    growth->forget();
    Finding out;
    const bool leak = growth == &memory_;
    out.kind = leak ? Kind::leak : Kind::descriptors;
    out.detail = leak ? "memory grows" : "descriptors grow";
    out.severity = fuzz::usual_severity(out.kind, out.detail);
    out.subject = options_.subject;
    out.happened =
        fmt::format("{} grew from {} to {} in {} conversations, window by window and not slower towards the end.",
                    leak ? "Memory (KiB)" : "Open descriptors", leak ? trend->from >> 10U : trend->from,
                    leak ? trend->to >> 10U : trend->to, trend->executions);
    out.advice = "What an association takes must be given back when it ends, however it ends.";
    return out;
  }
  return std::nullopt;
}

Met DeviceCaller::meet(const fuzz::device::Conversation& conversation, fuzz::device::TalkOptions talk,
                       std::optional<Duration> end) {
  Met met;
  ++met_;
  if (auto started = ready(); !started) {
    met.trouble = started.error();
    return met;
  }
  met.outcome = talk_with(conversation, std::move(talk), [&](const std::string& last) {
    auto limit = end.value_or(options_.end);
    if (options_.calls == Calls::once && options_.endless && options_.endless(last)) limit = std::min(limit, known_end);
    if (options_.calls == Calls::once)
      after_once(last, limit, met);
    else
      after_again(last, limit, met);
  });
  return met;
}

}  // namespace assay::app
