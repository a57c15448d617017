#include "peers/ticker.hpp"

#include <gtest/gtest.h>

namespace assay::peers::test {
namespace {

TEST(Ticker, Ticks_until_it_is_gone) {
  Loop loop;
  int ticks = 0;
  auto ticker = std::make_unique<Ticker>(loop, std::chrono::milliseconds(1), [&] { ++ticks; });
  EXPECT_TRUE(loop.run_until([&] { return ticks == 3; }));
  ticker.reset();
  loop.run();  // nothing is left to do
  EXPECT_EQ(ticks, 3);
}

}  // namespace
}  // namespace assay::peers::test
