// Each oracle against a device that breaks in just this way (tests/interop/fragile_device.py), and against one that
// does not.
#include <gmock/gmock.h>

#include <dlfcn.h>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fstream>

#include "harness/app/device_watch.hpp"
#include "harness/app/elf_names.hpp"
#include "harness/app/growth.hpp"
#include "harness/app/process_idle.hpp"
#include "harness/app/process_tree.hpp"
#include "harness/version.hpp"
#include "tests/loopback/peers_support.hpp"
#include "tests/loopback/scratch.hpp"

namespace assay::app {
namespace {

using assay::test::Scratch;
using fuzz::Kind;
using peers::test::patient;
using testing::HasSubstr;

/// A fragile device that is watched.
class Watched {
 public:
  explicit Watched(const std::string& mode, const std::function<void(DeviceWatchOptions&)>& change = {}) {
    DeviceWatchOptions options;
    options.port = peers::free_port().value();
    options.start = "exec /usr/bin/python3 -B " ASSAY_SOURCE_DIR "/tests/interop/fragile_device.py " + mode +
                    " {port} --stored " + scratch_.path().string();
    options.stored = scratch_.path();
    options.start_timeout = patient;
    options.look_every = Duration{0};
    options.health_every = 1;
    options.measure_every = 1;
    options.measure_share = 0;
    if (change) change(options);
    port_ = options.port;
    auto started = DeviceWatch::start(loop_, std::move(options));
    EXPECT_TRUE(started) << (started ? "" : started.error());
    if (started) watch_ = std::move(*started);
  }

  DeviceWatch& watch() { return *watch_; }
  explicit operator bool() const { return watch_ != nullptr; }
  std::filesystem::path folder() const { return scratch_.path(); }
  peers::Loop& loop() { return loop_; }

  /// One conversation; with a called title of TRIGGER the device breaks.
  peers::RequestorResult talk(const std::string& called = "ANY-SCP") {
    peers::RequestorOptions options;
    options.host = "127.0.0.1";
    options.port = port_;
    options.called_ae = called;
    options.connect_timeout = options.dul_timeout = options.dimse_timeout = std::chrono::milliseconds(500);
    return peers::echo(loop_, options);
  }
  std::optional<Observed> converse(const std::string& called = "ANY-SCP") {
    const bool odd = talk(called).failure != peers::Failure::none;
    return watch_->after({++number_, "Sta2", odd});
  }
  /// So many, until something is observed.
  std::optional<Observed> converse_often(int count) {
    std::optional<Observed> found;
    for (int i = 0; i < count && !found; ++i) found = converse();
    return found;
  }

 private:
  Scratch scratch_;
  peers::Loop loop_;
  std::uint16_t port_ = 0;
  std::uint64_t number_ = 0;
  std::unique_ptr<DeviceWatch> watch_;
};

std::string all_notes(const DeviceWatch& watch) {
  std::string out;
  for (const auto& note : watch.notes()) out += note + "\n";
  return out;
}

TEST(DeviceWatch, Finds_nothing_wrong_with_a_healthy_device) {
  for (const char* mode : {"healthy", "child-healthy"}) {
    Watched device(mode);
    ASSERT_TRUE(device);
    EXPECT_FALSE(device.converse_often(10));
    EXPECT_FALSE(device.converse("TRIGGER"));
    const auto last = device.watch().look_at_all("Sta2");
    EXPECT_FALSE(last) << mode << ": " << last->finding.happened;
    EXPECT_THAT(all_notes(device.watch()), HasSubstr("second peer: on"));
    EXPECT_THAT(all_notes(device.watch()), HasSubstr("acknowledged data: on: objects of ours are looked for in "));
    EXPECT_THAT(all_notes(device.watch()), testing::Not(HasSubstr("off")));
  }
}

TEST(DeviceWatch, An_exit_that_nobody_asked_for_is_a_crash_and_the_device_can_be_started_again) {
  Watched device("exit");
  ASSERT_TRUE(device);
  EXPECT_FALSE(device.converse());
  const auto found = device.converse("TRIGGER");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::crash);
  EXPECT_THAT(found->finding.happened, HasSubstr("exit 3"));
  EXPECT_EQ(found->finding.state, "Sta2");
  EXPECT_TRUE(found->of_no_use);
  ASSERT_TRUE(device.watch().restart());
  EXPECT_FALSE(device.converse());
  EXPECT_TRUE(device.converse("TRIGGER"));
}

TEST(DeviceWatch, A_death_by_a_signal_tells_where_it_was) {
  Watched device("segv");
  ASSERT_TRUE(device);
  const auto found = device.converse("TRIGGER");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::crash);
  EXPECT_THAT(found->finding.detail, HasSubstr("11"));
  EXPECT_THAT(found->finding.happened, HasSubstr("killed by signal 11"));
  EXPECT_THAT(found->finding.place, HasSubstr("python"));
}

