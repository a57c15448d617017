#include "harness/app/fuzz_talk.hpp"

#include <algorithm>

#include "peers/lines.hpp"

namespace assay::app {
namespace {

/// Looks at whether the device is idle. One look is not enough: what it sent before may still be on its way to us, and
/// is taken in before the next look.
class IdleLooks {
 public:
  IdleLooks(const std::function<bool()>& idle, const peers::Loop& loop) : idle_(idle), loop_(loop) {}

  /// Something was said, or another wait has begun.
  void restart() {
    seen_ = 0;
    gap_ = least_gap;
    next_ = loop_.now() + gap_;
  }
  [[nodiscard]] std::optional<Instant> next() const { return idle_ ? std::optional(next_) : std::nullopt; }
  /// True when it was idle twice.
  bool look() {
    const auto now = loop_.now();
    if (!idle_ || now < next_) return false;
    seen_ = idle_() ? seen_ + 1 : 0;
    const auto after = loop_.now();
    // A device with many threads is looked at less often, and one that works is left to it.
    gap_ = seen_ > 0 ? least_gap : std::min(2 * gap_, most_gap);
    next_ = after + std::max(gap_, 4 * (after - now));
    return seen_ >= 2;
  }

 private:
  static constexpr Duration least_gap = std::chrono::microseconds(500);
  static constexpr Duration most_gap = std::chrono::milliseconds(8);

  const std::function<bool()>& idle_;
  const peers::Loop& loop_;
  Duration gap_ = least_gap;
  Instant next_;
  int seen_ = 0;
};

}  // namespace

using fuzz::device::Command;

fuzz::device::Outcome converse(peers::Loop& loop, const TalkTarget& target,
                               const fuzz::device::Conversation& conversation, fuzz::device::TalkOptions options) {
  const auto connect = options.connect;
  fuzz::device::Talk talk(conversation, std::move(options));
  peers::Lines* lines = nullptr;
  IdleLooks looks(target.idle, loop);
  const auto wake = [&] {
    auto at = talk.next_deadline();
    if (const auto look = looks.next(); look && talk.ends_when_settled()) at = at ? std::min(*at, *look) : *look;
    lines->wake(at);
  };
  const auto carry = [&] {
    looks.restart();
    while (const auto command = talk.next_command()) {
      switch (command->kind) {
        case Command::Kind::connect: lines->open(command->line, connect); break;
        case Command::Kind::send:
          lines->send(command->line, command->step->bytes, command->step->pieces, command->pause);
          break;
        case Command::Kind::fin: lines->fin(command->line); break;
        case Command::Kind::half: lines->half(command->line); break;
        case Command::Kind::rst: lines->rst(command->line); break;
      }
    }
    wake();
  };
  peers::Lines all(loop, target.host, target.port,
                   {.connected =
                        [&](std::uint8_t line, bool stands, const std::string& why) {
                          talk.connected(line, stands, why, loop.now());
                          carry();
                        },
                    .received =
                        [&](std::uint8_t line, ByteView bytes) {
                          talk.received(line, bytes, loop.now());
                          carry();
                        },
                    .closed =
                        [&](std::uint8_t line, trace::Closing how) {
                          talk.closed(line, how, loop.now());
                          carry();
                        },
                    .sent =
                        [&](std::uint8_t line) {
                          talk.sent(line, loop.now());
                          carry();
                        },
                    .expired =
                        [&] {
                          if (talk.ends_when_settled() && looks.look()) {
                            talk.settled(loop.now());
                          } else if (const auto deadline = talk.next_deadline(); deadline && loop.now() < *deadline) {
                            wake();
                            return;
                          } else {
                            talk.expire(loop.now());
                          }
                          carry();
                        }});
  lines = &all;
  talk.start(loop.now());
  carry();  // not posted: a conversation without a connect is over before the loop turns
  if (!loop.run_until([&] { return talk.done(); })) talk.interrupt(loop.now());
  return talk.finish(loop.now());
}

}  // namespace assay::app
