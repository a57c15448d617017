// Child processes: started, watched, ended by their id, with what they started themselves.
#include <gmock/gmock.h>

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "peers/process.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

std::unique_ptr<Process> shell(Loop& loop, const std::string& command, ProcessOptions options = {}) {
  options.argv = {"/bin/sh", "-c", command};
  auto started = Process::start(loop, std::move(options));
  EXPECT_TRUE(started) << (started ? "" : started.error());
  return started ? std::move(*started) : nullptr;
}

void wait_for_end(Loop& loop, Process& process) {
  bool ended = false;
  process.on_end([&] { ended = true; });
  ASSERT_TRUE(loop.run_until([&] { return ended; }));
}

TEST(Process, Its_end_and_the_tail_of_its_output_are_known) {
  Loop loop;
  ProcessOptions options;
  options.keep_output = 100;
  options.environment = {{"ASSAY_WORD", "a b"}};
  const auto process =
      shell(loop, "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; echo \"last $ASSAY_WORD\" >&2; exit 3",
            options);
  wait_for_end(loop, *process);
  EXPECT_FALSE(process->running());
  EXPECT_EQ(process->exit_code(), 3);
  EXPECT_EQ(process->ending(), "exit 3");
  EXPECT_THAT(process->output(), HasSubstr("last a b"));
  EXPECT_LE(process->output().size(), 100U);
}

TEST(Process, What_cannot_be_started_is_an_error_and_not_an_exit_code) {
  Loop loop;
  const auto missing = Process::start(loop, {{"/no/such/program"}, {}, {}, 100});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr("/no/such/program"));
  EXPECT_FALSE(Process::start(loop, {{"/bin/sh"}, {}, "/no/such/folder", 100}));
  EXPECT_FALSE(Process::start(loop, {}));
}

TEST(Process, Is_ended_by_sigterm_and_by_sigkill_when_it_does_not_listen) {
  Loop loop;
  const auto listens = shell(loop, "sleep 1000");
  listens->terminate(patient);
  wait_for_end(loop, *listens);
  EXPECT_EQ(listens->ending(), "killed by signal 15");

  const auto deaf = shell(loop, "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(loop.run_until([&] { return deaf->output() == "ready\n"; }));
  deaf->terminate(soon);
  wait_for_end(loop, *deaf);
  EXPECT_EQ(deaf->ending(), "killed by signal 9");
}

TEST(Process, Has_no_connection_of_ours_so_that_a_peer_hears_of_its_end_at_once) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);  // as sockets of the loop: not closed by exec
  const auto process = shell(loop, "sleep 1000");
  ::close(ends[1]);
  pollfd end{.fd = ends[0], .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&end, 1, 5000), 1);
  ::close(ends[0]);
  process->terminate(patient);
  wait_for_end(loop, *process);
}

TEST(Process, What_it_started_goes_with_it) {
  Loop loop;
  pid_t grandchild = 0;
  {
    const auto process = shell(loop, "sleep 1000 & echo $!; wait");
    ASSERT_TRUE(loop.run_until([&] { return process->output().ends_with('\n'); }));
    grandchild = std::stoi(process->output());
    ASSERT_EQ(::kill(grandchild, 0), 0);
  }
  // It is nobody's child now, so whoever adopted it may take a moment to bury it; a zombie counts as gone.
  const auto gone = [&] {
    if (::kill(grandchild, 0) != 0) return true;
    std::string state;
    if (auto* file = std::fopen(("/proc/" + std::to_string(grandchild) + "/stat").c_str(), "r")) {
      char line[256] = {};
      if (std::fgets(line, sizeof line, file) != nullptr) state = line;
      std::fclose(file);
    }
    return state.empty() || state.find(") Z ") != std::string::npos;
  };
  const auto end = loop.now() + patient;
  while (!gone() && loop.now() < end) ::sched_yield();
  EXPECT_TRUE(gone());
}

/// The deaths by signal that are told of a command, until it has ended and all of them have been read.
std::vector<SignalDeath> deaths_of(const std::string& command) {
  Loop loop;
  std::vector<SignalDeath> told;
  bool itself = false;
  ProcessOptions options;
  options.core_files = false;
  options.on_death = [&](SignalDeath death) {
    itself = itself || death.first;
    told.push_back(std::move(death));
  };
  const auto process = shell(loop, command, std::move(options));
  wait_for_end(loop, *process);
  // Its own death is the last that is told, and was told before its end.
  if (process->signal() != 0) {
    EXPECT_TRUE(loop.run_until([&] { return itself; }));
  }
  return told;
}