TEST(DeviceWatch, A_child_of_the_device_that_dies_by_a_signal_is_a_crash_though_the_device_goes_on) {
  Watched device("child");
  ASSERT_TRUE(device);
  EXPECT_FALSE(device.converse_often(3));
  const auto found = device.converse("TRIGGER");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::crash);
  EXPECT_THAT(found->finding.happened, HasSubstr("child process"));
  EXPECT_FALSE(found->of_no_use);
  EXPECT_FALSE(device.converse_often(3)) << "it is told once";
}

TEST(DeviceWatch, What_a_sanitizer_writes_is_told_of_the_device_of_its_children_and_of_what_goes_on) {
  for (const char* mode : {"asan", "child-asan", "ubsan"}) {
    Watched device(mode);
    ASSERT_TRUE(device);
    EXPECT_FALSE(device.converse());
    const auto found = device.converse("TRIGGER");
    ASSERT_TRUE(found) << mode;
    EXPECT_EQ(found->finding.kind, Kind::sanitizer) << mode;
    const bool goes_on = std::string_view(mode) != "asan";
    EXPECT_EQ(found->of_no_use, !goes_on) << mode;
    if (std::string_view(mode) != "ubsan") {
      EXPECT_THAT(found->finding.detail, HasSubstr("heap-buffer-overflow"));
      EXPECT_EQ(found->finding.place, "parse_item");
    }
    if (goes_on) {
      EXPECT_FALSE(device.converse_often(2)) << mode << ": it is told once";
    }
  }
}

TEST(DeviceWatch, A_listener_that_is_gone_or_silent_is_dead_and_one_that_rejects_is_unhealthy) {
  const auto impatient = [](DeviceWatchOptions& options) { options.patience = std::chrono::milliseconds(300); };
  for (const auto& [mode, kind, detail] :
       {std::tuple{"deaf", Kind::dead_listener, "refused"}, std::tuple{"stall", Kind::dead_listener, "silent"},
        std::tuple{"rejects", Kind::unhealthy, "rejected"}}) {
    Watched device(mode, impatient);
    ASSERT_TRUE(device);
    EXPECT_FALSE(device.converse());
    const auto found = device.converse("TRIGGER");
    ASSERT_TRUE(found) << mode;
    EXPECT_EQ(found->finding.kind, kind) << mode;
    EXPECT_EQ(found->finding.detail, detail);
    EXPECT_TRUE(found->of_no_use);
    ASSERT_TRUE(device.watch().restart()) << mode;
    EXPECT_FALSE(device.converse()) << mode;
  }
}

TEST(DeviceWatch, A_conversation_that_hangs_alone_is_no_finding_of_the_watch) {
  Watched device("hangs");
  ASSERT_TRUE(device);
  EXPECT_FALSE(device.converse("TRIGGER")) << "whether an answer was due, whoever led the conversation knows";
}

TEST(DeviceWatch, A_second_peer_that_is_no_longer_served_is_told_where_one_was_served_before) {
  const auto impatient = [](DeviceWatchOptions& options) { options.patience = std::chrono::milliseconds(300); };
  Watched device("second", impatient);
  ASSERT_TRUE(device);
  EXPECT_FALSE(device.converse());
  const auto found = device.converse("TRIGGER");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::second_peer);
}

