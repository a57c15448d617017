#include "peers/program_run.hpp"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <fstream>
#include <memory>

#include "peers/connection.hpp"
#include "peers/process.hpp"

namespace assay::peers {
namespace {

constexpr auto look_every = std::chrono::milliseconds(50);

/// Bytes of RAM that a process holds; 0 when it has ended.
std::uint64_t resident(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t held = 0;
  if (!(file >> size >> held)) return 0;
  return held * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Looks at the process now and then, and ends it.
struct Watch : std::enable_shared_from_this<Watch> {
  Watch(Loop& used, Process& watched, const ProgramRunOptions& limits, ProgramRun& told)
      : loop(used), process(watched), options(limits), run(told), timer(used.impl().context), start(used.now()) {}

  void look() {
    if (!process.running()) return;
    const auto now = loop.now();
    if (asked_to_end) {
      if (now - *asked_to_end >= options.grace) ::kill(-process.id(), SIGKILL);
    } else if (options.give_up && options.give_up()) {
      run.given_up = true;
      ::kill(-process.id(), SIGKILL);
    } else if (now - start >= options.time) {
      run.timed_out = true;
      ask(now);
    } else if (options.memory > 0 && resident(process.id()) > options.memory) {
      run.over_memory = true;
      ask(now);
    }
    timer.expires_after(look_every);
    timer.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled) self->look();
    });
  }
  void ask(Instant now) {
    asked_to_end = now;
    ::kill(-process.id(), SIGABRT);
  }

  Loop& loop;
  Process& process;
  const ProgramRunOptions& options;
  ProgramRun& run;
  asio::steady_timer timer;
  Instant start;
  std::optional<Instant> asked_to_end;
};

}  // namespace

std::expected<ProgramRun, std::string> run_program(const ProgramRunOptions& options) {
  Loop loop;
  ProcessOptions how;
  how.argv = options.argv;
  how.environment = options.environment;
  how.folder = options.folder;
  how.keep_output = options.keep_end;
  how.keep_beginning = options.keep_beginning;
  how.core_files = false;
  ProgramRun run;
  const auto start = loop.now();
  auto process = Process::start(loop, std::move(how));
  if (!process) return std::unexpected(process.error());
  bool ended = false;
  (*process)->on_end([&ended] { ended = true; });
  const auto watch = std::make_shared<Watch>(loop, **process, options, run);
  watch->look();
  loop.run_until([&ended] { return ended; });
  watch->timer.cancel();
  run.took = loop.now() - start;
  run.exit_code = (*process)->exit_code();
  run.signal = (*process)->signal();
  run.output = (*process)->whole_output();
  return run;
}

}  // namespace assay::peers
