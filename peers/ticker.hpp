// Something to do again and again on a Loop. Tests: tests/loopback/ticker_test.cpp
#pragma once

#include <functional>
#include <memory>

#include "peers/peers.hpp"

namespace assay::peers {

class Ticker {
 public:
  /// Calls `tick` after each period, until it is destroyed.
  Ticker(Loop& loop, Duration period, std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::peers