TEST(DeviceWatch, A_device_of_many_peers_that_a_silent_one_blocks_is_told_once_and_one_of_a_single_peer_is_not) {
  const auto impatient = [](DeviceWatchOptions& options) { options.patience = std::chrono::milliseconds(300); };
  Watched blocked("blocks", impatient);
  ASSERT_TRUE(blocked);
  const auto found = blocked.converse();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::second_peer);
  EXPECT_EQ(found->finding.detail, "blocked by a silent connection");
  EXPECT_FALSE(found->of_this_execution);
  EXPECT_THAT(found->scenario, HasSubstr("<connect as=\"silent\"/>"));
  EXPECT_TRUE(blocked.watch().serves_second_peer());
  EXPECT_FALSE(blocked.watch().serves_beside_silence());
  EXPECT_FALSE(blocked.converse_often(3));
  Watched healthy("healthy", impatient);
  ASSERT_TRUE(healthy);
  EXPECT_TRUE(healthy.watch().serves_beside_silence());
}

TEST(DeviceWatch, Descriptors_that_are_never_closed_are_told_after_a_while) {
  const auto few = [](DeviceWatchOptions& options) {
    options.patience = std::chrono::milliseconds(200);
    options.descriptor_growth = 16;
    options.look_every = std::chrono::hours(1);
    options.health_every = 1000;
  };
  Watched leaking("descriptors", few);
  ASSERT_TRUE(leaking);
  const auto found = leaking.converse_often(130);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::descriptors);
  EXPECT_FALSE(found->of_this_execution);
  Watched healthy("healthy", few);
  ASSERT_TRUE(healthy);
  EXPECT_FALSE(healthy.converse_often(130));
}

TEST(DeviceWatch, Memory_that_grows_without_end_is_told_and_a_cache_and_a_collected_heap_are_not) {
  const auto little = [](DeviceWatchOptions& options) {
    options.patience = std::chrono::milliseconds(200);
    options.memory_growth = 4 << 20;
    options.look_every = std::chrono::hours(1);
    options.health_every = 1000;
  };
  Watched leaking("memory", little);
  ASSERT_TRUE(leaking);
  const auto found = leaking.converse_often(130);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::leak);
  for (const char* mode : {"cache", "heap"}) {
    Watched healthy(mode, little);
    ASSERT_TRUE(healthy);
    EXPECT_FALSE(healthy.converse_often(130)) << mode;
  }
}

TEST(DeviceWatch, An_object_that_was_acknowledged_and_is_gone_or_changed_is_lost_data) {
  const auto without_folder = [](DeviceWatchOptions& options) { options.stored.clear(); };
  for (const char* mode : {"forgets", "spoils"}) {
    Watched device(mode);
    ASSERT_TRUE(device);
    EXPECT_FALSE(device.converse_often(3));
    const auto found = device.converse("TRIGGER");
    ASSERT_TRUE(found) << mode;
    EXPECT_EQ(found->finding.kind, Kind::lost_data);
    EXPECT_THAT(found->finding.happened, HasSubstr(std::string_view(mode) == "forgets" ? "not there" : "not what was"));
  }
  Watched asked("forgets", without_folder);
  ASSERT_TRUE(asked);
  EXPECT_THAT(all_notes(asked.watch()), HasSubstr("by C-FIND"));
  EXPECT_FALSE(asked.converse_often(3));
  const auto found = asked.converse("TRIGGER");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.kind, Kind::lost_data);
}

TEST(DeviceWatch, A_device_that_cannot_be_started_or_does_not_answer_is_an_error_and_no_finding) {
  peers::Loop loop;
  DeviceWatchOptions options;
  options.port = peers::free_port().value();
  options.start = "exit 4";
  auto started = DeviceWatch::start(loop, options);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("exit 4"));
  options.start.clear();
  options.patience = std::chrono::milliseconds(100);
  started = DeviceWatch::start(loop, options);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("refuse"));
}

