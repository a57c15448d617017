#include "peers/pause.hpp"

#include <gtest/gtest.h>

namespace assay::peers {
namespace {

TEST(Pause, Lets_the_time_pass_and_ends_early_when_the_loop_is_stopped) {
  Loop loop;
  const auto begun = loop.now();
  EXPECT_TRUE(pause(loop, std::chrono::milliseconds(20)));
  EXPECT_GE(loop.now() - begun, std::chrono::milliseconds(20));
  loop.post([&] { loop.stop(); });
  EXPECT_FALSE(pause(loop, std::chrono::hours(1)));
  EXPECT_TRUE(pause(loop, std::chrono::milliseconds(1))) << "and can be used again";
}

}  // namespace
}  // namespace assay::peers