TEST(Process, Each_death_by_a_signal_of_what_it_started_is_told_and_its_own) {
  const auto told = deaths_of("sh -c 'kill -BUS $$'; sh -c 'kill -TERM $$'; sh -c 'exit 7'; kill -SEGV $$");
  ASSERT_EQ(told.size(), 2U) << "who was asked to end, or ended by itself, is no fault";
  EXPECT_EQ(told[0].signal, SIGBUS);
  EXPECT_FALSE(told[0].first);
  EXPECT_FALSE(told[0].frames.empty());
  EXPECT_EQ(told[1].signal, SIGSEGV);
  EXPECT_TRUE(told[1].first);
  EXPECT_FALSE(told[1].frames.empty());
}

/// Threads are started all the time until the process dies by a signal that no sanitizer takes for itself.
[[noreturn]] void die_while_threads_start() {
  std::atomic<int> started = 0;
  const auto start = [&] {
    for (;;) std::thread([&] { ++started; }).join();
  };
  std::thread(start).detach();
  std::thread(start).detach();
  while (started < 20) std::this_thread::yield();
  ::raise(SIGSYS);
  ::_exit(1);
}

TEST(Process, A_thread_that_dies_with_its_process_is_no_death_of_its_own_however_young_it_is) {
  constexpr const char* one_that_dies = "ASSAY_TEST_DIES";
  if (std::getenv(one_that_dies) != nullptr) die_while_threads_start();
  const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
  const std::string here = std::string(test->test_suite_name()) + "." + test->name();
  const auto command = "exec env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX -u GTEST_OUTPUT " +
                       std::string(one_that_dies) + "=1 " + std::filesystem::read_symlink("/proc/self/exe").string() +
                       " --gtest_filter=" + here;
  for (int i = 0; i < 50; ++i) {
    const auto told = deaths_of(command);
    ASSERT_EQ(told.size(), 1U) << "in run " << i;
    EXPECT_TRUE(told[0].first);
    EXPECT_EQ(told[0].signal, SIGSYS);
  }
}

TEST(Process, Words_are_put_into_a_command_and_quoted_where_the_shell_needs_it) {
  const std::vector<std::pair<std::string, std::string>> words{
      {"port", "11112"}, {"called", "MY SCP"}, {"file", "it's"}, {"empty", ""}};
  EXPECT_EQ(substitute("echoscu -aec {called} localhost {port}", words), "echoscu -aec 'MY SCP' localhost 11112");
  EXPECT_EQ(substitute("x {file} {empty}", words), "x 'it'\\''s' ''");
  EXPECT_EQ(substitute("for i in ${LIST}; do { echo {unknown} {port}; }; done", words),
            "for i in ${LIST}; do { echo {unknown} 11112; }; done");
}

TEST(Process, A_port_is_waited_for_until_it_listens) {
  Loop loop;
  const auto port = free_port();
  ASSERT_TRUE(port);
  std::optional<bool> listening;
  wait_for_port(loop, "127.0.0.1", *port, soon, {}, [&](bool does) { listening = does; });
  ASSERT_TRUE(loop.run_until([&] { return listening.has_value(); }));
  EXPECT_FALSE(*listening);

  listening.reset();
  std::unique_ptr<BadListener> listener;
  asio::steady_timer later(loop.impl().context, std::chrono::milliseconds(60));
  tcp::acceptor acceptor(loop.impl().context);
  later.async_wait([&](const error_code&) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), *port);
    acceptor.open(endpoint.protocol());
    acceptor.bind(endpoint);
    acceptor.listen();
  });
  wait_for_port(loop, "127.0.0.1", *port, patient, {}, [&](bool does) { listening = does; });
  ASSERT_TRUE(loop.run_until([&] { return listening.has_value(); }));
  EXPECT_TRUE(*listening);

  listening.reset();
  const auto closed = free_port();
  wait_for_port(loop, "127.0.0.1", *closed, patient, [] { return true; }, [&](bool does) { listening = does; });
  ASSERT_TRUE(loop.run_until([&] { return listening.has_value(); }));
  EXPECT_FALSE(*listening) << "given up early";
}

}  // namespace
}  // namespace assay::peers::test