TEST(DeviceWatch, A_process_that_was_started_elsewhere_is_watched_by_its_id) {
  Watched device("exit");
  ASSERT_TRUE(device);
  const auto tree = process_tree(device.watch().process());
  ASSERT_EQ(tree.size(), 2U) << "the one that follows it, and it";
  EXPECT_TRUE(lives(tree[1]));
  const auto use = measure(tree);
  EXPECT_EQ(use.processes, 2U);
  EXPECT_GT(use.memory, 1U << 20);
  EXPECT_GT(use.descriptors, 3U);
}

TEST(ProcessIdle, Tells_who_waits_from_who_works_and_from_whose_child_works) {
  const auto child = [](const char* script) {
    const auto id = ::fork();
    if (id == 0) {
      ::setpgid(0, 0);
      ::execl("/bin/sh", "sh", "-c", script, nullptr);
      ::_exit(127);
    }
    return id;
  };
  peers::Loop loop;
  for (const auto& [script, idle] :
       {std::pair{"sleep 1000 & wait", true}, std::pair{"(while :; do :; done) & wait", false}}) {
    const auto id = child(script);
    EXPECT_TRUE(loop.wait_until([id] { return process_tree(id).size() == 2; }, patient)) << script;
    // A shell that has just begun its child works for a moment.
    EXPECT_EQ(loop.wait_until([id] { return process_idle(id); }, idle ? patient : std::chrono::milliseconds(200)), idle)
        << script;
    ::kill(-id, SIGKILL);
    ::waitpid(id, nullptr, 0);
    EXPECT_FALSE(process_idle(id)) << "nobody is not idle";
  }
  EXPECT_FALSE(process_idle(0));
}

TEST(ElfNames, Tell_the_function_of_a_place_and_nothing_of_what_is_no_program) {
  Scratch scratch;
  Dl_info info{};
  ASSERT_NE(::dladdr(reinterpret_cast<const void*>(&::gnu_get_libc_version), &info), 0);
  const auto offset = static_cast<const char*>(info.dli_saddr) - static_cast<const char*>(info.dli_fbase);
  // Of a library whose first segment lies at 0 both are the same.
  const auto frame = fmt::format("{}+0x{:x}", std::filesystem::canonical(info.dli_fname).string(), offset);
  EXPECT_THAT(frame_name(frame), HasSubstr("gnu_get_libc_version"));
  EXPECT_EQ(frame_name("/no/such/file.so+0x10"), "file.so+0x10");
  EXPECT_EQ(frame_name("what is this"), "what is this");
  const auto file = scratch.path() / "broken";
  std::ofstream(file, std::ios::binary) << std::string("\177ELF\2\1", 6) + std::string(500, '\xff');
  EXPECT_EQ(function_at(file, 0x10), "");
}

TEST(Growth, Tells_a_leak_from_a_cache_from_a_heap_and_from_noise) {
  const auto verdict = [](const std::function<std::uint64_t(std::uint64_t)>& value, std::uint64_t count) {
    Growth growth(1000);
    for (std::uint64_t i = 0; i < count; ++i) growth.add(i, value(i));
    return growth.growing();
  };
  EXPECT_TRUE(verdict([](std::uint64_t i) { return 5000 + i * 20; }, 200));
  EXPECT_TRUE(verdict([](std::uint64_t i) { return 5000 + i * 20 + (i * 7919 % 60); }, 20000)) << "with noise";
  EXPECT_FALSE(verdict([](std::uint64_t) { return 5000; }, 20000)) << "even";
  EXPECT_FALSE(verdict([](std::uint64_t i) { return 5000 + i * 2; }, 200)) << "too little to say";
  EXPECT_FALSE(verdict([](std::uint64_t i) { return 5000 + std::min<std::uint64_t>(i, 150) * 20; }, 20000))
      << "a cache";
  EXPECT_FALSE(verdict([](std::uint64_t i) { return 5000 + (i % 40) * 100; }, 20000)) << "a collected heap";
  const auto trend = verdict([](std::uint64_t i) { return 5000 + i * 20; }, 20000);
  ASSERT_TRUE(trend);
  EXPECT_NEAR(static_cast<double>(trend->per_thousand()), 20000, 2000);
}

}  // namespace
}  // namespace assay::app
