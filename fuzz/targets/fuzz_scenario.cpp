// Scenario files from nobody knows where: the loader never crashes and always says why it refuses; what it takes is run
// against happenings taken from the same input, and ends. First byte: how many bytes of happenings follow it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/scenario/interpreter.hpp"
#include "harness/scenario/loader.hpp"

namespace {

using namespace assay;
using fuzz::require;

constexpr std::size_t max_rounds = 2000;

/// Plays the host: each byte chooses what happens next.
void play(const scenario::Case& one, ByteView happenings) {
  scenario::Environment environment;
  environment.target_host = "h";
  environment.target_port = 104;
  scenario::Interpreter interpreter(one, environment);
  Instant now;
  interpreter.start(now);
  std::size_t at = 0;
  for (std::size_t round = 0; round < max_rounds && !interpreter.finished(); ++round) {
    while (const auto command = interpreter.next_command()) {
      if (const auto* connect = std::get_if<scenario::Connect>(&*command))
        interpreter.connected(connect->connection, "", now);
      if (const auto* send = std::get_if<scenario::Send>(&*command)) interpreter.sent(send->connection, now);
      if (const auto* listen = std::get_if<scenario::Listen>(&*command))
        interpreter.listening(listen->listener, 1, now);
    }
    if (interpreter.finished()) break;
    const auto choice = at < happenings.size() ? happenings[at++] : std::uint8_t{0};
    switch (choice & 7U) {
      case 1:
      case 2: {
        const auto count = std::min<std::size_t>(choice >> 2U, happenings.size() - at);
        interpreter.received(1 + (choice & 1U), happenings.subspan(at, count), now);
        at += count;
        break;
      }
      case 3: interpreter.peer_closed(1, (choice & 8U) != 0 ? trace::Closing::fin : trace::Closing::rst, now); break;
      case 4: interpreter.accepted(1, "p", now); break;
      case 5: interpreter.operated(1, (choice & 8U) != 0, "", now); break;
      case 6: interpreter.connect_failed(1, "", now); break;
      default: {
        const auto deadline = interpreter.next_deadline();
        if (!deadline) {
          interpreter.interrupt(now);
        } else {
          now = std::max(now, *deadline);
          interpreter.expire(now);
        }
      }
    }
  }
  if (!interpreter.finished()) interpreter.interrupt(now);
  while (interpreter.next_command()) {
  }
  require(interpreter.finished(), "a case ends");
  const auto result = interpreter.result();
  require(result.verdict == trace::Verdict::pass || !result.reason.empty(), "what does not pass has a reason");
  // What was executed is a scenario again.
  (void)scenario::load(interpreter.executed_xml(), "executed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const fuzz::MemoryBound memory(size, 4096, std::size_t{8} << 20U);
  const ByteView input(data, size);
  const auto count = std::min<std::size_t>(data[0], size - 1);
  const auto happenings = input.subspan(1, count);
  const auto text = as_text(input.subspan(1 + count));
  const auto loaded = scenario::load(text, "f");
  if (!loaded) {
    require(!loaded.error().empty(), "a refusal has a reason");
    for (const auto& error : loaded.error())
      require(error.line >= 1 && error.column >= 1 && !error.message.empty(), "a mistake has a place and words");
    return 0;
  }
  for (const auto& one : *loaded) {
    const auto shared = std::make_shared<const scenario::Scenario>(one);
    const auto cases = scenario::cases_of(shared);
    play(cases.front(), happenings);
  }
  return 0;
}
