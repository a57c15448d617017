#include "harness/app/fuzz_talk.hpp"

#include "peers/lines.hpp"

namespace assay::app {

using fuzz::device::Command;

fuzz::device::Outcome converse(peers::Loop& loop, const TalkTarget& target,
                               const fuzz::device::Conversation& conversation, fuzz::device::TalkOptions options) {
  const auto connect = options.connect;
  fuzz::device::Talk talk(conversation, std::move(options));
  peers::Lines* lines = nullptr;
  const auto carry = [&] {
    while (const auto command = talk.next_command()) {
      switch (command->kind) {
        case Command::Kind::connect: lines->open(command->line, connect); break;
        case Command::Kind::send:
          lines->send(command->line, command->step->bytes, command->step->pieces, command->step->pause);
          break;
        case Command::Kind::fin: lines->fin(command->line); break;
        case Command::Kind::half: lines->half(command->line); break;
        case Command::Kind::rst: lines->rst(command->line); break;
      }
    }
    lines->wake(talk.next_deadline());
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
                          talk.expire(loop.now());
                          carry();
                        }});
  lines = &all;
  talk.start(loop.now());
  carry();  // not posted: a conversation without a connect is over before the loop turns
  if (!loop.run_until([&] { return talk.done(); })) talk.interrupt(loop.now());
  return talk.finish(loop.now());
}

}  // namespace assay::app
